"""How rare a word is in general text, learned from the training data."""

import gzip
import math
import zlib
from pathlib import Path

from assistant.errors import ModelError

FREQUENCY_FILE = Path(__file__).resolve().parent.parent / "model" / "frequencies.txt.gz"


class WordFrequency:
    """In how many general texts each search token stands."""

    def __init__(self, counts: dict[str, int], texts: int) -> None:
        self._counts = counts
        self._texts = texts
        self._rarest = math.log(texts + 1)

    @classmethod
    def load(cls, path: Path = FREQUENCY_FILE) -> "WordFrequency":
        """Read ``token<TAB>count`` lines, the number of texts on the first."""
        try:
            with gzip.open(path, "rt", encoding="utf-8") as file:
                texts = int(file.readline())
                pairs = (line.rstrip("\n").split("\t") for line in file)
                return cls({token: int(count) for token, count in pairs}, texts)
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise ModelError(f"{path}: not a word frequency table; restore the file.") from error

    def __contains__(self, token: str) -> bool:
        return token in self._counts

    def rarity(self, token: str) -> float:
        """Return 0 for a word of every text, 1 for one never seen (inverse document frequency)."""
        count = self._counts.get(token, 0)
        if not count and len(token) > 1 and not token.isascii():
            # jieba makes words of any two (拿过): such a one is as rare as its characters.
            return sum(map(self.rarity, token)) / len(token)
        return math.log((self._texts + 1) / (count + 1)) / self._rarest
