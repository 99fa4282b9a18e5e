"""The usual range of a series of counts: natural process limits of an individuals chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

FEWEST = 8
"""Of fewer values no range can be told."""

SPREAD = 2.66


@dataclass(frozen=True)
class UsualRange:
    """Where a value lies that routine alone explains; centre is the mean, low is 0 or more."""

    centre: float
    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Whether a value lies within."""
        return self.low <= value <= self.high


def usual_range(values: Sequence[float]) -> UsualRange | None:
    """The mean ± 2.66 mean moving ranges of counts; None below eight values.

    Wheeler 1993, Understanding Variation. The value under test is not to be among them.
    """
    if len(values) < FEWEST:
        return None
    centre = fmean(values)
    reach = SPREAD * fmean(abs(b - a) for a, b in pairwise(values))
    return UsualRange(centre, max(0.0, centre - reach), centre + reach)
