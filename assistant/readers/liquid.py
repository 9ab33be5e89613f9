"""Template tags in pages of Jekyll and Hugo: what they show by themselves stays, the rest goes."""

import re
from collections.abc import Iterator

# No tag may hold the opening of another: a page of unclosed ones would take forever.
_TAG = re.compile(r"\{%-?((?:[^%{]|%(?!\})|\{(?!%))*)%\}|\{\{-?((?:[^{}]|\}(?!\}))*)\}\}")
_SHORTCODE = re.compile(r"\{\{[<%]([^{}]*)[>%]\}\}")
_PARAMETER = re.compile(r"([\w-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_LITERAL = re.compile(r"^(?:\"([^\"]*)\"|'([^']*)')")
_REACHABLE = re.compile(r"^[^@\s]+@[^@\s]+\.\w+$|^https?://\S+$|^\+?[\d\s()-]{7,}$")
_SHOWN_PARAMETERS = ("text", "title", "name", "label", "caption", "content", "body")
_SKIPPED_BLOCKS = frozenset(("for", "tablerow", "comment", "case"))
_KNOWN_BLOCKS = _SKIPPED_BLOCKS | {"if", "unless", "capture", "raw", "highlight", "ifchanged"}
# Stands for a value under a condition that only the site's build knows: its line is left out.
_UNKNOWN = "\x03"
_CODE = re.compile(r"^(?:```|~~~).*?^(?:```|~~~)[ \t]*$|`[^`\n]+`", re.S | re.M)


def without_template_tags(text: str, fields: dict[str, str]) -> str:
    """Return the text without template tags, line for line.

    ``fields`` are the page's own scalar front matter fields, for ``{{ page.title }}``. What stands
    in a loop or an ``else`` is left out: nobody can say here what the site makes of it.
    """
    if "{{" not in text and "{%" not in text:
        return text
    shelter: list[str] = []

    def put_away(match: re.Match[str]) -> str:
        shelter.append(match.group())
        return f"\x01{len(shelter) - 1}\x02" + "\n" * match.group().count("\n")

    text = _SHORTCODE.sub(_shortcode, _CODE.sub(put_away, text))
    text = re.sub(rf"[^\n]*{_UNKNOWN}[^\n]*", "", "".join(_rendered(text, fields)))
    return re.sub(
        r"\x01(\d+)\x02(\n*)",
        lambda match: shelter[int(match.group(1))] + match.group(2)[shelter[int(match.group(1))].count("\n") :],
        text,
    )


def _rendered(text: str, fields: dict[str, str]) -> Iterator[str]:
    """Yield the text's pieces; an omitted piece yields its line ends."""
    omitted: list[str] = []  # the open blocks whose content does not show
    blocks: list[str] = []
    position = 0
    for match in _TAG.finditer(text):
        before = text[position : match.start()]
        position = match.end()
        yield _line_ends(before) if omitted else before
        words = (match.group(1) or "").rstrip(" \t\n-").split(None, 1)
        name = words[0] if words else ""
        if match.group(1) is None:
            shown = "" if omitted else _output((match.group(2) or "").strip(" \t\n-"), fields)
            if not shown and blocks and not omitted:
                shown = _UNKNOWN
        elif name.startswith("end"):
            shown = _close(name[3:], blocks, omitted)
        else:
            shown = _open(name, words[1] if len(words) > 1 else "", blocks, omitted)
        yield shown + _line_ends(match.group())
    yield _line_ends(text[position:]) if omitted else text[position:]


def _open(name: str, rest: str, blocks: list[str], omitted: list[str]) -> str:
    if name in ("else", "elsif", "elseif", "when") and blocks:
        if blocks[-1] not in omitted:
            omitted.append(blocks[-1])
    elif name in _KNOWN_BLOCKS:
        label = f"{name}#{len(blocks)}"
        blocks.append(label)
        if name in _SKIPPED_BLOCKS:
            omitted.append(label)
    elif name in ("include", "include_relative", "include_cached") and not omitted:
        return _include(rest)
    return ""


def _close(name: str, blocks: list[str], omitted: list[str]) -> str:
    while blocks:
        label = blocks.pop()
        if label in omitted:
            omitted.remove(label)
        if label.startswith(f"{name}#"):
            break
    return ""


def _include(rest: str) -> str:
    """Return the words that an include's literal parameters put on the page."""
    parameters = {key: one or other for key, one, other in _PARAMETER.findall(rest)}
    shown = [parameters[key].strip() for key in _SHOWN_PARAMETERS if parameters.get(key, "").strip()]
    for key in ("link", "url", "href", "email", "phone"):
        target = parameters.get(key, "").strip().removeprefix("mailto:").removeprefix("tel:")
        if _REACHABLE.match(target):
            shown.append(target)
    return ": ".join(dict.fromkeys(shown))


def _output(expression: str, fields: dict[str, str]) -> str:
    literal = _LITERAL.match(expression)
    if literal:
        return literal.group(1) or literal.group(2) or ""
    name, _, filters = expression.partition("|")
    name = name.strip()
    return fields.get(name.removeprefix("page."), "") if name.startswith("page.") else ""


def _shortcode(match: re.Match[str]) -> str:
    inside = match.group(1).strip(" \t\n/")
    if match.group(1).lstrip().startswith("/"):
        return _line_ends(match.group())
    return _include(inside) + _line_ends(match.group())


def _line_ends(text: str) -> str:
    return "\n" * text.count("\n")
