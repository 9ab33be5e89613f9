"""What is raced over: a lab's documents as they are, or many more pages made of their sentences."""

import json
import random
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from assistant.errors import AssistantError
from assistant.index import store
from assistant.index.embedding import embedder_name
from assistant.pipeline import build
from assistant.schema import Passage, Record
from assistant.settings import CorpusSettings, IndexSettings, Settings
from assistant.text import sentences
from benchmarks.race.protocol import Passage as Text

MARKER = "zebrafinch"  # a word of the updated document that no other has
_ADDED = f"\n\n{MARKER} 是联合培养的同学新写的一句。\n"
_CHANGEABLE = (".md", ".rst")
_SECTIONS = 25  # a page
_TABLE_EVERY = 8  # sections; five rows each
_ROWS = 5
_MARKUP = re.compile(r"[`*_#<>|\[\]{}$\\~^=+]")


@dataclass(frozen=True)
class Course:
    """Documents, the same as passages, and one document's change in both forms."""

    name: str
    documents: Path
    passages: Path  # JSON lines, as protocol.Passage
    texts: dict[str, str]  # of all passages by id, the changed ones too
    changed: str  # path below ``documents`` of the document that is updated
    before: str
    after: str
    removed: tuple[str, ...]  # its passages' ids before
    added: Path  # its passages after, JSON lines


def make_course(name: str, documents: Path, work: Path) -> Course:
    """Copy the documents below ``work`` and cut them into passages, before and after one update."""
    work.mkdir(parents=True)
    copied = work / "documents"
    shutil.copytree(documents, copied)
    before = read_generation(copied, work / "index")
    texts = _texts(before.passages)
    changed = _changeable(texts, name)
    source = copied / changed
    original = source.read_text("utf-8")
    source.write_text(original + _ADDED, "utf-8")
    after = [text for text in _texts(read_generation(copied, work / "index").passages) if text.source == changed]
    source.write_text(original, "utf-8")
    if not any(MARKER in text.text for text in after):
        raise AssistantError(f"{name}: what was added to {changed} is in no passage; take another corpus.")
    return Course(
        name, copied, _write(work / "passages.jsonl", texts),
        {text.id: text.text for text in (*texts, *after)}, changed, original, original + _ADDED,
        tuple(text.id for text in texts if text.source == changed), _write(work / "added.jsonl", after),
    )  # fmt: skip


def read_generation(documents: Path, index: Path) -> store.Generation:
    """Build an index of the documents with the assistant's own parts and return it."""
    build(Settings(corpus=CorpusSettings(path=documents), index=IndexSettings(path=index)))
    return store.load(index, model=embedder_name("default"))


def recombine(generations: Sequence[store.Generation], folder: Path, count: int, *, seed: int = 2026) -> None:
    """Write Markdown pages of about ``count`` passages, made of the generations' sentences and rows.

    Sentences of any page stand under headings of any other, so that words are as frequent together
    as in the originals; each table's cells come from one column of one table.
    """
    chance = random.Random(seed)  # noqa: S311 - no secret
    pool = _Pool.of(generations)
    folder.mkdir(parents=True)
    made = page = 0
    while made < count:
        page += 1
        lines = [f"# {chance.choice(pool.headings)} {page}"]
        for number in range(min(_SECTIONS, count - made)):
            lines.append(f"## {chance.choice(pool.headings)}")
            if pool.tables and number % _TABLE_EVERY == _TABLE_EVERY - 1:
                lines.append(_table(chance.choice(pool.tables), chance))
                made += _ROWS
            else:
                lines.append(" ".join(chance.choice(pool.sentences) for _ in range(chance.randint(2, 4))))
                made += 1
        (folder / f"page-{page:04}.md").write_text("\n\n".join(lines) + "\n", "utf-8")


@dataclass(frozen=True)
class _Pool:
    sentences: Sequence[str]
    headings: Sequence[str]
    tables: Sequence[dict[str, Sequence[str]]]  # column → its values

    @classmethod
    def of(cls, generations: Sequence[store.Generation]) -> "_Pool":
        passages = [passage for generation in generations for passage in generation.passages]
        found = dict.fromkeys(line for passage in passages for line in _sentences(passage))
        headings = dict.fromkeys(_plain(place) for p in passages for place in p.place.heading_path)
        tables: dict[tuple[str, ...], dict[str, list[str]]] = {}
        for generation in generations:
            for record in generation.records:
                _add(tables, record)
        large = [table for table in tables.values() if len(table) > 1 and len(next(iter(table.values()))) >= _ROWS]
        return cls(list(found), [heading for heading in headings if heading], large)


def _sentences(passage: Passage) -> Iterator[str]:
    if passage.kind == "text":
        for start, end in sentences(passage.text):
            if 8 <= len(line := _plain(passage.text[start:end])) <= 120:
                yield line


def _add(tables: dict[tuple[str, ...], dict[str, list[str]]], record: Record) -> None:
    columns = tuple(field.name for field in record.fields)
    table = tables.setdefault(columns, defaultdict(list))
    for field in record.fields:
        table[field.name].append(_plain(field.value)[:60])


def _table(columns: dict[str, Sequence[str]], chance: random.Random) -> str:
    names = [_plain(name) for name in columns]
    rows = [[chance.choice(values) for values in columns.values()] for _ in range(_ROWS)]
    return "\n".join("| " + " | ".join(row) + " |" for row in (names, ["---"] * len(names), *rows))


def _plain(text: str) -> str:
    return " ".join(_MARKUP.sub(" ", text).split())


def _texts(passages: Sequence[Passage]) -> list[Text]:
    return [Text(p.id, p.place.source, store.embedded_text(p)) for p in passages]


def _changeable(texts: Sequence[Text], name: str) -> str:
    sources = (text.source for text in texts if text.source.endswith(_CHANGEABLE))
    if (source := next(sources, None)) is None:
        raise AssistantError(f"{name}: no Markdown or reStructuredText page to update; take another corpus.")
    return source


def _write(path: Path, texts: Sequence[Text]) -> Path:
    path.write_text("".join(json.dumps(asdict(text), ensure_ascii=False) + "\n" for text in texts), "utf-8")
    return path
