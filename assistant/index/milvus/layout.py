"""A generation as one Milvus collection: its fields, its indexes, and which row is what.

Row ``n`` is passage ``n``, in the partition ``passages``. Everything else (manifest, vocabulary,
pages, records, examples) stands in the partition ``rest``, cut into pieces that fit into a field.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.errors import IndexDamaged
from assistant.index.milvus.connection import BUILD_TIMEOUT_S, Connection

if TYPE_CHECKING:
    from pymilvus import MilvusClient
    from pymilvus.milvus_client import IndexParams

PASSAGES, REST = "passages", "rest"
FIRST_OF_REST = 1 << 40  # the manifest's row; those of other things follow it
_MOST_EXACT = 50_000  # passages up to which every vector is looked at: 5 ms, and nothing is missed
_LONGEST_FIELD = 65_535  # bytes, Milvus's own limit
_PIECE = 16_000  # characters of text, of at most four bytes each
_LOOK_EVERY_S = 0.02
Row = dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """One thing of the partition ``rest``."""

    kind: str  # manifest, vocabulary, page, record, example, or passage: what did not fit into its row
    key: str
    text: str
    source: str = ""
    status: str = ""
    year: int = 0
    table: str = ""


def create(connection: Connection, name: str, *, dimension: int, passages: int) -> None:
    """Make an empty collection for a generation of so many passages."""
    from pymilvus import DataType, Function, FunctionType

    client = connection.client
    schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("number", DataType.INT64, is_primary=True)
    schema.add_field("part", DataType.INT64)
    schema.add_field("year", DataType.INT64)
    for field, longest in (("kind", 32), ("key", 2048), ("source", 4096), ("status", 32), ("table_name", 2048)):
        schema.add_field(field, DataType.VARCHAR, max_length=longest)
    schema.add_field("digest", DataType.VARCHAR, max_length=64)
    # Read by number alone: it stays on the disk of a Milvus server.
    schema.add_field("body", DataType.VARCHAR, max_length=_LONGEST_FIELD, mmap_enabled=True)
    # What Milvus calls its chinese analyzer, written out: Milvus Lite knows it by its parts only.
    analyzer = {"tokenizer": "jieba", "filter": ["cnalphanumonly"]}
    schema.add_field(
        "tokens", DataType.VARCHAR, max_length=_LONGEST_FIELD, enable_analyzer=True, analyzer_params=analyzer,
        mmap_enabled=True,
    )  # fmt: skip
    schema.add_field("bm25", DataType.SPARSE_FLOAT_VECTOR)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
    schema.add_function(Function("bm25", FunctionType.BM25, ["tokens"], ["bm25"]))
    client.create_collection(name, schema=schema, timeout=BUILD_TIMEOUT_S, consistency_level="Eventually")
    for partition in (PASSAGES, REST):
        client.create_partition(name, partition, timeout=BUILD_TIMEOUT_S)
    client.create_index(name, _indexes(client, passages), timeout=BUILD_TIMEOUT_S, sync=False)


def _indexes(client: "MilvusClient", passages: int) -> "IndexParams":
    indexes = client.prepare_index_params()
    if passages <= _MOST_EXACT:
        indexes.add_index("vector", index_type="FLAT", metric_type="IP")
    else:
        build = {"M": 24, "efConstruction": 200}
        indexes.add_index("vector", index_type="HNSW", metric_type="IP", params=build)
    ours = {"bm25_k1": 1.2, "bm25_b": 0.6}
    indexes.add_index("bm25", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25", params=ours)
    for field in ("kind", "digest", "table_name", "year"):
        indexes.add_index(field, index_type="INVERTED")
    return indexes


def make_ready(connection: Connection, name: str) -> None:
    """Bring what was written to the disk, wait until it is indexed, and load it for questions."""
    client = connection.client
    client.flush(name, timeout=BUILD_TIMEOUT_S)
    end = time.monotonic() + BUILD_TIMEOUT_S
    while any(_is_pending(client, name, index) for index in client.list_indexes(name)):
        if time.monotonic() > end:
            break  # questions are answered by looking at every row meanwhile
        time.sleep(_LOOK_EVERY_S)
    client.load_collection(name, timeout=BUILD_TIMEOUT_S)


def _is_pending(client: "MilvusClient", name: str, index: str) -> bool:
    described = client.describe_index(name, index) or {}
    return bool(int(described.get("pending_index_rows", 0) or 0))


def rest_rows(entries: Sequence[Entry], *, dimension: int) -> Iterator[Row]:
    """Yield the rows of ``entries``; the first entry is the manifest."""
    number = FIRST_OF_REST
    for entry in entries:
        for part, start in enumerate(range(0, max(len(entry.text), 1), _PIECE)):
            yield {
                "number": number, "part": part, "year": entry.year, "kind": entry.kind, "key": entry.key,
                "source": entry.source, "status": entry.status, "table_name": entry.table, "digest": "",
                "body": entry.text[start : start + _PIECE], "tokens": "", "vector": [0.0] * dimension,
            }  # fmt: skip
            number += 1


def pieces_of(text: str) -> int:
    """Return how many rows ``text`` takes."""
    return max(1, -(-len(text) // _PIECE))


def joined(rows: Sequence[Row], *, where: str) -> list[Entry]:
    """Return the entries that ``rows``, in order of their numbers, are pieces of. Raises IndexDamaged."""
    pieces: list[tuple[str, str, list[str]]] = []
    for row in rows:
        kind, key, part = row["kind"], row["key"], row["part"]
        if part == 0:
            pieces.append((kind, key, []))
        if not pieces or pieces[-1][:2] != (kind, key) or len(pieces[-1][2]) != part:
            raise IndexDamaged(f"{where}: a row is missing; run 'python -m assistant build' again.")
        pieces[-1][2].append(row["body"])
    return [Entry(kind, key, "".join(texts)) for kind, key, texts in pieces]


def fits(text: str) -> bool:
    """Tell whether ``text`` fits into one field."""
    return len(text.encode()) <= _LONGEST_FIELD


def shortened(tokens: Sequence[str]) -> str:
    """Return ``tokens`` joined by blanks, without those at the end that do not fit into a field."""
    text = " ".join(tokens)
    if fits(text):
        return text
    return text.encode()[:_LONGEST_FIELD].decode(errors="ignore").rpartition(" ")[0]


def in_batches(rows: Iterator[Row], write: Callable[[list[Row]], None], *, most: int = 500) -> None:
    """Write ``rows`` some at a time: a request of Milvus may have 64 MB."""
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == most:
            write(batch)
            batch = []
    if batch:
        write(batch)
