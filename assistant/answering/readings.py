"""A passage as every question reads it: its sentences, their vectors and what stands around them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from assistant.answering.surroundings import above, spaced
from assistant.index.embedding import Embedder
from assistant.index.store import Generation
from assistant.schema import Passage
from assistant.text import Evidence, list_items, sentences

_KEPT_READINGS = 4096  # passages
_LONGEST_CODE = 600  # characters of a code block that is shown with the sentence before it
_URL = re.compile(r"https?://[^\s）)]+")  # says little of what is asked, and holds many words


@dataclass(frozen=True)
class Reading:
    """What every question needs to know of a passage."""

    spans: tuple[tuple[int, int], ...]  # its sentences
    evidences: tuple[Evidence, ...]  # of each sentence
    vectors: np.ndarray  # (sentences, dim) float32
    outside: Evidence  # what stands around it
    headings: Evidence  # the page's title and the last headings
    everything: str  # all of these texts, folded


class PassageReader:
    """Reads passages; the same few answer most questions, so what reading them gives is kept."""

    def __init__(self, embedder: Embedder, generation: Generation) -> None:
        self._embedder = embedder
        self._generation = generation
        self._kept = lru_cache(maxsize=_KEPT_READINGS)(self._read)

    def read(self, passage: Passage) -> Reading:
        """Return the reading of a passage of the generation."""
        return self._kept(passage.id)  # to hash all of a passage takes longer than to find it

    def _read(self, passage_id: str) -> Reading:
        number = self._generation.outline.passage(passage_id)
        if number is None:
            raise KeyError(passage_id)  # a bug: it is of another generation
        passage = self._generation.passages[number]
        spans = tuple(_spans(passage))
        headings_above, columns = above(passage)
        headings = Evidence("\n".join((passage.place.title, *passage.place.heading_path[-2:])))
        outside = Evidence(f"{headings_above}\n{spaced(passage.place.source)}")
        texts = [passage.text[start:end] for start, end in spans]
        evidences = tuple(Evidence(f"{columns}\n{_URL.sub(' ', text)}") for text in texts)
        everything = "\n".join(evidence.folded for evidence in (outside, headings, *evidences))
        (tokens,) = self._generation.words.of([number])
        joins = [end for (_, end), (start, _) in pairwise(spans) if end == start]
        if any(passage.text[end - 1 : end + 1].isalnum() for end in joins):  # cut within a word
            vectors = self._embedder.encode(texts)
        else:
            vectors = self._embedder.encode_parts(texts, passage.context, tokens)
        return Reading(spans, evidences, vectors, outside, headings, everything)


def _spans(passage: Passage) -> Iterator[tuple[int, int]]:
    """Yield the units that may answer: a row, a sentence, an entry of a list, code with what leads to it."""
    if passage.kind == "row":
        yield 0, len(passage.text)
        return
    spans: list[tuple[int, int]] = []
    items = tuple(list_items(passage.text))
    for start, end in sentences(passage.text):
        block = next((b for b in passage.code if b[0] <= start < b[1]), None)
        if block is None:
            is_continued = spans and any(a <= spans[-1][0] and end <= b for a, b in items)
            spans.append((spans.pop()[0] if is_continued else start, end))
        elif not spans or spans[-1][1] <= start:
            lead = spans.pop()[0] if spans and block[1] - spans[-1][0] <= _LONGEST_CODE else block[0]
            spans.append((lead, block[1]))
    yield from spans
