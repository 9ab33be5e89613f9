"""Answers lists and counts from records: all rows that match the question, and only those."""

import os.path
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.answering.rows import Constraint, Row, first_authored, is_role_column, rows_matching
from assistant.answering.understanding import Understanding, is_rank, names_rank, question_words
from assistant.index.names import chinese_name
from assistant.query import Term
from assistant.schema import Record
from assistant.text import Evidence, squeeze

_WHOLE = 0.95  # share of the question's weight that is all of it
_MIN_EXPLAINED = 0.55  # of the question's weight, by the rows and by what their table is called
_IN_SCHEMA = 0.5  # how far a table's name and columns must contain a term
_LATIN_RUN = re.compile(r"[A-Za-z0-9][\w&:/.+-]*(?: (?:[A-Za-z0-9&][\w&:/.+-]*))+")
_SAID = 0.75  # how far a cell must contain a term
_BARE_YEAR = re.compile(r"^\D{0,3}(?:19|20)\d\d\D{0,3}$")
_PHRASE_PART = re.compile(r"[^\s级届]+|[级届]")
_COHORT = re.compile(r"(?:19|20)\d\d\s*[级届]")
_PEOPLE = "people"  # the collection of words.yaml whose rows are persons
_URL = re.compile(r"<?(?:https?://|www\.)\S+>?")


@dataclass(frozen=True)
class RowAnswer:
    """The rows of one table that a question asks for."""

    records: tuple[Record, ...]  # empty where the table is the right one, but names no such year
    explained: float  # share of the question's weight that rows and table account for, 0…1
    is_filtered: bool  # False where the question asks for every row
    is_named: bool  # the table's name or headings, not only a column, say what is asked for
    key_columns: tuple[str, ...]  # the columns that the question's words matched
    is_asked_for: bool  # the question speaks of rows of this kind: of papers, of people
    is_strict: bool  # they hold a name, a year or a rank of the question, not plain words alone

    @property
    def is_whole_question(self) -> bool:
        """Tell whether rows and table account for all of it: keywords ("eccv 论文"), a row's name."""
        return bool(self.records) and self.is_filtered and self.explained >= _WHOLE


    @property
    def is_a_list(self) -> bool:
        """Tell whether the table itself is what is asked for: the list under "Postdocs"."""
        return bool(self.records) and self.is_named and self.explained >= _WHOLE


@dataclass(frozen=True)
class _Collection:
    """Rows of one kind: one table, or one-row tables of the same name."""

    rows: tuple[Row, ...]
    schema: Evidence  # what the table, its columns and the pages around it are called
    title: Evidence  # the same without the columns
    squeezed: str  # every cell, to tell at once that a phrase stands in none
    everything: str  # every row, folded, to tell the same of a word
    is_published: bool
    kinds: frozenset[str]  # of words.yaml: "people" where its rows are persons


@dataclass(frozen=True)
class _Phrase:
    """Words of a question that may stand together in a cell, and how they may be written there."""

    text: str
    spellings: tuple[str, ...]  # squeezed


class RecordBook:
    """Every record of a corpus, by table."""

    def __init__(self, records: Sequence[Record]) -> None:
        groups: dict[tuple[str, ...], list[Record]] = defaultdict(list)
        sizes = Counter((record.table, record.places[0].source) for record in records)
        for record in records:
            groups[_collection_key(record, sizes)].append(record)
        self._collections = tuple(_collection(group) for group in groups.values())

    def find(self, asked: Understanding) -> RowAnswer | None:
        """Return the rows that ``asked`` wants, or None where no table accounts for it."""
        if not asked.content:
            return None
        best: tuple[tuple, RowAnswer] | None = None
        candidates, words = _phrase_candidates(asked.text), _of_words(asked)
        for number, collection in enumerate(self._collections):
            if asked.is_excluded(collection.title.folded) or not _is_of_kind(collection, asked):
                continue
            answer, quality = _match(collection, asked, candidates, words)
            if answer is None:
                continue
            rank = (
                bool(answer.records), round(answer.explained, 2), answer.is_asked_for, answer.is_named,
                collection.is_published, round(quality, 2), len(answer.records), -number,
            )  # fmt: skip
            if best is None or rank > best[0]:
                best = rank, answer
        return best[1] if best else None


def _collection_key(record: Record, table_sizes: Counter[tuple[str, str]]) -> tuple[str, ...]:
    """Return what a record shares with the rows of its kind.

    The rows of one table stand together, and so do the tables of one list that is cut by year
    ("2024", "2023"); a page that holds a single row (the front matter of a member's page) stands
    with its like in the same top folder.
    """
    place = record.places[0]
    if table_sizes[record.table, place.source] == 1 and not _BARE_YEAR.match(record.table):
        return record.table, place.source.split("/", 1)[0]
    names = (record.table, *place.heading_path)
    return (place.source, *(name for name in names if not _BARE_YEAR.match(name)))


def _collection(records: Sequence[Record]) -> _Collection:
    rows = []
    names: dict[str, None] = {}
    for record in records:
        cells = []
        for field in record.fields:
            names[field.name] = None
            value = _URL.sub("", field.value).strip()
            if value:
                cells.append((field.name, Evidence(value), squeeze(value)))
        rows.append(Row(record, Evidence("\n".join(f.value for f in record.fields)), tuple(cells)))
    places = [record.places[0] for record in records]
    around = [records[0].table, os.path.commonprefix([place.source for place in places])]
    if len({place.source for place in places}) == 1:
        around += [places[0].title, *os.path.commonprefix([place.heading_path for place in places])]
    title = "\n".join(around)
    kinds = _kinds_of([_columns(row) for row in rows], title)
    if _PEOPLE in kinds and 2 * sum(map(_is_position, rows)) > len(rows):
        kinds -= {_PEOPLE}
    return _Collection(
        tuple(rows),
        Evidence("\n".join((title, *names, *_kind_words(kinds)))),
        Evidence(title),
        "\n".join(cell for row in rows for _, _, cell in row.cells),
        "\n".join(row.evidence.folded for row in rows),
        any(record.places[0].status == "published" for record in records),
        kinds,
    )


def _columns(row: Row) -> list[str]:
    """Return the columns in which a row has something; one that holds a person's name is called so."""
    first = row.record.fields[0].value if row.record.fields else ""
    names = [column for column, _, _ in row.cells]
    return ["name", *names[1:]] if names and chinese_name(first) else names


def _is_position(row: Row) -> bool:
    """Tell whether a row is about a post to be filled, not about a person: it is called by a rank."""
    return bool(row.cells) and names_rank(row.cells[0][1])


def _kind_words(kinds: Iterable[str]) -> list[str]:
    """Return what rows of these kinds are called: papers, members."""
    return [question_words()["collections"][name]["words"] for name in sorted(kinds)]


def _kinds_of(rows: Sequence[Sequence[str]], headings: str) -> frozenset[str]:
    """Return the kinds that most of the rows are of, each given as the columns in which it has something."""
    known = question_words()["collections"]
    counts: Counter[str] = Counter()
    for columns, count in Counter(map(tuple, rows)).items():
        counts.update({name: count for name in known if _is_kind(name, columns, headings)})
    return frozenset(name for name, count in counts.items() if 2 * count >= len(rows))


def _is_kind(name: str, columns: Sequence[str], headings: str) -> bool:
    """Tell whether columns are those of a kind of rows: the first, and another one or the headings."""
    kind = question_words()["collections"][name]
    met = [any(re.search(p, column, re.IGNORECASE) for column in columns) for p in kind["columns"]]
    is_called = "called" in kind and bool(re.search(kind["called"], headings, re.IGNORECASE | re.MULTILINE))
    return met[0] and ((all(met) and len(met) > 1) or is_called)


def _is_asked_for(collection: _Collection, asked: Understanding) -> bool:
    """Tell whether the question speaks of rows of this kind: "what was published at …" of papers."""
    kinds = question_words()["collections"]
    return any(re.search(kinds[name]["asks"], asked.folded) for name in collection.kinds)


def _match(
    collection: _Collection,
    asked: Understanding,
    candidates: Sequence[Sequence[_Phrase]],
    words: Sequence[Constraint],
) -> tuple[RowAnswer | None, float]:
    """Return the rows of one table that ``asked`` wants, and how well its words fit the cells."""
    targets = tuple(term for term in asked.targets if not is_rank(term))  # 博士生 stands in cells
    if targets and not any(_speaks_of(collection, term) for term in targets):
        return None, 0.0  # rows of another kind than what is asked for
    narrowing = _Narrowing(collection)
    for constraint in _constraints(collection, asked, candidates, words):
        if not narrowing.take(constraint):
            return None, 0.0
    return narrowing.answer(asked), narrowing.quality


def _speaks_of(collection: _Collection, term: Term) -> bool:
    """Tell whether a table's rows may be what ``term`` calls them: its name or columns do, or of people a role."""
    if term.coverage(collection.schema) >= _IN_SCHEMA:
        return True
    cells = (e for row in collection.rows for column, e, _ in row.cells if is_role_column(column))
    return _PEOPLE in collection.kinds and any(term.coverage(cell) >= _SAID for cell in cells)


class _Narrowing:
    """The rows of one table that are left while the question's constraints are taken one by one."""

    def __init__(self, collection: _Collection) -> None:
        self._collection = collection
        self._rows = collection.rows
        self._keys: dict[str, None] = {}
        self._explained = self._total = 0.0
        self._soft = self._soft_explained = 0
        self._is_anchored = self._lacks_year = self._is_strict = False
        self._asked_columns: list[frozenset[str]] = []
        self.quality = 0.0

    def take(self, constraint: Constraint) -> bool:
        """Narrow the rows; False where a hard constraint is met by none of them."""
        self._total += constraint.weight
        self._soft += not constraint.is_hard
        in_schema = _schema_has(self._collection, constraint) and not self._contradicts(constraint)
        if in_schema and not constraint.is_hard:
            self._asked_columns.append(self._columns_called(constraint))
        found, columns, fit = rows_matching(self._rows, constraint, self._collection.everything)
        if found and (constraint.is_hard or len(found) < len(self._rows) or not in_schema):
            # "papers" in the table's name and in some titles: the name is what is meant.
            if constraint.is_hard or not in_schema:
                self._rows = found
                self._keys.update(dict.fromkeys(columns))
            says_role = constraint.is_target and any(map(is_role_column, columns))
            self._is_anchored = self._is_anchored or constraint.is_hard or in_schema or says_role
            self._is_strict = self._is_strict or constraint.is_hard
            self.quality += fit
        elif in_schema:
            self._is_anchored = True
        elif constraint.years and _is_dated(self._collection):
            self._lacks_year = True
        else:
            return not constraint.is_hard
        self._explained += constraint.weight
        self._soft_explained += not constraint.is_hard
        return True

    def _contradicts(self, constraint: Constraint) -> bool:
        """Tell whether the rows are called by another rank than the one that only stands above them."""
        if not any(map(is_rank, constraint.terms)):
            return False
        named = [row.cells[0][1] for row in self._collection.rows if row.cells]
        others = [n for n in named if names_rank(n) and all(t.coverage(n) < _SAID for t in constraint.terms)]
        return bool(named) and len(others) == len(named)

    def _columns_called(self, constraint: Constraint) -> frozenset[str]:
        """Return the columns that alone give the table the constraint's words; none where its title does."""
        if any(term.coverage(self._collection.title) >= _IN_SCHEMA for term in constraint.terms):
            return frozenset()
        names = {column for row in self._collection.rows for column, _, _ in row.cells}
        called = (n for n in names if all(t.coverage(Evidence(n)) >= _IN_SCHEMA for t in constraint.terms))
        return frozenset(called)

    def _is_column_only(self, asked: Understanding) -> bool:
        """Tell whether a word of the question is only met by what a column is called."""
        title, schema = self._collection.title, self._collection.schema
        return any(t.coverage(title) < _IN_SCHEMA <= t.coverage(schema) for t in asked.content)

    def _fills(self, columns: frozenset[str]) -> bool:
        return any(column in columns for row in self._rows for column, _, _ in row.cells)

    def answer(self, asked: Understanding) -> RowAnswer | None:
        """Return what is left, or None where too little of the question is accounted for.

        Where it has plain words, one of them must be: a row of the HPC team in another table does
        not answer what the HPC team's directions are.
        """
        share = self._explained / self._total if self._total else 0.0
        speaks = self._soft_explained or not self._soft
        if not (self._is_anchored and speaks and self._rows) or share < _MIN_EXPLAINED:
            return None
        if any(columns and not self._fills(columns) for columns in self._asked_columns):
            return None  # the column that is asked for is empty in every row that is left
        rows = first_authored(self._rows, asked)
        records = () if self._lacks_year else tuple(row.record for row in rows)
        is_filtered = len(rows) < len(self._collection.rows)
        is_named = any(t.coverage(self._collection.title) >= _IN_SCHEMA for t in asked.content)
        is_asked_for = _is_asked_for(self._collection, asked)
        if not is_filtered and not is_asked_for and self._is_column_only(asked):
            return None  # the lab's directions are not all rows that have a column of that name
        return RowAnswer(records, share, is_filtered, is_named, tuple(self._keys), is_asked_for, self._is_strict)


def _of_words(asked: Understanding) -> list[Constraint]:
    """Return years, names and plain words, each a constraint of its own."""
    constraints = []
    of_years = tuple(term for term in asked.content if any(str(year) in term.text for year in asked.years))
    if of_years:
        text = " ".join(term.text for term in of_years)
        constraints.append(Constraint(text, of_years, is_hard=True, years=asked.span_of_years))
    for term in asked.content:
        if term not in of_years:
            is_hard = term.is_named or is_rank(term)
            constraints.append(Constraint(term.text, (term,), is_hard, term in asked.targets))
    return sorted(constraints, key=lambda c: not c.is_hard)


def _constraints(
    collection: _Collection,
    asked: Understanding,
    candidates: Sequence[Sequence[_Phrase]],
    words: Sequence[Constraint],
) -> list[Constraint]:
    """Return phrases first, then ``words``, each term in one of them."""
    constraints = []
    used: set[str] = set()
    for phrase in _phrases(collection, candidates):
        parts = _PHRASE_PART.findall(phrase.text)
        terms = tuple(t for t in asked.terms if t.text in parts and t.text not in used)
        if terms:
            constraints.append(Constraint(phrase.text, terms, is_hard=True, spellings=phrase.spellings))
            used.update(term.text for term in terms)
    return [*constraints, *(c for c in words if c.text not in used)]


def _phrase_candidates(text: str) -> list[list[_Phrase]]:
    """Return cohorts (2024级), and all parts of runs of Latin words, the longest first at each."""
    candidates = [[_Phrase(match[0], (squeeze(match[0]),))] for match in _COHORT.finditer(text)]
    for run in _LATIN_RUN.finditer(text):
        tokens = run[0].rstrip("?.!,").split()
        spans = [(a, b) for a in range(len(tokens) - 1) for b in range(len(tokens), a + 1, -1)]
        parts = [tokens[a:b] for a, b in spans if _is_phrase_like(tokens[a:b])]
        candidates.append([_Phrase(" ".join(part), _spellings(part)) for part in parts])
    return candidates


def _spellings(words: Sequence[str]) -> tuple[str, ...]:
    """Return a phrase as it may stand in a cell, squeezed: a name also as bibliographies write it."""
    whole = squeeze(" ".join(words))
    if len(words) != 2 or not all(word.isalpha() and word.istitle() for word in words):
        return (whole,)
    first, last = (word.lower() for word in words)
    return whole, f"{last},{first}", f"{last},{first[0]}.", f"{first[0]}.{last}"


def _phrases(collection: _Collection, candidates: Sequence[Sequence[_Phrase]]) -> list[_Phrase]:
    """Return of each run the longest phrases that stand in a cell and do not overlap."""
    found: list[_Phrase] = []
    for run in candidates:
        kept: list[_Phrase] = []
        for phrase in run:
            stands = any(spelling in collection.squeezed for spelling in phrase.spellings)
            if stands and not any(phrase.text in longer.text for longer in kept):
                kept.append(phrase)
        found += kept
    return found


def _is_phrase_like(tokens: Sequence[str]) -> bool:
    return any(token[0].isupper() or token[0].isdigit() for token in (tokens[0], tokens[-1]))


def _is_of_kind(collection: _Collection, asked: Understanding) -> bool:
    """Tell whether the rows can be what a question for people wants."""
    return asked.kind != "person" or _PEOPLE in collection.kinds


def _is_dated(collection: _Collection) -> bool:
    return 2 * sum(row.record.year > 0 for row in collection.rows) >= len(collection.rows)


def _schema_has(collection: _Collection, constraint: Constraint) -> bool:
    return all(term.coverage(collection.schema) >= _IN_SCHEMA for term in constraint.terms)
