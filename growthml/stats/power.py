"""Power: what a sample could have shown, and how many users a test needs.

Never computed from the difference that was found.
"""

from __future__ import annotations

from math import sqrt
from typing import Literal

from scipy import special

from growthml.stats.comparison import normal_quantile

POWER = 0.8


def detectable_rate_difference(
    rate: float, baseline_n: int, n: int, confidence: float = 0.95, power: float = POWER
) -> float | None:
    """The smallest rise of a rate these two samples would detect, a fraction (0.035: 3.5 points).

    Solves d = z_(1-a/2) sqrt(p(1-p)(1/n_b + 1/n)) + z_power sqrt(p(1-p)/n_b + (p+d)(1-p-d)/n) for
    d: Evan Miller's equation, for unequal samples. None for a rate of 0 or 1, without users, or
    when not even a rise to 100 % would be detected.
    """
    alpha_z, power_z = _quantiles(confidence, power)
    if not 0 < rate < 1 or baseline_n < 1 or n < 1:
        return None
    spread = rate * (1 - rate)
    null_part = alpha_z * sqrt(spread * (1 / baseline_n + 1 / n))

    def surplus(d: float) -> float:
        spread_new = max(0.0, (rate + d) * (1 - rate - d))
        return d - null_part - power_z * sqrt(spread / baseline_n + spread_new / n)

    if surplus(1 - rate) < 0:
        return None
    from scipy.optimize import brentq

    return float(brentq(surplus, 0.0, 1 - rate, xtol=1e-12))


def detectable_mean_difference(
    baseline_variance: float,
    baseline_n: int,
    variance: float,
    n: int,
    confidence: float = 0.95,
    power: float = POWER,
) -> float | None:
    """The smallest difference of two means these samples would detect, in the mean's unit.

    d = (z_(1-a/2) + z_power) sqrt(v_b/n_b + v/n). None below two users in an arm or where nothing
    varies.
    """
    alpha_z, power_z = _quantiles(confidence, power)
    if baseline_n < 2 or n < 2 or not baseline_variance + variance > 0:
        return None
    return (alpha_z + power_z) * sqrt(baseline_variance / baseline_n + variance / n)


def users_needed_for_rate(
    rate: float,
    difference: float,
    confidence: float = 0.95,
    power: float = POWER,
    variant: Literal["miller", "r"] = "miller",
) -> float | None:
    """Users per arm, unrounded, to detect a difference from a rate (both fractions).

    n = ((z_(1-a/2) sqrt(2 p0(1-p0)) + z_power sqrt(p(1-p) + (p+d)(1-p-d))) / d)², where p0 is the
    baseline's rate (`miller`, as Evan Miller's calculator) or the mean of both (`r`, as R's
    power.prop.test). None for a difference of 0, or where a rate does not lie between 0 and 1.
    """
    alpha_z, power_z = _quantiles(confidence, power)
    new = rate + difference
    if difference == 0 or not 0 < rate < 1 or not 0 <= new <= 1:
        return None
    under_null = rate if variant == "miller" else (rate + new) / 2
    null_part = alpha_z * sqrt(2 * under_null * (1 - under_null))
    power_part = power_z * sqrt(rate * (1 - rate) + new * (1 - new))
    return ((null_part + power_part) / difference) ** 2


def users_needed_for_mean(
    variance: float, difference: float, confidence: float = 0.95, power: float = POWER
) -> float | None:
    """Users per arm, unrounded, to detect a difference of means: 2 (z_(1-a/2) + z_power)² v / d².

    None for a difference of 0 or without variance.
    """
    alpha_z, power_z = _quantiles(confidence, power)
    if difference == 0 or not variance > 0:
        return None
    return 2 * (alpha_z + power_z) ** 2 * variance / difference**2


def _quantiles(confidence: float, power: float) -> tuple[float, float]:
    if not 0 < power < 1:
        raise ValueError(f"power is {power}; it must lie between 0 and 1, such as 0.8")
    return normal_quantile(confidence), float(special.ndtri(power))
