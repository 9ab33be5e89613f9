"""Completes a follow-up question with what it leaves to the question before it."""

import re
from collections.abc import Sequence

from assistant.answering.understanding import measuring_words, question_words
from assistant.index.names import looks_like_name
from assistant.query import QueryParser, Term
from assistant.text import fold

_FOLLOWS = re.compile(
    r"^(?:and|what about|how about|then|also|so)\b|^(?:那|那么|还有|另外|然后)|(?:呢|呐)[？?]?$"
    r"|\b(?:it|its|they|their|them|he|his|him|she|her|that|those|one|ones|there)\b"
    r"|[他她它]们?的?|这[篇个位项些]|那[篇个位项些]|该[论项工]|其中|上面|前者|后者|刚才"
)
_SOMEBODY = re.compile(r"(?:那么?)?([一-鿿]{2,4}?)(?:呢|呐)[？?]?")
_OPENING = re.compile(r"^(?:and|what about|how about|then|also|so)\b")
_FULL_NAME = re.compile(r"\b[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)+")
_YEAR = re.compile(r"(?<!\d)(?:19[89]\d|20\d\d)(?!\d)")


def is_followup(text: str, history: Sequence[str]) -> bool:
    """Tell whether ``text`` leans on the questions before it."""
    return bool(history) and bool(_FOLLOWS.search(fold(text)))


def complete(text: str, history: Sequence[str], parser: QueryParser) -> str:
    """Return ``text`` with the words of the last full question that it does not replace.

    A year replaces a year; a name replaces a name of the same make (an acronym an acronym); a
    follow-up with enough words of its own takes over only the names.
    """
    if not is_followup(text, history):
        return text
    own = [term for term in parser.parse(text) if term.role == "content"]
    before = next((q for q in reversed(history) if not _FOLLOWS.search(fold(q))), history[-1])
    somebody = _SOMEBODY.fullmatch(text)
    if somebody and looks_like_name(somebody[1]):
        others = [t.text for t in parser.parse(before) if t.is_named and looks_like_name(t.text)]
        if len(others) == 1:
            return before.replace(others[0], somebody[1])
    if own and all(term.is_named or _YEAR.search(term.text) for term in own):
        return _substituted(before, text, own, parser)
    kept_terms = _kept(own, parser.parse(before), text)
    if re.search(question_words()["interrogatives"], _OPENING.sub("", fold(text))):
        kept = [term.text for term in kept_terms]
    else:
        # "And the atlas?" asks the same of something else: what is special to the first falls away.
        is_other = any(not term.is_named and not parser.is_generic(term.text) for term in own)
        kept = [t.text for t in kept_terms if not is_other or t.is_named or parser.is_generic(t.text)]
        kept += [word for word in measuring_words(before) if word not in kept]
    return f"{text} {' '.join(kept)}" if kept else text


def _substituted(before: str, text: str, own: Sequence[Term], parser: QueryParser) -> str:
    """Return the question ``before`` with the new years and names in the place of the old.

    "What papers were at ECCV?", then "and at SC?" asks "What papers were at SC?".
    """
    known = _FULL_NAME.findall(before)
    name = " ".join(term.text for term in own)
    if len(known) == 1 and _FULL_NAME.fullmatch(name):
        return before.replace(known[0], name)  # Karim Ali for Baochen Sun
    text = before
    for term in own:
        if _YEAR.search(term.text):
            changed = _YEAR.sub(_YEAR.search(term.text)[0], text)
        else:
            like = [t for t in parser.parse(text) if t.is_named and _make(t.text) == _make(term.text)]
            changed = text.replace(like[0].text, term.text) if len(like) == 1 else text
        text = changed if changed != text else f"{text} {term.text}"
    return text


def _kept(own: Sequence[Term], before: Sequence[Term], text: str) -> list[Term]:
    known = {fold(term.text) for term in own}
    makes = {_make(term.text) for term in own if term.is_named}
    plain_words = sum(not term.is_named for term in own)
    kept = []
    for term in before:
        if term.role != "content" or fold(term.text) in known:
            continue
        if term.text.isdigit() and _YEAR.search(text):
            continue  # the year, and the month and day that went with it
        if term.is_named and _make(term.text) in makes:
            continue
        if plain_words <= 2 or term.is_named:
            kept.append(term)
    return kept


def _make(word: str) -> str:
    """Return what a name is made of: years, acronyms, Chinese or other names."""
    if _YEAR.fullmatch(word):
        return "year"
    if not word.isascii():
        return "han"
    return "acronym" if word.isupper() else "name"
