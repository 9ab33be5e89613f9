"""What a sentence must hold to answer, however alike it is: every name, the kind, the rank, the year."""

import re
from collections.abc import Sequence
from functools import lru_cache

from assistant.answering.surroundings import above, spaced
from assistant.answering.understanding import (
    Understanding,
    evidence_patterns,
    is_rank,
    measure_ignores,
    names_rank,
    question_words,
)
from assistant.index.names import NameIndex
from assistant.query import Term
from assistant.schema import Passage
from assistant.text import Evidence

_OF_SOMETHING = frozenset(("person", "number"))  # kinds of which a name alone tells nothing: who, how much
_TOLD = 0.9  # share of a question's plain words without which only its names are met
_YEAR = re.compile(r"(?:19|20)\d\d")
# Columns that may hold anything about what a row is called.
_FREE_COLUMN = re.compile(r"^(?:text|notes?|bio|内容|简介|备注|介绍)$", re.IGNORECASE | re.MULTILINE)
_LOOK_BACK = 120  # characters before a sentence in which a year or rank still counts for it
_LOOK_AHEAD = 160  # characters after it
_TELLING = 0.5  # weight of a word without which a yes-or-no question is another question
_RARE = 0.92  # the same for any question: a word as rare as a name (托福)
_AS_A_NAME = 0.6  # weight of a word that may be part of a name
_COVERED = 0.5  # a term covered less than this is missing
_CALLED = 0.75  # how far a label must contain a term
_BLANK_LABEL = re.compile(r"^\W{0,3}([^:：\n]{1,16})[:：][ \t]*\n+(?=[^:：\n]{1,16}[:：].{0,24}$|\s*\Z)", re.MULTILINE)
_DATED = re.compile(
    r"^[\W_]{0,3}(?:(?:19|20)\d\d\b|\d{1,2}[/.]\d{1,2}"
    r"|(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.? \d)",
    re.IGNORECASE | re.MULTILINE,
)
_FEWEST_ENTRIES = 3
# Columns of a person that do not tell where they went.
_BESIDE = re.compile(r"education|degree|mail|web|photo|pic|image|avatar|link|date|year|学历|教育|学位|邮箱", re.I)
_PIECE = re.compile(r"[^\t\n,，;；|()（）\[\]]+")


class Eligibility:
    """Tells sentences that may answer from those that cannot."""

    def __init__(self, names: NameIndex) -> None:
        self._names = names

    def holds(
        self, asked: Understanding, passage: Passage, span: tuple[int, int], around: str, missing: tuple[Term, ...]
    ) -> bool:
        """Tell whether nothing is missing that no likeness makes up for; ``around``: the sentence and its unit."""
        # Whether there is a dormitory is only told by what speaks of one.
        telling = _TELLING if asked.kind == "status" else _RARE
        if any(term.is_named or term.weight >= telling for term in missing):
            return False
        if asked.kind in _strict_kinds() and not self._shows(asked, passage, around):
            return False
        text = passage.text[slice(*span)]
        headings = " ".join((passage.place.title, *passage.place.heading_path))
        if asked.is_excluded(headings) and not _is_about(asked, text):
            return False  # but where a former member is now stands under Alumni
        return (
            _stand_near(asked, passage, span)
            and _names_in_entry(asked, passage, span)
            and _holds_editions(asked, passage)
            and _counts_target(asked, around)
            and _says_more(asked, _told_beside(passage) or (around if text.endswith((":", "：")) else text))
            and not _leaves_blank(asked, passage)
            and (passage.kind != "row" or _tells_of_it(asked, passage, missing))
            and (asked.kind not in _OF_SOMETHING or not _lacks_all(asked, missing))
        )

    def subject(self, asked: Understanding, passage: Passage) -> str:
        """Return the heading that is a person's name, of whom the passage speaks, "" for none."""
        if asked.kind != "person" or passage.kind == "row":
            return ""
        headings = (*reversed(passage.place.heading_path), passage.place.title)
        return next(filter(self._names.is_person, headings), "")

    def _shows(self, asked: Understanding, passage: Passage, around: str) -> bool:
        if asked.kind == "person":
            around = passage.text if passage.kind == "row" else around
            return self._names.names_person(around) or bool(self.subject(asked, passage)) or _names_role(asked, around)
        return bool(evidence_patterns()[asked.kind].search(around))


def _is_about(asked: Understanding, text: str) -> bool:
    """Tell whether ``text`` has a name of the question, or a word as rare as a name that is cut in two."""
    evidence = Evidence(text)
    rare = (t for t in asked.content if t.weight >= _AS_A_NAME and not t.is_named and not t.variants)
    return bool(asked.names_in(text)) or any(t.text in evidence for t in rare)


def _names_role(asked: Understanding, text: str) -> bool:
    """Tell whether ``text`` says by an office who is meant (导师审批), one that the question does not ask about."""
    roles = re.findall(question_words()["roles"], text, re.IGNORECASE)
    return any(all(t.coverage(Evidence(role)) < _COVERED for t in asked.content) for role in roles)


def _holds_editions(asked: Understanding, passage: Passage) -> bool:
    """Tell whether each "NSDI 2024" of the question stands together, or in one row, here."""
    text = f"{passage.context}\n{passage.text}"
    for venue, year in asked.editions:
        together = rf"{re.escape(venue)}[^。.;；\n]{{0,12}}{year}|{year}[^。.;；\n]{{0,8}}{re.escape(venue)}"
        in_row = passage.kind == "row" and venue.lower() in text.lower() and year in text
        if not in_row and not re.search(together, text, re.IGNORECASE):
            return False
    return True


def _stand_near(asked: Understanding, passage: Passage, span: tuple[int, int]) -> bool:
    """Tell whether each degree, rank and year of the question stands close to the sentence.

    In it, right before it, or in the headings and the address above: elsewhere in the passage it
    may be said of something else.
    """
    strict = [term for term in asked.content if is_rank(term) or _YEAR.fullmatch(term.text)]
    if not strict:
        return True
    start = span[0] if passage.kind == "row" else max(0, span[0] - _LOOK_BACK)
    place, own = passage.place, passage.text[slice(*span)]
    around = "\n".join((place.title, *place.heading_path[-2:], spaced(place.source), above(passage)[1]))
    near = Evidence(f"{around}\n{passage.text[start : span[1] + _LOOK_AHEAD]}")
    # A sentence that names a rank speaks of that one, whatever the next says.
    told = own.split("\t", 1)[0] if passage.kind == "row" else own
    if names_rank(Evidence(told)):
        of_rank, ranks = Evidence(f"{around}\n{told}"), [term for term in strict if is_rank(term)]
        if ranks and all(term.coverage(of_rank) < _COVERED for term in ranks):
            return False
    return all(term.coverage(near) >= _COVERED for term in strict)


def _names_in_entry(asked: Understanding, passage: Passage, span: tuple[int, int]) -> bool:
    """Tell whether an entry of a list of dated news tells, with what is above it, of what is asked."""
    line_start = passage.text.rfind("\n", 0, span[0]) + 1
    if not _DATED.match(passage.text, line_start) or len(_DATED.findall(passage.text)) < _FEWEST_ENTRIES:
        return True
    entry = f"{passage.context}\n{passage.text[line_start : span[1]]}\n{spaced(passage.place.source)}"
    evidence = Evidence(entry)
    lacking = [term for term in asked.content if term.coverage(evidence) < _COVERED]
    return not any(term.is_named for term in lacking) and not _lacks_all(asked, lacking)


def _says_more(asked: Understanding, text: str) -> bool:
    """Tell whether more is said of whom the question names than what it names: where they went.

    "Vibhore Vardhan, M.S. 2004" and a row with a name, a role and a picture tell nobody where.
    """
    ignored = [measure_ignores(name) for name in asked.measures]
    if not any(ignored):
        return True
    named = [term for term in asked.content if term.is_named]
    pieces = (piece.strip() for piece in _PIECE.findall(text))
    for piece in pieces:
        is_name = any(term.coverage(Evidence(piece)) >= _COVERED for term in named)
        if piece and not is_name and not any(pattern.fullmatch(piece) for pattern in ignored if pattern):
            return True
    return False


def _told_beside(passage: Passage) -> str:
    """Return the cells of a row but those that tell of schooling or how to reach somebody, "" of a text."""
    if passage.kind != "row":
        return ""
    filled = [cell for cell in passage.text.split("\t") if cell.strip()]
    columns = above(passage)[1].split("\n")
    if len(columns) != len(filled):
        return passage.text
    return "\t".join(c for name, c in zip(columns, filled, strict=True) if not _BESIDE.search(name)) or " "


def _leaves_blank(asked: Understanding, passage: Passage) -> bool:
    """Tell whether the passage has a label for what is asked, and nothing after it: 主持人： and the next label."""
    if passage.kind == "row" or asked.kind not in _strict_kinds():
        return False
    plain = [term for term in asked.content if not term.is_named]
    return any(term.coverage(label) >= _CALLED for label in _blank_labels(passage.text) for term in plain)


@lru_cache(maxsize=4096)
def _blank_labels(text: str) -> tuple[Evidence, ...]:
    """Return the labels of a passage with nothing after them: every sentence of it asks."""
    return tuple(Evidence(match[1]) for match in _BLANK_LABEL.finditer(text))


def _tells_of_it(asked: Understanding, passage: Passage, missing: Sequence[Term]) -> bool:
    """Tell whether anything is found of what is asked about the names of the question.

    Of "Chi-Hui Lin's office number" a row that only has the name says nothing.
    """
    if asked.wanted in missing and asked.kind in ("fact", "list") and not asked.measures:
        return False
    if asked.kind in _strict_kinds() or _FREE_COLUMN.search(above(passage)[1]):
        return True
    return bool(asked.measures) or not _lacks_all(asked, missing)


def _lacks_all(asked: Understanding, missing: Sequence[Term]) -> bool:
    """Tell whether of the question's plain words, where it has any, next to nothing is found."""
    plain = sum(term.weight for term in asked.content if not term.is_named)
    return plain > 0 and sum(term.weight for term in missing if not term.is_named) >= _TOLD * plain


def _counts_target(asked: Understanding, text: str) -> bool:
    """Tell whether, where things are counted, the sentence itself speaks of them."""
    if asked.kind != "count" or not asked.targets:
        return True
    evidence = Evidence(text)
    return any(term.coverage(evidence) >= _COVERED for term in asked.targets)


@lru_cache(maxsize=1)
def _strict_kinds() -> frozenset[str]:
    return frozenset(question_words()["strict"].split())
