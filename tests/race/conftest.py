"""A course over the default corpus."""

from pathlib import Path

import pytest

from benchmarks.race.courses import Course, make_course


@pytest.fixture(scope="session")
def course(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The default corpus as a course."""
    return make_course("default", corpus, tmp_path_factory.mktemp("race") / "default")
