"""Dense vectors searched by inner product (FAISS)."""

from pathlib import Path

import faiss
import numpy as np

from assistant.index import disk


class VectorIndex:
    """Unit vectors of all passages; exact inner-product search."""

    def __init__(self, index: faiss.Index) -> None:
        self._index = index

    @classmethod
    def build(cls, vectors: np.ndarray) -> "VectorIndex":
        """Index ``vectors``: (passages, dim) float32, rows of unit length."""
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors, np.float32))
        return cls(index)

    @classmethod
    def load(cls, path: Path) -> "VectorIndex":
        """Load what ``save`` wrote."""
        return cls(faiss.read_index(str(path)))

    def save(self, path: Path) -> str:
        """Write the index as one file; returns its SHA-256. Raises OSError."""
        with disk.writing(path) as sink:
            faiss.write_index(self._index, faiss.PyCallbackIOWriter(sink.write))
            return sink.digest

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
        scores, numbers = self._index.search(query[None, :], min(limit, self._index.ntotal))
        found = [(int(n), float(s)) for n, s in zip(numbers[0], scores[0], strict=True) if n >= 0]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))

    def vectors(self, numbers: np.ndarray) -> np.ndarray:
        """Return the stored vectors of ``numbers``, (n, dim) float32."""
        return self._index.reconstruct_batch(np.asarray(numbers, np.int64))
