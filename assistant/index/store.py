"""Index generations on disk: written aside, checked, switched by one atomic rename."""

import dataclasses
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assistant.errors import IndexDamaged, IndexMissing, SettingsError
from assistant.index.lexical import LexicalIndex
from assistant.index.vectors import VectorIndex
from assistant.schema import Conflict, Example, Field, Passage, Place, Record
from assistant.text import TOKENIZER

FORMAT = 4
_CURRENT = "current"
_MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Manifest:
    """What a generation was made of, and by what."""

    format: int
    generation: str
    model: str
    dimension: int
    tokenizer: str
    corpus_digest: str
    passages: int
    records: int
    files: dict[str, str]  # path below the generation's folder → SHA-256


@dataclass(frozen=True)
class PageText:
    """The text of one document, for showing a quote in its surroundings."""

    source: str
    title: str
    url: str
    status: str
    text: str


@dataclass(frozen=True)
class Generation:
    """One whole index in memory."""

    manifest: Manifest
    pages: tuple[PageText, ...]
    passages: tuple[Passage, ...]
    records: tuple[Record, ...]
    examples: tuple[Example, ...]
    lexical: LexicalIndex
    vectors: VectorIndex


def generation_name(model: str, corpus_digest: str) -> str:
    """Return the name of the generation that these inputs give."""
    seed = f"{FORMAT}\n{TOKENIZER}\n{model}\n{corpus_digest}"
    return hashlib.sha256(seed.encode()).hexdigest()[:12]


def current_manifest(folder: Path) -> Manifest:
    """Return the manifest of the current generation.

    Raises IndexMissing where there is none and IndexDamaged where it cannot be read.
    """
    try:
        name = (folder / _CURRENT).read_text("ascii").strip()
    except FileNotFoundError:
        raise IndexMissing(f"{folder}: no index yet; run 'python -m assistant build'.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise IndexDamaged(f"{folder / _CURRENT}: not readable; run 'build' again.") from error
    path = folder / name / _MANIFEST
    try:
        values = json.loads(path.read_text("utf-8"))
        manifest = Manifest(**values)
    except (OSError, ValueError, TypeError) as error:
        raise IndexDamaged(f"{path}: missing or not a manifest; run 'build' again.") from error
    return manifest


def load(folder: Path, *, model: str) -> Generation:
    """Load the current generation, its files checked against the manifest's digests.

    Raises IndexMissing, or IndexDamaged with one sentence that says what does not match.
    """
    manifest = current_manifest(folder)
    here = folder / manifest.generation
    _check(manifest, here, model)
    try:
        generation = Generation(
            manifest,
            tuple(PageText(**values) for values in _read_lines(here / "pages.jsonl")),
            tuple(_passage(values) for values in _read_lines(here / "passages.jsonl")),
            tuple(_record(values) for values in _read_lines(here / "records.jsonl")),
            tuple(Example(**values) for values in _read_lines(here / "examples.jsonl")),
            LexicalIndex.load(here / "lexical", manifest.passages),
            VectorIndex.load(here / "vectors.faiss"),
        )
    except (OSError, ValueError, TypeError, KeyError, RuntimeError) as error:
        raise IndexDamaged(f"{here}: the index does not load ({error}); run 'build' again.") from error
    _check_counts(generation, here)
    return generation


def load_known_vectors(folder: Path, *, model: str) -> dict[str, np.ndarray]:
    """Return passage text with its context → (dim,) float32, of the current generation.

    Empty where there is no whole generation of this model: then everything is embedded anew.
    """
    try:
        manifest = current_manifest(folder)
        here = folder / manifest.generation
        _check(manifest, here, model)
        passages = [_passage(values) for values in _read_lines(here / "passages.jsonl")]
        index = VectorIndex.load(here / "vectors.faiss")
    except (IndexMissing, IndexDamaged, OSError, ValueError, TypeError, KeyError, RuntimeError):
        return {}
    if index.count != len(passages):
        return {}
    return dict(zip(map(embedded_text, passages), index.vectors(np.arange(index.count)), strict=True))


def embedded_text(passage: Passage) -> str:
    """Return the text that the vector of a passage stands for."""
    return f"{passage.context}\n{passage.text}"


def assemble(
    *,
    model: str,
    corpus_digest: str,
    pages: Sequence[PageText],
    passages: Sequence[Passage],
    records: Sequence[Record],
    lexical: LexicalIndex,
    vectors: VectorIndex,
) -> Generation:
    """Return a generation in memory, without examples and not on disk yet."""
    name = generation_name(model, corpus_digest)
    manifest = Manifest(
        FORMAT, name, model, vectors.dimension, TOKENIZER, corpus_digest, len(passages), len(records), {}
    )
    return Generation(
        manifest, tuple(pages), tuple(passages), tuple(records), (), lexical, vectors
    )


def save(folder: Path, generation: Generation) -> Manifest:
    """Write a generation aside, then make it the current one; the one before is kept.

    Raises SettingsError where the folder cannot be written.
    """
    try:
        return _save(folder, generation)
    except (OSError, RuntimeError) as error:  # faiss tells of a full disk by RuntimeError
        reason = error.strerror if isinstance(error, OSError) else "faiss could not write its file"
        message = f"{folder}: the index cannot be written ({reason}); make room there or set index.path."
        raise SettingsError(message) from error


def _save(folder: Path, generation: Generation) -> Manifest:
    folder.mkdir(parents=True, exist_ok=True)
    name = generation.manifest.generation
    aside = Path(tempfile.mkdtemp(prefix=".building-", dir=folder))
    try:
        (aside / "lexical").mkdir()
        _write_lines(aside / "pages.jsonl", generation.pages)
        _write_lines(aside / "passages.jsonl", generation.passages)
        _write_lines(aside / "records.jsonl", generation.records)
        _write_lines(aside / "examples.jsonl", generation.examples)
        generation.lexical.save(aside / "lexical")
        generation.vectors.save(aside / "vectors.faiss")
        manifest = dataclasses.replace(generation.manifest, files=_digests(aside))
        _write(aside / _MANIFEST, json.dumps(dataclasses.asdict(manifest), indent=1, sort_keys=True))
        _install(aside, folder / name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    _switch(folder, name)
    return manifest


def _install(aside: Path, target: Path) -> None:
    """Rename the finished folder into place; a damaged one of the same name makes way."""
    os.chmod(aside, 0o755)  # mkdtemp made it private
    if target.exists():
        if _digests(target) == _digests(aside):
            return  # the same index already: never take it away from those who read it
        old = target.with_name(f".replaced-{target.name}")
        shutil.rmtree(old, ignore_errors=True)
        os.replace(target, old)
        os.replace(aside, target)
        shutil.rmtree(old, ignore_errors=True)
    else:
        os.replace(aside, target)


def _switch(folder: Path, name: str) -> None:
    pointer = folder / _CURRENT
    previous = pointer.read_text("ascii").strip() if pointer.is_file() else ""
    temporary = folder / f".{_CURRENT}-{name}"
    _write(temporary, name + "\n")
    os.replace(temporary, pointer)
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.name.startswith(".") and path.name not in (name, previous):
            shutil.rmtree(path, ignore_errors=True)


def _check(manifest: Manifest, here: Path, model: str) -> None:
    again = "run 'python -m assistant build' again."
    if manifest.format != FORMAT:
        raise IndexDamaged(f"{here}: made in format {manifest.format}, this is {FORMAT}; {again}")
    if manifest.tokenizer != TOKENIZER:
        raise IndexDamaged(f"{here}: made with tokenizer {manifest.tokenizer}, not {TOKENIZER}; {again}")
    if manifest.model != model:
        raise IndexDamaged(f"{here}: made with model {manifest.model}, the settings name {model}; {again}")
    expected = generation_name(manifest.model, manifest.corpus_digest)
    if manifest.generation != expected or not isinstance(manifest.files, dict) or not manifest.files:
        raise IndexDamaged(f"{here / _MANIFEST}: altered since it was written; {again}")
    for name, digest in sorted(manifest.files.items()):
        path = here / name
        if not path.is_file() or _digest(path) != digest:
            raise IndexDamaged(f"{path}: missing or altered since it was written; {again}")


def _check_counts(generation: Generation, here: Path) -> None:
    manifest = generation.manifest
    told = (manifest.passages, manifest.records, manifest.dimension)
    found = (len(generation.passages), len(generation.records), generation.vectors.dimension)
    if told != found or generation.vectors.count != manifest.passages:
        raise IndexDamaged(
            f"{here / _MANIFEST}: does not describe the files beside it; "
            "run 'python -m assistant build' again."
        )


def _digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): _digest(path) for path in files}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _write_lines(path: Path, values: Sequence[Any]) -> None:
    lines = (json.dumps(dataclasses.asdict(v), ensure_ascii=False) + "\n" for v in values)
    _write(path, "".join(lines))


def _read_lines(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _place(values: dict[str, Any]) -> Place:
    return Place(**{**values, "heading_path": tuple(values["heading_path"])})


def _passage(values: dict[str, Any]) -> Passage:
    places = tuple(_place(place) for place in values["places"])
    code = tuple((start, end) for start, end in values["code"])
    return Passage(**{**values, "places": places, "code": code})


def _record(values: dict[str, Any]) -> Record:
    fields = tuple(Field(**field) for field in values["fields"])
    places = tuple(_place(place) for place in values["places"])
    conflicts = tuple(
        Conflict(**{**conflict, "place": _place(conflict["place"])}) for conflict in values["conflicts"]
    )
    return Record(**{**values, "fields": fields, "places": places, "conflicts": conflicts})
