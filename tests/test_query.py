"""Questions as terms: cases as data, weights, coverage and glossaries."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import SettingsError
from assistant.glossary import Glossary
from assistant.index.frequency import WordFrequency
from assistant.index.lexical import LexicalIndex
from assistant.index.names import NameIndex
from assistant.query import QueryParser, Term
from assistant.text import Evidence

DATA = Path(__file__).resolve().parent / "data" / "query"
CASES: list[dict[str, Any]] = yaml.safe_load((DATA / "terms.yaml").read_text("utf-8"))
FREQUENCY = WordFrequency({"paper": 400, "论文": 300, "list": 500, "train": 200, "compil": 20}, 1000)
STEADY = settings(derandomize=True, deadline=None, max_examples=80)


class OneWordTranslator:
    """Knows one word."""

    def translate(self, tokens: Sequence[str]) -> tuple[tuple[str, float], ...]:
        """Return what ``garden`` is in Chinese, and a translation too faint to count."""
        return (("花园", 0.9), ("faint", 0.01)) if "garden" in tokens else ()

    def senses(self, tokens: Sequence[str]) -> tuple[tuple[str, float], ...]:
        """Return what ``garden`` may mean besides."""
        return (("花园", 0.5), ("园林", 0.8), ("菜园", 0.4)) if "garden" in tokens else ()


def parser(corpus: Sequence[str]) -> QueryParser:
    lexical = LexicalIndex.build([[token] for token in corpus])
    names = NameIndex(lexical.vocabulary, FREQUENCY)
    return QueryParser(lexical, FREQUENCY, OneWordTranslator(), names, Glossary.load())


def term(tokens: tuple[str, ...], *variants: tuple[str, float], is_named: bool = False) -> Term:
    return Term(tokens[0], "content", is_named, 1.0, tokens, variants)


@pytest.mark.parametrize("entry", CASES, ids=lambda entry: ascii(entry["question"]))
def test_a_question_has_the_terms_of_its_case(entry):
    terms = parser(entry["corpus"]).parse(entry["question"])
    assert [t.text for t in terms] == [expected["text"] for expected in entry["terms"]]
    for found, expected in zip(terms, entry["terms"], strict=True):
        assert found.role == expected.get("role", found.role)
        assert found.is_named == expected.get("named", found.is_named), found
        assert list(found.tokens) == expected.get("tokens", list(found.tokens))
        variants = dict(found.variants)
        assert set(expected.get("variants", ())) <= set(variants)
        assert set(expected.get("never", ())).isdisjoint(variants)


def test_a_translation_counts_unless_it_is_faint():
    [found] = parser(["花园"]).parse("gardens")
    assert dict(found.variants) == {"花园": 0.9}


def test_a_rare_word_narrows_a_question_more_than_a_frequent_one():
    weights = [t.weight for t in parser(["paper", "compil"]).parse("the paper, compilers, PackMamba")]
    assert 0 < weights[0] < weights[1] < weights[2] <= 1


@STEADY
@given(st.text() | st.text("论文裴芝林ECCVpaper A1-_./@？ \u3000İ"))
def test_any_question_has_terms(question):
    some = parser(["paper", "论文", "裴芝林"])
    terms = some.parse(question)
    assert terms == some.parse(question)
    assert all(t.tokens and 0 <= t.weight <= 1 for t in terms)
    assert all(0 <= weight <= 1 for t in terms for _, weight in t.variants)


@pytest.mark.parametrize(
    ("some", "text", "share"),
    [
        (term(("编译器", "编译")), "编译器团队", 1.0),
        (term(("编译器", "编译")), "编译团队", 0.8),
        (term(("packmamba", "pack", "mamba"), is_named=True), "Mamba packs", 0.0),
        (term(("paper",), ("论文", 0.8)), "这里有论文", 0.8),
        (term(("paper",), ("论文", 0.8), ("文章", 0.3)), "这篇文章", 0.3),
        (term(("paper",)), "nothing", 0.0),
    ],
)
def test_coverage_is_how_far_a_text_contains_a_term(some: Term, text: str, share: float):
    assert some.coverage(Evidence(text)) == pytest.approx(share)
    others = [Evidence(other) for other in ("", "编译", text)]
    everything = " ".join(evidence.folded for evidence in others)
    assert some.coverages(others, everything) == [some.coverage(evidence) for evidence in others]


def test_a_lab_adds_words_in_a_glossary_of_its_own(tmp_path: Path):
    path = tmp_path / "glossary.yaml"
    path.write_text("- 算力 SenseCore\n", "utf-8")
    glossary = Glossary.load(path)
    assert "算力" in glossary.synonyms("sensecore")
    assert "论文" in glossary.synonyms("papers")
    assert Glossary.load(tmp_path / "absent.yaml").synonyms("sensecore") == ()


def test_a_word_after_a_tilde_is_near_and_no_synonym(tmp_path: Path):
    path = tmp_path / "glossary.yaml"
    path.write_text("- 组长 chief -> 组长 ~讲师 ~senior\n", "utf-8")
    glossary = Glossary.load(path)
    assert glossary.synonyms("chief") == ("组长",)
    assert glossary.related("chief") == ("讲师", "senior")


@pytest.mark.parametrize(
    "content", [b"a: [", b"3", b"a: b", b"\xff\xfe", b"- 2024-99-99", b"text"], ids=lambda content: ascii(content)
)
def test_a_glossary_that_is_none_is_one_sentence(content: bytes, tmp_path: Path):
    path = tmp_path / "glossary.yaml"
    path.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        Glossary.load(path)
    assert str(caught.value).startswith(f"{path}: ") and "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"# nothing yet\n", b"- 3\n", b"-\n"])
def test_a_glossary_without_words_is_fine(content: bytes, tmp_path: Path):
    path = tmp_path / "glossary.yaml"
    path.write_bytes(content)
    assert Glossary.load(path).synonyms("sensecore") == ()


def test_what_else_a_word_may_mean_helps_to_find_and_proves_nothing():
    (garden,) = parser(["花园", "园林"]).parse("garden")
    assert garden.hints == (("园林", 0.8),)  # 花园 is surer as a translation, 菜园 is not in the corpus
    assert garden.coverage(Evidence("苏州园林")) == 0
