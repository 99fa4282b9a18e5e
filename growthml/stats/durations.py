"""Lengths of visits, counted by whole seconds: what is typical, and how sure one can be.

Visits of equal length are one cell with their number, so that nothing here grows with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import exp, log, sqrt

import numpy as np
from scipy import special

from growthml.stats.bootstrap import band
from growthml.stats.comparison import Interval, upper_probability
from growthml.stats.means import Estimate


@dataclass(frozen=True, eq=False)
class Durations:
    """seconds: the lengths there are, rising, none below 0; counts: how many visits had each."""

    seconds: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, seconds: np.ndarray, counts: np.ndarray) -> Durations:
        """From lengths in any order, the same one several times over."""
        lengths, place = np.unique(np.asarray(seconds, dtype=float), return_inverse=True)
        return cls(lengths, np.bincount(place, weights=counts).astype(np.int64))

    @cached_property
    def n(self) -> int:
        """How many visits."""
        return int(self.counts.sum())

    @property
    def mean(self) -> float | None:
        """The mean in seconds, zeros included; None without visits."""
        return float(self.counts @ self.seconds) / self.n if self.n else None

    def estimate(self) -> Estimate | None:
        """The mean with its variance over visits, for a comparison; None without visits."""
        if self.mean is None:
            return None
        spread = float(self.counts @ (self.seconds - self.mean) ** 2)
        return Estimate(self.n, self.mean, spread / (self.n - 1) if self.n > 1 else float("nan"))

    def quantile(self, probability: float) -> float | None:
        """A quantile in seconds by linear interpolation (Hyndman & Fan 1996, type 7: NumPy's)."""
        if not self.n:
            return None
        place = (self.n - 1) * probability
        below, above = self._ranked(int(place)), self._ranked(int(np.ceil(place)))
        return below + (above - below) * (place - int(place))

    def _ranked(self, rank: int) -> float:
        """The length of the visit of this rank, 0 the shortest."""
        return float(self.seconds[np.searchsorted(np.cumsum(self.counts), rank, side="right")])

    @property
    def zeros(self) -> int:
        """How many visits lasted no time at all."""
        return int(self.counts[self.seconds == 0].sum())

    def mean_interval(self, confidence: float = 0.95) -> Interval | None:
        """Percentile bootstrap of the mean over visits; None where all last equally long."""
        if len(self.seconds) < 2:
            return None

        def means(drawn: np.ndarray) -> np.ndarray:
            found: np.ndarray = (drawn @ self.seconds / drawn.sum(axis=1))[:, None]
            return found

        limits = band(np.zeros(1), self.counts, means, confidence)
        return Interval(float(limits.low[0]), float(limits.high[0]))

    def quantile_interval(self, probability: float, confidence: float = 0.95) -> Interval | None:
        """From two order statistics, whatever the distribution; None where visits are too few.

        Their ranks are binomial quantiles: Conover 1999, Practical Nonparametric Statistics, 3.2.
        """
        from scipy.stats import binom

        if not self.n:
            return None
        upper = upper_probability(confidence)
        low = int(binom.ppf(1 - upper, self.n, probability))
        high = int(binom.ppf(upper, self.n, probability)) + 1
        if low < 1 or high > self.n:
            return None
        return Interval(self._ranked(low - 1), self._ranked(high - 1))

    def geometric_mean(self) -> float | None:
        """exp of the mean logarithm of the visits that lasted; None where none did."""
        logs = self._logs()
        return None if logs is None else exp(logs.value)

    def geometric_interval(self, confidence: float = 0.95) -> Interval | None:
        """The t interval of the mean logarithm, back in seconds; None below two such visits."""
        logs = self._logs()
        if logs is None or logs.n < 2 or not logs.variance > 0:
            return None
        half = float(special.stdtrit(logs.n - 1, upper_probability(confidence)))
        half *= sqrt(logs.error_squared)
        return Interval(exp(logs.value - half), exp(logs.value + half))

    def _logs(self) -> Estimate | None:
        lasting = self.seconds > 0
        counts, values = self.counts[lasting], np.log(self.seconds[lasting])
        n = int(counts.sum())
        if not n:
            return None
        mean = float(counts @ values) / n
        spread = float(counts @ (values - mean) ** 2)
        return Estimate(n, mean, spread / (n - 1) if n > 1 else float("nan"))

    def held_by_longest(self, share: float) -> float | None:
        """The part of all time, 0..1, that this share of visits, the longest, holds."""
        total = float(self.counts @ self.seconds)
        if not total:
            return None
        wanted = self.n * share
        before = np.cumsum(self.counts[::-1]) - self.counts[::-1]
        taken = np.clip(wanted - before, 0, self.counts[::-1])
        return float(taken @ self.seconds[::-1]) / total

    def binned(self, edges: np.ndarray) -> np.ndarray:
        """How many visits lie in each [edge, next edge)."""
        return np.histogram(self.seconds, edges, weights=self.counts)[0]


def doubling(longest: float) -> list[float]:
    """Edges 1, 2, 4 … seconds, the last one beyond the longest visit: equal steps of a log axis."""
    steps = int(log(longest, 2)) + 1 if longest >= 1 else 1
    return [float(2**step) for step in range(steps + 1)]
