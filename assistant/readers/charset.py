"""Bytes of a file to text, whatever charset a lab's editor left them in."""

import codecs
import re

from assistant.errors import ReadError
from assistant.readers.builder import SourceFile

MAX_BYTES = 50 * 1024 * 1024

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# <meta charset>, the http-equiv form, an XML declaration, and the coding line of an old editor.
_DECLARED = re.compile(rb"(?:charset|encoding)\s*=\s*[\"']?\s*([A-Za-z0-9_-]{2,20})", re.I)
_HAN = re.compile("[\u4e00-\u9fff]")


def read_bytes(file: SourceFile) -> bytes:
    """Return the file's bytes; raises ReadError where it is too large or cannot be opened."""
    try:
        size = file.path.stat().st_size
        if size > MAX_BYTES:
            raise ReadError(
                f"{file.source} is {size / 1e6:.0f} MB and documents are read up to "
                f"{MAX_BYTES / 1e6:.0f} MB; split it or exclude it."
            )
        return file.path.read_bytes()
    except OSError as error:
        raise ReadError(f"{file.source} could not be opened: {error.strerror}.") from error


def read_text(file: SourceFile) -> str:
    """Return the file's text with ``\\n`` line ends; raises ReadError where it is no text."""
    data = read_bytes(file)
    if b"\x00" in data and not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ReadError(f"{file.source} holds binary data where text was expected; exclude it.")
    return decode(data).replace("\r\n", "\n").replace("\r", "\n")


def decode(data: bytes) -> str:
    """Return the text of ``data``: by its mark, as UTF-8, as declared, or as best guessed."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    # Valid UTF-8 is hardly ever anything else; a wrong declaration is common.
    for encoding in ("utf-8", *_declared(data)):
        try:
            return data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return _guess(data)


def _declared(data: bytes) -> list[str]:
    names = [name.decode("ascii").lower() for name in _DECLARED.findall(data[:4096])]
    # Pages that say gb2312 use characters that only its supersets hold.
    return ["gb18030" if name in {"gb2312", "gbk", "gb_2312-80"} else name for name in names[:3]]


def _guess(data: bytes) -> str:
    try:
        text = data.decode("gb18030")
        # GB18030 accepts nearly any bytes: believe it only where everyday Chinese comes out.
        if len(_HAN.findall(text)) * 4 >= sum(byte > 0x7F for byte in data):
            return text
    except UnicodeDecodeError:
        pass
    from charset_normalizer import from_bytes  # for the rare page that is neither UTF-8 nor Chinese

    best = from_bytes(data[: 1 << 18]).best()
    return data.decode(best.encoding if best else "utf-8", errors="replace")
