"""A question's words → weighted search terms: synonyms, translations, names and typos included."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from assistant.glossary import Glossary
from assistant.index.backend import Lexical
from assistant.index.frequency import WordFrequency
from assistant.index.names import NameIndex
from assistant.index.pinyin import syllables
from assistant.terms import Term, TermRole
from assistant.text import Word, fold, is_dictionary_word, is_stopword, normalize, tokenize, words
from assistant.yaml_text import parse_yaml

_LEXICON = Path(__file__).parent / "lexicon"
_SYNONYM_WEIGHT = 0.85
_RELATED_WEIGHT = 0.6  # of what may answer where nothing better does: a lab's professor for its leader
_PART_WEIGHT = 0.5  # of the translation of a part of a compound
_LATIN_LETTERS = re.compile(r"[A-Za-z]+")
_DEGREES = frozenset(("PhD", "MSc", "BSc", "MS", "BS"))
_HONORIFICS = frozenset("prof professor dr doctor mr mrs ms miss teacher advisor supervisor".split())
_EDITION = re.compile(r"([A-Za-z]{2,})['’-]?((?:19|20)\d\d)")
_HAN = re.compile(r"[\u4e00-\u9fff]")
# A word and, in brackets, the same in the other language: 富振奇 (Fu Zhenqi), Fu Zhenqi（富振奇）.
_GLOSS = re.compile(r"([\u4e00-\u9fff]{1,6}|[A-Za-z][\w'-]*(?: [A-Za-z][\w'-]*){0,8}) ?[(（]([^()（）,，;；、]{2,40})")
_GLOSSED = 1.0
_MONTH = re.compile(r"(1[0-2]|[1-9]) ?月份?")
_AMOUNT = re.compile(r"\d+-[A-Za-z]+")
_COUNTED = re.compile(r"[一二两三四五六七八九十几][个名位篇项种款张家次台门块届组份本](?=[\u4e00-\u9fff])")
_QUESTION_WORD = re.compile(r"^(?:[哪几].{0,2}|多少.?)$")
_FILLER_WEIGHT = 0.25
_SITE_NAME_SHARE = 0.3  # of that, for what the lab calls itself: pages seldom say it
_SELF_WEIGHT = 0.35
_CORPUS_SHARE = 0.5  # how much rarity in this corpus counts beside rarity in general text
_SHORTEST_PLACE = 5  # letters
_LATIN_NAME = 0.9  # of a Chinese name written in Latin letters
_LONGEST_PHRASE = 3  # words
_SMALLEST_TRANSLATION = 0.05
_HINT_WEIGHT = 0.7  # of a learned translation of a word whose meaning people wrote down
_MOST_HINTS = 16


class Translator(Protocol):
    """Weighted terms of the other language for the terms of a question."""

    def translate(self, tokens: Sequence[str]) -> tuple[tuple[str, float], ...]:
        """Return (term, weight in 0…1) for ``tokens``."""
        ...

    def senses(self, tokens: Sequence[str]) -> tuple[tuple[str, float], ...]:
        """Return (term, weight in 0…1) for everything that ``tokens`` may mean."""
        ...


class QueryParser:
    """Turns questions into terms, knowing one corpus's vocabulary."""

    def __init__(
        self,
        lexical: Lexical,
        frequency: WordFrequency,
        translator: Translator,
        names: NameIndex,
        glossary: Glossary,
        *,
        site_names: Set[str] = frozenset(),
    ) -> None:
        """``site_names``: folded words by which the site calls itself, in every question implied."""
        self._site_names = site_names
        self._lexical = lexical
        self._frequency = frequency
        self._translator = translator
        self._names = names
        self._glossary = glossary

    def parse(self, text: str) -> tuple[Term, ...]:
        """Return the terms of ``text`` in order, stop words left out, each once."""
        text = normalize(text)
        found = self._words(text)
        shouts = any(letter.isupper() for letter in text)
        terms: dict[str, Term] = {}
        glossed = tuple(self._glosses(text))
        for number, word in enumerate(found):
            if not is_stopword(word.text):
                after = found[number + 1] if number + 1 < len(found) else None
                before = found[number - 1] if number else None
                is_named = self._is_named(word, number, shouts) or self._is_addressed(word, after)
                is_named = is_named or _is_first_name(word, after)
                is_named = is_named and not _is_abbreviated(word, text)
                term = _with_glosses(self._term(word, before, after, is_named=is_named), word, glossed)
                if term.tokens:
                    terms.setdefault(fold(word.text), term)
        return tuple(terms.values())

    def is_generic(self, word: str) -> bool:
        """Tell whether the glossary has ``word``: what many labs' questions share (经费, deadline)."""
        return bool(self._glossary.synonyms(word))

    def _glosses(self, text: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
        """Yield (start, end, tokens) of what the asker says twice: tokens of 合作研究员（co-investigators）.

        Each side of the bracket counts as the other, where the two are in different scripts.
        """
        for match in _GLOSS.finditer(text):
            if bool(_HAN.search(match[1])) != bool(_HAN.search(match[2])):
                for side, other in ((1, 2), (2, 1)):
                    tokens = (token for token in tokenize(match[other]) if self._lexical.frequency(token))
                    yield match.start(side), match.end(side), tuple(tokens)

    def _words(self, text: str) -> list[Word]:
        """Return the words of ``text``, names of the corpus kept whole, however jieba cuts them."""
        found: list[Word] = []
        start = 0
        for name_start, name in self._names.find_in(text):
            found += _words_from(text, start, name_start)
            found.append(Word(name, name_start, is_han=True))
            start = name_start + len(name)
        found += _words_from(text, start, len(text))
        return self._joined([part for word in found for part in self._cut(word)], text)

    def _joined(self, found: Sequence[Word], text: str) -> list[Word]:
        """Return the words with those made one that the glossary knows as a phrase ("per year")."""
        joined: list[Word] = []
        number = 0
        while number < len(found):
            first = found[number]
            size = 1
            for last in range(min(len(found), number + _LONGEST_PHRASE) - 1, number, -1):
                end = found[last].start + len(found[last].text)
                phrase = text[first.start : end]
                if self._glossary.synonyms(phrase) and (not first.is_han or phrase == first.text + found[last].text):
                    first, size = Word(phrase, first.start, is_han=first.is_han), last - number + 1
                    break
                month = _MONTH.fullmatch(phrase)
                if month:
                    first, size = Word(f"{month[1]}月", first.start, is_han=False), last - number + 1
                    break
            joined.append(first)
            number += size
        return joined

    def _cut(self, word: Word) -> list[Word]:
        """Cut a Chinese word that is none (组能, 那篇: jieba joins what it does not know)."""
        if _AMOUNT.fullmatch(word.text):  # 512-byte: a number and its unit
            number, _, unit = word.text.partition("-")
            return [Word(number, word.start, is_han=False), Word(unit, word.start + len(number) + 1, is_han=False)]
        if word.is_han and self._names.is_addressed(word.text[:1], word.text[1:]):  # 刘老师
            return _parted(word, 1)
        counted = _COUNTED.match(word.text)
        if counted:  # 两门课
            return _parted(word, counted.end())
        edition = _EDITION.fullmatch(word.text)
        if edition:  # ECCV2024: rows have the venue and the year in columns of their own
            return [Word(edition[n], word.start + edition.start(n), is_han=False) for n in (1, 2)]
        known = not word.is_han or is_dictionary_word(word.text) or self._names.is_name(word.text)
        if known or self._lexical.frequency(word.text) or self._glossary.synonyms(word.text):
            return [word]
        return [Word(letter, word.start + n, is_han=True) for n, letter in enumerate(word.text)]

    def _term(self, word: Word, before: Word | None, after: Word | None, *, is_named: bool) -> Term:
        own = _own_tokens(word.text)
        role = self._role(word.text)
        is_named = is_named and role == "content"
        variants: dict[str, float] = {}
        for name in self._names.of_pinyin(word.text, *_latin_neighbours(before, after)):
            variants[name] = 1.0
        if is_named and word.is_han:
            # The given name where there is one: of a family name alone there are too many.
            latin = tokenize(self._names.in_latin(word.text))
            variants.update((token, _LATIN_NAME) for token in latin if self._lexical.frequency(token))
        if not variants and is_named:
            variants.update(dict.fromkeys(self._spelt(word, before, own), 1.0))
        synonyms = self._glossary.synonyms(word.text)
        corrections = self._corrections(word, own)
        for token in (*synonyms, *corrections):
            variants.setdefault(token, _SYNONYM_WEIGHT)
        for token in self._glossary.related(word.text):
            variants.setdefault(token, _RELATED_WEIGHT)
        # What people wrote down as one meaning is not widened by what was learned.
        # A person's name has no translation.
        is_person = is_named and word.is_han
        learned = () if synonyms or is_person else (*own[:1], *corrections)
        for token, weight in self._translator.translate(learned):
            if weight >= _SMALLEST_TRANSLATION:
                variants[token] = max(variants.get(token, 0.0), weight)
        parts = own[1:] if "-" in word.text and not is_named else ()
        if word.is_han and not is_named and not variants:
            parts = own[1:]  # 硕士论文 is in no table: its words are
        for token, weight in self._translator.translate(parts):
            if weight >= _SMALLEST_TRANSLATION:
                variants.setdefault(token, _PART_WEIGHT * weight)
        if word.is_han and not is_named and not self._lexical.frequency(own[0] if own else ""):
            variants.update((token, _LATIN_NAME) for token in self._places(own) if token not in variants)
        weight = self._weight(own, tuple(variants)) * self._share(word.text, role)
        return Term(
            word.text, role, is_named, weight, own, tuple(variants.items()), self._hints(own[:1], variants)
        )

    def _share(self, word: str, role: TermRole) -> float:
        """Return how much of a word's weight counts in its role."""
        if role == "self" and fold(word) in self._site_names:
            return _SELF_WEIGHT * _SITE_NAME_SHARE
        return {"content": 1.0, "self": _SELF_WEIGHT, "filler": _FILLER_WEIGHT}[role]

    def _hints(self, own: Sequence[str], variants: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
        """Return what else of the corpus ``own`` may mean, likeliest first."""
        weights = {token: _HINT_WEIGHT * weight for token, weight in self._translator.translate(own)}
        for token, weight in self._translator.senses(own):
            weights[token] = max(weight, weights.get(token, 0.0))
        new = ((t, w) for t, w in weights.items() if w > variants.get(t, 0.0) and self._lexical.frequency(t))
        return tuple(sorted(new, key=lambda pair: (-pair[1], pair[0]))[:_MOST_HINTS])

    def _places(self, own: Sequence[str]) -> Iterator[str]:
        """Yield how the corpus writes Chinese places in Latin letters: 兰州大学 is met by Lanzhou."""
        for token in own:
            spelt = "".join(syllables(token))
            if len(token) > 1 and len(spelt) >= _SHORTEST_PLACE and self._lexical.frequency(spelt):
                yield spelt

    def _spelt(self, word: Word, before: Word | None, own: Sequence[str]) -> tuple[str, ...]:
        """Return what a Latin name that this corpus lacks spells in pinyin: Prof. Tang, Tianhe-2."""
        if before is not None and fold(before.text) in _HONORIFICS:
            return self._names.of_surname(word.text)
        if word.is_han or not own or self._lexical.frequency(own[0]):
            return ()
        return next(filter(None, map(self._names.of_place, _LATIN_LETTERS.findall(word.text))), ())

    def _role(self, word: str) -> TermRole:
        lists = _fillers()
        # 哪几个, 几名, 多少篇: jieba has many of them as words.
        if fold(word) in lists["fillers"] or _QUESTION_WORD.match(word):
            return "filler"
        is_own_name = fold(word) in self._site_names and not self._glossary.synonyms(word)
        is_self = fold(word) in lists["self_words"] or is_own_name
        return "self" if is_self else "content"

    def _is_named(self, word: Word, number: int, has_capitals: bool) -> bool:
        if word.is_han:
            return self._names.is_name(word.text)
        if " " in word.text or word.text in _DEGREES:
            return False  # a phrase of the glossary; a degree has synonyms
        capitals = sum(letter.isupper() for letter in word.text)
        if capitals > 1 or (capitals and number) or re.search(r"[\d_@/.]", word.text):
            return True
        if "-" in word.text:
            return False  # full-time, open-source: its parts say what it means
        # In a question typed all in lower case a word that general text lacks is a name as well.
        return not has_capitals and any(token not in self._frequency for token in tokenize(word.text)[:1])

    def _is_addressed(self, word: Word, after: Word | None) -> bool:
        """Tell whether the word is the surname in 陈老师."""
        return after is not None and len(word.text) == 1 and self._names.is_addressed(word.text, after.text)

    def _corrections(self, word: Word, own: Sequence[str]) -> tuple[str, ...]:
        """Return the corpus's own spelling of a mistyped Latin word."""
        unknown = not word.is_han and len(word.text) >= 5 and word.text.isalpha() and bool(own)
        if not unknown or self._lexical.frequency(own[0]) or own[0] in self._frequency:
            return ()
        from rapidfuzz import distance, process

        known = [token for token in self._lexical.vocabulary if token.isascii() and len(token) > 3]
        found = process.extract(
            own[0], known, scorer=distance.DamerauLevenshtein.normalized_similarity,
            score_cutoff=0.8, limit=3,
        )  # fmt: skip
        return tuple(sorted(token for token, _, _ in found))

    def _weight(self, own: tuple[str, ...], variants: tuple[str, ...]) -> float:
        """Return how much a word narrows a question, 0…1: rare in general, and rare here."""
        if not own:
            return 0.0
        parts = own[1:] if " " in own[0] else own[:1]
        known = [token for token in (*parts, *variants) if self._lexical.frequency(token)]
        here = min((self._lexical.idf(token) for token in known), default=self._lexical.idf(""))
        share = here / self._lexical.idf("")
        rarity = max(map(self._frequency.rarity, parts), default=0.0)
        return rarity * (1 - _CORPUS_SHARE + _CORPUS_SHARE * share)


def _with_glosses(term: Term, word: Word, glossed: Iterable[tuple[int, int, tuple[str, ...]]]) -> Term:
    """Return the term with what its bracket says as variants."""
    said = [token for start, end, tokens in glossed if start <= word.start < end for token in tokens]
    if not said:
        return term
    return replace(term, variants=tuple({**dict(term.variants), **dict.fromkeys(said, _GLOSSED)}.items()))


def _parted(word: Word, at: int) -> list[Word]:
    return [replace(word, text=word.text[:at]), replace(word, text=word.text[at:], start=word.start + at)]


def _words_from(text: str, start: int, end: int) -> list[Word]:
    return [replace(word, start=word.start + start) for word in words(text[start:end])]


def _own_tokens(word: str) -> tuple[str, ...]:
    """Return the word's tokens, the whole word, or the whole phrase, first."""
    tokens = list(dict.fromkeys(tokenize(word)))
    whole = fold(word)
    if whole in tokens or " " in whole:
        tokens = [whole, *(token for token in tokens if token != whole)]
    return tuple(tokens)


def _is_abbreviated(word: Word, text: str) -> bool:
    """Tell whether a full stop inside the text cuts the word short: Phys. Rev., Prof., J. Smith."""
    end = word.start + len(word.text)
    return not word.is_han and len(word.text) <= 5 and text[end : end + 1] == "." and end + 1 < len(text)


def _is_first_name(word: Word, after: Word | None) -> bool:
    """Tell whether two capitalised Latin words begin a question: Yitian Guo 的 …"""
    if after is None or word.is_han or after.is_han or word.start:
        return False
    return all(w.text.istitle() and w.text.isalpha() and len(w.text) > 1 for w in (word, after))


def _latin_neighbours(before: Word | None, after: Word | None) -> tuple[str, ...]:
    return tuple(word.text for word in (before, after) if word is not None and not word.is_han)


@lru_cache(maxsize=1)
def _fillers() -> dict[str, frozenset[str]]:
    values = parse_yaml((_LEXICON / "fillers.yaml").read_text("utf-8"))
    return {
        kind: frozenset(word for listed in lists.values() for word in listed.split())
        for kind, lists in values.items()
    }
