"""Chinese and English text: tokens, sentences and language."""

import re
from collections.abc import Iterator

from assistant.schema import Language

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_LATIN_WORD = re.compile(r"[A-Za-z]+")


def detect_language(text: str) -> Language:
    """Return ``zh`` where Chinese characters outweigh Latin words, else ``en``.

    A Latin word counts as much as a Chinese character, since mixed technical Chinese is full of
    English names.
    """
    han = len(_HAN.findall(text))
    latin = len(_LATIN_WORD.findall(text))
    return "zh" if han and han * 2 >= latin else "en"
