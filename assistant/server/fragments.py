"""Addresses that take a browser to the quoted words themselves: text fragments.

https://wicg.github.io/scroll-to-text-fragment/: a browser that knows them marks the words, any
other follows the anchor before ``:~:``.
"""

import posixpath
import re
from urllib.parse import quote, urlsplit

from assistant.schema import Citation

_WHOLE = 40  # characters up to which the words are named whole, else by how they begin and end
_CLAUSE_END = re.compile(r"[,;:.!?)]+(?:\s+|$)|[，；：。！？、）]+\s*")
_SHORTEST_CLAUSE = 6
_LONGEST_CLAUSE = 80


def citation_url(citation: Citation) -> str:
    """Return the address of a citation, with its quote as a text fragment where that is a web page."""
    url = citation.place.url
    fragment = text_fragment(citation.quote)
    if not fragment or not _is_web_page(url):
        return url
    return f"{url}{'' if '#' in url else '#'}:~:text={fragment}"


def text_fragment(quoted: str) -> str:
    """Return the percent-encoded directive for the longest line or cell of ``quoted``, "" for none.

    A range may run across a page's blocks, but each of its ends must lie within one.
    """
    words = max(re.split(r"\n+|\t", quoted.strip()), key=len).strip()
    if len(words) <= _WHOLE:
        return _encoded(words)
    clauses = _clauses(words)
    first = next((clause for clause in clauses if len(clause) >= _SHORTEST_CLAUSE), "")
    last = next((clause for clause in reversed(clauses) if len(clause) >= _SHORTEST_CLAUSE), "")
    if not first or first == last:
        return _encoded(_at_space(words))
    return f"{_encoded(_at_space(first))},{_encoded(_at_space(last, from_end=True))}"


def _clauses(words: str) -> list[str]:
    """Return the parts between marks: there, a browser sees the bounds of words in any language."""
    return [part.strip() for part in _CLAUSE_END.split(words) if part.strip()]


def _at_space(words: str, *, from_end: bool = False) -> str:
    """Return ``words`` cut to a length that an address can hold, between two words where it can."""
    if len(words) <= _LONGEST_CLAUSE:
        return words
    if from_end:
        cut = words[-_LONGEST_CLAUSE:]
        return cut.partition(" ")[2] or cut
    cut = words[:_LONGEST_CLAUSE]
    return cut.rpartition(" ")[0] or cut


def _encoded(words: str) -> str:
    # quote() leaves "-" as it is, but a fragment takes it for part of its syntax.
    return quote(words, safe="", errors="replace").replace("-", "%2D")


def _is_web_page(url: str) -> bool:
    suffix = posixpath.splitext(urlsplit(url).path)[1].lower()
    return bool(url) and suffix in ("", ".html", ".htm", ".xhtml")
