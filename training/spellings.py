"""Chinese characters and phrases in Latin letters: what ``assistant.index.pinyin`` looks up.

Run ``python -m training.spellings`` where pypinyin's data changed.
"""

import re

from pypinyin import lazy_pinyin
from pypinyin.constants import PHRASES_DICT, PINYIN_DICT

from assistant.index.linetable import table_lines
from assistant.index.pinyin import TABLE

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")


def spellings() -> dict[str, str]:
    """Return the syllables of each character, and of each phrase: none where its characters tell them."""
    characters = filter(_HAN.fullmatch, map(chr, PINYIN_DICT))
    table = {character: _spelt(character) for character in characters}
    for phrase in filter(_HAN.fullmatch, PHRASES_DICT):
        spelt = _spelt(phrase)
        is_plain = spelt == " ".join(table.get(character, "") for character in phrase)
        table[phrase] = "" if is_plain else spelt
    return table


def _spelt(word: str) -> str:
    return " ".join(lazy_pinyin(word)).replace("ü", "v")


if __name__ == "__main__":
    TABLE.write_bytes(table_lines(spellings()))
