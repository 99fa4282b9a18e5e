"""Moments: how many users there are, and the means and centred second moments of their figures.

They are all that means, ratios and CUPED need, they add up over groups, and being centred they do
not cancel: raw sums of squares lose every digit when values are large against their spread.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from math import nan
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Moments:
    """n users; `means[x]`; `m2[x, y]`, the sum over users of (x - mean x)(y - mean y).

    Each pair is held once, `m2[x, x]` among them.
    """

    n: int
    means: Mapping[str, float]
    m2: Mapping[tuple[str, str], float]

    @classmethod
    def of_values(cls, values: Mapping[str, ArrayLike]) -> Moments:
        """Moments of raw values, one per user and quantity, all of one length."""
        arrays = {name: np.asarray(array, dtype=float) for name, array in values.items()}
        lengths = {len(array) for array in arrays.values()}
        if len(lengths) != 1:
            raise ValueError("quantities differ in length; every user needs a value of each")
        n = lengths.pop()
        if not n:
            return cls(0, dict.fromkeys(arrays, nan), {})
        means = {name: float(array.mean()) for name, array in arrays.items()}
        centred = {name: array - means[name] for name, array in arrays.items()}
        m2 = {(x, y): float(centred[x] @ centred[y]) for x, y in _pairs(arrays)}
        return cls(n, means, m2)

    @classmethod
    def of_rows(cls, rows: pd.DataFrame) -> Moments:
        """Moments pooled over rows, one a group: columns n, mean_<x>, m2_<x> and m2_<x>_<y>.

        Groups without users are left out. Raises ValueError when a group with users lacks a
        figure, or when a quantity has no m2_<x>.
        """
        columns = [str(column) for column in rows.columns]
        names = [column.removeprefix("mean_") for column in columns if column.startswith("mean_")]
        held = _moment_columns(names, columns)
        figures = ["n", *(f"mean_{name}" for name in names), *held.values()]
        table = {name: np.asarray(rows[name], dtype=float) for name in figures}
        lived = table["n"] > 0
        table = {name: column[lived] for name, column in table.items()}
        unknown = [name for name, column in table.items() if np.isnan(column).any()]
        if unknown:
            raise ValueError(f"a group with users has no value of {', '.join(unknown)}")
        n = table["n"]
        if not len(n):
            return cls(0, dict.fromkeys(names, nan), {})
        total = n.sum()
        means, shifts = {}, {}
        for name in names:
            group_means = table[f"mean_{name}"]
            means[name] = float(group_means[0] + n @ (group_means - group_means[0]) / total)
            shifts[name] = group_means - means[name]
        m2 = {
            (x, y): float(table[column].sum() + n @ (shifts[x] * shifts[y]))
            for (x, y), column in held.items()
        }
        return cls(round(total), means, m2)

    @classmethod
    def pool(cls, parts: Iterable[Moments]) -> Moments:
        """The moments of all parts together; without parts, of no users."""
        return reduce(cls.__add__, parts, cls(0, {}, {}))

    def __add__(self, other: Moments) -> Moments:
        """Both groups together (Chan, Golub & LeVeque 1979)."""
        if not self.n or not other.n:
            return self if self.n or not other.means else other
        if self.means.keys() != other.means.keys() or self.m2.keys() != other.m2.keys():
            raise ValueError("moments of different quantities cannot be added")
        n = self.n + other.n
        gaps = {name: other.means[name] - self.means[name] for name in self.means}
        means = {name: self.means[name] + gaps[name] * other.n / n for name in self.means}
        weight = self.n * other.n / n
        m2 = {
            (x, y): self.m2[x, y] + other.m2[x, y] + gaps[x] * gaps[y] * weight for x, y in self.m2
        }
        return Moments(n, means, m2)

    def mean(self, x: str) -> float:
        """The mean per user; NaN without users."""
        return self.means[x]

    def sum(self, x: str) -> float:
        """The total over users; 0 without users."""
        return self.n * self.means[x] if self.n else 0.0

    def var(self, x: str) -> float:
        """The sample variance (n - 1); NaN below two users."""
        return self.cov(x, x)

    def cov(self, x: str, y: str) -> float:
        """The sample covariance (n - 1); NaN below two users."""
        if self.n < 2:
            return nan
        pair = (x, y) if (x, y) in self.m2 else (y, x)
        return self.m2[pair] / (self.n - 1)


def _pairs(names: Iterable[str]) -> list[tuple[str, str]]:
    ordered = list(names)
    return [(x, y) for i, x in enumerate(ordered) for y in ordered[i:]]


def _moment_columns(names: list[str], columns: list[str]) -> dict[tuple[str, str], str]:
    """The column of each pair that is there; every quantity's own must be."""
    missing = [f"m2_{name}" for name in names if f"m2_{name}" not in columns]
    if missing:
        raise ValueError(f"rows of moments lack {', '.join(missing)}")
    held = {(name, name): f"m2_{name}" for name in names}
    own = set(held.values())
    for x, y in _pairs(names):
        for column in (f"m2_{x}_{y}", f"m2_{y}_{x}"):
            if x != y and column in columns and column not in own:
                held[x, y] = column
    return held
