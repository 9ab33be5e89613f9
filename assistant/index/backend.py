"""What retrieval asks of an index, wherever that is kept: in files or in a database."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from assistant.schema import Passage


@dataclass(frozen=True)
class WeightedTerm:
    """One word of a question as the lexical index is asked for it."""

    weight: float
    tokens: tuple[str, ...]  # its own: their scores are summed
    alternatives: tuple[tuple[str, float], ...]  # (token, weight): the best counts where it is more


class Vectors(Protocol):
    """The unit vectors of all passages."""

    @property
    def dimension(self) -> int:
        """The length of a vector."""

    @property
    def count(self) -> int:
        """How many vectors there are."""

    def search(self, query: np.ndarray, limit: int) -> list[tuple[int, float]]:
        """Return up to ``limit`` (passage number, cosine), best first, ties by number.

        ``query``: (dim,) float32 of unit length.
        """

    def vectors(self, numbers: np.ndarray) -> np.ndarray:
        """Return the vectors of the passages ``numbers``, (n, dim) float32."""


class Lexical(Protocol):
    """BM25 over the search tokens of all passages."""

    @property
    def passage_count(self) -> int:
        """How many passages there are."""

    @property
    def vocabulary(self) -> Collection[str]:
        """Every token."""

    def frequency(self, token: str) -> int:
        """Return how many passages contain ``token``."""

    def idf(self, token: str) -> float:
        """Return the token's inverse document frequency, as in Lucene; highest where unknown."""

    def passages_with(self, token: str) -> tuple[int, ...]:
        """Return the numbers of the passages that contain ``token``, ascending."""

    def scored(self, terms: Sequence[WeightedTerm], *, limit: int, also: Iterable[int]) -> dict[int, float]:
        """Return passage number → BM25 score, of the ``limit`` best passages and of those of ``also``.

        A passage's score is the sum over ``terms`` of weight times the larger of two: the summed
        scores of the term's own tokens, and the best weighted score of its alternatives. Passages
        that score nothing are among the best of no question; of equals the lower number is better.
        """

    def with_nearest(
        self, terms: Sequence[WeightedTerm], vectors: Vectors, query: np.ndarray, *, limit: int
    ) -> tuple[dict[int, float], dict[int, float]]:
        """Return what ``scored`` and ``vectors.search(query)`` find, up to ``limit`` each, asked for together.

        The first is passage number → BM25 score, of the nearest passages too; the second is passage
        number → cosine, of the nearest passages at least.
        """


class Words(Protocol):
    """The tokens of the embedding model in each passage."""

    @property
    def count(self) -> int:
        """How many passages there are."""

    def of(self, numbers: Iterable[int]) -> list[np.ndarray]:
        """Return the token numbers of the passages ``numbers``, int32, in reading order."""


class Outline(Protocol):
    """Where passages are found by what they are, without reading any."""

    @property
    def count(self) -> int:
        """How many passages there are."""

    @property
    def contact(self) -> str:
        """The e-mail address that most passages publish, the first of equals; "" where none does."""

    @property
    def headings(self) -> tuple[str, ...]:
        """Titles, headings and beginnings of list entries that may be people's names, each once."""

    @property
    def titles(self) -> frozenset[str]:
        """The titles of the pages."""

    @property
    def front_titles(self) -> tuple[str, ...]:
        """The titles of the site's own front pages."""

    def page(self, source: str) -> int | None:
        """Return the number of the page that was read from ``source``."""

    def passage(self, passage_id: str) -> int | None:
        """Return the number of the passage with this id."""

    def published(self, numbers: Sequence[int]) -> list[bool]:
        """Tell of each of the passages whether it stands on a published page."""

    def same_section(self, passage: Passage) -> tuple[int, ...]:
        """Return the numbers of the passages under the same heading, ascending, ``passage`` among them."""

    def publishing(self, kind: str) -> Sequence[int]:
        """Return the numbers of the passages with a value of ``kind``, a key of published_forms()."""

    def row(self, record: str) -> int | None:
        """Return the number of the passage to cite for a record."""

    def at(self, source: str, start: int) -> int | None:
        """Return the number of the passage that starts at a place that some record's conflict names."""

    def save(self, folder: Path) -> dict[str, str]:
        """Write it into an existing folder; returns each file's SHA-256. Raises OSError."""

    def encoded(self) -> str:
        """Return all of it as text, for a store without files."""
