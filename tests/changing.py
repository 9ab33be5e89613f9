"""A small lab whose documents change."""

from pathlib import Path

from assistant.settings import CorpusSettings, IndexSettings, Settings

_PAGES = {
    "index.rst": "实验室\n======\n\n实验室在上海。\n\n.. toctree::\n\n   team\n   visit\n",
    "team.md": "# 团队\n\n编译器团队由王芳负责，邮箱 wang@lab.example。\n",
    "visit.md": "# Visiting\n\nVisitors come on Mondays at nine.\n",
}
QUESTION = "visitors"  # answered with the day that the documents name


def small_lab(folder: Path) -> Settings:
    """Return settings over three pages that are written into ``folder``, not indexed yet."""
    corpus = folder / "corpus"
    corpus.mkdir()
    for name, content in _PAGES.items():
        (corpus / name).write_text(content, "utf-8")
    return Settings(corpus=CorpusSettings(path=corpus), index=IndexSettings(path=folder / "index"))


def change(settings: Settings, day: str) -> None:
    """Let visitors come on another day."""
    (settings.corpus.path / "visit.md").write_text(_PAGES["visit.md"].replace("Mondays", day), "utf-8")
