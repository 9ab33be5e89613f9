"""LangChain in the race: FAISS and BM25 retrievers under its EnsembleRetriever."""

from collections.abc import Sequence
from pathlib import Path

import faiss
import static_model
from langchain_classic.retrievers import EnsembleRetriever
from langchain_community.docstore.in_memory import InMemoryDocstore
from langchain_community.retrievers import BM25Retriever
from langchain_community.vectorstores import FAISS
from langchain_community.vectorstores.utils import DistanceStrategy
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings

from benchmarks.race.protocol import DEPTH, POOL, Message, Passage, read_passages, serve


class StaticEmbeddings(Embeddings):
    """The shared model as LangChain takes it."""

    def __init__(self) -> None:
        self._model = static_model.load()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return a vector a text."""
        return static_model.lists(self._model, texts)

    def embed_query(self, text: str) -> list[float]:
        """Return one vector."""
        return static_model.lists(self._model, [text])[0]


class LangChain:
    """The vector store is kept on disk; the BM25 retriever cannot be and is made at every start."""

    def __init__(self, setting: str) -> None:
        self._is_chinese = setting == "chinese"
        self._folder = Path()
        self._embeddings = StaticEmbeddings()
        self._store: FAISS | None = None
        self._words: BM25Retriever | None = None
        self._ensemble: EnsembleRetriever | None = None

    def build(self, passages: Path, documents: Path, folder: Path) -> None:
        """Embed, index, save."""
        self._folder = folder
        found = [_document(passage) for passage in read_passages(passages)]
        dimension = len(self._embeddings.embed_query("dimension"))
        self._store = FAISS(
            self._embeddings, faiss.IndexFlatIP(dimension), InMemoryDocstore(), {},
            distance_strategy=DistanceStrategy.MAX_INNER_PRODUCT,
        )  # fmt: skip
        self._store.add_documents(found, ids=[document.id for document in found])
        self._combine(found)
        self.save()

    def load(self, folder: Path, documents: Path) -> None:
        """Load the vectors and make the BM25 retriever of the documents they come with."""
        self._folder = folder
        self._store = FAISS.load_local(
            str(folder), self._embeddings, allow_dangerous_deserialization=True,
            distance_strategy=DistanceStrategy.MAX_INNER_PRODUCT,
        )  # fmt: skip
        self._combine(self._documents())

    def ask(self, question: str) -> Message:
        """Search."""
        self.search(question)
        return {}

    def search(self, question: str) -> list[str]:
        """Return ids fused by reciprocal ranks."""
        return [document.metadata["id"] for document in self._ensemble.invoke(question)[:DEPTH]]

    def lexical(self, question: str) -> list[str]:
        """Return ids by BM25."""
        scores = self._words.vectorizer.get_scores(self._words.preprocess_func(question))
        found = zip(self._words.docs, scores, strict=True)
        ranked = sorted((pair for pair in found if pair[1] > 0), key=lambda pair: -pair[1])
        return [document.metadata["id"] for document, _ in ranked[:DEPTH]]

    def update(self, removed: Sequence[str], added: Sequence[Passage]) -> None:
        """Change the vectors in place; make the BM25 retriever anew."""
        self._store.delete(list(removed))
        new = [_document(passage) for passage in added]
        self._store.add_documents(new, ids=[document.id for document in new])
        self._combine(self._documents())

    def save(self) -> None:
        """Write the vector store."""
        self._store.save_local(str(self._folder))

    def _documents(self) -> list[Document]:
        return self._store.get_by_ids(list(self._store.index_to_docstore_id.values()))

    def _combine(self, documents: Sequence[Document]) -> None:
        setting = {"preprocess_func": _chinese_words} if self._is_chinese else {}
        self._words = BM25Retriever.from_documents(documents, k=POOL, **setting)
        vectors = self._store.as_retriever(search_kwargs={"k": POOL})
        self._ensemble = EnsembleRetriever(retrievers=[self._words, vectors], weights=[0.5, 0.5], id_key="id")


def _document(passage: Passage) -> Document:
    return Document(id=passage.id, page_content=passage.text, metadata={"id": passage.id, "source": passage.source})


def _chinese_words(text: str) -> list[str]:
    import jieba

    return [word for word in jieba.lcut_for_search(text.lower()) if word.strip()]


if __name__ == "__main__":
    serve(LangChain)
