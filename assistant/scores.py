"""Evaluation results for the command line: as JSON and as lines of text."""

from collections.abc import Iterator, Mapping
from typing import Any

from assistant.comparison import Comparison
from assistant.evaluation import Outcome, Report, Share

_SHOWN = 300  # characters of an answer
_MEASURES = ("right", "abstained", "cited")


def report_body(report: Report) -> dict[str, Any]:
    """Return the scores of one question set as JSON."""

    def shares(values: Mapping[str, Share]) -> dict[str, Any]:
        return {name: [share.part, share.whole] for name, share in values.items()}

    return {
        "set": str(report.path),
        **{name: round(getattr(report, name).value, 4) for name in _MEASURES},
        "abstention_precision": round(report.abstention_precision.value, 4),
        "by_kind": shares(report.by_kind),
        "by_language": shares(report.by_language),
        "confusion": [[asked, got, count] for (asked, got), count in report.confusion.items()],
        "median_ms": round(report.median_ms, 2),
        "p95_ms": round(report.p95_ms, 2),
        "misses": [_miss_body(outcome) for outcome in report.misses],
    }


def report_lines(report: Report, *, show_misses: bool) -> Iterator[str]:
    """Yield the scores of one question set as lines."""
    yield f"{report.path}"
    for name in _MEASURES:
        share = getattr(report, name)
        yield f"  {name:10} {share.value:.2f}  ({share.part} of {share.whole})"
    for title, shares in (("by kind", report.by_kind), ("by language", report.by_language)):
        yield f"  {title}: " + ", ".join(f"{n} {s.part}/{s.whole}" for n, s in shares.items())
    precision = report.abstention_precision
    yield f"  abstentions that were right: {precision.part} of {precision.whole}"
    yield from _confusion_lines(report)
    yield f"  median {report.median_ms:.1f} ms, p95 {report.p95_ms:.1f} ms a question"
    for outcome in report.misses if show_misses else ():
        case, answer = outcome.case, outcome.answer
        yield f"- {case.id} [{case.kind}] {case.question}"
        yield f"    expected {list(map(list, case.expect))} forbidden {list(case.forbid)}"
        yield f"    got {answer.kind} answered={answer.answered}: {answer.text[:_SHOWN]}"


def _confusion_lines(report: Report) -> Iterator[str]:
    """Yield a table: a row for each kind of question, a column for each kind of answer."""
    kinds = sorted({asked for asked, _ in report.confusion})
    answers = sorted({got for _, got in report.confusion})
    widths = [max(len(answer), 3) for answer in answers]
    yield f"  {'asked / got':14}" + " ".join(f"{a:>{w}}" for a, w in zip(answers, widths, strict=True))
    for kind in kinds:
        counts = [report.confusion.get((kind, answer), 0) for answer in answers]
        cells = (f"{count or '.':>{width}}" for count, width in zip(counts, widths, strict=True))
        yield f"  {kind:14}" + " ".join(cells)


def difference_lines(report: Report, earlier: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """Yield what an earlier run of the same set got otherwise."""
    if str(report.path) not in earlier:
        yield "  the earlier run did not ask this set"
        return
    before, now = earlier[str(report.path)], {outcome.case.id for outcome in report.misses}
    asked = {outcome.case.id: outcome.case.question for outcome in report.outcomes}
    for title, ids in (("mended", before - now), ("broken", now - before)):
        yield f"  {title} since the earlier run: {len(ids)}"
        yield from (f"    {case_id} {asked.get(case_id, '(no longer asked)')}" for case_id in sorted(ids))


def comparison_body(comparison: Comparison) -> dict[str, Any]:
    """Return both scores of one question set as JSON, and what became of the model's words."""
    return {
        "set": str(comparison.path),
        "extractive": report_body(comparison.extractive),
        "language_model": report_body(comparison.generated),
        "worded": [comparison.worded.part, comparison.worded.whole],
        "replies": dict(comparison.outcomes),
        "dropped": dict(comparison.dropped),
        "unsupported": [
            {"id": outcome.case.id, "answer": outcome.answer.text, "facts": list(facts)}
            for outcome, facts in comparison.unsupported
        ],
    }


def comparison_lines(comparison: Comparison, *, show_misses: bool) -> Iterator[str]:
    """Yield both scores side by side, then every unsupported fact, and where only one answer is right."""
    both = comparison.extractive, comparison.generated
    yield f"{comparison.path}"
    yield f"  {'':10} {'extractive':12}language model"
    for name in _MEASURES:
        yield f"  {name:10} " + "".join(f"{getattr(report, name).value:<12.2f}" for report in both).rstrip()
    yield f"  {'median ms':10} " + "".join(f"{report.median_ms:<12.1f}" for report in both).rstrip()
    yield f"  worded by the model: {comparison.worded.part} of {comparison.worded.whole} answers"
    for title, counts in (("replies", comparison.outcomes), ("sentences dropped", comparison.dropped)):
        yield f"  {title}: " + (", ".join(f"{label} {n}" for label, n in counts.items()) or "none")
    yield f"  answers with a fact that no source holds: {len(comparison.unsupported)}"
    for outcome, facts in comparison.unsupported:
        yield f"- {outcome.case.id} {', '.join(facts)}: {outcome.answer.text[:_SHOWN]}"
    for first, second in comparison.differing if show_misses else ():
        yield f"- {first.case.id} [{first.case.kind}] {first.case.question}"
        for name, outcome in (("extractive", first), ("language model", second)):
            yield f"    {name}, {'right' if outcome.is_right else 'wrong'}: {outcome.answer.text[:_SHOWN]}"


def _miss_body(outcome: Outcome) -> dict[str, Any]:
    return {
        "id": outcome.case.id,
        "question": outcome.case.question,
        "kind": outcome.case.kind,
        "expect": outcome.case.expect,
        "answered": outcome.answer.answered,
        "answer": outcome.answer.text,
        "sources": [citation.place.source for citation in outcome.answer.citations],
    }
