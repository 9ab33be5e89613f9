"""Small labs that do not exist, read and asked as a visitor would: what many labs' pages share."""

from pathlib import Path

import pytest

from assistant.evaluation import Outcome, evaluate
from assistant.pipeline import build, load_assistant
from assistant.settings import CorpusSettings, IndexSettings, Settings

LABS = sorted(path for path in (Path(__file__).parent / "data" / "labs").iterdir() if path.is_dir())


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
def test_every_question_about_a_lab_is_answered_from_its_pages_or_not_at_all(lab: Path, tmp_path: Path):
    settings = Settings(
        corpus=CorpusSettings(path=lab / "docs"), index=IndexSettings(path=tmp_path / "index")
    )
    build(settings)
    report = evaluate(load_assistant(settings), lab / "questions.yaml")
    assert [_told(outcome) for outcome in report.misses] == []
    assert report.cited.part == report.cited.whole


def _told(outcome: Outcome) -> str:
    return f"{outcome.case.id}: {outcome.case.question} → {outcome.answer.text}"
