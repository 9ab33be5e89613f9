"""Haystack in the race: its in-memory store, BM25 and embedding retrievers, its document joiner."""

import os
from collections.abc import Sequence
from pathlib import Path

os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"

import static_model
from haystack import Document, Pipeline, component
from haystack.components.joiners import DocumentJoiner
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack.document_stores.types import DuplicatePolicy

from benchmarks.race.protocol import DEPTH, POOL, Message, Passage, read_passages, serve

_FILE = "store.json"


@component
class StaticTextEmbedder:
    """The shared model as a component for questions."""

    def __init__(self, model: static_model.Embedder) -> None:
        self._model = model

    @component.output_types(embedding=list[float])
    def run(self, text: str) -> dict[str, list[float]]:
        """Return one vector."""
        return {"embedding": static_model.lists(self._model, [text])[0]}


class Haystack:
    """Its tokens are single characters where the text is Chinese: no setting is needed."""

    def __init__(self, setting: str) -> None:
        self._path = Path()
        self._model = static_model.load()
        self._store: InMemoryDocumentStore | None = None
        self._words: InMemoryBM25Retriever | None = None
        self._pipeline: Pipeline | None = None

    def build(self, passages: Path, documents: Path, folder: Path) -> None:
        """Embed, write into the store, save."""
        self._path = folder / _FILE
        self._store = InMemoryDocumentStore(embedding_similarity_function="dot_product", return_embedding=False)
        self._store.write_documents(self._documents(read_passages(passages)))
        self._connect()
        self.save()

    def load(self, folder: Path, documents: Path) -> None:
        """Read the store's file."""
        self._path = folder / _FILE
        self._store = InMemoryDocumentStore.load_from_disk(str(self._path))
        self._connect()

    def ask(self, question: str) -> Message:
        """Search."""
        self.search(question)
        return {}

    def search(self, question: str) -> list[str]:
        """Return ids fused by reciprocal ranks."""
        found = self._pipeline.run({"embedder": {"text": question}, "words": {"query": question}})
        return [document.id for document in found["joiner"]["documents"][:DEPTH]]

    def lexical(self, question: str) -> list[str]:
        """Return ids by BM25."""
        found = self._words.run(query=question, top_k=DEPTH, scale_score=False)
        return [document.id for document in found["documents"] if document.score > 0]

    def update(self, removed: Sequence[str], added: Sequence[Passage]) -> None:
        """Delete and write."""
        self._store.delete_documents(list(removed))
        self._store.write_documents(self._documents(added), policy=DuplicatePolicy.OVERWRITE)

    def save(self) -> None:
        """Write the whole store."""
        self._store.save_to_disk(str(self._path))

    def _documents(self, passages: Sequence[Passage]) -> list[Document]:
        vectors = static_model.lists(self._model, [passage.text for passage in passages])
        return [
            Document(id=passage.id, content=passage.text, meta={"source": passage.source}, embedding=vector)
            for passage, vector in zip(passages, vectors, strict=True)
        ]

    def _connect(self) -> None:
        self._words = InMemoryBM25Retriever(self._store, top_k=POOL)
        self._pipeline = Pipeline()
        self._pipeline.add_component("embedder", StaticTextEmbedder(self._model))
        self._pipeline.add_component("words", self._words)
        self._pipeline.add_component("vectors", InMemoryEmbeddingRetriever(self._store, top_k=POOL))
        self._pipeline.add_component("joiner", DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=DEPTH))
        self._pipeline.connect("embedder.embedding", "vectors.query_embedding")
        self._pipeline.connect("words", "joiner")
        self._pipeline.connect("vectors", "joiner")


if __name__ == "__main__":
    serve(Haystack)
