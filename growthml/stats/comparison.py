"""What a comparison of two campaigns finds: a difference, its interval, its p-value."""

from __future__ import annotations

from dataclasses import dataclass

from scipy import special

from growthml.words import N_

NO_USERS = N_("no users in a campaign")


@dataclass(frozen=True)
class Interval:
    """A confidence interval, low <= high, in the unit of what it bounds."""

    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """New campaign minus baseline.

    difference: in the metric's own unit (fractions for rates). relative_difference: a fraction of
    the baseline's size, None where that is 0. ci_low, ci_high: of the difference, uncorrected.
    p_value: two-sided, 0..1. method: the test and the interval in words. reason: why a figure is
    None, or empty.
    """

    difference: float | None = None
    relative_difference: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    p_value: float | None = None
    method: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Lift:
    """The new campaign's value as a multiple of the baseline's (1.0: the same).

    ci_low, ci_high: by the delta method on the logarithm. All None, with a reason, where either
    value is not above 0 or nothing varies.
    """

    ratio: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    reason: str = ""


def relative_difference(baseline: float, new: float) -> float | None:
    """(new - baseline) / |baseline|, a fraction; None when the baseline is 0.

    For a negative baseline the size is taken, so that a rise stays positive (GrowthBook).
    """
    return None if baseline == 0 else (new - baseline) / abs(baseline)


def normal_quantile(confidence: float) -> float:
    """The two-sided standard normal quantile, 1.96 at 0.95; ValueError outside (0, 1)."""
    return float(special.ndtri(upper_probability(confidence)))


def upper_probability(confidence: float) -> float:
    """The probability below an interval's upper limit: 0.975 at 0.95; ValueError outside (0, 1)."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}; it must lie between 0 and 1, such as 0.95")
    return (1 + confidence) / 2
