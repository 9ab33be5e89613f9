"""The lines of a pdf page joined to paragraphs, as its author wrote them."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

# Fonts map characters to look-alikes: radicals for the Chinese characters, ligatures for letters.
_LOOK_ALIKES = re.compile("[\u2e80-\u2fdf\ufb00-\ufb06]")
_RADICALS = dict(
    zip(
        "⺎⺟⺠⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻨⻩⻬⻮⻰⻳⻎⺫⺼",
        "兀母民西见角贝车长门青韦页风飞食马骨鬼鱼鸟麦黄齐齿龙龟辶罒月",
        strict=True,
    )
)
_HAN = "[\u2e80-\u9fff\uf900-\ufaff\u3000-\u303f\uff00-\uffef]"
_HAN_END = re.compile(f"{_HAN}$")
_HAN_START = re.compile(f"^{_HAN}")
_SENTENCE_END = re.compile(r"[。！？；;:：.!?…]['\"”’)）】]?$")
_ITEM_START = re.compile(
    r"^(?:[•·●○◦▪■◆►–-]\s*\S|[(（\[【]?\d{1,3}[)）\]】.、](?!\d)\s*\S|[(（]?[一二三四五六七八九十]{1,3}[)）、]|[a-z][)）.]\s)"
)


@dataclass(frozen=True)
class TextLine:
    """One printed line; distances in points from the page's top left."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    size: float  # of most of its characters


def readable(text: str) -> str:
    """Return text with look-alike code points of pdf fonts put back to the usual ones."""
    return _LOOK_ALIKES.sub(
        lambda match: _RADICALS.get(match.group(), unicodedata.normalize("NFKC", match.group())), text
    )


def joined(lines: Sequence[TextLine], *, right_edge: float) -> list[str]:
    """Return the paragraphs that consecutive lines of one size make up.

    ``right_edge``: where full lines of the page end; a line that stops short of it ends its
    paragraph.
    """
    paragraphs: list[str] = []
    before: TextLine | None = None
    for line in lines:
        if before is not None and not _parts(before, line, right_edge):
            paragraphs[-1] = _append(paragraphs[-1], line.text)
        else:
            paragraphs.append(line.text)
        before = line
    return paragraphs


def _parts(before: TextLine, line: TextLine, right_edge: float) -> bool:
    """Return whether a new paragraph begins at ``line``."""
    height = max(before.bottom - before.top, 1.0)
    if line.top - before.bottom > 0.9 * height or line.top < before.top:
        return True
    if abs(line.size - before.size) > 0.6 or _ITEM_START.match(line.text):
        return True
    is_short = before.right < right_edge - 4 * height
    return is_short if not _SENTENCE_END.search(before.text) else before.right < right_edge - 1.5 * height


def _append(text: str, more: str) -> str:
    if re.search("[a-z][-\u00ad\u2010]$", text) and re.match(r"[a-z]", more):
        return text[:-1] + more  # a word that the line end parted
    if _HAN_END.search(text) and _HAN_START.search(more):
        return text + more
    return f"{text} {more}"
