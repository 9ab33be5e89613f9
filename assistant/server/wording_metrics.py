"""What became of a language model's words, in Prometheus' text format."""

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

# Counter's name in the ledger: Prometheus' name, what it counts, and by what.
_FAMILIES = {
    "answers": ("replies", "Replies of the language model: generated, or why the quotes were given", "outcome"),
    "sentences_kept": ("sentences_kept", "Sentences of replies that the quotes support", ""),
    "sentences_dropped": ("sentences_dropped", "Sentences of replies that were not shown", "reason"),
    "tokens": ("tokens", "Tokens sent to and got from the language model", "direction"),
}


def wording_exposition(counts: Mapping[tuple[str, str], int]) -> bytes:
    """Return the counters of a ledger, nothing where no language model is set.

    They are apart from the server's own because the ledger is shared by all its processes.
    """
    if not counts:
        return b""
    registry = CollectorRegistry()
    registry.register(_LedgerCollector(counts))
    return generate_latest(registry)


class _LedgerCollector(Collector):
    def __init__(self, counts: Mapping[tuple[str, str], int]) -> None:
        self._counts = counts

    def collect(self) -> Iterator[Metric]:
        for kept, (name, meaning, label) in _FAMILIES.items():
            labels = [label] if label else []
            family = CounterMetricFamily(f"assistant_language_model_{name}", meaning, labels=labels)
            for (kind, value), n in self._counts.items():
                if kind == kept:
                    family.add_metric([value] if label else [], n)
            yield family
