"""Chinese text word for word in English: general-language pairs that no parallel file has."""

import random
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import jieba

from assistant.index.translation import TermTranslator
from assistant.text import sentences, tokenize
from training.data import TextPair, read_pairs

_ASIDE = re.compile(r"\(.*?\)|\[.*?\]|^to ")
_LONGEST_GLOSS = 4  # words
_SENTENCES_A_PASSAGE = 4
_LEAST = 0.05  # chance of a gloss that the translation table does not know, against a sure one


class Glosser:
    """Puts a dictionary's English in the place of Chinese words, likelier senses oftener."""

    def __init__(self, glosses: Mapping[str, Sequence[tuple[str, float]]]) -> None:
        self._glosses = glosses

    @classmethod
    def build(cls, folder: Path, translator: TermTranslator) -> "Glosser":
        """Weigh the glosses of ``dict.jsonl.gz`` by what the parallel text translates."""
        glosses: dict[str, list[tuple[str, float]]] = {}
        for pair in read_pairs(folder, "dict", "en", "zh", held_out=False):
            gloss = _ASIDE.sub("", pair.left).strip()
            if 0 < len(gloss.split()) <= _LONGEST_GLOSS:
                known = dict(translator.translate([pair.right]))
                best = max((known.get(stem, 0.0) for stem in tokenize(gloss)), default=0.0)
                glosses.setdefault(pair.right, []).append((gloss, _LEAST + best))
        return cls(glosses)

    def gloss(self, text: str, chance: random.Random) -> str:
        """Return ``text`` in English words; words that no entry has are left out."""
        found: list[str] = []
        for word in jieba.cut(text):
            entries = self._glosses.get(word, ())
            if word.isascii() and word.isalnum():
                found.append(word)
            elif entries:
                words, weights = zip(*entries, strict=True)
                found += chance.choices(words, weights)
        return " ".join(found)


def gloss_pairs(folder: Path, glosser: Glosser, *, seed: int) -> list[TextPair]:
    """Return (English gloss, Chinese passage) pairs: questions, and sentences of the passage."""
    chance = random.Random(seed)
    pairs = read_pairs(folder, "qa_zh", "q", "p", held_out=False)
    asked = [TextPair(pair.source, glosser.gloss(pair.left, chance), pair.right) for pair in pairs]
    return asked + list(_sentence_pairs(pairs, glosser, chance))


def _sentence_pairs(
    pairs: Iterable[TextPair], glosser: Glosser, chance: random.Random
) -> Iterable[TextPair]:
    sources = {pair.right: pair.source for pair in pairs}
    for passage, source in sources.items():
        spans = [(start, end) for start, end in sentences(passage) if end - start > 10]
        for start, end in chance.sample(spans, min(_SENTENCES_A_PASSAGE, len(spans))):
            rest = passage[:start] + passage[end:]
            if rest:
                yield TextPair(source, glosser.gloss(passage[start:end], chance), rest)
