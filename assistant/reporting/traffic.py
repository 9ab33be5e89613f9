"""Counts the journal's questions day by day."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta, tzinfo

from assistant.journal.nouns import Asking
from assistant.reporting.nouns import Day, Traffic


def count_traffic(askings: Sequence[Asking], *, last: date, days: int, zone: tzinfo | None = None) -> Traffic:
    """Return the traffic of ``days`` days up to and with ``last``.

    ``zone``: whose midnights part the days; the machine's own where None.
    """
    wanted = [last - timedelta(days=back) for back in range(days - 1, -1, -1)]
    by_day: dict[date, list[Asking]] = defaultdict(list)
    for asking in askings:
        by_day[asking.asked_at.astimezone(zone).date()].append(asking)
    shown = [asking for day in wanted for asking in by_day[day]]
    return Traffic(
        asked=len(shown),
        answered=sum(asking.answered for asking in shown),
        median_ms=_quantile(shown, 0.5),
        p95_ms=_quantile(shown, 0.95),
        days=tuple(_day(day, by_day[day]) for day in wanted),
    )


def _day(day: date, askings: Sequence[Asking]) -> Day:
    answered = sum(asking.answered for asking in askings)
    return Day(day, len(askings), answered, _quantile(askings, 0.5), _quantile(askings, 0.95))


def _quantile(askings: Sequence[Asking], share: float) -> float:
    """Return the response time that ``share`` of the questions did not exceed (nearest rank)."""
    times = sorted(asking.took_ms for asking in askings)
    return times[min(len(times) - 1, int(share * len(times)))] if times else 0.0
