"""The mixture of pairs that the model learns from, as token ids ready for batches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from training.data import (
    SectionRow,
    TextPair,
    read_pairs,
    read_sections,
    short_heading,
    split_first_sentence,
)

_LANGUAGES = ("en", "zh")
# Files and made pairs whose rows are a question and its passage.
_ASKED = ("qa_zh", "qa_en", "paraphrase_zh", "gloss", "glossed_section", "back", "cloze")
_MAX_TOKENS = 160  # of one text; a passage's subject shows long before


@dataclass(frozen=True)
class TokenStore:
    """Many token id lists end to end: text ``i`` is ``ids[starts[i]:starts[i + 1]]``."""

    ids: np.ndarray  # int32
    starts: np.ndarray  # int64, one more than there are texts
    labels: np.ndarray  # (texts,) int64, equal where the tokens are equal

    def take(self, texts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the ids of the rows of ``texts`` end to end, and the length of each row.

        ``texts``: (rows, parts) text numbers; a row is its parts one after the other.
        """
        flat = texts.ravel()
        lengths = self.starts[flat + 1] - self.starts[flat]
        ends = np.cumsum(lengths)
        shift = np.repeat(self.starts[flat] - (ends - lengths), lengths)
        ids = self.ids[np.arange(ends[-1] if len(ends) else 0) + shift]
        return ids, lengths.reshape(texts.shape).sum(axis=1)

    def lengths(self, texts: np.ndarray) -> np.ndarray:
        """Return the number of tokens of each row of ``texts``, (rows, parts)."""
        return (self.starts[texts + 1] - self.starts[texts]).sum(axis=1)


@dataclass(frozen=True)
class Task:
    """One kind of pair, with its share of the batches."""

    name: str
    share: float
    store: TokenStore
    left: np.ndarray  # (pairs, parts) text numbers
    right: np.ndarray
    groups: np.ndarray  # (pairs,) int32: the source of each pair, for batches from one source

    def __len__(self) -> int:
        return len(self.groups)


@dataclass(frozen=True)
class TaskTexts:
    """The texts of every possible task, tokenised once, by field of each file."""

    store: TokenStore
    fields: dict[str, np.ndarray]  # "file.field" → (rows,) text numbers
    sources: dict[str, np.ndarray]  # file → (rows,) int32

    def task(self, name: str, share: float) -> Task:
        """Return the task of that name: ``parallel``, ``qa_zh``, ``heading_en_zh``, …

        The section tasks are named query kind, query language, passage language: the heading or
        the first sentence stands in for a question on the section.
        """
        file, left, right = _fields_of(name)
        sides = [np.stack([self.fields[f"{file}.{part}"] for part in side], 1) for side in (left, right)]
        # Every part but a heading must be there: a heading alone is no passage.
        filled = np.all([self.store.lengths(side[:, -1:]) > 0 for side in sides], axis=0)
        rows = np.flatnonzero(filled)
        return Task(name, share, self.store, sides[0][rows], sides[1][rows], self.sources[file][rows])


def _fields_of(name: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Return the file of a task and the fields of its two sides."""
    if name in ("parallel", "dict"):
        return name, ("en",), ("zh",)
    if name in _ASKED:
        return name, ("q",), ("p",)
    kind, query, passage = name.split("_")
    rest = f"rest_{passage}"
    if kind == "heading":
        return "sections", (f"heading_{query}",), (f"first_{passage}", rest)
    if kind == "first":
        return "sections", (f"first_{query}",), (f"heading_{passage}", rest)
    if kind == "body":
        return "sections", (f"first_{query}", f"rest_{query}"), (f"first_{passage}", rest)
    raise ValueError(f"no such training task: {name}")


def tokenize_texts(
    folder: Path,
    tokenizer: Tokenizer,
    made: Mapping[str, Sequence[TextPair]],
    *,
    limit: int | None = None,
) -> TaskTexts:
    """Read and tokenise every training text of the sources that are not held out.

    ``made``: pairs that stand in no file, by the name of their task.
    """
    texts: dict[str, list[str]] = {}
    sources: dict[str, np.ndarray] = {}
    for name, left, right in (
        ("parallel", "en", "zh"), ("dict", "en", "zh"),
        ("qa_zh", "q", "p"), ("qa_en", "q", "p"), ("paraphrase_zh", "q", "p"),
    ):  # fmt: skip
        pairs = read_pairs(folder, name, left, right, held_out=False, limit=limit)
        texts |= {f"{name}.{left}": [p.left for p in pairs], f"{name}.{right}": [p.right for p in pairs]}
        sources[name] = _numbered([pair.source for pair in pairs])
    for name, pairs in made.items():
        texts |= {f"{name}.q": [p.left for p in pairs], f"{name}.p": [p.right for p in pairs]}
        sources[name] = _numbered([pair.source for pair in pairs])
    rows = read_sections(folder, held_out=False, limit=limit)
    sources["sections"] = _numbered([row.source for row in rows])
    return _tokenized(tokenizer, texts | _section_texts(rows), sources)


def _section_texts(rows: Sequence[SectionRow]) -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {}
    for language in _LANGUAGES:
        cut = [split_first_sentence(row.bodies[language]) for row in rows]
        texts[f"sections.first_{language}"] = [first for first, _ in cut]
        texts[f"sections.rest_{language}"] = [rest for _, rest in cut]
        texts[f"sections.heading_{language}"] = [short_heading(row.headings[language]) for row in rows]
    return texts


def _tokenized(tokenizer: Tokenizer, texts: Mapping[str, Sequence[str]], sources: dict[str, np.ndarray]) -> TaskTexts:
    numbers: dict[str, int] = {}
    fields = {
        field: np.array([numbers.setdefault(text, len(numbers)) for text in listed], np.int64)
        for field, listed in texts.items()
    }
    distinct = list(numbers)
    lists: list[np.ndarray] = []
    for start in range(0, len(distinct), 4096):
        batch = tokenizer.encode_batch_fast(distinct[start : start + 4096], add_special_tokens=False)
        lists += [np.array(encoding.ids[:_MAX_TOKENS], np.int32) for encoding in batch]
    starts = np.concatenate([[0], np.cumsum([len(ids) for ids in lists])])
    labels = np.array([_label(ids) for ids in lists], np.int64)
    return TaskTexts(TokenStore(np.concatenate(lists), starts, labels), fields, sources)


def _label(ids: np.ndarray) -> int:
    return int.from_bytes(blake2b(ids.tobytes(), digest_size=8).digest(), "little", signed=True)


def _numbered(names: Sequence[str]) -> np.ndarray:
    order = {name: number for number, name in enumerate(sorted(set(names)))}
    return np.array([order[name] for name in names], np.int32)
