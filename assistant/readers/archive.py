"""Checks an Office file before it is unpacked: small on disk can be huge in memory."""

import io
import zipfile

from assistant.errors import ReadError
from assistant.readers.builder import said

MAX_UNPACKED_BYTES = 400 * 1024 * 1024
_MAX_FILES = 5_000
_MAX_RATIO = 200
_RATIO_FREE_BYTES = 4 * 1024 * 1024  # below this, blank sheets compress better than any bomb


def check_archive(data: bytes, *, source: str) -> None:
    """Raise ReadError where ``data`` is no sound zip file or unpacks to more than it should.

    The sizes are those that the file declares: `zipfile` never reads past them, and tells a
    part that is longer as broken.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise ReadError(f"{source} is damaged or no Office file ({said(error)}); save it again.") from error
    total = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    if len(parts) > _MAX_FILES or total > MAX_UNPACKED_BYTES:
        raise ReadError(f"{source} unpacks to {total / 1e6:.0f} MB, more than is read; split it.")
    if total > _RATIO_FREE_BYTES and total > _MAX_RATIO * max(packed, len(data) // 2, 1):
        raise ReadError(f"{source} unpacks to {total // max(packed, 1)} times its size; save it again.")
    if any(part.flag_bits & 1 for part in parts):
        raise ReadError(f"{source} is encrypted; save it without a password.")
