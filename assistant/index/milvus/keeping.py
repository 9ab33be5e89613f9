"""Generations in Milvus: each one a collection, and one alias that says which of them answers."""

import contextlib
import dataclasses
import hashlib
import json
import logging
import re
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TypeVar

import numpy as np

from assistant.errors import IndexDamaged, IndexMissing, IndexUnavailable
from assistant.index import generations, store
from assistant.index.coding import as_json, read_record
from assistant.index.milvus.connection import ANSWER_TIMEOUT_S, BUILD_TIMEOUT_S, Connection, told
from assistant.index.milvus.layout import (
    FIRST_OF_REST,
    PASSAGES,
    REST,
    Entry,
    Row,
    create,
    in_batches,
    make_ready,
    pieces_of,
    rest_rows,
)
from assistant.index.milvus.rows import PageRows, PassageRows, passage_row, rest_of, text_digest
from assistant.index.milvus.searching import MilvusLexical, MilvusVectors, MilvusWords
from assistant.index.outline import PassageOutline
from assistant.index.store import Generation, Manifest
from assistant.schema import Example
from assistant.settings import IndexSettings

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")
_AGAIN = "run 'python -m assistant build' again."
_AT_ONCE = 200  # rows of the rest in one request: 64 kB each at most
_ABANDONED_S = 2 * 3600  # after which a collection that nothing points to is nobody's any more


class MilvusStore:
    """Generations in Milvus; several servers may share them."""

    agreement = 0.9  # above 50,000 passages the nearest vectors are found nearly always, not always

    def __init__(self, settings: IndexSettings) -> None:
        """Connect. Raises OptionalPackageMissing, SettingsError or IndexUnavailable."""
        self._folder = settings.path
        self._current, self._previous = settings.milvus_alias, f"{settings.milvus_alias}_previous"
        self._name = re.compile(rf"{re.escape(settings.milvus_alias)}_([0-9a-f]{{12}})_(\d+)_[0-9a-f]{{6}}")
        self._connection = Connection.open(settings)
        self._client = self._connection.client

    def close(self) -> None:
        """Let go of the server, or of the file."""
        self._connection.close()

    def state(self) -> str:
        """Return the name of the current collection; "" where there is none. Raises IndexUnavailable."""
        return self._pointed(self._current)

    def current_manifest(self) -> Manifest:
        """Return the current generation's manifest. Raises IndexMissing, IndexDamaged or IndexUnavailable."""
        return self._contents(self._current_name())[0]

    def rolled_back_from(self) -> str:
        """Return the generation before, where it was made after the current one: else it is older."""
        current, previous = (self._name.fullmatch(self._pointed(alias)) for alias in (self._current, self._previous))
        return previous[1] if current and previous and int(previous[2]) > int(current[2]) else ""

    def load(self, *, model: str) -> Generation:
        """Return the current generation; the one before where it is damaged, which the log tells."""
        name = self._current_name()
        try:
            return self._load(name, model)
        except IndexDamaged as error:
            previous = self._pointed(self._previous)
            if previous in ("", name):
                raise
            try:
                generation = self._load(previous, model)
            except IndexDamaged:
                raise error from None
            _log.error("%s Until then the generation before it, %s, answers.", error, generation.manifest.generation)
            return generation

    def known_vectors(self, texts: Sequence[str], *, model: str) -> dict[str, np.ndarray]:
        """Return text → (dim,) float32 for those of ``texts`` that the current generation embedded."""
        try:
            name = self._current_name()
            if self._contents(name)[0].model != model:
                return {}
        except (IndexMissing, IndexDamaged):
            return {}
        by_digest = {text_digest(text): text for text in texts}
        digests = list(by_digest)
        vectors = {}
        for first in range(0, len(digests), _AT_ONCE):
            condition = f"digest in {json.dumps(digests[first : first + _AT_ONCE])}"
            for row in self._query(name, condition, ["digest", "vector"], PASSAGES):
                vectors[by_digest[row["digest"]]] = np.asarray(row["vector"], np.float32)
        return vectors

    def building(self, *, wait_s: float, on_wait: Callable[[], None]) -> AbstractContextManager[None]:
        """Be the only one on this machine who builds.

        Builders on two machines write two collections: the one that is done last answers, whole.
        """
        return generations.building(self._folder, wait_s=wait_s, on_wait=on_wait)

    def save(
        self, generation: Generation, tokens: Sequence[Sequence[str]], *, verify: Callable[[Generation], None]
    ) -> Manifest:
        """Write a collection, have what is read back verified, then let the alias point to it.

        Raises what ``verify`` raises, and IndexUnavailable where Milvus does not take it.
        """
        self._tidy()
        name = self._whole_one_of(generation.manifest)
        is_new = not name
        try:
            name = name or self._write(generation, tokens)
            made = self._load(name, generation.manifest.model)
            verify(made)
            self._switch(name)
            is_new = False
        finally:
            if is_new and name:  # it went wrong: nobody will ask for it
                self._do(self._client.drop_collection, name)
        return made.manifest

    def roll_back(self) -> str:
        """Let the alias point to the collection before; returns its generation.

        Raises IndexMissing where none is kept, IndexDamaged where it is not whole.
        """
        name = self._pointed(self._previous)
        if name in ("", self._pointed(self._current)):
            raise IndexMissing(f"{self._where(self._previous)}: no generation before this one is kept; build first.")
        manifest, _ = self._contents(name)
        self._check_count(name, manifest)
        self._switch(name)
        return manifest.generation

    def _write(self, generation: Generation, tokens: Sequence[Sequence[str]]) -> str:
        manifest = generation.manifest
        # The time in ms, to tell the older; the token, since two machines may build the same in the same second.
        name = f"{self._current}_{manifest.generation}_{time.time_ns() // 1_000_000}_{secrets.token_hex(3)}"
        with told(self._connection.where):
            create(self._connection, name, dimension=manifest.dimension, passages=manifest.passages)
        elsewhere: list[Entry] = []
        in_batches(
            self._passage_rows(generation, tokens, elsewhere), lambda rows: self._upsert(name, rows, PASSAGES)
        )
        pages = [Entry("page", p.source, as_json(p), p.source, p.status) for p in generation.pages]
        sizes = [pieces_of(page.text) for page in pages]
        entries = [*_entries(generation), *elsewhere, Entry("pages", "", json.dumps(sizes))]
        described = {
            "manifest": dataclasses.asdict(dataclasses.replace(manifest, files=_digests(entries))),
            "rows": sum(pieces_of(entry.text) for entry in entries),
            "mean_tokens": sum(map(len, tokens)) / len(tokens),
        }
        everything = [Entry("manifest", "", json.dumps(described)), *entries, *pages]
        rows = rest_rows(everything, dimension=manifest.dimension)
        first = next(rows)
        in_batches(rows, lambda batch: self._upsert(name, batch, REST))
        self._upsert(name, [first], REST)  # last: a collection without a manifest is half a one
        with told(self._connection.where):
            make_ready(self._connection, name)
        return name

    def _passage_rows(
        self, generation: Generation, tokens: Sequence[Sequence[str]], elsewhere: list[Entry]
    ) -> Iterator[Row]:
        years = {record.id: record.year for record in generation.records}
        step = _AT_ONCE
        for first in range(0, len(generation.passages), step):
            numbers = np.arange(first, min(first + step, len(generation.passages)))
            vectors, words = generation.vectors.vectors(numbers), generation.words.of(numbers.tolist())
            for place, number in enumerate(numbers.tolist()):
                passage = generation.passages[number]
                row, entry = passage_row(
                    number, passage, tokens[number], words[place], vectors[place], year=years.get(passage.record, 0)
                )
                elsewhere += [entry] if entry else []
                yield row

    def _upsert(self, name: str, rows: list[Row], partition: str) -> None:
        # Not insert: what is written again, after a timeout perhaps, must not be there twice.
        self._do(self._client.upsert, name, rows, partition_name=partition)

    def _load(self, name: str, model: str) -> Generation:
        manifest, described = self._contents(name)
        where = f"{self._connection.where}, collection {name}"
        store.check_maker(manifest, where, model)
        self._check_count(name, manifest)
        entries = rest_of(self._connection, name, FIRST_OF_REST + 1, int(described["rows"]))
        if _digests(entries) != manifest.files:
            raise IndexDamaged(f"{where}: altered since it was written; {_AGAIN}")
        try:
            generation = self._assembled(name, manifest, entries, float(described["mean_tokens"]))
        except (ValueError, TypeError, KeyError) as error:
            raise IndexDamaged(f"{where}: the index does not load ({error}); {_AGAIN}") from error
        # What Milvus loads for the first question, it may take the time for that now.
        word = next(iter(generation.lexical.vocabulary), "a")
        self._do(self._client.search, name, [word], anns_field="bm25", limit=1)
        return generation

    def _assembled(self, name: str, manifest: Manifest, entries: Sequence[Entry], mean_tokens: float) -> Generation:
        texts: dict[str, list[Entry]] = {}
        for entry in entries:
            texts.setdefault(entry.kind, []).append(entry)
        elsewhere = {int(entry.key): entry.text for entry in texts.get("passage", ())}
        rows = PassageRows(self._connection, name, manifest.passages, elsewhere)
        frequencies: dict[str, int] = json.loads(texts["vocabulary"][0].text)
        first_page = FIRST_OF_REST + 1 + sum(pieces_of(entry.text) for entry in entries)
        return Generation(
            manifest,
            PageRows(self._connection, name, first_page, json.loads(texts["pages"][0].text)),
            rows,
            tuple(read_record(json.loads(entry.text)) for entry in texts.get("record", ())),
            tuple(Example(**json.loads(entry.text)) for entry in texts.get("example", ())),
            MilvusLexical(self._connection, name, rows, frequencies, mean_tokens),
            MilvusVectors(self._connection, name, rows, manifest.dimension),
            MilvusWords(rows),
            PassageOutline.decoded(texts["outline"][0].text),
        )

    def _contents(self, name: str) -> tuple[Manifest, dict]:
        """Return the manifest of a collection and what else its first row says. Raises IndexDamaged."""
        self._do(self._client.load_collection, name)
        found = self._query(name, f"number == {FIRST_OF_REST}", ["body"], REST)
        try:
            described = json.loads(found[0]["body"])
            return Manifest(**described["manifest"]), described
        except (IndexError, ValueError, TypeError, KeyError) as error:
            raise IndexDamaged(f"{self._where(name)}: half-written or altered; {_AGAIN}") from error

    def _check_count(self, name: str, manifest: Manifest) -> None:
        condition = f"number < {FIRST_OF_REST}"
        (row,) = self._query(name, condition, ["count(*)"], PASSAGES)
        if row["count(*)"] != manifest.passages:
            raise IndexDamaged(
                f"{self._where(name)}: {row['count(*)']} of {manifest.passages} passages are there; {_AGAIN}"
            )

    def _query(self, name: str, condition: str, fields: Sequence[str], partition: str) -> list[Row]:
        # Strong: what another machine has just written is seen. Answers do without: nothing changes.
        return self._do(
            self._client.query, name, filter=condition, output_fields=list(fields), partition_names=[partition],
            consistency_level="Strong",
        )  # fmt: skip

    def _do(self, method: Callable[..., _Result], *arguments: object, **options: object) -> _Result:
        with told(self._connection.where):
            return method(*arguments, timeout=BUILD_TIMEOUT_S, **options)

    def _whole_one_of(self, manifest: Manifest) -> str:
        """Return the current collection where it is whole and of this generation, else ""."""
        try:
            name = self._current_name()
            found, _ = self._contents(name)
            self._check_count(name, found)
        except (IndexMissing, IndexDamaged):
            return ""
        return name if found.generation == manifest.generation else ""

    def _current_name(self) -> str:
        name = self._pointed(self._current)
        if not name:
            raise IndexMissing(f"{self._where(self._current)}: no index yet; run 'python -m assistant build'.")
        return name

    def _pointed(self, alias: str) -> str:
        """Return the collection that an alias points to; "" where there is no such alias."""
        try:
            with told(self._connection.where):
                return str(self._client.describe_alias(alias, timeout=ANSWER_TIMEOUT_S)["collection_name"])
        except IndexDamaged:
            return ""

    def _switch(self, name: str) -> None:
        before, oldest = self._pointed(self._current), self._pointed(self._previous)
        if before and before != name:
            self._point(self._previous, before)
        self._point(self._current, name)
        if oldest not in ("", self._pointed(self._current), self._pointed(self._previous)):
            with contextlib.suppress(IndexDamaged):  # gone: another builder was faster
                self._do(self._client.drop_collection, oldest)

    def _point(self, alias: str, name: str) -> None:
        known = self._pointed(alias)
        if known == name:
            return
        if not known:
            try:
                self._do(self._client.create_alias, name, alias)
                return
            except IndexUnavailable:
                if not self._pointed(alias):  # else a builder on another machine was faster
                    raise
        self._do(self._client.alter_alias, name, alias)

    def _tidy(self) -> None:
        """Drop what killed builders left so long ago that none of them can still be at it.

        The generation before the current one, which no server asks any more, leaves Milvus's memory.
        """
        current, previous = self._pointed(self._current), self._pointed(self._previous)
        if previous not in ("", current):
            self._do(self._client.release_collection, previous)
        kept = {current, previous}
        for name in self._do(self._client.list_collections):
            made = self._name.fullmatch(name)
            if made and name not in kept and time.time() - int(made[2]) / 1000 > _ABANDONED_S:
                with contextlib.suppress(IndexDamaged):
                    self._do(self._client.drop_collection, name)

    def _where(self, name: str) -> str:
        return f"{self._connection.where}, {name}"


def _entries(generation: Generation) -> list[Entry]:
    lexical = generation.lexical
    frequencies = {token: lexical.frequency(token) for token in lexical.vocabulary}
    entries = [
        Entry("vocabulary", "", json.dumps(frequencies, ensure_ascii=False)),
        Entry("outline", "", generation.outline.encoded()),
    ]
    for record in generation.records:
        place = record.places[0]
        entries.append(
            Entry("record", record.id, as_json(record), place.source, place.status, record.year, record.table)
        )
    entries += (Entry("example", str(n), as_json(example)) for n, example in enumerate(generation.examples))
    return entries


def _digests(entries: Sequence[Entry]) -> dict[str, str]:
    """Return the SHA-256 of everything of each kind."""
    digests = {kind: hashlib.sha256() for kind in sorted(Counter(entry.kind for entry in entries))}
    for entry in entries:
        digests[entry.kind].update(f"{entry.key}\n{entry.text}\n".encode("utf-8", "surrogatepass"))
    return {kind: digest.hexdigest() for kind, digest in digests.items()}
