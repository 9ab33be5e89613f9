"""Words that mean the same, as people wrote them down: the shipped ones, and those of a lab."""

from collections.abc import Sequence
from pathlib import Path

import yaml

from assistant.errors import SettingsError
from assistant.text import fold, tokenize
from assistant.yaml_text import parse_yaml

_SHIPPED = Path(__file__).parent / "lexicon" / "glossary.yaml"


class Glossary:
    """Words that mean the same, in both languages."""

    def __init__(self, groups: Sequence[Sequence[str]]) -> None:
        self._of: dict[str, dict[str, None]] = {}
        self._near: dict[str, dict[str, None]] = {}
        for group in groups:
            asked, _, meant = " ".join(group).partition(" -> ")
            words_asked = asked.split()
            words_meant = meant.split() or words_asked
            same = [token for word in words_meant if word[0] != "~" for token in _whole(word)]
            near = [token for word in words_meant if word[0] == "~" for token in _whole(word[1:])]
            for word in words_asked:
                for table, tokens in ((self._of, same), (self._near, near)):
                    if tokens:
                        table.setdefault(fold(word.replace("_", " ")), {}).update(dict.fromkeys(tokens))

    @classmethod
    def load(cls, *paths: Path) -> "Glossary":
        """Read the shipped glossary and those of ``paths`` that exist."""
        groups: list[list[str]] = []
        for path in (_SHIPPED, *paths):
            if path.is_file():
                groups += [line.split() for line in _glossary_lines(path)]
        return cls(groups)

    def synonyms(self, word: str) -> tuple[str, ...]:
        """Return the tokens that stand for ``word``."""
        return tuple(self._of.get(fold(word), ()))

    def related(self, word: str) -> tuple[str, ...]:
        """Return the tokens that may answer for ``word`` where nothing better does: those after a "~"."""
        return tuple(self._near.get(fold(word), ()))


def _whole(word: str) -> list[str]:
    """Return the token a glossary's word is looked up by: phrases and Chinese ones whole."""
    if "_" in word or not word.isascii():
        return [fold(word.replace("_", " "))]
    return tokenize(word)[:1]


def _glossary_lines(path: Path) -> list[str]:
    """Return the lines of a glossary; raises SettingsError where a lab's own is no list of them."""
    try:
        lines = parse_yaml(path.read_text("utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise SettingsError(f"{path}: not a readable YAML file; correct it or remove it.") from error
    if lines is None:
        return []
    if not isinstance(lines, list):
        raise SettingsError(f"{path}: expected a list, one '- word word' line for each meaning.")
    return [str(line) for line in lines]
