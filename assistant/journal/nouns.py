"""What goes into the journal and what its readers get out of it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Entry:
    """One question and its outcome, on its way into the journal."""

    asked_at: datetime  # with its time zone
    answer: str  # the id that /ask returned
    question: str  # as it was typed; masked when it is written
    language: str
    kind: str
    answered: bool
    confidence: float
    took_ms: float
    generation: str
    cited: tuple[tuple[int, str, str], ...]  # number, passage, source


@dataclass(frozen=True)
class Feedback:
    """What a visitor thought of one answer."""

    answer: str  # the id that /ask returned
    helpful: bool
    reason: str  # one of the API's words; "" where none was given
    note: str


@dataclass(frozen=True)
class Asking:
    """One question that was asked, without its words."""

    asked_at: datetime  # with its time zone
    answered: bool
    took_ms: float


@dataclass(frozen=True)
class AskedQuestion:
    """A question as visitors put it, and how often; letters' case and spaces aside."""

    text: str  # masked; as it was put last
    language: str
    times: int
    answered: int  # how often of these it was
    last_asked_at: datetime


@dataclass(frozen=True)
class Complaint:
    """An answer that did not help somebody."""

    given_at: datetime
    question: str  # masked; "" where its row is past its retention
    language: str
    reason: str
    note: str  # masked


@dataclass(frozen=True)
class Usage:
    """What the journal has of a time."""

    askings: tuple[Asking, ...]  # oldest first
    questions: tuple[AskedQuestion, ...]  # most asked first
    complaints: tuple[Complaint, ...]  # newest first, at most 200
    helpful: int  # thumbs up
    unhelpful: int  # thumbs down
