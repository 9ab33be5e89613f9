"""Headings that a page sets out by its style alone, and the words that it sets above a heading."""

import re

from lxml.html import HtmlElement

from assistant.readers.inline import is_block_inside, text_of
from assistant.readers.visible import classes

_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_ANNOUNCING = re.compile(
    r"[：:]$|^(?:[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十]{1,3}[)）]|第.{1,3}[章节条部分])"
)
_CALLED_HEADING = re.compile(
    r"(?:^|[-_]|article|section|block|page|content|sub)(?:head(?:ing|er|line)?|sub-?head(?:ing)?|(?:sub-?)?title)(?:$|[-_])"
)
_SENTENCE = re.compile(r"[。！？!?；;，,]|\.$|[a-z]\. |\d{4}")
_PROSE = re.compile(r"[。！？!?；;.：:]$")
_ENDED = re.compile(r"[。！？!?；;.，,]$")
_PLAIN_NAME = re.compile(r"[A-Z][\w.'’&-]*(?: [\w.'’&()-]+){0,5}|[\u4e00-\u9fff（）()、\d ]{2,20}")
_LISTS = frozenset("ul ol dl table".split())
_LONGEST_CALLED = 120  # characters, of a line whose class says that it is a heading
_LONGEST = 60  # the same, of a line whose list says so
_LONGEST_BOLD = 30  # of a line that is only bold


def is_soft_heading(element: HtmlElement, *, page_has_headings: bool) -> bool:
    """Return whether a paragraph announces, by bold type or its class, what stands below it."""
    text = text_of(element)
    following = element.getnext()
    if not 0 < len(text) <= _LONGEST_CALLED or is_block_inside(element):
        return False
    if following is None or following.tag in _HEADINGS:
        return False
    if _is_called_heading(element):
        return not _ENDED.search(text)
    if len(text) > _LONGEST:
        return False
    bold = "".join(text_of(part) for part in element.iter("b", "strong"))
    if re.sub(r"\s", "", bold) != re.sub(r"\s", "", text):
        return False
    if len(text) <= _LONGEST_BOLD and (_ANNOUNCING.search(text) or "msotitle" in classes(element)):
        return True
    if page_has_headings or _SENTENCE.search(text):
        return False  # a page with real ones sets words bold for other reasons
    return len(text) <= _LONGEST_BOLD or following.tag in _LISTS


def is_titled_box(element: HtmlElement) -> bool:
    """Return whether a preformatted box holds nothing but the name of what stands below it.

    Pages made with jemdoc set "Current Members" so, above a table for each member.
    """
    text = str(element.text_content()).strip()
    box = element
    while (parent := box.getparent()) is not None and text_of(parent) == text_of(element) and parent.tag == "div":
        box = parent
    following = box.getnext()
    is_name = bool(_PLAIN_NAME.fullmatch(text)) and len(text) <= _LONGEST_BOLD
    return is_name and following is not None and following.tag in _LISTS


def is_kicker(element: HtmlElement) -> bool:
    """Return whether a short line opens an element right before its heading: who or what that is.

    ``<div><p>课题组负责人</p><h2>刘明</h2>``: the line belongs to what the heading names.
    """
    parent, following = element.getparent(), element.getnext()
    if parent is None or following is None or following.tag not in _HEADINGS or element.tag in _HEADINGS:
        return False
    if next(iter(parent)) is not element or (parent.text or "").strip() or (element.tail or "").strip():
        return False
    text = text_of(element)
    is_line = 0 < len(text) <= _LONGEST_BOLD and not is_block_inside(element)
    return is_line and not _PROSE.search(text) and next(element.iter("a"), None) is None


def _is_called_heading(element: HtmlElement) -> bool:
    """Return whether the class of an element, or of all that is in it, calls it a heading."""
    whole = text_of(element)
    inner = element.iterdescendants("span", "font", "b", "strong")
    named = [element, *(part for part in inner if text_of(part) == whole)]
    return any(_CALLED_HEADING.search(name) for part in named for name in classes(part))

