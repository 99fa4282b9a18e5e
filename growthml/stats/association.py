"""Association of two categories: whether a table of counts departs from independence, and where."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

SIMULATED_TABLES = 9_999
SEED = 20_140_420
_CELLS_AT_ONCE = 1_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Association:
    """A chi-square test of independence.

    n: the total count. cramers_v: 0 (independent) to 1, uncorrected for bias. residuals: adjusted
    standardised residuals, shaped like the table, about standard normal under independence, NaN in
    empty rows and columns. expected_min: the smallest expected count. small: more than a fifth of
    the expected counts are below 5, or one is below 1 (Cochran 1954, Biometrics 10:417); the
    p-value is then simulated. method: in words. Below two rows or columns with counts, all but n
    and residuals are None and reason says so.
    """

    n: int
    residuals: np.ndarray
    chi2: float | None = None
    dof: int | None = None
    p_value: float | None = None
    cramers_v: float | None = None
    expected_min: float | None = None
    small: bool = False
    method: str = ""
    reason: str = ""


def association(table: ArrayLike) -> Association:
    """The association of a table of counts, rows by columns.

    chi² = Σ (O - E)² / E without correction; V = sqrt(chi² / (n (min(rows, columns) - 1)))
    (Cramér 1946); residual = (O - E) / sqrt(E (1 - row share)(1 - column share)) (Haberman 1973,
    Biometrics 29:205). Empty rows and columns are left out. Where counts are small the p-value is
    that of 9,999 random tables with the same margins and a fixed seed (Hope 1968, JRSS B 30:582).
    Raises ValueError unless the table has two dimensions and no negative or unknown count.
    """
    counts = np.asarray(table, dtype=float)
    if counts.ndim != 2:
        raise ValueError("an association needs a table of counts, rows by columns")
    if not (counts >= 0).all():
        raise ValueError("counts of an association must be known and at least 0")
    rows, columns = counts.sum(axis=1) > 0, counts.sum(axis=0) > 0
    residuals = np.full(counts.shape, np.nan)
    n = round(counts.sum())
    if rows.sum() < 2 or columns.sum() < 2:
        return Association(n=n, residuals=residuals, reason="fewer than two groups have counts")
    counted = counts[np.ix_(rows, columns)]
    expected = _expected(counted)
    residuals[np.ix_(rows, columns)] = _residuals(counted, expected)
    chi2 = _chi2(counted, expected)
    dof = (counted.shape[0] - 1) * (counted.shape[1] - 1)
    small = bool((expected < 5).mean() > 0.2 or expected.min() < 1)
    return Association(
        n=n,
        residuals=residuals,
        chi2=chi2,
        dof=dof,
        p_value=_simulated(counted, expected) if small else float(special.chdtrc(dof, chi2)),
        cramers_v=min(1.0, sqrt(chi2 / (counted.sum() * (min(counted.shape) - 1)))),
        expected_min=float(expected.min()),
        small=small,
        method=f"chi-square, {SIMULATED_TABLES:,} simulated tables" if small else "chi-square",
    )


def _expected(counts: np.ndarray) -> np.ndarray:
    expected: np.ndarray = np.outer(counts.sum(axis=1), counts.sum(axis=0))
    expected /= counts.sum()
    return expected


def _residuals(counts: np.ndarray, expected: np.ndarray) -> np.ndarray:
    total = counts.sum()
    row_rest = 1 - counts.sum(axis=1) / total
    column_rest = 1 - counts.sum(axis=0) / total
    residuals: np.ndarray = (counts - expected) / np.sqrt(
        expected * np.outer(row_rest, column_rest)
    )
    return residuals


def _chi2(counts: np.ndarray, expected: np.ndarray) -> float:
    return float(((counts - expected) ** 2 / expected).sum())


def _simulated(counts: np.ndarray, expected: np.ndarray) -> float:
    """(1 + random tables at least as far from independence) / (1 + random tables)."""
    from scipy.stats import random_table

    margins = random_table(counts.sum(axis=1).astype(int), counts.sum(axis=0).astype(int))
    generator = np.random.default_rng(SEED)
    # Equal tables may differ in the last bits, depending on the order of summing.
    threshold = _chi2(counts, expected) * (1 - 1e-9)
    batch = max(1, _CELLS_AT_ONCE // counts.size)
    as_far = 0
    for start in range(0, SIMULATED_TABLES, batch):
        size = min(batch, SIMULATED_TABLES - start)
        tables = margins.rvs(size, random_state=generator)
        as_far += int((((tables - expected) ** 2 / expected).sum(axis=(1, 2)) >= threshold).sum())
    return (1 + as_far) / (1 + SIMULATED_TABLES)
