"""Finds dates in a text, Chinese and English, each with the last day that it can mean."""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_MONTHS = "January February March April May June July August September October November December".split()
_MONTH = "|".join(f"{name[:3]}(?:{name[3:]})?" if name != "May" else "May" for name in _MONTHS) + "|Sept"
# The months that a season of an academic year can last to: told too late rather than too early.
_SEASONS = {"春": 5, "夏": 8, "秋": 11, "spring": 5, "summer": 8, "fall": 11, "autumn": 11}
_YEAR = r"(?P<year>20\d\d)"

_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE | re.VERBOSE)
    for pattern in (
        rf"(?<![\d.]){_YEAR}\s*(?:年\s*(?P<month>\d{{1,2}})\s*月\s*(?P<day>\d{{1,2}})\s*(?:日|号)?)",
        rf"(?<![\d.]){_YEAR}(?P<mark>[-./])(?P<month>\d{{1,2}})(?P=mark)(?P<day>\d{{1,2}})(?!\d)",
        rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<name>{_MONTH})\.?,?\s+{_YEAR}(?!\d)",
        rf"\b(?P<name>{_MONTH})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+{_YEAR}(?!\d)",
        rf"(?<![\d.]){_YEAR}\s*年\s*(?P<month>\d{{1,2}})\s*月",
        rf"(?<![\d.]){_YEAR}[-./](?P<month>0[1-9]|1[0-2])(?![-./\d])",
        rf"\b(?P<name>{_MONTH})\.?,?\s+{_YEAR}(?!\d)",
        rf"(?<![\d.]){_YEAR}\s*年?\s*(?P<season>[春夏秋])",
        rf"\b(?P<season>spring|summer|fall|autumn)\s+(?:of\s+|semester\s+|term\s+)?{_YEAR}(?!\d)",
        rf"(?<![\d.]){_YEAR}\s*(?:[-–—~至到]\s*(?P<until>20\d\d)\s*)?(?:学?年|级|届)",
        rf"\b(?:in|for|by|until|till|before|of|through|starting|class\s+of)\s+{_YEAR}(?:[-–/](?P<until>20\d\d))?\b(?![-./]\d)",
        rf"\b{_YEAR}(?:[-–/](?P<until>20\d\d))?\s+(?=intake|admission|cohort|recruit|applica|entry|enrol|phd|master|opening)",
    )
)


@dataclass(frozen=True)
class FoundDate:
    """A date as written at ``text[start:end]``."""

    start: int
    end: int
    last_day: date  # a year lasts to its 31 December


def find_dates(text: str) -> tuple[FoundDate, ...]:
    """Return the dates of ``text`` in order; of what can be read in several ways, the most exact."""
    found: list[FoundDate] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            last = _last_day(match)
            free = all(match.end() <= other.start or match.start() >= other.end for other in found)
            if last is not None and free:
                found.append(FoundDate(match.start(), match.end(), last))
    return tuple(sorted(found, key=lambda one: one.start))


def clauses(text: str, dates: tuple[FoundDate, ...]) -> Iterator[tuple[int, int]]:
    """Yield the (start, end) of each part between commas and the like; none parts a date."""
    start = 0
    for mark in re.finditer(r"[,，;；、。.!！?？\n](?=\s|$|[^\x00-\x7f])|[，；。！？]", text):
        if any(one.start <= mark.start() < one.end for one in dates):
            continue
        yield start, mark.start()
        start = mark.end()
    yield start, len(text)


def _last_day(match: re.Match[str]) -> date | None:
    """Return the last day that a match can mean, None where there is no such day."""
    parts = {name: value for name, value in match.groupdict().items() if value}
    year = int(parts.get("until", parts["year"]))
    month = _month(parts)
    try:
        if "day" in parts:
            return date(year, month, int(parts["day"]))
        return date(year, month, calendar.monthrange(year, month)[1])
    except (ValueError, calendar.IllegalMonthError):
        return None


def _month(parts: dict[str, str]) -> int:
    if "month" in parts:
        return int(parts["month"])
    if "name" in parts:
        return next(n for n, name in enumerate(_MONTHS, 1) if name[:3].lower() == parts["name"][:3].lower())
    return _SEASONS[parts["season"].lower()] if "season" in parts else 12


def is_past(dates: tuple[FoundDate, ...], today: date) -> bool:
    """Tell whether there are dates and all of them are over; today and yesterday are not yet."""
    return bool(dates) and all(one.last_day < today - timedelta(days=1) for one in dates)
