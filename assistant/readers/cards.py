"""Repeated card structures of a page, read as records: people, papers, news."""

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from lxml.html import HtmlElement

from assistant.readers.fields import grid_of, guessed, hinted, is_known_label, labelled
from assistant.readers.grid import Grid
from assistant.readers.inline import BLOCK_TAGS, folded, is_block, is_block_inside, lines_of, text_of
from assistant.readers.visible import classes

_CARD_TAGS = frozenset("div article li a figure section tr td dl p".split())
_NO_CARD = ("table", "pre", "h1", "form", "blockquote")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_MAX_CHARS = 1600
_MAX_PARTS = 200  # elements
_MAX_FIELDS = 14
_MAX_TEXT_CHARS = 500
_MAX_SHORT_CHARS = 120
# Classes that say where a thing stands, not what it is.
_PLACING = re.compile(
    r"^(?:col|row|g|gx|gy|m[tbxylr]?|p[tbxylr]?|w|h|d|flex|grid|order|offset|text|bg|is|has|js|wow|aos"
    r"|animate\w*|fade\w*|active|first|last|odd|even|clearfix|container)?(?:-.*|\d*)$"
)
_CARD_WORDS = re.compile(
    r"card|member|person|people|profile|faculty|student|publication|paper|pub|news|post|entry|item"
)
_TELLING = frozenset(("authors", "venue", "role", "email", "affiliation"))
_NAMED_ROLE = re.compile(
    r"^([\u4e00-\u9fff·]{2,4}|[A-Z][\w'’.-]+(?:\s+[A-Z][\w'’.-]*){1,3})\s*(?:[,，、|:：;；]|\s[-–—]\s)\s*(\S.{0,39})$"
)
_LINK_WORDS = re.compile(
    r"^\W*(pdf|paper|code|github|git|homepage|home page|personal page|web ?page|website|web|bio|profile|resume|link"
    r"|doi|slides?"
    r"|video|poster|bib(?:tex)?|abs(?:tract)?|google scholar|scholar|dblp|arxiv|project|project page|demo"
    r"|data(?:set)?s?"
    r"|linkedin|orcid|twitter|researchgate|cv|详情|个人主页|主页|个人网站|网站|论文|代码|链接|仓库|文档"
    r"|项目主页|谷歌学术|全文|下载)\W*$",
    re.I,
)
_ICON_WORDS = re.compile(r"github|scholar|dblp|orcid|linkedin|twitter|researchgate|home|globe|link")


@dataclass(frozen=True)
class CardRun:
    """Neighbouring elements of like make, and what they say as a table."""

    elements: tuple[HtmlElement, ...]
    grid: Grid


def find_cards(container: HtmlElement, *, line_offset: int) -> list[CardRun]:
    """Return the runs of cards among an element's children."""
    runs = ((group, read_cards(group, line_offset=line_offset)) for group in find_groups(container))
    return [CardRun(tuple(group), grid) for group, grid in runs if grid is not None]


def find_groups(container: HtmlElement) -> Iterator[list[HtmlElement]]:
    """Yield the runs of neighbouring children of like make, with no loose text between them."""
    group: list[HtmlElement] = []
    for child in container:
        if group and not _alike(group[-1], child):
            yield group
            group = []
        may_be_card = child.tag in _CARD_TAGS or is_pictured_row(child)
        if may_be_card and folded(child.tail).strip() == "" and not _is_bare_heading(child):
            group = [*group, child]
        elif group:
            yield group
            group = []
    if group:
        yield group


def is_pictured_row(element: HtmlElement) -> bool:
    """Return whether a table only sets a picture beside what it shows: a person, in one row of two cells."""
    if element.tag != "table":
        return False
    rows = list(element.iter("tr"))
    return len(rows) == 1 and len(rows[0]) == 2 and next(rows[0][0].iter("img"), None) is not None


def read_cards(cards: list[HtmlElement], *, line_offset: int) -> Grid | None:
    """Return elements of like make as a table of records, or None where they are no records."""
    if not all(_can_be_card(card) for card in cards) or sum(map(_is_set_out, cards)) * 5 < len(cards) * 3:
        return None
    if len(cards) < 2 and not _is_lone_card(cards[0]):
        return None
    labels = Counter(label for card in cards for label in {labelled(line)[0] for line in lines_of(card)})
    shared = frozenset(label for label, count in labels.items() if label and count > 1)
    records = [(_record(card, shared), (card.sourceline or 1) + line_offset) for card in cards]
    records = [(record, line) for record, line in _named_alike(records) if record]
    if not records or any(len(record) > _MAX_FIELDS for record, _ in records):
        return None
    named = all("name" in record for record, _ in records)
    rich = sum(len(record) > 1 for record, _ in records)
    short = sum(any(len(text) <= _MAX_SHORT_CHARS for text in record.values()) for record, _ in records)
    if not named and (rich * 5 < len(records) * 3 or short * 5 < len(records) * 3):
        return None
    return grid_of(records, name="", line=records[0][1])


def _named_alike(records: list[tuple[dict[str, str], int]]) -> list[tuple[dict[str, str], int]]:
    """Return records with a title called a name where most others have a name."""
    if 2 * sum("name" in record for record, _ in records) <= len(records):
        return records
    names = {"title": "name"}
    return [
        (record if "name" in record else {names.get(field, field): text for field, text in record.items()}, line)
        for record, line in records
    ]


def _alike(one: HtmlElement, other: HtmlElement) -> bool:
    if one.tag != other.tag:
        return False
    mine, theirs = _kinds(one), _kinds(other)
    return bool(mine & theirs) if mine or theirs else True


def _kinds(element: HtmlElement) -> set[str]:
    return {name for name in classes(element) if not _PLACING.match(name)}


def _is_set_out(card: HtmlElement) -> bool:
    """Return whether a card's parts are marked as such: two plain paragraphs are just prose."""
    if _is_section(card):
        return False
    if hints_in(card) or next(card.iter("img", "time"), None) is not None:
        return True
    if any(_CARD_WORDS.search(name) for name in classes(card)):
        return True
    lines = lines_of(card)
    if next(card.iter(*_HEADINGS), None) is not None and max(map(len, lines)) <= _MAX_SHORT_CHARS:
        return True
    return sum(is_known_label(labelled(line)[0]) for line in lines) > 1


def _is_section(card: HtmlElement) -> bool:
    """Return whether an element is a section of the page: a heading that links can reach, and prose."""
    names = classes(card)
    if any(_CARD_WORDS.search(name) for name in names):
        return False
    heading = next(card.iter(*_HEADINGS), None)
    return card.tag == "section" or "section" in names or (heading is not None and bool(card.get("id")))


def _is_lone_card(card: HtmlElement) -> bool:
    """Return whether one element alone calls itself a card and names its parts."""
    hints = hints_in(card)
    if not hints & {"name", "title"} or len(hints) < 2:
        return False
    return bool(hints & _TELLING) or any(_CARD_WORDS.search(name) for name in classes(card))


def hints_in(card: HtmlElement) -> set[str]:
    """Return the fields that the class names inside an element speak of."""
    return {hinted(classes(part)) for part in card.iterdescendants() if part.attrib} - {""}


def _can_be_card(card: HtmlElement) -> bool:
    # Bounds first: what follows looks at every part of the card more than once.
    if len(list(itertools.islice(card.iter(), _MAX_PARTS))) == _MAX_PARTS:
        return False
    if len(str(card.text_content())) > 4 * _MAX_CHARS:
        return False
    inner = list(card.iter(*_NO_CARD))
    if inner and inner != [card]:
        return card.tag == "tr" and next(card.iter("pre", "form", "h1"), None) is None
    headings = list(card.iter(*_HEADINGS))
    if len(headings) > 2 or _sets_out_sections(headings) or _lists_things(card) or _is_column(card):
        return False
    hints = [
        hinted(classes(part))
        for part in card.iterdescendants(*BLOCK_TAGS)
        if not is_block_inside(part) and part.tag not in _HEADINGS
    ]
    if hints.count("name") > 1 or hints.count("title") > 1:
        return False
    text = text_of(card)
    return 0 < len(text) <= _MAX_CHARS and max(map(len, lines_of(card))) <= _MAX_TEXT_CHARS


def _lists_things(card: HtmlElement) -> bool:
    """Return whether a card holds a real list, not its facts or links set as one."""
    items = [item for item in card.iter("li") if item is not card]
    plain = [item for item in items if not labelled(text_of(item))[0] and not hinted(classes(item))]
    plain = [item for item in plain if not any(map(link_name, item.iter("a")))]
    return len(plain) > (0 if card.tag == "li" else 3)


def _is_bare_heading(element: HtmlElement) -> bool:
    """Return whether an element only frames a heading, with cards below it."""
    heading = next(element.iter(*_HEADINGS), None)
    if heading is None or heading is element or next(element.iter("img"), None) is not None:
        return False
    return text_of(heading) == text_of(element)


def _sets_out_sections(headings: list[HtmlElement]) -> bool:
    """Return whether two headings of one level each have something below them.

    "<h4>Ada</h4><h4>Lovelace</h4>" is one title in two pieces.
    """
    first, last = headings[0:1], headings[1:2]
    return bool(last) and first[0].tag == last[0].tag and first[0].getnext() is not last[0]


def _is_column(card: HtmlElement) -> bool:
    """Return whether an element only sets out things of one make: a column of a list of names."""
    leaves = [part for part in card.iterdescendants(*BLOCK_TAGS) if not is_block_inside(part)]
    makes = {(leaf.tag, frozenset(_kinds(leaf))) for leaf in leaves}
    return len(leaves) > 1 and len(makes) == 1 and any(kinds for _, kinds in makes)


class _RecordMaker:
    """Collects the named texts of one card."""

    def __init__(self, labels: frozenset[str]) -> None:
        self._labels = labels  # those that several cards share
        self.record: dict[str, str] = {}

    def add(self, field: str, text: str) -> None:
        text = text.strip(" \t|·•,，;；")
        if not text or text in self.record.get(field, ""):
            return
        before = self.record.get(field, "")
        joint = " " if before[-1:] in "。！？.!?" else "; "
        self.record[field] = f"{before}{joint}{text}" if before else text

    def continue_title(self, text: str) -> None:
        """Take a second heading right after the first: a name in two pieces."""
        field = next(reversed(self.record), "title")
        self.record[field] = f"{self.record.get(field, '')} {text.strip()}".strip()

    def add_line(self, text: str, *, hint: str) -> None:
        label, value = labelled(text)
        announces = label in self._labels or is_known_label(label)
        if label and announces and hint != "title" and len(value) <= _MAX_TEXT_CHARS:
            self.add(label, value)
            return
        bare = text
        if text[:1] in "(（[【" and text[-1:] in ")）]】":
            bare = text[1:-1].strip()
        field = hint or guessed(bare)
        opens = not self.record and len(bare) <= _MAX_SHORT_CHARS
        if opens and not hint and field == "role":
            field = "title"
        if not field:
            field = "title" if opens else hint or "text"
        self.add(field, bare)


def _record(card: HtmlElement, labels: frozenset[str]) -> dict[str, str]:
    maker = _RecordMaker(labels)
    _collect(card, maker, depth=0)
    record = maker.record
    named = _NAMED_ROLE.match(record.get("title", "")) if "name" not in record else None
    if named and guessed(named.group(2)) == "role":
        rest = {field: text for field, text in record.items() if field != "title"}
        role = "; ".join(filter(None, (named.group(2), rest.pop("role", ""))))
        return {"name": named.group(1), "role": role, **rest}
    # A heading or first line is a person's name where the rest of the card speaks of a person.
    if "title" in record and "name" not in record and len(record["title"]) <= 40:
        if {"role", "cohort", "email"} & record.keys() and "authors" not in record:
            record = {("name" if field == "title" else field): text for field, text in record.items()}
    years = re.findall(r"(?<!\d)(?:19|20)\d{2}(?!\d)", record.get("venue", ""))
    return record | ({"year": years[-1]} if years and "year" not in record else {})


def _collect(element: HtmlElement, maker: _RecordMaker, *, depth: int) -> None:
    """Take the leaf blocks of a card in order."""
    if depth > 40 or not _holds_blocks(element):
        _collect_leaf(element, maker)
        return
    loose = folded(element.text).strip()
    if loose:
        maker.add_line(loose, hint="")
    for child in element:
        if _continues_heading(child):
            maker.continue_title(text_of(child))
        elif isinstance(child.tag, str):
            _collect(child, maker, depth=depth + 1)
        tail = folded(child.tail).strip()
        if tail:
            maker.add_line(tail, hint="")


def _continues_heading(element: HtmlElement) -> bool:
    before = element.getprevious()
    is_heading = element.tag in _HEADINGS and before is not None and before.tag == element.tag
    return is_heading and not folded(before.tail).strip()


def _holds_blocks(element: HtmlElement) -> bool:
    return any(is_block(child) for child in element if isinstance(child.tag, str))


def _collect_leaf(leaf: HtmlElement, maker: _RecordMaker) -> None:
    """Take one leaf block: its hinted parts, its links, or its lines."""
    if _collect_links(leaf, maker):
        return
    hint = hinted(classes(leaf)) or ("date" if leaf.tag == "time" else "")
    if leaf.tag in _HEADINGS and not hint and "title" not in maker.record:
        hint = "title"
    parts = [child for child in leaf if isinstance(child.tag, str) and hinted(classes(child))]
    if not hint and len(parts) == 1 and text_of(parts[0]) == text_of(leaf):
        hint = hinted(classes(parts[0]))
    elif len(parts) >= 2:
        _collect_parts(leaf, maker)
        return
    for number, line in enumerate(lines_of(leaf)):
        # What a break sets below a name or title is something else: "王明<br>（教授）".
        maker.add_line(line, hint="" if number and hint in ("name", "title") else hint)


def _collect_parts(leaf: HtmlElement, maker: _RecordMaker) -> None:
    """Take the inline parts of a leaf, each named by its class."""
    loose = [folded(leaf.text)]
    for child in leaf:
        hint = hinted(classes(child))
        if hint:
            for line in lines_of(child):
                maker.add_line(line, hint=hint)
        else:
            loose.append(text_of(child))
        loose.append(folded(child.tail))
    rest = folded(" ".join(loose)).strip(" .,;|·()[]-–—")
    if rest:
        maker.add("text", rest)


def _collect_links(leaf: HtmlElement, maker: _RecordMaker) -> bool:
    """Take a leaf that is nothing but links whose words say what they lead to."""
    links = [leaf] if leaf.tag == "a" else list(leaf.iter("a"))
    words = "".join(text_of(link) for link in links)
    if not links or re.sub(r"\W", "", words) != re.sub(r"\W", "", text_of(leaf)):
        return False
    named = [(link_name(link), str(link.get("href") or "")) for link in links]
    if not all(name for name, _ in named):
        return False
    for name, target in named:
        if target.startswith(("http://", "https://")):
            maker.add(name, target)
    return True


def link_name(link: HtmlElement) -> str:
    """Return what a link leads to, where its words, label or icon name a kind of page."""
    text = text_of(link)
    match = _LINK_WORDS.match(text)
    if match:
        return match.group(1)
    if text:
        return ""
    label = str(link.get("title") or link.get("aria-label") or "").strip()
    if _LINK_WORDS.match(label):
        return label
    icons = " ".join(" ".join(classes(part)) for part in link.iter())
    found = _ICON_WORDS.search(icons)
    return {"home": "homepage", "globe": "homepage"}.get(found.group(), found.group()) if found else ""
