"""Chinese words in Latin letters, by a table made of pypinyin's."""

from functools import cache
from pathlib import Path

from assistant.index.linetable import LineTable

# Each character with its syllable, each phrase with its own where a character has another in it.
TABLE = Path(__file__).resolve().parent.parent / "lexicon" / "pinyin.txt"


def syllables(word: str) -> list[str]:
    """Return the syllables that pypinyin gives a word, without tones, ü as v: 女王 gives nv, wang.

    As there, a word is parted into the longest phrases from the left. pypinyin itself takes half a
    second and 150 MB to import: it is asked for what is no Chinese alone.
    """
    found: list[str] = []
    start = 0
    while start < len(word):
        known = _beginning_with(word[start])
        size = next((n for n in range(len(word) - start, 0, -1) if word[start : start + n] in known), 0)
        if not size:
            return _of_the_package(word)
        phrase = word[start : start + size]
        found += known[phrase] or [_beginning_with(character)[character][0] for character in phrase]
        start += size
    return found


def _of_the_package(word: str) -> list[str]:
    from pypinyin import lazy_pinyin

    return [syllable.replace("ü", "v") for syllable in lazy_pinyin(word)]


@cache
def _beginning_with(character: str) -> dict[str, list[str]]:
    """Return the phrases that begin with ``character``, itself too, and their syllables if they have own ones."""
    return {phrase: told.split() for phrase, told in _table().starting_with(character)}


@cache
def _table() -> LineTable:
    return LineTable.load(TABLE)
