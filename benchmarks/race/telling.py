"""What the results say: the README's part, the page with every figure, and the plot."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from assistant.errors import AssistantError
from benchmarks.race.plotting import Panel, draw
from benchmarks.race.processes import ASSISTANT

_BEGIN, _END = "<!-- peers: written by benchmarks/peers.py --readme -->", "<!-- peers: end -->"
_TITLES = Path(__file__).resolve().parent.parent / "peers" / "contenders.yaml"

Results = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """One figure of a course: what it is called, its name in the results, and its decimals."""

    title: str
    name: str
    decimals: int


# What the page shows, from top to bottom.
_COLUMNS = (
    Column("best passages, CPU ms, median", "search_cpu_ms_p50", 2),
    Column("best passages, CPU ms, 95 %", "search_cpu_ms_p95", 2),
    Column("best passages, ms, median", "search_wall_ms_p50", 2),
    Column("best passages, ms, 95 %", "search_wall_ms_p95", 2),
    Column("answer, CPU ms, median", "cpu_ms_p50", 2),
    Column("answer, CPU ms, 95 %", "cpu_ms_p95", 2),
    Column("answer, ms, median", "wall_ms_p50", 2),
    Column("answer, ms, 95 %", "wall_ms_p95", 2),
    Column("answers/s, 1 thread", "per_second_1", 0),
    Column("answers/s, 2 threads", "per_second_2", 0),
    Column("first answer, CPU s", "cold_cpu_s", 2),
    Column("first answer, s", "cold_wall_s", 2),
    Column("memory after it, MB", "cold_peak_mb", 0),
    Column("memory at most, MB", "peak_mb", 0),
    Column("build, CPU s", "build_cpu_s", 2),
    Column("build, s", "build_wall_s", 2),
    Column("index, MB", "index_mb", 1),
    Column("update until found, CPU s", "found_cpu_s", 3),
    Column("update until on disk, CPU s", "kept_cpu_s", 3),
    Column("update until on disk, s", "kept_wall_s", 3),
)
_COMPARED = (
    "search_cpu_ms_p50", "search_cpu_ms_p95", "cpu_ms_p50", "cpu_ms_p95", "cold_cpu_s", "peak_mb", "build_cpu_s",
    "found_cpu_s", "kept_cpu_s",
)  # fmt: skip
_PLOTTED = (("search_cpu_ms_p50", "CPU ms to the best passages"), ("cold_cpu_s", "CPU s, cold start to an answer"))


def rewrite(results: Results, root: Path) -> None:
    """Write the README's part, docs/peers.md and docs/peers.svg anew. Raises AssistantError."""
    told = Telling(results, yaml.safe_load(_TITLES.read_text("utf-8")))
    readme = root / "README.md"
    text = readme.read_text("utf-8")
    before, begun, rest = text.partition(_BEGIN)
    _, ended, after = rest.partition(_END)
    if not begun or not ended:
        raise AssistantError(f"{readme}: the lines {_BEGIN} and {_END} are missing; put them where the table belongs.")
    readme.write_text(f"{before}{_BEGIN}\n{told.short()}\n{_END}{after}", "utf-8")
    (root / "docs" / "peers.md").write_text(told.page(), "utf-8")
    (root / "docs" / "peers.svg").write_text(told.plot(), "utf-8")


class Telling:
    """One set of results in words and tables."""

    def __init__(self, results: Results, contenders: dict[str, dict[str, str]]) -> None:
        self._results = results
        self._about = contenders
        self._names: list[str] = list(results["contenders"])
        self._courses: dict[str, int] = results["courses"]

    def short(self) -> str:
        """Return the README's part: the plot, the figures that matter most, and what they do not show."""
        large = list(self._courses)[-1]
        head = [
            "", *(f"best passages of {count:,}, CPU ms" for count in self._courses.values()),
            "cold start to an answer, CPU s", "memory, MB", "update, CPU s", "installed, MB",
            "right by best passage", "Chinese as installed",
        ]  # fmt: skip
        rows = [
            [
                self._title(name),
                *(self._figure(name, course, "search_cpu_ms_p50", 1) for course in self._courses),
                self._figure(name, large, "cold_cpu_s", 1),
                self._figure(name, large, "peak_mb", 0),
                self._figure(name, large, "kept_cpu_s", 2),
                f"{self._contender(name)['install']['installed_mb']:,.0f}",
                self._right(name, "first"),
                "found" if self._contender(name)["chinese"]["default"] else "missed",
            ]
            for name in self._names
        ]
        whole = " and ".join(self._figure(ASSISTANT, course, "cpu_ms_p50", 1) for course in self._courses)
        more = (
            f"The assistant's whole answer (rows, quotes, or that the documents do not say it) takes {whole} CPU ms "
            f"in all, and {self._right(ASSISTANT, 'whole')} are right. Memory, start and update are over "
            f"{self._courses[large]:,} passages."
        )
        return "\n\n".join(["![CPU time to the best passages and to a first answer](docs/peers.svg)",
                            _table(head, rows), more])  # fmt: skip

    def page(self) -> str:
        """Return docs/peers.md: every figure, what it means and how it was measured."""
        machine = self._results["machine"]
        lowest, highest = machine["load_averages"]
        parts = [
            "# Against peers",
            f"Written by `python benchmarks/peers.py --readme` from `benchmarks/results/peers.json`: "
            f"{machine['cores']} cores, Python {machine['python']}, {machine['date']}; "
            f"{self._results['rounds']} rounds, {self._results['questions']} questions; "
            f"load average between {lowest:.1f} and {highest:.1f}, the race's own 1 included.",
            _METHOD,
            *(part for course in self._courses for part in self._course(course)),
            "## Right answers",
            _QUALITY,
            self._quality(),
            "## Installed, and Chinese",
            _INSTALLED,
            self._installed(),
        ]
        return "\n\n".join(parts) + "\n"

    def plot(self) -> str:
        """Return an SVG of the figures that grow with the passages, on logarithmic scales."""
        panels = [
            Panel(f"{title}, {count:,} passages", self._bars(course, figure))
            for figure, title in _PLOTTED
            for course, count in self._courses.items()
        ]
        return draw(panels)

    def ratio(self, name: str, course: str, figure: str) -> float | None:
        """Return a peer's figure over the assistant's: above 1, the assistant takes less."""
        peer, mine = self._value(name, course, figure), self._value(ASSISTANT, course, figure)
        return peer / mine if peer is not None and mine else None

    def _bars(self, course: str, figure: str) -> list[tuple[str, float, bool]]:
        values = {name: self._value(name, course, figure) for name in self._names}
        known = sorted((value, name) for name, value in values.items() if value is not None)
        return [(self._title(name), value, name == ASSISTANT) for value, name in known]

    def _course(self, course: str) -> list[str]:
        titles = [self._title(name) for name in self._names]
        rows = [
            [column.title, *(self._figure(name, course, column.name, column.decimals) for name in self._names)]
            for column in _COLUMNS
        ]
        named = {column.name: column.title for column in _COLUMNS}
        peers = [name for name in self._names if name != ASSISTANT]
        ratios = [[named[f], *(_times(self.ratio(name, course, f)) for name in peers)] for f in _COMPARED]
        failures = [
            f"{self._title(name)} gave up: {reason}."
            for name in self._names
            if (reason := self._contender(name)["failures"].get(course))
        ]
        return [
            f"## {course}, {self._courses[course]:,} passages",
            _table(["", *titles], rows),
            "Each peer's figure over the assistant's; above 1 the assistant takes less:",
            _table(["", *map(self._title, peers)], ratios),
            *failures,
        ]

    def _quality(self) -> str:
        sets = self._results["sets"]
        head = ["", *(f"{name}, best passage / best five" for name in sets), "together", "whole answers", "abstained"]
        rows = []
        for name in self._names:
            found = self._contender(name)["quality"]
            cells = [
                f"{q['first']} / {q['five']} of {q['answerable']}" if (q := found.get(part)) else "–" for part in sets
            ]
            whole = self._right(name, "whole") if name == ASSISTANT else "–"
            abstained = f"{_sum(found, 'abstained')} of {_sum(found, 'unanswerable')}" if name == ASSISTANT else "none"
            rows.append([self._title(name), *cells, self._right(name, "first"), whole, abstained])
        return _table(head, rows)

    def _installed(self) -> str:
        head = ["", "version", "installed, MB", "of it PyTorch", "without what is optional", "finds 联合培养博士",
                "finds it with", "set up as", "has no"]  # fmt: skip
        rows = []
        for name in self._names:
            entry, about = self._contender(name), self._about[name]
            weight, chinese = entry["install"], entry["chinese"]
            megabytes = [f"{weight[part]:,.0f}" for part in ("installed_mb", "torch_mb", "needed_mb")]
            found = ["yes" if chinese["default"] else "no", about["chinese"] if chinese["chinese"] else "not found"]
            rows.append([about["title"], weight["version"], *megabytes, *found, about["setup"], about.get("lacks", "")])
        return _table(head, rows)

    def _title(self, name: str) -> str:
        return self._about[name]["title"]

    def _contender(self, name: str) -> dict[str, Any]:
        return self._results["contenders"][name]

    def _value(self, name: str, course: str, figure: str) -> float | None:
        figures = self._contender(name)["courses"][course]
        return figures[figure] if figures else None

    def _figure(self, name: str, course: str, figure: str, decimals: int) -> str:
        value = self._value(name, course, figure)
        return "–" if value is None else f"{value:,.{decimals}f}"

    def _right(self, name: str, part: str) -> str:
        found = self._contender(name)["quality"]
        return f"{_sum(found, part)} of {_sum(found, 'answerable')}"


def _sum(quality: dict[str, dict[str, int]], part: str) -> int:
    return sum(counts[part] for counts in quality.values())


def _times(ratio: float | None) -> str:
    return "–" if ratio is None else f"{ratio:,.2f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


_METHOD = """\
All contenders get the same passages (the assistant's own, with their headings), the same embedding
model (the shipped one) and the same questions. Each runs in an environment and a process of its
own, with one thread of linear algebra, set up for hybrid search as its documentation recommends and
so that its lexical part reads Chinese. They are asked in turn, ten questions at a time, so that what
disturbs the machine disturbs all alike. Times are medians over the rounds, and of a question's times
the median and the 95th percentile over the questions.

All are asked for their best five passages, which is a peer's answer; the assistant, in another
process, for its whole answer too. A cold start is a new process with its imports, model and saved
index, up to the first answer. The assistant's build reads the documents, too, and tries the index
before it serves it; the peers begin with passages. An update replaces one document's passages;
"on disk" is what a new start finds again. The recombined pages are made of the sets' sentences,
headings and table rows in random order."""

_QUALITY = """\
The best passage is taken for the answer and judged exactly as `assistant eval` judges, its headings
included; "best five" asks whether any of five would be right. Earlier questions of a conversation are put
before the question. Whole answers are the assistant's own, as visitors get them: they also know lists and
counts, and when to say nothing, which the peers cannot."""

_INSTALLED = """\
MB of site-packages, without pip and compiled caches. The embedding model is the same for all and not
counted. For Chinese the lexical part alone is asked for a word that stands inside a sentence."""
