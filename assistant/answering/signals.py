"""What speaks for each sentence of a passage as the answer to a question."""

from dataclasses import dataclass

import numpy as np

from assistant.answering.definitions import spells_out
from assistant.answering.readings import Reading
from assistant.answering.understanding import Understanding, evidence_patterns
from assistant.query import Term
from assistant.schema import Hit, Passage

_COVERED = 0.5  # a term covered less than this is missing
_CONTEXT_FACTOR = 0.75  # a term met only in the headings or the sentence beside counts this much
_MEASURED = 0.9  # of a word for a measure, where a value of it stands
_SUBJECT = 0.9  # of a name that the headings hold
_OUTSIDE_FACTOR = 0.9  # a term that only the title, headings or columns hold


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


def signals_of(
    asked: Understanding, hit: Hit, reading: Reading, vector: np.ndarray
) -> tuple[tuple[Term, ...], list[Signals]]:
    """Return the content terms that are missing, and the signals of each sentence of a hit's passage.

    ``vector``: the question's, (dim,) float32.
    """
    passage, total = hit.passage, sum(term.weight for term in asked.terms) or 1.0
    own, near, headed, missing = _shares(asked, reading, passage)
    foreign = float(passage.language != asked.question.language)
    missing_names = sum(t.weight for t in missing if t.is_named) / total
    missing_words = sum(t.weight for t in missing if not t.is_named) / total
    lexical, is_row = min(hit.lexical, 2.0), float(passage.kind == "row")
    return missing, [
        Signals(
            coverage=near_share / total,
            own_coverage=own_share / total,
            similarity=cosine,
            passage_similarity=hit.dense,
            heading=headed,
            passage_rank=hit.score,
            lexical=lexical,
            shows_kind=float(_shows(asked, passage.text[start:end])),
            missing_names=missing_names,
            missing_words=missing_words,
            is_row=is_row,
            is_foreign=foreign,
            foreign_coverage=foreign * (near_share / total),
            foreign_similarity=foreign * cosine,
        )
        for (start, end), own_share, near_share, cosine in zip(
            reading.spans, own, near, (reading.vectors @ vector).tolist(), strict=True
        )
    ]


def _shares(
    asked: Understanding, reading: Reading, passage: Passage
) -> tuple[list[float], list[float], float, tuple[Term, ...]]:
    """Return the weight met in each sentence, in or near it, and the share in the headings; what is missing.

    What a page or section is about is the subject of each of its sentences. Sums are in the order
    of the terms: another order would round otherwise.
    """
    count, narrowing = len(reading.spans), set(map(id, asked.content))
    own, near, missing = [0.0] * count, [0.0] * count, []
    above = whole = 0.0
    for term in asked.terms:
        if term.is_absent(reading.everything) and term.text not in asked.measured:
            whole += term.weight * (id(term) in narrowing)
            missing += [term] * (term.role == "content")
            continue
        outside, headed, *met = term.coverages(
            (reading.outside, reading.headings, *reading.evidences), reading.everything
        )
        if headed and term.is_named:
            met = [max(share, _SUBJECT * headed) for share in met]
        if term.text in asked.measured:
            met = [max(share, value) for share, value in zip(met, _measured(asked, passage, reading), strict=True)]
        weight, reach = term.weight, max(_OUTSIDE_FACTOR * outside, *met)
        if id(term) in narrowing:
            above, whole = above + weight * headed, whole + weight
        if term.role == "content" and reach < _COVERED:
            missing.append(term)
        if reach:
            least = _CONTEXT_FACTOR * reach
            for place, share in enumerate(met):
                own[place] += weight * share
                near[place] += weight * (share if share > least else least)
    return own, near, above / whole if whole else 0.0, tuple(missing)


def _measured(asked: Understanding, passage: Passage, reading: Reading) -> list[float]:
    """Return for each sentence how far a value in it meets a term that asks for one: 邮编 is met by 361005."""
    return [_MEASURED * asked.shows_measures(passage.text[start:end]) for start, end in reading.spans]


def _shows(asked: Understanding, text: str) -> bool:
    if asked.kind == "definition":
        if asked.subject:
            return spells_out(asked.subject, text) > 0
    pattern = evidence_patterns().get(asked.kind)
    return pattern is None or bool(pattern.search(text))
