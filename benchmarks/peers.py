"""A fair race of the assistant against peers: the same passages, embedding model and questions, in one run.

    python benchmarks/peers.py --environments build/peers                            over corpus/
    python benchmarks/peers.py --environments build/peers --set DOCUMENTS QUESTIONS.yaml [--set …]
    python benchmarks/peers.py --readme                  the table and the plots again, from the last results

The first set's documents are raced over as they are, then --passages recombined of all the sets'
sentences. The questions of all sets are asked. Answers are judged on each set. Every contender runs
in an environment of its own, made on the first run, and the results go to
benchmarks/results/peers.json.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from assistant.errors import AssistantError
from assistant.evaluation import read_cases
from assistant.text import detect_language
from benchmarks.race.courses import Course, make_course, read_generation, recombine
from benchmarks.race.environments import PEERS, Weight, prepare
from benchmarks.race.processes import ASSISTANT, Contender, ContenderFailed
from benchmarks.race.protocol import read_passages
from benchmarks.race.quality import asked, finds_chinese, judge, judge_assistant
from benchmarks.race.racing import Race
from benchmarks.race.telling import rewrite

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "peers.json"
_LEAST_QUESTIONS = 20


def main() -> int:
    """Run what the command line asks for; returns 0, or 1 with one sentence."""
    options = _options()
    try:
        if options.readme:
            rewrite(json.loads(options.results.read_text("utf-8")), ROOT)
        else:
            results = race(options)
            options.results.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps(results, ensure_ascii=False, indent=1)
            options.results.write_text(text + "\n", "utf-8")
    except (AssistantError, OSError) as error:
        print(f"peers: {error}", file=sys.stderr)
        return 1
    return 0


def race(options: argparse.Namespace) -> dict[str, Any]:
    """Return the results of everything, as they are written. Raises AssistantError."""
    loads = [os.getloadavg()[0]]

    def tell(line: str) -> None:
        loads.append(os.getloadavg()[0])
        _tell(line)

    entered = [prepare(name, options.environments, _tell) for name in (ASSISTANT, *options.only)]
    contenders = [contender for contender, _ in entered]
    sets = [questions for _, questions in options.set]
    asked_of_all = mixed_questions(sets)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        courses = [make_course(q.stem, d, work / "sets" / str(n)) for n, (d, q) in enumerate(options.set)]
        quality = _judged(contenders, courses, sets, work / "judged")
        chinese = _chinese(contenders, work / "chinese")
        raced = [courses[0], _large(courses, options.passages, work)] if options.passages else courses[:1]
        passages = {course.name: len(read_passages(course.passages)) for course in raced}
        finishes = {
            course.name: Race(contenders, course, asked_of_all, work=work / "race", tell=tell).run(options.rounds)
            for course in raced
        }
    return {
        "machine": _machine(loads),
        "rounds": options.rounds,
        "questions": len(asked_of_all),
        "courses": passages,
        "sets": [questions.stem for questions in sets],
        "contenders": {
            contender.name: _entry(contender, weight, finishes)
            | {"chinese": chinese[contender.name], "quality": quality[contender.name]}
            for contender, weight in entered
        },
    }


def _entry(contender: Contender, weight: Weight, finishes: dict[str, Any]) -> dict[str, Any]:
    found = {course: by_name[contender.name] for course, by_name in finishes.items()}
    return {
        "install": asdict(weight),
        "courses": {course: asdict(f.figures) if f.figures else None for course, f in found.items()},
        "failures": {course: f.failure for course, f in found.items() if f.failure},
    }


def _large(courses: Sequence[Course], passages: int, work: Path) -> Course:
    """Return a course of about ``passages`` passages, made of the sentences of all ``courses``."""
    _tell(f"recombining {passages} passages")
    read = [read_generation(course.documents, work / "sets" / str(n) / "index") for n, course in enumerate(courses)]
    recombine(read, work / "pages", passages)
    return make_course("recombined", work / "pages", work / "recombined")


def _judged(
    contenders: Sequence[Contender], courses: Sequence[Course], sets: Sequence[Path], work: Path
) -> dict[str, dict[str, Any]]:
    """Return contender → set → counts of right answers; a set is left out where the contender failed."""
    judged: dict[str, dict[str, Any]] = {contender.name: {} for contender in contenders}
    for contender in contenders:
        for course, questions in zip(courses, sets, strict=True):
            _tell(f"judging {contender.name} on {course.name}")
            folder = work / contender.name / course.name
            try:
                counts = asdict(judge(contender, course, questions, folder))
            except ContenderFailed as error:
                _tell(f"  {error}")
                continue
            if contender.name == ASSISTANT:
                counts["whole"], counts["abstained"] = judge_assistant(course, questions, folder)
            judged[contender.name][course.name] = counts
    return judged


def _chinese(contenders: Sequence[Contender], work: Path) -> dict[str, dict[str, bool]]:
    """Return contender → setting → whether its lexical part finds a word inside a Chinese sentence.

    Over the bodies of the default corpus alone: as a heading the word would stand by itself.
    """
    bodies = work / "bodies"
    bodies.mkdir(parents=True)
    generation = read_generation(ROOT / "corpus", work / "index")
    for number, passage in enumerate(generation.passages):
        (bodies / f"{number}.md").write_text(passage.text + "\n", "utf-8")
    course = make_course("chinese", bodies, work / "course")
    found: dict[str, dict[str, bool]] = {contender.name: {} for contender in contenders}
    for contender in contenders:
        for setting in ("default", "chinese"):
            folder = work / contender.name / setting
            try:
                found[contender.name][setting] = finds_chinese(contender, course, setting, folder)
            except ContenderFailed as error:
                _tell(f"  {error}")
                found[contender.name][setting] = False
    return found


def mixed_questions(sets: Sequence[Path]) -> list[str]:
    """Return the distinct questions of all sets, mixed, always in the same order; a Chinese one first.

    The first is asked cold, and a Chinese one needs a contender's Chinese parts. Raises
    AssistantError where they are too few.
    """
    lists = [[asked(case) for case in read_cases(path)] for path in sets]
    longest = max(map(len, lists))
    mixed = dict.fromkeys(found[n] for n in range(longest) for found in lists if n < len(found))
    if len(mixed) < _LEAST_QUESTIONS:
        raise AssistantError(f"{len(mixed)} questions are too few for a race; name a set of {_LEAST_QUESTIONS}.")
    first = next((question for question in mixed if detect_language(question) == "zh"), next(iter(mixed)))
    return [first, *(question for question in mixed if question != first)]


def _machine(loads: Sequence[float]) -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load_averages": [round(min(loads), 1), round(max(loads), 1)],  # the lowest and the highest while it ran
        "date": datetime.now(UTC).date().isoformat(),
    }


def _tell(line: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {line}", file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--environments", type=Path, default=ROOT / "build" / "peers", help="where they are kept")
    parser.add_argument("--set", type=Path, nargs=2, action="append", metavar=("DOCUMENTS", "QUESTIONS"))
    parser.add_argument("--passages", type=int, default=11_000, help="to recombine; a tenth falls away; 0: none")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", choices=PEERS, default=PEERS, help="these peers")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--readme", action="store_true", help="write the README's part anew and leave")
    options = parser.parse_args()
    options.set = options.set or [(ROOT / "corpus", ROOT / "tests" / "data" / "questions.yaml")]
    options.environments = options.environments.resolve()
    return options


if __name__ == "__main__":
    sys.exit(main())
