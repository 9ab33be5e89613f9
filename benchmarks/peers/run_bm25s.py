"""Bare bm25s in the race: no vectors, no fusion; what exact words alone give, and how fast."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import bm25s

from benchmarks.race.protocol import DEPTH, Message, Passage, read_passages, serve

_Tokens = list[list[str]]


class BareBm25s:
    """Its own index on disk; an update is a new index, since it has no other."""

    def __init__(self, setting: str) -> None:
        self._is_chinese = setting == "chinese"
        self._folder = Path()
        self._engine = bm25s.BM25()

    def build(self, passages: Path, documents: Path, folder: Path) -> None:
        """Index and save."""
        self._folder = folder
        self._index(read_passages(passages))
        self.save()

    def load(self, folder: Path, documents: Path) -> None:
        """Load the index with the passages."""
        self._folder = folder
        self._engine = bm25s.BM25.load(folder, load_corpus=True)

    def ask(self, question: str) -> Message:
        """Search."""
        self.search(question)
        return {}

    def search(self, question: str) -> list[str]:
        """Return ids by BM25."""
        limit = min(DEPTH, len(self._engine.corpus))
        found, scores = self._engine.retrieve(self._tokens([question]), k=limit, show_progress=False)
        pairs = zip(found[0], scores[0], strict=True)
        return [passage["id"] for passage, score in pairs if score > 0]

    def lexical(self, question: str) -> list[str]:
        """Return the same: there is no other part."""
        return self.search(question)

    def update(self, removed: Sequence[str], added: Sequence[Passage]) -> None:
        """Index everything anew."""
        gone = set(removed)
        kept = [Passage(p["id"], p["source"], p["text"]) for p in self._engine.corpus if p["id"] not in gone]
        self._index([*kept, *added])

    def save(self) -> None:
        """Write index and passages."""
        self._engine.save(self._folder, corpus=self._engine.corpus, show_progress=False)

    def _index(self, passages: Sequence[Passage]) -> None:
        self._engine = bm25s.BM25(corpus=[asdict(passage) for passage in passages])
        self._engine.index(self._tokens([passage.text for passage in passages]), show_progress=False)

    def _tokens(self, texts: Sequence[str]) -> "_Tokens | bm25s.tokenization.Tokenized":
        if not self._is_chinese:
            return bm25s.tokenize(list(texts), stopwords="en", show_progress=False)
        import jieba

        return [[word for word in jieba.lcut_for_search(text.lower()) if word.strip()] for text in texts]


if __name__ == "__main__":
    serve(BareBm25s)
