"""Takes what a reader cannot see, or a page would act on, out of text: HTML, links, images, hidden characters."""

import re
import unicodedata

# https://html.spec.whatwg.org/multipage/indices.html#elements-3, with those that old pages and SVG have.
_HTML_TAGS = frozenset(
    """a abbr acronym address animate applet area article aside audio b base basefont bdi bdo big blink blockquote
    body br button canvas caption center cite code col colgroup data datalist dd del details dfn dialog dir div dl dt
    em embed fieldset figcaption figure font footer foreignobject form frame frameset g h1 h2 h3 h4 h5 h6 head header
    hgroup hr html i iframe image img input ins kbd keygen label legend li link main map mark marquee math menu meta
    meter nav noembed noframes noscript object ol optgroup option output p param path picture plaintext portal pre
    progress q rp rt ruby s samp script search section select set slot small source span strike strong style sub
    summary sup svg table tbody td template textarea tfoot th thead time title tr track tt u ul use var video wbr
    xmp""".split()  # fmt: skip
)
_COMMENT = re.compile(r"<!--.*?(?:-->|$)|<!\[CDATA\[|\]\]>|<![a-zA-Z][^>]*>|<\?.*?\?>", re.DOTALL)
_SILENT_ELEMENT = re.compile(
    r"<(script|style|template|noscript|iframe|object|svg|math)\b.*?(?:</\1\s*>|$)", re.DOTALL | re.IGNORECASE
)
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^\s<>]+)>", re.IGNORECASE)
_TAG = re.compile(r"</?([a-zA-Z][\w:-]*)(?=[\s/>])[^<>]*>")
_IMAGE = re.compile(r"!\[[^\[\]]*\](?:\([^()]*(?:\([^()]*\)[^()]*)*\)|\[[^\[\]]*\])?")
_CITING_LINK = re.compile(r"\[(\^?\d{1,3})\]\((?:[^()]|\([^()]*\))*\)")
_LINK = re.compile(r"\[([^\[\]]*)\](?:\((?:[^()]|\([^()]*\))*\)|\[[^\[\]]*[a-zA-Z][^\[\]]*\])")
_LINK_DEFINITION = re.compile(r"^[ \t]*\[[^\[\]\n]+\]:[ \t]*\S+.*$", re.MULTILINE)
_RESIDUE = re.compile(r"<[a-zA-Z/!?]|!\[|\]\(|\]\[[^\d^]|\b(?:javascript|vbscript|data):\S", re.IGNORECASE)
_EMPHASIS = re.compile(r"\*\*|(?<!\w)__|__(?!\w)|~~|`+|(?<![\w*])\*(?=\S)|(?<=\S)\*(?![\w*])")
_LINE_MARK = re.compile(r"^[ \t]*(?:#{1,6}[ \t]+|>[ \t]?)+", re.MULTILINE)
# They take no room on the page, so that a reader sees none of what they spell.
_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]")


def visible(text: str) -> str:
    """Return ``text`` without characters that are not seen: control, zero-width, direction, tags, private use."""
    if text.replace("\n", "").isprintable():
        return _UNSEEN.sub("", text)
    seen = (c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cs", "Cn"))
    return _UNSEEN.sub("", "".join(seen))


def plain(text: str) -> str:
    """Return ``text`` as a reader of the page sees it: no HTML, no images, of a link only its words.

    What merely looks like a tag (``<your-name>``) stays.
    """
    shown = visible(text)
    shown = _SILENT_ELEMENT.sub(" ", _COMMENT.sub(" ", shown))
    shown = _AUTOLINK.sub(r"\1", shown)
    shown = _TAG.sub(lambda tag: "" if tag[1].lower() in _HTML_TAGS else tag[0], shown)
    shown = _LINK_DEFINITION.sub("", _IMAGE.sub("", shown))
    return _LINK.sub(r"\1", _CITING_LINK.sub(r"[\1]", shown))


def unformatted(text: str) -> str:
    """Return a sentence of a reply without the marks of Markdown."""
    return _LINE_MARK.sub("", _EMPHASIS.sub("", plain(text))).strip()


def is_active(text: str, *, known: str) -> bool:
    """Tell whether ``text`` may still be a link, an image or HTML to whoever renders it.

    What stands in ``known`` as well, the documents' own words, is not held against it, unless it is
    a tag of HTML.
    """
    for found in _RESIDUE.finditer(text):
        tag = _TAG.match(text, found.start())
        if tag is None or tag[1].lower() in _HTML_TAGS or "=" in tag[0] or tag[0] not in known:
            return True
    return False
