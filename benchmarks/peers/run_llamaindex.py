"""LlamaIndex in the race: FAISS and BM25 retrievers under its QueryFusionRetriever."""

from collections.abc import Sequence
from pathlib import Path

import faiss
import static_model
from llama_index.core import StorageContext, VectorStoreIndex, load_index_from_storage
from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.llms.mock import MockLLM
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.schema import TextNode
from llama_index.retrievers.bm25 import BM25Retriever
from llama_index.vector_stores.faiss import FaissMapVectorStore
from pydantic import PrivateAttr

from benchmarks.race.protocol import DEPTH, POOL, Message, Passage, read_passages, serve

_BATCH = 512
_WORDS = "words"  # the folder of the BM25 retriever
_CHARACTERS = r"(?u)[a-z0-9]+|[\u3400-\u9fff]"  # it takes no segmenter: a Chinese character is a word


class StaticEmbedding(BaseEmbedding):
    """The shared model as LlamaIndex takes it."""

    _model: static_model.Embedder = PrivateAttr()

    def __init__(self) -> None:
        super().__init__(model_name="static", embed_batch_size=_BATCH)
        self._model = static_model.load()

    def _get_query_embedding(self, query: str) -> list[float]:
        return static_model.lists(self._model, [query])[0]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return static_model.lists(self._model, [text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return static_model.lists(self._model, texts)


class LlamaIndex:
    """Both retrievers are kept on disk; the BM25 one is made anew by an update."""

    def __init__(self, setting: str) -> None:
        self._pattern = {"token_pattern": _CHARACTERS} if setting == "chinese" else {}
        self._folder = Path()
        self._embedding = StaticEmbedding()
        self._index: VectorStoreIndex | None = None
        self._words: BM25Retriever | None = None
        self._fusion: QueryFusionRetriever | None = None

    def build(self, passages: Path, documents: Path, folder: Path) -> None:
        """Embed, index, save."""
        self._folder = folder
        dimension = len(self._embedding.get_query_embedding("dimension"))
        # Inner products: its fusion takes the highest score for the best.
        store = FaissMapVectorStore(faiss.IndexIDMap2(faiss.IndexFlatIP(dimension)))
        self._index = VectorStoreIndex(
            [_node(passage) for passage in read_passages(passages)], embed_model=self._embedding,
            storage_context=StorageContext.from_defaults(vector_store=store), store_nodes_override=True,
        )  # fmt: skip
        self._index_words()
        self.save()

    def load(self, folder: Path, documents: Path) -> None:
        """Load both."""
        self._folder = folder
        store = FaissMapVectorStore.from_persist_dir(str(folder))
        context = StorageContext.from_defaults(vector_store=store, persist_dir=str(folder))
        self._index = load_index_from_storage(context, embed_model=self._embedding, store_nodes_override=True)
        self._words = BM25Retriever.from_persist_dir(str(folder / _WORDS))
        self._words.token_pattern = self._pattern.get("token_pattern", self._words.token_pattern)  # it forgets it
        self._combine()

    def ask(self, question: str) -> Message:
        """Search."""
        self.search(question)
        return {}

    def search(self, question: str) -> list[str]:
        """Return ids fused by reciprocal ranks."""
        return [found.node.node_id for found in self._fusion.retrieve(question)]

    def lexical(self, question: str) -> list[str]:
        """Return ids by BM25."""
        return [found.node.node_id for found in self._words.retrieve(question) if found.score > 0][:DEPTH]

    def update(self, removed: Sequence[str], added: Sequence[Passage]) -> None:
        """Insert and delete the vectors; make the BM25 retriever anew.

        In this order: the FAISS store numbers what is new by how many there are, and after a
        deletion would give a number that another node has.
        """
        self._index.insert_nodes([_node(passage) for passage in added])
        self._index.delete_nodes(list(removed), delete_from_docstore=True)
        self._index_words()

    def save(self) -> None:
        """Write both."""
        self._index.storage_context.persist(str(self._folder))
        self._words.persist(str(self._folder / _WORDS))

    def _index_words(self) -> None:
        nodes = list(self._index.docstore.docs.values())
        self._words = BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=POOL, **self._pattern)
        self._combine()

    def _combine(self) -> None:
        self._fusion = QueryFusionRetriever(
            [self._index.as_retriever(similarity_top_k=POOL), self._words], llm=MockLLM(),
            mode="reciprocal_rerank", num_queries=1, similarity_top_k=DEPTH, use_async=False,
        )  # fmt: skip


def _node(passage: Passage) -> TextNode:
    return TextNode(id_=passage.id, text=passage.text)


if __name__ == "__main__":
    serve(LlamaIndex)
