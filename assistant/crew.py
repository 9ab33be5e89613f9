"""Who does the heavy work of a build: this process, or others that help it."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

from assistant.chunking import chunk
from assistant.index import store
from assistant.index.coding import as_json
from assistant.index.embedding import Embedder, StaticEmbedder
from assistant.index.keeping import GenerationStore
from assistant.index.parts import PartFiles, Prepared, Progress, decode_prepared, encode_prepared, work_name
from assistant.preparing import (
    by_page,
    chunk_all,
    decode_passages,
    encode_passages,
    is_worth_it,
    made_by,
    prepare_by_many,
)
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
    """Does everything on this machine; what was done on a page that did not change is not done again.

    Of very many passages it is: every core together is faster than to find what is kept.
    """

    def __init__(self, embedder: Embedder, kept: GenerationStore, parts: PartFiles) -> None:
        self._embedder = embedder
        self._kept = kept
        self._parts = parts
        self._used: set[str] = set()

    def read(self, site: Site, sources: Sequence[str]) -> Iterator[Outcome]:
        """Yield the outcome of each file, in order."""
        return read_files(site, sources)

    def chunk(self, documents: Sequence[Document], tell: Progress) -> list[tuple[Passage, ...]]:
        """Return the passages of each document."""
        if is_worth_it([document.text for document in documents]):
            return list(chunk_all(documents))
        names = [work_name("chunk", made_by(), as_json(document)) for document in documents]
        self._used.update(names)
        kept = self._parts.recall_all(names, decode_passages)
        for name, document in zip(names, documents, strict=True):
            if name not in kept:
                kept[name] = chunk(document)
                self._parts.keep(name, encode_passages(kept[name]))
        return [kept[name] for name in names]

    def prepare(self, passages: Sequence[Passage], tell: Progress) -> Prepared:
        """Return what ``passages`` are found by."""
        tell("indexing", 0, len(passages))
        texts = [store.embedded_text(passage) for passage in passages]
        if isinstance(self._embedder, StaticEmbedder) and is_worth_it(texts):
            return prepare_by_many(texts)
        pages = by_page(passages)
        names = [work_name("found by", made_by(), self._embedder.name, *(texts[n] for n in page)) for page in pages]
        self._used.update(names)
        kept = self._parts.recall_all(names, decode_prepared)
        none = np.zeros((0, self._embedder.dimension), np.float32)  # a vector takes more room than to make it time
        for name, page in zip(names, pages, strict=True):
            if name not in kept:
                new = [texts[number] for number in page]
                kept[name] = Prepared([tokenize(text) for text in new], none, self._embedder.token_ids(new))
                self._parts.keep(name, encode_prepared(kept[name]))
        self._parts.keep_only(self._used)
        places = [(name, place) for name, page in zip(names, pages, strict=True) for place in range(len(page))]
        order = np.argsort([number for page in pages for number in page]).tolist()
        found = [places[place] for place in order]
        words = [kept[name].words[place] for name, place in found]
        return Prepared([kept[name].tokens[place] for name, place in found], self._vectors(texts, words, tell), words)

    def close(self) -> None:
        """Nobody is there to be sent home."""

    def _vectors(self, texts: Sequence[str], words: Sequence[np.ndarray], tell: Progress) -> np.ndarray:
        if isinstance(self._embedder, StaticEmbedder):
            return self._embedder.encode_tokens(words)
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
    return Alone(embedder, kept, PartFiles(settings.index.path / ".parts"))
