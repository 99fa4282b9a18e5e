"""Gamma-Gamma: what a buyer's purchases are worth on average.

Purchases vary about a buyer's own mean, and the means vary over buyers, whatever the number of
purchases. A buyer of few purchases is therefore drawn towards the mean of all. Fader & Hardie
2013, brucehardie.com/notes/025.

A buyer is two figures: x, the repeat purchases (the first purchase is left out); mean_value, their
mean value. Buyers with equal figures may come as one row with their number.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from growthml.stats.likelihood import maximise
from growthml.stats.not_fitted import FEWEST_REPEAT_BUYERS, NotFitted, too_few
from growthml.stats.sums import weighted_sum
from growthml.words import N_, _

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_STARTS = ((1.0, 2.0, 1.0), (5.0, 4.0, 1.0), (0.5, 10.0, 10.0))
LARGEST_CORRELATION = 0.3
"""Beyond this, value clearly depends on the number of purchases, which the model rules out."""


@dataclass(frozen=True, kw_only=True, eq=False)
class GammaGamma:
    """A fitted model.

    p and q have no unit, v is money. correlation: Pearson's, of purchases and mean value over the
    buyers fitted, None where either is the same for all. covariance: of the logarithms of p, q, v,
    or None where the likelihood is flat. warnings: sentences for the reader.
    """

    p: float
    q: float
    v: float
    log_likelihood: float
    repeat_buyers: int
    correlation: float | None = None
    covariance: np.ndarray | None = None
    warnings: tuple[str, ...] = ()

    @property
    def population_mean(self) -> float | None:
        """The mean value of a purchase over all buyers, p v / (q - 1); None unless q is above 1."""
        return self.p * self.v / (self.q - 1) if self.q > 1 else None

    def expected_value(self, x: ArrayLike, mean_value: ArrayLike) -> np.ndarray:
        """The mean value of a buyer's purchases to come; Fader & Hardie 2013, eq. 5.

        With x = 0 (mean_value is then of no account) the mean of all buyers. NaN where it does
        not exist: x = 0 and q not above 1.
        """
        counts = np.asarray(x, dtype=float)
        spent = np.where(counts > 0, counts * np.asarray(mean_value, dtype=float), 0.0)
        below = self.p * counts + self.q - 1
        expected: np.ndarray = np.where(
            below > 0, self.p * (self.v + spent) / np.where(below > 0, below, 1.0), np.nan
        )
        return expected


def fit(
    x: ArrayLike, mean_value: ArrayLike, users: ArrayLike | None = None
) -> GammaGamma | NotFitted:
    """Fits the model by maximum likelihood to the buyers with x >= 1 and a mean value above 0.

    NotFitted below 100 such buyers, or where all are worth the same. Warnings tell of buyers left
    out for a value of 0 or less, of a correlation beyond 0.3 either way, and of a q of 1 or less.
    """
    counts, values = np.broadcast_arrays(
        np.asarray(x, dtype=float), np.asarray(mean_value, dtype=float)
    )
    number = np.ones_like(counts) if users is None else np.asarray(users, dtype=float)
    came_back = (counts >= 1) & (number > 0)
    paying = came_back & (values > 0)
    n, buyers = round(number.sum()), round(number[paying].sum())
    if buyers < FEWEST_REPEAT_BUYERS:
        return too_few(n, buyers)
    left_out = round(number[came_back].sum()) - buyers
    counts, values, number = counts[paying], values[paying], number[paying]
    if np.ptp(values) == 0:
        return NotFitted(
            reason=N_("every buyer's purchases are worth the same on average"),
            users=n,
            repeat_buyers=buyers,
        )
    unit = weighted_sum(number, values) / float(number.sum())
    found = maximise(lambda at: _log_likelihood(at, counts, values / unit, number), _STARTS, buyers)
    p, q, v = map(float, found.parameters * (1.0, 1.0, unit))
    correlation = _correlation(counts, values, number)
    return GammaGamma(
        p=p,
        q=q,
        v=v,
        log_likelihood=_log_likelihood(np.array([p, q, v]), counts, values, number)[0],
        repeat_buyers=buyers,
        correlation=correlation,
        covariance=found.covariance,
        warnings=tuple(_warnings(left_out, correlation, q)),
    )


def _warnings(left_out: int, correlation: float | None, q: float) -> list[str]:
    found = []
    if left_out:
        found.append(
            _(
                "buyers left out because their repeat purchases are worth nothing: {left_out}",
                left_out=left_out,
            )
        )
    if correlation is not None and abs(correlation) > LARGEST_CORRELATION:
        found.append(
            _(
                "value and number of purchases go together (correlation {correlation}), which the"
                " model takes not to be so",
                correlation=f"{correlation:.2f}",
            )
        )
    if q <= 1:
        found.append(_("values are spread too widely for a mean of all buyers to exist"))
    return found


def _correlation(x: np.ndarray, values: np.ndarray, users: np.ndarray) -> float | None:
    centred = [column - weighted_sum(users, column) / users.sum() for column in (x, values)]
    spreads = [weighted_sum(users, column**2) for column in centred]
    if not all(spread > 0 for spread in spreads):
        return None
    return weighted_sum(users, centred[0] * centred[1]) / sqrt(spreads[0] * spreads[1])


def _log_likelihood(
    parameters: np.ndarray, x: np.ndarray, values: np.ndarray, users: np.ndarray
) -> tuple[float, np.ndarray]:
    """Fader & Hardie 2013, eq. 1a, and its slope."""
    p, q, v = parameters
    total = np.log(x * values + v)
    value = (
        special.gammaln(p * x + q)
        - special.gammaln(p * x)
        - special.gammaln(q)
        + q * np.log(v)
        + (p * x - 1) * np.log(values)
        + p * x * np.log(x)
        - (p * x + q) * total
    )
    both = special.psi(p * x + q)
    slope = (
        x * (both - special.psi(p * x) + np.log(x * values) - total),
        both - special.psi(q) + np.log(v) - total,
        q / v - (p * x + q) / (x * values + v),
    )
    return weighted_sum(users, value), np.array([weighted_sum(users, part) for part in slope])
