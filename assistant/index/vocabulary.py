"""Text → the numbers of an embedding model's tokens, with no more of its vocabulary than is needed."""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import Self

import numpy as np
from tokenizers import Tokenizer
from tokenizers.models import Unigram

from assistant.index.linetable import LineTable

_BATCH = 64  # texts
_FEW = 30_000  # characters, for which the whole would take longer to read than to do without
_TEXTS_KEPT = 256
_WORDS_KEPT = 20_000  # that were cut; 5 MB
_UNKNOWN = "[UNK]"
# What the model's normalizer makes no other letters of; it takes as long as all the rest.
_PLAIN = re.compile("[\\x00-\\x7f\u3400-\u4dbf\u4e00-\u9fff，。！？；：、（）《》【】“”‘’—…]*")
_MARKS = re.compile("[，。！？；：、（）《》【】“”‘’—…]")
_NO_LETTERS = bytes(code for code in range(128) if not chr(code).isalnum())
_APART = re.compile("[^a-z0-9\u3400-\u4dbf\u4e00-\u9fff]+")  # what stands between words, and in none


class Vocabulary:
    """The words of a unigram model (Kudo 2018, arXiv:1804.10959), cut by the ``tokenizers`` package.

    That package holds the whole vocabulary: .2 s and 80 MB before the first question. But which
    words a text is cut into depends on those alone that stand in it. So a text that comes alone is
    cut by a model of these, which gives the same; a process that stays, or has many texts, is
    worth the whole, which cuts thirty times as fast.
    """

    def __init__(self, whole: Path, rules: Tokenizer, words: LineTable) -> None:
        self._whole_path = whole
        self._whole: Tokenizer | None = None
        self._loading = Lock()
        self._rules = rules  # how text is normalized and parted
        self._words = words  # each with its number and score
        self._unknown = _number_and_score(words.get(_UNKNOWN) or "")
        self._alone = lru_cache(maxsize=_TEXTS_KEPT)(self._cut_alone)
        self._cut = lru_cache(maxsize=_WORDS_KEPT)(self._cut_part)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open ``vocabulary.txt`` and ``vocabulary.json``, and ``tokenizer.json`` once it is needed.

        Raises OSError or ValueError.
        """
        (folder / "tokenizer.json").stat()  # missing, it is told now
        words = LineTable.load(folder / "vocabulary.txt")
        # Read here: the package reports a missing file as a bare Exception.
        rules = Tokenizer.from_str((folder / "vocabulary.json").read_text("utf-8"))
        return cls(folder / "tokenizer.json", rules, words)

    def __len__(self) -> int:
        return len(self._words)

    def hold(self) -> None:
        """Load the whole vocabulary. Raises OSError."""
        with self._loading:
            if self._whole is None:
                whole = Tokenizer.from_str(self._whole_path.read_text("utf-8"))
                whole.no_padding()
                whole.no_truncation()
                self._whole = whole

    def token_ids(self, texts: Sequence[str]) -> Iterator[list[int]]:
        """Yield the numbers of the tokens of each text, in its order."""
        if len(texts) == 1:
            yield self._alone(texts[0])  # a question is asked for again and again
        elif sum(map(len, texts)) < _FEW:
            # One by one: the threads of a batch wait for each other longer than few texts take.
            yield from map(self._cut_alone, texts)
        else:
            self.hold()
            for start in range(0, len(texts), _BATCH):
                batch = list(texts[start : start + _BATCH])
                for encoding in self._whole.encode_batch_fast(batch, add_special_tokens=False):
                    yield encoding.ids

    def parted(self, parts: Sequence[str], tokens: np.ndarray) -> list[np.ndarray] | None:
        """Return the tokens of each of ``parts``, which follow one another in the text that ``tokens`` are of.

        Words are cut apart from each other, so each token is of one part, by the number of its letters.
        None where that does not tell: with an unknown word, or where the parts are not all.
        """
        if not parts or not len(tokens) or (tokens == self._unknown[0]).any():
            return None
        ends = np.cumsum(self._sizes[tokens], dtype=np.int64)
        wanted = np.cumsum([self._letters(part) for part in parts])
        bounds = np.searchsorted(ends, wanted, side="right")  # how many tokens end by then
        if wanted[-1] != ends[-1] or (ends[bounds - 1] * (bounds > 0) != wanted).any():
            return None
        return [tokens[start:end] for start, end in pairwise((0, *bounds.tolist()))]

    @cached_property
    def _sizes(self) -> np.ndarray:
        """How many letters each token has."""
        return self._words.sizes()

    def _letters(self, text: str) -> int:
        """Return how many letters, digits and Chinese characters of ``text`` stand in tokens."""
        if not _PLAIN.fullmatch(text):
            return len(_APART.sub("", self._rules.normalizer.normalize_str(text)))
        ascii_part = text.encode("ascii", "ignore")
        han = len(text) - len(ascii_part) - len(_MARKS.findall(text))
        return han + len(ascii_part.translate(None, _NO_LETTERS))

    def _cut_alone(self, text: str) -> list[int]:
        if self._whole is not None:
            return self._whole.encode(text, add_special_tokens=False).ids
        normal = self._rules.normalizer.normalize_str(text)
        parts = self._rules.pre_tokenizer.pre_tokenize_str(normal)
        return [number for part, _ in parts for number in self._cut(part)]

    def _cut_part(self, part: str) -> tuple[int, ...]:
        starts = range(len(part))
        standing = {word: value for start in starts for word, value in self._words.beginnings(part[start:])}
        told = [self._unknown, *map(_number_and_score, standing.values())]
        scores = [(word, score) for word, (_, score) in zip((_UNKNOWN, *standing), told, strict=True)]
        return tuple(told[token.id][0] for token in Unigram(scores, 0, False).tokenize(part))


def _number_and_score(value: str) -> tuple[int, float]:
    number, score = value.split()
    return int(number), float(score)
