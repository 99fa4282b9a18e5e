"""How good lists are, by one held-out item a user: hit rate, NDCG, coverage, and what beats what.

A rank is the place of the held-out item in the order of all candidates, from 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from growthml.stats.bootstrap import FEWEST_DRAWS, SEED, band
from growthml.stats.comparison import (
    Comparison,
    Interval,
    normal_quantile,
    relative_difference,
)
from growthml.stats.proportions import wilson

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_DRAWS_AT_ONCE = 25


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A figure with its interval, fractions in 0..1; None where there are no users."""

    value: float | None = None
    low: float | None = None
    high: float | None = None


def hit_rate(ranks: ArrayLike, k: int, confidence: float = 0.95) -> Estimate:
    """The share of users whose held-out item is among the first k, with Wilson's interval."""
    place = np.asarray(ranks)
    hits = int((place <= k).sum())
    limits = wilson(hits, len(place), confidence)
    return _estimate(hits / len(place), limits) if limits else Estimate()


def gains(ranks: ArrayLike, k: int) -> np.ndarray:
    """NDCG at k of each user: 1 / log2(rank + 1) up to rank k, 0 below.

    Järvelin & Kekäläinen 2002, ACM TOIS 20:422; with one item to find the ideal gain is 1.
    """
    place = np.asarray(ranks, dtype=float)
    return np.where(place <= k, 1 / np.log2(place + 1), 0.0)


def ndcg(ranks: ArrayLike, k: int, confidence: float = 0.95) -> Estimate:
    """The mean gain over users, with percentile limits of a bootstrap over users."""
    found = gains(ranks, k)
    return _estimate(_mean(found), _redrawn(found, confidence)) if len(found) else Estimate()


def coverage(lists: np.ndarray, items: int, confidence: float = 0.95) -> Estimate:
    """The share of `items` that stand in some user's list; lists: users by k codes, -1 for none.

    The interval is the share plus and minus a normal quantile of bootstrap standard errors:
    percentiles would lie below the share, for a user drawn twice brings nothing new.
    """
    from scipy.sparse import csc_matrix

    if not len(lists) or not items:
        return Estimate()
    user, place = np.nonzero(lists >= 0)
    shown = csc_matrix(
        (np.ones(len(user), dtype=np.int32), (lists[user, place], user)),
        shape=(items, len(lists)),
    )
    share = len(np.unique(lists[user, place])) / items
    generator = np.random.default_rng(SEED)
    drawn = []
    for _ in range(0, FEWEST_DRAWS, _DRAWS_AT_ONCE):
        picks = generator.integers(len(lists), size=(_DRAWS_AT_ONCE, len(lists)))
        there = np.zeros((len(lists), _DRAWS_AT_ONCE), dtype=np.int32)
        there[picks.T, np.arange(_DRAWS_AT_ONCE)] = 1
        drawn.append((shown @ there > 0).sum(axis=0))
    half = normal_quantile(confidence) * float(np.std(np.concatenate(drawn), ddof=1)) / items
    return _estimate(share, Interval(max(0.0, share - half), min(1.0, share + half)))


def compare_hits(
    baseline: ArrayLike, new: ArrayLike, k: int, confidence: float = 0.95
) -> Comparison:
    """Hit rate at k of new lists less that of others, over the same users in the same order.

    McNemar's exact test of the users whom only one of them hits (a binomial test at 1/2), and the
    adjusted Wald interval of Bonett & Price 2012 (J. Educ. Behav. Stat. 37:479), which holds with
    few of them. p_value 1 where the lists hit the same users.
    """
    before, now = np.asarray(baseline) <= k, np.asarray(new) <= k
    n = len(now)
    if not n:
        return Comparison(reason="no users to judge by")
    gained, lost = int((now & ~before).sum()), int((before & ~now).sum())
    more, less = (gained + 1) / (n + 2), (lost + 1) / (n + 2)
    error = sqrt((more + less - (more - less) ** 2) / (n + 2))
    half = normal_quantile(confidence) * error
    return Comparison(
        difference=(gained - lost) / n,
        relative_difference=relative_difference(float(before.mean()), float(now.mean())),
        ci_low=max(-1.0, more - less - half),
        ci_high=min(1.0, more - less + half),
        p_value=min(1.0, 2 * float(special.bdtr(min(gained, lost), gained + lost, 0.5)))
        if gained + lost
        else 1.0,
        method="McNemar's exact test, Bonett and Price's interval",
    )


def compare_ndcg(
    baseline: ArrayLike, new: ArrayLike, k: int, confidence: float = 0.95
) -> Comparison:
    """NDCG at k of new lists less that of others over the same users, by a paired bootstrap."""
    difference = gains(new, k) - gains(baseline, k)
    if not len(difference):
        return Comparison(reason="no users to judge by")
    limits = _redrawn(difference, confidence)
    return Comparison(
        difference=_mean(difference),
        ci_low=limits.low,
        ci_high=limits.high,
        method="bootstrap over users, percentiles",
    )


def _redrawn(values: np.ndarray, confidence: float) -> Interval:
    """Percentile limits of a mean over users; users of one value are drawn together."""
    levels, users = np.unique(np.round(values, 12), return_counts=True)

    def means(drawn: np.ndarray) -> np.ndarray:
        sums: np.ndarray = (drawn * levels).sum(axis=1, keepdims=True)
        return sums / len(values)

    found = band(np.zeros(1), users, means, confidence)
    return Interval(float(found.low[0]), float(found.high[0]))


def _mean(values: np.ndarray) -> float:
    return float(values.sum() / len(values))


def _estimate(value: float, limits: Interval) -> Estimate:
    return Estimate(value=value, low=limits.low, high=limits.high)
