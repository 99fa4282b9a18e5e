from __future__ import annotations

import pytest

from growthml.stats.control import on_one_side, usual_range

FLOW_RATE = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
"""NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2, individuals control charts."""


def test_the_limits_of_a_published_series() -> None:
    found = usual_range(FLOW_RATE)
    assert found is not None
    assert found.centre == pytest.approx(50.81)
    assert found.high == pytest.approx(55.8041, abs=0.002)
    assert found.low == pytest.approx(45.8159, abs=0.002)
    assert not any(not found.holds(value) for value in FLOW_RATE)
    assert not found.holds(56.0)
    assert not found.holds(45.0)


def test_seven_values_have_no_limits() -> None:
    assert usual_range(FLOW_RATE[:7]) is None
    assert usual_range(FLOW_RATE[:8]) is not None


def test_a_count_has_no_limit_below_zero() -> None:
    found = usual_range([1, 9] * 4)
    assert found is not None
    assert (found.low, found.centre) == (0.0, 5.0)


@pytest.mark.parametrize(
    ("values", "run"),
    [([1, 9, 9, 9], 3), ([9, 1, 1], 2), ([9, 9, 5], 0), ([9, 5, 9], 1), ([], 0), ([1] * 8, 8)],
)
def test_a_run_ends_where_the_centre_is_crossed_or_met(values: list[float], run: int) -> None:
    assert on_one_side(values, 5) == run
