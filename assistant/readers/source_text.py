"""Reads the text of a source file: its charset, without the characters that readers reserve."""

from assistant.errors import ReadError
from assistant.readers.builder import SourceFile
from assistant.readers.page import MARKER_CHARACTERS
from assistant.schema import Warning

_MAX_BYTES = 20_000_000
_RESERVED = {ord(character): " " for character in MARKER_CHARACTERS + "\x00\x0b\x0c"}
# What ``str.splitlines`` takes for an end of line but an editor does not.
_RESERVED |= {ord(character): " " for character in "\x1c\x1d\x1e\x85\u2028\u2029"}


def read_source(file: SourceFile) -> tuple[str, tuple[Warning, ...]]:
    """Return the text of ``file`` and what was odd about it; raise ReadError where it has none."""
    try:
        if file.path.stat().st_size > _MAX_BYTES:
            raise ReadError(f"{file.source}: over {_MAX_BYTES // 1_000_000} MB, too large a page")
        data = file.path.read_bytes()
    except OSError as error:
        raise ReadError(f"{file.source}: cannot be opened ({error.strerror})") from error
    warnings: tuple[Warning, ...] = ()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        if b"\x00" in data:
            raise ReadError(f"{file.source}: not a text file") from None
        text = data.decode("gb18030", errors="replace")
        warnings = (Warning(file.source, 0, "charset", "not UTF-8, read as GB18030"),)
    return without_reserved(text.replace("\r\n", "\n").replace("\r", "\n")), warnings


def without_reserved(text: str) -> str:
    """Return ``text`` with the characters that readers use for themselves made spaces."""
    return text.translate(_RESERVED)
