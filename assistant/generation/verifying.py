"""Checks a sentence of a reply against the quotes that it cites."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, Protocol

from assistant.generation.claims import Claims, agrees, claims_of, stated_numbers, without_addresses
from assistant.generation.markup import is_active
from assistant.generation.names import unsupported_names
from assistant.generation.pairing import clauses_of, is_mispaired
from assistant.generation.quotes import Quote
from assistant.generation.reply import Sentence
from assistant.generation.wordlists import denial, glue, same_meaning
from assistant.query import Term
from assistant.schema import Language
from assistant.text import Evidence, detect_language, fold, is_stopword, squeeze

Reason = Literal[
    "uncited", "unknown-quote", "language", "markup", "prompt",
    "address", "number", "date", "name", "mispaired", "denial", "words",
]  # fmt: skip
_MET = 0.05  # coverage from which a translation or a part of a word counts as that word
_SURE = 0.3  # weight of a translation that may stand for a name
_UNTRANSLATED = 0.2  # share of the words that may have no translation at all, between two languages
_LONGEST_NAME = 4  # words
_ECHO = 40  # characters of the instructions that a reply may not repeat


class Parser(Protocol):
    """Turns text into weighted terms with their synonyms and translations."""

    def parse(self, text: str) -> tuple[Term, ...]:
        """Return the terms of ``text`` in order."""
        ...


@dataclass(frozen=True)
class _Clause:
    """A part of the quotes between two marks, and whether it denies something."""

    evidence: Evidence
    denies: bool


@dataclass(frozen=True)
class _Support:
    """What the cited quotes say, in the forms that the checks need."""

    text: str  # the quotes
    around: str  # the quotes with their titles and headings
    evidence: Evidence  # of the same
    stated: Claims
    numbers: frozenset[str]
    translated: frozenset[str]  # what its words may be in the other language, as search tokens
    language: Language
    clauses: tuple[_Clause, ...]


class Verifier:
    """Decides which sentences may be shown; knows one corpus's vocabulary."""

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        # Several sentences of a reply cite the same quotes.
        self._support = lru_cache(maxsize=32)(self._read)

    def objection(
        self, sentence: Sentence, quotes: Sequence[Quote], *, language: Language, instructions: str
    ) -> Reason | None:
        """Return why ``sentence`` is not supported by the quotes that it cites, None where it is.

        Everything checkable (addresses, numbers, dates, names) must stand in the cited quotes or
        the titles and headings above them; so must, in the same language or translated, every word
        that carries meaning. ``instructions`` is what the model was told: it may not be repeated.
        """
        if not sentence.cites:
            return "uncited"
        known = {quote.number: quote for quote in quotes}
        if any(number not in known for number in sentence.cites):
            return "unknown-quote"
        if not _is_in(language, sentence.text):
            return "language"
        support = self._support(tuple(known[number] for number in sentence.cites))
        if is_active(sentence.text, known=support.text):
            return "markup"
        if _echoes(sentence.text, instructions, support):
            return "prompt"
        return _wrong_claim(sentence.text, support) or self._wrong_word(sentence.text, support)

    def _read(self, cited: tuple[Quote, ...]) -> _Support:
        text = "\n".join(quote.text for quote in cited)
        around = "\n".join((*(quote.about for quote in cited), text))
        translated = frozenset(
            token
            for term in self._parser.parse(around)
            for token, weight in term.variants
            if weight >= _MET and token.isascii() != term.text.isascii()
        )
        return _Support(
            text, around, Evidence(around), claims_of(around), stated_numbers(around), translated,
            detect_language(text),
            tuple(_Clause(Evidence(part), bool(denial().search(part))) for part in clauses_of(text)),
        )  # fmt: skip

    def _wrong_word(self, text: str, support: _Support) -> Reason | None:
        if unsupported_names(text, support.around, lambda word: self._is_translated(word, support)):
            return "name"
        if is_mispaired(text, support.text):
            return "mispaired"
        terms = [term for term in self._parser.parse(without_addresses(text)) if _carries_meaning(term)]
        if denial().search(text):
            denies_alone = not denial().search(support.around)
        else:
            denies_alone = _leaves_out_denial(terms, support)
        if denies_alone:
            return "denial"
        return None if _words_are_met(text, terms, support) else "words"

    def _is_translated(self, word: str, support: _Support) -> bool:
        variants = (variant for term in self._parser.parse(word) for variant in term.variants)
        return any(
            weight >= _SURE and token.isascii() != word.isascii() and token in support.evidence
            for token, weight in variants
        )


def _is_in(language: Language, text: str) -> bool:
    """Tell whether ``text`` may pass as ``language``: a name or an address alone is of either."""
    has_words = len(re.findall(r"[A-Za-z]+", without_addresses(text))) > _LONGEST_NAME
    return detect_language(text) == language or (language == "zh" and not has_words)


def _wrong_claim(text: str, support: _Support) -> Reason | None:
    claims, stated = claims_of(text), support.stated
    if not all(_is_address_in(address, support) for address in claims.addresses):
        return "address"
    if not claims.numbers <= support.numbers:
        return "number"
    dates_fit = all(agrees(date, stated.dates, support.numbers) for date in claims.dates)
    return None if dates_fit and claims.weekdays <= stated.weekdays else "date"


def _is_address_in(address: str, support: _Support) -> bool:
    """Tell whether a quote holds the whole address: part of a longer one is another."""
    pattern = rf"(?<![\w.@/-]){re.escape(address)}(?![\w@-]|[./?#&=:]\w)"
    return re.search(pattern, support.text.lower()) is not None


def _echoes(text: str, instructions: str, support: _Support) -> bool:
    said, told, shown = (" ".join(fold(part).split()) for part in (text, instructions, support.text))
    runs = (said[start : start + _ECHO] for start in range(max(1, len(said) - _ECHO + 1)))
    return any(len(run) == _ECHO and run in told and run not in shown for run in runs)


def _leaves_out_denial(terms: Sequence[Term], support: _Support) -> bool:
    """Tell whether every clause of the quotes that says most of the sentence's words denies something.

    "We accept interns" is not what "we do not accept interns" says.
    """
    met = [sum(_stands_in(term, clause.evidence) for term in terms) for clause in support.clauses]
    most = max(met, default=0)
    return most > 0 and all(
        clause.denies for clause, count in zip(support.clauses, met, strict=True) if count == most
    )


def _words_are_met(text: str, terms: Sequence[Term], support: _Support) -> bool:
    """Tell whether the words that carry meaning stand in the quotes.

    Between two languages a word counts where one of its translations stands there; a few may
    have none that we know, but a word whose translations are known and missing may not pass.
    """
    unmet = [term for term in terms if not _is_met(term, support)]
    if detect_language(text) == support.language or not unmet:
        return not unmet
    return not any(term.variants for term in unmet) and len(unmet) <= _UNTRANSLATED * len(terms)


def _carries_meaning(term: Term) -> bool:
    if term.is_named:
        return True
    word = fold(term.text)
    is_letter = len(word) == 1 and word.isascii()
    is_number = bool(claims_of(f"{word} ").numbers)  # checked as such
    return not (word in glue() or is_stopword(word) or is_letter or is_number)


def _stands_in(term: Term, evidence: Evidence) -> bool:
    alike = same_meaning().get(fold(term.text), ())
    return term.coverage(evidence) >= _MET or any(word in evidence for word in alike)


def _is_met(term: Term, support: _Support) -> bool:
    if _stands_in(term, support.evidence) or any(token in support.translated for token in term.tokens):
        return True
    # The word itself may stand there, however jieba cuts it from its neighbours.
    return not term.text.isascii() and squeeze(term.text) in squeeze(support.around)
