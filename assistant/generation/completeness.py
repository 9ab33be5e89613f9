"""Tells whether words of a model still hold what the extractive answer held."""

import re

from assistant.answering.understanding import evidence_patterns, question_words
from assistant.generation.claims import claims_of
from assistant.schema import Answer
from assistant.text import squeeze

_MARKER = re.compile(r"\[\d{1,3}\]")
_MEASURED = ("contact", "number", "count", "date", "howto")  # kinds whose answers show something particular


def keeps_what_was_asked(answer: Answer, text: str) -> bool:
    """Tell whether ``text`` shows what the extractive ``answer`` shows: an address, a number, that it is over."""
    closing = re.compile(question_words()["closing"], re.IGNORECASE)
    if answer.kind == "status" and closing.search(answer.text) and not closing.search(text):
        return False
    if answer.kind not in _MEASURED:
        return True
    before, after = claims_of(answer.text), claims_of(text)
    if answer.kind == "contact" and before.addresses:
        return bool(before.addresses & after.addresses)
    if answer.kind in ("number", "count", "date") and (before.numbers or before.dates):
        return bool(after.numbers or after.dates)
    shows = evidence_patterns()[answer.kind]
    return not shows.search(answer.text) or bool(shows.search(text))


def holds_every_quote(answer: Answer, text: str) -> bool:
    """Tell whether every quote of ``answer`` stands in ``text`` word by word, whatever markers are between."""
    said = squeeze(_MARKER.sub("", text))
    return all(squeeze(citation.quote).rstrip("。.") in said for citation in answer.citations)


def opens_rows(text: str, answer: Answer) -> bool:
    """Tell whether a list's opening says how many rows there are and no other number but a year."""
    claims = claims_of(text)
    count = str(len(answer.items))
    others = claims.numbers - {count}
    is_year = all(re.fullmatch(r"(?:19|20)\d\d", number) for number in others)
    return count in claims.numbers and is_year and all(not day for _, _, day in claims.dates)
