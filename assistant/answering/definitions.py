"""Tells how plainly a text spells out a name: DIPU (Device Independent Process Unit)."""

import re
from functools import lru_cache

_LATIN = r"[A-Za-z][A-Za-z-]*(?:[ ,]+(?:[A-Za-z][A-Za-z-]*|&)){1,9}"
_REACH = 120  # characters beside a name in which it may be spelt out
_HAN = r"(?-i:[\u4e00-\u9fff]){2,24}"  # without cases to ignore: compiling them takes ten times as long


@lru_cache(maxsize=4096)
def spells_out(name: str, text: str) -> int:
    """Return 3 where Latin words with the name's letters stand beside it, 2 for Chinese words.

    1 where the text only says "NAME is …" or "NAME, short for …"; 0 where it does none of it.
    """
    word, joined, beside, described = _patterns(name)
    # The patterns walk far on every Latin word: only what stands near the name is looked at.
    found = _compiled(word).finditer(text)
    near = " … ".join(text[max(0, m.start() - _REACH) : m.end() + _REACH] for m in found)
    if not near:
        return 0
    best = 0
    # Most texts that name a thing have no mark beside it, and the pattern of what may stand there is slow.
    for match in _compiled(beside).finditer(near) if _compiled(joined).search(near) else ():
        words = next(group for group in match.groups() if group)
        if words[0].isascii():
            best = max(best, 3 if _has_letters(name, words) else 0)
        else:
            best = max(best, 2)
    return best or int(bool(_compiled(described).search(near)))


def _has_letters(name: str, words: str) -> bool:
    """Tell whether ``name``'s letters occur in order in ``words``, the first at a word's start.

    As many words as half the letters must begin with one of them: DIOPI is spelt out by
    Device-Independent Operator Interface.
    """
    letters = [letter for letter in name.lower() if letter.isalpha()]
    starts = [word[0].lower() for word in re.findall(r"[A-Za-z]+", words)]
    if not letters or letters[0] not in starts:
        return False
    remaining = iter(words.lower())
    in_order = all(letter in remaining for letter in letters)
    return in_order and 2 * sum(start in letters for start in starts) >= len(letters)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


@lru_cache(maxsize=256)
def _patterns(name: str) -> tuple[str, ...]:
    """Return the name as a word, with any mark beside it, spelt out beside it, and described."""
    word = rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])"
    short = r"(?:简称|缩写[为是]?|or|abbreviated(?: as)?)?"
    joined = rf"{word}\s*[（(:：,，-]|[（(,，]\s*{short}\s*[:：]?\s*{word}"
    beside = (
        rf"{word}\s*[（(:：,，-]+\s*({_LATIN})|{word}\s*[（(]\s*({_HAN})"
        rf"|({_LATIN})\s*[（(,，]\s*{short}\s*[:：]?\s*{word}"
        rf"|({_HAN})\s*[（(]\s*(?:简称|缩写[为是]?)?\s*[:：]?\s*{word}"
    )
    described = (
        rf"{word}[^。.\n]{{0,12}}?(?:是|指|即|全称|简称|意为|stands for|refers to|means|is an?\b|short for)"
        rf"|(?:简称|缩写)[^。.\n]{{0,6}}{word}"
    )
    return word, joined, beside, described
