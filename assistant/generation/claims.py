"""What of a text can be checked to the letter: numbers, dates, addresses."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.text import normalize

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"(?:[a-z][a-z0-9+.-]*://|www\.)[^\s<>\"'，。；、（）()\[\]“”]+", re.IGNORECASE)
_HOST = re.compile(r"(?<![\w@.-])(?:[a-z0-9-]+\.)+(?:[a-z]{2,})(?:/[^\s，。；、（）()]*)?(?![\w@-])", re.IGNORECASE)
_MONTHS = {
    name: number
    for number, names in enumerate(
        "january jan|february feb|march mar|april apr|may|june jun|july jul|august aug|september sep sept"
        "|october oct|november nov|december dec".split("|"),
        start=1,
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?P<y>(?:19|20)\d\d)\s*年\s*(?:(?P<m>\d{1,2})\s*月\s*(?:(?P<d>\d{1,2})\s*[日号]?)?)?",
        r"(?<!\d)(?P<m>\d{1,2})\s*月\s*(?:(?P<d>\d{1,2})\s*[日号]?)?",
        r"(?<![\d.])(?P<y>(?:19|20)\d\d)(?P<s>[-/.])(?P<m>0?[1-9]|1[0-2])(?:(?P=s)(?P<d>0?[1-9]|[12]\d|3[01]))?(?![\d.]*\d)",
        rf"\b(?P<n>{_MONTH})\b\.?\s+(?:(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\b(?!\d))?(?:,?\s*(?P<y>(?:19|20)\d\d)\b)?",
        rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<n>{_MONTH})\b\.?(?:,?\s*(?P<y>(?:19|20)\d\d)\b)?",
    )
)  # fmt: skip
_MONTH_ALONE = re.compile(
    rf"\b(?:in|of|since|until|till|by|before|after|from|to|every|each|early|late|mid)[ -](?P<n>{_MONTH})\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<![A-Za-z\d.])(?<![A-Za-z]-)\d+(?:\.\d+)*(?![A-Za-z\d])")
_ORDINAL = re.compile(r"(?<![\w.])(\d+)(?:st|nd|rd|th)\b")
_ANY_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_HAN_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_HAN_UNITS = {"十": 10, "百": 100, "千": 1000}
# One is left out: 一个 and "one of" say no number.
_HAN_NUMBER = re.compile(
    r"第?([零〇一二两三四五六七八九十百千]+)\s*(?=[个名位篇项种款条张类人年月日天周次届级倍万亿元所家台门组批支场期轮分章节]|余|多)"
)
_WORDS = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen".split()
    )
} | {word: 10 * n for n, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)}
_WORD_NUMBER = re.compile(
    r"\b(?:(twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)-(one|two|three|four|five|six|seven|eight|nine)"
    rf"|({'|'.join(_WORDS)}))\b",
    re.IGNORECASE,
)
_BIG_WORD = re.compile(r"\b(dozens?|hundreds?|thousands?|millions?|billions?|half|double)\b", re.IGNORECASE)
_WEEKDAYS = {
    name: number for number, name in enumerate("mon tues wednes thurs fri satur sun".split(), start=1)
} | {day: number for number, day in enumerate("一二三四五六日", start=1)}
_WEEKDAY = re.compile(
    r"\b(?P<en>mon|tues|wednes|thurs|fri|satur|sun)days?\b|(?:周|星期|礼拜)(?P<zh>[一二三四五六日天])", re.IGNORECASE
)

Date = tuple[int, int, int]  # year, month, day; 0 where not said


@dataclass(frozen=True)
class Claims:
    """The checkable parts of a text, in one spelling each."""

    numbers: frozenset[str]  # "3.06", "134217728", "2" for two and 两个
    dates: frozenset[Date]
    addresses: frozenset[str]  # folded emails, URLs and host names
    weekdays: frozenset[int]  # 1 is Monday


def claims_of(text: str) -> Claims:
    """Return what ``text`` states of numbers, dates and addresses."""
    shown = normalize(text)
    addresses = frozenset(_addresses(shown))
    rest = _URL.sub(" ", _EMAIL.sub(" ", shown))
    rest = _HOST.sub(" ", rest)
    dates, rest = _dates(rest)
    return Claims(frozenset(_numbers(rest)), frozenset(dates), addresses, frozenset(_weekdays(rest)))


def stated_numbers(text: str) -> frozenset[str]:
    """Return the numbers that ``text`` may be quoted for: those inside names (80GB) and years too.

    The days and months of its dates are no numbers of anything.
    """
    shown = normalize(text)
    dates, rest = _dates(shown)
    parts = {_canonical(match[0]) for match in _ANY_NUMBER.finditer(rest)}
    return frozenset(parts | set(_numbers(rest)) | {str(year) for year, _, _ in dates if year})


def without_addresses(text: str) -> str:
    """Return ``text`` with a space for every email, URL and host name."""
    return _HOST.sub(" ", _URL.sub(" ", _EMAIL.sub(" ", text)))


def agrees(date: Date, stated: frozenset[Date], numbers: frozenset[str]) -> bool:
    """Tell whether ``date`` is one of ``stated``; its year may stand apart, in a heading."""
    for other in stated:
        year_fits = date[0] in (0, other[0]) or (not other[0] and str(date[0]) in numbers)
        if year_fits and date[1] in (0, other[1]) and date[2] in (0, other[2]):
            return True
    return date[0] != 0 and date[1:] == (0, 0) and str(date[0]) in numbers


def _addresses(text: str) -> Iterator[str]:
    for pattern in (_EMAIL, _URL, _HOST):
        for match in pattern.finditer(text):
            yield match[0].rstrip(".,;:!?").rstrip("/").lower()


def _dates(text: str) -> tuple[list[Date], str]:
    found: list[Date] = []
    for pattern in (*_DATES, _MONTH_ALONE):
        for match in pattern.finditer(text):
            parts = match.groupdict()
            month = _MONTHS.get((parts.get("n") or "").lower(), 0) or int(parts.get("m") or 0)
            date = (int(parts.get("y") or 0), month, int(parts.get("d") or 0))
            if parts.get("n", "") and date[0] == date[2] == 0 and pattern is not _MONTH_ALONE:
                continue  # "may", "march": a month only beside a number or after "in"
            found.append(date)
            text = f"{text[: match.start()]}{' ' * len(match[0])}{text[match.end() :]}"
    return found, text


def _numbers(text: str) -> Iterator[str]:
    for match in _NUMBER.finditer(text):
        yield _canonical(match[0])
    for match in _ORDINAL.finditer(text):
        yield match[1]
    for match in _HAN_NUMBER.finditer(text):
        value = _han_value(match[1])
        if value != 1:
            yield str(value)
    for match in _WORD_NUMBER.finditer(text):
        value = _WORDS[match[1].lower()] + _WORDS[match[2].lower()] if match[1] else _WORDS[match[3].lower()]
        if value != 1:
            yield str(value)
    for match in _BIG_WORD.finditer(text):
        yield match[1].lower().rstrip("s")


def _canonical(number: str) -> str:
    """Return 3.50 as 3.5 and 007 as 7; a version (1.2.10) as it is."""
    if number.count(".") > 1:
        return number
    whole, point, part = number.partition(".")
    part = part.rstrip("0")
    return (whole.lstrip("0") or "0") + (point + part if part else "")


def _han_value(numeral: str) -> int:
    total, digit = 0, 0
    for character in numeral:
        if character in _HAN_UNITS:
            total += (digit or 1) * _HAN_UNITS[character]
            digit = 0
        else:
            digit = _HAN_DIGITS[character]
    return total + digit


def _weekdays(text: str) -> Iterator[int]:
    for match in _WEEKDAY.finditer(text):
        yield _WEEKDAYS[(match["en"] or match["zh"]).lower().replace("天", "日")]
