"""A reference as a lab writes it on its page: authors, title, venue and year."""

import re
from dataclasses import dataclass

from lxml.html import HtmlElement

from assistant.readers.cards import link_name
from assistant.readers.fields import hinted
from assistant.readers.inline import folded, lines_of, text_of
from assistant.readers.visible import classes

_QUOTED = re.compile(r"[“\"「]([^“”\"「」]{12,400}?)[,.，。]?[”\"」]|《([^《》]{4,200})》")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?![\d:])")
_NUMBERING = re.compile(r"^\s*(?:[\[［(（]?\s*[A-Za-z]?\d{1,3}\s*[\]］)）.、:]+|[•·●◆■▪-])\s*")
_VENUE = re.compile(
    r"^in[:\s]|proceedings|proc\.|transactions|trans\.|journal|conference|symposium|workshop|letters|ieee"
    r"|\bacm\b|arxiv|springer|elsevier|nature|science|学报|期刊|会议|软件学报|通讯|出版社|论文集|杂志",
    re.I,
)
_NAME = re.compile(
    r"^(?:[\u4e00-\u9fff]{2,4}(?:·[\u4e00-\u9fff]{1,8}){0,3}等?"
    r"|(?:(?:[A-Z][\w.'’‐-]*|de|van|von|der|la|le|bin|al|el|da|dos)\s*){1,5}|et al\.?"
    r"|others|等)\W*$"
)
_NAME_SEPARATOR = re.compile(r"\s*[,，、;；&]\s*(?:and\s+|&\s*)?|\s+and\s+|\s*和\s*")
# A full stop ends a segment, except behind an initial ("A. Smith") or a short form ("Proc.").
_SEGMENT_END = re.compile(
    r"(?<![A-Z])(?<!\bal)(?<!Proc)(?<!Trans)(?<!Conf)(?<!Int)(?<!vol)(?<!no)(?<!pp)(?<!St)(?<!Dr)"
    r"[.。]\s+|[。．]\s*|(?<=\bal)\.\s+|\[[JCDMPRAB](?:/OL)?\][.,，。．]?\s*"
)
_BEFORE_VENUE = re.compile(r"^\s*(?:\[[A-Z](?:/OL)?\])?[\s,.，。．:：;；”\"」|-]*(?:in[:\s]+)?", re.I)
_LINKS_LINE = re.compile(
    r"^(?:\W*(?:pdf|code|bib(?:tex)?|doi|link|slides|video|paper|project|arxiv|abstract)\W*)+$", re.I
)
_MIN_TITLE_WORDS = 3
_MIN_TITLE_HAN = 6


@dataclass(frozen=True)
class _Split:
    before: str
    title: str
    after: str


def citation_fields(element: HtmlElement) -> dict[str, str]:
    """Return title, authors, venue, year and named links of a reference; {} where it is none."""
    links = [(link_name(link), str(link.get("href") or ""), text_of(link)) for link in element.iter("a")]
    text = text_of(element)
    if not 30 <= len(text) <= 1200 and not (len(text) >= 15 and re.search("[\u4e00-\u9fff]", text)):
        return {}
    for name, _, shown in links:
        if name and shown:
            text = re.sub(rf"\s*[\[(（|/]?\s*{re.escape(shown)}\s*[\])）|]?", " ", text)
    text = _NUMBERING.sub("", folded(text).strip())
    fields = _by_lines(element) or _fields(_marked(element, text) or _plain(text))
    if not fields:
        return {}
    for name, target, _ in links:
        if name and target.startswith(("http://", "https://")):
            fields.setdefault(name, target)
    return fields


def _by_lines(element: HtmlElement) -> dict[str, str]:
    """Return the fields of a reference that is set on lines of its own: title, authors, venue."""
    lines = [line.strip(" ,，") for line in lines_of(element)]
    if not 2 <= len(lines) <= 5:
        return {}
    authors = next((line for line in lines[:3] if _are_names(line)), "")
    rest = [line for line in lines if line != authors]
    if not authors or not rest or len(rest[0]) < 8 or _VENUE.match(rest[0]):
        return {}
    venue = " ".join(line for line in rest[1:] if not _LINKS_LINE.match(line))
    years = _YEAR.findall(venue) or _YEAR.findall(rest[0])
    if not years and not _VENUE.search(venue):
        return {}
    fields = {"title": rest[0], "authors": authors, "venue": _BEFORE_VENUE.sub("", venue)}
    fields["year"] = years[-1] if years else ""
    return {field: value for field, value in fields.items() if value}


def reference_fields(text: str) -> dict[str, str]:
    """Return title, authors, venue and year of a reference in plain text; {} where it is none."""
    text = _NUMBERING.sub("", folded(text).strip())
    return _fields(_quoted(text) or _plain(text))


def _fields(split: _Split | None) -> dict[str, str]:
    if split is None:
        return {}
    authors = split.before.strip(" ,，。．:：;；").lstrip(".)）")
    # "(2023)." between authors and title, as APA and many Chinese labs write it.
    authors = re.sub(r"[\s,，]*[(（]?(?:19|20)\d{2}[a-z]?[)）]?[\s.。]*$", "", authors).strip(" ,，。:：")
    authors = authors if re.search(r"\b[A-Z]\.$|\bal\.$", authors) else authors.rstrip(".")
    after = _BEFORE_VENUE.sub("", split.after).strip(" ,.，。．:：;；-–—|")
    if not authors:
        segments = _SEGMENT_END.split(after, maxsplit=1)
        if len(segments) == 2 and _are_names(segments[0]):
            authors, after = segments[0].strip(" ,.，。．"), segments[1].strip(" ,.，。．")
    years = _YEAR.findall(split.after) or _YEAR.findall(split.before)
    if not _are_names(authors):
        authors = ""
    if not (authors and (years or after)) and not (years and _VENUE.search(after)):
        return {}
    fields = {"title": split.title.strip(" ,.，。．"), "authors": authors, "venue": after}
    fields["year"] = years[-1] if years else ""
    return {field: value for field, value in fields.items() if value}


def _marked(element: HtmlElement, text: str) -> _Split | None:
    """Split at the title that the page sets apart: by quotes, its class, bold, a link, italics."""
    by_class = [part for part in element.iter() if hinted(classes(part)) == "title"]
    candidates = [text_of(part) for part in by_class]
    quoted = _quoted(text)
    if quoted is not None and not candidates:
        return quoted
    for tag in ("b", "strong", "a", "i", "em", "u"):
        candidates.extend(text_of(part) for part in element.iter(tag))
    for candidate in candidates:
        title = candidate.strip(" ,.，。．")
        if not _is_title(title) or title not in text:
            continue
        before, _, after = text.partition(title)
        if not re.search(r"\bin[:\s]*$", before, re.I):
            return _Split(before, title, after)
    return quoted


def _quoted(text: str) -> _Split | None:
    match = _QUOTED.search(text)
    if not match:
        return None
    title = match.group(1) or match.group(2)
    return _Split(text[: match.start()], title, text[match.end() :])


def _plain(text: str) -> _Split | None:
    """Split "Authors. Title. Venue, year" and GB/T 7714 references, which only stops part."""
    segments = [segment.strip() for segment in _SEGMENT_END.split(text) if segment.strip()]
    if len(segments) < 2 or not _is_title(segments[1] if _are_names(segments[0]) else segments[0]):
        return None
    index = 1 if _are_names(segments[0]) else 0
    before, _, rest = text.partition(segments[index])
    return _Split(before, segments[index], rest)


def _is_title(text: str) -> bool:
    if _VENUE.match(text) or _are_names(text):
        return False
    return len(text.split()) >= _MIN_TITLE_WORDS or len(re.findall("[\u4e00-\u9fff]", text)) >= _MIN_TITLE_HAN


def _are_names(text: str) -> bool:
    """Return whether a text is a list of authors."""
    parts = [part for part in _NAME_SEPARATOR.split(text.strip(" ,.，。．")) if part]
    marks = [re.sub(r"[*†‡#\d]+$", "", part).strip() for part in parts]
    named = sum(bool(_NAME.match(part)) for part in marks)
    return bool(parts) and named * 4 >= len(parts) * 3 and len(text) <= 600
