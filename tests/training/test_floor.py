"""The floor that the retriever is measured against."""

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest

from training.data import TextPair
from training.floor import Floor, count_translations, make_floor
from training.train import TrainingPlan

PAIRS = [("compiler", "编译器"), ("memory", "内存"), ("compiler memory", "编译器内存"), ("network", "网络")] * 3


def test_words_that_stand_in_the_same_pairs_translate_each_other_best_first():
    table = count_translations([TextPair("a/b", *pair) for pair in PAIRS])
    assert table["network"] == [("网络", 1.0)]
    assert [term for term, _ in table["memori"]][0] == "内存"
    assert table["内存"][0] == ("memori", 1.0)
    assert all(weights == sorted(weights, reverse=True) for weights in ([w for _, w in row] for row in table.values()))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # zhconv leaves a file open
def test_a_floor_is_made_and_read_back(tmp_path: Path):
    rows = {
        "parallel": [{"src": "a/b", "en": en, "zh": zh} for en, zh in PAIRS],
        "sections": [
            {
                "src": "a/b", "en_heading": "Guide", "en": f"All about the {en}. It works well.",
                "zh_heading": "指南", "zh": f"这里说的都是{zh}的事情。它很好用。",
            }
            for en, zh in PAIRS
        ],
        "dict": [{"en": en, "zh": zh} for en, zh in PAIRS],
        "qa_zh": [{"src": "a/b", "q": "什么编译器？", "p": "编译器。"}],
        "qa_en": [{"src": "a/b", "q": "Which compiler?", "p": "A compiler."}],
        "paraphrase_zh": [{"src": "a/b", "q": "哪个网络？", "p": "什么网络？"}],
    }
    for name, listed in rows.items():
        with gzip.open(tmp_path / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.write("\n".join(map(json.dumps, listed)))
    make_floor(tmp_path, tmp_path / "floor", plan=replace(TrainingPlan(), steps=3, batch=8))
    floor = Floor.load(tmp_path / "floor")
    assert dict(floor.terms("network")) == {"network": 1.0, "网络": 1.0}
    assert floor.embedder.encode(["memory"]).shape == (1, 256)
