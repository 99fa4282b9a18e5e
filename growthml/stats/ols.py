"""Linear regression by least squares, its standard errors right where the spread is uneven."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from growthml.stats.comparison import normal_quantile
from growthml.stats.logit import independent
from growthml.stats.sums import one_thread
from growthml.words import N_

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Slope:
    """One column's coefficient: the outcome's change per unit of it, the others held equal."""

    coefficient: float
    std_error: float
    p_value: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Ols:
    """A fitted line. terms: by column, `const` first. left_out: columns without a coefficient.

    r2: 1 - SSE / SST, of the rows fitted, 0..1; adjusted_r2: 1 - (1 - r2)(n - 1)/(n - p - 1).
    fitted: the value of each row.
    """

    terms: Mapping[str, Slope]
    left_out: Mapping[str, str]
    n: int
    r2: float
    adjusted_r2: float
    fitted: np.ndarray


def ols(design: pd.DataFrame, outcome: Any, confidence: float = 0.95) -> Ols | None:
    """Fits an outcome by the columns of a design, an intercept added; None where nothing varies or
    rows are too few.

    Standard errors HC3 (MacKinnon & White 1985, J. Econometrics 29:305), normal limits; columns
    that repeat others are left out and named.
    """
    import statsmodels.api as sm

    y = np.asarray(outcome, dtype=float)
    columns, repeated = independent(design)
    if not columns or len(y) < len(columns) + 3 or np.ptp(y) == 0:
        return None
    x = sm.add_constant(design[columns].to_numpy(float), has_constant="add")
    with one_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        fitted = sm.OLS(y, x).fit(cov_type="HC3")
    half = normal_quantile(confidence)
    return Ols(
        terms={
            name: Slope(
                coefficient=float(b),
                std_error=float(se),
                p_value=float(p),
                ci_low=float(b - half * se),
                ci_high=float(b + half * se),
            )
            for name, b, se, p in zip(
                ["const", *columns], fitted.params, fitted.bse, fitted.pvalues, strict=True
            )
        },
        left_out=dict.fromkeys(repeated, N_("repeats other columns")),
        n=len(y),
        r2=float(fitted.rsquared),
        adjusted_r2=float(fitted.rsquared_adj),
        fitted=np.asarray(fitted.fittedvalues),
    )
