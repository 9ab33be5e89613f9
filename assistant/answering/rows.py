"""The rows of a table that match one part of a question, and those of a first author."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from assistant.answering.understanding import Understanding, is_rank, names_office, question_words
from assistant.query import Term
from assistant.schema import Record
from assistant.text import Evidence, squeeze

_RATIO_SLACK = 0.5  # a column counts as the term's own if it fits half as well as the best one
_MATCHING = 0.75  # how far a cell must contain a term
_LONGEST_ROLE = 40  # characters of a text that may still be a role
_FREE_COLUMN = re.compile(r"^(?:text|notes?|bio|内容|简介|备注|介绍|introduction|description)$", re.IGNORECASE)
_ROLE_COLUMN = re.compile(r"role|position|group|status|cohort|grade|degree|职|身份|类别|组别|年级", re.IGNORECASE)
_VENUE_COLUMN = re.compile(r"venue|journal|conference|publisher|会议|期刊|发表", re.IGNORECASE)
_AUTHOR_COLUMN = re.compile(r"author|作者", re.IGNORECASE)
_AUTHOR_END = re.compile(r"[;；,，、&]|\band\b")


@dataclass(frozen=True)
class Row:
    """A record as a question meets it."""

    record: Record
    evidence: Evidence
    cells: tuple[tuple[str, Evidence, str], ...]  # (column, evidence, squeezed value)

    @cached_property
    def has_role(self) -> bool:
        """Whether a column of its own says which degree or office a person has."""
        return any(is_role_column(column) and names_office(evidence) for column, evidence, _ in self.cells)


@dataclass(frozen=True)
class Constraint:
    """A part of the question that rows must match: a phrase, a term or a year."""

    text: str
    terms: tuple[Term, ...]
    is_hard: bool
    is_target: bool = False  # what is counted or listed
    years: tuple[int, ...] = ()  # any of which will do, where the constraint is one of time
    spellings: tuple[str, ...] = ()  # of a phrase, squeezed: one must stand in a cell as written

    @property
    def weight(self) -> float:
        """How much of the question it is."""
        return sum(term.weight for term in self.terms)


def rows_matching(
    rows: Iterable[Row], constraint: Constraint, everything: str
) -> tuple[tuple[Row, ...], tuple[str, ...], float]:
    """Return the matching rows, the columns that matched, and how well the best column fits.

    ``everything``: the folded text of these rows, and maybe of others.
    """
    if not constraint.spellings and not constraint.years and constraint.terms[0].is_absent(everything):
        return (), (), 0.0
    size, says_rank = len(squeeze(constraint.text)), any(map(is_rank, constraint.terms))
    by_column: dict[str, list[tuple[Row, float]]] = defaultdict(list)
    for row in rows:
        if constraint.years and row.record.year:
            if row.record.year in constraint.years:
                by_column[""].append((row, 1.0))
            elif not any(_is_short_year_cell(cell, constraint.years) for _, _, cell in row.cells):
                continue
        if not _row_may_match(row, constraint):
            continue
        for column, evidence, cell in row.cells:
            if says_rank and (len(cell) > _LONGEST_ROLE or row.has_role) and _FREE_COLUMN.search(column):
                continue  # what somebody's life says of a doctorate makes them no doctoral student
            if _cell_matches(evidence, cell, constraint):
                by_column[column].append((row, size / max(len(cell), 1)))
    if not by_column:
        return (), (), 0.0
    fits = {name: max(fit for _, fit in hits) for name, hits in by_column.items()}
    best = max(fits.values())
    # Where a paper appeared stands in a short mark ("www2024") or in "Proceedings of WWW".
    own = [name for name, fit in fits.items() if fit >= _RATIO_SLACK * best or _VENUE_COLUMN.search(name)]
    kept = {id(row) for name in own for row, _ in by_column[name]}
    return tuple(row for row in rows if id(row) in kept), tuple(n for n in own if n), min(best, 1.0)


def first_authored(rows: Sequence[Row], asked: Understanding) -> Sequence[Row]:
    """Return the rows whose authors begin with a name of the question, where the first author is asked for."""
    if not re.search(question_words()["first_author"], asked.folded):
        return rows
    names = [term for term in asked.content if term.is_named]
    found = []
    for row in rows:
        authors = (field.value for field in row.record.fields if _AUTHOR_COLUMN.search(field.name))
        first = Evidence(_AUTHOR_END.split(next(authors, ""), maxsplit=1)[0])
        if any(term.coverage(first) >= _MATCHING for term in names):
            found.append(row)
    return found or rows


@lru_cache(maxsize=1024)
def is_role_column(name: str) -> bool:
    """Tell whether a column says what somebody is: role, position, 职务."""
    return bool(_ROLE_COLUMN.search(name))


def _row_may_match(row: Row, constraint: Constraint) -> bool:
    """Tell cheaply whether a cell of the row can match at all."""
    if constraint.spellings or constraint.years:
        return True
    return constraint.terms[0].coverage(row.evidence) >= _MATCHING


def _is_short_year_cell(cell: str, years: Sequence[int]) -> bool:
    return len(cell) <= 40 and any(str(year) in cell for year in years)


def _cell_matches(evidence: Evidence, cell: str, constraint: Constraint) -> bool:
    if constraint.years:
        return _is_short_year_cell(cell, constraint.years)
    if constraint.spellings:
        return any(spelling in cell for spelling in constraint.spellings)
    return constraint.terms[0].coverage(evidence) >= _MATCHING
