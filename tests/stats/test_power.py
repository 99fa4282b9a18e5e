from __future__ import annotations

from math import sqrt

import pytest

from growthml.stats.power import (
    detectable_mean_difference,
    detectable_rate_difference,
    users_needed_for_mean,
    users_needed_for_rate,
)


def test_evan_millers_calculator() -> None:
    """20 %, 5 points, 5 % and 80 %: he prints 1,030 a branch."""
    assert users_needed_for_rate(0.20, 0.05) == pytest.approx(1030.2193, abs=1e-4)
    assert users_needed_for_rate(0.05, 0.005) == pytest.approx(30244.4047, abs=1e-4)


def test_rs_power_prop_test() -> None:
    """R: power.prop.test(p1 = .50, p2 = .75, power = .90) prints n = 76.7."""
    assert users_needed_for_rate(0.5, 0.25, power=0.9, variant="r") == pytest.approx(76.7, abs=0.05)


def test_the_detectable_difference_inverts_the_calculator() -> None:
    assert detectable_rate_difference(0.20, 1030, 1030) == pytest.approx(0.05, abs=5e-5)
    needed = users_needed_for_rate(0.07, 0.03)
    assert needed is not None
    # The equation takes whole users; a scale of ten thousand makes rounding small.
    assert detectable_rate_difference(0.07, round(needed), round(needed)) == pytest.approx(
        0.03, rel=1e-3
    )


def test_the_workshop_could_have_shown_three_and_a_half_points() -> None:
    assert detectable_rate_difference(60 / 879, 879, 845) == pytest.approx(0.035, abs=0.0005)


def test_unequal_samples_show_less_than_equal_ones() -> None:
    equal = detectable_rate_difference(0.2, 1000, 1000)
    unequal = detectable_rate_difference(0.2, 1900, 100)
    assert equal is not None
    assert unequal is not None
    assert unequal > equal


@pytest.mark.parametrize(
    ("rate", "baseline_n", "n"), [(0, 99, 99), (1, 99, 99), (0.2, 0, 99), (0.2, 99, 0), (0.9, 3, 3)]
)
def test_nothing_can_be_detected(rate: float, baseline_n: int, n: int) -> None:
    assert detectable_rate_difference(rate, baseline_n, n) is None


def test_means_need_sixteen_variances_over_the_squared_difference() -> None:
    """The rule of thumb: 16 sd² / d² rounds 2 (1.960 + 0.8416)² = 15.698 up."""
    assert users_needed_for_mean(4.0, 0.5) == pytest.approx(15.6978 * 4 / 0.25, rel=1e-5)


def test_the_detectable_difference_of_means_inverts_it() -> None:
    # 16 sd² / d² users of variance 1 in each arm detect about d = 0.1.
    assert detectable_mean_difference(1.0, 1600, 1.0, 1600) == pytest.approx(
        sqrt(15.6978 / 1600), rel=1e-5
    )


def test_means_without_spread_or_users() -> None:
    assert detectable_mean_difference(0.0, 50, 0.0, 50) is None
    assert detectable_mean_difference(1.0, 1, 1.0, 50) is None
    assert users_needed_for_mean(0.0, 1.0) is None
    assert users_needed_for_mean(1.0, 0.0) is None


def test_impossible_questions() -> None:
    assert users_needed_for_rate(0.2, 0) is None
    assert users_needed_for_rate(0, 0.1) is None
    assert users_needed_for_rate(0.9, 0.2) is None
    with pytest.raises(ValueError, match="power is 80"):
        users_needed_for_rate(0.2, 0.05, power=80)
    with pytest.raises(ValueError, match="confidence is 95"):
        detectable_rate_difference(0.2, 10, 10, confidence=95)
