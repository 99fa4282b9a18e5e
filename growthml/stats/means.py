"""Means per user, and whatever else is an estimate with a variance per user: Welch's comparison."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, isnan, log, sqrt

from scipy import special

from growthml.stats.comparison import (
    NO_USERS,
    Comparison,
    Interval,
    Lift,
    relative_difference,
    upper_probability,
)
from growthml.stats.moments import Moments

TOO_FEW = "fewer than two users in a campaign"
NO_SPREAD = "every user has the same value"

_ROUNDING = 1e-13
"""A spread this small against its values is what rounding left, not a difference of users."""


@dataclass(frozen=True)
class Estimate:
    """A value over n users; `variance` is per user, so that the standard error is its root / n.

    variance is NaN below two users.
    """

    n: int
    value: float
    variance: float

    @property
    def error_squared(self) -> float:
        """The squared standard error of the value."""
        return self.variance / self.n


def mean(moments: Moments, x: str) -> Estimate | None:
    """The mean of x per user; None without users."""
    return Estimate(moments.n, moments.mean(x), moments.var(x)) if moments.n else None


def interval(estimate: Estimate | None, confidence: float = 0.95) -> Interval | None:
    """The t interval of one estimate; None below two users or where nothing varies."""
    probability = upper_probability(confidence)
    if estimate is None or estimate.n < 2 or not estimate.variance > 0:
        return None
    half = float(special.stdtrit(estimate.n - 1, probability)) * sqrt(estimate.error_squared)
    return Interval(estimate.value - half, estimate.value + half)


def compare_means(baseline: Moments, new: Moments, x: str, confidence: float = 0.95) -> Comparison:
    """The difference of two means by Welch's t-test and interval.

    Interval and p-value are None, with the reason, below two users in an arm or where no user
    differs from another in either arm.
    """
    return compare_estimates(mean(baseline, x), mean(new, x), confidence)


def mean_lift(baseline: Moments, new: Moments, x: str, confidence: float = 0.95) -> Lift:
    """The ratio of two means; see `lift`."""
    return lift(mean(baseline, x), mean(new, x), confidence)


def compare_estimates(
    baseline: Estimate | None, new: Estimate | None, confidence: float = 0.95, method: str = ""
) -> Comparison:
    """The difference of two estimates by Welch's t, in their own unit.

    SE² = v_b/n_b + v_t/n_t with Satterthwaite's degrees of freedom (Welch 1947, Biometrika
    34:28). A None estimate makes everything None. `method` is added to the method's words.
    """
    probability = upper_probability(confidence)
    if baseline is None or new is None:
        return Comparison(reason=NO_USERS)
    difference = new.value - baseline.value
    relative = relative_difference(baseline.value, new.value)
    reason = _untestable(baseline, new)
    if reason:
        return Comparison(difference=difference, relative_difference=relative, reason=reason)
    freedom = _degrees_of_freedom(baseline, new)
    error = sqrt(baseline.error_squared + new.error_squared)
    half = float(special.stdtrit(freedom, probability)) * error
    return Comparison(
        difference=difference,
        relative_difference=relative,
        ci_low=difference - half,
        ci_high=difference + half,
        p_value=float(2 * special.stdtr(freedom, -abs(difference / error))),
        method=_words(baseline, method),
    )


def lift(baseline: Estimate | None, new: Estimate | None, confidence: float = 0.95) -> Lift:
    """new / baseline with its interval by the delta method on the logarithm.

    exp(ln ratio ± t sqrt(v_t/(n_t m_t²) + v_b/(n_b m_b²))), t with Satterthwaite's degrees of
    freedom of that sum. None, with the reason, unless both values are above 0.
    """
    probability = upper_probability(confidence)
    if baseline is None or new is None:
        return Lift(reason=NO_USERS)
    if not (baseline.value > 0 and new.value > 0):
        return Lift(reason="a ratio needs both values above 0")
    reason = _untestable(baseline, new)
    if reason:
        return Lift(reason=reason)
    logs = [Estimate(e.n, log(e.value), e.variance / e.value**2) for e in (baseline, new)]
    error = sqrt(logs[0].error_squared + logs[1].error_squared)
    half = float(special.stdtrit(_degrees_of_freedom(*logs), probability)) * error
    centre = logs[1].value - logs[0].value
    return Lift(ratio=exp(centre), ci_low=exp(centre - half), ci_high=exp(centre + half))


def combined_variance(variance: float, *terms: float) -> float:
    """variance + Σ terms, where the sum cannot be negative and 0 where only rounding is left."""
    total = variance + sum(terms)
    return 0.0 if total <= 10 * _ROUNDING * max(variance, *map(abs, terms)) else total


def _untestable(baseline: Estimate, new: Estimate) -> str:
    if baseline.n < 2 or new.n < 2 or isnan(baseline.variance) or isnan(new.variance):
        return TOO_FEW
    size = baseline.value**2 + new.value**2
    if baseline.variance + new.variance <= _ROUNDING**2 * size:
        return NO_SPREAD
    return ""


def _degrees_of_freedom(baseline: Estimate, new: Estimate) -> float:
    b, t = baseline.error_squared, new.error_squared
    return (b + t) ** 2 / (b * b / (baseline.n - 1) + t * t / (new.n - 1))


def _words(baseline: Estimate, method: str) -> str:
    words = ["Welch's t"]
    if method:
        words.append(method)
    if baseline.value < 0:
        words.append("relative to the size of a negative baseline")
    return ", ".join(words)
