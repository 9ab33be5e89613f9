"""Personal names: those of a corpus by their pinyin as well, and whether a text names a person."""

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from assistant.index.frequency import WordFrequency
from assistant.index.pinyin import syllables
from assistant.text import fold, is_dictionary_word, list_items, tokenize
from assistant.yaml_text import parse_yaml

_LONGEST_NAME = 4  # characters
_RARE = 0.55  # words of a Latin name are at least this rare in general text
_HAN = re.compile(r"[\u4e00-\u9fff]+")
# Two to four syllables of pinyin: an English word that happens to look so is in no table.
_PINYIN = re.compile(
    r"(?:(?:[bpmfdtnlgkhjqxrzcsyw]|zh|ch|sh)?(?:iang|iong|uang|ang|eng|ing|ong|ian|iao|uai|uan|ai|an|ao|ei|en|er"
    r"|ia|ie|in|iu|ou|ua|ui|un|uo|ue|a|e|i|o|u|v)){2,4}"
)
_NO_NAME = re.compile("[有是的用在了和与为不会能要到去来过等及或也都就还被把对从向哪几个些么吗呢]")
_LEADING = re.compile(r"\W*([\u4e00-\u9fff]{2,4}) ?[，,（(:：\t]")
_FEWEST_LEADING = 3  # in one passage: one alone may be any word
_TITLES = frozenset("老师 教授 博士 导师 院士 研究员 同学 先生 女士".split())
_BY = re.compile(r"\b(?:by|from) [A-Z]\w+")  # funded by DEF: who may be no person
_LATIN_NAME = r"(?:(?:Prof|Dr|Mrs?|Ms|Miss)\.? ?)?[A-Z][\w.'’-]*(?: [A-Z][\w.'’-]*){1,3}"
_WHOLE_NAME = re.compile(rf"{_LATIN_NAME}(?:, Ph\.?D\.?)?")
_NAME_WORD = re.compile(r"[A-Z][a-z]{2,}")
_TWICE_NAMED = re.compile(
    rf"^(?:{_LATIN_NAME}\W{{1,3}}([\u4e00-\u9fff]{{2,4}})\W?|([\u4e00-\u9fff]{{2,4}})\W{{1,3}}{_LATIN_NAME}\W?)$"
)
_LATIN_PAIR = re.compile(r"\b([A-Z][a-z]{1,14}) (?:[A-Z]\. )?([A-Z][a-z]{1,14})\b")


class NameIndex:
    """The words of a corpus that may be Chinese names."""

    def __init__(
        self, tokens: Iterable[str], frequency: WordFrequency, stated: Iterable[str] = (),
        headings: Iterable[str] = (),
    ) -> None:
        """``stated``: texts that documents give as names, such as the cells of a name column.

        ``headings``: titles and headings, names of people among them.
        """
        self._frequency = frequency
        self._stated = frozenset(name for name in stated if _has_surname(name) or _is_no_word(name))
        self._stated |= frozenset(filter(None, map(chinese_name, headings)))
        tokens = tuple(tokens)
        guessed = (t for t in tokens if looks_like_name(t) and t not in frequency)
        self._names = tuple(sorted({*guessed, *self._stated}))
        self._known = frozenset(self._names)
        self._by_pinyin: dict[str, tuple[str, ...]] | None = None
        self._by_surname: dict[str, tuple[str, ...]] | None = None
        self._words = tuple(t for t in tokens if _HAN.fullmatch(t) and 2 <= len(t) <= _LONGEST_NAME)
        self._words_by_pinyin: dict[str, tuple[str, ...]] | None = None

    def is_name(self, word: str) -> bool:
        """Tell whether ``word`` may be a Chinese name, in the corpus or not."""
        return word in self._stated or looks_like_name(word)

    def is_addressed(self, surname: str, title: str) -> bool:
        """Tell whether the two words address a person: 陈 老师."""
        return surname in _surnames() and title in _TITLES

    def find_in(self, text: str) -> list[tuple[int, str]]:
        """Return (start, name) of the stated names in ``text``, the longest at each place."""
        found: list[tuple[int, str]] = []
        start = 0
        while start < len(text):
            sizes = (n for n in range(_LONGEST_NAME, 1, -1) if text[start : start + n] in self._stated)
            size = next(sizes, 0)
            if size:
                found.append((start, text[start : start + size]))
            start += max(size, 1)
        return found

    def names_person(self, text: str) -> bool:
        """Tell whether ``text`` holds what looks like a person's name."""
        surnames = _surnames()
        for start, character in enumerate(text):
            if character in surnames and (
                text[start : start + 2] in self._known or text[start : start + 3] in self._known
            ):
                return True
        return bool(_BY.search(text)) or any(
            all(self._is_rare(word) for word in pair.groups()) for pair in _LATIN_PAIR.finditer(text)
        )

    def is_person(self, heading: str) -> bool:
        """Tell whether ``heading`` is a person's name and nothing else."""
        if chinese_name(heading):
            return True
        return bool(_WHOLE_NAME.fullmatch(heading)) and all(map(self._is_rare, _NAME_WORD.findall(heading)))

    def _is_rare(self, word: str) -> bool:
        return all(self._frequency.rarity(token) >= _RARE for token in tokenize(word)[:1] or ("the",))

    def in_latin(self, name: str) -> str:
        """Return the given name of a Chinese name in pinyin, of a family name alone that: 富振奇 gives zhenqi."""
        family = 2 if name[:2] in _surnames() and len(name) > 2 else 1
        spelt = syllables(name)
        return "".join(spelt[family:] or spelt)

    def of_surname(self, word: str) -> tuple[str, ...]:
        """Return the names whose family name ``word`` spells: Tang gives 唐健."""
        if not word.isascii() or not word.isalpha():
            return ()
        if self._by_surname is None:
            families = ((name[:2] if name[:2] in _surnames() else name[:1], name) for name in self._names)
            self._by_surname = _by_spelling(families)
        return self._by_surname.get(fold(word), ())

    def of_pinyin(self, word: str, *neighbours: str) -> tuple[str, ...]:
        """Return the names that ``word`` and one of its neighbours spell, in either order.

        ``Zhilin``, beside ``Pei``, gives 裴芝林.
        """
        if not self._names or not word.isascii() or not word.isalpha():
            return ()
        table = self._pinyin_table()
        spellings = [fold(word)]
        for other in neighbours:
            spellings += [fold(word + other), fold(other + word)]
        found = (name for spelling in spellings for name in table.get(spelling, ()))
        return tuple(dict.fromkeys(found))

    def of_place(self, word: str) -> tuple[str, ...]:
        """Return the corpus's Chinese words that ``word`` spells: Tianhe gives 天河, Dalian 大连."""
        if not _PINYIN.fullmatch(fold(word)):
            return ()
        if self._words_by_pinyin is None:
            self._words_by_pinyin = _by_spelling((word, word) for word in self._words)
        return self._words_by_pinyin.get(fold(word), ())

    def _pinyin_table(self) -> dict[str, tuple[str, ...]]:
        if self._by_pinyin is None:
            self._by_pinyin = _spell(self._names)
        return self._by_pinyin


def _spell(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    table: dict[str, tuple[str, ...]] = {}
    for name in names:
        spelt = syllables(name)
        for cut in (1, 2):
            family, given = "".join(spelt[:cut]), "".join(spelt[cut:])
            if given:
                for spelling in dict.fromkeys((family + given, given + family)):
                    table[spelling] = (*table.get(spelling, ()), name)
    return {spelling: tuple(dict.fromkeys(found)) for spelling, found in table.items()}


def _by_spelling(spelt: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """Return pinyin → the second of each pair whose first it spells."""
    table: dict[str, tuple[str, ...]] = {}
    for word, meant in spelt:
        spelling = "".join(syllables(word))
        table[spelling] = (*table.get(spelling, ()), meant)
    return table


def leading_names(text: str) -> list[str]:
    """Return the names that begin the entries of a list of people: 周天硕，硕士."""
    found = [match[1] for start, end in list_items(text) if (match := _LEADING.match(text, start, end))]
    names = [word for word in found if looks_like_name(word)]
    return names if len(names) >= _FEWEST_LEADING else []


def chinese_name(text: str) -> str:
    """Return the Chinese name that ``text`` is, or gives beside the same in Latin letters, "" where it is none.

    刘孜路 · Zilu Liu, Yuyang Chen | 陈雨阳 and Wenbing Sun (孙文冰) are names of one person each.
    """
    if looks_like_name(text):
        return text
    match = _TWICE_NAMED.match(text)
    name = (match[1] or match[2]) if match else ""
    return name if _has_surname(name) else ""


def looks_like_name(word: str) -> bool:
    """Tell whether ``word`` has the form of a Chinese name and is no word of the dictionary."""
    return _has_surname(word) and not is_dictionary_word(word)


def _is_no_word(name: str) -> bool:
    """Tell whether what a name column holds can only be a name: a rare surname is on no list."""
    return 2 <= len(name) <= 3 and bool(_HAN.fullmatch(name)) and not is_dictionary_word(name)


def _has_surname(word: str) -> bool:
    if not 2 <= len(word) <= _LONGEST_NAME or not _HAN.fullmatch(word):
        return False
    family = next((word[:n] for n in (2, 1) if word[:n] in _surnames()), "")
    given = word[len(family) :]
    return bool(family) and 1 <= len(given) <= 2 and not _NO_NAME.search(given)


@lru_cache(maxsize=1)
def _surnames() -> frozenset[str]:
    path = Path(__file__).parent.parent / "lexicon" / "surnames.yaml"
    return frozenset(parse_yaml(path.read_text("utf-8"))["surnames"].split())
