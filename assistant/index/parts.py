"""Work of a build that is kept by what it was done on, so that it is never done twice."""

import contextlib
import hashlib
import io
import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from zipfile import BadZipFile

import numpy as np

from assistant.index import disk

Progress = Callable[[str, int, int], None]  # stage, done, in all
_Thing = TypeVar("_Thing")
_NAME_CHARACTERS = 40


@dataclass(frozen=True)
class Prepared:
    """What passages are found by, in their order."""

    tokens: Sequence[Sequence[str]]  # search tokens
    vectors: np.ndarray  # (passages, dim) float32, rows of unit length
    words: Sequence[np.ndarray]  # the embedding model's tokens, int32


def work_name(*contents: str) -> str:
    """Return the name of the work on ``contents``: equal contents, equal name."""
    whole = hashlib.sha256()
    for content in contents:
        data = content.encode("utf-8", "surrogatepass")
        whole.update(f"{len(data)}\n".encode() + data)
    return whole.hexdigest()[:_NAME_CHARACTERS]


def encode_prepared(prepared: Prepared) -> bytes:
    """Return ``prepared`` as bytes: arrays and JSON, nothing that runs."""
    sink = io.BytesIO()
    lengths = np.array([len(words) for words in prepared.words], np.int64)
    words = np.concatenate([np.zeros(0, np.int32), *prepared.words])
    told = json.dumps([list(tokens) for tokens in prepared.tokens], ensure_ascii=False)
    tokens = np.frombuffer(told.encode("utf-8", "surrogatepass"), np.uint8)
    np.savez(sink, tokens=tokens, vectors=prepared.vectors, words=words, lengths=lengths)
    return sink.getvalue()


def decode_prepared(content: bytes) -> Prepared:
    """Return what ``encode_prepared`` wrote. Raises ValueError."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            tokens = json.loads(arrays["tokens"].tobytes().decode("utf-8", "surrogatepass"))
            words = np.split(arrays["words"], np.cumsum(arrays["lengths"])[:-1]) if len(arrays["lengths"]) else []
            return Prepared(tokens, arrays["vectors"], words)
    except (KeyError, ValueError, OSError, BadZipFile) as error:
        raise ValueError("not prepared passages") from error


class PartFiles:
    """One file for each piece of work, below ``folder``.

    A file that is missing, damaged or cannot be written costs the work, never a build.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def recall(self, name: str) -> bytes | None:
        """Return what was kept under ``name``, None where nothing whole is there."""
        return disk.kept_whole(self._path(name))

    def recall_all(self, names: Iterable[str], decode: Callable[[bytes], _Thing]) -> dict[str, _Thing]:
        """Return what is kept under ``names``; what is damaged is left out, to be done again."""
        found = {}
        for name in names:
            content = self.recall(name)
            if content is not None:
                with contextlib.suppress(ValueError, TypeError, KeyError):
                    found[name] = decode(content)
        return found

    def keep(self, name: str, content: bytes) -> None:
        """Keep ``content`` under ``name``."""
        with contextlib.suppress(OSError):
            disk.keep_whole(self._path(name), content)

    def keep_only(self, names: Collection[str]) -> None:
        """Remove everything else."""
        wanted = set(names)
        with contextlib.suppress(OSError):
            for path in sorted(self._folder.glob("*/*")):
                if path.name not in wanted:
                    path.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name
