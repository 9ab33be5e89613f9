"""Scoring only what can be among the best finds what scoring everything finds."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.index import lexical
from assistant.index.backend import WeightedTerm
from assistant.index.lexical import LexicalIndex

STEADY = settings(derandomize=True, deadline=None, max_examples=150)
WORDS = [f"w{number}" for number in range(30)]
TERMS = st.lists(
    st.builds(
        WeightedTerm,
        st.sampled_from([1.0, 0.35, 0.25]),
        st.lists(st.sampled_from(WORDS), max_size=2).map(tuple),
        st.lists(st.tuples(st.sampled_from([*WORDS, "absent"]), st.sampled_from([0.9, 0.5])), max_size=3).map(tuple),
    ),
    max_size=6,
)


@pytest.fixture(scope="module")
def index() -> LexicalIndex:
    """Some words stand in nearly every passage, others in few, as in a language."""
    chance = random.Random(7)
    weights = [1 / (place + 1) for place in range(len(WORDS))]
    return LexicalIndex.build([chance.choices(WORDS, weights, k=chance.randrange(30)) for _ in range(600)])


@STEADY
@given(terms=TERMS, limit=st.sampled_from([0, 1, 5, 40, 1000]))
def test_the_best_are_those_of_a_full_scan_with_the_same_scores(index: LexicalIndex, terms, limit):
    also = (3, 599)
    every = index.scored(terms, limit=limit, also=also)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lexical, "_MANY", 0)
        pruned = index.scored(terms, limit=limit, also=also)
    # Of equals at the edge either is among the best.
    assert sorted(pruned.values()) == sorted(every.values())
