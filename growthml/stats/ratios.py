"""Ratios of two totals over users, such as revenue per order, where orders are not independent."""

from __future__ import annotations

from growthml.stats.comparison import NO_USERS, Comparison, Lift
from growthml.stats.means import Estimate, combined_variance, compare_estimates, lift
from growthml.stats.moments import Moments

NO_DENOMINATOR = "the denominator is 0 in a campaign"


def ratio(moments: Moments, numerator: str, denominator: str) -> Estimate | None:
    """sum numerator / sum denominator with its variance per user; None when the sum below is 0.

    var = (var Y - 2 R cov(X, Y) + R² var X) / mean(X)²: the delta method, Deng, Knoblich & Lu
    2018, KDD, section 2.
    """
    if not moments.n or moments.mean(denominator) == 0:
        return None
    below = moments.mean(denominator)
    value = moments.mean(numerator) / below
    spread = combined_variance(
        moments.var(numerator),
        -2 * value * moments.cov(denominator, numerator),
        value**2 * moments.var(denominator),
    )
    return Estimate(moments.n, value, spread / below**2)


def compare_ratios(
    baseline: Moments, new: Moments, numerator: str, denominator: str, confidence: float = 0.95
) -> Comparison:
    """The difference of two ratios by the delta method over users.

    All None when a campaign has no users or its denominator sums to 0; interval and p-value None
    below two users or where the ratio is the same for every user.
    """
    old, now = ratio(baseline, numerator, denominator), ratio(new, numerator, denominator)
    if old is None or now is None:
        return Comparison(reason=_why_none(baseline, new))
    return compare_estimates(old, now, confidence, "delta method")


def ratio_lift(
    baseline: Moments, new: Moments, numerator: str, denominator: str, confidence: float = 0.95
) -> Lift:
    """The new ratio as a multiple of the baseline's; see `growthml.stats.means.lift`."""
    old, now = ratio(baseline, numerator, denominator), ratio(new, numerator, denominator)
    if old is None or now is None:
        return Lift(reason=_why_none(baseline, new))
    return lift(old, now, confidence)


def _why_none(baseline: Moments, new: Moments) -> str:
    return NO_DENOMINATOR if baseline.n and new.n else NO_USERS
