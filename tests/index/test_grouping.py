"""Texts of one subject come together, whatever their order and language."""

import pytest

from assistant.index.embedding import DEFAULT_FOLDER, Embedder, StaticEmbedder
from assistant.index.grouping import group_texts

TEXTS = (
    "有停车场吗？", "国际学生可以申请吗", "Is there parking?", "外国人能申请吗", "要求会写CUDA吗", "停车在哪里",
    "Do I need to know CUDA?", "需要会CUDA吗",
)  # fmt: skip
SUBJECTS = {
    frozenset({"有停车场吗？", "Is there parking?", "停车在哪里"}),
    frozenset({"国际学生可以申请吗", "外国人能申请吗"}),
    frozenset({"要求会写CUDA吗", "Do I need to know CUDA?", "需要会CUDA吗"}),
}


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return StaticEmbedder.load(DEFAULT_FOLDER)


def named(groups: tuple[tuple[int, ...], ...], texts: tuple[str, ...]) -> set[frozenset[str]]:
    return {frozenset(texts[place] for place in group) for group in groups}


def test_texts_of_one_subject_are_one_group(embedder):
    assert named(group_texts(TEXTS, embedder), TEXTS) == SUBJECTS


def test_the_order_of_the_texts_changes_only_the_order_of_the_groups(embedder):
    turned = TEXTS[::-1]
    assert named(group_texts(turned, embedder), turned) == SUBJECTS
    assert group_texts(TEXTS, embedder) == group_texts(TEXTS, embedder)


def test_every_text_is_in_one_group_and_groups_stand_in_order(embedder):
    groups = group_texts(TEXTS, embedder)
    assert sorted(place for group in groups for place in group) == list(range(len(TEXTS)))
    assert [min(group) for group in groups] == sorted(min(group) for group in groups)


@pytest.mark.parametrize("texts", [(), ("有停车场吗？",), ("", "  "), ("", "有停车场吗？", "Is there parking?")])
def test_texts_without_words_stay_alone(embedder, texts):
    groups = group_texts(texts, embedder)
    assert sorted(place for group in groups for place in group) == list(range(len(texts)))
    assert all(len(group) == 1 or not any(texts[place].strip() == "" for place in group) for group in groups)
