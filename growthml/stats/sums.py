"""Sums that come out the same on every machine."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import numpy as np

DIGITS = 8
"""What a fit is good for: further ones hang on the machine."""


def weighted_sum(weights: np.ndarray, values: np.ndarray) -> float:
    """Σ weight x value, both of one length.

    Not `weights @ values`: on long arrays its threads add in an order of their own, so that the
    last digits differ from machine to machine, and they stall where other programs run.
    """
    return float((weights * values).sum())


def one_thread() -> AbstractContextManager[Any]:
    """A block whose linear algebra runs on one thread: several add in another order every time."""
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[Any] = threadpool_limits(limits=1)
    return limits


def to_digits(value: float, digits: int = DIGITS) -> float:
    """A number to so many significant digits; NaN and infinities stay.

    >>> to_digits(0.123456789012)
    0.12345679
    """
    return float(f"{value:.{digits}g}")
