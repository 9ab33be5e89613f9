"""txtai in the race: its hybrid index of BM25 and vectors."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import static_model
from txtai import Embeddings

from benchmarks.race.protocol import DEPTH, Message, Passage, read_passages, serve


class Txtai:
    """Its tokens are single characters where the text is Chinese: no setting is needed."""

    def __init__(self, setting: str) -> None:
        model = static_model.load()

        def transform(texts: list[str]) -> np.ndarray:  # it wants a plain function
            return static_model.matrix(model, texts)

        self._folder = Path()
        self._transform = transform
        self._embeddings: Embeddings | None = None

    def build(self, passages: Path, documents: Path, folder: Path) -> None:
        """Embed, index, save."""
        self._folder = folder
        self._embeddings = Embeddings(method="external", transform=self._transform, hybrid=True)
        self._embeddings.index(_rows(read_passages(passages)))
        self.save()

    def load(self, folder: Path, documents: Path) -> None:
        """Load the index."""
        self._folder = folder
        self._embeddings = Embeddings()
        self._embeddings.load(str(folder), config={"transform": self._transform})

    def ask(self, question: str) -> Message:
        """Search."""
        self.search(question)
        return {}

    def search(self, question: str) -> list[str]:
        """Return ids by its hybrid score."""
        return [passage for passage, _ in self._embeddings.search(question, DEPTH)]

    def lexical(self, question: str) -> list[str]:
        """Return ids by BM25 alone."""
        return [passage for passage, score in self._embeddings.search(question, DEPTH, weights=0.0) if score > 0]

    def update(self, removed: Sequence[str], added: Sequence[Passage]) -> None:
        """Delete and insert."""
        self._embeddings.delete(list(removed))
        self._embeddings.upsert(_rows(added))

    def save(self) -> None:
        """Write the index; a function is no setting that it could write."""
        self._embeddings.config.pop("transform", None)
        self._embeddings.save(str(self._folder))


def _rows(passages: Sequence[Passage]) -> Iterator[tuple[str, str, None]]:
    return ((passage.id, passage.text, None) for passage in passages)


if __name__ == "__main__":
    serve(Txtai)
