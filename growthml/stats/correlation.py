"""Correlations of two columns: Pearson's and Spearman's, with intervals and a test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from growthml.stats.comparison import normal_quantile
from growthml.stats.sums import weighted_sum

FEWEST = 10


@dataclass(frozen=True, kw_only=True)
class Correlation:
    """How two columns go together over n rows; -1..1, None with the reason where one is constant.

    low, high: of Spearman's. p_value: two-sided, that Spearman's is 0.
    """

    n: int
    pearson: float | None = None
    pearson_low: float | None = None
    pearson_high: float | None = None
    spearman: float | None = None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    reason: str = ""


def correlation(x: np.ndarray, y: np.ndarray, confidence: float = 0.95) -> Correlation:
    """The correlations of two columns of equal length; rows where either is NaN are left out.

    Pearson's interval by Fisher's z (1921); Spearman's by z with the standard error
    sqrt((1 + r²/2) / (n - 3)) (Bonett & Wright 2000, Psychometrika 65:23), its test by t with n - 2
    degrees of freedom. None below 10 rows.
    """
    there = np.isfinite(x) & np.isfinite(y)
    x, y = x[there], y[there]
    n = len(x)
    if n < FEWEST:
        return Correlation(n=n, reason=f"fewer than {FEWEST} rows")
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return Correlation(n=n, reason="a column is the same everywhere")
    pearson, spearman = _pearson(x, y), _pearson(_ranks(x), _ranks(y))
    pearson_low, pearson_high = _limits(pearson, 1.0, n, confidence)
    low, high = _limits(spearman, 1 + spearman**2 / 2, n, confidence)
    return Correlation(
        n=n,
        pearson=pearson,
        pearson_low=pearson_low,
        pearson_high=pearson_high,
        spearman=spearman,
        low=low,
        high=high,
        p_value=_p_value(spearman, n),
    )


def _pearson(x: np.ndarray, y: np.ndarray) -> float:
    a, b = x - x.mean(), y - y.mean()
    r = weighted_sum(a, b) / float(np.sqrt(weighted_sum(a, a) * weighted_sum(b, b)))
    return max(-1.0, min(1.0, r))


def _ranks(values: np.ndarray) -> np.ndarray:
    from scipy.stats import rankdata

    return np.asarray(rankdata(values), dtype=float)


def _limits(r: float, spread: float, n: int, confidence: float) -> tuple[float, float]:
    if abs(r) >= 1:
        return r, r
    half = normal_quantile(confidence) * float(np.sqrt(spread / (n - 3)))
    middle = float(np.arctanh(r))
    return float(np.tanh(middle - half)), float(np.tanh(middle + half))


def _p_value(r: float, n: int) -> float:
    if abs(r) >= 1:
        return 0.0
    t = abs(r) * np.sqrt((n - 2) / (1 - r**2))
    return float(2 * special.stdtr(n - 2, -t))
