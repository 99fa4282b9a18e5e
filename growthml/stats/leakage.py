"""Leakage: a column that is known only because the outcome is, and so predicts it too well.

Of columns whose time nobody knows, one is named a leak where on its own it ranks users nearly
perfectly, or where it ranks them well and no model comes close without it: the duration of the
call that closed the sale (Moro, Cortez & Rita 2014), the mean value of a page's past sales.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from growthml.stats.predictors import logistic
from growthml.stats.ranking import auc, rank

if TYPE_CHECKING:
    import pandas as pd

NEARLY_PERFECT = 0.95
"""A single column with an AUC above this is nearly the outcome itself."""
RANKS_WELL = 0.75
CARRIES = 0.08
"""So much AUC lost without one column: the others together know nothing like it."""
MOST_USERS = 20_000
"""Columns are judged on so many users, evenly spaced."""


@dataclass(frozen=True, kw_only=True)
class Leak:
    """One column. alone: its own AUC, 0..1, the better direction. with_it, without_it: the AUC of
    all columns with it, and of the others."""

    column: str
    alone: float
    with_it: float
    without_it: float


def leaks(
    matrix: pd.DataFrame, outcome: np.ndarray, suspects: Mapping[str, Sequence[str]]
) -> list[Leak]:
    """The leaking ones of the suspects, the worst first; each is judged without those before it.

    suspects: by name, the columns of the matrix it is told in. AUCs are in-sample, of a logistic
    model. Needs users of both outcomes.
    """
    step = max(1, -(-len(matrix) // MOST_USERS))
    matrix, outcome = matrix.iloc[::step], outcome[::step]
    found: list[Leak] = []
    if not 0 < outcome.sum() < len(outcome):
        return found
    while True:
        named = {leak.column for leak in found}
        rest = {name: columns for name, columns in suspects.items() if name not in named}
        gone = [column for name in named for column in suspects[name]]
        worst = _worst(matrix.drop(columns=gone), outcome, rest)
        if worst is None:
            return found
        found.append(worst)


def _worst(
    matrix: pd.DataFrame, outcome: np.ndarray, suspects: Mapping[str, Sequence[str]]
) -> Leak | None:
    whole = _auc(matrix, outcome)
    judged = []
    for name, columns in suspects.items():
        alone = max(_auc(matrix[[column]], outcome) for column in columns)
        if alone <= RANKS_WELL:
            continue
        without = _auc(matrix.drop(columns=list(columns)), outcome)
        judged.append(Leak(column=name, alone=alone, with_it=whole, without_it=without))
    leaking = [
        leak
        for leak in judged
        if leak.alone > NEARLY_PERFECT or leak.with_it - leak.without_it > CARRIES
    ]
    return max(leaking, key=lambda leak: (leak.alone, leak.column), default=None)


def _auc(matrix: pd.DataFrame, outcome: np.ndarray) -> float:
    """In-sample, of the logistic model; a single column ranks by itself."""
    if not matrix.shape[1]:
        return 0.5
    single = matrix.shape[1] == 1
    score = matrix.iloc[:, 0].to_numpy(float) if single else logistic(matrix, outcome)(matrix)
    value = auc(rank(score, outcome)).value
    assert value is not None
    return max(value, 1 - value) if single else value
