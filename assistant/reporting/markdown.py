"""The report as Markdown, for a terminal, a mail or an issue."""

import re
from collections.abc import Iterator, Sequence

from assistant.reporting.nouns import DocumentFindings, Finding, Gap, WebmasterReport
from assistant.reporting.visible import visible
from assistant.reporting.wording import Words

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+!|~$&])")


def as_markdown(report: WebmasterReport, words: Words) -> str:
    """Return the whole report; what visitors and documents say is shown as it is, never as Markdown."""
    lines = [f"# {words('title')}", ""]
    lines += [words("made", date=f"{report.made_at:%Y-%m-%d %H:%M}", days=len(report.traffic.days)), ""]
    lines += [*_traffic(report, words), *_gaps(report.gaps, words), *_top(report, words)]
    lines += [*_complaints(report, words), *_documents(report.documents, words)]
    return "\n".join(lines).rstrip() + "\n"


def _traffic(report: WebmasterReport, words: Words) -> Iterator[str]:
    traffic = report.traffic
    yield from (f"## {words('numbers')}", "")
    if not traffic.asked:
        yield from (words("no-questions"), "")
        return
    yield f"- {words('asked')}: {traffic.asked}"
    yield f"- {words('answered-share')}: {traffic.answered_share:.0%}"
    yield f"- {words('median')}: {traffic.median_ms:.1f} ms"
    yield f"- {words('p95')}: {traffic.p95_ms:.1f} ms"
    yield f"- {words('thumbs')}: {report.helpful} / {report.unhelpful}"
    yield ""
    names = ("day", "asked", "answered", "median-short", "p95-short")
    yield from _table(
        [words(name) for name in names],
        [
            (f"{day.day}", f"{day.asked}", f"{day.answered}", f"{day.median_ms:.1f} ms", f"{day.p95_ms:.1f} ms")
            for day in traffic.days
            if day.asked
        ],
    )


def _gaps(gaps: Sequence[Gap], words: Words) -> Iterator[str]:
    yield from (f"## {words('gaps')}", "")
    if not gaps:
        yield from (words("no-gaps"), "")
    for gap in gaps:
        now = f" — {words('answered-now')}" if gap.is_answered_now else ""
        yield f"- **{plain(gap.questions[0].text)}** ({words('times', count=gap.times)}){now}"
        if len(gap.questions) > 1:
            yield f"  - {words('also-asked')}: " + "; ".join(plain(one.text) for one in gap.questions[1:])
        if gap.pages:
            pages = (f"{plain(page.title)} ({plain(page.url or page.source)})" for page in gap.pages)
            yield f"  - {words('near-pages')}: " + "; ".join(pages)
    yield ""


def _top(report: WebmasterReport, words: Words) -> Iterator[str]:
    if report.top:
        yield from (f"## {words('top')}", "")
        header = [words("question"), words("count"), words("answered")]
        yield from _table(header, [(plain(q.text), f"{q.times}", f"{q.answered}") for q in report.top])


def _complaints(report: WebmasterReport, words: Words) -> Iterator[str]:
    yield from (f"## {words('complaints')}", "")
    if not report.complaints:
        yield from (words("no-complaints"), "")
        return
    header = [words(name) for name in ("when", "question", "reason", "note")]
    zone = report.made_at.tzinfo
    yield from _table(
        header,
        [
            (
                f"{one.given_at.astimezone(zone):%Y-%m-%d %H:%M}",
                plain(one.question) or words("forgotten"),
                plain(words.reason(one.reason)),
                plain(one.note),
            )
            for one in report.complaints
        ],
    )


def _documents(findings: DocumentFindings, words: Words) -> Iterator[str]:
    yield from (f"## {words('documents')}", "")
    lists = finding_lists(findings)
    if not any(found for _, found in lists):
        yield words("all-well")
    for name, found in lists:
        if found:
            yield from (f"### {words(name)} ({len(found)})", "")
            yield from (f"- {_finding(one, name, words)}" for one in found)
            yield ""


def finding_lists(findings: DocumentFindings) -> tuple[tuple[str, tuple[Finding, ...]], ...]:
    """Return the lists of findings with the keys of their headings, gravest first."""
    return (
        ("conflicts", findings.conflicts),
        ("outdated", findings.outdated),
        ("broken-links", findings.broken_links),
        ("unread-tables", findings.unread_tables),
        ("placeholders", findings.placeholders),
        ("orphans", findings.orphans),
        ("other", findings.other),
    )


def _finding(finding: Finding, name: str, words: Words) -> str:
    place = f"{finding.source}:{finding.line}" if finding.line else finding.source
    detail = words("over", date=finding.detail) if name == "outdated" else finding.detail
    return f"{plain(place)} — {plain(finding.text)}" + (f" — {plain(detail)}" if detail else "")


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{'---|' * len(header)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


def plain(text: str) -> str:
    """Return ``text`` on one line, with nothing in it that Markdown or HTML would take for a sign."""
    return _SPECIAL.sub(r"\\\1", " ".join(visible(text).split())).replace("\\<", "&lt;").replace("\\>", "&gt;")
