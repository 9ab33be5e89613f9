"""What Prometheus may know of the server: how many questions, how answered, how fast."""

import os
import threading
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from assistant.journal import Journal
from assistant.recalling import CacheUse
from assistant.schema import Answer

METRICS_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """Counters of one server; its own registry, so that two servers in one process do not mix."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._responses = Counter(
            "assistant_responses", "Responses by route and status", ["route", "status"], registry=self._registry
        )
        self._answers = Counter(
            "assistant_answers", "Answers by kind, language and outcome",
            ["kind", "language", "answered"], registry=self._registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "assistant_answer_seconds", "Time to find an answer", registry=self._registry,
            buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10),
        )  # fmt: skip
        self._cache = _CacheCounters(self._registry)
        self._shared: _SharedJournalGauges | None = None  # of several worker processes

    def responded(self, route: str, status: int) -> None:
        """Count one response; ``route`` is a rule of the application, never a raw path."""
        self._responses.labels(route, str(status)).inc()
        if self._shared:
            self._shared.update()

    def answered(self, answer: Answer, seconds: float) -> None:
        """Count one answer and its time."""
        outcome = "yes" if answer.answered else "no"
        self._answers.labels(answer.kind, answer.question.language, outcome).inc()
        self._seconds.observe(seconds)

    def remembered(self, use: CacheUse | None) -> None:
        """Tell what the process has got from its memory of answers so far; None where it has none."""
        if use is not None:
            self._cache.update(use)

    def watch(self, journal: Journal) -> None:
        """Tell also how many questions ``journal`` has still to write and how many it lost."""
        if _workers_folder():
            self._shared = _SharedJournalGauges(journal, self._registry)
        else:
            self._registry.register(_JournalCollector(journal))

    def exposition(self) -> bytes:
        """Return all counters in Prometheus' text format, those of every worker process summed."""
        folder = _workers_folder()
        if not folder:
            return generate_latest(self._registry)
        together = CollectorRegistry()
        MultiProcessCollector(together, path=folder)
        return generate_latest(together)


def _workers_folder() -> str:
    """Return where the worker processes share their counters; "" where this process is alone."""
    return os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")


class _CacheCounters:
    """Questions answered from memory and not; counted by how much each report is ahead of the last."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._lock = threading.Lock()
        self._hits = self._misses = 0
        self._questions = Counter(
            "assistant_answer_cache", "Questions answered from memory (hit) or anew (miss)", ["outcome"],
            registry=registry,
        )  # fmt: skip
        self._entries = Gauge(
            "assistant_answer_cache_entries", "Answers kept", multiprocess_mode="livesum", registry=registry
        )
        self._bytes = Gauge(
            "assistant_answer_cache_bytes", "Memory they take", multiprocess_mode="livesum", registry=registry
        )

    def update(self, use: CacheUse) -> None:
        """Note a report; reports of several threads may come in any order."""
        with self._lock:
            hits, misses = max(0, use.hits - self._hits), max(0, use.misses - self._misses)
            self._hits, self._misses = self._hits + hits, self._misses + misses
        self._questions.labels("hit").inc(hits)
        self._questions.labels("miss").inc(misses)
        self._entries.set(use.entries)
        self._bytes.set(use.size)


class _SharedJournalGauges:
    """The journal's two numbers, for whichever worker process Prometheus happens to ask."""

    def __init__(self, journal: Journal, registry: CollectorRegistry) -> None:
        self._journal = journal
        self._waiting = Gauge(
            "assistant_journal_waiting", "Questions not written yet", multiprocess_mode="livesum", registry=registry
        )
        self._lost = Gauge(
            "assistant_journal_lost_total", "Questions that could not be kept",
            multiprocess_mode="sum", registry=registry,
        )  # fmt: skip

    def update(self) -> None:
        """Note both as they are now."""
        self._waiting.set(self._journal.waiting)
        self._lost.set(self._journal.lost)


class _JournalCollector(Collector):
    """Asks the journal each time Prometheus asks us."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def collect(self) -> Iterator[Metric]:
        """Yield the journal's two numbers."""
        yield GaugeMetricFamily("assistant_journal_waiting", "Questions not written yet", self._journal.waiting)
        yield CounterMetricFamily("assistant_journal_lost", "Questions that could not be kept", self._journal.lost)
