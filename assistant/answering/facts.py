"""Finds the sentence that answers a question in the passages that retrieval found."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answering.eligibility import Eligibility
from assistant.answering.readings import PassageReader
from assistant.answering.signals import Signals, signals_of
from assistant.answering.understanding import Understanding
from assistant.answering.weights import Weights
from assistant.index.embedding import Embedder
from assistant.index.names import NameIndex
from assistant.index.store import Generation
from assistant.query import Term
from assistant.schema import Hit, Passage
from assistant.text import Evidence

READ_PASSAGES = 12  # of the hits, how many are read sentence by sentence
_UNDER_HEADINGS = frozenset(("list", "person", "count"))  # kinds whose answer a heading announces
_HEADING_WEIGHT = 3.0  # for them; the data that the other weights are learned from has no such lists
_LOOK_AHEAD = 160  # characters after a short sentence in which the kind asked for may show
_SHORT = 40  # characters
_LABEL = 8  # characters; a text this short is a label or a menu entry that matches by its name
_LABEL_PENALTY = 0.15
_LINK_PENALTY = 4.0  # of an entry of a table of contents
_LABELLED = re.compile(r"\W{0,3}([^:：。，,;；]{2,16})[:：]\s*\S")  # 研究方向：图信号处理
_LABELLED_BONUS = 1.0  # where the label is what is asked for
_MEASURED_BONUS = 0.5  # where the sentence itself, not the next, has the value
_CALLED = 0.75  # how far a label must contain a term


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


class FactFinder:
    """Ranks the sentences of hits."""

    def __init__(self, embedder: Embedder, names: NameIndex, weights: Weights, generation: Generation) -> None:
        """``generation``: that of the hits."""
        # A line that is a page's title leads to that page and says nothing of its own.
        self._titles = generation.outline.titles
        self._embedder = embedder
        self._reader = PassageReader(embedder, generation)
        self._names = names
        self._eligibility = Eligibility(names)
        self._weights = weights

    def find(self, asked: Understanding, hits: Sequence[Hit]) -> tuple[Fact, ...]:
        """Return the best sentence of each hit's passage, best first, ties in hit order."""
        return best_of_passages(self.read(asked, hits))

    def read(self, asked: Understanding, hits: Sequence[Hit]) -> tuple[Fact, ...]:
        """Return every sentence of the first hits with its signals, in reading order."""
        vector = self._embedder.encode([asked.text])[0]
        facts: list[Fact] = []
        for hit in hits[:READ_PASSAGES]:
            reading = self._reader.read(hit.passage)
            missing, signals = signals_of(asked, hit, reading, vector)
            for span, signal in zip(reading.spans, signals, strict=True):
                facts.append(self._fact(asked, hit.passage, span, signal, missing))
        return tuple(facts)

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
        names_nobody = asked.kind == "person" and is_eligible and not self._names.names_person(text)
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
            if asked.measures and asked.shows_measures(text):
                score += _MEASURED_BONUS
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
