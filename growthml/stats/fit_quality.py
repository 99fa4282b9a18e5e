"""How well predicted amounts meet the real ones, on users the model has not seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from growthml.stats.bootstrap import FEWEST_DRAWS, SEED
from growthml.stats.comparison import Comparison, normal_quantile, upper_probability
from growthml.stats.sums import one_thread, to_digits

_AT_ONCE = 2_000_000


@dataclass(frozen=True, kw_only=True)
class FitQuality:
    """Errors in the amount's own unit; None, with the reason, where nothing varies.

    r2: 1 - SSE / SST about the mean of these users; at most 1, below 0 where the mean of these
    users itself would have predicted better. adjusted_r2: 1 - (1 - r2)(n - 1)/(n - p - 1), None
    unless n > p + 1. r2_low, r2_high: by bootstrap over users. mae, rmse: mean absolute error,
    root of the mean squared one.
    """

    n: int
    mae: float
    rmse: float
    r2: float | None = None
    adjusted_r2: float | None = None
    r2_low: float | None = None
    r2_high: float | None = None
    reason: str = ""


def fit_quality(
    actual: np.ndarray, predicted: np.ndarray, columns: int, confidence: float = 0.95
) -> FitQuality | None:
    """Compares amounts with their predictions; columns: how many the model has. None without users.

    R² after Kvålseth 1985, American Statistician 39:279, his R²₁.
    """
    n = len(actual)
    if not n:
        return None
    error = actual - predicted
    mae, rmse = float(np.abs(error).mean()), float(np.sqrt((error**2).mean()))
    total = float(((actual - actual.mean()) ** 2).sum())
    if total == 0:
        reason = "everybody spent the same"
        return FitQuality(n=n, mae=mae, rmse=rmse, reason=reason)
    r2 = 1 - float((error**2).sum()) / total
    low, high = _interval(actual, error, confidence)
    return FitQuality(
        n=n,
        mae=mae,
        rmse=rmse,
        r2=r2,
        adjusted_r2=1 - (1 - r2) * (n - 1) / (n - columns - 1) if n > columns + 1 else None,
        r2_low=low,
        r2_high=high,
    )


def compare_errors(
    actual: np.ndarray, baseline: np.ndarray, new: np.ndarray, confidence: float = 0.95
) -> Comparison:
    """The mean squared error of one prediction less that of another, over the same users.

    Negative where the new one is nearer. Paired by user, z-test and interval (Diebold & Mariano
    1995, J. Bus. Econ. Stat. 13:253, users in the place of days). No interval, with the reason,
    below two users or where every user's errors differ alike.
    """
    from scipy import special

    differs = (actual - new) ** 2 - (actual - baseline) ** 2
    n = len(differs)
    if n < 2:
        return Comparison(reason="fewer than two users")
    mean, error = float(differs.mean()), float(differs.std(ddof=1) / np.sqrt(n))
    if error == 0:
        return Comparison(difference=mean, reason="the two predictions err alike")
    half = normal_quantile(confidence) * error
    return Comparison(
        difference=mean,
        ci_low=mean - half,
        ci_high=mean + half,
        p_value=float(2 * special.ndtr(-abs(mean) / error)),
        method="paired z-test of squared errors",
    )


def _interval(actual: np.ndarray, error: np.ndarray, confidence: float) -> tuple[float, float]:
    """Percentiles of R² over Poisson bootstrap draws of the users (Hanley & MacGibbon 2006)."""
    probability = upper_probability(confidence)
    generator = np.random.default_rng(SEED)
    moments = np.column_stack([np.ones_like(actual), actual, actual**2, error**2])
    size = max(1, _AT_ONCE // len(actual))
    drawn = []
    for start in range(0, FEWEST_DRAWS, size):
        draws = min(size, FEWEST_DRAWS - start)
        weights = generator.poisson(1.0, (draws, len(actual))).astype(float)
        with one_thread():
            drawn.append(weights @ moments)
    n, first, second, wrong = np.concatenate(drawn).T
    with np.errstate(divide="ignore", invalid="ignore"):
        r2 = 1 - wrong / (second - first**2 / n)
    low, high = np.quantile(r2[np.isfinite(r2)], [1 - probability, probability])
    return to_digits(low), to_digits(high)
