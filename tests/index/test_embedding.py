"""The embedders: one contract, and the shipped model read two ways."""

from pathlib import Path

import numpy as np
import pytest

from assistant.errors import ModelError
from assistant.index.embedding import DEFAULT_FOLDER, Embedder, StaticEmbedder, load_embedder
from assistant.index.likeness import SIGNALS

TEXTS = [
    "What papers were at ECCV?",
    "大模型训练与推理的编译优化",
    "機器學習編譯器",
    "Contact: lab@example.org，电话 021-1234",
    "",
    "😀 …",
]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return load_embedder("default")


def test_rows_are_unit_vectors_and_empty_text_is_zero(embedder: Embedder) -> None:
    vectors = embedder.encode(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), embedder.dimension)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1, 1, 0, 0], abs=1e-5)


def test_no_texts_give_no_rows(embedder: Embedder) -> None:
    assert embedder.encode([]).shape == (0, embedder.dimension)


def test_a_text_has_one_vector_alone_or_in_a_batch(embedder: Embedder) -> None:
    batch = embedder.encode(TEXTS * 40)
    alone = np.concatenate([embedder.encode([text]) for text in TEXTS])
    assert np.array_equal(batch[-len(TEXTS) :], alone)


def test_traditional_and_full_width_are_read_as_simplified_and_half_width(
    embedder: Embedder,
) -> None:
    vectors = embedder.encode(["機器學習 ＧＰＵ", "机器学习 gpu"])
    assert np.array_equal(vectors[0], vectors[1])


def test_a_translation_is_nearer_than_another_subject(embedder: Embedder) -> None:
    vectors = embedder.encode(["compiler optimization", "编译器优化", "服装店的招聘信息"])
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


def test_a_passage_with_the_words_is_like_the_question_in_either_language() -> None:
    model = StaticEmbedder.load(DEFAULT_FOLDER)
    tokens = model.token_ids(["网球选手的比赛规则", "陆军占领了城市", ""])
    likeness = model.likeness("rules of tennis", tokens)
    assert all(likeness[0, :4] > likeness[1, :4] + 0.2)
    assert not likeness[2].any()
    assert model.likeness("网球选手的比赛规则", tokens)[0, :6] == pytest.approx(1, abs=1e-3)


def test_words_that_stand_together_are_more_like_a_question() -> None:
    model = StaticEmbedder.load(DEFAULT_FOLDER)
    filler = "这里说的是别的事情，" * 12
    near, far = model.likeness("恒星质量", model.token_ids([filler + "恒星质量", "恒星" + filler + "质量"]))
    anywhere, together = (SIGNALS.index(name) for name in ("anywhere", "together"))
    assert near[anywhere] == far[anywhere]
    assert near[together] > far[together]


def test_likeness_is_that_of_the_formula() -> None:
    model = StaticEmbedder.load(DEFAULT_FOLDER)
    (asked,) = model.token_ids(["tennis match"])
    (held,) = model.token_ids(["网球比赛"])
    table = model._vocabulary._words
    words = {int(table.get(table.key(place)).split()[0]): table.key(place) for place in range(len(table))}
    vectors = [model.encode([words[int(number)]])[0] for number in (*asked, *held)]
    cosines = np.array(vectors[: len(asked)]) @ np.array(vectors[len(asked) :]).T
    lengths = [np.linalg.norm(model._weights[n] * model._rows[model._mapping[n]].astype(float)) for n in asked]
    expected = np.average(cosines.max(axis=1), weights=np.square(lengths))
    assert model.likeness("tennis match", [held])[0, :2] == pytest.approx(expected, abs=1e-4)


def test_a_text_or_a_list_without_tokens_is_like_nothing() -> None:
    model = StaticEmbedder.load(DEFAULT_FOLDER)
    assert model.likeness("", model.token_ids(["网球"])).tolist() == [[0] * len(SIGNALS)]
    assert model.likeness("tennis", []).tolist() == []


def test_a_missing_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"embedding model in .* does not load"):
        StaticEmbedder.load(tmp_path)


def test_damaged_weights_are_one_sentence(tmp_path: Path) -> None:
    for name in ("tokenizer.json", "vocabulary.txt", "vocabulary.json", "config.json"):
        (tmp_path / name).write_bytes((DEFAULT_FOLDER / name).read_bytes())
    (tmp_path / "model.safetensors").write_bytes(b"not tensors")
    with pytest.raises(ModelError, match="does not load"):
        StaticEmbedder.load(tmp_path)


@pytest.mark.slow
def test_sentence_transformers_reads_the_same_vectors(embedder: Embedder) -> None:
    other = load_embedder(str(DEFAULT_FOLDER))
    assert other.dimension == embedder.dimension
    assert other.encode(TEXTS) == pytest.approx(embedder.encode(TEXTS), abs=1e-5)


@pytest.mark.slow
def test_an_unknown_model_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="correct embedding.model"):
        load_embedder(str(tmp_path / "nothing"))
