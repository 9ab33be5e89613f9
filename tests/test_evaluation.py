"""Question sets: how they are read, judged and scored."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from assistant.errors import AssistantError
from assistant.evaluation import Share, evaluate, is_cited, is_right, pooled, read_cases, read_misses
from assistant.schema import Answer, Citation, Place, Question
from assistant.scores import difference_lines, report_body, report_lines

DATA = Path(__file__).resolve().parent / "data" / "evaluation"
JUDGED: list[dict[str, Any]] = yaml.safe_load((DATA / "judging.yaml").read_text("utf-8"))


def written(folder: Path, *entries: object) -> Path:
    path = folder / "set.yaml"
    path.write_text(yaml.safe_dump(list(entries), allow_unicode=True), "utf-8")
    return path


def answer_of(values: dict[str, Any], question: str = "q") -> Answer:
    places = [Place(s, "", (), "", 1, 0, 1, "", "published") for s in values.get("sources", ())]
    return Answer(
        Question(question, (), "en"), values.get("answered", True), "fact",
        "x" * values.get("after", 0) + values["text"], (),
        tuple(Citation(n, "p", "quote", place) for n, place in enumerate(places, 1)), (), 0.5, "extractive",
    )  # fmt: skip


class Parrot:
    """Answers each question with itself; one that begins with "no" not at all."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    def warm_up(self) -> None:
        """Have nothing to load."""

    def ask(self, question: str, *, history: Sequence[str] = ()) -> Answer:
        """Return the question as the answer."""
        self.asked.append((question, tuple(history)))
        values = {"text": question, "answered": not question.startswith("no"), "sources": ["index.rst"]}
        return answer_of(values, question)


@pytest.mark.parametrize("entry", JUDGED, ids=lambda entry: entry["name"])
def test_an_answer_is_judged_as_its_case_says(entry, tmp_path):
    [case] = read_cases(written(tmp_path, {"question": "q", **entry["case"]}))
    answer = answer_of(entry["answer"])
    assert is_right(case, answer) is entry["right"]
    assert is_cited(case, answer) is entry.get("cited", False)


def test_shares_are_counted_by_kind_and_language(tmp_path):
    path = written(
        tmp_path,
        {"question": "eccv", "kind": "list", "expect": [["eccv"]], "source": ["index.rst"]},
        {"question": "论文", "kind": "list", "expect": [["论文"]], "source": ["other.rst"]},
        {"question": "wrong", "kind": "fact", "expect": [["right"]]},
        {"question": "no idea", "kind": "unanswerable"},
        {"question": "guess", "kind": "unanswerable", "lang": "zh", "history": ["before"]},
    )
    parrot = Parrot()
    report = evaluate(parrot, path)
    assert (report.right, report.abstained, report.cited) == (Share(2, 3), Share(1, 2), Share(1, 2))
    assert report.by_kind == {"fact": Share(0, 1), "list": Share(2, 2), "unanswerable": Share(1, 2)}
    assert report.by_language == {"en": Share(2, 3), "zh": Share(1, 2)}
    assert [miss.case.question for miss in report.misses] == ["wrong", "guess"]
    assert parrot.asked[-1] == ("guess", ("before",))
    assert pooled([report, report]) == Share(6, 10)
    assert report.median_ms <= report.p95_ms
    assert report.abstention_precision == Share(1, 1)
    assert report.confusion == {
        ("fact", "fact"): 1, ("list", "fact"): 2, ("unanswerable", "abstained"): 1, ("unanswerable", "fact"): 1,
    }  # fmt: skip
    table = "\n".join(report_lines(report, show_misses=False))
    assert "abstentions that were right: 1 of 1" in table
    assert "asked / got" in table


def test_a_run_is_set_against_an_earlier_one(tmp_path):
    path = written(
        tmp_path,
        {"id": "a", "question": "right", "expect": [["right"]]},
        {"id": "b", "question": "wrong", "expect": [["right"]]},
    )
    report = evaluate(Parrot(), path)
    earlier = tmp_path / "earlier.json"
    body = {**report_body(report), "misses": [{"id": "a"}]}
    earlier.write_text(json.dumps([body]), "utf-8")
    lines = list(difference_lines(report, read_misses(earlier)))
    assert lines == [
        "  mended since the earlier run: 1", "    a right", "  broken since the earlier run: 1", "    b wrong",
    ]  # fmt: skip
    assert list(difference_lines(report, {})) == ["  the earlier run did not ask this set"]


def test_what_is_no_earlier_run_is_told(tmp_path):
    path = tmp_path / "earlier.json"
    with pytest.raises(AssistantError, match="name such a file"):
        read_misses(tmp_path / "none.json")
    path.write_text('[{"set": 1}]', "utf-8")
    with pytest.raises(AssistantError, match="not the output of eval --json"):
        read_misses(path)


def test_a_share_of_nothing_is_whole():
    assert Share(0, 0).value == 1.0
    assert pooled([]).value == 1.0


def test_a_case_without_more_than_a_question_has_defaults(tmp_path):
    [case] = read_cases(written(tmp_path, {"question": "有哪些论文"}))
    assert (case.id, case.kind, case.language, case.expect) == ("1", "fact", "zh", ())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "expected a list of questions"),
        (b"[]", "expected a list of questions"),
        (b"question: what?", "expected a list of questions"),
        (b"- what?", "question 1 is not usable"),
        (b"- {question: a}\n- {expect: [[b]]}", "question 2 is not usable"),
        (b"- {question: a, expect: 3}", "question 1 is not usable"),
        (b"- {question: }", "question 1 is not usable"),
        (b"- {question: ''}", "question 1 is not usable"),
        (b"- [", "not a readable YAML file"),
        (b"\xff\xfe\x00", "not a readable YAML file"),
        (b"- {question: 2024-99-99}", "not a readable YAML file"),
    ],
)
def test_a_set_that_cannot_be_used_is_one_sentence(content: bytes, words: str, tmp_path: Path):
    path = tmp_path / "set.yaml"
    path.write_bytes(content)
    with pytest.raises(AssistantError) as caught:
        read_cases(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and words in message
    assert "\n" not in message and message.endswith(".")


@pytest.mark.parametrize("name", ["absent.yaml", "."])
def test_a_set_that_is_not_there_is_one_sentence(name: str, tmp_path: Path):
    with pytest.raises(AssistantError, match=r"check its path|not a readable"):
        read_cases(tmp_path / name)
