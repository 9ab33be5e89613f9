"""How good the answers are: the best passage taken for the answer, judged as `assistant eval` judges."""

from dataclasses import dataclass
from pathlib import Path

from assistant.evaluation import UNANSWERABLE, Case, evaluate, is_right, read_cases
from assistant.pipeline import load_assistant
from assistant.schema import Answer, Question
from assistant.settings import CorpusSettings, IndexSettings, Settings
from benchmarks.race.courses import Course
from benchmarks.race.processes import Contender, Process
from benchmarks.race.protocol import DEPTH

PHRASE = "联合培养博士"  # what the lexical part has to find inside a sentence, where no space parts words


@dataclass(frozen=True)
class Quality:
    """How many of a set's answerable questions are right.

    ``first``: the best passage is the answer; ``five``: one of the best five would be. ``whole`` and
    ``abstained`` are the assistant's own answers as `assistant eval` scores them; 0 for the others,
    which always return a passage.
    """

    answerable: int
    unanswerable: int
    first: int
    five: int
    whole: int = 0
    abstained: int = 0


def judge(contender: Contender, course: Course, questions: Path, folder: Path) -> Quality:
    """Build, ask every question, and judge. Raises ContenderFailed."""
    cases = read_cases(questions)
    answerable = [case for case in cases if case.kind != UNANSWERABLE]
    places = {"folder": folder, "documents": course.documents}
    folder.mkdir(parents=True)
    first = five = 0
    with Process(contender) as process:
        process.say("build", passages=course.passages, **places)
        process.say("load", **places)
        for case in answerable:
            ids = process.say("search", question=asked(case))["ids"]
            texts = [course.texts[passage] for passage in ids[:DEPTH]]
            first += any(holds(case, text) for text in texts[:1])
            five += any(holds(case, text) for text in texts)
    return Quality(len(answerable), len(cases) - len(answerable), first, five)


def judge_assistant(course: Course, questions: Path, folder: Path) -> tuple[int, int]:
    """Return how many whole answers and how many abstentions are right, of an index built in ``folder``."""
    settings = Settings(corpus=CorpusSettings(path=course.documents), index=IndexSettings(path=folder))
    report = evaluate(load_assistant(settings), questions)
    return report.right.part, report.abstained.part


def asked(case: Case) -> str:
    """Return the question with what was asked before it, which is all that a search can be told."""
    return " ".join((*case.history, case.question))


def holds(case: Case, text: str) -> bool:
    """Tell whether ``text``, given as the answer, would be right."""
    question = Question(case.question, case.history, "zh")
    answer = Answer(question, bool(text), "fact", text, (), (), (), 1.0, "extractive")
    return is_right(case, answer)


def finds_chinese(contender: Contender, course: Course, setting: str, folder: Path) -> bool:
    """Tell whether the lexical part, in its default or its "chinese" setting, ranks a text with PHRASE first."""
    places = {"folder": folder, "documents": course.documents}
    folder.mkdir(parents=True)
    with Process(contender, setting) as process:
        process.say("build", passages=course.passages, **places)
        process.say("load", **places)
        ids = process.say("lexical", question=PHRASE)["ids"]
    return bool(ids) and PHRASE in course.texts[ids[0]]
