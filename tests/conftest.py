"""Fixtures that several tests share: the default corpus, an assistant over it, extra corpora."""

import os
from pathlib import Path

import pytest

from assistant.pipeline import Assistant, build, load_assistant
from assistant.settings import CorpusSettings, IndexSettings, Settings

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The default corpus that the repository ships."""
    return ROOT / "corpus"


@pytest.fixture(scope="session")
def settings(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Default settings over the default corpus, with an index of it in a temporary folder."""
    index = tmp_path_factory.mktemp("default") / "index"
    made = Settings(corpus=CorpusSettings(path=corpus), index=IndexSettings(path=index))
    build(made)
    return made


@pytest.fixture(scope="session")
def assistant(settings: Settings) -> Assistant:
    """An assistant that answers from the default corpus."""
    return load_assistant(settings)


@pytest.fixture(scope="session")
def shared() -> Path:
    """A folder of further corpora and question sets; the test is skipped where there is none."""
    folder = Path(os.environ.get("LAB_ASSISTANT_SHARED", ROOT.parent / "shared")).resolve()
    if not (folder / "corpora").is_dir():
        pytest.skip("no folder of extra corpora: name one in LAB_ASSISTANT_SHARED")
    return folder
