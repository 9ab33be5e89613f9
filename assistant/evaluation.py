"""Runs question sets against an assistant and scores the answers."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

import yaml

from assistant.errors import AssistantError
from assistant.pipeline import Assistant
from assistant.schema import Answer
from assistant.text import detect_language

UNANSWERABLE = "unanswerable"
_SILENT = "abstained"
_LONGEST_ANSWER = 1200  # characters that are looked at


@dataclass(frozen=True)
class Case:
    """One question and what a right answer holds.

    ``expect``: groups of alternatives, one of each must be in the answer; ``forbid``: strings
    that must not be; ``sources``: the files one of which a citation must name.
    """

    id: str
    question: str
    history: tuple[str, ...]
    language: str
    kind: str
    expect: tuple[tuple[str, ...], ...]
    forbid: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """One case and how it went."""

    case: Case
    answer: Answer
    is_right: bool
    is_cited: bool  # only meaningful where it is right and answerable
    seconds: float


@dataclass(frozen=True)
class Share:
    """How many of how many."""

    part: int
    whole: int

    @property
    def value(self) -> float:
        """The share, 1.0 of nothing."""
        return self.part / self.whole if self.whole else 1.0


@dataclass(frozen=True)
class Report:
    """The scores of one question set."""

    path: Path
    outcomes: tuple[Outcome, ...]
    right: Share  # of the answerable
    abstained: Share  # of the unanswerable
    cited: Share  # of the right answers
    by_kind: dict[str, Share]
    by_language: dict[str, Share]
    median_ms: float
    p95_ms: float

    @property
    def abstention_precision(self) -> Share:
        """The share of the abstentions that were right to abstain."""
        silent = [outcome for outcome in self.outcomes if not outcome.answer.answered]
        return Share(sum(o.case.kind == UNANSWERABLE for o in silent), len(silent))

    @property
    def confusion(self) -> dict[tuple[str, str], int]:
        """How often a question of one kind got an answer of another: (case, answer) → count."""
        pairs = (
            (o.case.kind, o.answer.kind if o.answer.answered else _SILENT) for o in self.outcomes
        )
        return dict(sorted(Counter(pairs).items()))

    @property
    def misses(self) -> tuple[Outcome, ...]:
        """The cases answered wrongly, in file order."""
        return tuple(outcome for outcome in self.outcomes if not outcome.is_right)


def read_cases(path: Path) -> tuple[Case, ...]:
    """Read a question set; raises AssistantError naming what is wrong and where."""
    try:
        entries = yaml.safe_load(path.read_text("utf-8"))
    except FileNotFoundError:
        raise AssistantError(f"{path}: no such question set; check its path.") from None
    except (OSError, ValueError, yaml.YAMLError) as error:  # ValueError: not UTF-8, or no such date
        detail = " ".join(str(error).split())
        raise AssistantError(f"{path}: not a readable YAML file ({detail}); correct it.") from error
    if not isinstance(entries, list) or not entries:
        raise AssistantError(f"{path}: expected a list of questions, each with 'question' and 'expect'.")
    return tuple(_case(path, number, entry) for number, entry in enumerate(entries, start=1))


def evaluate(assistant: Assistant, path: Path) -> Report:
    """Ask every question of the set at ``path``, timed once everything is loaded, as in a server."""
    assistant.warm_up()
    outcomes = tuple(_run(assistant, case) for case in read_cases(path))
    answerable = [outcome for outcome in outcomes if outcome.case.kind != UNANSWERABLE]
    hopeless = [outcome for outcome in outcomes if outcome.case.kind == UNANSWERABLE]
    right = [outcome for outcome in answerable if outcome.is_right]
    times = sorted(1000 * outcome.seconds for outcome in outcomes)
    return Report(
        path=path,
        outcomes=outcomes,
        right=Share(len(right), len(answerable)),
        abstained=Share(sum(o.is_right for o in hopeless), len(hopeless)),
        cited=Share(sum(o.is_cited for o in right), len(right)),
        by_kind=_shares((o.case.kind, o.is_right) for o in outcomes),
        by_language=_shares((o.case.language, o.is_right) for o in outcomes),
        median_ms=median(times),
        p95_ms=times[min(len(times) - 1, int(0.95 * len(times)))],
    )


def is_right(case: Case, answer: Answer) -> bool:
    """Judge an answer: every group of ``expect`` met, nothing of ``forbid``; see read_cases."""
    if case.kind == UNANSWERABLE:
        return not answer.answered
    text = _normal(answer.text[:_LONGEST_ANSWER])
    expected = all(any(_normal(option) in text for option in group) for group in case.expect)
    return answer.answered and expected and not any(_normal(word) in text for word in case.forbid)


def is_cited(case: Case, answer: Answer) -> bool:
    """Tell whether a citation names one of the case's sources (or the end of its path)."""
    return any(
        source == citation.place.source or source.endswith("/" + citation.place.source)
        for citation in answer.citations
        for source in case.sources
    )


def _run(assistant: Assistant, case: Case) -> Outcome:
    started = perf_counter()
    answer = assistant.ask(case.question, history=case.history)
    seconds = perf_counter() - started
    return Outcome(case, answer, is_right(case, answer), is_cited(case, answer), seconds)


def _case(path: Path, number: int, entry: object) -> Case:
    try:
        if not isinstance(entry, dict):
            raise TypeError("not a mapping")
        question = str(entry["question"] or "").strip()
        if not question:
            raise TypeError("its question is empty")
        return Case(
            id=str(entry.get("id", number)),
            question=question,
            history=_listed(entry.get("history")),
            language=str(entry.get("lang") or detect_language(question)),
            kind=str(entry.get("kind", "fact")),
            expect=tuple(_listed(group) for group in entry.get("expect") or ()),
            forbid=_listed(entry.get("forbid")),
            sources=_listed(entry.get("source")),
        )
    except (KeyError, TypeError) as error:
        raise AssistantError(f"{path}: question {number} is not usable: {error}.") from error


def _listed(value: object) -> tuple[str, ...]:
    """Return the strings of a list; one string stands for a list of one, not for its letters."""
    if value is None:
        return ()
    if isinstance(value, list):
        return tuple(map(str, value))
    return (str(value),)


def _normal(text: str) -> str:
    return "".join(text.lower().replace("`", "").replace("**", "").split())


def _shares(pairs: Iterable[tuple[str, bool]]) -> dict[str, Share]:
    counts: dict[str, list[bool]] = defaultdict(list)
    for name, right in pairs:
        counts[name].append(right)
    return {name: Share(sum(values), len(values)) for name, values in sorted(counts.items())}


def read_misses(path: Path) -> dict[str, frozenset[str]]:
    """Return set → ids of the misses of an earlier run, from what ``eval --json`` printed.

    Raises AssistantError where the file is no such thing.
    """
    try:
        bodies = json.loads(path.read_text("utf-8"))
        return {body["set"]: frozenset(miss["id"] for miss in body["misses"]) for body in bodies}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AssistantError(f"{path}: not the output of eval --json; name such a file.") from error


def pooled(reports: Sequence[Report]) -> Share:
    """Return the share of right outcomes, abstentions included, over all sets."""
    outcomes = [outcome for report in reports for outcome in report.outcomes]
    return Share(sum(outcome.is_right for outcome in outcomes), len(outcomes))
