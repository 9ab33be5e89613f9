"""Leaves out of a visitor's text what is not seen but acts: terminal commands, turned writing directions."""

import re

_ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def visible(text: str) -> str:
    """Return ``text`` without control characters and marks of direction; tabs and lines stay."""
    return _ACTING.sub("", text)
