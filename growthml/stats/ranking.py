"""A ranking: users by score, the highest first, and how well it puts those who respond on top.

Users of one score are one group: no figure depends on the order within it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from growthml.stats.comparison import normal_quantile
from growthml.stats.sums import weighted_sum

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

NO_POSITIVES = "nobody responded"
ALL_POSITIVES = "everybody responded"


@dataclass(frozen=True, kw_only=True, eq=False)
class Ranking:
    """Users and positives (those who responded) by distinct score, the highest first."""

    scores: np.ndarray
    users: np.ndarray
    positives: np.ndarray

    @property
    def total(self) -> float:
        """All users."""
        return float(self.users.sum())

    @property
    def responders(self) -> float:
        """All positives."""
        return float(self.positives.sum())

    @property
    def base_rate(self) -> float | None:
        """Positives out of users, 0..1; None without users."""
        return self.responders / self.total if self.total else None

    @property
    def reason(self) -> str:
        """Why nothing can be said about the ranking, or empty."""
        if not self.responders:
            return NO_POSITIVES if self.total else "no users"
        return ALL_POSITIVES if self.responders == self.total else ""


@dataclass(frozen=True, kw_only=True)
class Auc:
    """The area under the ROC curve, 0..1: 0.5 is chance.

    gini: 2 auc - 1, the accuracy ratio. ci_low, ci_high: None, with the reason, below two users
    of a kind, or where every positive is above every other user, or below.
    """

    value: float | None = None
    gini: float | None = None
    std_error: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    reason: str = ""


def rank(score: ArrayLike, positives: ArrayLike, users: ArrayLike | None = None) -> Ranking:
    """The ranking of users, or of rows of users of one score with their positives.

    Raises ValueError for an unknown score, or unless 0 <= positives <= users in every row.
    """
    scores, responded, number = rows(score, positives, users)
    order, starts = tie_groups(scores)
    if not len(scores):
        return Ranking(scores=scores, users=number, positives=responded)
    return Ranking(
        scores=scores[order][starts],
        users=np.add.reduceat(number[order], starts),
        positives=np.add.reduceat(responded[order], starts),
    )


def rows(
    score: ArrayLike, positives: ArrayLike, users: ArrayLike | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores, positives and users as checked arrays of one length; rows without users stay."""
    scores = np.asarray(score, dtype=float)
    responded = np.asarray(positives, dtype=float)
    number = np.ones_like(scores) if users is None else np.asarray(users, dtype=float)
    if not np.isfinite(scores).all():
        raise ValueError("every user needs a score; leave out those without one")
    if not ((responded >= 0) & (responded <= number)).all():
        raise ValueError("positives must lie between 0 and the users of their row")
    return scores, responded, number


def tie_groups(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The order from the highest score down, ties as given, and where each score's rows start."""
    order = np.argsort(-scores, kind="stable")
    falls = np.flatnonzero(np.diff(scores[order]) != 0) + 1
    return order, np.concatenate([[0], falls]).astype(int)


def auc(ranking: Ranking, confidence: float = 0.95) -> Auc:
    """The chance that a random positive scores above a random other user, ties counting half.

    Mann-Whitney's U over positives x others (Hanley & McNeil 1982, Radiology 143:29); standard
    error after DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44:837; limits on the logit scale
    (Pepe 2003, section 5.2.4), so within 0..1. None, with the reason, unless some users responded
    and some did not.
    """
    if ranking.reason:
        return Auc(reason=ranking.reason)
    positives, others = ranking.positives, ranking.users - ranking.positives
    n_positives, n_others = positives.sum(), others.sum()
    # By group, the share of others a positive beats, and of positives that beat an other.
    beats = (n_others - np.cumsum(others) + others / 2) / n_others
    beaten = (np.cumsum(positives) - positives / 2) / n_positives
    value = weighted_sum(positives, beats) / float(n_positives)
    found = Auc(value=value, gini=2 * value - 1)
    if n_positives < 2 or n_others < 2:
        return replace(found, reason="fewer than two users of a kind")
    variance = _variance(beats, positives, value) + _variance(beaten, others, value)
    if not 0 < value < 1 or variance <= 0:
        return replace(found, reason="the ranking is perfect, or its reverse")
    error = float(np.sqrt(variance))
    half = normal_quantile(confidence) * error / (value * (1 - value))
    middle = special.logit(value)
    return replace(
        found,
        std_error=error,
        ci_low=float(special.expit(middle - half)),
        ci_high=float(special.expit(middle + half)),
    )


def _variance(placements: np.ndarray, number: np.ndarray, mean: float) -> float:
    n = float(number.sum())
    return weighted_sum(number, (placements - mean) ** 2) / (n - 1) / n


def kolmogorov_smirnov(ranking: Ranking) -> float | None:
    """The largest gap between the share of positives and of others above a score, 0..1.

    None unless some users responded and some did not.
    """
    if ranking.reason:
        return None
    others = ranking.users - ranking.positives
    gap = np.cumsum(ranking.positives) / ranking.responders - np.cumsum(others) / others.sum()
    return float(max(0.0, gap.max()))
