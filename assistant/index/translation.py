"""Search terms of one language → weighted search terms of the other, learned or of a dictionary."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from safetensors import SafetensorError

from assistant.errors import ModelError
from assistant.index.linetable import LineTable
from assistant.index.tensors import map_tensors

DEFAULT_FOLDER = Path(__file__).resolve().parent.parent / "model" / "translation"
_TERMS_KEPT = 4096  # that were looked up


@dataclass(frozen=True)
class _Direction:
    """Translations of term ``i`` are entries ``starts[i]:starts[i + 1]``, best first."""

    targets: LineTable
    starts: np.ndarray  # int32
    entries: np.ndarray  # int32, into targets
    weights: np.ndarray  # uint8, 255 is 1

    def of(self, number: int | None) -> list[tuple[str, float]]:
        if number is None:
            return []
        span = slice(int(self.starts[number]), int(self.starts[number + 1]))
        pairs = zip(self.entries[span].tolist(), self.weights[span].tolist(), strict=True)
        return [(self.targets.key(entry), round(weight / 255, 3)) for entry, weight in pairs]


@dataclass(frozen=True)
class _Tongue:
    """What is known of the terms of one language."""

    terms: LineTable
    learned: _Direction
    senses: _Direction


class TermTranslator:
    """Two tables keyed on the tokens of ``assistant.text.tokenize``.

    One is learned from parallel text, the other a dictionary's, its commoner words first.
    """

    def __init__(self, english: _Tongue, chinese: _Tongue) -> None:
        self._english = english
        self._chinese = chinese
        # Questions are made of the same words again and again.
        self._of = lru_cache(maxsize=_TERMS_KEPT)(self._look_up)

    @classmethod
    def load(cls, folder: Path = DEFAULT_FOLDER) -> "TermTranslator":
        """Open ``english.txt``, ``chinese.txt`` and ``links.safetensors``; raises ModelError.

        A text file holds one term a line, sorted, and the arrays follow its order.
        """
        try:
            english, chinese = LineTable.load(folder / "english.txt"), LineTable.load(folder / "chinese.txt")
            links = map_tensors(folder / "links.safetensors")
            return cls(_tongue(links, "english", english, chinese), _tongue(links, "chinese", chinese, english))
        except (OSError, ValueError, KeyError, SafetensorError) as error:
            raise ModelError(
                f"The term translations in {folder} do not load ({error}); "
                "restore that folder from the repository."
            ) from error

    def translate(self, tokens: Sequence[str]) -> tuple[tuple[str, float], ...]:
        """Return (term, weight) of the other language for all ``tokens``, in their order.

        Weights are in 0…1; each term comes once, at its highest weight. A token with Chinese in
        it is looked up as Chinese, any other as English; an unknown one gives nothing.
        """
        found: dict[str, float] = {}
        for token in tokens:
            _add(found, self._of(token)[0])
        return tuple(found.items())

    def senses(self, tokens: Sequence[str]) -> tuple[tuple[str, float], ...]:
        """Return what a dictionary says that ``tokens`` may mean, as ``translate`` returns it.

        Far more than any text means at once: good for finding, no proof of anything.
        """
        found: dict[str, float] = {}
        for token in tokens:
            _add(found, self._of(token)[1])
        return tuple(found.items())

    def _look_up(self, token: str) -> tuple[list[tuple[str, float]], list[tuple[str, float]]]:
        """Return what ``token`` is translated by and what it may mean."""
        tongue = self._english if token.isascii() else self._chinese
        number = tongue.terms.number(token)
        return tongue.learned.of(number), tongue.senses.of(number)


def _add(found: dict[str, float], pairs: Sequence[tuple[str, float]]) -> None:
    for term, weight in pairs:
        found[term] = max(weight, found.get(term, 0.0))


def _tongue(links: dict[str, np.ndarray], name: str, terms: LineTable, targets: LineTable) -> _Tongue:
    learned, senses = _direction(links, name, targets), _direction(links, f"{name}_senses", targets)
    if {len(learned.starts), len(senses.starts)} != {len(terms) + 1}:
        raise ValueError(f"the links are not those of the terms in {name}.txt")
    return _Tongue(terms, learned, senses)


def _direction(links: dict[str, np.ndarray], name: str, targets: LineTable) -> _Direction:
    return _Direction(targets, *(links[f"{name}_{part}"] for part in ("starts", "entries", "weights")))
