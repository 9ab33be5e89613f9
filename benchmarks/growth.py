"""Curves on logarithmic scales, as an SVG that is readable on light and on dark pages."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as Xml

_WIDTH, _HEIGHT = 380, 220  # of a panel, in pixels
_LEFT, _TOP, _RIGHT, _BOTTOM = 64, 40, 24, 34
_STYLE = """
text { font: 12px system-ui, sans-serif; fill: #1f2328; }
.title { font-weight: 600; font-size: 13px; }
.line { fill: none; stroke: #0969da; stroke-width: 2; }
.dot { fill: #0969da; }
.grid { stroke: #d0d7de; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .line { stroke: #4493f8; }
  .dot { fill: #4493f8; }
  .grid { stroke: #3d444d; }
}
"""


@dataclass(frozen=True)
class Curve:
    """A title and its points, both coordinates above 0."""

    title: str
    points: Sequence[tuple[float, float]]


def draw(curves: Sequence[Curve]) -> str:
    """Return the curves, two in a row; a straight line at 45 degrees grows as its size does."""
    rows = math.ceil(len(curves) / 2)
    size = f"{2 * _WIDTH} {rows * _HEIGHT}"
    root = Xml.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {size}"})
    Xml.SubElement(root, "style").text = _STYLE
    for number, curve in enumerate(curves):
        at = f"translate({number % 2 * _WIDTH} {number // 2 * _HEIGHT})"
        _panel(Xml.SubElement(root, "g", {"transform": at}), curve)
    return Xml.tostring(root, encoding="unicode") + "\n"


def _panel(group: Xml.Element, curve: Curve) -> None:
    decades = [math.floor(math.log10(min(values))) for values in zip(*curve.points, strict=True)]
    ends = [max(first + 1, math.ceil(math.log10(max(values)))) for first, values in
            zip(decades, zip(*curve.points, strict=True), strict=True)]  # fmt: skip
    across, down = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def place(x: float, y: float) -> tuple[float, float]:
        right = (math.log10(x) - decades[0]) / (ends[0] - decades[0])
        up = (math.log10(y) - decades[1]) / (ends[1] - decades[1])
        return round(_LEFT + right * across, 1), round(_TOP + (1 - up) * down, 1)

    _text(group, curve.title, _LEFT, 22, "title")
    for power in range(decades[1], ends[1] + 1):
        height = place(10 ** decades[0], 10**power)[1]
        edges = {"x1": str(_LEFT), "x2": str(_LEFT + across), "y1": str(height), "y2": str(height)}
        Xml.SubElement(group, "line", {"class": "grid", **edges})
        _text(group, f"{10**power:,g}", 8, height + 4)
    places = [place(x, y) for x, y in curve.points]
    Xml.SubElement(group, "polyline", {"class": "line", "points": " ".join(f"{x},{y}" for x, y in places)})
    for (x, y), (count, value) in zip(places, curve.points, strict=True):
        Xml.SubElement(group, "circle", {"class": "dot", "cx": str(x), "cy": str(y), "r": "3.5"})
        _text(group, f"{value:,.3g}" if value < 1000 else f"{value:,.0f}", x - 12, y - 9)
        _text(group, f"{count:,.0f}", x - 24, _HEIGHT - 12)


def _text(group: Xml.Element, words: str, x: float, y: float, kind: str = "") -> None:
    Xml.SubElement(group, "text", {"x": str(x), "y": str(y), **({"class": kind} if kind else {})}).text = words
