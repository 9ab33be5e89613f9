"""Inner-product search: exact, in a fixed order, and what is loaded."""

from pathlib import Path

import numpy as np
import pytest

from assistant.index.vectors import VectorIndex


def unit_vectors(count: int) -> np.ndarray:
    vectors = np.random.default_rng(3).normal(size=(count, 16)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_search_finds_the_nearest_best_first():
    vectors = unit_vectors(300)
    found = VectorIndex.build(vectors).search(vectors[5], 10)
    cosines = vectors @ vectors[5]
    assert [number for number, _ in found] == np.argsort(-cosines, kind="stable")[:10].tolist()
    assert [score for _, score in found] == pytest.approx(np.sort(cosines)[::-1][:10].tolist(), abs=1e-5)


@pytest.mark.parametrize("limit", [1, 4, 30, 150])
def test_ties_go_by_number(limit: int):
    same = np.tile(unit_vectors(1), (30, 1))
    found = VectorIndex.build(same).search(same[0], limit)
    assert [number for number, _ in found] == list(range(min(limit, 30)))


@pytest.mark.parametrize("limit", [0, -1])
def test_no_place_finds_nothing(limit: int):
    vectors = unit_vectors(3)
    assert VectorIndex.build(vectors).search(vectors[0], limit) == []


def test_an_empty_index_finds_nothing():
    index = VectorIndex.build(np.zeros((0, 16), np.float32))
    assert index.count == 0
    assert index.search(unit_vectors(1)[0], 5) == []


def test_what_is_saved_is_loaded(tmp_path: Path):
    vectors = unit_vectors(20)
    VectorIndex.build(vectors).save(tmp_path / "vectors.faiss")
    loaded = VectorIndex.load(tmp_path / "vectors.faiss")
    assert (loaded.count, loaded.dimension) == vectors.shape
    assert np.array_equal(loaded.vectors(np.array([7, 3])), vectors[[7, 3]])
