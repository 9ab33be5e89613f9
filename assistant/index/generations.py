"""The folder of generations: which one is current, which one was before, who may write."""

import contextlib
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from assistant.errors import IndexBusy, IndexDamaged, IndexMissing
from assistant.index import disk

_log = logging.getLogger(__name__)
_CURRENT = "current"
_PREVIOUS = "previous"
_LOCK = ".lock"
_BUILDING = ".building-"
_REPLACED = ".replaced-"
_NAME = re.compile(r"[0-9a-f]{12}")
_POINTER = re.compile(r"(?P<name>[0-9a-f]{12})(?:\ninstead of (?P<other>[0-9a-f]{12}))?")


def current_name(folder: Path) -> str:
    """Return the name of the generation that ``folder`` points to.

    Raises IndexMissing where there is none and IndexDamaged where the pointer cannot be read.
    """
    name = _read(folder / _CURRENT)
    if name is None:
        raise IndexMissing(f"{folder}: no index yet; run 'python -m assistant build'.")
    if not name:
        raise IndexDamaged(f"{folder / _CURRENT}: names no generation; run 'python -m assistant build' again.")
    return name


def rolled_back_from(folder: Path) -> str:
    """Return the generation in whose place the current one was put by going back; "" where none was."""
    _, other = _pointer(folder / _CURRENT) or ("", "")
    return other


def pointer_state(folder: Path) -> tuple[int, int]:
    """Return what changes whenever a generation is switched to; (0, 0) where there is none."""
    try:
        status = (folder / _CURRENT).stat()
    except OSError:
        return 0, 0
    return status.st_ino, status.st_mtime_ns


def previous_name(folder: Path) -> str:
    """Return the name of the generation that was current before; "" where there is none."""
    name = _read(folder / _PREVIOUS) or ""
    return "" if name == _read(folder / _CURRENT) else name  # the same: a switch was cut short


@contextlib.contextmanager
def building(folder: Path, *, wait_s: float, on_wait: Callable[[], None]) -> Iterator[None]:
    """Be the only one who builds in ``folder``; a killed builder's lock ends with it.

    ``on_wait`` is called once where another build is running. Raises IndexBusy after ``wait_s``
    and OSError where the folder cannot be written.
    """
    from filelock import FileLock, Timeout  # brings asyncio, which questions do without

    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / _LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if wait_s > 0:
            _log.warning("%s: another build is running; this one waits until it is done", folder)
        on_wait()
        try:
            lock.acquire(timeout=wait_s)
        except Timeout:
            raise IndexBusy(f"{folder}: another build is running; wait until it is done.") from None
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def aside(folder: Path) -> Iterator[Path]:
    """Give a new folder to write a generation into; gone when the block ends, unless installed."""
    path = Path(tempfile.mkdtemp(prefix=_BUILDING, dir=folder))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def install(made: Path, target: Path, *, is_whole: Callable[[Path], bool]) -> None:
    """Rename a finished folder into place; a damaged one of the same name makes way.

    A whole one of the same name is the same index: it is never taken away from those who read it.
    """
    if target.exists() and is_whole(target):
        return
    os.chmod(made, 0o755)  # nosec B103: mkdtemp made it private, and servers may run as another user
    for path in made.iterdir():
        if path.is_dir():
            disk.settle(path)
    disk.settle(made)
    if target.exists():
        old = target.with_name(f"{_REPLACED}{target.name}")
        shutil.rmtree(old, ignore_errors=True)
        disk.rename(target, old)
    disk.rename(made, target)


def switch(folder: Path, name: str, *, is_whole: Callable[[Path], bool], goes_back: bool = False) -> None:
    """Make ``name`` the current generation by one rename; the one before is kept, if it is whole.

    Where that ``goes_back``, the pointer says from what, until the next switch.
    """
    before = _read(folder / _CURRENT) or ""
    told = f"{name}\ninstead of {before}\n" if goes_back and before else f"{name}\n"
    # Anew also for the same: servers look for that.
    pointers = [(folder / _CURRENT, told)]
    if before and before != name and is_whole(folder / before):
        # Who goes back and is cut short has gone back, or still knows where to.
        pointers.insert(1 if goes_back else 0, (folder / _PREVIOUS, f"{before}\n"))
    for pointer, text in pointers:
        disk.replace_file(pointer, text.encode())


def tidy(folder: Path) -> None:
    """Remove what killed builds left and generations that nothing points to; hold ``building``."""
    kept = {_read(folder / _CURRENT), _read(folder / _PREVIOUS)}
    for path in sorted(folder.iterdir()):
        left = path.name.startswith((_BUILDING, _REPLACED))
        if path.is_dir() and (left or (_NAME.fullmatch(path.name) and path.name not in kept)):
            shutil.rmtree(path, ignore_errors=True)
        elif path.name.startswith((f".{_CURRENT}-", f".{_PREVIOUS}-")):
            with contextlib.suppress(OSError):
                path.unlink()


def _read(pointer: Path) -> str | None:
    """Return the name in a pointer: None where there is no pointer, "" where it holds no name."""
    said = _pointer(pointer)
    return None if said is None else said[0]


def _pointer(pointer: Path) -> tuple[str, str] | None:
    """Return (name, the one it was put in the place of or ""); None where there is no pointer, "" for no names."""
    try:
        text = pointer.read_text("ascii").removesuffix("\n")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        return "", ""
    said = _POINTER.fullmatch(text)
    return (said["name"], said["other"] or "") if said else ("", "")
