"""Fixtures that several tests share: the default corpus, an index of it, extra corpora."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The default corpus that the repository ships."""
    return ROOT / "corpus"


@pytest.fixture(scope="session")
def shared() -> Path:
    """A folder of further corpora and question sets; the test is skipped where there is none."""
    folder = Path(os.environ.get("LAB_ASSISTANT_SHARED", ROOT.parent / "shared")).resolve()
    if not (folder / "corpora").is_dir():
        pytest.skip("no folder of extra corpora: name one in LAB_ASSISTANT_SHARED")
    return folder
