"""Logistic regression by maximum likelihood, without a penalty: coefficients one may test.

statsmodels fits. Columns that the data cannot tell apart, or that settle the outcome alone, are
left out first and named: their coefficients have no maximum.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from growthml.stats.comparison import normal_quantile
from growthml.stats.sums import one_thread
from growthml.words import N_

if TYPE_CHECKING:
    import pandas as pd

LARGEST = 15.0
"""A coefficient beyond this, per standard deviation of its column, runs to infinity: the column
settles the outcome for some users."""


@dataclass(frozen=True, kw_only=True)
class Term:
    """One column's coefficient, in log odds per unit of the column.

    odds_ratio: exp(coefficient), the factor on the odds; ci_low, ci_high: Wald's, of the ratio.
    """

    coefficient: float
    std_error: float
    z: float
    p_value: float
    odds_ratio: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Logit:
    """A fitted model. terms: by column, `const` first. left_out: columns without a coefficient.

    log_likelihood, null_log_likelihood: of the model, and of the intercept alone on the same rows.
    fitted: the probability of each row, 0..1; NaN where a column left out settles it.
    """

    terms: Mapping[str, Term]
    left_out: Mapping[str, str]
    rows: int
    log_likelihood: float
    null_log_likelihood: float
    fitted: np.ndarray

    @property
    def mcfadden(self) -> float:
        """1 - lnL / lnL0 (McFadden 1974): 0 explains nothing; 0.2 to 0.4 is a very good fit."""
        return 1 - self.log_likelihood / self.null_log_likelihood

    @property
    def adjusted_mcfadden(self) -> float:
        """1 - (lnL - k) / lnL0, k the parameters, the intercept included."""
        return 1 - (self.log_likelihood - len(self.terms)) / self.null_log_likelihood


@dataclass(frozen=True, kw_only=True)
class NotEstimated:
    """No model, and why in words."""

    reason: str
    left_out: Mapping[str, str] = field(default_factory=dict)


def logit(design: pd.DataFrame, outcome: Any, confidence: float = 0.95) -> Logit | NotEstimated:
    """Odds ratios of an outcome (0 or 1) by the columns of a design, an intercept added.

    Wald intervals and p-values, exp(b ± z se). A level or a count that all users above (or at) 0
    share one outcome with is left out with those users: the likelihood has no maximum there (Albert
    & Anderson 1984, Biometrika 71:1). A column that repeats others is left out alone, and so is one
    that settles the outcome together with others. NotEstimated with a single outcome, or where one
    last column settles it.
    """
    y = np.asarray(outcome, dtype=float)
    if not 0 < y.sum() < len(y):
        return NotEstimated(reason=N_("everybody or nobody responded"))
    settled, kept = _settled(design, y)
    columns = [name for name in design.columns if name not in settled]
    told_apart, repeated = independent(design.loc[kept, columns])
    left_out = {**settled, **dict.fromkeys(repeated, N_("repeats other columns"))}
    y_kept = y[kept]
    if not 0 < y_kept.sum() < len(y_kept):
        return NotEstimated(reason=N_("the columns settle the outcome"), left_out=left_out)
    fitted = _fit(design.loc[kept, told_apart], y_kept)
    while fitted is None and len(told_apart) > 1:
        furthest = _furthest(design.loc[kept, told_apart], y_kept)
        left_out[furthest] = N_("settles the outcome together with others")
        told_apart = [name for name in told_apart if name != furthest]
        fitted = _fit(design.loc[kept, told_apart], y_kept)
    if fitted is None:
        return NotEstimated(reason=N_("the columns together settle the outcome"), left_out=left_out)
    probability = np.full(len(y), np.nan)
    probability[kept] = fitted.predict()
    return Logit(
        terms=_terms(fitted, ["const", *told_apart], confidence),
        left_out=left_out,
        rows=len(y_kept),
        log_likelihood=float(fitted.llf),
        null_log_likelihood=_null(y_kept),
        fitted=probability,
    )


def _settled(design: pd.DataFrame, y: np.ndarray) -> tuple[dict[str, str], np.ndarray]:
    """Columns on one side of 0 of which there is one outcome only, and the rows that are left."""
    settled: dict[str, str] = {}
    kept = np.ones(len(y), dtype=bool)
    for name in design.columns:
        values = design[name].to_numpy(float)
        if values.min() < 0 or not (values == 0).any():
            continue
        for side, all_did, none_did in (
            (values > 0, N_("everybody with it responded"), N_("nobody with it responded")),
            (values == 0, N_("everybody without it responded"), N_("nobody without it responded")),
        ):
            mine = kept & side
            if mine.any() and len(np.unique(y[mine])) == 1:
                settled[name] = all_did if y[mine][0] else none_did
                kept &= ~side
    return settled, kept


def independent(design: pd.DataFrame) -> tuple[list[str], list[str]]:
    """The columns that are no mixture of those before them and a constant, and those that are."""
    basis = [np.ones(len(design)) / np.sqrt(len(design))]
    told_apart, repeated = [], []
    for name in design.columns:
        values = design[name].to_numpy(float)
        size = np.linalg.norm(values - values.mean())
        rest = values.copy()
        for _ in range(2):
            for direction in basis:
                rest = rest - (direction @ rest) * direction
        if size == 0 or np.linalg.norm(rest) <= 1e-7 * size:
            repeated.append(str(name))
        else:
            basis.append(rest / np.linalg.norm(rest))
            told_apart.append(str(name))
    return told_apart, repeated


def _fit(design: pd.DataFrame, y: np.ndarray) -> Any:
    """statsmodels' fit; None where the likelihood has no maximum."""
    import statsmodels.api as sm
    from statsmodels.tools.sm_exceptions import (
        ConvergenceWarning,
        HessianInversionWarning,
        PerfectSeparationError,
        PerfectSeparationWarning,
    )

    x = sm.add_constant(design.to_numpy(float), has_constant="add")
    with one_thread(), warnings.catch_warnings():
        for category in (ConvergenceWarning, HessianInversionWarning, PerfectSeparationWarning):
            warnings.simplefilter("error", category)
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            fitted = sm.Logit(y, x).fit(disp=False, tol=1e-12, maxiter=100, method="newton")
        except (
            np.linalg.LinAlgError,
            ConvergenceWarning,
            HessianInversionWarning,
            PerfectSeparationError,
            PerfectSeparationWarning,
        ):
            return None
    spread = np.concatenate([[1.0], design.to_numpy(float).std(axis=0)])
    return None if (np.abs(fitted.params * spread) > LARGEST).any() else fitted


def _furthest(design: pd.DataFrame, y: np.ndarray) -> str:
    """The column whose coefficient, held by a faint penalty, runs furthest."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scaled = StandardScaler().fit_transform(design.to_numpy(float))
    with one_thread():
        held = LogisticRegression(C=1e3, solver="newton-cholesky", max_iter=500).fit(scaled, y)
    return str(design.columns[int(np.abs(held.coef_[0]).argmax())])


def _terms(fitted: Any, names: list[str], confidence: float) -> dict[str, Term]:
    half = normal_quantile(confidence)
    return {
        name: Term(
            coefficient=float(b),
            std_error=float(se),
            z=float(b / se),
            p_value=float(p),
            odds_ratio=float(np.exp(b)),
            ci_low=float(np.exp(b - half * se)),
            ci_high=float(np.exp(b + half * se)),
        )
        for name, b, se, p in zip(names, fitted.params, fitted.bse, fitted.pvalues, strict=True)
    }


def _null(y: np.ndarray) -> float:
    """The log-likelihood of the intercept alone."""
    n, base = len(y), y.mean()
    return float(n * (base * np.log(base) + (1 - base) * np.log(1 - base)))
