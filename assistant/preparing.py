"""Documents → passages, and these → what they are found by; of very many on every core."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from assistant import __version__, chunking, dictionary, segmenting, text
from assistant.chunking import chunk
from assistant.cores import core_count, on_every_core
from assistant.index import embedding, vocabulary
from assistant.index.coding import as_json, read_passage
from assistant.index.embedding import Embedder, load_embedder
from assistant.index.parts import Prepared, work_name
from assistant.index.tokens import TokenLists
from assistant.schema import Document, Passage
from assistant.text import tokenize

_MANY = 5_000_000  # characters: what starting processes costs is won back
_AT_ONCE = 500_000  # characters in one task


@dataclass(frozen=True)
class _Part:
    """What the passages of one task are found by."""

    tokens: TokenLists
    vectors: np.ndarray
    words: np.ndarray  # of all passages end to end
    ends: np.ndarray  # of each passage's words


@lru_cache(maxsize=1)
def made_by() -> str:
    """Return what changes whenever the code does by which documents become passages and vectors."""
    files = sorted(str(module.__file__) for module in (chunking, dictionary, segmenting, text, embedding, vocabulary))
    return work_name(__version__, text.TOKENIZER, *(Path(file).read_text("utf-8") for file in files))


def encode_passages(passages: Sequence[Passage]) -> bytes:
    """Return passages as bytes."""
    return f"[{','.join(map(as_json, passages))}]".encode("utf-8", "surrogatepass")


def decode_passages(content: bytes) -> tuple[Passage, ...]:
    """Return what ``encode_passages`` wrote. Raises ValueError, TypeError or KeyError."""
    return tuple(map(read_passage, json.loads(content)))


def by_page(passages: Sequence[Passage]) -> list[list[int]]:
    """Return the places of the passages of each page: where one changes, the others' work stays as it was."""
    pages: dict[str, list[int]] = {}
    for place, passage in enumerate(passages):
        pages.setdefault(passage.place.source, []).append(place)
    return list(pages.values())


def is_worth_it(texts: Sequence[str]) -> bool:
    """Tell whether there is so much text that other processes should help."""
    return core_count() > 1 and sum(map(len, texts)) >= _MANY


def chunk_all(documents: Sequence[Document]) -> Iterator[tuple[Passage, ...]]:
    """Yield the passages of each document."""
    if not is_worth_it([document.text for document in documents]):
        yield from map(chunk, documents)
        return
    bounds = _bounds([len(document.text) for document in documents])
    for chunks in on_every_core(_chunk_batch, (documents[first:end] for first, end in bounds)):
        yield from chunks


def prepare_by_many(texts: Sequence[str]) -> Prepared:
    """Return what ``texts`` are found by, with the shipped model; every process loads its own."""
    bounds = _bounds(list(map(len, texts)))
    tokens: list[TokenLists] = []
    vectors: list[np.ndarray] = []
    words: list[np.ndarray] = []
    for part in on_every_core(_prepare_batch, (texts[first:end] for first, end in bounds)):
        tokens.append(part.tokens)
        vectors.append(part.vectors)
        words += np.split(part.words, part.ends[:-1])
    return Prepared(TokenLists.joined(tokens), np.concatenate(vectors), words)


def _bounds(sizes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield (first, end) of neighbours whose sizes sum to a task's worth."""
    first = total = 0
    for number, size in enumerate(sizes):
        total += size
        if total >= _AT_ONCE or number == len(sizes) - 1:
            yield first, number + 1
            first, total = number + 1, 0


def _chunk_batch(documents: Sequence[Document]) -> list[tuple[Passage, ...]]:
    return [chunk(document) for document in documents]


def _prepare_batch(texts: Sequence[str]) -> _Part:
    vectors, words = _embedder().encode_with_tokens(texts)
    tokens = TokenLists.of([tokenize(text) for text in texts])
    ends = np.cumsum([len(part) for part in words])
    return _Part(tokens, vectors, np.concatenate([np.zeros(0, np.int32), *words]), ends)


@lru_cache(maxsize=1)
def _embedder() -> Embedder:
    return load_embedder("default")
