"""Follows raw HTML that is strewn between Markdown, to know what the browser would not show."""

import re
from html.parser import HTMLParser

_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_SILENT = frozenset(("script", "style", "template", "noscript", "head", "title"))
_HIDING_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden")


class HiddenTracker(HTMLParser):
    """Knows, after each piece of markup, whether the text that follows is hidden."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[tuple[str, bool]] = []

    @property
    def is_hidden(self) -> bool:
        """Whether an element that hides its content is open."""
        return any(hides for _, hides in self._open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            return
        values = dict(attrs)
        style = (values.get("style") or "").lower()
        hides = tag in _SILENT or "hidden" in values or bool(_HIDING_STYLE.search(style))
        self._open.append((tag, hides))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # In HTML ``<div/>`` opens a div; the slash means nothing.
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        for position in range(len(self._open) - 1, -1, -1):
            if self._open[position][0] == tag:
                del self._open[position:]
                return
