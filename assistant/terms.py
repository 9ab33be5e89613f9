"""One word of a question, and how far a text contains it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from assistant.text import Evidence, fold

_INNER_WORD_WEIGHT = 0.8  # a Chinese word covered only by the shorter words inside it
_SUFFIXES = "器生者员组性化类型式度率"  # characters that make another form of a word, not another thing
_PARTLY = 0.35  # of a Chinese word of which only a part is met

TermRole = Literal["content", "self", "filler"]


@dataclass(frozen=True)
class Term:
    """One word of a question and everything that would count as it in a document.

    ``variants``: (token, weight in 0…1); the word's own tokens weigh 1. ``is_named`` says that
    nothing else will do for it: a name, an acronym, a model or a number. ``hints`` are tokens of
    the corpus that it may mean as well: they help to find a passage and prove nothing of it.
    """

    text: str
    role: TermRole
    is_named: bool
    weight: float  # how much it narrows the question: inverse document frequency
    tokens: tuple[str, ...]
    variants: tuple[tuple[str, float], ...]
    hints: tuple[tuple[str, float], ...] = ()

    def coverage(self, evidence: Evidence) -> float:
        """Return how far ``evidence`` contains this term, 0…1."""
        return self._coverage(evidence, self._likeliest, self._inner)

    def coverages(self, evidences: Sequence[Evidence], everything: str) -> list[float]:
        """Return the coverage of each of ``evidences``; all their folded texts stand in ``everything``."""
        # Most texts hold none of a term's words: that no beginning of one stands there is soon told.
        likeliest = [told for told in self._likeliest if told[0] in everything]
        inner = [told for told in self._inner if told[0] in everything]
        if not likeliest and not inner:
            return [self._of_nothing] * len(evidences)
        return [self._coverage(evidence, likeliest, inner) for evidence in evidences]

    def is_absent(self, everything: str) -> bool:
        """Tell at once that no text whose folded form stands in ``everything`` contains any of this term."""
        if self._of_nothing:
            return False
        for start in self._starts:  # a loop: every term of every passage asks
            if start in everything:
                return False
        return True

    @cached_property
    def _starts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(told[0] for told in (*self._likeliest, *self._inner)))

    def _coverage(
        self, evidence: Evidence, likeliest: Sequence[tuple[str, str, float]], inner: Sequence[tuple[str, str]]
    ) -> float:
        folded, best = evidence.folded, 0.0
        for start, token, weight in likeliest:
            if start in folded and (evidence.has_word(token) if self._is_acronym else token in evidence):
                best = weight
                break
        if best == 1.0 or len(self.tokens) < 2 or self.is_named:
            return best
        found = [token for start, token in inner if start in folded and token in evidence]
        return max(best, self._inner_coverage(found))

    @cached_property
    def _is_acronym(self) -> bool:
        """ICML is no ICMLC: what follows an acronym within its word is an ending of no kind."""
        return self.is_named and self.text.isascii() and self.text.isalpha() and self.text.isupper()

    @cached_property
    def _of_nothing(self) -> float:
        return self._coverage(Evidence(""), (), ())

    @cached_property
    def _likeliest(self) -> tuple[tuple[str, str, float], ...]:
        """What of a token stands wherever it does, the token and its weight; the heaviest first."""
        counted = [(token, 1.0) for token in self.tokens[:1]]
        counted += sorted(self.variants, key=lambda variant: -variant[1])
        return tuple((Evidence.needed(token), token, weight) for token, weight in counted)

    @cached_property
    def _inner(self) -> tuple[tuple[str, str], ...]:
        """The same of the parts of a compound."""
        return tuple((Evidence.needed(token), token) for token in self.tokens[1:])

    @cached_property
    def _folded(self) -> str:
        return fold(self.text)

    def _inner_coverage(self, found: Sequence[str]) -> float:
        """Return how far a compound is met where of its parts those ``found`` stand.

        A Chinese word is met by shorter ones only where they make up all of it but a suffix: 编译 is
        as good as 编译器, 博士 is not 博士后.
        """
        if self.text.isascii():
            return _INNER_WORD_WEIGHT * len(found) / (len(self.tokens) - 1)
        rest = self._folded
        for token in found:
            rest = rest.replace(token, " ")
        whole = not rest.strip().strip(_SUFFIXES)
        return _INNER_WORD_WEIGHT if whole else _PARTLY * len(found) / (len(self.tokens) - 1)
