"""Finds a value that a sentence gives to somebody else than the quotes do."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from assistant.generation.claims import claims_of
from assistant.text import fold, words

# Lines, sentences and clauses: what stands in one of these belongs together more than what does not.
_LEVELS = (
    re.compile(r"\n+"),
    re.compile(r"[\n。！？!?；;]+|\.(?=\s)"),
    re.compile(r"[\n。！？!?；;，,、|\t]+|\.(?=\s)|\b(?:and|while|whereas|but)\b"),
)
_CLAUSE = re.compile(r"[，,；;、]+|\b(?:and|while|whereas|but)\b|(?<=[\w）)])(?:而|和|与)(?=[\w（(])")

Values = frozenset[str]


def is_mispaired(text: str, quoted: str) -> bool:
    """Tell whether a clause of ``text`` joins a value of ``quoted`` with the words beside another one.

    "A writes to b@lab" is mispaired where one line says "A a@lab" and another "B b@lab": of the
    words that tell the two lines apart, the clause has only those of the wrong one.
    """
    clauses = [clause for clause in _CLAUSE.split(text) if clause.strip()]
    return any(
        _is_wrong_part(kind, value, _words(clause), _parts(quoted, level))
        for clause in clauses
        for kind, values in enumerate(_values(clause))
        for value in sorted(values)
        for level in range(len(_LEVELS))
    )


def clauses_of(text: str) -> list[str]:
    """Return the clauses of ``text``: what stands between two marks or before an "and"."""
    return [part for part in _LEVELS[-1].split(text) if part.strip()]


def _is_wrong_part(kind: int, value: str, said: Values, parts: Sequence["_Part"]) -> bool:
    right = [part for part in parts if value in part.values[kind]]
    wrong = [part for part in parts if part.values[kind] and value not in part.values[kind]]
    if not right or not wrong:
        return False
    right_words = frozenset(word for part in right for word in part.words)
    wrong_words = frozenset(word for part in wrong for word in part.words)
    own, other = right_words - wrong_words, wrong_words - right_words
    # Between two languages hardly any word could be the same.
    can_tell = any(word.isascii() == mark.isascii() for word in own for mark in said & other)
    return bool(said & other) and not said & own and can_tell


class _Part:
    """One line, sentence or clause of the quotes."""

    def __init__(self, text: str) -> None:
        self.values = _values(text)
        self.words = _words(text)


@lru_cache(maxsize=128)
def _parts(quoted: str, level: int) -> tuple[_Part, ...]:
    return tuple(_Part(part) for part in _LEVELS[level].split(quoted) if part.strip())


def _values(text: str) -> tuple[Values, Values, Values]:
    """Return addresses, numbers and dates."""
    claims = claims_of(text)
    dates = frozenset("-".join(map(str, date)) for date in claims.dates)
    return claims.addresses, claims.numbers, dates


def _words(text: str) -> Values:
    return frozenset(_marks(text))


def _marks(text: str) -> Iterator[str]:
    """Yield what tells lines apart: names and other words, not the values themselves."""
    for word in words(text):
        folded = fold(word.text)
        if len(folded) > 1 and not folded.replace(".", "").isdigit() and "@" not in folded:
            yield folded
