from __future__ import annotations

from typing import Any

import pytest

from growthml.stats.cuped import compare_adjusted
from growthml.stats.means import compare_means
from growthml.stats.moments import Moments


def arm(y: Any, x: Any) -> Moments:
    return Moments.of_values({"y": y, "x": x})


@pytest.mark.parametrize("name", ["Mens", "Womens"])
def test_hillstrom_spend_on_history(
    name: str, hillstrom: dict[str, Any], hillstrom_arms: dict[str, Moments]
) -> None:
    title = f"{name} E-Mail vs No E-Mail: spend CUPED on history (theta pooled over both arms)"
    expected = hillstrom["comparisons"][title]
    baseline, new = hillstrom_arms["No E-Mail"], hillstrom_arms[f"{name} E-Mail"]
    found = compare_adjusted(baseline, new, "spend", "history")
    result = found.comparison
    assert found.theta == pytest.approx(expected["theta"])
    assert found.variance_reduction == pytest.approx(expected["variance_reduction"])
    assert found.baseline == pytest.approx(expected["control"]["mean"])
    assert found.new == pytest.approx(expected["treatment"]["mean"])
    assert found.unadjusted_new == new.mean("spend")
    assert result.difference == pytest.approx(expected["diff"])
    assert result.relative_difference == pytest.approx(expected["rel_lift"])
    assert result.p_value == pytest.approx(expected["p"])
    assert (result.ci_low, result.ci_high) == pytest.approx(tuple(expected["ci95"]))


def test_the_past_explains_everything() -> None:
    """Users spend what they spent before, plus 1 in the new campaign: theta 1, difference 1."""
    found = compare_adjusted(arm([1, 2, 3], [1, 2, 3]), arm([2, 3, 4], [1, 2, 3]), "y", "x")
    assert found.theta == pytest.approx(1)
    assert found.comparison.difference == pytest.approx(1)
    assert found.comparison.reason == "every user has the same value"


def test_a_rest_of_rounding_is_no_spread() -> None:
    past = [0.1, 0.7, 1.1, 3.3, 9.99]
    found = compare_adjusted(arm([1.1 * x for x in past], past), arm(past, past), "y", "x")
    same = compare_adjusted(arm(past, past), arm(past, past), "y", "x")
    assert found.comparison.p_value is not None
    assert same.comparison.reason == "every user has the same value"


def test_an_imbalance_before_the_campaign_is_taken_out() -> None:
    """The new users spent 1 more before as well, in the same proportion: no difference is left."""
    found = compare_adjusted(arm([1, 2, 3], [1, 2, 3]), arm([2, 3, 4], [2, 3, 4]), "y", "x")
    assert found.unadjusted_new - found.unadjusted_baseline == 1
    assert found.comparison.difference == pytest.approx(0, abs=1e-12)


def test_a_past_that_does_not_vary_changes_nothing() -> None:
    baseline, new = arm([1, 2, 4], [5, 5, 5]), arm([2, 5, 9], [5, 5, 5])
    found = compare_adjusted(baseline, new, "y", "x")
    assert (found.theta, found.variance_reduction) == (0, 0)
    assert found.comparison.p_value == compare_means(baseline, new, "y").p_value


def test_no_users() -> None:
    found = compare_adjusted(arm([], []), arm([1, 2], [1, 3]), "y", "x")
    assert found.baseline is None
    assert found.comparison.difference is None
    assert found.comparison.reason == "no users in a campaign"


def test_one_user_in_an_arm() -> None:
    found = compare_adjusted(arm([1], [1]), arm([1, 2], [1, 3]), "y", "x")
    assert found.comparison.p_value is None
    assert found.comparison.reason == "fewer than two users in a campaign"
