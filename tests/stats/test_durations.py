"""Lengths of visits: by hand, and as NumPy and SciPy find them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from growthml.stats.control import usual_range
from growthml.stats.durations import Durations, doubling

VISITS = [0, 0, 0, 1, 10, 10, 100]


def of(visits: list[int]) -> Durations:
    return Durations.of(np.array(visits), np.ones(len(visits)))


def test_seven_visits() -> None:
    found = of(VISITS)
    assert found.n == 7
    assert found.zeros == 3
    assert found.mean == pytest.approx(121 / 7)
    assert found.quantile(0.5) == 1
    # The geometric mean of 1, 10, 10 and 100 is ten.
    assert found.geometric_mean() == pytest.approx(10)
    # The longest seventh of the visits is the one of 100 seconds.
    assert found.held_by_longest(1 / 7) == pytest.approx(100 / 121)
    assert found.held_by_longest(1.0) == pytest.approx(1)
    assert found.binned(np.array([1, 2, 16, 128])).tolist() == [1, 2, 1]


@pytest.mark.parametrize("probability", [0.0, 0.25, 0.5, 0.95, 1.0])
def test_quantiles_are_numpys(probability: float) -> None:
    visits = np.random.default_rng(5).integers(0, 400, 1_001)
    counted = Durations.of(visits, np.ones(len(visits)))
    assert counted.quantile(probability) == pytest.approx(np.quantile(visits, probability))


def test_the_estimate_is_that_of_the_visits_one_by_one() -> None:
    found = of(VISITS).estimate()
    assert found is not None
    assert (found.n, found.value) == (7, pytest.approx(np.mean(VISITS)))
    assert found.variance == pytest.approx(np.var(VISITS, ddof=1))


def test_the_log_scale_is_students_t_of_the_logarithms() -> None:
    logs = np.log([1, 10, 10, 100])
    wanted = stats.t.interval(0.95, 3, loc=logs.mean(), scale=stats.sem(logs))
    found = of(VISITS).geometric_interval()
    assert found is not None
    assert (found.low, found.high) == pytest.approx(tuple(np.exp(wanted)))


def test_the_medians_ranks_are_those_of_published_tables() -> None:
    """Of 20 values the 6th and the 15th hold the median with at least 95 % (Conover, table A3)."""
    found = of(list(range(1, 21))).quantile_interval(0.5)
    assert found is not None
    assert (found.low, found.high) == (6, 15)


def test_a_quantile_of_few_visits_has_no_limits() -> None:
    assert of([1, 2, 3]).quantile_interval(0.95) is None
    assert of([]).quantile_interval(0.5) is None


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Log-normal visits: mean exp(1/2 + 3), median exp(3)."""
    generator, held = np.random.default_rng(11), {"mean": 0, "median": 0, "log": 0}
    for _ in range(200):
        visits = generator.lognormal(3.0, 1.0, 400)
        found = Durations.of(visits, np.ones(400))
        for name, limits, truth in (
            ("mean", found.mean_interval(), np.exp(3.5)),
            ("median", found.quantile_interval(0.5), np.exp(3.0)),
            ("log", found.geometric_interval(), np.exp(3.0)),
        ):
            assert limits is not None
            held[name] += limits.low <= truth <= limits.high
    # 95 % of 200 are 190, give or take 6 of chance twice over; the bootstrap runs a little short.
    assert all(176 <= each <= 200 for each in held.values()), held


def test_nothing_is_known_of_no_visits_or_of_equal_ones() -> None:
    nothing, equal = of([]), of([5, 5, 5])
    assert nothing.mean is nothing.quantile(0.5) is nothing.geometric_mean() is None
    assert nothing.estimate() is nothing.held_by_longest(0.1) is None
    assert equal.mean_interval() is equal.geometric_interval() is None
    assert of([0, 0]).geometric_mean() is None


@pytest.mark.parametrize(
    ("longest", "last"), [(0.0, 2), (1, 2), (1.5, 2), (2, 4), (59, 64), (64, 128)]
)
def test_edges_double_beyond_the_longest_visit(longest: float, last: float) -> None:
    edges = doubling(longest)
    assert edges[0] == 1
    assert edges[-1] == last


def test_usual_range_by_hand() -> None:
    # Steps of 2 each time: the mean 11, give or take 2.66 times 2.
    found = usual_range([10, 12, 10, 12, 10, 12, 10, 12])
    assert found is not None
    assert (found.centre, found.low, found.high) == pytest.approx((11, 5.68, 16.32))
    assert found.holds(16)
    assert not found.holds(17)
    assert usual_range([10, 12, 10, 12, 10, 12, 10]) is None
