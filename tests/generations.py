"""Small index generations made in memory, without a model."""

from collections.abc import Sequence

import numpy as np
from documents import Part, make_document

from assistant.chunking import chunk, collapse
from assistant.index import store
from assistant.index.lexical import LexicalIndex
from assistant.index.records import build_records
from assistant.index.vectors import VectorIndex
from assistant.index.words import PassageWords
from assistant.schema import Document
from assistant.text import tokenize

MODEL = "model-of-tests"


def small_documents() -> tuple[Document, ...]:
    """Return two pages in both languages, one with a table."""
    papers = Part(
        ("论文", "2024"), (("row", "ECCV 2024\tFisheye-GS"), ("row", "COLM\tSKVQ")), ("会议/期刊", "题目"), "论文"
    )
    home = Part(("团队",), (("paragraph", "团队研究编译器，常年招生。"), ("paragraph", "We work on compilers.")))
    return (
        make_document([home], source="index.rst", title="主页"),
        make_document([papers], source="doc/papers.md", title="论文列表", status="orphan"),
    )


def small_generation(corpus_digest: str, documents: Sequence[Document] = ()) -> store.Generation:
    """Return a generation with made-up unit vectors of 4 numbers."""
    documents = documents or small_documents()
    passages = collapse(passage for document in documents for passage in chunk(document))
    vectors = np.random.default_rng(7).normal(size=(len(passages), 4)).astype(np.float32)
    return store.assemble(
        model=MODEL,
        corpus_digest=corpus_digest,
        pages=[store.PageText(d.source, d.title, d.url, d.status, d.text) for d in documents],
        passages=passages,
        records=build_records(documents),
        lexical=LexicalIndex.build([tokenize(passage.text) for passage in passages]),
        vectors=VectorIndex.build(vectors / np.linalg.norm(vectors, axis=1, keepdims=True)),
        words=PassageWords.build([np.zeros(0, np.int32) for _ in passages]),
    )
