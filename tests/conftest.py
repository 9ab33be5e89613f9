"""Fixtures that several tests share: the default corpus, an assistant over it, extra corpora."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assistant.settings import CorpusSettings, IndexSettings, Settings

if TYPE_CHECKING:
    from assistant.pipeline import Assistant

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The default corpus that the repository ships."""
    return ROOT / "corpus"


@pytest.fixture(scope="session")
def settings(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Default settings over the default corpus, with an index of it in a temporary folder."""
    from assistant.pipeline import build  # here: most tests need no index and should start at once

    index = tmp_path_factory.mktemp("default") / "index"
    made = Settings(corpus=CorpusSettings(path=corpus), index=IndexSettings(path=index))
    build(made)
    return made


@pytest.fixture(scope="session")
def assistant(settings: Settings) -> "Assistant":
    """An assistant that answers from the default corpus."""
    from assistant.pipeline import load_assistant

    return load_assistant(settings)


@pytest.fixture(scope="session")
def shared() -> Path:
    """A folder of further corpora and question sets; the test is skipped where there is none."""
    folder = Path(os.environ.get("LAB_ASSISTANT_SHARED", ROOT.parent / "shared")).resolve()
    if not (folder / "corpora").is_dir():
        pytest.skip("no folder of extra corpora: name one in LAB_ASSISTANT_SHARED")
    return folder
