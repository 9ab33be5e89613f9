"""Every citation holds on the site that Sphinx really builds: its anchor is there, and its words are."""

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from bs4 import BeautifulSoup

from assistant.index import store
from assistant.pipeline import Assistant, build, load_assistant
from assistant.server.serialise import answer_body
from assistant.settings import CorpusSettings, IndexSettings, Settings

ROOT = Path(__file__).resolve().parent
SITE_URL = "https://lab.example.org/docs/"
FIXTURE = ROOT / "data" / "readers" / "sites" / "sphinx"
FIXTURE_QUESTIONS = (
    "团队有哪些成员？",
    "Who is in the team?",
    "有哪些论文？",
    "what papers are there?",
    "怎么联系你们？",
    "how do I install it?",
    "招收研究生吗？",
)


class BuiltSite:
    """The pages that Sphinx built, by their address."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pages: dict[str, BeautifulSoup] = {}

    def page(self, url: str) -> BeautifulSoup:
        path = unquote(url.removeprefix(SITE_URL).partition("#")[0])
        if path not in self._pages:
            self._pages[path] = BeautifulSoup((self._folder / path).read_text("utf-8"), "lxml")
        return self._pages[path]

    def has_file(self, url: str) -> bool:
        return (self._folder / unquote(url.removeprefix(SITE_URL).partition("#")[0])).is_file()


def squashed(text: str) -> str:
    """Return ``text`` without white space, marks of formulas and signs of headings."""
    return re.sub(r"[\s¶]|\\[()\[\]]", "", text)


@pytest.fixture(scope="module", params=["corpus", "fixture"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[BuiltSite, Assistant, Settings]:
    source = request.getfixturevalue("corpus") if request.param == "corpus" else FIXTURE
    folder = tmp_path_factory.mktemp(request.param)
    command = [sys.executable, "-m", "sphinx", "-q", "-E", "-b", "html", "-d", str(folder / "trees")]
    # A theme whose sidebar shows the hidden toctrees too, as those of most labs do.
    theme = [] if request.param == "corpus" else ["-D", "html_theme=alabaster"]
    command += [*theme, str(source), str(folder / "html")]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PYTHONWARNINGS": "ignore"})
    corpus = CorpusSettings(path=source, site_url=SITE_URL)
    settings = Settings(corpus=corpus, index=IndexSettings(path=folder / "index"))
    build(settings)
    return BuiltSite(folder / "html"), load_assistant(settings), settings


def problems(built: BuiltSite, url: str, quote: str) -> list[str]:
    """Return what a visitor who follows ``url`` would miss."""
    address, _, fragment = url.partition("#")
    anchor, _, directive = fragment.partition(":~:text=")
    if not built.has_file(url):
        return [f"no file at {address}"]
    if not urlsplit(url).path.endswith(".html"):
        return []
    page = built.page(url)
    text = squashed(page.body.get_text())
    found = [] if not anchor or page.find(id=anchor) else [f"no #{anchor} in {address}"]
    parts = [*re.split(r"[\n\t]", quote), *map(unquote, directive.split(","))]
    return found + [f"{address} does not say {part!r}" for part in parts if squashed(part) not in text]


@pytest.mark.slow
def test_every_passage_stands_at_its_address(site):
    built, assistant, settings = site
    generation = store.load(settings.index.path, model=store.current_manifest(settings.index.path).model)
    checked, wrong = 0, []
    for passage in generation.passages:
        for place in passage.places:
            text = assistant.document_text(place.source)[place.start : place.end]
            if place.url:
                checked += 1
                wrong += problems(built, place.url, text)
    assert checked >= 20 and wrong == []


@pytest.mark.slow
def test_every_citation_of_real_answers_stands_at_its_address(site):
    built, assistant, settings = site
    asked = yaml.safe_load((ROOT / "data" / "questions.yaml").read_text("utf-8"))
    questions = [entry["question"] for entry in asked if isinstance(entry["question"], str)]
    if settings.corpus.path == FIXTURE:
        questions = [*FIXTURE_QUESTIONS, *assistant.examples("zh"), *assistant.examples("en")]
    checked, wrong = 0, []
    for question in questions:
        body = answer_body(assistant.ask(question), index="", took_ms=0)
        for citation in body["citations"]:
            checked += 1
            wrong += problems(built, citation["url"], citation["quote"])
    assert checked >= 10 and wrong == []
