"""Inner-product search: exact, in a fixed order, and what is loaded."""

from pathlib import Path

import numpy as np
import pytest

from assistant.index import vectors as room
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
    VectorIndex.build(vectors).save(tmp_path)
    loaded = VectorIndex.load(tmp_path)
    assert (loaded.count, loaded.dimension) == vectors.shape
    assert np.array_equal(loaded.vectors(np.array([7, 3])), vectors[[7, 3]])


@pytest.fixture
def coded(monkeypatch: pytest.MonkeyPatch) -> VectorIndex:
    """An index as of very many vectors."""
    monkeypatch.setattr(room, "_MANY", 100)
    return VectorIndex.build(unit_vectors(3000))


def test_of_very_many_vectors_nearly_all_of_the_best_are_found(coded: VectorIndex):
    vectors = unit_vectors(3000)
    queries = np.random.default_rng(5).normal(size=(50, 16)).astype(np.float32)
    found = 0
    for query in queries / np.linalg.norm(queries, axis=1, keepdims=True):
        best = set(np.argsort(-(vectors @ query))[:10].tolist())
        found += len(best & {number for number, _ in coded.search(query, 10)})
    assert found / 500 >= 0.97


def test_of_very_many_vectors_the_cosines_are_nearly_exact(coded: VectorIndex):
    vectors = unit_vectors(3000)
    for number, cosine in coded.search(vectors[5], 10):
        assert cosine == pytest.approx(float(vectors[number] @ vectors[5]), abs=0.01)
    assert coded.search(vectors[5], 1)[0][0] == 5
    assert coded.vectors(np.array([7, 3])) == pytest.approx(vectors[[7, 3]], abs=0.01)


def test_very_many_vectors_are_saved_and_loaded(coded: VectorIndex, tmp_path: Path):
    assert sorted(coded.save(tmp_path)) == ["vectors.faiss", "vectors.npy"]
    loaded = VectorIndex.load(tmp_path)
    query = unit_vectors(1)[0]
    assert (loaded.count, loaded.dimension) == (3000, 16)
    assert loaded.search(query, 7) == coded.search(query, 7)


def test_the_codes_of_very_many_vectors_are_the_same_every_time(coded: VectorIndex, tmp_path: Path):
    (tmp_path / "again").mkdir()
    assert VectorIndex.build(unit_vectors(3000)).save(tmp_path / "again") == coded.save(tmp_path)
