"""Finds the sentence that answers a question in the passages that retrieval found."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from assistant.answering.definitions import spells_out
from assistant.answering.understanding import Understanding, evidence_patterns, is_rank, question_words
from assistant.answering.weights import Weights
from assistant.chunking import CONTEXT_SEPARATOR
from assistant.index.embedding import Embedder
from assistant.index.names import NameIndex
from assistant.query import Term
from assistant.schema import Hit, Passage
from assistant.text import Evidence, list_items, sentences

READ_PASSAGES = 12  # of the hits, how many are read sentence by sentence
_CONTEXT_FACTOR = 0.75  # a term met only in the headings or the sentence beside counts this much
_OF_SOMETHING = frozenset(("person", "number"))  # kinds of which a name alone tells nothing: who, how much
_URL = re.compile(r"https?://[^\s）)]+")  # says little of what is asked, and holds many words
_DIGITS = re.compile(r"\d+")
_UNDER_HEADINGS = frozenset(("list", "person", "count"))  # kinds whose answer a heading announces
_HEADING_WEIGHT = 3.0  # for them; the data that the other weights are learned from has no such lists
_MEASURED = 0.9  # of a word for a measure, where a value of it stands
_SUBJECT = 0.9  # of a name that the headings hold
_TOLD = 0.9  # share of a question's plain words without which only its names are met
_OUTSIDE_FACTOR = 0.9  # a term that only the title, headings or columns hold
_KEPT_READINGS = 4096  # passages
_YEAR = re.compile(r"(?:19|20)\d\d")
# Columns that may hold anything about what a row is called.
_FREE_COLUMN = re.compile(r"^(?:text|notes?|bio|内容|简介|备注|介绍)$", re.IGNORECASE | re.MULTILINE)
_LOOK_BACK = 120  # characters before a sentence in which a year or rank still counts for it
_LOOK_AHEAD = 160  # characters after a short sentence in which the kind asked for may show
_SHORT = 40  # characters
_LABEL = 8  # characters; a text this short is a label or a menu entry that matches by its name
_LABEL_PENALTY = 0.15
_LINK_PENALTY = 4.0  # of an entry of a table of contents
_LABELLED = re.compile(r"\W{0,3}([^:：。，,;；]{2,16})[:：]\s*\S")  # 研究方向：图信号处理
_LABELLED_BONUS = 1.0  # where the label is what is asked for
_LONGEST_CODE = 600  # characters of a code block that is shown with the sentence before it
_TELLING = 0.5  # weight of a word without which a yes-or-no question is another question
_RARE = 0.92  # the same for any question: a word as rare as a name (托福)
_CALLED = 0.75  # how far a label must contain a term
_COVERED = 0.5  # a term covered less than this is missing


@dataclass(frozen=True)
class Signals:
    """What speaks for a sentence; each about 0…1, in the order of the learned weights."""

    coverage: float  # share of the question's weight found in the sentence or around it
    own_coverage: float  # share found in the sentence itself
    similarity: float  # cosine of question and sentence
    passage_similarity: float  # cosine of question and passage
    heading: float  # share of the content's weight that the headings above it hold
    passage_rank: float  # fused retrieval score
    lexical: float  # BM25, about 1 for a passage with every word of the question once
    shows_kind: float  # an email where a contact is asked for, a digit where a number is
    missing_names: float  # share of the question's weight in names found nowhere in the passage
    missing_words: float  # the same for its other words
    is_row: float
    is_foreign: float  # the passage is not in the question's language
    foreign_coverage: float  # coverage where it is foreign, else 0
    foreign_similarity: float

    @property
    def values(self) -> tuple[float, ...]:
        """The numbers alone; dataclasses.astuple copies each deeply, a fifth of an answer's time."""
        return tuple(vars(self).values())


@dataclass(frozen=True)
class Fact:
    """A slice of one passage that may answer, and what speaks for it."""

    passage: Passage
    start: int  # of passage.text
    end: int
    score: float
    signals: Signals
    missing: tuple[Term, ...]  # content terms found neither in the passage nor in its headings
    shows_measure: bool  # a sum of money where one is asked for
    is_eligible: bool  # holds every name of the question, its measure and its strict kind
    subject: str = ""  # the heading that names the person who is asked for, where the slice itself names none

    @property
    def text(self) -> str:
        """The slice itself."""
        return self.passage.text[self.start : self.end]


@dataclass(frozen=True)
class _Reading:
    """What every question needs to know of a passage."""

    spans: tuple[tuple[int, int], ...]  # its sentences
    evidences: tuple[Evidence, ...]  # of each sentence
    vectors: np.ndarray  # (sentences, dim) float32
    outside: Evidence  # what stands around it
    headings: Evidence  # the page's title and the last headings


class FactFinder:
    """Ranks the sentences of hits."""

    def __init__(
        self, embedder: Embedder, names: NameIndex, weights: Weights, *, titles: frozenset[str] = frozenset()
    ) -> None:
        """``titles``: of the pages: a line that is one leads to a page and says nothing of its own."""
        self._titles = titles
        self._embedder = embedder
        self._names = names
        self._weights = weights
        # The same few passages answer most questions: what reading them gives is kept.
        self._reading = lru_cache(maxsize=_KEPT_READINGS)(self._read_passage)

    def find(self, asked: Understanding, hits: Sequence[Hit]) -> tuple[Fact, ...]:
        """Return the best sentence of each hit's passage, best first, ties in hit order."""
        return best_of_passages(self.read(asked, hits))

    def read(self, asked: Understanding, hits: Sequence[Hit]) -> tuple[Fact, ...]:
        """Return every sentence of the first hits with its signals, in reading order."""
        vector = self._embedder.encode([asked.text])[0]
        facts: list[Fact] = []
        for hit in hits[:READ_PASSAGES]:
            reading = self._reading(hit.passage)
            cosines = (reading.vectors @ vector).tolist()
            for span, signals, missing in _signals(asked, hit, reading, cosines):
                facts.append(self._fact(asked, hit.passage, span, signals, missing))
        return tuple(facts)

    def _read_passage(self, passage: Passage) -> "_Reading":
        spans = tuple(_spans(passage))
        texts = [passage.text[start:end] for start, end in spans]
        above, columns = _above(passage)
        headings = (passage.place.title, *passage.place.heading_path[-2:])
        return _Reading(
            spans,
            tuple(Evidence(f"{columns}\n{_URL.sub(' ', text)}") for text in texts),
            self._embedder.encode(texts),
            Evidence(f"{above}\n{_spaced(passage.place.source)}"),
            Evidence("\n".join(headings)),
        )

    def _fact(
        self,
        asked: Understanding,
        passage: Passage,
        span: tuple[int, int],
        signals: Signals,
        missing: tuple[Term, ...],
    ) -> Fact:
        text = around = passage.text[slice(*span)]
        if passage.kind == "row":
            around = f"{passage.context}\n{text}"  # the unit of a number stands in its column's name
        elif len(text) <= _SHORT or text.endswith((":", "：")):
            around = passage.text[span[0] : span[1] + _LOOK_AHEAD]
        shows_measure = asked.shows_measures(around)
        is_eligible = shows_measure and self._is_eligible(asked, passage, span, around, missing)
        score = round(self._score(asked, passage, text, signals), 6)
        names_nobody = asked.kind == "person" and is_eligible and not self._names.names_person(around)
        subject = self._subject(asked, passage) if names_nobody else ""
        return Fact(passage, *span, score, signals, missing, shows_measure, is_eligible, subject)

    def _is_eligible(
        self,
        asked: Understanding,
        passage: Passage,
        span: tuple[int, int],
        around: str,
        missing: tuple[Term, ...],
    ) -> bool:
        """Tell whether nothing is missing that no likeness makes up for; ``around``: the sentence and its unit."""
        # Whether there is a dormitory is only told by what speaks of one.
        telling = _TELLING if asked.kind == "status" else _RARE
        if any(term.is_named or term.weight >= telling for term in missing):
            return False
        shows = asked.kind not in _strict_kinds() or self._shows_strictly(asked.kind, around)
        if not shows and not self._subject(asked, passage):
            return False
        above = " ".join((passage.place.title, *passage.place.heading_path))
        if asked.is_excluded(above) and not asked.names_in(passage.text[slice(*span)]):
            return False  # but where a former member is now stands under Alumni
        return (
            _stand_near(asked, passage, span)
            and _holds_editions(asked, passage)
            and _counts_target(asked, around)
            and (passage.kind != "row" or _tells_of_it(asked, passage, missing))
            and (asked.kind not in _OF_SOMETHING or not _lacks_all(asked, missing))
        )

    def _score(self, asked: Understanding, passage: Passage, text: str, signals: Signals) -> float:
        """Return the learned score, and what the data that it is learned from has no example of."""
        score = self._weights.ranking(signals.values)
        if asked.kinds & _UNDER_HEADINGS:
            score += _HEADING_WEIGHT * signals.heading
        if text in self._titles:
            score -= _LINK_PENALTY
        if passage.kind == "text":
            if len(text) < _LABEL and not text.endswith((":", "：")):
                score -= _LABEL_PENALTY
            if _is_labelled(asked, text):
                score += _LABELLED_BONUS
        return score

    def _subject(self, asked: Understanding, passage: Passage) -> str:
        """Return the heading that is a person's name, of whom the passage speaks, "" for none."""
        if asked.kind != "person" or passage.kind == "row":
            return ""
        above = (*reversed(passage.place.heading_path), passage.place.title)
        return next(filter(self._names.is_person, above), "")

    def _shows_strictly(self, kind: str, text: str) -> bool:
        if kind == "person":
            return self._names.names_person(text)
        return bool(evidence_patterns()[kind].search(text))


def best_of_passages(facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """Return the best of ``facts`` for each passage, best first, ties in the order given."""
    best: dict[str, Fact] = {}
    for fact in facts:
        known = best.get(fact.passage.id)
        if known is None or (fact.is_eligible, fact.score) > (known.is_eligible, known.score):
            best[fact.passage.id] = fact
    return tuple(sorted(best.values(), key=lambda fact: -fact.score))


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
    place = passage.place
    texts = (place.title, *place.heading_path[-2:], _spaced(place.source), passage.text[start : span[1] + _LOOK_AHEAD])
    near = Evidence("\n".join((*texts, _above(passage)[1])))
    return all(term.coverage(near) >= _COVERED for term in strict)


def _is_labelled(asked: Understanding, text: str) -> bool:
    """Tell whether a line's label is a plain word of the question: a value stands after it."""
    match = _LABELLED.match(text)
    if match is None:
        return False
    label = Evidence(match[1])
    return any(term.coverage(label) >= _CALLED for term in asked.content if not term.is_named)


def _tells_of_it(asked: Understanding, passage: Passage, missing: Sequence[Term]) -> bool:
    """Tell whether anything is found of what is asked about the names of the question.

    Of "Chi-Hui Lin's office number" a row that only has the name says nothing.
    """
    if asked.wanted in missing and asked.kind in ("fact", "list") and not asked.measures:
        return False
    if asked.kind in _strict_kinds() or _FREE_COLUMN.search(_above(passage)[1]):
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


def _spans(passage: Passage) -> list[tuple[int, int]]:
    """Return the units that may answer: a row, a sentence, an entry of a list, code with what leads to it."""
    if passage.kind == "row":
        return [(0, len(passage.text))]
    spans: list[tuple[int, int]] = []
    items = tuple(list_items(passage.text))
    for start, end in sentences(passage.text):
        block = next((b for b in passage.code if b[0] <= start < b[1]), None)
        if block is None:
            is_continued = spans and any(a <= spans[-1][0] and end <= b for a, b in items)
            spans.append((spans.pop()[0] if is_continued else start, end))
        elif not spans or spans[-1][1] <= start:
            lead = spans.pop()[0] if spans and block[1] - spans[-1][0] <= _LONGEST_CODE else block[0]
            spans.append((lead, block[1]))
    return spans


def _signals(
    asked: Understanding, hit: Hit, reading: _Reading, cosines: Sequence[float]
) -> Iterator[tuple[tuple[int, int], Signals, tuple[Term, ...]]]:
    """Yield (span, Signals, missing terms) for each sentence of a hit's passage."""
    passage, terms = hit.passage, asked.terms
    total = sum(term.weight for term in terms) or 1.0
    around = [_OUTSIDE_FACTOR * term.coverage(reading.outside) for term in terms]
    # What a page or section is about is the subject of each of its sentences.
    subject = [_SUBJECT * t.coverage(reading.headings) if t.is_named else 0.0 for t in terms]
    own = [
        [max(t.coverage(evidence), said, met) for t, said, met in zip(terms, subject, measured, strict=True)]
        for evidence, measured in zip(reading.evidences, _measured(asked, passage, reading.spans), strict=True)
    ]
    reach = [max(column) for column in zip(around, *own, strict=True)]
    missing = tuple(
        t for t, r in zip(terms, reach, strict=True) if t.role == "content" and r < _COVERED
    )
    heading = _heading_share(asked, reading)
    foreign = float(passage.language != asked.question.language)
    for span, mine, cosine in zip(reading.spans, own, cosines, strict=True):
        near = [max(m, _CONTEXT_FACTOR * r) for m, r in zip(mine, reach, strict=True)]
        coverage = _share(terms, near, total)
        yield span, Signals(
            coverage=coverage,
            own_coverage=_share(terms, mine, total),
            similarity=cosine,
            passage_similarity=hit.dense,
            heading=heading,
            passage_rank=hit.score,
            lexical=min(hit.lexical, 2.0),
            shows_kind=float(_shows(asked, passage.text[slice(*span)])),
            missing_names=sum(t.weight for t in missing if t.is_named) / total,
            missing_words=sum(t.weight for t in missing if not t.is_named) / total,
            is_row=float(passage.kind == "row"),
            is_foreign=foreign,
            foreign_coverage=foreign * coverage,
            foreign_similarity=foreign * cosine,
        ), missing  # fmt: skip


def _measured(
    asked: Understanding, passage: Passage, spans: Sequence[tuple[int, int]]
) -> Iterator[tuple[float, ...]]:
    """Yield for each sentence how far a value in it meets each term: 邮编 is met by 361005."""
    none = (0.0,) * len(asked.terms)
    met = tuple(_MEASURED * (term.text in asked.measured) for term in asked.terms)
    for span in spans:
        yield met if asked.measured and asked.shows_measures(passage.text[slice(*span)]) else none


def _above(passage: Passage) -> tuple[str, str]:
    """Return the headings above a passage and, of a row, the columns in which it has something."""
    parts, cells = passage.context.split(CONTEXT_SEPARATOR), passage.text.split("\t")
    if passage.kind != "row" or len(parts) < len(cells):
        return passage.context, ""
    headings, columns = parts[: len(parts) - len(cells)], parts[len(parts) - len(cells) :]
    filled = (name for name, cell in zip(columns, cells, strict=True) if cell.strip())
    return "\n".join(headings), "\n".join(filled)


def _spaced(source: str) -> str:
    """Return a path's words: necv2016.html speaks of NECV, 2025-04-17-job.md of 2025."""
    return f"{source} " + _DIGITS.sub(" ", source)


def _heading_share(asked: Understanding, reading: _Reading) -> float:
    """Return how far the page's title and the last heading alone say what is asked."""
    total = sum(term.weight for term in asked.content)
    said = [term.coverage(reading.headings) for term in asked.content]
    return _share(asked.content, said, total) if total else 0.0


def _share(terms: Sequence[Term], coverages: Sequence[float], total: float) -> float:
    return sum(t.weight * c for t, c in zip(terms, coverages, strict=True)) / total


def _shows(asked: Understanding, text: str) -> bool:
    if asked.kind == "definition":
        if asked.subject:
            return spells_out(asked.subject, text) > 0
    pattern = evidence_patterns().get(asked.kind)
    return pattern is None or bool(pattern.search(text))


@lru_cache(maxsize=1)
def _strict_kinds() -> frozenset[str]:
    return frozenset(question_words()["strict"].split())
