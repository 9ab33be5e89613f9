"""The race itself: rounds in which every contender builds, starts cold, answers, and takes an update."""

import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.race.courses import MARKER, Course
from benchmarks.race.measuring import Figures, Samples
from benchmarks.race.processes import Contender, ContenderFailed, Process

_BLOCK = 10  # questions a contender is asked in a row, before it is the next one's turn
_WARM_UP = 5  # questions after a start that are not timed; the first of them is its cold start


@dataclass(frozen=True)
class Finish:
    """How one contender came through one course; ``figures`` of what it finished, else ``failure``."""

    figures: Figures | None
    failure: str


class _Turn:
    """One process that is asked in turn with the others, and where its times of this round go."""

    process: Process

    def __init__(self, command: str, wall_ms: list[list[float]], cpu_ms: list[list[float]]) -> None:
        self._command = command
        self._wall_ms: list[float] = []
        self._cpu_ms: list[float] = []
        wall_ms.append(self._wall_ms)
        cpu_ms.append(self._cpu_ms)

    def take(self, questions: Sequence[str]) -> None:
        """Ask ``questions``. Raises ContenderFailed."""
        for question in questions:
            reply = self.process.say(self._command, question=question)
            self._wall_ms.append(1000 * reply["wall_s"])
            self._cpu_ms.append(1000 * reply["cpu_s"])


class Race:
    """All contenders over one course; ``work`` is a folder for their indexes."""

    def __init__(
        self,
        contenders: Sequence[Contender],
        course: Course,
        questions: Sequence[str],
        *,
        work: Path,
        tell: Callable[[str], None],
    ) -> None:
        self._contenders = contenders
        self._course = course
        self._first = questions[:_WARM_UP]
        self._timed = questions[_WARM_UP:]
        self._work = work
        self._tell = tell
        self._samples = {contender: Samples() for contender in contenders}

    def run(self, rounds: int) -> dict[str, Finish]:
        """Return each contender's figures by name; who goes first changes with the round."""
        for number in range(rounds):
            shift = number % len(self._contenders)
            order = [*self._contenders[shift:], *self._contenders[:shift]]
            self._tell(f"{self._course.name}: round {number + 1} of {rounds}")
            self._each(order, self._build)
            self._ask_in_turn(order)
            self._each(order, self._ask_many_and_update)
        finishes = {
            contender.name: Finish(None, samples.failure) if samples.failure else Finish(Figures.of(samples), "")
            for contender, samples in self._samples.items()
        }
        for name, finish in finishes.items():
            self._tell(f"  {name}: {finish.failure or finish.figures}")
        return finishes

    def _each(self, order: Sequence[Contender], step: Callable[[Contender, Samples], None]) -> None:
        """Let everyone still in the race take a step; who fails is out."""
        for contender in order:
            samples = self._samples[contender]
            if not samples.failure:
                try:
                    step(contender, samples)
                except ContenderFailed as error:
                    samples.failure = str(error)
                    self._tell(f"  {error}")

    def _places(self, contender: Contender) -> dict[str, Path]:
        return {"folder": self._work / contender.name, "documents": self._course.documents}

    def _build(self, contender: Contender, samples: Samples) -> None:
        folder = self._work / contender.name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        with Process(contender) as process:
            reply = process.say("build", passages=self._course.passages, **self._places(contender))
        samples.build_wall_s.append(reply["wall_s"])
        samples.build_cpu_s.append(reply["cpu_s"])
        sizes = (path.stat().st_size for path in folder.rglob("*") if path.is_file())
        samples.index_mb.append(sum(sizes) / 1e6)
        self._tell(f"  {contender.name} built in {reply['wall_s']:.1f} s")

    def _start(self, process: Process, contender: Contender, samples: Samples) -> None:
        """Load the index and ask a first question, which is one cold start; then a few untimed."""
        process.say("load", **self._places(contender))
        reply = process.say("ask", question=self._first[0])
        samples.cold_wall_s.append(process.age_s)
        samples.cold_cpu_s.append(reply["process_cpu_s"])
        samples.cold_peak_mb.append(reply["peak_mb"])
        for question in self._first[1:]:
            process.say("ask", question=question)

    def _ask_in_turn(self, order: Sequence[Contender]) -> None:
        """Ask all of them block by block in turn, so that what disturbs the machine disturbs all alike.

        Who answers in whole is also asked for passages alone, by a process of its own: what it
        remembers of an answer would make them cheap.
        """
        with ExitStack() as stack:
            asked: dict[Contender, list[_Turn]] = {}

            def start(contender: Contender, samples: Samples) -> None:
                turns = [_Turn("ask", samples.wall_ms, samples.cpu_ms)]
                if contender.gives_whole_answers:
                    turns.append(_Turn("search", samples.search_wall_ms, samples.search_cpu_ms))
                asked[contender] = turns
                for turn in turns:
                    turn.process = stack.enter_context(Process(contender))
                    self._start(turn.process, contender, samples)

            self._each(order, start)
            for first in range(0, len(self._timed), _BLOCK):
                block = self._timed[first : first + _BLOCK]
                self._each(order, lambda who, _, block=block: [turn.take(block) for turn in asked[who]])
            self._each(order, lambda who, samples: samples.peak_mb.append(asked[who][0].process.peak_mb))

    def _ask_many_and_update(self, contender: Contender, samples: Samples) -> None:
        source = self._course.documents / self._course.changed
        with Process(contender) as process:
            self._start(process, contender, samples)
            together = process.say("ask_many", questions=self._timed, threads=2)
            source.write_text(self._course.after, "utf-8")
            try:
                changed = process.say("update", removed=self._course.removed, added=self._course.added)
            finally:
                source.write_text(self._course.before, "utf-8")
            self._expect_found(process, contender, "after the update")
            saved = process.say("save")
        with Process(contender) as process:
            process.say("load", **self._places(contender))
            self._expect_found(process, contender, "after a new start")
        samples.per_second_2.append(len(self._timed) / together["wall_s"])
        samples.found_wall_s.append(changed["wall_s"])
        samples.found_cpu_s.append(changed["cpu_s"])
        samples.kept_wall_s.append(changed["wall_s"] + saved["wall_s"])
        samples.kept_cpu_s.append(changed["cpu_s"] + saved["cpu_s"])

    def _expect_found(self, process: Process, contender: Contender, when: str) -> None:
        ids = process.say("search", question=MARKER)["ids"]
        if not any(MARKER in self._course.texts.get(passage, "") for passage in ids):
            raise ContenderFailed(f"{contender.name}: what was added is not found {when}")
