"""The report as a page, drawn by templates that escape whatever is put into them."""

import functools
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from assistant.reporting import charts
from assistant.reporting.markdown import finding_lists
from assistant.reporting.nouns import WebmasterReport
from assistant.reporting.visible import visible
from assistant.reporting.wording import Words

TEMPLATES = Path(__file__).with_name("templates")
_EVERY = 1_000_000  # findings


def as_html(report: WebmasterReport, words: Words, *, language: str) -> str:
    """Return the report as one file that needs no server: its style inside, no button."""
    style = Markup((TEMPLATES / "desk.css").read_text("utf-8"))  # noqa: S704 # nosec B704 (a file of ours)
    return render(
        "report.html", words, language=language, style=style, most_findings=_EVERY, **report_values(report)
    )


def report_values(report: WebmasterReport) -> dict[str, Any]:
    """Return what the report's template needs."""
    return {
        "report": report,
        "question_chart": charts.question_chart(report.traffic.days),
        "time_chart": charts.time_chart(report.traffic.days),
        "finding_lists": finding_lists(report.documents),
        "zone": report.made_at.tzinfo,
    }


def render(template: str, words: Words, *, language: str, **values: Any) -> str:  # noqa: ANN401
    """Return a template of ours, filled in."""
    return _environment().get_template(template).render(words=words, language=language, **values)


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["web"] = _web_address
    environment.globals.update(chart_width=charts.WIDTH, chart_height=charts.HEIGHT)
    return environment


def _finalize(value: object) -> object:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _web_address(url: str) -> str:
    """Return an address that a link may lead to: escaping alone would let javascript: through."""
    return url if url.startswith(("https://", "http://")) else ""
