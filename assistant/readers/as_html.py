"""Plain nodes of a doctree as HTML elements, for the readers that know records by their markup."""

from collections.abc import Callable, Sequence

from docutils import nodes
from lxml import html
from lxml.html import HtmlElement

_TAGS: tuple[tuple[type[nodes.Node], str], ...] = (
    (nodes.strong, "b"),
    (nodes.emphasis, "i"),
    (nodes.title_reference, "i"),
    (nodes.literal, "code"),
    (nodes.reference, "a"),
    (nodes.inline, "span"),
    (nodes.paragraph, "p"),
    (nodes.bullet_list, "ul"),
    (nodes.enumerated_list, "ol"),
    (nodes.list_item, "li"),
    (nodes.line_block, "div"),
    (nodes.line, "p"),
)
_DROPPED = (nodes.image, nodes.target, nodes.comment, nodes.system_message)


def items_as_html(items: Sequence[nodes.Element], line_of: Callable[[nodes.Node], int]) -> list[HtmlElement]:
    """Return one-paragraph list items as ``<li>`` elements, [] where one of them is more."""
    found: list[HtmlElement] = []
    for item in items:
        shown = [child for child in item.children if not isinstance(child, _DROPPED)]
        element = html.Element("li")
        if len(shown) != 1 or not isinstance(shown[0], nodes.paragraph) or not _fill(element, shown[0]):
            return []
        element.sourceline = min(line_of(item), 65_000)
        found.append(element)
    return found


def cards_as_html(cards: Sequence[nodes.Element], line_of: Callable[[nodes.Node], int]) -> list[HtmlElement]:
    """Return cards (a title, then simple blocks) as ``<div>`` elements, [] where one is more."""
    found: list[HtmlElement] = []
    for card in cards:
        element = html.Element("div")
        element.set("class", "card")
        if not card.children or not _fill(element, card):
            return []
        if card.get("titled"):
            element[0].tag = "h5"
        element.sourceline = min(line_of(card), 65_000)
        found.append(element)
    return found


def _fill(element: HtmlElement, node: nodes.Element) -> bool:
    """Add the children of ``node`` to ``element``; false where one has no plain equivalent."""
    for child in node.children:
        if isinstance(child, _DROPPED):
            continue
        if isinstance(child, nodes.Text):
            _add_text(element, child.astext())
            continue
        tag = next((tag for kind, tag in _TAGS if type(child) is kind), "")
        if not tag or not isinstance(child, nodes.Element):
            return False
        part = html.Element(tag)
        if child.get("refuri"):
            part.set("href", _plain(child["refuri"]))
        element.append(part)
        if not _fill(part, child):
            return False
    return True


def _add_text(element: HtmlElement, text: str) -> None:
    text = _plain(text)
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text


def _plain(text: str) -> str:
    """Return ``text`` without what XML cannot hold."""
    return "".join(
        character for character in text if character in "\t\n" or (" " <= character and character < "\ufffe")
    )
