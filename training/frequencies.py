"""Counts in how many texts each search token stands: how telling a word is, whatever the corpus.

A lab's corpus is too small to tell a rare word from a common one. Questions are counted among the
texts, so that the words every question uses (做什么, 那篇) weigh as little as they should.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from assistant.index.linetable import table_lines
from assistant.text import tokenize
from training.data import read_rows

_SECTIONS = 20_000  # of each language; the file is in a fixed shuffled order
_QUESTIONS = 25_000  # of each file
_KEPT = 60_000  # tokens
_LEAST_COUNT = 3


def count_frequencies(folder: Path, target: Path) -> None:
    """Count tokens of the training texts in ``folder``; write a table of them.

    The empty token has the number of texts.
    """
    counts: Counter[str] = Counter()
    texts = 0
    for text in _texts(folder):
        texts += 1
        counts.update(set(tokenize(text)))
    kept = [item for item in counts.items() if item[1] >= _LEAST_COUNT]
    kept.sort(key=lambda item: (-item[1], item[0]))
    table = {"": str(texts)} | {token: str(count) for token, count in kept[:_KEPT]}
    target.write_bytes(table_lines(table))


def _texts(folder: Path) -> Iterator[str]:
    for row in read_rows(folder, "sections", limit=_SECTIONS):
        yield f"{row['zh_heading']}\n{row['zh']}"
        yield f"{row['en_heading']}\n{row['en']}"
    for name in ("qa_zh", "qa_en", "paraphrase_zh"):
        for row in read_rows(folder, name, limit=_QUESTIONS):
            yield row["q"]
