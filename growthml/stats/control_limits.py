"""Natural process limits of a series of individual values (the XmR chart).

Wheeler, D. J. (1993), Understanding Variation: the centre is the mean, and the limits lie 2.66 mean
moving ranges from it (3 / d2 of two values, d2 = 1.128).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

SPREAD = 2.66
FEWEST = 8
"""Values needed before limits mean something."""
LONG_RUN = 8
"""So many values in a row on one side of the centre are a signal."""


@dataclass(frozen=True)
class Limits:
    """The usual range of a series: its centre and the limits below and above it."""

    centre: float
    low: float
    high: float

    def outside(self, value: float) -> bool:
        """Whether a value lies outside of the usual range."""
        return value < self.low or value > self.high


def limits(values: Sequence[float], lowest: float | None = None) -> Limits | None:
    """The usual range of earlier values, in order; None for fewer than eight.

    The value under test must not be among them. lowest: what the quantity cannot go below.

    >>> limits([10, 12] * 4)
    Limits(centre=11.0, low=5.68, high=16.32)
    """
    if len(values) < FEWEST:
        return None
    centre = sum(values) / len(values)
    ranges = [abs(after - before) for before, after in pairwise(values)]
    spread = SPREAD * sum(ranges) / len(ranges)
    low = centre - spread if lowest is None else max(lowest, centre - spread)
    return Limits(centre, low, centre + spread)


def on_one_side(values: Sequence[float], centre: float) -> int:
    """How many values at the series' end lie on one side of a centre; one on it ends the run."""
    run = 0
    for value in reversed(values):
        if value == centre or (run and (value > centre) != (values[-1] > centre)):
            break
        run += 1
    return run
