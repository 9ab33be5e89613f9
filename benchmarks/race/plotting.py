"""Bars on logarithmic scales, as an SVG that is readable on light and on dark pages."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as Xml

_PANEL = 380  # pixels wide; two panels side by side
_LABELS = 96  # for the names
_BAR = 190  # the longest
_ROW = 22
_HEAD = 34
_GAP = 18
_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.title { font-weight: 600; }
.bar { fill: #8c959f; }
.mine { fill: #0969da; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .bar { fill: #6e7681; }
  .mine { fill: #4493f8; }
}
"""


@dataclass(frozen=True)
class Panel:
    """A title and its bars, from top to bottom: (name, value above 0, is it the assistant's)."""

    title: str
    bars: Sequence[tuple[str, float, bool]]


def draw(panels: Sequence[Panel]) -> str:
    """Return the panels two in a row; each bar's length is the logarithm of its value, shown beside it."""
    height = max((len(panel.bars) for panel in panels), default=0) * _ROW + _HEAD + _GAP
    size = (2 * _PANEL, math.ceil(len(panels) / 2) * height)
    root = Xml.Element("svg", {
        "xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {size[0]} {size[1]}", "width": str(size[0]),
        "height": str(size[1]), "role": "img",
    })  # fmt: skip
    Xml.SubElement(root, "title").text = "; ".join(panel.title for panel in panels) + " (logarithmic scales)"
    Xml.SubElement(root, "style").text = _STYLE
    for number, panel in enumerate(panels):
        _draw(root, panel, x=number % 2 * _PANEL, y=number // 2 * height)
    Xml.indent(root, space=" ")
    return Xml.tostring(root, encoding="unicode") + "\n"


def _draw(root: Xml.Element, panel: Panel, *, x: int, y: int) -> None:
    _text(root, panel.title, x + 4, y + 20, kind="title")
    for row, ((name, value, is_mine), length) in enumerate(zip(panel.bars, _lengths(panel), strict=True)):
        top = y + _HEAD + row * _ROW
        _text(root, name, x + _LABELS - 6, top + 14, anchor="end")
        Xml.SubElement(root, "rect", {
            "class": "mine" if is_mine else "bar", "x": str(x + _LABELS), "y": str(top + 3), "rx": "2",
            "width": f"{length:.1f}", "height": str(_ROW - 6),
        })  # fmt: skip
        _text(root, shown(value), x + _LABELS + length + 6, top + 14)


def _lengths(panel: Panel) -> list[float]:
    """Return pixels; the scale begins at a third of the lowest value, so that each bar can be seen."""
    values = [value for _, value, _ in panel.bars]
    first = math.log(min(values) / 3) if values else 0.0
    last = math.log(max(values)) if values else 1.0
    return [_BAR * (math.log(value) - first) / (last - first) for value in values]


def shown(value: float) -> str:
    """Return a value with three digits that count, or all before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _text(root: Xml.Element, text: str, x: float, y: float, *, anchor: str = "start", kind: str = "") -> None:
    attributes = {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor} | ({"class": kind} if kind else {})
    Xml.SubElement(root, "text", attributes).text = text
