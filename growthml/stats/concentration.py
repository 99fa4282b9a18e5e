"""Concentration: how unevenly a total is spread over users, the largest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, kw_only=True, eq=False)
class Concentration:
    """A Lorenz curve from the largest down, and its Gini coefficient.

    fractions: share of users, from 0 to 1; shares: share of the total they hold; both empty where
    there is no curve. gini: 0 (all alike) to 1 (one has all), of the population (no small-sample
    correction); None without a total, with the reason.
    """

    fractions: np.ndarray
    shares: np.ndarray
    gini: float | None = None
    reason: str = ""

    def share_of_top(self, fraction: float) -> float | None:
        """The share the top fraction of users holds, both 0..1; between two users in proportion."""
        if self.gini is None:
            return None
        return float(np.interp(fraction, self.fractions, self.shares))


def concentration(sums: ArrayLike, counts: ArrayLike | None = None) -> Concentration:
    """The concentration of values, or of groups of equal users given by their sums and counts.

    Order does not matter. Gini = 2 x the area under the curve from the largest down - 1 (Gini
    1914; the mean absolute difference over twice the mean). No curve without users, without a
    total above 0, or with a negative value.
    """
    totals = np.asarray(sums, dtype=float)
    users = np.ones_like(totals) if counts is None else np.asarray(counts, dtype=float)
    totals, users = totals[users > 0], users[users > 0]
    reason = _why_none(totals)
    if reason:
        return Concentration(fractions=np.empty(0), shares=np.empty(0), reason=reason)
    order = np.argsort(-totals / users, kind="stable")
    fractions = _cumulated(users[order])
    shares = _cumulated(totals[order])
    area = float(np.trapezoid(shares, fractions))
    return Concentration(fractions=fractions, shares=shares, gini=max(0.0, 2 * area - 1))


def _cumulated(values: np.ndarray) -> np.ndarray:
    running: np.ndarray = np.concatenate([[0.0], np.cumsum(values)])
    running /= running[-1]
    return running


def _why_none(totals: np.ndarray) -> str:
    if not len(totals):
        return "no users"
    if (totals < 0).any():
        return "a user's total is negative"
    return "" if totals.sum() > 0 else "the total is 0"
