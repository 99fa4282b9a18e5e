from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from growthml.stats.means import compare_means
from growthml.stats.moments import Moments
from growthml.stats.ratios import compare_ratios, ratio, ratio_lift


def arm(revenue: Any, orders: Any) -> Moments:
    return Moments.of_values({"revenue": revenue, "orders": orders})


# Three users: 10 for 1 order, 30 for 2, nothing for none: 40 / 3 per order.
BASELINE = arm([10, 30, 0], [1, 2, 0])
NEW = arm([12, 33, 0, 8], [1, 2, 0, 1])


def test_the_ratio_is_of_totals() -> None:
    estimate = ratio(BASELINE, "revenue", "orders")
    assert estimate is not None
    assert estimate.value == pytest.approx(40 / 3)


def test_its_variance_is_that_of_the_linearised_users() -> None:
    """var((y - R x) / mean x): users give (-10, 10, 0) / 3, whose variance is 100 / 9."""
    estimate = ratio(BASELINE, "revenue", "orders")
    assert estimate is not None
    assert estimate.variance == pytest.approx(100 / 9)


@pytest.mark.parametrize("name", ["Mens", "Womens"])
def test_hillstrom_spend_per_visit(
    name: str, hillstrom: dict[str, Any], hillstrom_arms: dict[str, Moments]
) -> None:
    title = f"{name} E-Mail vs No E-Mail: spend per visit (ratio of means, delta method, z)"
    expected = hillstrom["comparisons"][title]
    result = compare_ratios(
        hillstrom_arms["No E-Mail"], hillstrom_arms[f"{name} E-Mail"], "spend", "visit"
    )
    assert result.difference == pytest.approx(expected["diff"])
    assert result.relative_difference == pytest.approx(expected["rel_lift"])
    assert result.p_value == pytest.approx(expected["p"])
    assert (result.ci_low, result.ci_high) == pytest.approx(tuple(expected["ci95"]))
    assert result.method == "Welch's t, delta method"


def test_hillstrom_lift_of_spend_per_visit(
    hillstrom: dict[str, Any], hillstrom_arms: dict[str, Moments]
) -> None:
    expected = hillstrom["tea_tasting_2_0_0_crosscheck"]["mens_vs_control"]["spend_per_visit"]
    lift = ratio_lift(hillstrom_arms["No E-Mail"], hillstrom_arms["Mens E-Mail"], "spend", "visit")
    limits = (lift.ci_low - 1, lift.ci_high - 1)
    assert limits == pytest.approx(tuple(expected["rel_ci"]), abs=1e-6)


def test_a_ratio_over_one_per_user_is_a_mean() -> None:
    baseline, new = arm([10, 30, 0], [1, 1, 1]), arm([12, 33, 0, 8], [1, 1, 1, 1])
    as_ratio = compare_ratios(baseline, new, "revenue", "orders")
    as_mean = compare_means(baseline, new, "revenue")
    assert as_ratio.p_value == pytest.approx(as_mean.p_value)
    assert as_ratio.ci_low == pytest.approx(as_mean.ci_low)


def test_only_one_arm_varies() -> None:
    """Every baseline order is worth 10, so its ratio is known; the new arm's spread decides."""
    constant = arm([10, 20, 30], [1, 2, 3])
    result = compare_ratios(constant, BASELINE, "revenue", "orders")
    assert result.difference == pytest.approx(10 / 3)
    # One-sample t with 2 df: SE² = (100 / 9) / 3, so t = √3.
    assert result.p_value == pytest.approx(1 - np.sqrt(3 / 5))


def test_no_orders() -> None:
    for baseline, new in ((arm([0, 0], [0, 0]), NEW), (BASELINE, arm([0, 0], [0, 0]))):
        result = compare_ratios(baseline, new, "revenue", "orders")
        assert (result.difference, result.p_value) == (None, None)
        assert result.reason == "the denominator is 0 in a campaign"
        assert ratio_lift(baseline, new, "revenue", "orders").reason == result.reason


def test_no_users() -> None:
    result = compare_ratios(BASELINE, arm([], []), "revenue", "orders")
    assert (result.difference, result.reason) == (None, "no users in a campaign")


def test_one_user() -> None:
    result = compare_ratios(BASELINE, arm([10], [1]), "revenue", "orders")
    assert result.difference == pytest.approx(-10 / 3)
    assert (result.p_value, result.reason) == (None, "fewer than two users in a campaign")


def test_every_order_costs_the_same() -> None:
    """Prices do not add up exactly in binary; the spread must still be none."""
    orders = ([1, 2, 3, 7], [2, 3, 5])
    for price in (0.1, 0.7, 1.1, 3.3, 9.99, 19.99):
        arms = [arm([price * n for n in of_users], of_users) for of_users in orders]
        result = compare_ratios(*arms, "revenue", "orders")
        assert result.difference == pytest.approx(0, abs=1e-12)
        assert result.reason == "every user has the same value"
