"""The term-translation table that ships."""

from pathlib import Path

import pytest

from assistant.errors import ModelError
from assistant.index.translation import TermTranslator
from assistant.text import tokenize


@pytest.fixture(scope="module")
def translator() -> TermTranslator:
    return TermTranslator.load()


@pytest.mark.parametrize(
    ("term", "translation"),
    [
        ("papers", "论文"),
        ("compiler", "编译"),
        ("email", "邮件"),
        ("address", "地址"),
        ("publish", "发布"),
        ("team", "团队"),
        ("doctor", "博士"),
        ("论文", "paper"),
        ("编译", "compil"),
        ("邮箱", "email"),
        ("导师", "tutor"),
        ("训练", "train"),
        ("推理", "infer"),
    ],
)
def test_a_common_term_has_its_translation(
    translator: TermTranslator, term: str, translation: str
) -> None:
    assert translation in dict(translator.translate(tokenize(term)))


def test_weights_are_shares_and_each_term_comes_once(translator: TermTranslator) -> None:
    found = translator.translate(tokenize("What papers and publications are there 论文 发表"))
    assert len(dict(found)) == len(found)
    assert all(0 < weight <= 1 for _, weight in found)


def test_terms_go_into_the_other_language_only(translator: TermTranslator) -> None:
    assert all(not term.isascii() for term, _ in translator.translate(["train", "gpu", "team"]))
    assert all(term.isascii() for term, _ in translator.translate(["训练", "团队"]))


@pytest.mark.parametrize(
    ("term", "sense"),
    [("match", "比赛"), ("army", "陆军"), ("state", "国家"), ("player", "玩家"), ("军队", "armi"), ("比赛", "match")],
)
def test_a_general_word_has_its_general_senses(translator: TermTranslator, term: str, sense: str) -> None:
    assert sense in dict(translator.senses(tokenize(term)))


def test_the_commoner_sense_weighs_more(translator: TermTranslator) -> None:
    senses = dict(translator.senses(["armi"]))
    assert senses["军队"] > senses["戎"]


def test_an_unknown_term_gives_nothing(translator: TermTranslator) -> None:
    assert translator.translate(["qwxzv", "□", ""]) == ()
    assert translator.senses(["qwxzv", "□", ""]) == ()


def test_a_missing_table_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="do not load"):
        TermTranslator.load(tmp_path)
