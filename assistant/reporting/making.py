"""Puts the report together from the journal, the assistant and the documents."""

from datetime import datetime, timedelta

from assistant.journal import Journal
from assistant.pipeline import Assistant
from assistant.reporting.gaps import find_gaps
from assistant.reporting.nouns import DocumentFindings, WebmasterReport
from assistant.reporting.traffic import count_traffic

_MOST_TOP = 20
_MOST_GAPS = 30


def make_report(
    journal: Journal, assistant: Assistant, documents: DocumentFindings, *, days: int, now: datetime
) -> WebmasterReport:
    """Return the report of ``days`` days up to ``now``, which carries a time zone.

    Raises JournalError where the journal cannot be read.
    """
    first = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days - 1)
    usage = journal.usage(since=first)
    return WebmasterReport(
        made_at=now,
        traffic=count_traffic(usage.askings, last=now.date(), days=days, zone=now.tzinfo),
        top=usage.questions[:_MOST_TOP],
        gaps=find_gaps(usage.questions, assistant, most=_MOST_GAPS),
        complaints=usage.complaints,
        helpful=usage.helpful,
        unhelpful=usage.unhelpful,
        documents=documents,
    )
