"""One index generation as files: what is written, and how what is read is checked."""

import dataclasses
import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assistant.errors import IndexDamaged, IndexMissing, SettingsError
from assistant.index import disk, generations, lines
from assistant.index.backend import Lexical, Outline, Vectors, Words
from assistant.index.coding import as_json, read_passage, read_record
from assistant.index.lexical import LexicalIndex
from assistant.index.lines import Lines
from assistant.index.outline import PassageOutline
from assistant.index.vectors import VectorIndex
from assistant.index.words import PassageWords
from assistant.schema import Example, PageText, Passage, Record
from assistant.text import TOKENIZER

FORMAT = 9
_PAGES_KEPT = 500  # in memory, about 10 kB each
_PASSAGES_KEPT = 20_000  # in memory, about 2 kB each
_MANIFEST = "manifest.json"
_log = logging.getLogger(__name__)


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
class Generation:
    """One whole index in memory."""

    manifest: Manifest
    pages: Sequence[PageText]
    passages: Sequence[Passage]
    records: tuple[Record, ...]
    examples: tuple[Example, ...]
    lexical: Lexical
    vectors: Vectors
    words: Words
    outline: Outline


def generation_name(model: str, corpus_digest: str) -> str:
    """Return the name of the generation that these inputs give."""
    seed = f"{FORMAT}\n{TOKENIZER}\n{model}\n{corpus_digest}"
    return hashlib.sha256(seed.encode()).hexdigest()[:12]


def current_manifest(folder: Path) -> Manifest:
    """Return the manifest of the current generation.

    Raises IndexMissing where there is none and IndexDamaged where it cannot be read.
    """
    return _manifest(folder / generations.current_name(folder))


def load(folder: Path, *, model: str) -> Generation:
    """Load the current generation, its files checked against the manifest's digests.

    Raises IndexMissing, or IndexDamaged with one sentence that says what does not match.
    """
    while True:
        name = generations.current_name(folder)
        try:
            return _load(folder / name, model)
        except IndexDamaged:
            # Two builds while we read remove what we read: then another one is current by now.
            if generations.current_name(folder) == name:
                raise


def load_last_good(folder: Path, *, model: str) -> Generation:
    """Load the current generation or, where it is damaged, the one before, with a warning in the log.

    Raises IndexMissing, or IndexDamaged where neither is whole.
    """
    try:
        return load(folder, model=model)
    except IndexDamaged as error:
        name = generations.previous_name(folder)
        if not name:
            raise
        try:
            generation = _load(folder / name, model)
        except IndexDamaged:
            raise error from None
        _log.error("%s Until then the generation before it, %s, answers.", error, name)
        return generation


def _load(here: Path, model: str) -> Generation:
    manifest = _manifest(here)
    check_maker(manifest, str(here), model)
    _check_files(manifest, here)
    try:
        generation = Generation(
            manifest,
            Lines.load(here / "pages.jsonl", lambda values: PageText(**values), kept=_PAGES_KEPT),
            Lines.load(here / "passages.jsonl", read_passage, kept=_PASSAGES_KEPT),
            tuple(read_record(values) for values in _read_lines(here / "records.jsonl")),
            tuple(Example(**values) for values in _read_lines(here / "examples.jsonl")),
            LexicalIndex.load(here / "lexical", manifest.passages),
            VectorIndex.load(here),
            PassageWords.load(here / "words"),
            PassageOutline.load(here),
        )
    except (OSError, ValueError, TypeError, KeyError, RuntimeError) as error:
        raise IndexDamaged(f"{here}: the index does not load ({error}); run 'build' again.") from error
    _check_counts(generation, here)
    return generation


def _manifest(here: Path) -> Manifest:
    path = here / _MANIFEST
    try:
        return Manifest(**json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise IndexDamaged(f"{path}: missing or not a manifest; run 'build' again.") from error


def load_known_vectors(folder: Path, *, model: str) -> dict[str, np.ndarray]:
    """Return passage text with its context → (dim,) float32, of the current generation.

    Empty where there is no whole generation of this model: then everything is embedded anew.
    """
    try:
        here = folder / generations.current_name(folder)
        check_maker(_manifest(here), str(here), model)
        _check_files(_manifest(here), here)
        texts = [embedded_text(read_passage(values)) for values in _read_lines(here / "passages.jsonl")]
        index = VectorIndex.load(here)
    except (IndexMissing, IndexDamaged, OSError, ValueError, TypeError, KeyError, RuntimeError):
        return {}
    if index.count != len(texts):
        return {}
    return dict(zip(texts, index.vectors(np.arange(index.count)), strict=True))


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
    words: PassageWords,
) -> Generation:
    """Return a generation in memory, without examples and not on disk yet."""
    name = generation_name(model, corpus_digest)
    manifest = Manifest(
        FORMAT, name, model, vectors.dimension, TOKENIZER, corpus_digest, len(passages), len(records), {}
    )
    outline = PassageOutline.build(pages, passages, records)
    return Generation(
        manifest, tuple(pages), tuple(passages), tuple(records), (), lexical, vectors, words, outline
    )


def save(folder: Path, generation: Generation, *, verify: Callable[[Generation], None] | None = None) -> Manifest:
    """Write a generation aside, read it back, then make it the current one; the one before is kept.

    ``verify`` is given what was read back, and raises where it should not be served. Several
    processes hold ``generations.building`` meanwhile. Raises SettingsError where the folder cannot
    be written, and what ``verify`` raises.
    """
    try:
        return _save(folder, generation, verify or (lambda made: None))
    except OSError as error:
        raise _unwritable(folder, error) from error


def roll_back(folder: Path) -> str:
    """Make the generation before the current one again; returns its name.

    Raises IndexMissing where none was kept, IndexDamaged where it is not whole, SettingsError where
    the folder cannot be written.
    """
    name = generations.previous_name(folder)
    if not name:
        raise IndexMissing(f"{folder}: no generation before this one is kept; run 'python -m assistant build'.")
    _check_files(_manifest(folder / name), folder / name)
    try:
        generations.switch(folder, name, is_whole=_is_whole, goes_back=True)
    except OSError as error:
        raise _unwritable(folder, error) from error
    return name


def _unwritable(folder: Path, error: OSError) -> SettingsError:
    return SettingsError(
        f"{folder}: the index cannot be written ({error.strerror}); make room there or set index.path."
    )


def _save(folder: Path, generation: Generation, verify: Callable[[Generation], None]) -> Manifest:
    folder.mkdir(parents=True, exist_ok=True)
    generations.tidy(folder)
    with generations.aside(folder) as made:
        manifest = dataclasses.replace(generation.manifest, files=_write_files(made, generation))
        text = json.dumps(dataclasses.asdict(manifest), indent=1, sort_keys=True)
        disk.write(made / _MANIFEST, text.encode())
        verify(_load(made, manifest.model))
        generations.install(made, folder / manifest.generation, is_whole=_is_whole)
    generations.switch(folder, manifest.generation, is_whole=_is_whole)
    generations.tidy(folder)
    return manifest


def _write_files(made: Path, generation: Generation) -> dict[str, str]:
    """Write everything but the manifest; returns the digest of each file as it should be."""
    digests = lines.save(made / "pages.jsonl", generation.pages)
    digests |= lines.save(made / "passages.jsonl", generation.passages)
    for name, things in (("records.jsonl", generation.records), ("examples.jsonl", generation.examples)):
        digests[name] = disk.write(made / name, _lines(things))
    digests |= generation.vectors.save(made)
    digests |= generation.outline.save(made)
    for name, part in (("lexical", generation.lexical), ("words", generation.words)):
        (made / name).mkdir()
        digests |= {f"{name}/{file}": digest for file, digest in part.save(made / name).items()}
    return digests


def _is_whole(here: Path) -> bool:
    try:
        _check_files(_manifest(here), here)
    except IndexDamaged:
        return False
    return True


def check_maker(manifest: Manifest, where: str, model: str) -> None:
    """Raise IndexDamaged where a generation was made by another version, tokenizer or model, or altered."""
    again = "run 'python -m assistant build' again."
    if manifest.format != FORMAT:
        raise IndexDamaged(f"{where}: made in format {manifest.format}, this is {FORMAT}; {again}")
    if manifest.tokenizer != TOKENIZER:
        raise IndexDamaged(f"{where}: made with tokenizer {manifest.tokenizer}, not {TOKENIZER}; {again}")
    if manifest.model != model:
        raise IndexDamaged(f"{where}: made with model {manifest.model}, the settings name {model}; {again}")
    expected = generation_name(manifest.model, manifest.corpus_digest)
    if manifest.generation != expected or not isinstance(manifest.files, dict) or not manifest.files:
        raise IndexDamaged(f"{where}: its manifest is altered since it was written; {again}")


def _check_files(manifest: Manifest, here: Path) -> None:
    for name, digest in sorted(manifest.files.items()):
        path = here / name
        try:
            is_same = disk.digest(path) == digest
        except (OSError, ValueError):  # ValueError: a NUL in a name
            is_same = False
        if not is_same:
            raise IndexDamaged(
                f"{path}: missing or altered since it was written; run 'python -m assistant build' again."
            )


def _check_counts(generation: Generation, here: Path) -> None:
    manifest = generation.manifest
    told = (manifest.passages, manifest.records, manifest.dimension)
    found = (len(generation.passages), len(generation.records), generation.vectors.dimension)
    counts = {generation.vectors.count, generation.words.count, generation.outline.count}
    if told != found or counts != {manifest.passages}:
        raise IndexDamaged(
            f"{here / _MANIFEST}: does not describe the files beside it; "
            "run 'python -m assistant build' again."
        )


def _lines(values: Sequence[Any]) -> bytes:
    return "".join(as_json(value) + "\n" for value in values).encode()


def _read_lines(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]
