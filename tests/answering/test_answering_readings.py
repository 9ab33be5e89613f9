"""Passages as questions read them: what is taken from the index is what the text itself gives."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from assistant.answering.readings import PassageReader
from assistant.chunking import chunk
from assistant.index import store
from assistant.index.embedding import Embedder, load_embedder
from assistant.index.lexical import LexicalIndex
from assistant.index.vectors import VectorIndex
from assistant.index.words import PassageWords
from assistant.readers.corpus import read_corpus
from assistant.schema import Passage

CORPUS = Path(__file__).resolve().parents[2] / "corpus"


def generation_of(passages: Sequence[Passage], embedder: Embedder) -> store.Generation:
    texts = [store.embedded_text(passage) for passage in passages]
    vectors, words = embedder.encode_with_tokens(texts)
    return store.assemble(
        model="", corpus_digest="", pages=(), passages=passages, records=(), lexical=LexicalIndex.build([["a"]]),
        vectors=VectorIndex.build(vectors), words=PassageWords.build(words),
    )  # fmt: skip


@pytest.mark.parametrize("stays", [False, True])
def test_a_sentence_has_the_vector_that_it_has_alone(stays: bool):  # noqa: FBT001
    embedder = load_embedder("default")
    passages = [passage for document in read_corpus(CORPUS).documents for passage in chunk(document)]
    reader = PassageReader(embedder, generation_of(passages, embedder))
    if stays:
        embedder.warm_up()
    for passage in passages:
        reading = reader.read(passage)
        alone = [embedder.encode([passage.text[start:end]])[0] for start, end in reading.spans]
        assert np.array_equal(reading.vectors, np.stack(alone))
        assert all(evidence.folded in reading.everything for evidence in (reading.outside, *reading.evidences))
