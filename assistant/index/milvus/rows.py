"""Passages as rows of a Milvus collection: written once, read again when a question needs them."""

import base64
import dataclasses
import hashlib
import json
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np

from assistant.errors import IndexDamaged
from assistant.index import store
from assistant.index.coding import read_passage
from assistant.index.milvus.connection import ANSWER_TIMEOUT_S, BUILD_TIMEOUT_S, Connection, told
from assistant.index.milvus.layout import PASSAGES, REST, Entry, Row, fits, joined, shortened
from assistant.index.remembered import Remembered
from assistant.schema import PageText, Passage

_KEPT = 4096  # rows, about 4 kB each
_AT_ONCE = 500  # passages of one request
_PIECES_AT_ONCE = 200  # of the rest: 64 kB each at most
_PAGES_KEPT = 200
_PAGES_AT_ONCE = 50
_FIELDS = ["number", "kind", "body", "tokens", "vector"]
_ELSEWHERE = "{}"  # the body of a passage that does not fit into its row


@dataclass(frozen=True)
class PassageRow:
    """A passage with all that ranks it."""

    passage: Passage
    counts: Mapping[str, int]  # how often each search token stands there
    length: int  # of all search tokens
    words: np.ndarray  # int32: the embedding model's tokens
    vector: np.ndarray  # (dim,) float32


def text_digest(text: str) -> str:
    """Return the name by which a vector is found again."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def passage_row(
    number: int, passage: Passage, tokens: Sequence[str], words: np.ndarray, vector: np.ndarray, *, year: int
) -> tuple[Row, Entry | None]:
    """Return the row of a passage, and what of it does not fit there."""
    encoded = base64.b64encode(np.asarray(words, "<i4").tobytes()).decode()
    text = json.dumps({"passage": dataclasses.asdict(passage), "words": encoded}, ensure_ascii=False)
    is_whole = fits(text)
    row = {
        "number": number, "part": 0, "year": year, "kind": passage.kind, "key": passage.id,
        "source": passage.place.source, "status": passage.place.status, "table_name": "",
        "digest": text_digest(store.embedded_text(passage)), "body": text if is_whole else _ELSEWHERE,
        "tokens": shortened(tokens), "vector": vector.tolist(),
    }  # fmt: skip
    return row, None if is_whole else Entry("passage", str(number), text)


class PassageRows(Sequence[Passage]):
    """The passages of one collection; those that were needed lately are kept in memory."""

    def __init__(self, connection: Connection, name: str, count: int, elsewhere: dict[int, str]) -> None:
        self._connection = connection
        self._name = name
        self._count = count
        self._elsewhere = elsewhere  # passage number → text that does not fit into its row
        self._kept: OrderedDict[int, PassageRow] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> Passage: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Passage, ...]: ...
    def __getitem__(self, place: int | slice) -> Passage | tuple[Passage, ...]:
        if isinstance(place, slice):
            return tuple(row.passage for row in self.get(range(*place.indices(self._count))))
        if not -self._count <= place < self._count:
            raise IndexError(place)
        return self.get([place % self._count])[0].passage

    def __iter__(self) -> Iterator[Passage]:
        """Yield every passage, some at a time; none of them is kept."""
        for first in range(0, self._count, _AT_ONCE):
            numbers = range(first, min(first + _AT_ONCE, self._count))
            condition = f"number >= {first} and number < {numbers.stop}"
            found = {row["number"]: row for row in self._query(condition, ["number", "body"], BUILD_TIMEOUT_S)}
            for number in numbers:
                yield self._read(number, found)[0]

    def get(self, numbers: Iterable[int]) -> list[PassageRow]:
        """Return the rows of ``numbers``, in one request for those that are not at hand.

        Raises IndexDamaged where one is missing, IndexUnavailable where Milvus is away.
        """
        wanted = list(numbers)
        with self._lock:
            rows = {number: self._kept[number] for number in wanted if number in self._kept}
        missing = sorted(set(wanted) - set(rows))
        for first in range(0, len(missing), _AT_ONCE):
            part = missing[first : first + _AT_ONCE]
            found = self._query(f"number in {part}", _FIELDS, ANSWER_TIMEOUT_S)
            rows |= self._decoded(part, {row["number"]: row for row in found})
        self._keep(rows)
        return [rows[number] for number in wanted]

    def take(self, found: Sequence[Row]) -> list[int]:
        """Keep rows that came with a search; returns their numbers."""
        by_number = {row["number"]: row for row in found}
        with self._lock:
            new = [number for number in by_number if number not in self._kept]
        self._keep(self._decoded(new, by_number))
        return list(by_number)

    def _keep(self, rows: dict[int, PassageRow]) -> None:
        with self._lock:
            for number, row in rows.items():
                self._kept[number] = row
                self._kept.move_to_end(number)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)

    def _decoded(self, numbers: Iterable[int], found: dict[int, Row]) -> dict[int, PassageRow]:
        rows = {}
        for number in numbers:
            passage, words = self._read(number, found)
            row = found[number]
            vector = np.asarray(row["vector"], np.float32)
            tokens = row["tokens"].split()
            rows[number] = PassageRow(passage, Counter(tokens), len(tokens), words, vector)
        return rows

    def _read(self, number: int, found: dict[int, Row]) -> tuple[Passage, np.ndarray]:
        try:
            body = found[number]["body"]
            values = json.loads(self._elsewhere[number] if body == _ELSEWHERE else body)
            words = np.frombuffer(base64.b64decode(values["words"]), "<i4").astype(np.int32)
            return read_passage(values["passage"]), words
        except (KeyError, ValueError, TypeError) as error:
            raise IndexDamaged(
                f"{self._connection.where}: passage {number} of {self._name} is missing or altered; "
                "run 'python -m assistant build' again."
            ) from error

    def _query(self, condition: str, fields: Sequence[str], timeout_s: float) -> list[Row]:
        with told(self._connection.where):
            return self._connection.client.query(
                self._name, filter=condition, output_fields=list(fields), partition_names=[PASSAGES],
                timeout=timeout_s,
            )  # fmt: skip


class PageRows(Remembered[PageText]):
    """The pages of one collection, read when they are asked for.

    ``sizes``: how many rows each page takes, the first of them at ``start``.
    """

    def __init__(self, connection: Connection, name: str, start: int, sizes: Sequence[int]) -> None:
        super().__init__(kept=_PAGES_KEPT)
        self._connection = connection
        self._name = name
        self._starts = np.cumsum([start, *sizes]).tolist()

    def __len__(self) -> int:
        return len(self._starts) - 1

    def _fetch(self, number: int) -> PageText:
        (page,) = self._read(number, number + 1)
        return page

    def __iter__(self) -> Iterator[PageText]:
        """Yield every page, some at a time; none of them is kept."""
        for first in range(0, len(self), _PAGES_AT_ONCE):
            yield from self._read(first, min(first + _PAGES_AT_ONCE, len(self)))

    def _read(self, first: int, end: int) -> list[PageText]:
        start = self._starts[first]
        entries = rest_of(self._connection, self._name, start, self._starts[end] - start)
        try:
            return [PageText(**json.loads(entry.text)) for entry in entries]
        except (ValueError, TypeError) as error:
            raise IndexDamaged(
                f"{self._connection.where}: a page of {self._name} is altered; run 'python -m assistant build' again."
            ) from error


def rest_of(connection: Connection, name: str, start: int, count: int) -> list[Entry]:
    """Return what ``count`` rows from number ``start`` hold. Raises IndexDamaged where one is missing."""
    rows: list[Row] = []
    fields = ["number", "kind", "key", "part", "body"]
    for first in range(start, start + count, _PIECES_AT_ONCE):
        condition = f"number >= {first} and number < {min(first + _PIECES_AT_ONCE, start + count)}"
        with told(connection.where):
            rows += connection.client.query(
                name, filter=condition, output_fields=fields, partition_names=[REST], timeout=BUILD_TIMEOUT_S,
                consistency_level="Strong",
            )  # fmt: skip
    rows.sort(key=lambda row: row["number"])
    where = f"{connection.where}, collection {name}"
    if [row["number"] for row in rows] != list(range(start, start + count)):
        raise IndexDamaged(f"{where}: rows are missing; run 'python -m assistant build' again.")
    return joined(rows, where=where)
