"""BG/NBD: how often buyers come back, and when they have left for good.

While alive a buyer purchases at random at a rate of their own; after every repeat purchase they
may leave, with a probability of their own. Rates are gamma distributed (r, alpha) over buyers,
the probabilities beta distributed (a, b). Fader, Hardie & Lee 2005, Marketing Science 24:275.

A buyer is three figures: x, repeat purchase days (the first purchase is not one); t_x, the time
from first to last purchase (0 where x is 0); age, the time from the first purchase to the last
day seen. Buyers with equal figures may come as one row with their number. Times are in one unit,
the caller's choice; alpha and every horizon are in that unit, nothing else depends on it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from growthml.stats.comparison import normal_quantile
from growthml.stats.likelihood import maximise
from growthml.stats.not_fitted import FEWEST_REPEAT_BUYERS, NotFitted, too_few
from growthml.stats.sums import weighted_sum
from growthml.words import N_

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_STARTS = ((0.5, 0.5, 0.5, 1.0), (1.0, 0.2, 1.0, 3.0), (0.2, 0.1, 2.0, 8.0), (2.0, 2.0, 0.05, 2.0))
_SMALLEST_A, _LARGEST_B = 0.01, 1_000.0
_DROPOUT_EVIDENCE = 5.99
_NEAR_POLE, _EITHER_SIDE = 1e-5, (-2e-5, 2e-5)
_STEP = 1e-4
_LEAST = 1e-12
_KNOTS = 4_001
_NODES, _WEIGHTS = (np.polynomial.legendre.leggauss(64) + np.array([[1.0], [0.0]])) / 2

NO_DROPOUT = N_(
    "these buyers show no measurable dropout: the forecast has them buy on for ever, "
    "and nothing can be said about who has left"
)
ALIKE = N_(
    "buyers could not be told apart by how likely they are to leave: "
    "nothing can be said about who has left"
)
AT_EDGE = N_("the likelihood is flat: a parameter lies at the end of the range searched")


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """Repeat purchases expected of all buyers together.

    ci_low, ci_high: where the actual total will lie, counting both chance and the uncertainty of
    the parameters, not whether the model is right; None, with the reason, where the parameters
    have no standard errors.
    """

    total: float
    ci_low: float | None = None
    ci_high: float | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class BgNbd:
    """A fitted model.

    alpha: in the unit of time. log_likelihood: without combinatorial terms, in the unit of time,
    as in the papers. covariance: of the logarithms of r, alpha, a, b, or None where the likelihood
    is flat. dropout: whether leaving could be told from not leaving; without it there is no
    p_alive. warnings: sentences for the reader.
    """

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    users: int
    repeat_buyers: int
    dropout: bool = True
    covariance: np.ndarray | None = None
    warnings: tuple[str, ...] = ()

    def standard_errors(self) -> dict[str, float] | None:
        """Asymptotic standard errors of r, alpha, a, b; None where the likelihood is flat."""
        if self.covariance is None:
            return None
        errors = np.exp(self._logs()) * np.sqrt(np.diag(self.covariance))
        return dict(zip(("r", "alpha", "a", "b"), map(float, errors), strict=True))

    def p_alive(self, x: ArrayLike, t_x: ArrayLike, age: ArrayLike) -> np.ndarray | None:
        """The probability that a buyer is still alive at their age, 0..1; None without dropout.

        Exactly 1 where x is 0: the model lets nobody leave before a repeat purchase, so it says
        nothing about buyers of one purchase. Fader & Hardie 2009, brucehardie.com/notes/021.
        """
        if not self.dropout:
            return None
        return _p_alive(self._logs(), *_buyers(x, t_x, age))

    def expected_purchases(
        self, horizon: float, x: ArrayLike, t_x: ArrayLike, age: ArrayLike
    ) -> np.ndarray:
        """Purchases expected of each buyer in the next `horizon`; Fader et al. 2005, eq. 10."""
        return _expected(self._logs(), horizon, *_buyers(x, t_x, age))

    def expected_of_new(self, time: ArrayLike) -> np.ndarray:
        """Repeat purchases expected within `time` after a first one; Fader et al. 2005, eq. 9."""
        times = np.asarray(time, dtype=float)
        zero = np.zeros_like(times)
        return _expected(self._logs(), times, zero, zero, zero)

    def probability(self, purchases: ArrayLike, time: ArrayLike) -> np.ndarray:
        """The probability of so many repeat purchases within `time`; Fader et al. 2005, eq. 8."""
        n, t = np.broadcast_arrays(
            np.asarray(purchases, dtype=float), np.asarray(time, dtype=float)
        )
        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        alive = (
            special.betaln(a, b + n)
            + special.gammaln(r + n)
            - special.gammaln(r)
            - special.gammaln(n + 1)
            + r * np.log(alpha / (alpha + t))
            + special.xlogy(n, t / (alpha + t))
        )
        came_back = np.maximum(n, 1)
        left = special.betaln(a + 1, b + came_back - 1) + np.log(
            np.maximum(special.betainc(came_back, r, t / (alpha + t)), np.finfo(float).tiny)
        )
        both = np.where(n > 0, np.logaddexp(alive, left), alive)
        chances: np.ndarray = np.exp(both - special.betaln(a, b))
        return chances

    def tracking(
        self, times: ArrayLike, ages: ArrayLike, users: ArrayLike | None = None
    ) -> np.ndarray:
        """Repeat purchases of all buyers expected up to each of `times`, cumulated.

        times: since the first purchase of the oldest buyer; they may run past the last day seen.
        ages: at the last day seen, as fitted on; nobody counts before their own first purchase.
        """
        born_at, number = _pooled(ages, users)
        born_at = born_at.max(initial=0.0) - born_at
        until = np.asarray(times, dtype=float)
        # Ages may be as many as buyers; between this many times the curve is straight.
        knots = until.max(initial=0.0) * np.linspace(0, 1, _KNOTS) ** 2
        expected = self.expected_of_new(knots)
        return np.array(
            [weighted_sum(number, np.interp(time - born_at, knots, expected)) for time in until]
        )

    def forecast(
        self,
        horizon: float,
        x: ArrayLike,
        t_x: ArrayLike,
        age: ArrayLike,
        users: ArrayLike | None = None,
        confidence: float = 0.95,
    ) -> Forecast:
        """Purchases of all buyers in the next `horizon`, with a prediction interval.

        The variance is that of the purchases given the parameters plus that of the parameters by
        the delta method; limits are on the logarithm of the total, so never below 0.
        """
        buyers = _buyers(x, t_x, age)
        number = _numbers(users, buyers[0])

        def total(logs: np.ndarray) -> float:
            return weighted_sum(number, _expected(logs, horizon, *buyers))

        logs = self._logs()
        expected = total(logs)
        if self.covariance is None:
            return Forecast(total=expected, reason="the parameters have no standard errors")
        if expected <= 0:
            return Forecast(total=expected, reason="no purchases are expected")
        slope = _slope(total, logs)
        chance = weighted_sum(number, _variance(logs, horizon, *buyers))
        spread = sqrt(chance + float(slope @ self.covariance @ slope)) / expected
        half = normal_quantile(confidence) * spread
        return Forecast(total=expected, ci_low=expected * exp(-half), ci_high=expected * exp(half))

    def _logs(self) -> np.ndarray:
        return np.log([self.r, self.alpha, self.a, self.b])


def fit(
    x: ArrayLike, t_x: ArrayLike, age: ArrayLike, users: ArrayLike | None = None
) -> BgNbd | NotFitted:
    """Fits the model by maximum likelihood to buyers, or to rows of equal buyers and their number.

    NotFitted below 100 buyers with a repeat purchase. Dropout counts as found when the likelihood
    is clearly higher than without it (twice the difference above 5.99, chi-square of 2 degrees)
    and a is at least 0.01 and b at most 1,000; else a warning says so and p_alive is None. Raises
    ValueError unless 0 <= t_x <= age, x is a whole number, and t_x is 0 just where x is 0.
    """
    counts, recency, ages = _buyers(x, t_x, age)
    number = _numbers(users, counts)
    _check(counts, recency, ages)
    n, repeat_buyers = round(number.sum()), round(number[counts > 0].sum())
    if repeat_buyers < FEWEST_REPEAT_BUYERS:
        return too_few(n, repeat_buyers)
    unit = weighted_sum(number, ages) / float(number.sum())
    rows = _Rows.of(counts, recency / unit, ages / unit, number)
    found = maximise(lambda at: _log_likelihood(at, rows), _STARTS, n)
    highest = _log_likelihood(found.parameters, rows)[0]
    gain = highest - _without_dropout(rows)
    r, alpha, a, b = map(float, found.parameters * (1.0, unit, 1.0, 1.0))
    leaving = 2 * gain > _DROPOUT_EVIDENCE and a >= _SMALLEST_A
    alike = b > _LARGEST_B
    return BgNbd(
        r=r,
        alpha=alpha,
        a=a,
        b=b,
        # Purchases per unit of time: the density scales with its power x.
        log_likelihood=highest - weighted_sum(number, counts) * log(unit),
        users=n,
        repeat_buyers=repeat_buyers,
        dropout=leaving and not alike,
        covariance=found.covariance,
        warnings=_warnings(leaving, alike, bool(found.at_edge[:2].any())),
    )


def _warnings(leaving: bool, alike: bool, at_edge: bool) -> tuple[str, ...]:
    told = {NO_DROPOUT: not leaving, ALIKE: leaving and alike, AT_EDGE: at_edge}
    return tuple(warning for warning, holds in told.items() if holds)


def _buyers(
    x: ArrayLike, t_x: ArrayLike, age: ArrayLike
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    counts, recency, ages = np.broadcast_arrays(
        *(np.asarray(values, dtype=float) for values in (x, t_x, age))
    )
    return counts, recency, ages


def _numbers(users: ArrayLike | None, like: np.ndarray) -> np.ndarray:
    return np.ones_like(like) if users is None else np.asarray(users, dtype=float)


def _pooled(ages: ArrayLike, users: ArrayLike | None) -> tuple[np.ndarray, np.ndarray]:
    every = np.asarray(ages, dtype=float)
    distinct, place = np.unique(every, return_inverse=True)
    return distinct, np.bincount(place, _numbers(users, every), len(distinct))


def _check(x: np.ndarray, t_x: np.ndarray, age: np.ndarray) -> None:
    if not ((x >= 0) & (x == np.round(x))).all():
        raise ValueError("x counts repeat purchases: whole numbers from 0 up")
    if not ((t_x >= 0) & (t_x <= age)).all():
        raise ValueError("t_x, the time to the last purchase, must lie between 0 and the age")
    if not ((t_x > 0) == (x > 0)).all():
        raise ValueError("t_x must be above 0 where there are repeat purchases, and 0 elsewhere")


@dataclass(frozen=True, kw_only=True, eq=False)
class _Rows:
    """Rows of buyers, and their number by distinct x: gamma functions are slow, and of x alone."""

    x: np.ndarray
    t_x: np.ndarray
    age: np.ndarray
    users: np.ndarray
    counts: np.ndarray
    users_by_count: np.ndarray

    @classmethod
    def of(cls, x: np.ndarray, t_x: np.ndarray, age: np.ndarray, users: np.ndarray) -> _Rows:
        counts, place = np.unique(x, return_inverse=True)
        return cls(
            x=x,
            t_x=t_x,
            age=age,
            users=users,
            counts=counts,
            users_by_count=np.bincount(place, users, len(counts)),
        )


def _log_likelihood(parameters: np.ndarray, rows: _Rows) -> tuple[float, np.ndarray]:
    """Fader, Hardie & Lee 2005, eq. 6, and its slope."""
    r, alpha, a, b = parameters
    came_back = rows.x > 0
    beyond = np.where(came_back, b + rows.x - 1, 1.0)
    age, recency, shape = alpha + rows.age, alpha + rows.t_x, r + rows.x
    log_age, log_recency = np.log(age), np.log(recency)
    alive = -shape * log_age
    left = np.where(came_back, np.log(a / beyond) - shape * log_recency, -np.inf)
    either = np.logaddexp(alive, left)
    gone = np.exp(left - either)
    n, users = rows.counts, rows.users_by_count
    value = (
        special.gammaln(r + n)
        - special.gammaln(r)
        + r * np.log(alpha)
        + special.gammaln(a + b)
        - special.gammaln(a + b + n)
        + special.gammaln(b + n)
        - special.gammaln(b)
    )
    every = users.sum()
    both = users @ (special.psi(a + b) - special.psi(a + b + n))
    slope = (
        users @ (special.psi(r + n) - special.psi(r))
        + every * np.log(alpha)
        - weighted_sum(rows.users, log_age + gone * (log_recency - log_age)),
        every * r / alpha - weighted_sum(rows.users, shape * ((1 - gone) / age + gone / recency)),
        both + weighted_sum(rows.users, gone) / a,
        both
        + users @ (special.psi(b + n) - special.psi(b))
        - weighted_sum(rows.users, gone / beyond),
    )
    return float(users @ value) + weighted_sum(rows.users, either), np.array(slope)


def _without_dropout(rows: _Rows) -> float:
    """The highest log-likelihood where nobody leaves (a towards 0): the NBD model."""

    def log_likelihood(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        r, alpha = parameters
        n, users = rows.counts, rows.users_by_count
        log_age, shape = np.log(alpha + rows.age), r + rows.x
        value = users @ (
            special.gammaln(r + n) - special.gammaln(r) + r * np.log(alpha)
        ) - weighted_sum(rows.users, shape * log_age)
        slope = (
            users @ (special.psi(r + n) - special.psi(r) + np.log(alpha))
            - weighted_sum(rows.users, log_age),
            users.sum() * r / alpha - weighted_sum(rows.users, shape / (alpha + rows.age)),
        )
        return float(value), np.array(slope)

    found = maximise(log_likelihood, [start[:2] for start in _STARTS], rows.users.sum())
    return log_likelihood(found.parameters)[0]


def _p_alive(logs: np.ndarray, x: np.ndarray, t_x: np.ndarray, age: np.ndarray) -> np.ndarray:
    r, alpha, a, b = np.exp(logs)
    came_back = x > 0
    odds = np.log(a / np.where(came_back, b + x - 1, 1.0)) + (r + x) * np.log(
        (alpha + age) / (alpha + t_x)
    )
    chances: np.ndarray = np.where(came_back, special.expit(-odds), 1.0)
    return chances


def _expected(
    logs: np.ndarray, horizon: ArrayLike, x: np.ndarray, t_x: np.ndarray, age: np.ndarray
) -> np.ndarray:
    r, alpha, a, b = np.exp(logs)
    share = horizon / (alpha + age + horizon)
    expected: np.ndarray = _p_alive(logs, x, t_x, age) * _if_alive(r, a, b, x, share)
    return expected


def _if_alive(r: float, a: float, b: float, x: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Purchases expected of a buyer who is alive; share is horizon / (alpha + age + horizon).

    Fader et al. 2005, eq. 10, after Euler's transformation (Abramowitz & Stegun 15.3.3), which
    takes the large powers out of the hypergeometric function. Where a is 1 the formula is 0 / 0
    though its limit is plain: the mean of both sides is taken. Where it fails (a + b + x is 1, or
    a parameter is very large) the expectation is summed instead.
    """
    if abs(a - 1) < _NEAR_POLE:
        below, above = (_if_alive(r, 1 + off, b, x, share) for off in _EITHER_SIDE)
        return np.asarray((below + above) / 2)
    c = a + b + x - 1
    with np.errstate(all="ignore"):
        rest = (1 - share) ** (a - 1) * special.hyp2f1(c - r - x, a - 1, c, share)
        expected: np.ndarray = np.asarray(c / (a - 1) * (1 - rest))
    if not np.isfinite(expected).all():
        return np.where(np.isfinite(expected), expected, _summed(r, a, b, x, share))
    return expected


def _summed(r: float, a: float, b: float, x: np.ndarray, share: np.ndarray) -> np.ndarray:
    """The same as a sum over quantiles of the probability to leave, to about four digits."""
    expected = np.zeros(np.broadcast(x, share).shape)
    quantiles, place = _leaving(a, b, x)
    for weight, quantile in zip(_WEIGHTS, quantiles, strict=True):
        p = quantile[place]
        expected -= weight * np.expm1(-(r + x) * np.log1p(p * share / (1 - share))) / p
    return expected


def _leaving(a: float, b: float, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Quantiles of the probability to leave of a buyer alive after x purchases.

    One row per node of the sum, one column per distinct x; and the column of each buyer.
    """
    distinct, place = np.unique(x, return_inverse=True)
    quantiles = special.betaincinv(a, b + distinct, _NODES[:, None])
    return np.maximum(quantiles, _LEAST), place.reshape(np.shape(x))


def _variance(
    logs: np.ndarray, horizon: float, x: np.ndarray, t_x: np.ndarray, age: np.ndarray
) -> np.ndarray:
    """The variance of each buyer's purchases in the next `horizon`, given the parameters.

    A buyer alive with rate l and probability p to leave makes min(Poisson(l t), Geometric(p))
    purchases N, so E[N(N - 1)] = 2 (1 - p) (1 - exp(-l t p) (1 + l t p)) / p². Its mean over the
    gamma distribution of l is in closed form, that over the beta distribution of p a sum over
    its quantiles.
    """
    r, alpha, a, b = np.exp(logs)
    expected = _expected(logs, horizon, x, t_x, age)
    shape = r + x
    pairs = np.zeros_like(expected)
    quantiles, place = _leaving(a, b, x)
    for weight, quantile in zip(_WEIGHTS, quantiles, strict=True):
        p = quantile[place]
        mean = p * horizon / (alpha + age)
        stayed = (1 + mean) ** -shape * (1 + shape * mean / (1 + mean))
        # Close to p = 0 the difference cancels; its limit is E[(l t)²] / 2.
        near = shape * mean < 1e-4
        curved = np.where(near, shape * (shape + 1) * mean**2 / 2, 1 - stayed) / p**2
        pairs += weight * 2 * (1 - p) * curved
    alive = _p_alive(logs, x, t_x, age)
    variance: np.ndarray = np.maximum(alive * pairs + expected - expected**2, 0.0)
    return variance


def _slope(function: Callable[[np.ndarray], float], at: np.ndarray) -> np.ndarray:
    steps = _STEP * np.eye(len(at))
    return np.array([(function(at + step) - function(at - step)) / (2 * _STEP) for step in steps])
