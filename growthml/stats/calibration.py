"""Calibration: whether one in five of the users scored 0.2 responds, and how far off scores are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from growthml.stats.proportions import wilson
from growthml.stats.ranking import Ranking, rank
from growthml.stats.sums import weighted_sum

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

CLIP = 1e-15
"""Log loss takes no probability closer to 0 or 1 than this."""


@dataclass(frozen=True, kw_only=True)
class CalibrationBin:
    """Users of similar probability: what was predicted and what came of it.

    low, high: its limits, low not included (0 is, in the first). ci_low, ci_high: Wilson's, of the
    observed rate.
    """

    bin: int
    low: float
    high: float
    users: int
    positives: int
    mean_predicted: float
    observed_rate: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """How true probabilities are.

    ece: expected calibration error, Σ users / all x |mean predicted - observed| over the bins.
    brier: mean of (probability - outcome)², 0 at best; brier_reference: that of the base rate for
    everybody; brier_skill: 1 - brier / reference, None where nobody or everybody responded.
    log_loss: mean of -log of the probability given to what happened. All None without users.
    """

    bins: tuple[CalibrationBin, ...]
    ece: float | None = None
    brier: float | None = None
    brier_reference: float | None = None
    brier_skill: float | None = None
    log_loss: float | None = None


def calibration(
    probability: ArrayLike,
    positives: ArrayLike,
    users: ArrayLike | None = None,
    bins: int = 10,
    by: Literal["width", "users"] = "width",
    confidence: float = 0.95,
) -> Calibration:
    """Compares predicted probabilities with outcomes, in bins of equal width or equal users.

    Bins of equal users never part equal probabilities, so they differ in size by the ties; bins
    without users are left out. Raises ValueError for a probability outside 0..1, or unless
    0 <= positives <= users in every row. Sources: Brier 1950, Monthly Weather Review 78:1;
    Naeini, Cooper & Hauskrecht 2015, AAAI (ECE).
    """
    ranking = rank(probability, positives, users)
    if not ((ranking.scores >= 0) & (ranking.scores <= 1)).all():
        raise ValueError("a probability must lie between 0 and 1; a score will not do")
    if not ranking.total:
        return Calibration(bins=())
    place = _by_width(ranking, bins) if by == "width" else _by_users(ranking, bins)
    found = tuple(
        _bin(ranking, place == number, number, bins, by, confidence)
        for number in range(bins)
        if ranking.users[place == number].any()
    )
    base = ranking.responders / ranking.total
    brier, reference = _brier(ranking), base * (1 - base)
    return Calibration(
        bins=found,
        ece=sum(row.users * abs(row.mean_predicted - row.observed_rate) for row in found)
        / ranking.total,
        brier=brier,
        brier_reference=reference,
        brier_skill=1 - brier / reference if reference else None,
        log_loss=_log_loss(ranking),
    )


def _by_width(ranking: Ranking, bins: int) -> np.ndarray:
    place: np.ndarray = np.searchsorted(np.arange(1, bins) / bins, ranking.scores, side="left")
    return place


def _by_users(ranking: Ranking, bins: int) -> np.ndarray:
    """By the middle of each score's users among all, counted from the lowest."""
    above = np.cumsum(ranking.users) - ranking.users / 2
    place: np.ndarray = ((1 - above / ranking.total) * bins).astype(int)
    return np.asarray(np.minimum(place, bins - 1))


def _bin(
    ranking: Ranking, inside: np.ndarray, number: int, bins: int, by: str, confidence: float
) -> CalibrationBin:
    scores, counts = ranking.scores[inside], ranking.users[inside]
    users, positives = round(counts.sum()), round(ranking.positives[inside].sum())
    interval = wilson(positives, users, confidence)
    assert interval is not None
    limits = (number / bins, (number + 1) / bins) if by == "width" else (scores[-1], scores[0])
    return CalibrationBin(
        bin=number + 1,
        low=float(limits[0]),
        high=float(limits[1]),
        users=users,
        positives=positives,
        mean_predicted=weighted_sum(counts, scores) / users,
        observed_rate=positives / users,
        ci_low=interval.low,
        ci_high=interval.high,
    )


def _brier(ranking: Ranking) -> float:
    positives, others = ranking.positives, ranking.users - ranking.positives
    scores = ranking.scores
    missed = weighted_sum(positives, (1 - scores) ** 2) + weighted_sum(others, scores**2)
    return missed / ranking.total


def _log_loss(ranking: Ranking) -> float:
    positives, others = ranking.positives, ranking.users - ranking.positives
    scores = np.clip(ranking.scores, CLIP, 1 - CLIP)
    likely = weighted_sum(positives, np.log(scores)) + weighted_sum(others, np.log1p(-scores))
    return -likely / ranking.total
