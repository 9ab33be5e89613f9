"""What of a row answers a question: the cells of the columns asked for, the sentences that speak of it."""

from collections.abc import Sequence

from assistant.answering.understanding import Understanding
from assistant.query import Term
from assistant.schema import Field, Record
from assistant.text import Evidence, sentences

_CALLED = 0.75  # how far a column's name must contain a term
_LONG = 240  # characters; of a longer value only the sentences that speak of the question are shown
_MOST_SENTENCES = 3


def telling_fields(asked: Understanding, record: Record) -> tuple[Field, ...]:
    """Return the fields of ``record`` to show, each value verbatim or a slice of it.

    Where the question names columns ("ZeroWaste-s 有多少张图片") these, with what the row is called;
    else all of them.
    """
    fields = [field for field in record.fields if field.value.strip()]
    called = _called(asked.content, fields)
    if called:
        first = fields[0]
        kept = [f for f in fields if f is first or f in called or _is_met(asked.content, f.value)]
        fields = kept if len(kept) < len(fields) else fields
    return tuple(Field(field.name, _relevant(asked.content, field.value)) for field in fields)


def _called(terms: Sequence[Term], fields: Sequence[Field]) -> list[Field]:
    """Return the fields whose column a term names and whose values it stands in nowhere."""
    values = Evidence("\n".join(field.value for field in fields))
    open_terms = [term for term in terms if term.coverage(values) < _CALLED]
    return [field for field in fields[1:] if _is_met(open_terms, field.name)]


def _is_met(terms: Sequence[Term], text: str) -> bool:
    evidence = Evidence(text)
    return any(term.coverage(evidence) >= _CALLED for term in terms)


def _relevant(terms: Sequence[Term], value: str) -> str:
    """Return of a long value the run of sentences from the first to the last that speaks of it."""
    if len(value) <= _LONG:
        return value
    spans = list(sentences(value))
    said = [sum(t.weight * t.coverage(Evidence(value[a:b])) for t in terms) for a, b in spans]
    best = max(said, default=0.0)
    if not best:
        return value
    index = said.index(best)
    start, end = spans[index]
    for after, following in zip(said[index + 1 :], spans[index + 1 :][: _MOST_SENTENCES - 1], strict=False):
        if not after:
            break
        end = following[1]
    return value[start:end]
