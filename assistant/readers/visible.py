"""An HTML page as a tree without what its visitors do not see."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lxml import html
from lxml.etree import ParserError
from lxml.html import HtmlElement

_NEVER_SHOWN = (
    "script", "style", "template", "noscript", "head", "link", "meta", "base", "iframe", "frame",
    "object", "embed", "applet", "svg", "canvas", "audio", "video", "map", "input", "select",
    "textarea", "datalist", "progress", "meter", "dialog",
)  # fmt: skip
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|font-size\s*:\s*0(?![.\d])"
    r"|text-indent\s*:\s*-\d{3,}|(?:left|top)\s*:\s*-\d{4,}",
    re.I,
)
_SHOWING = re.compile(r"display\s*:\s*(?!none)[a-z]|visibility\s*:\s*visible", re.I)
_TRANSPARENT = re.compile(r"opacity\s*:\s*0(?:\.0+)?\s*(?:;|$)", re.I)
# Classes that every common style sheet uses for text that only a screen reader meets, or nobody.
_HIDDEN_CLASSES = frozenset(
    "sr-only visually-hidden visuallyhidden screen-reader-text screenreader-only hidden d-none "
    "hide is-hidden invisible print-only headerlink anchorjs-link header-anchor heading-anchor "
    "anchor-link footnote-backref mjx-assistive-mml".split()
)
_LINE_NUMBERS = frozenset("linenos lineno gutter linenodiv line-numbers".split())
_SHOWN_AGAIN = re.compile(r"(?:^d-\w+-|:)(?:block|flex|grid|inline|table|contents)")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_COMMENT = re.compile(r"/\*.*?\*/", re.S)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_COMPOUND = re.compile(r"^([a-zA-Z][\w-]*|\*)?((?:[.#][\w-]+)*)$")


def parse(markup: str) -> HtmlElement | None:
    """Return the ``html`` element of a page or fragment; None where there is no markup in it.

    ``sourceline`` of each element is its 1-based line in ``markup`` (capped at 65,535 by libxml2).
    """
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True, no_network=True)
    data = _NOT_XML.sub(" ", markup).encode("utf-8")
    try:
        return html.document_fromstring(data, parser=parser)
    except ParserError:
        return None


def remove(element: HtmlElement) -> None:
    """Take an element out of the tree and leave the text behind it in place."""
    parent, before = element.getparent(), element.getprevious()
    if parent is None:
        return
    # A character reference can smuggle in what lxml then refuses to take as text.
    tail = _NOT_XML.sub(" ", element.tail or "")
    if before is not None:
        before.tail = _NOT_XML.sub(" ", before.tail or "") + tail
    else:
        parent.text = _NOT_XML.sub(" ", parent.text or "") + tail
    parent.remove(element)


def classes(element: HtmlElement) -> list[str]:
    """Return the class names of an element, lower-cased."""
    return str(element.get("class") or "").lower().split()


def drop_hidden(root: HtmlElement) -> None:
    """Remove from the tree everything that the page does not show."""
    rules = _by_last_name(_hiding_rules(root))
    opened = _opened_by_controls(root)
    for element in list(root.iter(*_NEVER_SHOWN)):
        remove(element)
    for formula in list(root.iter("semantics")):  # MathML twice over: keep the TeX that was written
        if formula.find("annotation") is not None:
            for child in [child for child in formula if child.tag != "annotation"]:
                remove(child)
    hidden = [element for element in root.iter() if isinstance(element.tag, str) and _is_hidden(element, rules, opened)]
    for element in hidden:
        if element is not root and element.tag != "body":
            remove(element)


@dataclass(frozen=True)
class _Compound:
    tag: str
    ids: frozenset[str]
    classes: frozenset[str]

    def matches(self, element: HtmlElement) -> bool:
        return (
            self.tag in ("", "*", element.tag)
            and self.ids <= {str(element.get("id") or "")}
            and self.classes <= set(str(element.get("class") or "").split())
        )


@dataclass(frozen=True)
class _Rule:
    """A style rule that hides or shows what its selector names."""

    compounds: tuple[_Compound, ...]  # outermost first
    hides: bool
    weight: tuple[int, int, int, int]  # ids, classes, tags, order: as CSS decides

    def matches(self, element: HtmlElement) -> bool:
        if not self.compounds[-1].matches(element):
            return False
        ancestors = element.iterancestors()
        return all(
            any(compound.matches(ancestor) for ancestor in ancestors) for compound in reversed(self.compounds[:-1])
        )


Rules = dict[str, list[_Rule]]


def _by_last_name(rules: Iterable[_Rule]) -> Rules:
    """Return the rules by a name that an element must bear to be meant: "#id", ".class" or its tag."""
    latest = {(rule.compounds, rule.hides): rule for rule in rules}
    found: Rules = {}
    for rule in latest.values():
        last = rule.compounds[-1]
        names = [f"#{name}" for name in sorted(last.ids)] + [f".{name}" for name in sorted(last.classes)]
        found.setdefault(next(iter(names), last.tag or "*"), []).append(rule)
    return found


def _hiding_rules(root: HtmlElement) -> Iterator[_Rule]:
    order = 0
    for style in root.iter("style"):
        sheet = _COMMENT.sub("", style.text or "")
        for selectors, body in _RULE.findall(_without_at_rules(sheet)):
            hides = bool(_HIDING.search(body))
            if not hides and not _SHOWING.search(body):
                continue
            for selector in selectors.split(","):
                order += 1
                compounds = _compounds(selector)
                if compounds:
                    yield _Rule(compounds, hides, _weight(compounds, order))


def _without_at_rules(sheet: str) -> str:
    """Return the sheet without @media and the like, which hold only on some screens."""
    kept, depth, start = [], 0, 0
    skipping = False
    for match in re.finditer(r"@[^{};]*|[{};]", sheet):
        token = match.group()
        if token.startswith("@") and depth == 0:
            kept.append(sheet[start : match.start()])
            skipping = True
        elif token == "{":
            depth += 1
        elif token == "}":
            depth = max(0, depth - 1)
        if skipping and depth == 0 and token in ("}", ";"):
            skipping, start = False, match.end()
    return "".join(kept) if skipping else "".join(kept) + sheet[start:]


def _compounds(selector: str) -> tuple[_Compound, ...]:
    compounds = []
    for part in selector.replace(">", " ").split():
        match = _COMPOUND.match(part)
        if not match:
            return ()
        names = re.findall(r"[.#][\w-]+", match.group(2))
        compounds.append(
            _Compound(
                (match.group(1) or "").lower(),
                frozenset(name[1:] for name in names if name[0] == "#"),
                frozenset(name[1:] for name in names if name[0] == "."),
            )
        )
    return tuple(compounds)


def _weight(compounds: tuple[_Compound, ...], order: int) -> tuple[int, int, int, int]:
    return (
        sum(len(compound.ids) for compound in compounds),
        sum(len(compound.classes) for compound in compounds),
        sum(compound.tag not in ("", "*") for compound in compounds),
        order,
    )


def _is_hidden(element: HtmlElement, rules: Rules, opened: frozenset[str]) -> bool:
    if not element.attrib and not rules:
        return False
    names = classes(element)
    if not _HIDDEN_CLASSES.isdisjoint(names) and not any(map(_SHOWN_AGAIN.search, names)):
        return True
    if not _LINE_NUMBERS.isdisjoint(names):
        return not re.search(r"[^\d\s]", str(element.text_content()))
    if element.get("id") in opened or "tab-pane" in names:
        return False
    style = str(element.get("style") or "")
    if element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return True
    if _HIDING.search(style):
        return True
    # Pages that fade in carry opacity:0 until their script runs; on a still page it hides.
    if _TRANSPARENT.search(style) and not any(name.startswith("data-") for name in element.keys()):
        return True
    names = [
        "*",
        str(element.tag),
        f"#{element.get('id')}",
        *(f".{name}" for name in (element.get("class") or "").split()),
    ]
    meant = (rule for name in names for rule in rules.get(name, ()))
    verdicts = [(rule.weight, rule.hides) for rule in meant if rule.matches(element)]
    return bool(verdicts) and max(verdicts)[1] and not _SHOWING.search(style)


def _opened_by_controls(root: HtmlElement) -> frozenset[str]:
    """Return the ids of panels that a button or tab of the page opens: visitors do see them."""
    opened: set[str] = set()
    for element in root.iter("a", "button", "summary", "label", "li", "div", "span"):
        if not element.attrib:
            continue
        for name in ("aria-controls", "data-target", "data-bs-target"):
            opened.update(str(element.get(name) or "").replace("#", " ").split())
        if element.get("role") == "tab" or element.get("data-toggle") == "tab":
            opened.add(str(element.get("href") or "").lstrip("#"))
        opened.update(re.findall(r"['\"]#?([\w-]+)['\"]", str(element.get("onclick") or "")))
    opened.discard("")
    return frozenset(opened)
