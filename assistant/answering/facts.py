"""Finds the sentence that answers a question in the passages that retrieval found."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from assistant.answering.definitions import spells_out
from assistant.answering.eligibility import Eligibility
from assistant.answering.surroundings import above, spaced
from assistant.answering.understanding import Understanding, evidence_patterns
from assistant.answering.weights import Weights
from assistant.index.embedding import Embedder
from assistant.index.names import NameIndex
from assistant.query import Term
from assistant.schema import Hit, Passage
from assistant.text import Evidence, list_items, sentences

READ_PASSAGES = 12  # of the hits, how many are read sentence by sentence
_CONTEXT_FACTOR = 0.75  # a term met only in the headings or the sentence beside counts this much
_URL = re.compile(r"https?://[^\s）)]+")  # says little of what is asked, and holds many words
_UNDER_HEADINGS = frozenset(("list", "person", "count"))  # kinds whose answer a heading announces
_HEADING_WEIGHT = 3.0  # for them; the data that the other weights are learned from has no such lists
_MEASURED = 0.9  # of a word for a measure, where a value of it stands
_SUBJECT = 0.9  # of a name that the headings hold
_OUTSIDE_FACTOR = 0.9  # a term that only the title, headings or columns hold
_KEPT_READINGS = 4096  # passages
_LOOK_AHEAD = 160  # characters after a short sentence in which the kind asked for may show
_SHORT = 40  # characters
_LABEL = 8  # characters; a text this short is a label or a menu entry that matches by its name
_LABEL_PENALTY = 0.15
_LINK_PENALTY = 4.0  # of an entry of a table of contents
_LABELLED = re.compile(r"\W{0,3}([^:：。，,;；]{2,16})[:：]\s*\S")  # 研究方向：图信号处理
_LABELLED_BONUS = 1.0  # where the label is what is asked for
_LONGEST_CODE = 600  # characters of a code block that is shown with the sentence before it
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
        self._eligibility = Eligibility(names)
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
        headings_above, columns = above(passage)
        headings = (passage.place.title, *passage.place.heading_path[-2:])
        return _Reading(
            spans,
            tuple(Evidence(f"{columns}\n{_URL.sub(' ', text)}") for text in texts),
            self._embedder.encode(texts),
            Evidence(f"{headings_above}\n{spaced(passage.place.source)}"),
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
        is_eligible = shows_measure and self._eligibility.holds(asked, passage, span, around, missing)
        score = round(self._score(asked, passage, text, signals), 6)
        names_nobody = asked.kind == "person" and is_eligible and not self._names.names_person(around)
        subject = self._eligibility.subject(asked, passage) if names_nobody else ""
        return Fact(passage, *span, score, signals, missing, shows_measure, is_eligible, subject)

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




def best_of_passages(facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """Return the best of ``facts`` for each passage, best first, ties in the order given."""
    best: dict[str, Fact] = {}
    for fact in facts:
        known = best.get(fact.passage.id)
        if known is None or (fact.is_eligible, fact.score) > (known.is_eligible, known.score):
            best[fact.passage.id] = fact
    return tuple(sorted(best.values(), key=lambda fact: -fact.score))




def _is_labelled(asked: Understanding, text: str) -> bool:
    """Tell whether a line's label is a plain word of the question: a value stands after it."""
    match = _LABELLED.match(text)
    if match is None:
        return False
    label = Evidence(match[1])
    return any(term.coverage(label) >= _CALLED for term in asked.content if not term.is_named)





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
