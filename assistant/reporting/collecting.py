"""Adds a visitor's question to a question set that ``eval`` runs."""

import contextlib
import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from filelock import FileLock, Timeout

from assistant.errors import AssistantError
from assistant.text import detect_language

FILE_NAME = "questions.yaml"
_HEADER = """\
# Questions that visitors asked, picked at the webmaster's desk, for `python -m assistant eval`.
# As they stand they are right once they are answered at all. Say in `expect` what a right answer
# holds ([[one of these, or this], [and this]]), or set `kind: unanswerable`.
"""
_WAIT_S = 10


@dataclass(frozen=True)
class Collected:
    """Where a question stands now."""

    path: Path
    is_new: bool  # False where it was there already


def add_case(folder: Path, question: str) -> Collected:
    """Append ``question`` to ``questions.yaml`` in ``folder``; what stands there stays as it is.

    Safe against other processes that do the same. Raises AssistantError where the file cannot be
    written or is no list of questions.
    """
    path = folder / FILE_NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f".{FILE_NAME}.lock", timeout=_WAIT_S):
            return _add(path, " ".join(question.split()))
    except Timeout as error:
        raise AssistantError(f"{path}: somebody else keeps it locked; try again.") from error
    except OSError as error:
        raise AssistantError(f"{path}: cannot be written ({error.strerror}); check admin.eval_folder.") from error
    except (yaml.YAMLError, ValueError) as error:
        raise AssistantError(f"{path}: not a list of questions any more; correct or move it.") from error


def _add(path: Path, question: str) -> Collected:
    text = path.read_text("utf-8") if path.exists() else _HEADER
    cases = yaml.safe_load(text) or []
    if not isinstance(cases, list):
        raise ValueError("not a list")
    if any(isinstance(case, dict) and case.get("question") == question for case in cases):
        return Collected(path, is_new=False)
    case = _case(question)
    added = yaml.safe_dump([case], allow_unicode=True, sort_keys=False, width=10_000)
    text = f"{text}{'' if text.endswith(chr(10)) else chr(10)}{added}"
    if yaml.safe_load(text) != [*cases, case]:
        raise ValueError("what is appended would change what is there")  # an indented list, an open bracket
    _replace(path, text)
    return Collected(path, is_new=True)


def _case(question: str) -> dict[str, Any]:
    name = hashlib.blake2b(question.encode(), digest_size=4).hexdigest()
    language = detect_language(question)
    return {"id": f"visitor-{name}", "question": question, "lang": language, "kind": "fact", "expect": []}


def _replace(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as aside:
            aside.write(text)
            aside.flush()
            os.fsync(aside.fileno())
        os.replace(name, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
