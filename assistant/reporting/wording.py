"""The words of the report, in both languages."""

import functools
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import yaml

from assistant.schema import Language


class Words:
    """The words of one language; ``words("times", count=3)`` fills in what stands in braces."""

    def __init__(self, texts: Mapping[str, str], reasons: Mapping[str, str]) -> None:
        self._texts = texts
        self._reasons = reasons

    def __call__(self, key: str, **values: object) -> str:
        """Return a text; what is filled in is never read for braces itself."""
        return self._texts[key].format(**values) if values else self._texts[key]

    def reason(self, code: str) -> str:
        """Return a feedback reason in words."""
        return self._reasons.get(code, code)


@functools.cache
def load_words(language: Language) -> Words:
    """Return the words of a language."""
    values = yaml.safe_load(Path(__file__).with_name("wording.yaml").read_text("utf-8"))[language]
    reasons = values.pop("reasons")
    return Words(MappingProxyType(values), MappingProxyType(reasons))
