"""A contender of a few lines: passages that share words with the question; chatty, as frameworks are."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.race.protocol import DEPTH, Message, Passage, read_passages, serve


class Honest:
    def __init__(self, setting: str) -> None:
        self.is_chinese = setting == "chinese"
        self.path = Path()
        self.passages: list[Passage] = []

    def build(self, passages: Path, documents: Path, folder: Path) -> None:
        print("building", {"wall_s": "not a reply"}, flush=True)  # noqa: T201
        assert documents.is_dir()
        self.path = folder / "passages.jsonl"
        self.passages = read_passages(passages)
        self.save()

    def load(self, folder: Path, documents: Path) -> None:
        self.path = folder / "passages.jsonl"
        self.passages = read_passages(self.path)

    def ask(self, question: str) -> Message:
        self.search(question)
        return {}

    def search(self, question: str) -> list[str]:
        asked = self.words(question)
        scores = {passage.id: len(asked & self.words(passage.text)) for passage in self.passages}
        return sorted((p for p, score in scores.items() if score), key=lambda p: (-scores[p], p))[:DEPTH]

    def lexical(self, question: str) -> list[str]:
        return self.search(question)

    def update(self, removed: Sequence[str], added: Sequence[Passage]) -> None:
        self.passages = [passage for passage in self.passages if passage.id not in removed] + list(added)

    def save(self) -> None:
        lines = [json.dumps(asdict(passage), ensure_ascii=False) + "\n" for passage in self.passages]
        self.path.write_text("".join(lines), "utf-8")

    def words(self, text: str) -> set[str]:
        text = text.lower()
        return set(zip(text, text[1:], strict=False)) if self.is_chinese else set(text.split())


if __name__ == "__main__":
    serve(Honest)
