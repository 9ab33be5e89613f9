"""Fixtures of the tests of indexes."""

from collections.abc import Iterator

import pytest

from assistant.pipeline import Resources
from assistant.readers.workers import read_one
from assistant.settings import Settings


@pytest.fixture(scope="module")
def quick_builds() -> Iterator[None]:
    """Load what all builds share once, and read files in this process: three pages take a tenth of a child's time."""
    loaded = Resources.load(Settings())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Resources, "load", lambda settings: loaded)
        patch.setattr("assistant.crew.read_files", lambda site, sources: (read_one(site, source) for source in sources))
        yield
