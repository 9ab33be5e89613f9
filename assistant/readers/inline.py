"""The running text of HTML elements: what stands on one line, and where a page breaks it."""

import re
from urllib.parse import unquote

from lxml import etree
from lxml.html import HtmlElement

BLOCK_TAGS = frozenset(
    "address article aside blockquote body center dd details dir div dl dt fieldset figcaption "
    "figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav "
    "ol optgroup option p pre search section summary table tbody td tfoot th thead tr ul caption "
    "colgroup noframes".split()
)
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_HAN = "[\u3001-\u303f\u3400-\u9fff\uff01-\uff5e]"
_WRAPPED_HAN = re.compile(rf"(?<={_HAN})[ \t]*\n[ \t]*(?={_HAN})")
_SPACE = re.compile(r"[ \t\r\n\f\v\u00a0\u3000]+")
# "zhang [at] lab.cn": written so that no machine reads it; it stays as written.
_OBFUSCATED = re.compile(r"[\[(（{<\s](?:at|艾特|圈a|#)[\])）}>\s]|＠|[\w.]\s*#\s*\w", re.I)
_LINE_START = re.compile(r"[\[［(（]?\d{1,3}[\]］)）.、]|[•·●◆■▪➢*-]\s|[^:：\s]{1,12}[:：](?!//)")
_SENTENCE_END = re.compile(r"[。！？!?；;.]$")
_HEX = re.compile(r"(?:[0-9a-f]{2}){4,}", re.I)


def is_block(element: HtmlElement) -> bool:
    """Return whether the element stands on lines of its own, or holds something that does."""
    return element.tag in BLOCK_TAGS or next(element.iter(*BLOCK_TAGS), None) is not None


def is_block_inside(element: HtmlElement) -> bool:
    """Return whether a block stands below the element."""
    return next(element.iterdescendants(*BLOCK_TAGS), None) is not None


def broken_text(element: HtmlElement) -> str:
    """Return the element's visible text with a line end wherever the markup breaks the line."""
    pieces: list[str] = []
    for event, node in etree.iterwalk(element, events=("start", "end")):
        breaks = node is not element and node.tag in BLOCK_TAGS
        if event == "start":
            if breaks or node.tag == "br":
                pieces.append("\n")
            pieces.append(folded(node.text))
        else:
            if node.tag == "a" or node.tag == "span":
                pieces.append(_contact(node))
            if breaks:
                pieces.append("\n")
            if node is not element:
                pieces.append(folded(node.tail))
    return "".join(pieces)


def lines_of(element: HtmlElement) -> list[str]:
    """Return the element's visible text, one string for each line that the markup breaks."""
    lines = (folded(line).strip() for line in broken_text(element).split("\n"))
    return [line for line in lines if line]


def text_of(element: HtmlElement) -> str:
    """Return the element's visible text as one line."""
    return " ".join(lines_of(element))


def paragraphs(broken: str) -> list[str]:
    """Return the paragraphs of broken text: two breaks part them, and so does one before a label.

    Old pages set paragraphs and lists with <br>; elsewhere a break only wraps a line.
    """
    found: list[str] = []
    for part in re.split(r"\n\s*\n", broken):
        lines = [line for line in (folded(line).strip() for line in part.split("\n")) if line]
        for index, line in enumerate(lines):
            parted = index == 0 or _SENTENCE_END.search(found[-1]) or _LINE_START.match(line)
            if parted:
                found.append(line)
            else:
                found[-1] += f" {line}"
    return found


def folded(text: str | None) -> str:
    """Return source text as a browser shows it: every run of white space one space."""
    if not text or (text.isascii() and text.isalnum()):
        return text or ""
    # A line end between Chinese characters comes from an editor's wrapping: nobody writes a space there.
    return _SPACE.sub(" ", _WRAPPED_HAN.sub("", text))


_BADGE = re.compile(r"badge|shields\.io|\.svg|travis|icon", re.IGNORECASE)
_NO_WORDS = re.compile(
    r"[/\\]|\.\w{3,4}$|\b(?:picture|photo|photograph|portrait|headshot|image|avatar|logo|icon)$|(?:照片|头像|图片|肖像)$",
    re.IGNORECASE,
)


def picture_text(element: HtmlElement) -> str:
    """Return what the pictures inside an element say in words, file names left out.

    "Ada Lovelace's picture" only says what the picture is of, which stands beside it.
    """
    words = [folded(str(image.get("alt") or "")).strip() for image in element.iter("img")]
    return " ".join(word for word in words if word and not _NO_WORDS.search(word))


def linked_picture_text(element: HtmlElement) -> str:
    """Return what a picture that links to another site says, such as a sponsor's logo; "" of a badge."""
    target = str(element.get("href") or "")
    if element.tag != "a" or not target.startswith(("http://", "https://")):
        return ""
    pictures = [str(image.get("src") or "") for image in element.iter("img")]
    return "" if any(map(_BADGE.search, pictures)) else picture_text(element)


def _contact(element: HtmlElement) -> str:
    """Return the address behind a contact link that does not itself show one."""
    if not element.attrib:
        return ""
    protected = str(element.get("data-cfemail") or "")
    if _HEX.fullmatch(protected):
        return " " + _unprotected(protected)
    target = str(element.get("href") or "").strip()
    kind, _, address = target.partition(":")
    if kind.lower() not in ("mailto", "tel"):
        return ""
    shown = str(element.text_content())
    address = unquote(address.split("?")[0]).strip()
    if kind.lower() == "tel":
        return "" if re.search(r"\d{3}", shown) else f" {address}"
    if EMAIL.search(shown) or _OBFUSCATED.search(shown) or not EMAIL.fullmatch(address):
        return ""
    return f" {address}" if shown.strip() == "" else f" ({address})"


def _unprotected(code: str) -> str:
    """Return the address that a page's own script shows in place of ``data-cfemail``."""
    key, *rest = bytes.fromhex(code)
    address = bytes(byte ^ key for byte in rest).decode("utf-8", errors="replace")
    return address if EMAIL.fullmatch(address) else ""
