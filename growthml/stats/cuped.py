"""CUPED: a mean adjusted by what the same users did before the campaign."""

from __future__ import annotations

from dataclasses import dataclass

from growthml.stats.comparison import Comparison
from growthml.stats.means import Estimate, combined_variance, compare_estimates
from growthml.stats.moments import Moments


@dataclass(frozen=True, kw_only=True)
class Adjusted:
    """A comparison of adjusted means, with the unadjusted ones beside.

    theta: units of y per unit of x. variance_reduction: the share of y's variance that x explains,
    0..1 (the squared correlation), None where y does not vary. baseline, new: adjusted means,
    None without users.
    """

    comparison: Comparison
    theta: float
    variance_reduction: float | None
    baseline: float | None
    new: float | None
    unadjusted_baseline: float | None
    unadjusted_new: float | None


def compare_adjusted(
    baseline: Moments, new: Moments, y: str, x: str, confidence: float = 0.95
) -> Adjusted:
    """The difference of the means of y' = y - theta (x - mean x) by Welch's t.

    theta = cov(x, y) / var x and mean x over both arms together; 0 where x does not vary. x must
    have been measured before exposure. Source: Deng, Xu, Kohavi & Walker 2013, WSDM.
    """
    both = baseline + new
    varies = both.n > 1 and both.var(x) > 0
    theta = both.cov(x, y) / both.var(x) if varies else 0.0
    old, now = (_adjusted(arm, y, x, theta, both) for arm in (baseline, new))
    explained = None
    if both.n > 1 and both.var(y) > 0:
        explained = both.cov(x, y) ** 2 / (both.var(x) * both.var(y)) if varies else 0.0
    return Adjusted(
        comparison=compare_estimates(old, now, confidence, "CUPED"),
        theta=theta,
        variance_reduction=explained,
        baseline=old.value if old else None,
        new=now.value if now else None,
        unadjusted_baseline=baseline.mean(y) if baseline.n else None,
        unadjusted_new=new.mean(y) if new.n else None,
    )


def _adjusted(arm: Moments, y: str, x: str, theta: float, both: Moments) -> Estimate | None:
    if not arm.n:
        return None
    value = arm.mean(y) - theta * (arm.mean(x) - both.mean(x))
    variance = combined_variance(arm.var(y), -2 * theta * arm.cov(x, y), theta**2 * arm.var(x))
    return Estimate(arm.n, value, variance)
