"""Where index generations are kept: one is current, and the one before it can be gone back to."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np

from assistant.index import generations, store
from assistant.index.store import Generation, Manifest
from assistant.settings import IndexSettings


class GenerationStore(Protocol):
    """Keeps the generations of one lab; safe to share between threads."""

    @property
    def agreement(self) -> float:
        """How many of its example questions, 0…1, a generation answers as it did before it was kept."""

    def state(self) -> str:
        """Return what changes whenever another generation is switched to, at the cost of one look."""

    def current_manifest(self) -> Manifest:
        """Return the current generation's manifest. Raises IndexMissing or IndexDamaged."""

    def rolled_back_from(self) -> str:
        """Return the generation in whose place the current one was put by ``roll_back``, else ""."""

    def load(self, *, model: str) -> Generation:
        """Return the current generation or, where it is damaged, the one before, which the log tells.

        Raises IndexMissing, or IndexDamaged where neither is whole.
        """

    def known_vectors(self, texts: Sequence[str], *, model: str) -> dict[str, np.ndarray]:
        """Return text → (dim,) float32 for those of ``texts`` that the current generation embedded."""

    def building(self, *, wait_s: float, on_wait: Callable[[], None]) -> AbstractContextManager[None]:
        """Be the only one who builds; see ``generations.building``."""

    def save(
        self, generation: Generation, tokens: Sequence[Sequence[str]], *, verify: Callable[[Generation], None]
    ) -> Manifest:
        """Keep a generation aside, have what is read back verified, then make it the current one.

        ``tokens``: the search tokens of each passage. Raises what ``verify`` raises, and SettingsError
        where it cannot be kept.
        """

    def roll_back(self) -> str:
        """Make the generation before the current one again; returns its name.

        Raises IndexMissing where none is kept, IndexDamaged where it is not whole.
        """

    def close(self) -> None:
        """Let go of what is held; generations loaded from here may need it."""


class FolderStore:
    """Generations as files below one folder, read into memory."""

    agreement = 1.0

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def state(self) -> str:
        """Return what changes whenever a generation is switched to."""
        return "-".join(map(str, generations.pointer_state(self._folder)))

    def current_manifest(self) -> Manifest:
        """Return the current generation's manifest. Raises IndexMissing or IndexDamaged."""
        return store.current_manifest(self._folder)

    def rolled_back_from(self) -> str:
        """Return the generation that was gone back from; see ``generations.rolled_back_from``."""
        return generations.rolled_back_from(self._folder)

    def load(self, *, model: str) -> Generation:
        """Return the last good generation; see ``store.load_last_good``."""
        return store.load_last_good(self._folder, model=model)

    def known_vectors(self, texts: Sequence[str], *, model: str) -> dict[str, np.ndarray]:
        """Return the vectors of the current generation, whether of ``texts`` or of others."""
        return store.load_known_vectors(self._folder, model=model)

    def building(self, *, wait_s: float, on_wait: Callable[[], None]) -> AbstractContextManager[None]:
        """Be the only one who builds in the folder, on whatever machine that locks its files."""
        return generations.building(self._folder, wait_s=wait_s, on_wait=on_wait)

    def save(
        self, generation: Generation, tokens: Sequence[Sequence[str]], *, verify: Callable[[Generation], None]
    ) -> Manifest:
        """Write the generation; see ``store.save``."""
        return store.save(self._folder, generation, verify=verify)

    def roll_back(self) -> str:
        """Make the generation before the current one again; see ``store.roll_back``."""
        return store.roll_back(self._folder)

    def close(self) -> None:
        """Hold nothing."""


def open_store(settings: IndexSettings) -> GenerationStore:
    """Return where generations are kept; to be closed.

    Raises OptionalPackageMissing, SettingsError or IndexUnavailable where it is a database.
    """
    if settings.backend == "milvus":
        from assistant.index.milvus.keeping import MilvusStore  # its packages are optional

        return MilvusStore(settings)
    return FolderStore(settings.path)


@contextmanager
def opened_store(settings: IndexSettings, kept: GenerationStore | None = None) -> Iterator[GenerationStore]:
    """Give ``kept``, or else a store that is closed in the end."""
    if kept is not None:
        yield kept
        return
    with closing(open_store(settings)) as opened:
        yield opened
