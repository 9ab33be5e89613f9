"""The learned weights of what is told of a passage."""

import json
from pathlib import Path

import numpy as np
import pytest

from assistant.errors import ModelError
from assistant.index.fusion import FIRST_SIGNALS, Fusion
from assistant.index.likeness import SIGNALS


def test_what_was_not_read_counts_as_the_worst_that_was():
    fusion = Fusion((1.0, 0.0), (1.0,) + (0.0,) * (len(SIGNALS) - 1), 0.1)
    first = np.array([[0.5, 0], [0.4, 0], [0.3, 0]], np.float32)
    words = np.zeros((2, len(SIGNALS)), np.float32)
    words[:, 0] = (0.2, 0.7)
    assert fusion.scores(first, words, [0, 2]).tolist() == pytest.approx([0.8, 0.7, 1.1])


def test_the_shipped_weights_favour_words_meaning_and_likeness():
    fusion = Fusion.load()
    assert min(fusion.first) > 0
    assert min(fusion.words[: SIGNALS.index("asked")]) >= 0


def test_weights_are_read_by_name_whatever_their_order(tmp_path: Path):
    names = [*FIRST_SIGNALS, *SIGNALS, "bias"]
    path = tmp_path / "fusion.json"
    path.write_text(json.dumps({name: number for number, name in reversed(list(enumerate(names)))}), "utf-8")
    fusion = Fusion.load(path)
    assert (*fusion.first, *fusion.words, fusion.bias) == tuple(range(len(names)))


@pytest.mark.parametrize("text", [None, "{", "[]", '{"lexical": "much"}'])
def test_other_content_is_one_sentence(tmp_path: Path, text: str | None):
    path = tmp_path / "fusion.json"
    if text is not None:
        path.write_text(text, "utf-8")
    with pytest.raises(ModelError, match="not the weights of retrieval"):
        Fusion.load(path)
