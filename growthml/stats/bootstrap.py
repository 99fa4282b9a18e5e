"""Bootstrap over users: what a figure might have been, had other users come.

Users alike are one cell with their number; drawing as many users again, with replacement, is one
multinomial draw of the cells' numbers. Efron & Tibshirani 1993, chapter 13 (percentile limits).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from growthml.stats.comparison import upper_probability

SEED = 20_140_420
MOST_DRAWS, FEWEST_DRAWS = 1_000, 200
_CELLS_DRAWN, _CELLS_AT_ONCE = 20_000_000, 1_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Band:
    """Pointwise limits of a curve. x: where; low, high: percentiles of the draws."""

    x: np.ndarray
    low: np.ndarray
    high: np.ndarray
    draws: int


def band(
    x: np.ndarray,
    users: np.ndarray,
    curves: Callable[[np.ndarray], np.ndarray],
    confidence: float = 0.95,
) -> Band:
    """The band of a curve over x, by redrawing the users of each cell.

    curves: numbers of users (draws by cells) in, curves (draws by len(x)) out; draws for which
    there is no curve are NaN and left out. 1,000 draws, fewer (at least 200) above 20,000 cells;
    seeded. Limits are NaN where no draw has a curve.
    """
    probability = upper_probability(confidence)
    draws = max(FEWEST_DRAWS, min(MOST_DRAWS, _CELLS_DRAWN // max(1, len(users))))
    generator = np.random.default_rng(SEED)
    total = round(users.sum())
    size = max(1, _CELLS_AT_ONCE // max(1, len(users)))
    found = [
        curves(generator.multinomial(total, users / users.sum(), size=min(size, draws - start)))
        for start in range(0, draws, size)
    ]
    drawn = np.concatenate(found)
    drawn = drawn[~np.isnan(drawn).any(axis=1)]
    if not len(drawn):
        nothing = np.full(len(x), np.nan)
        return Band(x=x, low=nothing, high=nothing, draws=0)
    low, high = np.quantile(drawn, [1 - probability, probability], axis=0)
    return Band(x=x, low=low, high=high, draws=len(drawn))
