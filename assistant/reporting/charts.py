"""Turns days into the shapes of two charts; templates draw them as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from assistant.reporting.nouns import Day

WIDTH, HEIGHT = 720, 200
# Room for the words of the axes; numbers stand at the right, where the newest days are.
_LEFT, _RIGHT, _TOP, _BOTTOM = 4, 46, 10, 24
_DATE_WIDTH = 64  # of a date below the axis, with room beside it


@dataclass(frozen=True)
class Bar:
    """One day: its answered questions below, the others above."""

    day: Day
    x: float
    width: float
    answered_y: float
    answered_height: float
    other_y: float
    other_height: float


@dataclass(frozen=True)
class Tick:
    """A number beside the vertical axis."""

    y: float
    label: str


@dataclass(frozen=True)
class DateTick:
    """A date below the horizontal axis."""

    x: float
    day: date


@dataclass(frozen=True)
class Line:
    """Points of one curve, as SVG's ``points``; days without questions have none."""

    points: str
    dots: tuple[tuple[float, float, Day], ...]


@dataclass(frozen=True)
class Chart:
    """Shapes in a box of WIDTH × HEIGHT."""

    bars: tuple[Bar, ...]
    median: Line
    p95: Line
    ticks: tuple[Tick, ...]
    dates: tuple[DateTick, ...]

    @property
    def left(self) -> float:
        """Where the plot begins."""
        return _LEFT

    @property
    def right(self) -> float:
        """Where the plot ends."""
        return WIDTH - _RIGHT

    @property
    def bottom(self) -> float:
        """Where zero is."""
        return HEIGHT - _BOTTOM


def question_chart(days: Sequence[Day]) -> Chart:
    """Return the bars of the questions a day."""
    top = _round_up(max((day.asked for day in days), default=0), whole=True)
    step = _step(days)
    width = max(1.0, step * 0.72)
    bars = []
    for number, day in enumerate(days):
        answered, every = _y(day.answered, top), _y(day.asked, top)
        bars.append(
            Bar(
                day, _number(_LEFT + number * step + (step - width) / 2), _number(width),
                answered, _number(_y(0, top) - answered), every, _number(answered - every),
            )
        )  # fmt: skip
    nothing = Line("", ())
    return Chart(tuple(bars), nothing, nothing, _ticks(top), _dates(days))


def time_chart(days: Sequence[Day]) -> Chart:
    """Return the curves of the response times, median and 95th percentile."""
    top = _round_up(max((day.p95_ms for day in days), default=0), whole=False)
    median, p95 = ([(day.median_ms, day) for day in days], [(day.p95_ms, day) for day in days])
    return Chart((), _line(median, top, days), _line(p95, top, days), _ticks(top), _dates(days))


def _line(values: Sequence[tuple[float, Day]], top: float, days: Sequence[Day]) -> Line:
    step = _step(days)
    dots = tuple(
        (_number(_LEFT + (number + 0.5) * step), _y(value, top), day)
        for number, (value, day) in enumerate(values)
        if day.asked
    )
    return Line(" ".join(f"{x},{y}" for x, y, _ in dots), dots)


def _step(days: Sequence[Day]) -> float:
    return (WIDTH - _LEFT - _RIGHT) / max(1, len(days))


def _y(value: float, top: float) -> float:
    return _number(HEIGHT - _BOTTOM - value / top * (HEIGHT - _TOP - _BOTTOM))


def _number(value: float) -> float:
    return round(value, 2)


def _round_up(value: float, *, whole: bool) -> float:
    """Return the next round number that ``value`` fits below; its quarters are round, too."""
    scale = 1.0
    while True:
        for step in (4, 8, 12, 20) if whole else (1, 2, 4, 6, 8):
            if value <= step * scale:
                return step * scale
        scale *= 10


def _ticks(top: float) -> tuple[Tick, ...]:
    return tuple(Tick(_y(top * part / 4, top), f"{top * part / 4:g}") for part in range(5))


def _dates(days: Sequence[Day]) -> tuple[DateTick, ...]:
    """Return as many dates as fit without touching, the last day's among them."""
    step = _step(days)
    every = max(1, -int(-_DATE_WIDTH // step))
    shown = [n for n in range(len(days)) if (len(days) - 1 - n) % every == 0]
    return tuple(DateTick(_number(_LEFT + (n + 0.5) * step), days[n].day) for n in shown)
