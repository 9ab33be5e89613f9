"""What one contender took on one course: samples, and the figures made of them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import mean, median


@dataclass
class Samples:
    """What was measured, a value a round or a start; filled while the race runs."""

    build_wall_s: list[float] = field(default_factory=list)
    build_cpu_s: list[float] = field(default_factory=list)
    cold_wall_s: list[float] = field(default_factory=list)
    cold_cpu_s: list[float] = field(default_factory=list)
    cold_peak_mb: list[float] = field(default_factory=list)
    peak_mb: list[float] = field(default_factory=list)
    index_mb: list[float] = field(default_factory=list)
    wall_ms: list[list[float]] = field(default_factory=list)  # round → question
    cpu_ms: list[list[float]] = field(default_factory=list)
    search_wall_ms: list[list[float]] = field(default_factory=list)  # only of who also gives whole answers
    search_cpu_ms: list[list[float]] = field(default_factory=list)
    per_second_2: list[float] = field(default_factory=list)
    found_wall_s: list[float] = field(default_factory=list)
    found_cpu_s: list[float] = field(default_factory=list)
    kept_wall_s: list[float] = field(default_factory=list)
    kept_cpu_s: list[float] = field(default_factory=list)
    failure: str = ""  # why it gave up; "" where it did not


@dataclass(frozen=True)
class Figures:
    """Medians over the rounds; of a question's time the median and the 95th percentile over the questions."""

    build_wall_s: float  # passages (the assistant: documents) → an index on disk
    build_cpu_s: float
    index_mb: float  # on disk
    cold_wall_s: float  # a process started → its first answer
    cold_cpu_s: float
    cold_peak_mb: float  # resident, after the first answer
    peak_mb: float  # resident, after every question
    wall_ms_p50: float
    wall_ms_p95: float
    cpu_ms_p50: float
    cpu_ms_p95: float
    search_wall_ms_p50: float  # the best passages alone; of the peers the same as the question
    search_wall_ms_p95: float
    search_cpu_ms_p50: float
    search_cpu_ms_p95: float
    per_second_1: float  # questions, asked by one thread
    per_second_2: float  # by two
    found_wall_s: float  # one document changed → the change is found
    found_cpu_s: float
    kept_wall_s: float  # → and survives a new start
    kept_cpu_s: float

    @classmethod
    def of(cls, samples: Samples) -> "Figures":
        """Return the figures of a contender that finished at least one round."""
        wall, cpu = by_question(samples.wall_ms), by_question(samples.cpu_ms)
        search_wall = by_question(samples.search_wall_ms) or wall
        search_cpu = by_question(samples.search_cpu_ms) or cpu
        return cls(
            build_wall_s=median(samples.build_wall_s),
            build_cpu_s=median(samples.build_cpu_s),
            index_mb=median(samples.index_mb),
            cold_wall_s=median(samples.cold_wall_s),
            cold_cpu_s=median(samples.cold_cpu_s),
            cold_peak_mb=median(samples.cold_peak_mb),
            peak_mb=median(samples.peak_mb),
            wall_ms_p50=quantile(wall, 0.5),
            wall_ms_p95=quantile(wall, 0.95),
            cpu_ms_p50=quantile(cpu, 0.5),
            cpu_ms_p95=quantile(cpu, 0.95),
            search_wall_ms_p50=quantile(search_wall, 0.5),
            search_wall_ms_p95=quantile(search_wall, 0.95),
            search_cpu_ms_p50=quantile(search_cpu, 0.5),
            search_cpu_ms_p95=quantile(search_cpu, 0.95),
            per_second_1=1000 / mean(wall),
            per_second_2=median(samples.per_second_2),
            found_wall_s=median(samples.found_wall_s),
            found_cpu_s=median(samples.found_cpu_s),
            kept_wall_s=median(samples.kept_wall_s),
            kept_cpu_s=median(samples.kept_cpu_s),
        )


def by_question(rounds: Sequence[Sequence[float]]) -> list[float]:
    """Return each question's median over the rounds, so that a disturbed round weighs nothing."""
    return [median(values) for values in zip(*rounds, strict=True)]


def quantile(values: Sequence[float], share: float) -> float:
    """Return the smallest of ``values`` that at least ``share`` of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
