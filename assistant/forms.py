"""What values that pages publish look like: addresses of mail and of streets, phone numbers, rooms."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from assistant.yaml_text import parse_yaml

_FILE = Path(__file__).parent / "lexicon" / "forms.yaml"


@dataclass(frozen=True)
class Form:
    """What a value looks like."""

    pattern: re.Pattern[str]
    sign: re.Pattern[str] | None  # a text without it holds no value; quicker to look for

    def stands_in(self, text: str) -> bool:
        """Tell whether ``text`` holds such a value."""
        return (self.sign is None or self.sign.search(text) is not None) and self.pattern.search(text) is not None


@lru_cache(maxsize=1)
def published_forms() -> Mapping[str, Form]:
    """Return the forms of ``lexicon/forms.yaml`` by name: email, phone, address, room, postal_code."""
    listed = parse_yaml(_FILE.read_text("utf-8"))
    return MappingProxyType({
        name: Form(
            re.compile(told["form"], re.IGNORECASE),
            re.compile(told["sign"], re.IGNORECASE) if "sign" in told else None,
        )
        for name, told in listed.items()
    })
