"""What the webmaster's report says, before it is put into words."""

from dataclasses import dataclass
from datetime import date, datetime

from assistant.journal.nouns import AskedQuestion, Complaint


@dataclass(frozen=True)
class Day:
    """The questions of one day, in the time zone of the machine; times are 0 where there were none."""

    day: date
    asked: int
    answered: int
    median_ms: float
    p95_ms: float


@dataclass(frozen=True)
class Traffic:
    """The questions of all days of the report together, and day by day."""

    asked: int
    answered: int
    median_ms: float
    p95_ms: float
    days: tuple[Day, ...]  # oldest first, none left out

    @property
    def answered_share(self) -> float:
        """The share of questions that was answered, 0…1; 0 of none."""
        return self.answered / self.asked if self.asked else 0.0


@dataclass(frozen=True)
class NearPage:
    """A page that comes near to what was asked, where the answer might be added."""

    title: str
    source: str
    url: str  # "" where the page has no address


@dataclass(frozen=True)
class Gap:
    """Questions about one thing that the documents did not answer."""

    questions: tuple[AskedQuestion, ...]  # the one that stands for all first, then most asked first
    times: int
    pages: tuple[NearPage, ...]
    is_answered_now: bool  # the documents of today answer the first of them


@dataclass(frozen=True)
class Finding:
    """Something in a document that its author should look at."""

    source: str
    line: int  # 1-based; 0 where the whole file is meant
    url: str  # of the page, with anchor; "" where it has none
    text: str  # the passage, the link or the rows in question, as they stand there
    detail: str  # what is wrong with it, in values: the other value, the date, the reason


@dataclass(frozen=True)
class DocumentFindings:
    """What is wrong in the documents, each list by source and line."""

    conflicts: tuple[Finding, ...]
    outdated: tuple[Finding, ...]  # past dates still announced
    broken_links: tuple[Finding, ...]
    unread_tables: tuple[Finding, ...]
    placeholders: tuple[Finding, ...]
    orphans: tuple[Finding, ...]
    other: tuple[Finding, ...]  # every other warning of the readers


@dataclass(frozen=True)
class WebmasterReport:
    """Everything the desk shows."""

    made_at: datetime  # in the time zone of the machine
    traffic: Traffic
    top: tuple[AskedQuestion, ...]  # most asked first
    gaps: tuple[Gap, ...]  # most asked first
    complaints: tuple[Complaint, ...]  # newest first
    helpful: int  # thumbs up
    unhelpful: int  # thumbs down
    documents: DocumentFindings
