from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from growthml.stats.means import compare_means, interval, mean, mean_lift
from growthml.stats.moments import Moments

# Student 1908, R's `sleep`: t.test(extra ~ group) prints t = -1.8608, df = 17.776,
# p-value = 0.07939, 95 percent interval -3.3654832 0.2054832 (group 1 minus group 2).
SLEEP_1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SLEEP_2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]


def moments(values: Any) -> Moments:
    return Moments.of_values({"x": values})


def test_welch_on_rs_sleep() -> None:
    result = compare_means(moments(SLEEP_1), moments(SLEEP_2), "x")
    assert result.difference == pytest.approx(1.58)
    assert result.relative_difference == pytest.approx(1.58 / 0.75)
    assert result.p_value == pytest.approx(0.07939, abs=5e-6)
    assert (result.ci_low, result.ci_high) == pytest.approx((-0.2054832, 3.3654832), abs=5e-8)
    assert result.method == "Welch's t"


def test_welch_as_published(published: dict[str, Any]) -> None:
    for case in published["welch"]:
        expected = case["result_group2_minus_group1"]
        result = compare_means(moments(case["group1"]), moments(case["group2"]), "x")
        assert result.difference == pytest.approx(expected["diff"])
        assert result.p_value == pytest.approx(expected["p"])
        assert (result.ci_low, result.ci_high) == pytest.approx(tuple(expected["ci95"]))
        assert result.relative_difference == pytest.approx(expected["rel_lift"])


def test_welch_from_sums_of_squares(published: dict[str, Any]) -> None:
    case = published["gbstats_unit_tests"][0]
    arms = []
    for arm in (case["control"], case["treatment"]):
        n, total = arm["n"], arm["sum"]
        squares = arm["sum_squares"] - total**2 / n
        arms.append(Moments(n, {"x": total / n}, {("x", "x"): squares}))
    result = compare_means(*arms, "x")
    expected = case["expected"]
    assert result.difference == pytest.approx(expected["diff"], abs=1e-5)
    assert result.p_value == pytest.approx(expected["p"], abs=1e-5)
    assert (result.ci_low, result.ci_high) == pytest.approx(tuple(expected["ci95"]), abs=1e-5)


@pytest.mark.parametrize("arm", ["Mens", "Womens"])
def test_hillstrom_spend(
    arm: str, hillstrom: dict[str, Any], hillstrom_arms: dict[str, Moments]
) -> None:
    expected = hillstrom["comparisons"][f"{arm} E-Mail vs No E-Mail: spend per customer (Welch)"]
    baseline, new = hillstrom_arms["No E-Mail"], hillstrom_arms[f"{arm} E-Mail"]
    result = compare_means(baseline, new, "spend")
    assert baseline.var("spend") == pytest.approx(expected["control"]["var"])
    assert new.sum("spend") == pytest.approx(hillstrom["arms"][f"{arm} E-Mail"]["spend_sum"])
    assert result.difference == pytest.approx(expected["diff"])
    assert result.relative_difference == pytest.approx(expected["rel_lift"])
    assert result.p_value == pytest.approx(expected["p"])
    assert (result.ci_low, result.ci_high) == pytest.approx(tuple(expected["ci95"]))


def test_hillstrom_lift_of_spend(
    hillstrom: dict[str, Any], hillstrom_arms: dict[str, Moments]
) -> None:
    expected = hillstrom["tea_tasting_2_0_0_crosscheck"]["mens_vs_control"]["spend"]
    lift = mean_lift(hillstrom_arms["No E-Mail"], hillstrom_arms["Mens E-Mail"], "spend")
    found = (lift.ratio - 1, lift.ci_low - 1, lift.ci_high - 1)
    assert found == pytest.approx((expected["rel"], *expected["rel_ci"]), abs=1e-6)


def test_workshop_revenue_per_user(workshop_expected: dict[str, Any]) -> None:
    arms = []
    for name in ("baseline", "new"):
        n = workshop_expected[name]["kpis"]["users"]
        centre, variance = workshop_expected[name]["revenue_per_user_mean_var"]
        arms.append(Moments(n, {"revenue": centre}, {("revenue", "revenue"): variance * (n - 1)}))
    result = compare_means(*arms, "revenue")
    expected = workshop_expected["comparison"]["revenue_per_user"]
    assert result.difference == pytest.approx(expected["difference"])
    assert result.p_value == pytest.approx(expected["p"])
    assert (result.ci_low, result.ci_high) == pytest.approx(tuple(expected["welch"]))


def test_one_arm_without_spread() -> None:
    """Against a constant 1 the values 1, 2, 3 make a one-sample t-test: t = √3 with 2 df."""
    result = compare_means(moments([1, 1, 1]), moments([1, 2, 3]), "x")
    assert result.difference == 1
    # The t distribution with 2 degrees of freedom: P(|T| > t) = 1 - t / sqrt(2 + t²).
    assert result.p_value == pytest.approx(1 - np.sqrt(3 / 5))
    assert result.ci_high - 1 == pytest.approx(4.302653 / np.sqrt(3), abs=1e-6)


def test_nothing_varies() -> None:
    result = compare_means(moments([2, 2]), moments([3, 3]), "x")
    assert (result.difference, result.relative_difference) == (1, 0.5)
    assert (result.ci_low, result.ci_high, result.p_value) == (None, None, None)
    assert result.reason == "every user has the same value"
    assert mean_lift(moments([2, 2]), moments([3, 3]), "x").ratio is None


def test_equal_values_that_binary_cannot_hold_do_not_vary() -> None:
    result = compare_means(moments([0.1] * 7), moments([1.3] * 9), "x")
    assert result.reason == "every user has the same value"


def test_one_user_in_an_arm() -> None:
    result = compare_means(moments([2, 4]), moments([3]), "x")
    assert result.difference == 0
    assert result.p_value is None
    assert result.reason == "fewer than two users in a campaign"


def test_no_users() -> None:
    result = compare_means(moments([]), moments([1, 2]), "x")
    assert (result.difference, result.p_value) == (None, None)
    assert result.reason == "no users in a campaign"
    assert mean(moments([]), "x") is None
    assert interval(None) is None


def test_a_baseline_of_zero_has_no_relative_change() -> None:
    result = compare_means(moments([-1, 1]), moments([1, 2]), "x")
    assert result.relative_difference is None
    assert result.p_value is not None
    assert mean_lift(moments([-1, 1]), moments([1, 2]), "x").ratio is None


def test_a_negative_baseline_is_said_in_the_method() -> None:
    result = compare_means(moments([-3, -1]), moments([-2, 0]), "x")
    assert result.relative_difference == 0.5
    assert result.method == "Welch's t, relative to the size of a negative baseline"


def test_identical_arms() -> None:
    result = compare_means(moments([1, 2, 3]), moments([1, 2, 3]), "x")
    assert (result.difference, result.p_value) == (0, 1)


def test_money_near_a_hundred_million() -> None:
    """Arms of 1e8 ± 1 and 1e8 + 1 ± 1: a difference of 1 with SE² = 2 / (n - 1)."""
    n = 10_000
    low, high = (moments(start + np.tile([-1.0, 1.0], n // 2)) for start in (1e8, 1e8 + 1))
    result = compare_means(low, high, "x")
    assert result.difference == 1
    assert result.ci_high - 1 == pytest.approx(1.960045 * np.sqrt(2 / (n - 1)), rel=1e-4)


def test_the_interval_of_one_mean() -> None:
    """R: t.test(sleep$extra[1:10]) prints 0.75, -0.5297804 to 2.0297804."""
    found = interval(mean(moments(SLEEP_1), "x"))
    assert found is not None
    assert (found.low, found.high) == pytest.approx((-0.5297804, 2.0297804), abs=5e-8)
    assert interval(mean(moments([5]), "x")) is None
