"""The assistant itself in the race: it reads the documents, and its answers are whole ones."""

import os
from collections.abc import Sequence
from pathlib import Path

# As its command line does, before numpy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from assistant.pipeline import Assistant, Resources, build, load_assistant
from assistant.settings import CorpusSettings, IndexSettings, Settings
from benchmarks.race.protocol import DEPTH, Message, Passage, serve


class LabAssistant:
    """Records, reranking, an answer with citations, or none."""

    def __init__(self, setting: str) -> None:
        self._assistant: Assistant | None = None
        self._settings = Settings()
        self._resources: Resources | None = None

    def build(self, passages: Path, documents: Path, folder: Path) -> None:
        """Read the documents and write an index, tried and checked; ``passages`` are not needed."""
        build(_settings(documents, folder))

    def load(self, folder: Path, documents: Path) -> None:
        """Load the index, its files checked against their digests."""
        self._settings = _settings(documents, folder)
        self._resources = Resources.load(self._settings)
        self._assistant = load_assistant(self._settings, resources=self._resources)

    def ask(self, question: str) -> Message:
        """Return the answer as the API gives it."""
        answer = self._assistant.ask(question)
        return {"answer": answer.text, "answered": answer.answered}

    def search(self, question: str) -> list[str]:
        """Return passages, as MCP's search tool does."""
        return [hit.passage.id for hit in self._assistant.search(question, limit=DEPTH)]

    def lexical(self, question: str) -> list[str]:
        """Return those passages of the search that hold the question's words."""
        return [hit.passage.id for hit in self._assistant.search(question, limit=DEPTH) if hit.lexical > 0]

    def update(self, removed: Sequence[str], added: Sequence[Passage]) -> None:
        """Read the documents again, write another generation beside the first and switch to it."""
        build(self._settings)
        self._assistant = load_assistant(self._settings, resources=self._resources)

    def save(self) -> None:
        """Do nothing: the update is on disk."""


def _settings(documents: Path, folder: Path) -> Settings:
    return Settings(corpus=CorpusSettings(path=documents), index=IndexSettings(path=folder))


if __name__ == "__main__":
    serve(LabAssistant)
