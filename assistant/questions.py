"""What was typed, checked: plain text, not empty, not too long."""

from collections.abc import Sequence
from typing import Literal

from assistant.errors import QuestionError
from assistant.schema import Language, Question
from assistant.text import detect_language

LONGEST_QUESTION = 500  # characters
_MOST_HISTORY = 20


def checked_question(question: str, history: Sequence[str], language: Literal["auto", "zh", "en"]) -> Question:
    """Return the question as it is answered. Raises QuestionError."""
    text = _checked(question)
    earlier = tuple(_checked(previous) for previous in history)[-_MOST_HISTORY:]
    spoken: Language = detect_language(text) if language == "auto" else language
    return Question(text, earlier, spoken)


def _checked(question: str) -> str:
    if not isinstance(question, str):
        raise QuestionError("The question is not text; send a string.")
    if any(0xD800 <= ord(character) <= 0xDFFF for character in question) or "\x00" in question:
        raise QuestionError("The question holds characters that are not text; send plain Unicode.")
    text = " ".join(question.split())
    if not text:
        raise QuestionError("The question is empty; type what you want to know.")
    if len(text) > LONGEST_QUESTION:
        raise QuestionError(
            f"The question has {len(text)} characters; shorten it to {LONGEST_QUESTION} or fewer."
        )
    return text
