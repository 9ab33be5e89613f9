"""Chinese text word for word in English: general-language pairs that no parallel file has."""

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import jieba

from assistant.index.translation import TermTranslator
from assistant.text import sentences, tokenize
from training.data import SectionRow, TextPair, read_pairs, short_heading, split_first_sentence

_ASIDE = re.compile(r"\(.*?\)|\[.*?\]|^to ")
_LONGEST_GLOSS = 4  # words
_DRAWS = 3  # of one question: each word may come in another sense
_SENTENCES_A_PASSAGE = 6
_LONGEST_PASSAGE = 500  # characters
_LEAST = 0.05  # chance of a gloss that the translation table does not know, against a sure one


class Glosser:
    """Puts a dictionary's English in the place of Chinese words, likelier senses oftener."""

    def __init__(self, glosses: Mapping[str, Sequence[tuple[str, float]]]) -> None:
        self._glosses = glosses

    @classmethod
    def build(cls, pairs: Sequence[TextPair], translator: TermTranslator) -> "Glosser":
        """Weigh a dictionary's entries by what the parallel text translates."""
        glosses: dict[str, list[tuple[str, float]]] = {}
        for pair in pairs:
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


def gloss_pairs(
    folder: Path,
    sections: Sequence[SectionRow],
    translator: TermTranslator,
    *,
    seed: int,
    limit: int | None = None,
) -> dict[str, list[TextPair]]:
    """Return the pairs of four tasks, of sources that are not held out.

    ``gloss``: a question or a sentence in English → its Chinese passage; ``cloze``: a Chinese
    sentence → the rest of its passage; ``back``: a Chinese question → its passage in English;
    ``glossed_section``: a heading or first sentence in English → its Chinese section.
    """
    dictionary = read_pairs(folder, "dict", "en", "zh", held_out=False)
    glosser = Glosser.build(dictionary, translator)
    chance = random.Random(seed)
    asked = read_pairs(folder, "qa_zh", "q", "p", held_out=False, limit=limit)
    cloze = list(_cloze_pairs(asked, chance))
    return {
        "gloss": [
            TextPair(pair.source, glosser.gloss(pair.left, chance), pair.right)
            for pair in [*(pair for pair in asked for _ in range(_DRAWS)), *cloze]
        ],
        "cloze": cloze,
        "back": [
            TextPair(pair.source, pair.left, glosser.gloss(pair.right[:_LONGEST_PASSAGE], chance)) for pair in asked
        ],
        "glossed_section": list(_section_pairs(sections, glosser, chance)),
    }


def _cloze_pairs(asked: Sequence[TextPair], chance: random.Random) -> Iterator[TextPair]:
    """Yield sentences with the rest of their passage (Lee et al., 2019)."""
    for passage, source in {pair.right: pair.source for pair in asked}.items():
        spans = [(start, end) for start, end in sentences(passage) if end - start > 10]
        for start, end in chance.sample(spans, min(_SENTENCES_A_PASSAGE, len(spans))):
            rest = passage[:start] + passage[end:]
            if rest:
                yield TextPair(source, passage[start:end], rest)


def _section_pairs(sections: Sequence[SectionRow], glosser: Glosser, chance: random.Random) -> Iterator[TextPair]:
    for row in sections:
        heading, body = short_heading(row.headings["zh"]), row.bodies["zh"]
        first, rest = split_first_sentence(body)
        if rest and chance.random() < 0.5:
            yield TextPair(row.source, glosser.gloss(first, chance), f"{heading} {rest}")
        elif heading and body:
            yield TextPair(row.source, glosser.gloss(heading, chance), body)
