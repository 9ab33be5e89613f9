"""Dense vectors searched by inner product (FAISS): exactly, or of very many the likeliest exactly."""

from collections.abc import Sequence
from pathlib import Path

import faiss
import numpy as np

from assistant.index import disk

_MANY = 20_000  # vectors from which codes are scanned first: an exact scan takes 2 ms by then
_LOOKED_AT = 1000  # candidates compared exactly; of a million, .99 of the best ten are among them
_SAMPLE = 65_536  # vectors that the codes are learned from
_PAIR = 2  # dimensions that share four bits
_INDEX, _ROWS = "vectors.faiss", "vectors.npy"


class VectorIndex:
    """Unit vectors of all passages.

    Of ``rows``, where there are any, row ``n`` is vector ``n``: ``scale`` times its int8 ``codes``.
    ``index`` then holds only four bits for each two dimensions (product quantization: Jégou et al.,
    2011; scanned in registers: André et al., 2017). Inverted lists are no help: these vectors do not
    cluster, and of 60,000 an eighth of the lists held only .93 of the best ten.
    """

    def __init__(self, index: faiss.Index, rows: np.ndarray | None = None) -> None:
        self._index = index
        self._rows = rows

    @classmethod
    def build(cls, vectors: np.ndarray) -> "VectorIndex":
        """Index ``vectors``: (passages, dim) float32, rows of unit length."""
        vectors = np.ascontiguousarray(vectors, np.float32)
        count, dimension = vectors.shape
        if count < _MANY or dimension % _PAIR:
            index = faiss.IndexFlatIP(dimension)
            index.add(vectors)
            return cls(index)
        # Two OpenMP threads wait for each other longer than they compute while other work goes on.
        faiss.omp_set_num_threads(1)
        index = faiss.IndexPQFastScan(dimension, dimension // _PAIR, 4, faiss.METRIC_INNER_PRODUCT)
        index.train(vectors[:: -(-count // _SAMPLE)])
        index.add(vectors)
        return cls(index, _rows(vectors))

    @classmethod
    def load(cls, folder: Path) -> "VectorIndex":
        """Load what ``save`` wrote."""
        rows = folder / _ROWS
        return cls(faiss.read_index(str(folder / _INDEX)), disk.array(rows) if rows.exists() else None)

    def save(self, folder: Path) -> dict[str, str]:
        """Write the index into an existing folder; returns each file's SHA-256. Raises OSError."""
        with disk.writing(folder / _INDEX) as sink:
            faiss.write_index(self._index, faiss.PyCallbackIOWriter(sink.write))
            digests = {_INDEX: sink.digest}
        if self._rows is not None:
            with disk.writing(folder / _ROWS) as sink:
                np.lib.format.write_array(sink, np.asarray(self._rows), allow_pickle=False)
                digests[_ROWS] = sink.digest
        return digests

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return self._index.d

    @property
    def count(self) -> int:
        """How many vectors there are."""
        return self._index.ntotal

    def search(self, query: np.ndarray, limit: int) -> list[tuple[int, float]]:
        """Return up to ``limit`` (passage number, cosine), best first, ties by number.

        ``query``: (dim,) float32 of unit length.
        """
        if self._index.ntotal == 0 or limit < 1:
            return []
        # Two OpenMP threads were 50 times slower than one under load on small indexes.
        faiss.omp_set_num_threads(1)
        wanted = limit if self._rows is None else max(limit, _LOOKED_AT)
        scores, numbers = self._index.search(query[None, :], min(wanted, self._index.ntotal))
        if self._rows is None:
            return _ranked(numbers[0], scores[0], limit)
        found = np.sort(numbers[0][numbers[0] >= 0])
        cosines = self.vectors(found) @ query
        best = np.lexsort((found, -cosines))[:limit]
        return _ranked(found[best], cosines[best], limit)

    def vectors(self, numbers: np.ndarray) -> np.ndarray:
        """Return the stored vectors of ``numbers``, (n, dim) float32."""
        if self._rows is None:
            return self._index.reconstruct_batch(np.asarray(numbers, np.int64))
        rows = self._rows[numbers]
        return rows["codes"] * rows["scale"][:, None]


def _ranked(numbers: Sequence[int], scores: Sequence[float], limit: int) -> list[tuple[int, float]]:
    found = [(int(n), float(s)) for n, s in zip(numbers, scores, strict=True) if n >= 0]
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:limit]


def _rows(vectors: np.ndarray) -> np.ndarray:
    rows = np.empty(len(vectors), [("scale", "<f4"), ("codes", "i1", vectors.shape[1:])])
    rows["scale"] = np.maximum(np.abs(vectors).max(axis=1), 1e-9) / 127
    for first in range(0, len(vectors), _SAMPLE):  # a part at a time: bounds memory
        part = slice(first, first + _SAMPLE)
        rows["codes"][part] = np.rint(vectors[part] / rows["scale"][part, None])
    return rows
