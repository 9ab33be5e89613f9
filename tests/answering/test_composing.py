"""What is said with an answer: other pages' values, other files' rows, and that a year is over."""

from datetime import date
from pathlib import Path

import pytest

from assistant.answering.composing import Composer
from assistant.answering.understanding import Interpreter
from assistant.pipeline import Assistant, build, load_assistant
from assistant.settings import CorpusSettings, IndexSettings, Settings

PAPERS = """<title>Papers</title><h1>Papers</h1>
<table><tr><th>Title</th><th>Venue</th><th>Award</th></tr>
<tr><td>Echoes of Harbours</td><td>TIDE 2023</td><td>{award}</td></tr>
<tr><td>Quiet Sonar</td><td>OCEANIC 2022</td><td>none</td></tr></table>"""
HOME = """<title>Home</title><h1>Home</h1><h2>Openings</h2>
<p>The internship for 2021 is open to undergraduates of every college.</p><p><a href="rows.csv">rows</a></p>"""
ROWS = "Sensor,Depth\nHydra,40 m\nNereid,75 m\n"


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    folder = tmp_path_factory.mktemp("lab")
    docs = folder / "docs"
    docs.mkdir()
    (docs / "papers.html").write_text(PAPERS.format(award="best paper"), "utf-8")
    (docs / "prizes.html").write_text(PAPERS.format(award="runner-up"), "utf-8")
    (docs / "index.html").write_text(HOME, "utf-8")
    (docs / "sensors.html").write_text(
        "<title>Sensors</title><h1>Sensors</h1><table><tr><th>Sensor</th><th>Depth</th></tr>"
        "<tr><td>Hydra</td><td>40 m</td></tr><tr><td>Nereid</td><td>75 m</td></tr></table>", "utf-8",
    )  # fmt: skip
    (docs / "rows.csv").write_text(ROWS, "utf-8")
    settings = Settings(corpus=CorpusSettings(path=Path(docs)), index=IndexSettings(path=folder / "index"))
    build(settings)
    return load_assistant(settings)


def test_what_another_page_states_otherwise_is_said_and_cited(assistant: Assistant):
    answer = assistant.ask("What papers were at TIDE?")
    assert "best paper" in answer.text
    assert "runner-up" in answer.text
    assert {citation.place.source for citation in answer.citations} == {"papers.html", "prizes.html"}
    assert [citation.number for citation in answer.citations] == [1, 2]


def test_a_row_that_stands_in_two_files_is_one_row_with_two_citations(assistant: Assistant):
    answer = assistant.ask("Which sensors reach 75 m?")
    assert len(answer.items) == 1
    assert {citation.place.source for citation in answer.citations} == {"sensors.html", "rows.csv"}
    for citation in answer.citations:
        text = assistant.document_text(citation.place.source)
        assert text is not None
        assert citation.quote in text


def test_a_year_that_is_over_is_said_to_be(assistant: Assistant):
    answer = assistant.ask("Is the internship open to undergraduates?")
    assert answer.answered
    assert "2021" in answer.text.rsplit("\n", 1)[-1]
    assert "passed" in answer.text


@pytest.mark.parametrize(("today", "is_said"), [(date(2021, 6, 1), False), (date(2022, 1, 1), True)])
def test_a_year_is_over_when_the_next_begins(assistant: Assistant, today: date, is_said: bool):
    answerer = assistant._answerer
    asked = Interpreter(answerer.parser).understand(
        assistant.ask("Is the internship open to undergraduates?").question, "Is the internship open to undergraduates?"
    )
    composer = Composer(assistant._generation, max_citations=3, today=lambda: today)
    found = answerer._evidence.gather(asked)
    text = composer.facts(asked, found.facts[:1], 0.9).text
    assert ("passed" in text) is is_said
