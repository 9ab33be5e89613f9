"""What holds for every answer over the default corpus, whatever is asked."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from assistant.evaluation import Case, Report, evaluate, read_cases
from assistant.pipeline import Assistant
from assistant.schema import Answer

DATA = Path(__file__).resolve().parent / "data"
CASES = read_cases(DATA / "questions.yaml")
PAIRS = yaml.safe_load((DATA / "paired_questions.yaml").read_text("utf-8"))

# What must never be made up: addresses, and numbers as the documents write them.
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|https?://[^\s”」）)]+")
NUMBER = re.compile(r"\d+(?:[./]\d+)*")

by_id = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)


@pytest.fixture(scope="session")
def corpus_text(corpus: Path) -> str:
    """Everything that the corpus's pages hold, as written."""
    pages = sorted(path for path in corpus.rglob("*") if path.suffix in {".rst", ".md"})
    return "\n".join(page.read_text("utf-8") for page in pages)


@pytest.fixture(scope="session")
def report(assistant: Assistant) -> Report:
    """The scores of the default question set."""
    return evaluate(assistant, DATA / "questions.yaml")


@pytest.fixture(scope="session")
def answers(report: Report) -> dict[str, Answer]:
    """The answer to each question of the set."""
    return {outcome.case.id: outcome.answer for outcome in report.outcomes}


def cited_pages(answer: Answer) -> set[str]:
    """Return the files that an answer cites."""
    return {citation.place.source for citation in answer.citations}


@by_id
def test_every_quote_is_a_slice_of_its_source(case: Case, assistant: Assistant, answers: dict[str, Answer]):
    for citation in answers[case.id].citations:
        text = assistant.document_text(citation.place.source)
        assert text is not None
        assert citation.quote in text


@by_id
def test_addresses_and_numbers_are_those_of_the_corpus(case: Case, answers: dict[str, Answer], corpus_text: str):
    answer = answers[case.id]
    told = answer.text.replace(case.question, "")
    assert all(address in corpus_text for address in ADDRESS.findall(told))
    if answer.kind not in {"count", "list"}:  # those say how many rows there are
        asked = set(NUMBER.findall(" ".join([case.question, *case.history])))
        marks = {str(citation.number) for citation in answer.citations}
        known = set(NUMBER.findall(corpus_text)) | asked | marks
        assert set(NUMBER.findall(told)) <= known


@by_id
def test_an_answer_fits_and_says_something(case: Case, answers: dict[str, Answer]):
    answer = answers[case.id]
    assert 0 < len(answer.text) <= 1200
    assert 0 <= answer.confidence <= 1
    assert not answer.answered or answer.citations


def test_a_hundred_repeats_are_one_answer(assistant: Assistant, answers: dict[str, Answer]):
    for case in CASES[::9]:
        for _ in range(10):
            assert assistant.ask(case.question, history=case.history) == answers[case.id]


@pytest.mark.parametrize("question", ["what papers were at ECCV?", "ECCV 上有哪些论文？"])
def test_papers_of_a_venue_are_all_its_papers_and_only_those(question: str, assistant: Assistant):
    answer = assistant.ask(question)
    titles = [field.value for item in answer.items for field in item.fields if field.name == "论文"]
    assert sorted(title.split(":")[0] for title in titles) == ["Fisheye-GS", "PackMamba"]
    cited = {citation.number: citation.quote for citation in answer.citations}
    assert all(title in cited[item.citation] for item, title in zip(answer.items, titles, strict=True))


def test_both_languages_cite_the_same_page(assistant: Assistant):
    apart = [
        (pair["id"], zh, en)
        for pair in PAIRS
        if not (zh := cited_pages(assistant.ask(pair["zh"]))) & (en := cited_pages(assistant.ask(pair["en"])))
    ]
    assert len(apart) <= 0.05 * len(PAIRS), apart


def test_the_default_questions_are_answered(report: Report):
    missed = [f"{outcome.case.id} {outcome.case.question}" for outcome in report.misses]
    assert report.right.value >= 0.80, missed
    assert report.abstained.value >= 0.75, missed
    assert report.cited.value >= 0.95, missed


def test_a_question_in_english_may_be_answered_in_chinese_on_demand(assistant: Assistant):
    answer = assistant.ask("Is there a paper at NeurIPS?", language="zh")
    assert answer.question.language == "zh"
    assert replace(answer, suggestions=()) != assistant.ask("Is there a paper at NeurIPS?")
