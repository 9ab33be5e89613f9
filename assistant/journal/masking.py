"""Takes email addresses, phone numbers and other long numbers out of what visitors write."""

import re

# Full-width forms read as plain ones, one character for one, so that places stay the same.
_WIDE = {0xFF00 + code: 0x20 + code for code in range(1, 95)}
_PRIVATE = re.compile(
    r"""
    (?P<email>
        (?<![a-z0-9_.+-]) [a-z0-9_.+-]++ \s* (?:@|[(\[]\s*at\s*[)\]]) \s* [a-z0-9-]+
        (?: \s* (?:\.|[(\[]\s*dot\s*[)\]]) \s* [a-z][a-z0-9-]* )+
        | (?<![a-z0-9_.+-]) (?: [a-z0-9_+-]++ \s+dot\s+ )* [a-z0-9_.+-]++ \s+at\s+
        [a-z0-9-]+ (?: \s+dot\s+ [a-z][a-z0-9-]* )+
    )
    | (?P<phone>
        \+\d[\d\s().-]{6,16}\d                              # +86 21 5555 0100
        | (?<!\d)1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}(?!\d)       # a Chinese mobile
        | (?<!\d)\(?0\d{2,3}\)?[\s-]?\d{3,4}[\s-]?\d{4}(?!\d)  # a Chinese landline
        | (?<!\d)\(?\d{3}\)?[\s.-]\d{3}[\s.-]\d{4}(?!\d)    # 555-123-4567
        | (?<![\d.])\d{7,}(?!\d)                            # any long number: QQ, identity card
    )
    """,
    re.VERBOSE | re.IGNORECASE,
)


_MASK = re.compile(r"\[(?:email|phone)\]")


def is_masked(text: str) -> bool:
    """Tell whether something was taken out of ``text``: it is no longer what somebody wrote."""
    return _MASK.search(text) is not None


def masked(text: str) -> str:
    """Return ``text`` with email addresses, phone numbers and other long numbers taken out."""
    parts, end = [], 0
    for match in _PRIVATE.finditer(text.translate(_WIDE)):
        parts += [text[end : match.start()], f"[{match.lastgroup}]"]
        end = match.end()
    return "".join((*parts, text[end:]))
