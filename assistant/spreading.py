"""A build's work spread over Dask's workers, on this machine or on many."""

import os
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from assistant import __version__
from assistant.chunking import chunk
from assistant.errors import CorpusError, OptionalPackageMissing, SettingsError
from assistant.index import store
from assistant.index.coding import as_json
from assistant.index.embedding import Embedder, load_embedder
from assistant.index.parts import PartFiles, Prepared, Progress, decode_prepared, encode_prepared, work_name
from assistant.preparing import by_page, decode_passages, encode_passages, made_by
from assistant.readers.site import Site
from assistant.readers.workers import Outcome, read_files
from assistant.schema import Document, Passage
from assistant.settings import Settings
from assistant.text import tokenize

if TYPE_CHECKING:
    from distributed import Client, Future, LocalCluster

LOCAL = "local"
_FILES_AT_ONCE = 64
_CHARACTERS_AT_ONCE = 200_000  # of text in one task: about a second of work
_CONNECT_S = 20
_Thing = TypeVar("_Thing")


class DaskCrew:
    """Workers of a Dask cluster; what they did is kept by the content it was done on.

    A worker that is killed loses nothing but the task it was at, which another one takes over; a
    build that is killed goes on, the next time, from what had come back.
    """

    def __init__(
        self,
        client: "Client",
        cluster: "LocalCluster | None",
        parts: PartFiles,
        *,
        model: str,
        dimension: int,
        characters_at_once: int = _CHARACTERS_AT_ONCE,
    ) -> None:
        self._client = client
        self._cluster = cluster
        self._parts = parts
        self._model = model
        self._dimension = dimension
        self._at_once = characters_at_once
        self._used: set[str] = set()

    @classmethod
    def open(cls, settings: Settings, *, dimension: int) -> "DaskCrew":
        """Find the workers. Raises OptionalPackageMissing or SettingsError."""
        try:
            from distributed import Client, LocalCluster, Security
        except ImportError as error:
            raise OptionalPackageMissing(
                "index.dask needs Dask: pip install -r requirements-dask.txt."
            ) from error
        cluster = None
        where = settings.index.dask
        try:
            if where == LOCAL:
                # Encrypted, with keys made now: else any user of this machine could send it code.
                security = Security.temporary()
                cluster = LocalCluster(
                    n_workers=os.cpu_count() or 1, threads_per_worker=1, security=security,
                    host="127.0.0.1", dashboard_address="127.0.0.1:0",
                )  # fmt: skip
                client = Client(cluster, security=security, timeout=_CONNECT_S)
            else:
                client = Client(where, timeout=_CONNECT_S)
            made = set(client.run(made_by).values())
        except (OSError, ValueError) as error:
            raise SettingsError(
                f"index.dask: no Dask scheduler works at {where} ({error}); start one, correct the address or "
                "leave it out."
            ) from error
        if made - {made_by()}:
            client.close()
            raise SettingsError(
                f"index.dask: workers at {where} run another version of the assistant; install {__version__} there."
            )
        parts = PartFiles(settings.index.path / ".parts")
        return cls(client, cluster, parts, model=settings.embedding.model, dimension=dimension)

    def read(self, site: Site, sources: Sequence[str]) -> Iterator[Outcome]:
        """Yield the outcome of each file, in order; the workers see the corpus under the same path."""
        batches = [sources[n : n + _FILES_AT_ONCE] for n in range(0, len(sources), _FILES_AT_ONCE)]
        tasks = {f"read-{n}": (site, batch) for n, batch in enumerate(batches)}
        done: dict[str, list[Outcome]] = {}
        for key, outcomes in self._results(_read_batch, tasks):
            done[key] = outcomes
        for key in tasks:
            yield from done[key]

    def chunk(self, documents: Sequence[Document], tell: Progress) -> list[tuple[Passage, ...]]:
        """Return the passages of each document."""
        names = [work_name("chunk", made_by(), as_json(document)) for document in documents]
        self._used.update(names)
        kept = self._parts.recall_all(names, decode_passages)
        missing = [n for n, name in enumerate(names) if name not in kept]
        batches = _batches(missing, [len(documents[n].text) for n in missing], self._at_once)
        tasks = {names[batch[0]]: ([documents[n] for n in batch],) for batch in batches}
        members = {names[batch[0]]: [names[n] for n in batch] for batch in batches}
        for key, chunked in self._results(_chunk_batch, tasks):
            for name, passages in zip(members[key], chunked, strict=True):
                self._parts.keep(name, encode_passages(passages))
                kept[name] = passages
            tell("chunking", len(kept), len(documents))
        return [kept[name] for name in names]

    def prepare(self, passages: Sequence[Passage], tell: Progress) -> Prepared:
        """Return what ``passages`` are found by."""
        texts = [store.embedded_text(passage) for passage in passages]
        pages = by_page(passages)
        names = [work_name("prepare", made_by(), self._model, *(texts[n] for n in page)) for page in pages]
        self._used.update(names)
        kept = self._parts.recall_all(names, decode_prepared)
        missing = [n for n, name in enumerate(names) if name not in kept]
        sizes = [sum(len(texts[m]) for m in pages[n]) for n in missing]
        batches = _batches(missing, sizes, self._at_once)
        members = {names[batch[0]]: [names[n] for n in batch] for batch in batches}
        tasks = {names[b[0]]: ([[texts[m] for m in pages[n]] for n in b], self._model) for b in batches}
        tell("indexing", len(kept), len(names))
        for key, contents in self._results(_prepare_batch, tasks):
            for name, content in zip(members[key], contents, strict=True):
                self._parts.keep(name, content)
                kept[name] = decode_prepared(content)
            tell("indexing", len(kept), len(names))
        self._parts.keep_only(self._used)
        return self._in_order(len(passages), pages, [kept[name] for name in names])

    def close(self) -> None:
        """Send the workers home where they are ours."""
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()

    def _in_order(self, count: int, pages: Sequence[Sequence[int]], prepared: Sequence[Prepared]) -> Prepared:
        tokens: list[Sequence[str]] = [()] * count
        words = [np.zeros(0, np.int32)] * count
        vectors = np.zeros((count, self._dimension), np.float32)
        for page, part in zip(pages, prepared, strict=True):
            vectors[list(page)] = part.vectors
            for place, number in enumerate(page):
                tokens[number], words[number] = part.tokens[place], part.words[place]
        return Prepared(tokens, vectors, words)

    def _results(
        self, work: Callable[..., _Thing], tasks: dict[str, tuple[Any, ...]]
    ) -> Iterator[tuple[str, _Thing]]:
        """Yield (key, result) of each task as it is done. Raises CorpusError or SettingsError."""
        from distributed import KilledWorker, as_completed
        from distributed.client import FutureCancelledError

        futures: dict[Future, str] = {
            self._client.submit(work, *arguments, key=f"{work.__name__}-{key}"): key
            for key, arguments in tasks.items()
        }
        try:
            for future in as_completed(list(futures)):
                yield futures[future], future.result()
                future.release()
        except KilledWorker as error:
            raise CorpusError(
                f"a task of the build killed every worker that took it up ({error.task}); "
                "give the workers more memory or exclude the largest documents."
            ) from error
        except (OSError, FutureCancelledError) as error:
            raise SettingsError(
                f"index.dask: the scheduler went away ({error}); build again: what was done is kept."
            ) from error


def _batches(things: Sequence[int], sizes: Sequence[int], most: int) -> list[list[int]]:
    """Return ``things`` in batches whose sizes sum to about ``most``."""
    batches: list[list[int]] = []
    room = 0
    for thing, size in zip(things, sizes, strict=True):
        if room <= 0:
            batches.append([])
            room = most
        batches[-1].append(thing)
        room -= size
    return batches


@lru_cache(maxsize=1)
def _embedder(model: str) -> Embedder:
    return load_embedder(model)


def _read_batch(site: Site, sources: Sequence[str]) -> list[Outcome]:
    if not site.root.is_dir():
        raise CorpusError(f"{site.root}: no such folder on a Dask worker; let every machine see it under this path.")
    return list(read_files(site, sources))


def _chunk_batch(documents: Sequence[Document]) -> list[tuple[Passage, ...]]:
    return [chunk(document) for document in documents]


def _prepare_batch(pages: Sequence[Sequence[str]], model: str) -> list[bytes]:
    embedder = _embedder(model)
    return [
        encode_prepared(
            Prepared([tokenize(text) for text in texts], embedder.encode(texts), embedder.token_ids(texts))
        )
        for texts in pages
    ]
