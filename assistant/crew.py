"""Who does the heavy work of a build: this process, or others that help it."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

from assistant.index import store
from assistant.index.embedding import Embedder, StaticEmbedder
from assistant.index.keeping import GenerationStore
from assistant.index.parts import Prepared, Progress
from assistant.preparing import chunk_all, is_worth_it, prepare_by_many
from assistant.readers.site import Site
from assistant.readers.workers import Outcome, read_files
from assistant.schema import Document, Passage
from assistant.settings import Settings
from assistant.text import tokenize

_EMBED_BATCH = 256


class Crew(Protocol):
    """Does what depends on one file or one passage alone."""

    def read(self, site: Site, sources: Sequence[str]) -> Iterator[Outcome]:
        """Yield the outcome of each file, in order."""

    def chunk(self, documents: Sequence[Document], tell: Progress) -> list[tuple[Passage, ...]]:
        """Return the passages of each document."""

    def prepare(self, passages: Sequence[Passage], tell: Progress) -> Prepared:
        """Return what ``passages`` are found by."""

    def close(self) -> None:
        """Send everybody home."""


class Alone:
    """Does everything on this machine; passages that are indexed already are not embedded again.

    Very many are: the shipped model embeds them faster than it would find what is known.
    """

    def __init__(self, embedder: Embedder, kept: GenerationStore) -> None:
        self._embedder = embedder
        self._kept = kept

    def read(self, site: Site, sources: Sequence[str]) -> Iterator[Outcome]:
        """Yield the outcome of each file, in order."""
        return read_files(site, sources)

    def chunk(self, documents: Sequence[Document], tell: Progress) -> list[tuple[Passage, ...]]:
        """Return the passages of each document."""
        return list(chunk_all(documents))

    def prepare(self, passages: Sequence[Passage], tell: Progress) -> Prepared:
        """Return what ``passages`` are found by."""
        tell("indexing", 0, len(passages))
        texts = [store.embedded_text(passage) for passage in passages]
        if isinstance(self._embedder, StaticEmbedder) and is_worth_it(texts):
            return prepare_by_many(texts)
        tokens = [tokenize(text) for text in texts]
        return Prepared(tokens, self._embedded(texts, tell), self._embedder.token_ids(texts))

    def close(self) -> None:
        """Nobody is there to be sent home."""

    def _embedded(self, texts: Sequence[str], tell: Progress) -> np.ndarray:
        vectors = self._kept.known_vectors(texts, model=self._embedder.name)
        new = [text for text in dict.fromkeys(texts) if text not in vectors]
        for first in range(0, len(new), _EMBED_BATCH):
            batch = new[first : first + _EMBED_BATCH]
            vectors.update(zip(batch, self._embedder.encode(batch), strict=True))
            tell("embedding", first + len(batch), len(new))
        return np.stack([vectors[text] for text in texts])


def open_crew(settings: Settings, embedder: Embedder, kept: GenerationStore) -> Crew:
    """Return whom the settings name; to be closed. Raises OptionalPackageMissing or SettingsError."""
    if settings.index.dask:
        from assistant.spreading import DaskCrew  # its packages are optional

        return DaskCrew.open(settings, dimension=embedder.dimension)
    return Alone(embedder, kept)
