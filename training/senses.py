"""What a dictionary says that words mean, the commoner words first."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import jieba

from assistant.text import tokenize
from training.data import read_pairs

# In what a dictionary lists under "match" the parallel text, software documentation, knows 匹配
# alone: general words need their general senses.
_MOST = 16  # senses of one word, and as many again from longer entries
_LONGEST = 3  # search tokens of an entry
_PART_WEIGHT = 0.4  # of a word of a longer entry: "army" in "army group"
_EVENNESS = 0.15  # a sense weighs its share of use to this power: rare ones stay in sight
_ASIDE = re.compile(r"\(.*?\)|\[.*?\]")
_LEADING = re.compile(r"^(?:to be|to|a|an|the) ")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]{1,6}")

Senses = Mapping[str, Sequence[tuple[str, float]]]


def read_senses(folder: Path, *, limit: int | None = None) -> tuple[Senses, Senses]:
    """Return English search token → (Chinese word, weight in 0…1) and the reverse, best first."""
    english: tuple[dict[str, dict[str, None]], ...] = ({}, {})  # of an entry's own, of its parts
    chinese: tuple[dict[str, dict[str, None]], ...] = ({}, {})
    for pair in read_pairs(folder, "dict", "en", "zh", held_out=False, limit=limit):
        gloss = _LEADING.sub("", _ASIDE.sub("", pair.left).strip())
        tokens = list(dict.fromkeys(tokenize(gloss)))
        if not _HAN.fullmatch(pair.right) or not 1 <= len(tokens) <= _LONGEST:
            continue
        is_part = len(tokens) > 1 or " " in gloss
        for token in filter(str.isascii, tokens):
            chinese[is_part].setdefault(pair.right, {})[token] = None
            if not is_part or len(pair.right) > 1:
                english[is_part].setdefault(token, {})[pair.right] = None
    jieba.initialize()
    return (
        {token: _weighted(*(of.get(token, {}) for of in english)) for token in sorted({*english[0], *english[1]})},
        {word: _listed(*(of.get(word, {}) for of in chinese)) for word in sorted({*chinese[0], *chinese[1]})},
    )


def _weighted(own: Mapping[str, None], parts: Mapping[str, None]) -> list[tuple[str, float]]:
    """Return Chinese words by how often general text has them, as jieba's dictionary counts."""
    weights: dict[str, float] = {}
    for words, factor in ((own, 1.0), (parts, _PART_WEIGHT)):
        counts = {word: jieba.dt.FREQ.get(word, 0) + 1 for word in words}
        common = sorted(counts, key=lambda word: (-counts[word], word))[:_MOST]
        for word in common:
            share = (counts[word] / counts[common[0]]) ** _EVENNESS
            weights.setdefault(word, factor * share)
    return sorted(weights.items(), key=lambda item: (-item[1], item[0]))


def _listed(own: Mapping[str, None], parts: Mapping[str, None]) -> list[tuple[str, float]]:
    """Return English tokens in the order of the dictionary, which lists the main sense first."""
    weights = dict.fromkeys(list(own)[:_MOST], 1.0)
    for token in list(parts)[:_MOST]:
        weights.setdefault(token, _PART_WEIGHT)
    return list(weights.items())
