"""The mixture of pairs that the model learns from, as token ids ready for batches."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class TokenLists:
    """Many token id lists end to end: list ``i`` is ``ids[starts[i]:starts[i + 1]]``."""

    ids: np.ndarray  # int32
    starts: np.ndarray  # int64, one more than there are lists

    def take(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the ids of the chosen lists end to end, and the length of each."""
        lengths = self.starts[chosen + 1] - self.starts[chosen]
        ends = np.cumsum(lengths)
        shift = np.repeat(self.starts[chosen] - (ends - lengths), lengths)
        return self.ids[np.arange(ends[-1] if len(ends) else 0) + shift], lengths


@dataclass(frozen=True)
class Task:
    """One kind of pair, with its share of the batches."""

    name: str
    share: float
    left: TokenLists
    right: TokenLists
    groups: np.ndarray  # (pairs,) int32: the source of each pair, for batches from one source

    def __len__(self) -> int:
        return len(self.groups)


def tokenize(tokenizer: Tokenizer, texts: Sequence[str], *, max_tokens: int) -> TokenLists:
    """Return the token ids of the texts, each cut at ``max_tokens``."""
    lists: list[np.ndarray] = []
    for start in range(0, len(texts), 4096):
        batch = tokenizer.encode_batch_fast(list(texts[start : start + 4096]), add_special_tokens=False)
        lists += [np.asarray(encoding.ids[:max_tokens], np.int32) for encoding in batch]
    lengths = np.array([len(ids) for ids in lists], np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    return TokenLists(np.concatenate(lists) if lists else np.zeros(0, np.int32), starts)


def load_tasks(
    folder: Path, tokenizer: Tokenizer, shares: dict[str, float], *, limit: int | None = None
) -> list[Task]:
    """Return every task that has a share, of the sources that are not held out."""
    pairs = _pairs_of_files(folder, limit) | _pairs_of_sections(
        read_sections(folder, held_out=False, limit=limit)
    )
    unknown = shares.keys() - pairs.keys()
    if unknown:
        raise ValueError(f"no such training task: {', '.join(sorted(unknown))}")
    return [
        _as_task(name, share, pairs[name], tokenizer) for name, share in shares.items() if share
    ]


def _as_task(name: str, share: float, pairs: list[TextPair], tokenizer: Tokenizer) -> Task:
    left = tokenize(tokenizer, [pair.left for pair in pairs], max_tokens=256)
    right = tokenize(tokenizer, [pair.right for pair in pairs], max_tokens=256)
    filled = np.flatnonzero((np.diff(left.starts) > 0) & (np.diff(right.starts) > 0))
    sources = {source: number for number, source in enumerate(sorted({p.source for p in pairs}))}
    groups = np.array([sources[pair.source] for pair in pairs], np.int32)
    return Task(name, share, _select(left, filled), _select(right, filled), groups[filled])


def _select(lists: TokenLists, chosen: np.ndarray) -> TokenLists:
    ids, lengths = lists.take(chosen)
    return TokenLists(ids, np.concatenate([[0], np.cumsum(lengths)]))


def _pairs_of_files(folder: Path, limit: int | None) -> dict[str, list[TextPair]]:
    def read(name: str, left: str, right: str) -> list[TextPair]:
        return read_pairs(folder, name, left, right, held_out=False, limit=limit)

    return {
        "parallel": read("parallel", "en", "zh"),
        "dictionary": read("dict", "en", "zh"),
        "qa_zh": read("qa_zh", "q", "p"),
        "qa_en": read("qa_en", "q", "p"),
        "paraphrase_zh": read("paraphrase_zh", "q", "p"),
    }


def _pairs_of_sections(rows: Sequence[SectionRow]) -> dict[str, list[TextPair]]:
    """Headings and first sentences stand in for questions on their section."""
    pairs: dict[str, list[TextPair]] = {}
    for name, asked in (("heading", _asked_by_heading), ("first", _asked_by_first_sentence)):
        for query in ("en", "zh"):
            for passage in ("en", "zh"):
                pairs[f"{name}_{query}_{passage}"] = _section_pairs(rows, asked, query, passage)
    pairs["body_en_zh"] = [
        TextPair(row.source, row.bodies["en"], row.bodies["zh"])
        for row in rows
        if row.bodies["en"] and row.bodies["zh"]
    ]
    return pairs


def _section_pairs(
    rows: Sequence[SectionRow],
    asked: Callable[[SectionRow, str, str], tuple[str, str]],
    query: str,
    passage: str,
) -> list[TextPair]:
    texts = ((row.source, *asked(row, query, passage)) for row in rows)
    return [TextPair(source, left, right) for source, left, right in texts if left and right]


def _asked_by_heading(row: SectionRow, query: str, passage: str) -> tuple[str, str]:
    return short_heading(row.headings[query]), row.bodies[passage]


def _asked_by_first_sentence(row: SectionRow, query: str, passage: str) -> tuple[str, str]:
    first, _ = split_first_sentence(row.bodies[query])
    _, rest = split_first_sentence(row.bodies[passage])
    return first, f"{short_heading(row.headings[passage])} {rest}" if rest else ""
