"""Documents to an index and questions to answers: the whole way, on the default corpus and on odd ones."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from assistant.errors import CorpusError, IndexDamaged, IndexMissing, QuestionError
from assistant.index.embedding import StaticEmbedder
from assistant.pipeline import LONGEST_QUESTION, Assistant, build, is_current, load_assistant
from assistant.schema import Answer
from assistant.settings import AnswerSettings, CorpusSettings, IndexSettings, Settings

ECCV_QUESTIONS = ("what papers were at ECCV?", "ECCV 上有哪些论文")
TWO_TABLES = """# 表

## 论文

| 会议 | 题目 |
| --- | --- |
| ECCV | Fisheye-GS |
| COLM | SKVQ |

## 术语

| 名称 | 说明 |
| --- | --- |
| ECCV | Fisheye-GS |
| COLM | SKVQ |
"""
PAGE = "# 招聘\n\n我们常年招收实习生，请发邮件到 join@lab.example。\n"


@pytest.fixture
def small(tmp_path: Path) -> Settings:
    """Settings over a corpus of one page."""
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "join.md").write_text(PAGE, "utf-8")
    return over(tmp_path / "corpus", tmp_path / "index")


def over(corpus: Path, index: Path) -> Settings:
    return Settings(corpus=CorpusSettings(path=corpus), index=IndexSettings(path=index))


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def check_eccv(answer: Answer) -> None:
    """Check that an answer lists Fisheye-GS and PackMamba, nothing else, with a citation each."""
    assert answer.answered and answer.kind == "list"
    rows = [" ".join(field.value for field in item.fields) for item in answer.items]
    assert len(rows) == 2
    assert sum("Fisheye-GS" in row for row in rows) == sum("PackMamba" in row for row in rows) == 1
    numbers = {citation.number: citation for citation in answer.citations}
    for item, row in zip(answer.items, rows, strict=True):
        name = "Fisheye-GS" if "Fisheye-GS" in row else "PackMamba"
        assert name in numbers[item.citation].quote and name in answer.text
    assert not any(other in answer.text for other in ("SKVQ", "Functionalization", "Energetic"))


@pytest.mark.parametrize("question", ECCV_QUESTIONS)
def test_the_papers_at_eccv_are_two(question: str, assistant: Assistant):
    check_eccv(assistant.ask(question))


@pytest.mark.parametrize("question", ECCV_QUESTIONS)
def test_the_papers_at_eccv_are_two_on_the_lab_s_own_page(
    question: str, shared: Path, tmp_path_factory: pytest.TempPathFactory
):
    settings = over(shared / "corpora" / "seed" / "docs", tmp_path_factory.mktemp("seed") / "index")
    build(settings)
    check_eccv(load_assistant(settings).ask(question))


def test_two_builds_are_equal_byte_by_byte(settings: Settings, corpus: Path, tmp_path: Path):
    """Another process, another order of its sets, another folder."""
    script = (
        "import sys; from pathlib import Path; from assistant.pipeline import build\n"
        "from assistant.settings import CorpusSettings, IndexSettings, Settings\n"
        "corpus, index = map(Path, sys.argv[1:])\n"
        "build(Settings(corpus=CorpusSettings(path=corpus), index=IndexSettings(path=index)))\n"
    )
    command = [sys.executable, "-c", script, str(corpus), str(tmp_path / "index")]
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    subprocess.run(command, check=True, env=environment, cwd=Path(__file__).resolve().parent.parent)
    assert contents(tmp_path / "index") == contents(settings.index.path)


def test_what_a_build_did_is_summed_up(small: Settings):
    stages: list[tuple[str, int, int]] = []
    summary = build(small, on_progress=lambda *stage: stages.append(stage))
    assert (summary.files, summary.published, summary.orphans, summary.placeholders) == (1, 1, 0, 0)
    assert summary.passages >= 1 and summary.documents == (("join.md", "published"),)
    assert ("reading", 1, 1) in stages and all(done <= total for _, done, total in stages)


def test_an_index_is_current_until_the_corpus_changes(small: Settings):
    assert not is_current(small)
    build(small)
    assert is_current(small)
    page = small.corpus.path / "join.md"
    page.write_text(PAGE + "\n新的一句。\n", "utf-8")
    assert not is_current(small)
    page.write_text(PAGE, "utf-8")
    assert is_current(small)
    assert not is_current(over(small.corpus.path, small.index.path.parent / "other"))


def test_only_passages_that_changed_are_embedded_again(small: Settings, monkeypatch: pytest.MonkeyPatch):
    texts: list[str] = []
    token_ids = StaticEmbedder.token_ids

    def counted(self: StaticEmbedder, batch: Sequence[str]) -> list[np.ndarray]:
        texts.extend(text for text in batch if "\n" in text)  # of passages, not of questions
        return token_ids(self, batch)

    monkeypatch.setattr(StaticEmbedder, "token_ids", counted)
    build(small)
    before = contents(small.index.path)
    assert texts
    texts.clear()
    build(small)
    assert texts == [] and contents(small.index.path) == before
    (small.corpus.path / "new.md").write_text("# 新页\n\n新的一句。\n", "utf-8")
    build(small)
    assert [text.splitlines()[-1] for text in texts] == ["新的一句。"]


def test_another_address_of_the_site_is_another_index(small: Settings):
    build(small)
    moved = CorpusSettings(path=small.corpus.path, site_url="https://lab.example")
    assert not is_current(small.model_copy(update={"corpus": moved}))


def test_a_citation_quotes_its_document(small: Settings):
    build(small)
    assistant = load_assistant(small)
    answer = assistant.ask("实习的邮箱是什么？")
    assert answer.answered and "join@lab.example" in answer.text
    for citation in answer.citations:
        text = assistant.document_text(citation.place.source)
        assert text is not None and citation.quote in text
        assert assistant.passage(citation.passage) is not None


def test_every_record_has_a_passage_to_cite(small: Settings):
    """Two tables with the same cells under other columns are two records."""
    (small.corpus.path / "tables.md").write_text(TWO_TABLES, "utf-8")
    summary = build(small)
    assert summary.records == 4
    for question in ("List all the venues", "列出所有的论文", "有哪些名称和说明"):
        assert load_assistant(small).ask(question).text


def test_unknown_names_are_none(assistant: Assistant):
    assert assistant.passage("absent") is None
    assert assistant.document_text("absent.md") is None


def test_every_example_is_answered(assistant: Assistant):
    for language in ("zh", "en"):
        for question in assistant.examples(language):
            assert assistant.ask(question).answered, question


def test_no_index_is_one_sentence(small: Settings):
    with pytest.raises(IndexMissing, match="run 'python -m assistant build'"):
        load_assistant(small)


def test_another_model_than_the_index_was_made_with_is_one_sentence(small: Settings, monkeypatch):
    build(small)
    from assistant.index.embedding import load_embedder

    class OtherEmbedder:
        name, dimension = load_embedder("default").name, 3

    monkeypatch.setattr("assistant.pipeline.load_embedder", lambda _: OtherEmbedder())
    with pytest.raises(IndexDamaged, match=r"vectors of \d+ dimensions, the model gives 3; run .* build' again\.$"):
        load_assistant(small)
    OtherEmbedder.name = "other"
    with pytest.raises(IndexDamaged, match="the settings name other"):
        load_assistant(small)


def nothing(folder: Path) -> None:
    folder.rmdir()


def empty(folder: Path) -> None:
    """Leave the folder empty."""


def only_unread(folder: Path) -> None:
    (folder / "photo.jpg").write_bytes(b"\xff\xd8")


def only_headings(folder: Path) -> None:
    (folder / "page.md").write_text("# 招聘\n\n## 实习\n", "utf-8")


def only_hidden(folder: Path) -> None:
    (folder / "page.md").write_text("<!-- 秘密 -->\n", "utf-8")


def a_file(folder: Path) -> None:
    folder.rmdir()
    folder.write_text("text")


@pytest.mark.parametrize("make", [nothing, empty, only_unread, only_headings, only_hidden, a_file])
def test_a_corpus_without_text_is_one_sentence(make: Callable[[Path], None], tmp_path: Path):
    (tmp_path / "corpus").mkdir()
    make(tmp_path / "corpus")
    with pytest.raises(CorpusError) as caught:
        build(over(tmp_path / "corpus", tmp_path / "index"))
    assert str(tmp_path / "corpus") in str(caught.value) and "\n" not in str(caught.value)
    assert not (tmp_path / "index" / "current").exists()


def test_one_document_that_cannot_be_read_does_not_stop_the_others(small: Settings):
    (small.corpus.path / "broken.pdf").write_bytes(b"not a pdf")
    (small.corpus.path / "broken.docx").write_bytes(b"PK\x03\x04 not a docx")
    (small.corpus.path / "binary.md").write_bytes(bytes(range(256)))
    summary = build(small)
    assert {"broken.pdf", "broken.docx"} <= {skipped.source for skipped in summary.skipped}
    assert all(skipped.reason for skipped in summary.skipped)
    assert load_assistant(small).ask("实习的邮箱是什么？").answered


def test_a_file_name_that_is_not_utf_8_is_told_and_skipped(small: Settings):
    name = os.fsencode(small.corpus.path) + b"/b\xff.md"
    try:
        Path(os.fsdecode(name)).write_text(PAGE, "utf-8")
    except OSError:
        pytest.skip("this file system takes no such names")
    summary = build(small)
    assert [skipped.source for skipped in summary.skipped] == ["b\ufffd.md"]
    assert "UTF-8" in summary.skipped[0].reason


def test_texts_with_any_character_are_indexed(small: Settings):
    (small.corpus.path / "odd.yml").write_text('- {title: "a \\ud800 b", year: 2024}\n', "utf-8")
    (small.corpus.path / "odd.md").write_text("# 表情 😀\n\n零\u200b宽、\u202e反向、&#xD800; &#0; 与 \x0b。\n", "utf-8")
    build(small)
    assert load_assistant(small).ask("零宽是什么").text


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("", "empty"),
        (" \n\t　", "empty"),
        ("a\x00b", "characters that are not text"),
        ("\ud800", "characters that are not text"),
        ("论" * (LONGEST_QUESTION + 1), f"shorten it to {LONGEST_QUESTION}"),
        ("x" * 100_000, "100000 characters"),
        (None, "not text"),
        (3, "not text"),
    ],
)
def test_a_question_that_cannot_be_used_is_one_sentence(question: str, words: str, assistant: Assistant):
    for ask in (lambda: assistant.ask(question), lambda: assistant.ask("论文", history=[question])):
        with pytest.raises(QuestionError) as caught:
            ask()
        assert words in str(caught.value) and str(caught.value).endswith(".")


ODD_QUESTIONS = ["论" * LONGEST_QUESTION, "a" * LONGEST_QUESTION, "?", "！！！", "😀", "( [ \\ * + ?", "\u202e反"]


@pytest.mark.parametrize("question", ODD_QUESTIONS, ids=ascii)
def test_any_other_question_gets_an_answer_or_an_abstention(question: str, assistant: Assistant):
    answer = assistant.ask(question)
    assert answer.text and answer == assistant.ask(question)


def test_the_language_of_an_answer_can_be_asked_for(assistant: Assistant):
    assert assistant.ask("有哪些论文").question.language == "zh"
    assert assistant.ask("有哪些论文", language="en").question.language == "en"


def test_the_number_of_citations_is_a_setting(settings: Settings):
    few = settings.model_copy(update={"answer": AnswerSettings(max_citations=1)})
    questions = ("怎么联系你们？", "团队的负责人是谁？", "PackMamba 加速多少倍？")
    answers = [load_assistant(few).ask(question) for question in questions]
    assert all(len(answer.citations) <= 1 for answer in answers if answer.answered and answer.kind != "list")
    assert any(answer.answered for answer in answers)
