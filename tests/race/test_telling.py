"""What the README and the page say of the results."""

import copy
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from assistant.errors import AssistantError
from benchmarks.race.plotting import Panel, draw, shown
from benchmarks.race.telling import Telling, rewrite

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = Path(__file__).resolve().parent.parent / "data" / "race"
RESULTS: dict[str, Any] = json.loads((DATA / "results.json").read_text("utf-8"))
ABOUT = yaml.safe_load((ROOT / "benchmarks" / "peers" / "contenders.yaml").read_text("utf-8"))
BEGIN, END = "<!-- peers: written by benchmarks/peers.py --readme -->", "<!-- peers: end -->"
SVG = "{http://www.w3.org/2000/svg}"


def project(folder: Path, readme: str) -> Path:
    (folder / "docs").mkdir()
    (folder / "README.md").write_text(readme, "utf-8")
    return folder


def cells(table: str, title: str) -> list[str]:
    [line] = [line for line in table.splitlines() if line.startswith(f"| {title} |")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_only_the_part_between_the_marks_is_written(tmp_path: Path):
    root = project(tmp_path, f"# Lab\n\n{BEGIN}\nstale\n{END}\n\nrest\n")
    rewrite(RESULTS, root)
    text = (root / "README.md").read_text("utf-8")
    assert text.startswith(f"# Lab\n\n{BEGIN}\n![") and text.endswith(f"passages.\n{END}\n\nrest\n")
    assert "stale" not in text
    rewrite(RESULTS, root)
    assert (root / "README.md").read_text("utf-8") == text, "writing it again changes nothing"


def test_a_readme_without_the_marks_is_left_alone(tmp_path: Path):
    root = project(tmp_path, "# Lab\n")
    with pytest.raises(AssistantError, match="are missing"):
        rewrite(RESULTS, root)
    assert (root / "README.md").read_text("utf-8") == "# Lab\n"


def test_the_table_holds_each_contender_s_figures():
    table = Telling(RESULTS, ABOUT).short()
    assert cells(table, "Lab Assistant") == [
        "Lab Assistant", "0.7", "5.0", "0.9", "150", "2.50", "500", "8 of 10", "found",
    ]  # fmt: skip
    assert cells(table, "LangChain")[1:3] == ["2.0", "10.0"]
    assert cells(table, "LangChain")[-1] == "missed"
    assert "takes 4.0 and 5.0 CPU ms in all, and 10 of 10 are right" in table


def test_a_peer_s_figure_is_compared_with_the_assistant_s():
    telling = Telling(RESULTS, ABOUT)
    assert telling.ratio("langchain", "small", "cpu_ms_p50") == 0.5, "where the peer takes less, the page says so"
    assert telling.ratio("langchain", "recombined", "cpu_ms_p50") == 2.0
    assert telling.ratio("haystack", "recombined", "cpu_ms_p50") is None


def test_who_gave_up_has_no_figures_and_is_named():
    page = Telling(RESULTS, ABOUT).page()
    assert "Haystack gave up: haystack: ask: MemoryError." in page
    assert "| – |" in page
    assert "of 10" in page and "1 of 2" in page


def test_the_plot_is_an_svg_that_names_every_contender():
    root = ElementTree.fromstring(Telling(RESULTS, ABOUT).plot())
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert texts.count("Lab Assistant") == 4
    assert texts.count("Haystack") == 2, "not in what it did not finish"
    assert "prefers-color-scheme: dark" in root.find(f"{SVG}style").text


def test_bars_grow_with_their_values():
    root = ElementTree.fromstring(draw([Panel("ms", [("a", 1.0, True), ("b", 10.0, False), ("c", 1000.0, False)])]))
    widths = [float(bar.get("width")) for bar in root.iter(f"{SVG}rect")]
    assert 0 < widths[0] < widths[1] < widths[2]
    assert [bar.get("class") for bar in root.iter(f"{SVG}rect")] == ["mine", "bar", "bar"]


@pytest.mark.parametrize(("value", "text"), [(0.01234, "0.0123"), (1.5, "1.5"), (99.94, "99.9"), (12345.6, "12,346")])
def test_a_value_is_shown_with_the_digits_that_count(value: float, text: str):
    assert shown(value) == text


def test_a_peer_whose_title_is_missing_is_noticed():
    results = copy.deepcopy(RESULTS)
    results["contenders"]["nobody"] = results["contenders"]["langchain"]
    with pytest.raises(KeyError):
        Telling(results, ABOUT).short()


def test_what_is_committed_is_what_the_results_say(tmp_path: Path):
    results = json.loads((ROOT / "benchmarks" / "results" / "peers.json").read_text("utf-8"))
    readme = (ROOT / "README.md").read_text("utf-8")
    rewrite(results, project(tmp_path, readme))
    for name in ("README.md", "docs/peers.md", "docs/peers.svg"):
        committed = (ROOT / name).read_text("utf-8")
        assert (tmp_path / name).read_text("utf-8") == committed, f"run benchmarks/peers.py --readme for {name}"
