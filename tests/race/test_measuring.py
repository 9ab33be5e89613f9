"""Samples become figures."""

import dataclasses

import pytest

from benchmarks.race.measuring import Figures, Samples, by_question, quantile


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([5.0], 0.95, 5.0), ([4, 1, 3, 2], 0.5, 2), (list(range(1, 101)), 0.95, 95), (list(range(1, 22)), 0.95, 20)],
)
def test_a_quantile_is_the_smallest_value_that_the_share_does_not_exceed(values, share, expected):
    assert quantile(values, share) == expected


def test_a_disturbed_round_does_not_change_a_question():
    assert by_question([[1, 2, 3], [90, 90, 90], [2, 1, 3]]) == [2, 2, 3]


def test_rounds_of_different_length_are_not_mixed():
    with pytest.raises(ValueError, match="shorter"):
        by_question([[1, 2], [1]])


def test_figures_are_medians_of_the_rounds():
    samples = Samples(
        wall_ms=[[2, 4, 6], [2, 4, 60]], cpu_ms=[[1, 2, 3], [1, 2, 3]], per_second_2=[15, 5, 30],
    )  # fmt: skip
    searching = Samples(search_cpu_ms=[[7, 8, 9]]).search_cpu_ms
    for field in dataclasses.fields(samples):
        if getattr(samples, field.name) == [] and not field.name.startswith("search"):
            setattr(samples, field.name, [1.0, 9.0, 2.0])
    figures = Figures.of(samples)
    assert figures.search_cpu_ms_p50 == figures.cpu_ms_p50, "a peer's answer is its best passages"
    assert Figures.of(dataclasses.replace(samples, search_cpu_ms=searching)).search_cpu_ms_p50 == 8
    assert (figures.wall_ms_p50, figures.wall_ms_p95) == (4, 33)
    assert (figures.cpu_ms_p50, figures.cpu_ms_p95) == (2, 3)
    assert (figures.per_second_1, figures.per_second_2) == (1000 / 13, 15)
    assert figures.kept_cpu_s == figures.build_wall_s == figures.cold_peak_mb == 2
