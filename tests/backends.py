"""The places where an index may be kept, for tests that hold all of them to the same."""

from collections.abc import Callable
from pathlib import Path

from assistant.index import generations
from assistant.index.keeping import GenerationStore, open_store
from assistant.index.milvus.keeping import MilvusStore
from assistant.index.milvus.layout import FIRST_OF_REST
from assistant.settings import Settings

BACKENDS = ("faiss", "milvus")


def kept_by(backend: str, settings: Settings, folder: Path, *, uri: str = "") -> Settings:
    """Return ``settings`` with an index in ``folder``, as files or in Milvus Lite, or at ``uri``."""
    changes = {"backend": backend, "path": folder / "index", "milvus_uri": uri or str(folder / "milvus.db")}
    return settings.model_copy(update={"index": settings.index.model_copy(update=changes)})


class Keeper:
    """A store that can be closed and opened again, and whose current generation can be damaged."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store: GenerationStore = open_store(settings.index)

    def reopen(self) -> None:
        """Begin anew, as another process would."""
        self.store.close()
        self.store = open_store(self.settings.index)

    def damage(self) -> None:
        """Take something away from the current generation."""
        if isinstance(self.store, MilvusStore):
            name = self.store.state()
            self.store._client.delete(name, filter=f"number >= {FIRST_OF_REST} and number < {FIRST_OF_REST + 1}")
            return
        folder = self.settings.index.path
        path = folder / generations.current_name(folder) / "passages.jsonl"
        path.write_bytes(path.read_bytes()[:-2])

    def kept(self) -> int:
        """Return how many generations, whole or not, are there."""
        if isinstance(self.store, MilvusStore):
            return len(self.store._client.list_collections())
        is_one: Callable[[Path], bool] = lambda path: path.is_dir() and not path.name.startswith((".readings", ".parts"))  # noqa: E731
        return sum(map(is_one, self.settings.index.path.iterdir()))
