"""What a question asks for, and what a follow-up takes over: cases as data."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.answering.followup import complete, is_followup
from assistant.answering.understanding import Interpreter
from assistant.glossary import Glossary
from assistant.index.frequency import WordFrequency
from assistant.index.lexical import LexicalIndex
from assistant.index.names import NameIndex
from assistant.query import QueryParser
from assistant.schema import Question

DATA = Path(__file__).resolve().parent.parent / "data" / "answering"
STEADY = settings(derandomize=True, deadline=None, max_examples=80)


class NoTranslator:
    """Knows no word."""

    def translate(self, tokens: object) -> tuple[tuple[str, float], ...]:
        """Return nothing."""
        return ()

    def senses(self, tokens: object) -> tuple[tuple[str, float], ...]:
        """Return nothing."""
        return ()


def cases(name: str) -> list[dict[str, Any]]:
    return yaml.safe_load((DATA / name).read_text("utf-8"))


@pytest.fixture(scope="module")
def parser() -> QueryParser:
    """A parser over the words of a few papers."""
    frequency = WordFrequency.load()
    lexical = LexicalIndex.build([["eccv", "论文", "paper", "colm", "编译", "团队"]])
    return QueryParser(lexical, frequency, NoTranslator(), NameIndex(lexical.vocabulary, frequency), Glossary.load())


@pytest.mark.parametrize("entry", cases("kinds.yaml"), ids=lambda entry: ascii(entry["question"]))
def test_a_question_is_of_the_kind_of_its_case(entry, parser: QueryParser):
    question = Question(entry["question"], (), "en")
    assert Interpreter(parser).understand(question, question.text).kind == entry["kind"]


def test_years_are_taken_in_order_and_once(parser: QueryParser):
    question = Question("2024 年和 2023 年、2024 级，20240 个算子", (), "zh")
    assert Interpreter(parser).understand(question, question.text).years == (2024, 2023)


@pytest.mark.parametrize("entry", cases("followups.yaml"), ids=lambda entry: ascii(entry["question"]))
def test_a_followup_takes_over_what_it_lacks(entry, parser: QueryParser):
    text, history = entry["question"], entry["history"]
    assert is_followup(text, history) is entry["leans"]
    completed = complete(text, history, parser)
    assert (completed != text) is bool(entry.get("gains"))
    assert all(word in completed for word in entry.get("gains", ()))
    assert not any(word in completed for word in entry.get("never", ()))


@STEADY
@given(text=st.text(), history=st.lists(st.text(), max_size=3))
def test_any_question_can_be_completed_and_understood(text: str, history: list[str], parser: QueryParser):
    completed = complete(text, history, parser)
    assert completed == text or any(is_followup(text, history[:n]) for n in range(1, len(history) + 1))
    asked = Interpreter(parser).understand(Question(text, tuple(history), "en"), completed)
    assert asked.kind in {*asked.kinds, "fact"}
    assert set(asked.content) <= set(asked.terms)
