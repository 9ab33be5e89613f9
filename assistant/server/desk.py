"""Makes the webmaster's report for the desk; what is wrong in the documents is looked up once a day and index."""

import threading
from datetime import date, datetime

from assistant.journal import Journal
from assistant.reporting.documents import inspect_documents
from assistant.reporting.making import make_report
from assistant.reporting.nouns import DocumentFindings, WebmasterReport
from assistant.server.asking import AssistantSource
from assistant.settings import Settings


class Desk:
    """What the desk shows now; safe to share between threads."""

    def __init__(self, settings: Settings, assistant_source: AssistantSource, journal: Journal) -> None:
        self._settings = settings
        self._assistant_source = assistant_source
        self._journal = journal
        self._lock = threading.Lock()
        self._inspected: tuple[str, date] = ("", date.min)
        self._findings = DocumentFindings((), (), (), (), (), (), ())

    def report(self, *, days: int) -> WebmasterReport:
        """Return the report of the last ``days`` days.

        Raises IndexMissing, IndexDamaged, CorpusError or JournalError.
        """
        now = datetime.now().astimezone()
        assistant = self._assistant_source()
        findings = self._documents(assistant.generation, now.date())
        return make_report(self._journal, assistant, findings, days=days, now=now)

    def _documents(self, generation: str, today: date) -> DocumentFindings:
        with self._lock:  # two windows opened at once read the documents once
            if self._inspected != (generation, today):
                self._findings = inspect_documents(self._settings, today=today)
                self._inspected = (generation, today)
            return self._findings
