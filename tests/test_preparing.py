"""What many processes prepare is what one does."""

import numpy as np
import pytest
from generations import small_documents

from assistant import cores, preparing
from assistant.chunking import chunk
from assistant.errors import CorpusError
from assistant.index.embedding import load_embedder
from assistant.text import tokenize

TEXTS = ["论文\n团队研究编译器，常年招生。", "", "We work on compilers and GPU kernels.", "保研", "…", "COLM 2024 SKVQ"] * 3


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any text counts as very much, and there are two cores."""
    monkeypatch.setattr(preparing, "_MANY", 1)
    monkeypatch.setattr(preparing, "_AT_ONCE", 40)
    monkeypatch.setattr(preparing, "core_count", lambda: 2)
    monkeypatch.setattr(cores, "core_count", lambda: 2)


@pytest.mark.usefixtures("many")
def test_passages_are_prepared_alike_on_every_core():
    prepared, embedder = preparing.prepare_by_many(TEXTS), load_embedder("default")
    assert list(prepared.tokens) == [tokenize(text) for text in TEXTS]
    assert np.array_equal(prepared.vectors, embedder.encode(TEXTS))
    for found, expected in zip(prepared.words, embedder.token_ids(TEXTS), strict=True):
        assert np.array_equal(found, expected)


@pytest.mark.usefixtures("many")
def test_documents_are_chunked_alike_on_every_core():
    documents = small_documents() * 3
    assert preparing.is_worth_it(["x"])
    assert list(preparing.chunk_all(documents)) == [chunk(document) for document in documents]


def kill(number: int) -> None:
    import os
    import signal

    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.usefixtures("many")
def test_a_process_that_is_killed_is_told_in_one_sentence():
    with pytest.raises(CorpusError, match="a process that helped to build was killed"):
        list(cores.on_every_core(kill, [1]))


@pytest.mark.parametrize(("sizes", "expected"), [([], []), ([5], [(0, 1)]), ([30, 20, 5, 50], [(0, 2), (2, 4)])])
@pytest.mark.usefixtures("many")
def test_neighbours_are_one_task(sizes: list[int], expected: list[tuple[int, int]]):
    assert list(preparing._bounds(sizes)) == expected
