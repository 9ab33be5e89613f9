"""Extractive answers beside those of a language model that tells the truth, or lies."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from language_model import Conversations, honest, liar, scripted_model

from assistant.cli import main
from assistant.comparison import Comparison, compare, unsupported_facts
from assistant.generation.writer import Writer
from assistant.pipeline import Assistant, build, load_assistant
from assistant.schema import Answer, Citation, Field, Item, Place, Question
from assistant.scores import comparison_body, comparison_lines
from assistant.settings import AnswerSettings, CorpusSettings, IndexSettings, LanguageModelSettings, Settings
from assistant.text import squeeze

ROOT = Path(__file__).resolve().parent.parent
QUESTIONS = ROOT / "tests" / "data" / "questions.yaml"
DEVELOPMENT = ("seed", "bnu-sys", "deeplink-docs", "deeplink-docs-html", "jia-liu-team")
_MARKERS = re.compile(r"\[\d+\]")


@contextmanager
def compared(
    settings: Settings, questions: Path, folder: Path, answering: Callable[[Conversations], Callable]
) -> Iterator[tuple[Comparison, Conversations]]:
    """The comparison of one question set, with a model whose replies are scripted."""
    box: list[Callable] = []
    with scripted_model(lambda data, request: box[0](data, request)) as (url, heard):
        box.append(answering(heard))
        model = LanguageModelSettings(
            base_url=url, model="scripted", questions_per_minute=100_000, timeout_s=120, ledger=folder / "ledger.db"
        )
        generating = load_assistant(settings.model_copy(update={"answer": AnswerSettings(language_model=model)}))
        yield compare(load_assistant(settings), generating, questions), heard


def lies_shown(comparison: Comparison, heard: Conversations) -> list[tuple[str, str]]:
    """Return (question, lie) for each lie that stands in an answer and in none of its sources."""
    lies = {bare(lie) for lie in heard.lies}
    shown = []
    for outcome in comparison.generated.outcomes:
        if outcome.answer.method != "generated":
            continue  # an abstention names pages, and so did a lie
        answer, said = outcome.answer, bare(outcome.answer.text)
        sources = bare("\n".join([c.quote for c in answer.citations] + [f"{f.name}:{f.value}" for i in answer.items for f in i.fields]))
        shown += [(outcome.case.question, lie) for lie in lies if len(lie) > 6 and lie in said and lie not in sources]
    return shown


def bare(text: str) -> str:
    return squeeze(_MARKERS.sub("", text)).rstrip("。.")


@pytest.mark.slow
def test_a_liar_changes_nothing_of_what_is_right(settings, tmp_path):
    some = yaml.safe_load(QUESTIONS.read_text("utf-8"))[::3]
    (tmp_path / "some.yaml").write_text(yaml.safe_dump(some, allow_unicode=True), "utf-8")
    with compared(settings, tmp_path / "some.yaml", tmp_path, liar) as (comparison, heard):
        assert len(heard.lies) > 50
        assert lies_shown(comparison, heard) == []
        assert comparison.unsupported == ()
        assert comparison.generated.right == comparison.extractive.right
        assert comparison.generated.abstained == comparison.extractive.abstained


@pytest.mark.slow
def test_no_lie_reaches_an_answer_over_the_default_questions(settings, tmp_path, monkeypatch):
    """Replies with more lies than truths are thrown away as a whole: here each sentence stands for itself."""
    monkeypatch.setattr(Writer, "_judged", judged_by_sentence)
    with compared(settings, QUESTIONS, tmp_path, liar) as (comparison, heard):
        assert len(heard.lies) > 200
        assert comparison.worded.part >= 10
        assert lies_shown(comparison, heard) == []
        assert comparison.unsupported == ()


def judged_by_sentence(writer: Writer, task, answer: Answer, kept, dropped: int) -> Answer:
    from assistant.errors import LanguageModelFailed
    from assistant.generation.writer import _draft

    if not kept:
        raise LanguageModelFailed("unsupported")
    return writer._finished(task, answer, _draft(task, answer, kept))


@pytest.mark.slow
@pytest.mark.parametrize("name", DEVELOPMENT)
def test_no_lie_reaches_an_answer_over_the_extra_sets(name, shared, tmp_path, monkeypatch):
    corpus, questions = shared / "corpora" / name, shared / "eval" / "dev" / f"{name}.yaml"
    if not corpus.is_dir() or not questions.is_file():
        pytest.skip(f"the folder of extra corpora has no {name}")
    monkeypatch.setattr(Writer, "_judged", judged_by_sentence)
    settings = Settings(corpus=CorpusSettings(path=corpus), index=IndexSettings(path=tmp_path / "index"))
    build(settings)
    with compared(settings, questions, tmp_path, liar) as (comparison, heard):
        assert len(heard.lies) > 100
        assert lies_shown(comparison, heard) == []
        assert comparison.unsupported == ()


@pytest.mark.slow
def test_an_honest_model_is_no_less_exact_than_none(settings, tmp_path):
    with compared(settings, QUESTIONS, tmp_path, lambda heard: honest) as (comparison, _):
        assert comparison.worded.part >= 10
        assert comparison.generated.right.part >= comparison.extractive.right.part
        assert comparison.unsupported == ()
        lines = "\n".join(comparison_lines(comparison, show_misses=True))
        assert f"worded by the model: {comparison.worded.part} of {comparison.worded.whole}" in lines
        assert "answers with a fact that no source holds: 0" in lines
        body = comparison_body(comparison)
    assert body["extractive"]["set"] == body["language_model"]["set"] == str(QUESTIONS)
    assert body["replies"]["generated"] == comparison.worded.part


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("孙鹏的邮箱是 sun@lab.example[1]。", ()),
        ("There are 2 rows, by Sun Peng, about Fisheye-GS [1].", ()),
        ("孙鹏的邮箱是 sun@evil.example[1]。", ("sun@evil.example",)),
        ("He works at Stanford on GPT-5 since 1911 [1].", ("GPT-5", "Stanford", "5", "1911")),
    ],
)
def test_what_stands_in_no_source_is_found(text, facts):
    place = Place("a.md", "成员", ("团队", "成员"), "", 1, 0, 1, "", "published")
    citations = (Citation(1, "p1", "孙鹏 sun@lab.example", place), Citation(2, "p2", "二", place))
    items = (Item((Field("论文", "Fisheye-GS"),), 1), Item((Field("论文", "x"),), 2))
    answer = Answer(Question("q", (), "en"), True, "fact", text, items, citations, (), 0.5, "generated")
    assert unsupported_facts(answer) == facts


def test_an_answer_without_a_language_model_compares_with_itself(assistant: Assistant, tmp_path):
    (tmp_path / "set.yaml").write_text("- question: ECCV 上有哪些论文？\n  expect: [[Fisheye-GS]]\n", "utf-8")
    comparison = compare(assistant, assistant, tmp_path / "set.yaml")
    assert comparison.worded.part == 0
    assert comparison.differing == ()


def written(settings: Settings, folder: Path, url: str = "") -> Path:
    """A configuration over the default corpus, and a question set beside it."""
    model = f"answer: {{language_model: {{base_url: '{url}', model: scripted}}}}\n" if url else ""
    config = folder / "assistant.yaml"
    config.write_text(f"corpus: {{path: {settings.corpus.path}}}\nindex: {{path: {settings.index.path}}}\n{model}", "utf-8")
    (folder / "set.yaml").write_text(
        "- question: ECCV 上有哪些论文？\n  expect: [[Fisheye-GS]]\n"
        "- question: Is there a paper at NeurIPS?\n  kind: unanswerable\n", "utf-8",
    )  # fmt: skip
    return config


def test_the_command_sets_both_side_by_side(settings, tmp_path, capsys):
    with scripted_model(honest) as (url, heard):
        config = written(settings, tmp_path, url)
        assert main(["eval", "--language-model", "--config", str(config), str(tmp_path / "set.yaml")]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert main(["eval", "--language-model", "--json", "--config", str(config), str(tmp_path / "set.yaml")]) == 0
        [body] = json.loads(capsys.readouterr().out)
    assert lines[1].split() == ["extractive", "language", "model"]
    assert lines[2].split() == ["right", "1.00", "1.00"]
    assert "  worded by the model: 1 of 1 answers" in lines
    assert "  replies: generated 1" in lines
    assert (body["worded"], body["replies"], body["unsupported"]) == ([1, 1], {"generated": 1}, [])
    assert len(heard.requests) == 2  # what is not there is not asked


def test_without_a_language_model_the_command_says_what_to_set(settings, tmp_path, capsys):
    config = written(settings, tmp_path)
    assert main(["eval", "--language-model", "--config", str(config), str(tmp_path / "set.yaml")]) == 1
    told = capsys.readouterr().err
    assert told.strip().endswith("answer.language_model: not set; name a base_url and a model to compare.")


def test_ask_in_the_terminal_shows_the_worded_answer(settings, tmp_path, capsys):
    with scripted_model(honest) as (url, _):
        assert main(["ask", "--config", str(written(settings, tmp_path, url)), "ECCV 上有哪些论文？"]) == 0
    assert capsys.readouterr().out.startswith("共有 2 条[1]。\n")
