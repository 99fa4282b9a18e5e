"""Profit: what reaching users from the top of a ranking down earns, and where to stop."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from typing import TYPE_CHECKING

import numpy as np

from growthml.stats.bootstrap import Band, band
from growthml.stats.ranking import rows, tie_groups
from growthml.stats.sums import weighted_sum

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

SHARES = np.arange(101) / 100
"""The shares of users at which a band is drawn."""


@dataclass(frozen=True, kw_only=True, eq=False)
class CostBenefit:
    """What one user is worth by what was done and what would have come of it, in money.

    true_positive: reached, and responds; false_positive: reached in vain; false_negative: not
    reached, would have responded; true_negative: not reached, would not have. Costs are negative.
    A lost sale belongs in false_negative or is missing from true_positive, never both. Each is one
    number, or one per row of users where it differs (a network's cost, a buyer's own value).
    """

    true_positive: ArrayLike
    false_positive: ArrayLike
    false_negative: ArrayLike = 0.0
    true_negative: ArrayLike = 0.0

    @property
    def threshold(self) -> float | None:
        """The probability from which reaching a user pays, given that scores are calibrated.

        (tn - fp) / ((tp - fn) + (tn - fp)): Elkan 2001, IJCAI. May lie outside 0..1: always, or
        never, pays. None where worths differ by row, or a response gains nothing by being reached.
        """
        worths = [np.asarray(worth, dtype=float) for worth in self._worths()]
        if any(worth.ndim for worth in worths):
            return None
        tp, fp, fn, tn = map(float, worths)
        below = (tp - fn) + (tn - fp)
        return (tn - fp) / below if below > 0 else None

    def by_row(self, length: int) -> tuple[np.ndarray, ...]:
        """The four worths, each one number per row; ValueError if one has another length."""
        return tuple(
            np.broadcast_to(np.asarray(worth, dtype=float), (length,)) for worth in self._worths()
        )

    def _worths(self) -> tuple[ArrayLike, ...]:
        return (
            self.true_positive,
            self.false_positive,
            self.false_negative,
            self.true_negative,
        )


@dataclass(frozen=True, kw_only=True)
class Optimum:
    """The best place to stop.

    threshold: the lowest score reached, None where nobody is. fraction: of users reached, 0..1.
    profit: in money, of the users scored; being the highest of many, it flatters a little.
    ci_low, ci_high: of the profit at this fraction, by bootstrap. plateau: the fractions around it
    whose profit is no lower than ci_low: as good, as far as these users tell.
    """

    fraction: float
    users_targeted: int
    true_positives: int
    threshold: float | None
    profit: float
    profit_per_user: float
    ci_low: float
    ci_high: float
    plateau: tuple[float, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class ProfitCurve:
    """Profit by how far down the ranking one goes: first nobody, then a point per distinct score.

    thresholds: the lowest score reached, NaN for nobody. profits: of all users, those not reached
    included. A point never parts users of one score.
    """

    thresholds: np.ndarray
    targeted: np.ndarray
    true_positives: np.ndarray
    profits: np.ndarray
    cells: Cells

    @property
    def users(self) -> int:
        """All users scored."""
        return int(self.targeted[-1])

    @property
    def fractions(self) -> np.ndarray:
        """Share of users reached, 0..1, at every point."""
        return np.asarray(self.targeted / self.users)

    @property
    def profit_if_none(self) -> float:
        """Profit of reaching nobody."""
        return float(self.profits[0])

    @property
    def profit_if_all(self) -> float:
        """Profit of reaching everybody."""
        return float(self.profits[-1])

    def at_threshold(self, threshold: float) -> float:
        """Profit of reaching every user whose score is at least the threshold."""
        return float(self.profits[int((self.thresholds[1:] >= threshold).sum())])

    def band(self, shares: np.ndarray = SHARES, confidence: float = 0.95) -> Band:
        """The band of the profit at shares of users reached, by bootstrap over users."""
        return band(
            shares, self.cells.users, lambda drawn: self._redrawn(drawn, shares), confidence
        )

    def optimum(self, most: int | None = None, confidence: float = 0.95) -> Optimum:
        """The most profitable point; of equal ones, that with the fewest users reached.

        most: no more users than this may be reached (a budget). ValueError if it is negative.
        """
        if most is not None and most < 0:
            raise ValueError(f"at most {most} users: the number cannot be negative")
        allowed = self.targeted <= (self.users if most is None else most)
        profits = self.profits[allowed]
        # Sums of money in another order differ in their last bits.
        slack = 1e-12 * self.cells.size
        best = int(np.flatnonzero(profits >= profits.max() - slack)[0])
        fraction = float(self.fractions[best])
        limits = self.band(np.array([fraction]), confidence)
        low = float(limits.low[0])
        return Optimum(
            fraction=fraction,
            users_targeted=int(self.targeted[best]),
            true_positives=int(self.true_positives[best]),
            threshold=float(self.thresholds[best]) if best else None,
            profit=float(self.profits[best]),
            profit_per_user=float(self.profits[best]) / self.users,
            ci_low=low,
            ci_high=float(limits.high[0]),
            plateau=self._plateau(best, min(low, float(self.profits[best])), allowed),
        )

    def _plateau(self, best: int, low: float, allowed: np.ndarray) -> tuple[float, float]:
        short = np.flatnonzero((self.profits < low) | ~allowed)
        first = short[short < best].max(initial=-1) + 1
        last = short[short > best].min(initial=len(self.profits)) - 1
        return float(self.fractions[first]), float(self.fractions[last])

    def _redrawn(self, drawn: np.ndarray, shares: np.ndarray) -> np.ndarray:
        starts = self.cells.starts
        users = np.add.reduceat(drawn, starts, axis=1)
        gained = np.add.reduceat(drawn * (self.cells.reached - self.cells.left), starts, axis=1)
        nobody = (drawn * self.cells.left).sum(axis=1)
        return np.array(
            [
                none + np.interp(shares, _cumulated(n) / n.sum(), _cumulated(gain))
                for none, n, gain in zip(nobody, users, gained, strict=True)
            ]
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Cells:
    """Users alike, from the highest score down: their number and one's worth, reached or left.

    starts: where each distinct score's cells begin.
    """

    users: np.ndarray
    reached: np.ndarray
    left: np.ndarray
    starts: np.ndarray

    @property
    def size(self) -> float:
        """The largest sum of money these cells could amount to."""
        return weighted_sum(self.users, np.maximum(np.abs(self.reached), np.abs(self.left)))


def profit_curve(
    score: ArrayLike, positives: ArrayLike, matrix: CostBenefit, users: ArrayLike | None = None
) -> ProfitCurve | None:
    """The profit of reaching users from the highest score down; None without users.

    profit = TP tp + FP fp + FN fn + TN tn at every distinct score: Provost & Fawcett 2013,
    chapters 7 and 8. Rows are users, or several of one score with their positives. Raises
    ValueError for an unknown score, or unless 0 <= positives <= users in every row.
    """
    scores, responded, number = rows(score, positives, users)
    if not number.sum():
        return None
    cells, distinct, found = _cells(scores, responded, number, matrix)
    targeted = np.add.reduceat(cells.users, cells.starts)
    gained = np.add.reduceat(cells.users * (cells.reached - cells.left), cells.starts)
    return ProfitCurve(
        thresholds=np.concatenate([[np.nan], distinct]),
        targeted=np.rint(_cumulated(targeted)).astype(int),
        true_positives=np.rint(_cumulated(np.add.reduceat(found, cells.starts))).astype(int),
        profits=weighted_sum(cells.users, cells.left) + _cumulated(gained),
        cells=cells,
    )


def affordable(budget: float, cost_per_contact: float) -> int | None:
    """How many users a budget reaches, in whole users; None where a contact costs nothing.

    Raises ValueError for a negative budget or cost.
    """
    if budget < 0 or cost_per_contact < 0:
        raise ValueError("a budget and the cost of a contact must be at least 0")
    return floor(budget / cost_per_contact) if cost_per_contact else None


def _cells(
    scores: np.ndarray, positives: np.ndarray, users: np.ndarray, matrix: CostBenefit
) -> tuple[Cells, np.ndarray, np.ndarray]:
    """The cells, their distinct scores, and the positives in each cell."""
    tp, fp, fn, tn = matrix.by_row(len(scores))
    score = np.concatenate([scores, scores])
    number = np.concatenate([positives, users - positives])
    there = number > 0
    order, starts = tie_groups(score[there])
    responds = np.concatenate([np.ones_like(scores), np.zeros_like(scores)])
    number, responds = number[there][order], responds[there][order]
    cells = Cells(
        users=number,
        reached=np.concatenate([tp, fp])[there][order],
        left=np.concatenate([fn, tn])[there][order],
        starts=starts,
    )
    return cells, score[there][order][starts], number * responds


def _cumulated(values: np.ndarray) -> np.ndarray:
    return np.concatenate([[0.0], np.cumsum(values)])
