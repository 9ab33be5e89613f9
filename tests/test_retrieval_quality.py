"""The tables of ``benchmarks/retrieval.py``, on passages of a few lines."""

import gzip
import json
from pathlib import Path

import pytest

from assistant.index.embedding import load_embedder
from benchmarks import retrieval
from training.floor import Floor
from training.searches import Search

SEARCH = Search(
    ["When does the canteen open?", "How long does a star live?"],
    ("网球比赛由多盘组成，选手每个单数局结束后交换场地。", "食堂每天中午十一点开门。", "恒星的寿命取决于它的质量。"),
    [frozenset((1,)), frozenset((2,))],
)
QUESTIONS = """
- {id: c-1, question: "When does the canteen open?", lang: en, kind: fact, expect: [[十一点]], source: [a.md]}
- {id: c-2, question: "Who cooks in the canteen?", lang: en, kind: person, expect: [[nobody says]], source: [a.md]}
- {id: c-3, question: "How many dishes are there?", lang: en, kind: count, expect: [[seven]], source: [a.md]}
- {id: c-4, question: "食堂几点开门？", lang: zh, kind: fact, expect: [[十一点]], source: [a.md]}
- {id: c-5, question: "食堂有停车场吗？", lang: zh, kind: unanswerable, expect: [], source: []}
"""


def test_any_wanted_passage_will_do_and_what_is_not_found_counts_nothing():
    score = retrieval.judge([[3, 1], [2, 0], [5, 6]], [frozenset((1, 9)), frozenset((2,)), frozenset((0,))])
    assert (score.first, score.five, score.twenty) == (1 / 3, 2 / 3, 2 / 3)
    assert score.mrr == pytest.approx((1 / 2 + 1) / 3)


def test_some_questions_are_the_same_ones_every_time_with_what_they_want():
    search = Search([str(n) for n in range(50)], ("a",) * 50, [frozenset((n,)) for n in range(50)])
    some = retrieval.some_of(search, 7)
    assert some == retrieval.some_of(search, 7)
    assert [frozenset((int(question),)) for question in some.questions] == some.wanted


def test_the_table_has_a_row_of_each_method(capsys: pytest.CaptureFixture[str]):
    embedder = load_embedder("default")
    floor = Floor(embedder, {"canteen": [("食堂", 1.0)], "star": [("恒星", 1.0)]})
    methods = {
        "whole": retrieval.whole_retriever(embedder),
        "words": retrieval.lexical_alone,
        "floor": retrieval.the_floor(floor),
        "both": retrieval.reciprocal_ranks(retrieval.vectors_alone(embedder), retrieval.lexical_alone),
    }
    retrieval.report({"tiny": SEARCH}, methods)
    rows = {line.split()[0]: line.split()[1:] for line in capsys.readouterr().out.splitlines()[2:]}
    assert list(rows) == list(methods)
    assert rows["whole"] == rows["floor"] == ["1.000"] * 4
    assert float(rows["words"][0]) < 1


def test_gold_tells_questions_that_count_rows_from_those_that_a_passage_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    corpus, questions = tmp_path / "docs", tmp_path / "questions.yaml"
    corpus.mkdir()
    (corpus / "a.md").write_text("# 食堂\n\n食堂每天中午十一点开门，周末休息。\n", "utf-8")
    questions.write_text(QUESTIONS, "utf-8")
    retrieval.report_gold(questions, corpus)
    english, missed, chinese = capsys.readouterr().out.splitlines()
    assert english.startswith("en: 2 questions, first 0.500, five 0.500; and 1 that count rows")
    assert missed.strip() == "missed c-2: Who cooks in the canteen?"
    assert chinese.startswith("zh: 1 questions, first 1.000, five 1.000; and 0 that count rows")


def test_speed_tells_the_three_times(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    row = {"src": "a/b", "en_heading": "Canteen > Opening", "zh_heading": "食堂 > 开门", "en": "It opens.", "zh": "开门。"}
    with gzip.open(tmp_path / "sections.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write("\n".join(json.dumps({**row, "zh": f"第{number}个食堂开门。"}) for number in range(120)))
    retrieval.report_speed(tmp_path, load_embedder("default"), passages=20)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines[1:]] == ["question into terms", "terms to passages", "together"]


def test_parallel_paragraphs_are_matched_by_position(tmp_path: Path):
    files = []
    for name, asked in (("en", "Who?"), ("zh", "谁？")):
        paragraphs = [{"context": f"{name} {n}", "qas": [{"question": f"{asked} {n}"}]} for n in range(2)]
        files.append(tmp_path / f"{name}.json")
        files[-1].write_text(json.dumps({"data": [{"paragraphs": paragraphs}]}), "utf-8")
    search = retrieval.read_squad(*files)
    assert search == Search(["Who? 0", "Who? 1"], ["zh 0", "zh 1"], [frozenset((0,)), frozenset((1,))])
