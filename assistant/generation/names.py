"""Tells whether the names of a sentence stand in the quotes, also as pinyin or translated."""

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import yaml

from assistant.generation.claims import without_addresses
from assistant.generation.wordlists import glue, titles
from assistant.text import Word, detect_language, fold, is_dictionary_word, is_stopword, normalize, squeeze, words

_LONGEST_NAME = 6  # characters of a Chinese name or place that may be spelt in Latin letters
_HAN_RUN = re.compile(r"[\u4e00-\u9fff]+")
_CODE = re.compile(r"\d|[._+/@#]|[A-Z].*[A-Z]|[a-z][A-Z]")
_CALENDAR = re.compile(
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?|(?:mon|tues|wednes|thurs|fri|satur|sun)days?)"
)


class Translation(Protocol):
    """Tells whether a word of one language stands in the quotes in the other."""

    def __call__(self, word: str) -> bool:
        """Return True where a translation of ``word`` stands there."""
        ...


def unsupported_names(text: str, quoted: str, is_translated: Translation) -> list[str]:
    """Return the names of ``text`` that ``quoted`` does not hold, in order.

    A name is a word with a capital, except where it only begins a sentence; an acronym, a word with
    a digit; in a Chinese sentence every Latin word; and every Chinese word that may be a name.
    """
    shown = normalize(without_addresses(text))
    found = words(shown)
    latin_is_foreign = detect_language(text) == "zh"
    missing: list[str] = []
    for number, word in enumerate(found):
        if word.is_han:
            if _may_be_han_name(word.text) and not _han_name_stands(word.text, quoted, is_translated):
                missing.append(word.text)
        elif _is_latin_name(word, starts=number == 0, is_foreign=latin_is_foreign) and not (
            _latin_stands(word.text, quoted) or _spells_pinyin(found, number, quoted) or is_translated(word.text)
        ):
            missing.append(word.text)
    return missing + [match[0] for match in titles().finditer(shown) if _is_strange_surname(match[1], quoted)]


def _is_latin_name(word: Word, *, starts: bool, is_foreign: bool) -> bool:
    text = word.text
    if len(text) == 1 or text.replace(".", "").isdigit() or _CALENDAR.fullmatch(text.lower()):
        return False  # numbers and dates are checked as such
    if _CODE.search(text):
        return True
    if is_foreign:
        return True
    return text[0].isupper() and not starts and fold(text) not in glue()


def _latin_stands(word: str, quoted: str) -> bool:
    folded = fold(quoted)
    for spelling in dict.fromkeys((fold(word), fold(word).removesuffix("s"))):
        if re.search(rf"(?<![a-z0-9]){re.escape(spelling)}s?(?![a-z0-9])", folded):
            return True
    if not re.search(r"[-_/]|\d", word):
        return False
    # GPT-4 and GPT4, Fisheye GS and Fisheye-GS are one; A10 is not A100.
    loose = re.sub(r"[\W_]+", "", fold(word))
    return re.search(rf"(?<![a-z0-9]){r'[^a-z0-9一-鿿]?'.join(map(re.escape, loose))}(?![a-z0-9])", folded) is not None


def _spells_pinyin(found: list[Word], number: int, quoted: str) -> bool:
    """Tell whether the word, alone or with a neighbour, spells Chinese characters of the quotes."""
    if not found[number].text.isalpha() or not _HAN_RUN.search(quoted):
        return False
    spelt = _spellings(quoted)
    word = found[number].text.lower()
    beside = [w.text.lower() for w in found[max(0, number - 1) : number + 2] if not w.is_han and w.text.lower() != word]
    joined = (word, *(word + other for other in beside), *(other + word for other in beside))
    return any(spelling in spelt for spelling in joined)


@lru_cache(maxsize=64)
def _spellings(quoted: str) -> frozenset[str]:
    """Return how two to six neighbouring characters of ``quoted`` are spelt, family name first or last."""
    # pypinyin takes a third of a second to import: only names in Latin letters need it.
    from pypinyin import lazy_pinyin

    spelt: set[str] = set()
    for run in _HAN_RUN.findall(quoted):
        syllables = [syllable.replace("ü", "v") for syllable in lazy_pinyin(run)]
        for start in range(len(syllables)):
            for size in range(2, _LONGEST_NAME + 1):
                part = syllables[start : start + size]
                if len(part) == size:
                    spelt.add("".join(part))
                    spelt.add("".join((*part[1:], part[0])))
    return frozenset(spelt)


def _may_be_han_name(word: str) -> bool:
    if len(word) < 2 or word in glue() or is_stopword(word):
        return False
    return not is_dictionary_word(word) or (len(word) <= 3 and word[0] in _surnames())


def _han_name_stands(word: str, quoted: str, is_translated: Translation) -> bool:
    if squeeze(word) in squeeze(quoted) or is_translated(word):
        return True
    from pypinyin import lazy_pinyin

    syllables = [syllable.replace("ü", "v") for syllable in lazy_pinyin(word)]
    folded = "".join(character for character in fold(quoted) if character.isalnum() and character.isascii())
    return any("".join(order) in folded for order in (syllables, (*syllables[1:], syllables[0])))


def _is_strange_surname(surname: str, quoted: str) -> bool:
    if surname not in _surnames() or surname in quoted:
        return False
    from pypinyin import lazy_pinyin

    return not any(fold(name) == lazy_pinyin(surname)[0] for name in _latin_words(quoted))


def _latin_words(text: str) -> Iterator[str]:
    return (match[0] for match in re.finditer(r"[A-Za-z]+", text))


@lru_cache(maxsize=1)
def _surnames() -> frozenset[str]:
    path = Path(__file__).resolve().parent.parent / "lexicon" / "surnames.yaml"
    return frozenset(yaml.safe_load(path.read_text("utf-8"))["surnames"].split())
