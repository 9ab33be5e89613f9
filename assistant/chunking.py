"""Cuts a Document into Passages: never across a section, at sentence ends, rows apart."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace

from assistant.schema import Block, Document, Passage, PassageKind, Place, Section
from assistant.text import count_tokens, detect_language, sentences, squeeze

MAX_TOKENS = 160  # jieba tokens a passage; about 250 Chinese characters
CONTEXT_SEPARATOR = " › "


def chunk(document: Document) -> tuple[Passage, ...]:
    """Return the passages of ``document`` in text order.

    For each, ``document.text[place.start:place.end] == text``. Headings are no passages of their
    own: they are the context of what stands under them.
    """
    passages: list[Passage] = []
    columns = {row.start: table.columns for table in document.tables for row in table.rows}
    for index, section in enumerate(document.sections):
        blocks = [b for b in document.blocks if b.section == index and b.kind != "heading"]
        code = [(block.start, block.end) for block in blocks if block.kind == "code"]
        for kind, start, end, line in _spans(document.text, blocks):
            names = columns.get(start, ()) if kind == "row" else ()
            passage = _passage(document, section, kind, start, end, line, names)
            passages.append(replace(passage, code=_within(code, start, end)))
    return tuple(passages)


def place_of(document: Document, section: Section, start: int, end: int, line: int) -> Place:
    """Return the Place of a slice of ``section``."""
    url = document.url + (f"#{section.anchor}" if document.url and section.anchor else "")
    return Place(
        document.source, document.title, section.heading_path, section.anchor, line, start, end,
        url, document.status,
    )  # fmt: skip


def passage_id(document: Document, start: int, end: int) -> str:
    """Return the stable id of a slice: of the file's path, its place and its text."""
    seed = f"{document.source}\n{start}\n{document.text[start:end]}"
    return hashlib.sha256(seed.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _passage(
    document: Document,
    section: Section,
    kind: PassageKind,
    start: int,
    end: int,
    line: int,
    columns: tuple[str, ...],
) -> Passage:
    text = document.text[start:end]
    around = [document.title]
    around += [heading for heading in section.heading_path if heading not in around]
    around += [name for name in columns if not name.startswith("#")]
    return Passage(
        id=passage_id(document, start, end),
        text=text,
        context=CONTEXT_SEPARATOR.join(around),
        kind=kind,
        language=detect_language(text),
        record="",
        places=(place_of(document, section, start, end, line),),
    )


def _within(
    ranges: Iterable[tuple[int, int]], start: int, end: int
) -> tuple[tuple[int, int], ...]:
    """Return what of ``ranges`` lies between ``start`` and ``end``, counted from ``start``."""
    cut = ((max(a, start) - start, min(b, end) - start) for a, b in ranges)
    return tuple((a, b) for a, b in cut if a < b)


def _spans(text: str, blocks: list[Block]) -> Iterator[tuple[PassageKind, int, int, int]]:
    """Yield (kind, start, end, line): neighbouring blocks together up to MAX_TOKENS."""
    start = end = line = tokens = 0
    kind: PassageKind = "text"
    for block in blocks:
        if block.kind == "row":
            if tokens:
                yield kind, start, end, line
            yield "row", block.start, block.end, block.line
            tokens = 0
            continue
        for piece_start, piece_end, size in _pieces(text, block):
            if tokens and tokens + size > MAX_TOKENS:
                yield kind, start, end, line
                tokens = 0
            if not tokens:
                start, line, kind = piece_start, block.line, "text"
                kind = "code" if block.kind == "code" else "text"
            elif block.kind != "code":
                kind = "text"
            end, tokens = piece_end, tokens + max(size, 1)
    if tokens:
        yield kind, start, end, line


def _pieces(text: str, block: Block) -> Iterator[tuple[int, int, int]]:
    """Yield (start, end, tokens): the block whole where it fits, else its sentences or lines."""
    body = text[block.start : block.end]
    size = count_tokens(body)
    if size <= MAX_TOKENS:
        yield block.start, block.end, size
        return
    for start, end in _lines(body) if block.kind == "code" else sentences(body):
        size = count_tokens(body[start:end])
        if size <= 2 * MAX_TOKENS:
            yield block.start + start, block.start + end, size
        else:
            yield from _slices(block.start + start, block.start + end, size)


def _lines(body: str) -> Iterator[tuple[int, int]]:
    start = 0
    for line in body.splitlines(keepends=True):
        if line.strip():
            yield start, start + len(line.rstrip())
        start += len(line)


def _slices(start: int, end: int, size: int) -> Iterator[tuple[int, int, int]]:
    """Yield equal slices of a sentence that has no end to cut at, such as minified data."""
    count = -(-size // MAX_TOKENS)
    step = -(-(end - start) // count)
    for left in range(start, end, step):
        yield left, min(left + step, end), size // count


def collapse(passages: Iterable[Passage]) -> tuple[Passage, ...]:
    """Return ``passages`` with those that read the same made one with several places.

    The published place comes first, then the order of ``passages``; context is the first place's.
    Rows of different records stay apart, since the same cells may stand under other columns.
    """
    groups: dict[tuple[PassageKind, str, str], list[Passage]] = {}
    for passage in passages:
        groups.setdefault((passage.kind, passage.record, squeeze(passage.text)), []).append(passage)
    merged = []
    for group in groups.values():
        ordered = sorted(group, key=lambda passage: passage.place.status != "published")
        places = tuple(place for passage in ordered for place in passage.places)
        merged.append(replace(ordered[0], places=places))
    return tuple(merged)
