"""Cuts the stream of a reply into sentences, each with the quotes that it cites."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from assistant.generation.markup import unformatted
from assistant.text import sentences

_MARKER = r"[\[［【](?:\^|quotes?\s*|引用)?\s*\d{1,3}(?:\s*[,，、;；–-]\s*\^?\d{1,3})*\s*[\]］】]"
_MARKERS = re.compile(rf"\s*{_MARKER}")
_LEADING = re.compile(rf"^\s*((?:{_MARKER}\s*)+)")
_TRAILING_STOP = re.compile(r"\s+(?=[.。,，;；!！?？:：]$)")
_RANGE = re.compile(r"(\d+)\s*[–-]\s*(\d+)")
_THOUGHT = re.compile(r"^\s*<(think|thinking|thought|reasoning)>.*?</\1>", re.DOTALL | re.IGNORECASE)
_THINKING = re.compile(r"^\s*<(?:$|t|r)", re.IGNORECASE)
_END = re.compile(r"[.。!！?？\n]")
# Ends with a sentence after which its markers have not all come.
_MAY_BE_CITED = re.compile(rf"[.。!！?？;；\"'”’)）](?:\s*{_MARKER})*\s*(?:[\[［【][^\[\]［］【】\n]{{0,20}})?$")
# A semicolon parts clauses that one marker may stand for; "1." begins an entry of a list.
_GOES_ON = re.compile(r"[;；]$|^\s*\d{1,2}[.)、]$")
_LIST_MARK = re.compile(r"^(?:[-•*–]|\d{1,2}[.)、](?=\D))\s*")


@dataclass(frozen=True)
class Sentence:
    """One sentence of a reply, its markers taken out."""

    text: str
    cites: tuple[int, ...]  # numbers of quotes in order, each once; empty where it cites nothing
    is_first_of_line: bool


class ReplyReader:
    """Collects a reply's pieces and gives out each sentence as soon as it is whole."""

    def __init__(self) -> None:
        self._text = ""
        self._given = 0
        self._may_end = False  # only then is the text cut anew
        # Most sentences are what they were when the last piece came.
        self._read = lru_cache(maxsize=256)(_sentence)

    def feed(self, piece: str) -> Iterator[Sentence]:
        """Yield the sentences that ``piece`` completes: those after which another one has begun."""
        self._text += piece
        self._may_end = self._may_end or bool(_END.search(piece))
        if not self._may_end or _MAY_BE_CITED.search(self._text):
            return
        whole = self._sentences()[:-1]
        if len(whole) > self._given:
            self._may_end = bool(_END.search(piece))
            yield from whole[self._given :]
            self._given = len(whole)

    def finish(self, *, is_whole: bool) -> Iterator[Sentence]:
        """Yield what is left; where the reply was cut off, not the torn sentence at its end."""
        found = self._sentences()
        yield from (found if is_whole else found[:-1])[self._given :]

    def _sentences(self) -> list[Sentence]:
        text = _THOUGHT.sub("", self._text)
        if _THINKING.match(text) and text == self._text:
            return []  # perhaps the model still thinks aloud: that is no part of its reply
        return [self._read(*part) for part in _cut(text)]


def _cut(text: str) -> list[tuple[str, bool]]:
    """Return (sentence, begins a line); markers after a full stop belong to the sentence before it."""
    parts: list[tuple[str, bool]] = []
    end_before = 0
    for start, end in sentences(text):
        first = not parts or "\n" in text[end_before:start]
        part, gap, end_before = text[start:end], text[end_before:start], end
        if parts and not first and _GOES_ON.search(parts[-1][0]):
            parts[-1] = (parts[-1][0] + gap + part, parts[-1][1])
            continue
        leading = _LEADING.match(part)
        if leading and parts and not first and not _MARKERS.search(parts[-1][0]):
            parts[-1] = (parts[-1][0] + leading[1], parts[-1][1])
            part = part[leading.end() :]
        if part.strip():
            parts.append((part, first))
    return parts


def _sentence(part: str, first: bool) -> Sentence:
    shown = unformatted(part)
    cites: dict[int, None] = {}
    for marker in _MARKERS.finditer(shown):
        inside = _RANGE.sub(_spelt_range, marker[0])
        cites.update(dict.fromkeys(int(number) for number in re.findall(r"\d+", inside)))
    text = _TRAILING_STOP.sub("", _MARKERS.sub("", shown))
    return Sentence(_LIST_MARK.sub("", text).strip(), tuple(cites), first)


def _spelt_range(match: re.Match[str]) -> str:
    first, last = int(match[1]), int(match[2])
    return ",".join(map(str, range(first, min(last, first + 20) + 1)))
