"""Sums that come out the same on every machine."""

from __future__ import annotations

import numpy as np


def weighted_sum(weights: np.ndarray, values: np.ndarray) -> float:
    """Σ weight x value, both of one length.

    Not `weights @ values`: on long arrays its threads add in an order of their own, so that the
    last digits differ from machine to machine, and they stall where other programs run.
    """
    return float((weights * values).sum())
