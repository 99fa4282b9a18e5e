"""The usual range of a series: natural process limits of an individuals (XmR) chart.

Wheeler, D. J. (1993), Understanding Variation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

FEWEST = 8
"""Of fewer values no range can be told."""

SPREAD = 2.66
"""3 / d2 of two values, d2 = 1.128."""

LONG_RUN = 8
"""So many values in a row on one side of the centre are a signal."""


@dataclass(frozen=True)
class UsualRange:
    """Where a value lies that routine alone explains; centre is the mean."""

    centre: float
    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Whether a value lies within."""
        return self.low <= value <= self.high


def usual_range(values: Sequence[float], lowest: float | None = 0.0) -> UsualRange | None:
    """The mean ± 2.66 mean moving ranges; None below eight values.

    The value under test is not to be among them. lowest: what the quantity cannot go below, None
    where it may be negative.

    >>> usual_range([10, 12] * 4)
    UsualRange(centre=11.0, low=5.68, high=16.32)
    """
    if len(values) < FEWEST:
        return None
    centre = fmean(values)
    reach = SPREAD * fmean(abs(b - a) for a, b in pairwise(values))
    low = centre - reach if lowest is None else max(lowest, centre - reach)
    return UsualRange(centre, low, centre + reach)


def on_one_side(values: Sequence[float], centre: float) -> int:
    """How many values at the series' end lie on one side of a centre; one on it ends the run."""
    run = 0
    for value in reversed(values):
        if value == centre or (run and (value > centre) != (values[-1] > centre)):
            break
        run += 1
    return run
