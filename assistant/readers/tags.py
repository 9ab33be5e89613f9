"""Follows raw HTML tags strewn between Markdown: what they hide, and what they link to."""

import re
from html.parser import HTMLParser

_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_SILENT = frozenset(("script", "style", "template", "noscript", "head", "title"))
_HIDING_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden")


class TagTracker(HTMLParser):
    """Knows, after each piece of markup, whether the text that follows is hidden or a link."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[tuple[str, bool]] = []
        self._target = ""  # of the link that is open
        self._text: list[str] = []  # what it shows so far
        self._links: list[tuple[str, str]] = []

    @property
    def is_hidden(self) -> bool:
        """Whether an element that hides its content is open."""
        return any(hides for _, hides in self._open)

    def note_text(self, text: str) -> None:
        """Note text between two pieces of markup."""
        if self._target:
            self._text.append(text)

    def taken_links(self) -> list[tuple[str, str]]:
        """Return (target, text) of the links closed since the last call."""
        links, self._links = self._links, []
        return links

    def handle_data(self, data: str) -> None:
        self.note_text(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            return
        values = dict(attrs)
        if tag == "a" and not self.is_hidden:
            self._target, self._text = (values.get("href") or "").strip(), []
        style = (values.get("style") or "").lower()
        hides = tag in _SILENT or "hidden" in values or bool(_HIDING_STYLE.search(style))
        self._open.append((tag, hides))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # In HTML ``<div/>`` opens a div; the slash means nothing.
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._target:
            if not self._target.lower().startswith(("javascript:", "data:")):
                self._links.append((self._target, "".join(self._text)))
            self._target = ""
        for position in range(len(self._open) - 1, -1, -1):
            if self._open[position][0] == tag:
                del self._open[position:]
                return
