"""Tokens, sentences and languages: cases as data, and what holds of any text."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.text import (
    Evidence,
    count_tokens,
    detect_language,
    fold,
    is_dictionary_word,
    is_stopword,
    sentences,
    squeeze,
    tokenize,
    words,
)

DATA = Path(__file__).resolve().parent / "data" / "text"
STEADY = settings(derandomize=True, deadline=None, max_examples=150)
LETTERS = "论文训练裴芝林。；！？.!?;,\"”’)）】 \n\tABCabcz019_-+#@/'İßﬁ㎡\u3000\x00\ud800"
ANY_TEXT = st.text() | st.text(LETTERS)


def cases(name: str) -> list[dict[str, Any]]:
    return yaml.safe_load((DATA / name).read_text("utf-8"))


def by_text(entry: dict[str, Any]) -> str:
    return ascii(entry["text"])[:40]


@pytest.mark.parametrize("entry", cases("tokens.yaml"), ids=by_text)
def test_text_has_the_tokens_of_its_case(entry):
    assert tokenize(entry["text"]) == entry["tokens"]


@pytest.mark.parametrize("entry", cases("sentences.yaml"), ids=by_text)
def test_text_has_the_sentences_of_its_case(entry):
    text = entry["text"]
    assert [text[start:end] for start, end in sentences(text)] == entry["sentences"]


@pytest.mark.parametrize("entry", cases("languages.yaml"), ids=by_text)
def test_text_has_the_language_of_its_case(entry):
    assert detect_language(entry["text"]) == entry["language"]


@STEADY
@given(ANY_TEXT)
def test_any_text_gives_tokens_that_can_be_stored(text):
    tokens = tokenize(text)
    assert tokens == tokenize(text)
    assert all(token and not token.isspace() for token in tokens)
    "\n".join(tokens).encode("utf-8")  # no token holds a lone surrogate


@STEADY
@given(ANY_TEXT)
def test_sentences_are_slices_in_order_that_lose_nothing(text):
    kept, end_before = set(), 0
    for start, end in sentences(text):
        assert end_before <= start < end <= len(text)
        assert text[start:end] == text[start:end].strip()
        assert "\n" not in text[start:end]
        kept.update(range(start, end))
        end_before = end
    lost = [character for number, character in enumerate(text) if number not in kept]
    assert not "".join(lost).strip()


@STEADY
@given(ANY_TEXT)
def test_words_stand_where_they_say(text):
    for word in words(text):
        assert text[word.start : word.start + len(word.text)] == word.text


@STEADY
@given(ANY_TEXT)
def test_counting_and_folding_take_any_text(text):
    assert count_tokens(text) >= 0
    assert detect_language(text) in ("zh", "en")
    assert not any(character.isspace() for character in squeeze(text))


@pytest.mark.parametrize(
    ("text", "token", "is_there"),
    [
        ("Three studies were published", "studi", True),
        ("编译计算与国产化团队", "国产化", True),
        ("编译计算与国产化团队", "论文", False),
        ("on A100 GPUs", "a100", True),
        ("on A1000 GPUs", "a100", False),
        ("we use C++ here", "c++", True),
        ("training of models", "train", True),
        ("constrained", "train", False),
        ("a restful API", "rest", True),
    ],
)
def test_evidence_contains_a_token_where_a_word_begins_with_it(text, token, is_there):
    assert (token in Evidence(text)) is is_there


def test_full_width_and_case_do_not_matter():
    assert fold("ＧＰＵ Ａ１００") == "gpu a100"
    assert squeeze("Fisheye - GS\n（论文）") == squeeze("fisheye-gs(论文)")


def test_stop_words_are_known_in_both_languages():
    assert is_stopword("The") and is_stopword("的") and not is_stopword("论文")


def test_a_name_is_no_dictionary_word():
    assert is_dictionary_word("论文") and not is_dictionary_word("裴芝林")


@pytest.mark.parametrize(
    ("text", "is_there"),
    [
        ("2022-07-05", True),
        ("2022.7", True),
        ("5/07/2022", True),
        ("7/16/2022", True),
        ("7月", True),
        ("17月", False),
        ("2022-17", False),
        ("version 2.7", False),
    ],
)
def test_a_month_stands_where_a_date_has_its_number(text: str, is_there: bool):
    assert ("7月" in Evidence(text)) is is_there


@pytest.mark.parametrize(("text", "is_there"), [("ICML 2020", True), ("ICML'20", True), ("at ICMLs", True), ("ICMLC", False)])
def test_an_acronym_is_a_word_of_its_own(text: str, is_there: bool):
    assert Evidence(text).has_word("icml") is is_there


@pytest.mark.parametrize(("token", "text"), [("课", "课题组"), ("系", "联系方式"), ("head", "a headline")])
def test_a_word_is_not_found_in_another_that_means_something_else(token: str, text: str):
    assert token not in Evidence(text)
