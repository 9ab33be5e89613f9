"""The training files as rows, with whole sources kept back for evaluation."""

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

# Whole repositories (and one reading-comprehension set) that no training step ever sees.
HELD_OUT_SOURCES = frozenset(
    {
        "espressif/esp-faq",
        "windsonsea/istio.io",
        "d2l-ai/d2l-zh",
        "KaiserY/trpl-zh-cn",
        "ant-design/ant-design",
        "huggingface/course",
        "huggingface/agents-course",
        "DRCKnowledgeTeam/DRCD test",
    }
)

# Those of them that the weights of retrieval are fitted on: vectors know the words of whatever they
# were trained on, so what they are worth beside BM25 shows on other sources only. Judged by the rest.
FITTING_SOURCES = frozenset({"windsonsea/istio.io", "ant-design/ant-design", "huggingface/agents-course"})

# qa_zh names the repository of a documentation heading so; elsewhere it stands alone.
_DOCUMENTATION = "docs "

MAX_CHARACTERS = 1200  # of one passage; the rest of a longer one adds time and little else

_ANCHOR = re.compile(r" ?\[\[[^\]]*\]\]")  # of a heading: What is NLP?[[what-is-nlp]]
_SENTENCE_END = re.compile(r"[。！？；\n]|[.!?](?=\s)")


@dataclass(frozen=True)
class SectionRow:
    """One documentation section, in one language or two; a missing side is empty."""

    source: str
    headings: dict[str, str]  # language → "H1 > H2 > H3", without the marks that links aim at
    bodies: dict[str, str]  # language → text


@dataclass(frozen=True)
class TextPair:
    """Two texts that should lie close: a translation, or a question and its passage."""

    source: str
    left: str
    right: str


def is_held_out(source: str) -> bool:
    """Tell whether rows of ``source`` are kept for evaluation."""
    return source.removeprefix(_DOCUMENTATION) in HELD_OUT_SOURCES


def read_rows(folder: Path, name: str, *, limit: int | None = None) -> Iterator[dict[str, str]]:
    """Yield the first ``limit`` rows of ``name.jsonl.gz``."""
    with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        yield from map(json.loads, islice(lines, limit))


def read_pairs(
    folder: Path, name: str, left: str, right: str, *, held_out: bool, limit: int | None = None
) -> list[TextPair]:
    """Return the rows of one file as pairs, of the sources kept back or of the others."""
    return [
        TextPair(row.get("src", name), row[left], row[right][:MAX_CHARACTERS])
        for row in read_rows(folder, name, limit=limit)
        if is_held_out(row.get("src", name)) == held_out and row[left] and row[right]
    ]


def read_sections(folder: Path, *, held_out: bool, limit: int | None = None) -> list[SectionRow]:
    """Return sections of the sources kept back, or of the others."""
    return [
        SectionRow(
            row["src"],
            {language: _ANCHOR.sub("", row[f"{language}_heading"]) for language in ("en", "zh")},
            {"en": row["en"][: 2 * MAX_CHARACTERS], "zh": row["zh"][:MAX_CHARACTERS]},
        )
        for row in read_rows(folder, "sections", limit=limit)
        if is_held_out(row["src"]) == held_out
    ]


def split_first_sentence(text: str) -> tuple[str, str]:
    """Return the first sentence and the rest; either may be empty."""
    end = _SENTENCE_END.search(text, 8)
    if end is None:
        return text.strip(), ""
    return text[: end.end()].strip(), text[end.end() :].strip()


def short_heading(path: str) -> str:
    """Return the last two headings of ``H1 > H2 > H3``: the page title alone says too little."""
    return " ".join(path.split(" > ")[-2:])
