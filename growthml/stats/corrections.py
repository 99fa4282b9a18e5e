"""Corrections of p-values for several tests in one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isnan

import numpy as np


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values that control the false discovery rate, in the order given.

    adjusted p_(i) = min over j >= i of min(1, m p_(j) / j): Benjamini & Hochberg 1995, JRSS B
    57:289.
    """
    p, order = _ascending(p_values)
    ranks = np.arange(1, len(p) + 1)
    adjusted = np.minimum.accumulate((p * len(p) / ranks)[::-1])[::-1]
    return _restored(adjusted, order)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values that control the family-wise error rate step by step, in the order given.

    adjusted p_(i) = max over j <= i of min(1, (m - j + 1) p_(j)): Holm 1979, Scand. J. Stat. 6:65.
    """
    p, order = _ascending(p_values)
    adjusted = np.maximum.accumulate(p * np.arange(len(p), 0, -1))
    return _restored(adjusted, order)


def bonferroni(p_values: Sequence[float]) -> list[float]:
    """Each p-value times their number, at most 1."""
    return [min(1.0, p * len(p_values)) for p in p_values]


def none(p_values: Sequence[float]) -> list[float]:
    """The p-values as they are."""
    return list(p_values)


METHODS: Mapping[str, Callable[[Sequence[float]], list[float]]] = {
    "benjamini-hochberg": benjamini_hochberg,
    "holm": holm,
    "bonferroni": bonferroni,
    "none": none,
}
"""Corrections by the name the config gives them."""


def adjust(
    p_values: Sequence[float | None], method: str = "benjamini-hochberg"
) -> list[float | None]:
    """The p-values adjusted as one family, in their places.

    None and NaN were not tested: they stay None and do not count. Raises ValueError for an unknown
    method or a p-value outside 0..1.
    """
    if method not in METHODS:
        raise ValueError(f"unknown correction {method!r}; use one of {', '.join(METHODS)}")
    tested = {i: float(p) for i, p in enumerate(p_values) if p is not None and not isnan(p)}
    outside = [p for p in tested.values() if not 0 <= p <= 1]
    if outside:
        raise ValueError(f"{outside[0]} is not a p-value; it must lie between 0 and 1")
    adjusted = dict(zip(tested, METHODS[method](list(tested.values())), strict=True))
    return [adjusted.get(i) for i in range(len(p_values))]


def _ascending(p_values: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    return p[order], order


def _restored(adjusted: np.ndarray, order: np.ndarray) -> list[float]:
    result = np.empty_like(adjusted)
    result[order] = np.minimum(1.0, adjusted)
    return [float(p) for p in result]
