"""Rates: users who did something out of all users."""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np
from scipy import special

from growthml.stats.comparison import (
    NO_USERS,
    Comparison,
    Interval,
    Lift,
    normal_quantile,
    relative_difference,
)
from growthml.words import _

FISHER_BELOW = 5
"""An expected cell below this calls for Fisher's exact test instead of chi-square."""
AS_LIKELY = 1e-7
"""Tables whose chances differ by less, relatively, are as likely as one another."""


def wilson(x: int, n: int, confidence: float = 0.95) -> Interval | None:
    """The Wilson score interval of the rate x / n, fractions in 0..1; None when n is 0.

    Raises ValueError unless 0 <= x <= n. Source: Wilson 1927; Newcombe 1998, Statistics in
    Medicine 17:857, method 3.
    """
    _check(x, n)
    if not n:
        return None
    z = normal_quantile(confidence)
    rate = x / n
    centre = rate + z * z / (2 * n)
    half = z * sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    low = 0.0 if x == 0 else (centre - half) / scale
    high = 1.0 if x == n else (centre + half) / scale
    return Interval(low, high)


def newcombe(
    baseline_x: int, baseline_n: int, x: int, n: int, confidence: float = 0.95
) -> Interval | None:
    """The interval of x / n minus baseline_x / baseline_n, in -1..1; None when an n is 0.

    Holds with empty cells. Raises ValueError unless 0 <= x <= n. Source: Newcombe 1998,
    Statistics in Medicine 17:873, method 10 (Wilson limits squared and added, uncorrected).
    """
    baseline = wilson(baseline_x, baseline_n, confidence)
    new = wilson(x, n, confidence)
    if baseline is None or new is None:
        return None
    baseline_rate, rate = baseline_x / baseline_n, x / n
    difference = rate - baseline_rate
    down = sqrt((rate - new.low) ** 2 + (baseline.high - baseline_rate) ** 2)
    up = sqrt((new.high - rate) ** 2 + (baseline_rate - baseline.low) ** 2)
    return Interval(max(-1.0, difference - down), min(1.0, difference + up))


def compare_proportions(
    baseline_x: int, baseline_n: int, x: int, n: int, confidence: float = 0.95
) -> Comparison:
    """The difference of two rates with Newcombe's interval.

    The p-value is of the chi-square test without correction (the pooled z-test), or of Fisher's
    exact test when an expected cell is below 5. All None when an n is 0. Raises ValueError unless
    0 <= x <= n.
    """
    interval = newcombe(baseline_x, baseline_n, x, n, confidence)
    if interval is None:
        return Comparison(reason=NO_USERS)
    exact = _smallest_expected(baseline_x, baseline_n, x, n) < FISHER_BELOW
    test = _fisher if exact else _chi_square
    name = "Fisher's exact test" if exact else "chi-square"
    return Comparison(
        difference=x / n - baseline_x / baseline_n,
        relative_difference=relative_difference(baseline_x / baseline_n, x / n),
        ci_low=interval.low,
        ci_high=interval.high,
        p_value=test(baseline_x, baseline_n, x, n),
        method=f"{name}, Newcombe interval",
    )


def relative_lift(
    baseline_x: int, baseline_n: int, x: int, n: int, confidence: float = 0.95
) -> Lift:
    """The ratio of two rates, (x / n) / (baseline_x / baseline_n), with its log interval.

    exp(ln ratio ± z sqrt(1/x - 1/n + 1/x_b - 1/n_b)): Katz et al. 1978, Biometrics 34:469. None
    when an arm has no users or no responders, or when every user responded. Raises ValueError
    unless 0 <= x <= n.
    """
    _check(baseline_x, baseline_n)
    _check(x, n)
    if not baseline_n or not n:
        return Lift(reason=NO_USERS)
    if not baseline_x or not x:
        silent = baseline_n if not baseline_x else n
        return Lift(reason=_("cannot be estimated (0 of {n})", n=silent))
    if baseline_x == baseline_n and x == n:
        return Lift(reason=_("cannot be estimated (every user responded)"))
    ratio = (x / n) / (baseline_x / baseline_n)
    error = sqrt(1 / x - 1 / n + 1 / baseline_x - 1 / baseline_n)
    half = normal_quantile(confidence) * error
    return Lift(ratio=ratio, ci_low=exp(log(ratio) - half), ci_high=exp(log(ratio) + half))


def _check(x: int, n: int) -> None:
    if not 0 <= x <= n:
        raise ValueError(
            f"{x} of {n} users: a rate needs 0 <= x <= n; count distinct users, not events"
        )


def _smallest_expected(baseline_x: int, baseline_n: int, x: int, n: int) -> float:
    responders = baseline_x + x
    users = baseline_n + n
    return min(baseline_n, n) * min(responders, users - responders) / users


def _chi_square(baseline_x: int, baseline_n: int, x: int, n: int) -> float:
    pooled = (baseline_x + x) / (baseline_n + n)
    error = sqrt(pooled * (1 - pooled) * (1 / baseline_n + 1 / n))
    z = (x / n - baseline_x / baseline_n) / error
    return float(2 * special.ndtr(-abs(z)))


def _fisher(baseline_x: int, baseline_n: int, x: int, n: int) -> float:
    """The share of tables with these margins that are no likelier than this one (Fisher 1935)."""
    responders = baseline_x + x
    fewest, most = max(0, responders - baseline_n), min(responders, n)
    i = np.arange(fewest, most, dtype=float)
    # A table's chance over that of the one before: no factorial, nothing lost to rounding.
    steps = (responders - i) * (n - i) / ((i + 1) * (baseline_n - responders + i + 1))
    logs = np.concatenate([[0.0], np.cumsum(np.log(steps))])
    chances = np.exp(logs - logs.max())
    no_likelier = chances <= chances[x - fewest] * (1 + AS_LIKELY)
    return float(chances[no_likelier].sum() / chances.sum())
