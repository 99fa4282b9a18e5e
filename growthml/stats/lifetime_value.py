"""Lifetime value: what buyers will still bring in, and when they have paid back their cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from growthml.stats.bgnbd import BgNbd

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def residual_value(
    model: BgNbd,
    value: ArrayLike,
    x: ArrayLike,
    t_x: ArrayLike,
    age: ArrayLike,
    *,
    step: float,
    steps: int,
    discount: float = 0.0,
) -> np.ndarray:
    """What each buyer's purchases of the next `steps` steps are worth today, past ones apart.

    value: of one purchase, by buyer or the same for all. step: its length in the model's unit of
    time (a month is 365.25 / 12 days, or 4.348 weeks). discount: per step, a fraction, counted at
    the end of each step: Σ value (E[Y(k step)] - E[Y((k - 1) step)]) / (1 + discount)^k.
    Source: Fader, Hardie & Lee 2005, Journal of Marketing Research 42:415, in discrete steps.
    """
    worth = np.asarray(value, dtype=float)
    if discount == 0:
        return np.asarray(worth * model.expected_purchases(step * steps, x, t_x, age))
    total, before = np.zeros(()), np.zeros(())
    for k in range(1, steps + 1):
        bought = model.expected_purchases(step * k, x, t_x, age)
        total = total + (bought - before) / (1 + discount) ** k
        before = bought
    return np.asarray(worth * total)


def payback(cumulative: Sequence[float], cost: float) -> int | None:
    """The first step by whose end the cumulative value reaches the cost, from 1; None if none does.

    0 where there is no cost to pay back.
    """
    if cost <= 0:
        return 0
    reached = (step for step, value in enumerate(cumulative, start=1) if value >= cost)
    return next(reached, None)
