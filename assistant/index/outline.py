"""What answering asks of all passages at once, found once when an index is built."""

import base64
import hashlib
import json
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np

from assistant.forms import published_forms
from assistant.index import disk
from assistant.index.names import chinese_name, leading_names
from assistant.schema import PageText, Passage, Record

_TABLE, _TOLD = "outline.npy", "outline.json"
_ROW = np.dtype([("id", "<u8"), ("by_id", "<i4"), ("section", "<i4"), ("by_section", "<i4"), ("published", "?")])
_FRONT_PAGE = re.compile(r"^(?:[^/]+/)?(?:index|about|home|readme)\.\w+$", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]+@(?:[\w-]+\.)+[A-Za-z]{2,}(?![\w-])")
# "the Robot Interaction and Manipulation Lab", "NetVerify Lab": what a lab calls itself, and may shorten.
_OWN_NAME = re.compile(
    r"\b((?:[A-Z][a-z-]+(?: (?:and|of|for|in|the|&))* ){2,6})(?:Lab|Laboratory|Center|Centre|Institute)\b"
    r"|\b([A-Z][a-z\d]*[A-Z][\w-]*) (?:[Ll]ab\b|[Ll]aboratory\b|实验室)"
)
_ARTICLES = ("The", "Our", "This", "A")
_SHORTEST_OWN_NAME = 3  # letters
_FEWEST_TOLD = 2  # passages that must say so
_NO_CONTACT = re.compile(r"^(?:git|noreply|no-reply|user|root)@|@example\.|@users\.noreply")
class PassageOutline:
    """Where passages are found by what they are, without reading any.

    ``table``: one row a passage: a number made of its id, its section, the passages in the order
    of either, and whether it is published. ``told``: the little there is of everything else.
    """

    def __init__(self, table: np.ndarray, told: dict[str, Any]) -> None:
        self._table = table
        self._told = told
        self._rows: dict[str, int] = told["rows"]
        self._places = {(source, start): number for source, start, number in told["places"]}

    @classmethod
    def build(cls, pages: Sequence[PageText], passages: Sequence[Passage], records: Sequence[Record]) -> Self:
        """Read every page and passage once."""
        walk = _Walk(records)
        for number, passage in enumerate(passages):
            walk.take(number, passage)
        table = np.empty(len(passages), _ROW)
        table["id"], table["section"], table["published"] = walk.ids, walk.sections, walk.published
        for name in ("id", "section"):
            table[f"by_{name}"] = np.argsort(table[name], kind="stable")
        return cls(table, {**walk.told(), **_of_pages(pages)})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Load what ``save`` wrote. Raises OSError, ValueError or KeyError."""
        return cls(disk.array(folder / _TABLE), json.loads((folder / _TOLD).read_text("utf-8")))

    def save(self, folder: Path) -> dict[str, str]:
        """Write two files into an existing folder; returns each one's SHA-256. Raises OSError."""
        with disk.writing(folder / _TABLE) as sink:
            np.lib.format.write_array(sink, np.asarray(self._table), allow_pickle=False)
            digests = {_TABLE: sink.digest}
        return {**digests, _TOLD: disk.write(folder / _TOLD, json.dumps(self._told, ensure_ascii=False).encode())}

    def encoded(self) -> str:
        """Return all of it as text, for a store without files."""
        table = base64.b64encode(self._table.tobytes()).decode()
        return json.dumps({"table": table, "told": self._told}, ensure_ascii=False)

    @classmethod
    def decoded(cls, text: str) -> Self:
        """Return what ``encoded`` wrote. Raises ValueError or KeyError."""
        values = json.loads(text)
        return cls(np.frombuffer(base64.b64decode(values["table"]), _ROW), values["told"])

    @property
    def count(self) -> int:
        """How many passages there are."""
        return len(self._table)

    @property
    def contact(self) -> str:
        """The e-mail address that most passages publish, the first of equals; "" where none does."""
        return self._told["contact"]

    @property
    def headings(self) -> tuple[str, ...]:
        """Titles, headings and beginnings of list entries that may be people's names, each once."""
        return tuple(self._told["headings"])

    @cached_property
    def titles(self) -> frozenset[str]:
        """The titles of the pages."""
        return frozenset(self._told["titles"])

    @property
    def front_titles(self) -> tuple[str, ...]:
        """The titles of the site's own front pages, those of the top folder; a deeper one is a project's."""
        return tuple(self._told["front_titles"])

    @property
    def own_names(self) -> tuple[str, ...]:
        """What the lab is most often called, as one word in lower case: rim of Robot Interaction …"""
        return tuple(self._told["own_names"])

    @cached_property
    def _pages(self) -> dict[str, int]:
        return {source: number for number, source in enumerate(self._told["sources"])}

    def page(self, source: str) -> int | None:
        """Return the number of the page that was read from ``source``."""
        return self._pages.get(source)

    def passage(self, passage_id: str) -> int | None:
        """Return the number of the passage with this id."""
        wanted, order, ids = _key(passage_id), self._table["by_id"], self._table["id"]
        place = bisect_left(order, wanted, key=ids.item)
        if place == len(order) or ids[order[place]] != wanted:
            return None
        return int(order[place])

    def published(self, numbers: Sequence[int]) -> list[bool]:
        """Tell of each of the passages whether it stands on a published page."""
        return self._table["published"][list(numbers)].tolist()

    def same_section(self, passage: Passage) -> tuple[int, ...]:
        """Return the numbers of the passages under the same heading, ``passage`` among them."""
        number = self.passage(passage.id)
        if number is None:
            return ()
        section, order = self._table["section"][number], self._table["by_section"]
        first = bisect_left(order, section, key=lambda number: self._table["section"][number])
        end = bisect_left(order, section + 1, key=lambda number: self._table["section"][number], lo=first)
        return tuple(order[first:end].tolist())

    def publishing(self, kind: str) -> Sequence[int]:
        """Return the numbers of the passages with a value of ``kind``, a key of published_forms()."""
        return self._told["publishing"][kind]

    def row(self, record: str) -> int | None:
        """Return the number of the passage to cite for a record."""
        return self._rows.get(record)

    def at(self, source: str, start: int) -> int | None:
        """Return the number of the passage that starts at a place that some record's conflict names."""
        return self._places.get((source, start))


class _Walk:
    """Takes in all passages, one after the other."""

    def __init__(self, records: Sequence[Record]) -> None:
        self.ids: list[int] = []
        self.sections: list[int] = []
        self.published: list[bool] = []
        self._section_numbers: dict[tuple[str, tuple[str, ...]], int] = {}
        self._headings: dict[str, None] = {}
        self._publishing: dict[str, list[int]] = {kind: [] for kind in published_forms()}
        self._contacts: dict[str, int] = {}
        self._own_names: Counter[str] = Counter()
        self._rows: dict[str, tuple[bool, int]] = {}
        self._conflicting = {(c.place.source, c.place.start) for record in records for c in record.conflicts}
        self._places: dict[tuple[str, int], int] = {}

    def take(self, number: int, passage: Passage) -> None:
        place = passage.place
        self.ids.append(_key(passage.id))
        self.published.append(place.status == "published")
        known = len(self._section_numbers)
        section = self._section_numbers.setdefault((place.source, place.heading_path), known)
        self.sections.append(section)
        if section == known:
            self._headings.update(dict.fromkeys((place.title, *place.heading_path)))
        self._headings.update(dict.fromkeys(leading_names(passage.text)))
        told = dict.fromkeys(_OWN_NAME.findall(f"{passage.context}\n{passage.text}"))
        shortened = (mark.lower() or _initials(name) for name, mark in told)
        self._own_names.update(name for name in shortened if len(name) >= _SHORTEST_OWN_NAME)
        for kind, form in published_forms().items():
            if form.stands_in(passage.text):
                self._publishing[kind].append(number)
        for address in dict.fromkeys(_EMAIL.findall(passage.text)) if "@" in passage.text else ():
            if not _NO_CONTACT.search(address):
                self._contacts[address] = self._contacts.get(address, 0) + len(passage.places)
        if passage.record:
            # A record may read a little otherwise on another page: the first published one is cited.
            is_published = place.status == "published"
            if passage.record not in self._rows or is_published > self._rows[passage.record][0]:
                self._rows[passage.record] = is_published, number
        for other in passage.places if self._conflicting else ():
            if (other.source, other.start) in self._conflicting:
                self._places[other.source, other.start] = number

    def told(self) -> dict[str, Any]:
        return {
            "contact": max(self._contacts, key=lambda address: self._contacts[address], default=""),
            "headings": [name for name in dict.fromkeys(map(chinese_name, self._headings)) if name],
            "own_names": [name for name, count in self._own_names.most_common(1) if count >= _FEWEST_TOLD],
            "rows": {record: number for record, (_, number) in self._rows.items()},
            "places": [[source, start, number] for (source, start), number in self._places.items()],
            "publishing": self._publishing,
        }


def _of_pages(pages: Sequence[PageText]) -> dict[str, Any]:
    seen = [(page.source, page.title) for page in pages]
    return {
        "sources": [source for source, _ in seen],
        "titles": list(dict.fromkeys(title for _, title in seen)),
        "front_titles": list(_front_titles(seen)),
    }


def _initials(name: str) -> str:
    words = [word for word in name.split() if word[0].isupper()]
    return "".join(word[0] for word in words[words[0] in _ARTICLES :]).lower()


def _front_titles(pages: Sequence[tuple[str, str]]) -> Iterator[str]:
    found = [page for page in pages if _FRONT_PAGE.search(page[0])]
    top = min((source.count("/") for source, _ in found), default=0)
    return (title for source, title in found if source.count("/") == top)


def _key(passage_id: str) -> int:
    return int.from_bytes(hashlib.blake2b(passage_id.encode(), digest_size=8).digest(), "little")
