"""Documents of any number of passages: real ones first, then such with their sentences recombined."""

import gzip
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random

from assistant.readers.corpus import read_corpus
from assistant.schema import Block, Document, Language, Section
from assistant.text import detect_language, sentences

SHARED = Path(os.environ.get("LAB_ASSISTANT_SHARED", Path(__file__).resolve().parents[2] / "shared"))
_SECTIONS_A_DOCUMENT = 20
_PASSAGES_A_SECTION = 1.25  # about


@dataclass(frozen=True)
class Piece:
    """A section: the headings above it and its paragraphs."""

    headings: tuple[str, ...]
    paragraphs: tuple[str, ...]
    language: Language


def real_pieces(folders: Sequence[Path]) -> list[Piece]:
    """Return the sections of the documents in ``folders``, then those of the training data, where it is."""
    pieces = [piece for folder in folders for piece in _of_corpus(folder)]
    sections = SHARED / "training" / "sections.jsonl.gz"
    if sections.is_file():
        with gzip.open(sections, "rt", encoding="utf-8") as file:
            for row in map(json.loads, file):
                for side in ("zh", "en"):
                    if row[side]:
                        headings = tuple(filter(None, row[f"{side}_heading"].split(" > ")))
                        pieces.append(Piece(headings, tuple(row[side].split("\n")), side))
    return pieces


def _of_corpus(folder: Path) -> Iterator[Piece]:
    for document in read_corpus(folder).documents:
        for number, section in enumerate(document.sections):
            blocks = [b for b in document.blocks if b.section == number and b.kind not in ("heading", "row")]
            texts = tuple(document.text[block.start : block.end] for block in blocks)
            if texts:
                yield Piece(section.heading_path, texts, detect_language("\n".join(texts)))


def endless(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Yield ``pieces``, then such as they are with every sentence another one of the same language."""
    yield from pieces
    pool: dict[Language, list[str]] = {"zh": [], "en": []}
    for piece in pieces:
        for text in piece.paragraphs:
            pool[piece.language] += (text[start:end] for start, end in sentences(text))
    chance = Random(9)
    while True:
        for piece in pieces:
            yield Piece(piece.headings, tuple(_recombined(piece, pool[piece.language], chance)), piece.language)


def _recombined(piece: Piece, pool: Sequence[str], chance: Random) -> Iterator[str]:
    joint = "" if piece.language == "zh" else " "
    for text in piece.paragraphs:
        yield joint.join(chance.choice(pool) for _ in sentences(text))


def documents(pieces: Iterator[Piece], count: int) -> list[Document]:
    """Return documents that give about ``count`` passages."""
    wanted = int(count / _PASSAGES_A_SECTION / _SECTIONS_A_DOCUMENT) + 1
    return [_document(number, list(islice(pieces, _SECTIONS_A_DOCUMENT))) for number in range(wanted)]


def _document(number: int, pieces: Sequence[Piece]) -> Document:
    text, sections, blocks = "", [], []
    for place, piece in enumerate(pieces):
        start, heading = len(text), piece.headings[-1] if piece.headings else ""
        parts = [("heading", heading)] if heading else []
        parts += [("paragraph", paragraph.strip()) for paragraph in piece.paragraphs if paragraph.strip()]
        for kind, part in parts:
            blocks.append(Block(kind, place, len(blocks) + 1, len(text), len(text) + len(part)))
            text += part + "\n\n"
        sections.append(Section(piece.headings, f"s{place}", 1, start, len(text)))
    title = pieces[0].headings[0] if pieces[0].headings else f"Page {number}"
    language = detect_language(text)
    return Document(
        f"{number // 1000}/{number}.md", title, text, language, "published", f"/{number}.html", tuple(sections),
        tuple(blocks), (), (), (),
    )  # fmt: skip
