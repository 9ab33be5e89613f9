"""Every write, fsync and rename of the index, in one place, so that a test can fail each of them."""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

_MAPPED = 32 << 20  # bytes from which an array is read where it lies, as far as it is asked for

_WRITE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)


class Sink:
    """A file being written; knows the digest of what it was given, whatever the disk makes of it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._digest = hashlib.sha256()

    def write(self, data: bytes | memoryview) -> int:
        """Write all of ``data``; a disk that takes a part at a time is asked again."""
        self._digest.update(data)
        rest = memoryview(data).cast("B")
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        return len(data)

    @property
    def digest(self) -> str:
        """SHA-256 of everything written so far, in hexadecimal."""
        return self._digest.hexdigest()


@contextlib.contextmanager
def writing(path: Path, *, durable: bool = True) -> Iterator[Sink]:
    """Open ``path`` anew; when the block ends, its content is on the disk. Raises OSError.

    What is not ``durable`` may be lost in a power cut: for what can be made again.
    """
    descriptor = os.open(path, _WRITE, 0o644)
    try:
        yield Sink(descriptor)
        if durable:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def reading(path: Path) -> int:
    """Return a descriptor that reads ``path``, for its owner to close. Raises OSError."""
    return os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))


def write(path: Path, content: bytes) -> str:
    """Write a whole file and return its SHA-256. Raises OSError."""
    with writing(path) as sink:
        sink.write(content)
        return sink.digest


def replace_file(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Write a file aside and rename it into place: readers see all of the old or all of the new."""
    aside = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        with writing(aside, durable=durable) as sink:
            sink.write(content)
        os.replace(aside, path)
    except OSError:
        with contextlib.suppress(OSError):
            aside.unlink()
        raise
    if durable:
        settle(path.parent)


def keep_whole(path: Path, content: bytes) -> None:
    """Write a file with its digest, for ``kept_whole``; what a power cut takes can be made again. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, hashlib.sha256(content).hexdigest().encode() + b"\n" + content, durable=False)


def kept_whole(path: Path) -> bytes | None:
    """Return what ``keep_whole`` wrote, None where it is missing or not as it was written."""
    try:
        told, _, content = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    return content if hashlib.sha256(content).hexdigest().encode() == told else None


def rename(path: Path, target: Path) -> None:
    """Rename a file or folder for good: also after a power cut. Raises OSError."""
    os.replace(path, target)
    settle(target.parent)


def settle(folder: Path) -> None:
    """Bring the names in ``folder`` to the disk. Raises OSError."""
    if os.name != "posix":
        return  # Windows opens no folders, and keeps renames in its own journal
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file as it is on the disk. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def array(path: Path) -> np.ndarray:
    """Return the array of a .npy file; a large one stays on the disk and is not to be changed.

    Raises OSError or ValueError.
    """
    mode = "r" if path.stat().st_size >= _MAPPED else None
    found = np.load(path, mmap_mode=mode, allow_pickle=False)
    return found.view(np.ndarray)  # slices of a memmap cost ten times those of an array
