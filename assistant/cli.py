"""The command line: build, serve, ask, eval, report."""

import argparse
import atexit
import dataclasses
import gc
import io
import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from assistant.errors import AssistantError, SettingsError
from assistant.logs import start_logging
from assistant.settings import ServerSettings, Settings, load_settings

if TYPE_CHECKING:
    from rich.console import Console

    from assistant.pipeline import BuildSummary
    from assistant.schema import Conflict, Language, Record, Warning

_MOST_WARNINGS_SHOWN = 20
_OBJECTS_BETWEEN_COLLECTIONS = 50_000
_PRINTED_WIDTH = 160  # columns of a summary that goes to a file
_READ_AS = {
    "published": "published",
    "orphan": "orphan: no page leads to it",
    "placeholder": "not written yet, or a template's demo",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns 0 done, 1 a problem told in one sentence, 2 wrong usage."""
    options = _parser().parse_args(arguments)
    # Read when numpy is loaded, here and in worker processes: on the small matrices of a question,
    # two threads took four times the processor time of one (30 ms against 8).
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # What is imported and loaded stays until the end: to look for garbage among it after every 700
    # objects, and once more at the exit, took a fifth of the processor time of one question.
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    atexit.register(gc.freeze)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without Chinese is no reason to fail
    try:
        settings = load_settings(options.config)
        start_logging(settings.log, verbose=options.verbose)
        code = options.run(options, settings)
        sys.stdout.flush()
        return code
    except AssistantError as error:
        print(f"lab-assistant: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output went away: what is left would fail once more at the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lab-assistant",
        description="Answers questions about a research lab from the lab's own documents.",
        epilog="Every setting is explained in assistant.yaml; variables such as ASSISTANT_INDEX__BACKEND=milvus win.",
    )
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--config", type=Path, metavar="FILE", help="settings (default: assistant.yaml)")
    shared.add_argument("--verbose", action="store_true", help="log what happens")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_build(commands, shared)
    serve = commands.add_parser("serve", parents=[shared], help="serve the API and the chat page")
    serve.add_argument("--host")
    serve.add_argument("--port", type=int, help="0 takes a free one")
    serve.add_argument("--workers", type=int, help="how many processes answer (default: 1)")
    serve.add_argument("--watch", action="store_true", help="rebuild the index when the documents change")
    serve.set_defaults(run=_serve)
    ask = commands.add_parser("ask", parents=[shared], help="answer one question")
    ask.add_argument("question")
    ask.add_argument("--language", choices=("auto", "zh", "en"), default="auto")
    ask.add_argument("--json", action="store_true", help="print the API's body")
    ask.set_defaults(run=_ask)
    evaluate = commands.add_parser("eval", parents=[shared], help="run question sets")
    evaluate.add_argument("sets", nargs="+", type=Path, metavar="FILE.yaml")
    evaluate.add_argument("--json", action="store_true")
    evaluate.add_argument("--misses", action="store_true", help="print every wrong answer")
    evaluate.add_argument("--min", type=float, default=0.0, help="exit 1 below this share (0…1)")
    evaluate.add_argument("--against", type=Path, metavar="FILE.json", help="an earlier run's --json, to compare with")
    evaluate.add_argument("--language-model", action="store_true", help="compare with the language model's words")
    evaluate.set_defaults(run=_eval)
    mcp = commands.add_parser("mcp", parents=[shared], help="serve a program that speaks MCP over stdio")
    mcp.set_defaults(run=_mcp)
    report = commands.add_parser("report", parents=[shared], help="what is asked, what the documents miss")
    report.add_argument("--days", type=int, default=30, choices=range(1, 3651), metavar="N", help="how far back (30)")
    report.add_argument("--html", type=Path, metavar="FILE", help="write a page instead of printing Markdown")
    report.add_argument("--language", choices=("zh", "en"), help="of the report (default: the terminal's)")
    report.set_defaults(run=_report)
    return parser


def _add_build(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", shared: argparse.ArgumentParser
) -> None:
    build = commands.add_parser("build", parents=[shared], help="read the documents, write an index")
    build.add_argument("--json", action="store_true", help="print the summary as JSON")
    build.add_argument("--rollback", action="store_true", help="go back to the index before this one")
    build.add_argument(
        "--dask", metavar="ADDRESS", help="spread the work over a Dask cluster; 'local' makes one of this machine"
    )
    build.set_defaults(run=_build)


def _build(options: argparse.Namespace, settings: Settings) -> int:
    if options.rollback:
        from assistant.pipeline import roll_back

        print(f"generation {roll_back(settings)} answers again, until the documents change or you build")
        return 0
    if options.dask is not None:
        settings = settings.model_copy(update={"index": settings.index.model_copy(update={"dask": options.dask})})
    summary = _build_with_progress(settings)
    if options.json:
        print(json.dumps(_summary_body(summary), ensure_ascii=False, indent=1))
    else:
        _print_summary(summary)
    return 0


def _serve(options: argparse.Namespace, settings: Settings) -> int:
    given = {name: getattr(options, name) for name in ("host", "port", "workers")}
    changes = {name: value for name, value in given.items() if value is not None}
    if changes:
        try:
            server = ServerSettings.model_validate({**settings.server.model_dump(), **changes})
        except ValidationError as error:
            problem = error.errors()[0]
            print(f"lab-assistant: --{problem['loc'][0]}: {problem['msg']}.", file=sys.stderr)
            return 2
        settings = settings.model_copy(update={"server": server})
    _build_if_stale(settings, apart=settings.server.workers > 1)
    from assistant.server.serving import serve

    def tell(address: str) -> None:
        print(f"Lab Assistant answers at {address}  (Ctrl+C ends it)", flush=True)

    serve(settings, watch=options.watch, on_listening=tell)
    return 0


def _ask(options: argparse.Namespace, settings: Settings) -> int:
    _build_if_stale(settings)
    from assistant.pipeline import load_assistant

    assistant = load_assistant(settings)
    started = perf_counter()
    answer = assistant.ask(options.question, language=options.language)
    took_ms = 1000 * (perf_counter() - started)
    if options.json:
        from assistant.server.serialise import answer_body

        body = answer_body(answer, index=assistant.generation, took_ms=took_ms)
        print(json.dumps(body, ensure_ascii=False, indent=1))
        return 0
    print(answer.text)
    for citation in answer.citations:
        place = citation.place
        where = place.url or f"{place.source}:{place.line}"
        print(f"  [{citation.number}] {' › '.join(place.heading_path) or place.title} — {where}")
    return 0


def _mcp(options: argparse.Namespace, settings: Settings) -> int:
    _build_if_stale(settings)
    from assistant.pipeline import load_assistant
    from assistant.server.mcp.lab import LabTools, answer_alone
    from assistant.server.mcp.protocol import make_server, serve_stdio

    assistant = load_assistant(settings)
    serve_stdio(make_server(LabTools(lambda: assistant, answer_alone)))
    return 0


def _eval(options: argparse.Namespace, settings: Settings) -> int:
    _build_if_stale(settings)
    from assistant.evaluation import evaluate, pooled, read_misses
    from assistant.pipeline import load_assistant
    from assistant.scores import difference_lines, report_body, report_lines

    if options.language_model:
        return _compare(options, settings)
    earlier = read_misses(options.against) if options.against else None
    assistant = load_assistant(settings)
    reports = [evaluate(assistant, path) for path in options.sets]
    if options.json:
        print(json.dumps([report_body(report) for report in reports], ensure_ascii=False, indent=1))
    else:
        for report in reports:
            print(*report_lines(report, show_misses=options.misses), sep="\n")
            if earlier is not None:
                print(*difference_lines(report, earlier), sep="\n")
    return 0 if pooled(reports).value >= options.min else 1


def _report(options: argparse.Namespace, settings: Settings) -> int:
    _build_if_stale(settings)
    from assistant.journal import Journal
    from assistant.pipeline import load_assistant
    from assistant.reporting.documents import inspect_documents
    from assistant.reporting.making import make_report
    from assistant.reporting.wording import load_words

    now = datetime.now().astimezone()
    findings = inspect_documents(settings, today=now.date())
    journal = Journal.open(settings.journal.url, retention_days=settings.journal.retention_days)
    try:
        report = make_report(journal, load_assistant(settings), findings, days=options.days, now=now)
    finally:
        journal.close()
    language = options.language or _terminal_language()
    if options.html is None:
        from assistant.reporting.markdown import as_markdown

        print(as_markdown(report, load_words(language)), end="")
        return 0
    from assistant.reporting.html import as_html

    try:
        options.html.write_text(as_html(report, load_words(language), language=language), "utf-8", errors="replace")
    except OSError as error:
        raise AssistantError(f"{options.html}: cannot be written ({error.strerror}); name another file.") from error
    return 0


def _terminal_language() -> "Language":
    spoken = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "zh" if spoken.startswith("zh") else "en"


def _compare(options: argparse.Namespace, settings: Settings) -> int:
    from assistant.comparison import compare
    from assistant.evaluation import pooled
    from assistant.index.keeping import opened_store
    from assistant.pipeline import load_assistant
    from assistant.scores import comparison_body, comparison_lines

    if settings.answer.language_model is None:
        raise SettingsError("answer.language_model: not set; name a base_url and a model to compare.")
    plain = settings.model_copy(update={"answer": settings.answer.model_copy(update={"language_model": None})})
    with opened_store(settings.index) as kept:  # once for both: Milvus Lite can be opened only once
        extractive, generating = load_assistant(plain, kept=kept), load_assistant(settings, kept=kept)
        comparisons = [compare(extractive, generating, path) for path in options.sets]
    if options.json:
        print(json.dumps([comparison_body(c) for c in comparisons], ensure_ascii=False, indent=1))
    else:
        for comparison in comparisons:
            print(*comparison_lines(comparison, show_misses=options.misses), sep="\n")
    return 0 if pooled([c.generated for c in comparisons]).value >= options.min else 1


def _build_if_stale(settings: Settings, *, apart: bool = False) -> None:
    """Build where the documents changed; ``apart``, so that this process stays small."""
    from assistant.pipeline import is_current

    if is_current(settings):
        return
    if apart:
        from assistant.rebuilding import build_apart

        print(f"indexed {build_apart(settings)}", file=sys.stderr)
    else:
        summary = _build_with_progress(settings)
        print(
            f"indexed {summary.passages} passages of {summary.files} files in {summary.seconds:.1f} s",
            file=sys.stderr,
        )


def _build_with_progress(settings: Settings) -> "BuildSummary":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from assistant.pipeline import build

    columns = (TextColumn("{task.description:10}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        tasks: dict[str, Any] = {}

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(stage, total=total)
            progress.update(tasks[stage], completed=done, total=total)

        return build(settings, on_progress=tell)


def _summary_body(summary: "BuildSummary") -> dict[str, Any]:
    return {
        "generation": summary.generation,
        "files": summary.files,
        "published": summary.published,
        "orphans": summary.orphans,
        "placeholders": summary.placeholders,
        "passages": summary.passages,
        "records": summary.records,
        "warnings": [dataclasses.asdict(warning) for warning in summary.warnings],
        "conflicts": [_conflict_body(record, conflict) for record, conflict in summary.conflicts],
        "documents": [{"source": source, "status": status} for source, status in summary.documents],
        "skipped": [dataclasses.asdict(skipped) for skipped in summary.skipped],
        "seconds": round(summary.seconds, 3),
    }


def _conflict_body(record: "Record", conflict: "Conflict") -> dict[str, Any]:
    mine = next(field.value for field in record.fields if field.name == conflict.field)
    return {
        "record": {field.name: field.value for field in record.fields},
        "field": conflict.field,
        "statements": [
            {"value": value, "source": place.source, "line": place.line, "status": place.status}
            for value, place in ((mine, record.places[0]), (conflict.value, conflict.place))
        ],
    }


def _print_summary(summary: "BuildSummary") -> None:
    from rich.console import Console
    from rich.table import Column, Table

    # Never cut: a file's name is there to be found.
    files = Table(Column("file", overflow="fold"), "read as", title="What was read", title_justify="left")
    for source, status in summary.documents:
        files.add_row(source, _READ_AS[status])
    for skipped in summary.skipped:
        files.add_row(skipped.source, f"skipped: {skipped.reason}")
    console = Console()
    console.print(files, markup=False)
    _print_warnings(summary.warnings, console)
    for record, conflict in summary.conflicts:
        first, second = _conflict_body(record, conflict)["statements"]
        _print_line(
            console,
            f"{first['source']}:{first['line']} conflict {conflict.field}: {first['value']} here, "
            f"{second['value']} at {second['source']}:{second['line']}",
        )
    console.print(
        f"{summary.files} files ({summary.published} published, {summary.orphans} orphans, "
        f"{summary.placeholders} not written yet), {summary.passages} passages, "
        f"{summary.records} records, {len(summary.conflicts)} conflicts, {len(summary.warnings)} warnings, "
        f"{summary.seconds:.1f} s",
        soft_wrap=True,
    )


def _print_warnings(warnings: "Sequence[Warning]", console: "Console") -> None:
    from rich.table import Table

    if not warnings:
        return
    for warning in warnings[:_MOST_WARNINGS_SHOWN]:
        _print_line(console, str(warning))
    if len(warnings) > _MOST_WARNINGS_SHOWN:
        console.print(f"… and {len(warnings) - _MOST_WARNINGS_SHOWN} warnings more (--json shows all)")
    counts = Table("warning", "count", "files", title="Warnings by code", title_justify="left")
    for code, count in sorted(Counter(warning.code for warning in warnings).items()):
        sources = {warning.source for warning in warnings if warning.code == code}
        counts.add_row(code, str(count), str(len(sources)))
    console.print(counts)


def _print_line(console: "Console", text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
