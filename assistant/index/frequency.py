"""How rare a word is in general text, learned from the training data."""

import math
from pathlib import Path

from assistant.errors import ModelError
from assistant.index.linetable import LineTable

FREQUENCY_FILE = Path(__file__).resolve().parent.parent / "model" / "frequencies.txt"
_TEXTS = ""  # the key of the number of texts


class WordFrequency:
    """In how many general texts each search token stands."""

    def __init__(self, counts: LineTable, texts: int) -> None:
        self._counts = counts
        self._texts = texts
        self._rarest = math.log(texts + 1)

    @classmethod
    def load(cls, path: Path = FREQUENCY_FILE) -> "WordFrequency":
        """Open a table of tokens and counts, the number of texts under the empty token."""
        try:
            counts = LineTable.load(path)
            return cls(counts, int(counts.get(_TEXTS) or "no number"))
        except (OSError, ValueError) as error:
            raise ModelError(f"{path}: not a word frequency table; restore the file.") from error

    def __contains__(self, token: str) -> bool:
        return bool(token) and token in self._counts

    def rarity(self, token: str) -> float:
        """Return 0 for a word of every text, 1 for one never seen (inverse document frequency)."""
        count = int(self._counts.get(token) or 0) if token else 0
        if not count and len(token) > 1 and not token.isascii():
            # jieba makes words of any two (拿过): such a one is as rare as its characters.
            return sum(map(self.rarity, token)) / len(token)
        return math.log((self._texts + 1) / (count + 1)) / self._rarest
