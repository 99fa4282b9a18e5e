"""Gains: how many of those who respond are reached by going down a ranking from the top."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from growthml.stats.bootstrap import Band, band
from growthml.stats.ranking import Ranking, rows, tie_groups

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

FRACTIONS = np.arange(101) / 100
"""The shares of users at which bands are drawn."""


@dataclass(frozen=True, kw_only=True)
class GainsBin:
    """One bin of a gains table, 1 being the top.

    lift: rate over the base rate. cumulative_gain: share of all positives in this bin and those
    above; ks: that less the share of all others. None where nobody, or everybody, responded.
    positives: whole unless a row of several users was split between bins.
    """

    bin: int
    users: int
    positives: float
    rate: float
    lift: float | None
    cumulative_users: int
    cumulative_positives: float
    cumulative_gain: float | None
    cumulative_lift: float | None
    ks: float | None
    score_low: float
    score_high: float


@dataclass(frozen=True, kw_only=True, eq=False)
class GainsCurve:
    """Share of positives (gain) reached with a share of users, a point per distinct score.

    fractions and gains run from 0 to 1; within users of one score the curve is straight. lift:
    gain / fraction, NaN at 0. perfect: the points of the best ranking possible; a random one's
    gain is the fraction itself. All empty where nobody, or everybody, responded, with the reason.
    """

    fractions: np.ndarray
    gains: np.ndarray
    lift: np.ndarray
    perfect: tuple[tuple[float, float], ...]
    reason: str = ""

    def gain_at(self, fraction: float) -> float | None:
        """The share of positives among the top fraction of users, both 0..1."""
        return None if self.reason else float(np.interp(fraction, self.fractions, self.gains))

    def lift_at(self, fraction: float) -> float | None:
        """The rate of the top fraction over the base rate; None at 0."""
        gain = self.gain_at(fraction)
        return None if gain is None or fraction <= 0 else gain / fraction


def gains_table(
    score: ArrayLike, positives: ArrayLike, users: ArrayLike | None = None, bins: int = 10
) -> list[GainsBin]:
    """Users from the highest score down in bins of equal size.

    The first (users mod bins) bins are one larger, as with SQL's NTILE. Equal scores stay in the
    order given; a row of several users that straddles bins is shared out in proportion. Bins
    without users are left out. Raises ValueError as `rank` does, and for users not whole.
    """
    scores, responded, number = rows(score, positives, users)
    if not (number == np.round(number)).all():
        raise ValueError("a row's users must be a whole number")
    order, _ = tie_groups(scores)
    order = order[number[order] > 0]
    scores, responded, number = scores[order], responded[order], number[order]
    total = round(number.sum())
    sizes = [total // bins + (place < total % bins) for place in range(min(bins, total))]
    ends = np.cumsum(sizes)
    reached = np.concatenate([[0.0], np.cumsum(number)])
    gained = np.interp(ends, reached, np.concatenate([[0.0], np.cumsum(responded)]))
    return [
        _bin(
            place,
            sizes,
            ends,
            gained,
            (scores[_row(reached, end - 1)], scores[_row(reached, start)]),
        )
        for place, (start, end) in enumerate(zip(ends - sizes, ends, strict=True))
    ]


def _row(reached: np.ndarray, user: int) -> int:
    """The row that holds a user, both counted from 0."""
    return int(np.searchsorted(reached, user, side="right")) - 1


def _bin(
    place: int,
    sizes: list[int],
    ends: np.ndarray,
    gained: np.ndarray,
    scores: tuple[float, float],
) -> GainsBin:
    total, responders = int(ends[-1]), float(gained[-1])
    end, cumulative = int(ends[place]), float(gained[place])
    positives = cumulative - (float(gained[place - 1]) if place else 0.0)
    rate = positives / sizes[place]
    told = 0 < responders < total
    gain = cumulative / responders if told else None
    return GainsBin(
        bin=place + 1,
        users=sizes[place],
        positives=positives,
        rate=rate,
        lift=rate * total / responders if told else None,
        cumulative_users=end,
        cumulative_positives=cumulative,
        cumulative_gain=gain,
        cumulative_lift=None if gain is None else gain * total / end,
        ks=None if gain is None else gain - (end - cumulative) / (total - responders),
        score_low=float(scores[0]),
        score_high=float(scores[1]),
    )


def gains_curve(ranking: Ranking) -> GainsCurve:
    """The cumulative gains and lift of a ranking; Provost & Fawcett 2013, chapter 8."""
    if ranking.reason:
        none = np.empty(0)
        return GainsCurve(fractions=none, gains=none, lift=none, perfect=(), reason=ranking.reason)
    fractions, gains = _shares(ranking.users), _shares(ranking.positives)
    lift = np.full_like(gains, np.nan)
    np.divide(gains, fractions, out=lift, where=fractions > 0)
    base = ranking.responders / ranking.total
    return GainsCurve(
        fractions=fractions,
        gains=gains,
        lift=lift,
        perfect=((0.0, 0.0), (base, 1.0), (1.0, 1.0)),
    )


def gains_band(
    ranking: Ranking, fractions: np.ndarray = FRACTIONS, confidence: float = 0.95
) -> Band | None:
    """The band of gains at shares of users, by bootstrap over users; None where there is no curve.

    It tells of the users scored, not of how the model might have come out. The band of the lift
    is this one divided by the fractions.
    """
    if ranking.reason:
        return None
    groups = len(ranking.scores)
    cells = np.concatenate([ranking.positives, ranking.users - ranking.positives])
    there = np.flatnonzero(cells)

    def curves(drawn: np.ndarray) -> np.ndarray:
        every = np.zeros((len(drawn), 2 * groups))
        every[:, there] = drawn
        return np.array([_redrawn(row[:groups], row[groups:], fractions) for row in every])

    return band(fractions, cells[there], curves, confidence)


def _redrawn(positives: np.ndarray, others: np.ndarray, fractions: np.ndarray) -> np.ndarray:
    if not positives.any():
        return np.full(len(fractions), np.nan)
    return np.asarray(np.interp(fractions, _shares(positives + others), _shares(positives)))


def _shares(values: np.ndarray) -> np.ndarray:
    running: np.ndarray = np.concatenate([[0.0], np.cumsum(values)])
    running /= running[-1]
    return running
