"""The assistant's own retriever over passages that stand in no corpus."""

from collections.abc import Sequence

from assistant.glossary import Glossary
from assistant.index import store
from assistant.index.embedding import Embedder
from assistant.index.frequency import WordFrequency
from assistant.index.lexical import LexicalIndex
from assistant.index.names import NameIndex
from assistant.index.translation import TermTranslator
from assistant.index.vectors import VectorIndex
from assistant.index.words import PassageWords
from assistant.query import QueryParser
from assistant.retrieval import Retriever
from assistant.schema import Passage, Place
from assistant.text import detect_language, tokenize


def retriever_over(texts: Sequence[str], embedder: Embedder) -> tuple[Retriever, QueryParser]:
    """Return the assistant's retriever over passages given with their context."""
    passages = tuple(map(_passage, range(len(texts)), texts))
    lexical = LexicalIndex.build([tokenize(text) for text in texts])
    generation = store.assemble(
        model=embedder.name, corpus_digest="", pages=(), passages=passages, records=(), lexical=lexical,
        vectors=VectorIndex.build(embedder.encode(texts)), words=PassageWords.build(embedder.token_ids(texts)),
    )  # fmt: skip
    frequency = WordFrequency.load()
    names = NameIndex(lexical.vocabulary, frequency)
    parser = QueryParser(lexical, frequency, TermTranslator.load(), names, Glossary.load())
    return Retriever(generation, embedder), parser


def _passage(number: int, text: str) -> Passage:
    place = Place("benchmark", "", (), "", number, 0, len(text), "", "published")
    return Passage(
        id=str(number), text=text, context="", kind="text", language=detect_language(text),
        record="", places=(place,),
    )  # fmt: skip
