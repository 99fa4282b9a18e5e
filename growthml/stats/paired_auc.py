"""Two scores of the same users: which puts those who respond higher?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from growthml.stats.comparison import Comparison, normal_quantile, relative_difference
from growthml.stats.ranking import rows, tie_groups
from growthml.stats.sums import weighted_sum

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

ROUNDING = 1e-18
"""A variance of an area up to this is what rounding left."""


def compare_auc(
    baseline: ArrayLike,
    new: ArrayLike,
    positives: ArrayLike,
    users: ArrayLike | None = None,
    confidence: float = 0.95,
) -> Comparison:
    """The AUC of one score less that of another over the same users, both 0..1.

    Correlated areas after DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44:837: a z-test and
    interval. Rows are users, or users of equal scores with their positives. No interval, with the
    reason, below two users of a kind or where the scores order them alike. Raises ValueError for
    an unknown score, or unless 0 <= positives <= users in every row.
    """
    first, responded, number = rows(baseline, positives, users)
    second, _, _ = rows(new, positives, users)
    others = number - responded
    if responded.sum() < 2 or others.sum() < 2:
        return Comparison(reason="fewer than two users of a kind")
    beats, beaten = zip(*(_placements(s, responded, others) for s in (first, second)), strict=True)
    old, now = (weighted_sum(responded, each) / float(responded.sum()) for each in beats)
    found = Comparison(difference=now - old, relative_difference=relative_difference(old, now))
    variance = _variance(beats[1] - beats[0], responded) + _variance(beaten[1] - beaten[0], others)
    if variance <= ROUNDING:
        return replace(found, reason="the two scores order the users alike")
    error = float(np.sqrt(variance))
    half = normal_quantile(confidence) * error
    return replace(
        found,
        ci_low=now - old - half,
        ci_high=now - old + half,
        p_value=float(2 * special.ndtr(-abs(now - old) / error)),
        method="DeLong's test of correlated areas",
    )


def _placements(
    scores: np.ndarray, positives: np.ndarray, others: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """By row, the share of others its positives beat, and of positives that beat its others."""
    order, starts = tie_groups(scores)
    group = np.empty(len(scores), dtype=int)
    group[order] = np.repeat(np.arange(len(starts)), np.diff([*starts, len(scores)]))
    positive = np.bincount(group, positives, len(starts))
    other = np.bincount(group, others, len(starts))
    beats = (other.sum() - np.cumsum(other) + other / 2) / other.sum()
    beaten = (np.cumsum(positive) - positive / 2) / positive.sum()
    return beats[group], beaten[group]


def _variance(values: np.ndarray, number: np.ndarray) -> float:
    n = number.sum()
    mean = weighted_sum(number, values) / n
    return float(weighted_sum(number, (values - mean) ** 2) / (n - 1) / n)
