"""Maximum likelihood of models whose parameters are all above 0."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import itemgetter

import numpy as np

LogLikelihood = Callable[[np.ndarray], tuple[float, np.ndarray]]
"""Parameters in, log-likelihood and its slope in each parameter out."""

REACH = 8.0
"""Parameters are sought between exp(-8) and exp(8), 0.0003 and 3,000, in scaled data."""

_EDGE = 0.01
_STEP = 1e-4

_NEWTON_STEPS = 6
_NEAR = 0.1
"""Newton's steps may go this far on the logarithms; further, they follow no maximum."""

_DIGITS = 8
_DIGITS_OF_COVARIANCE = 5
"""What a fit is good for: further digits hang on the machine, and the same data must give the same
report everywhere."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Maximum:
    """Where a likelihood is highest.

    parameters: the estimates, to eight digits. at_edge: by parameter, whether the data push it to
    the end of the range searched. covariance: of the logarithms of the parameters, the inverse of
    the observed information, 0 for those at the edge; None where the likelihood is flat.
    """

    parameters: np.ndarray
    at_edge: np.ndarray
    covariance: np.ndarray | None


def maximise(
    log_likelihood: LogLikelihood, starts: Iterable[tuple[float, ...]], users: float
) -> Maximum:
    """The highest maximum found from several starts, by L-BFGS-B on logarithms.

    users: how many the likelihood sums over; it sets the scale on which to stop. Only the best of
    the starts is followed to the last digit.
    """
    from scipy.optimize import minimize

    def loss(logs: np.ndarray) -> tuple[float, np.ndarray]:
        parameters = np.exp(logs)
        value, slope = log_likelihood(parameters)
        return -value / users, -slope * parameters / users

    def descend(logs: np.ndarray, tolerance: float) -> tuple[float, np.ndarray]:
        found = minimize(
            loss,
            logs,
            jac=True,
            method="L-BFGS-B",
            bounds=[(-REACH, REACH)] * len(logs),
            options={"ftol": tolerance, "gtol": 1e-9, "maxiter": 2_000, "maxcor": 20},
        )
        return float(found.fun), found.x

    roughly = [descend(np.log(start), 1e-7) for start in starts]
    _, logs = descend(min(roughly, key=itemgetter(0))[1], 1e-15)
    at_edge = np.abs(logs) > REACH - _EDGE

    def slope(at: np.ndarray) -> np.ndarray:
        return users * loss(at)[1]

    logs = _polished(slope, logs, ~at_edge)
    covariance = _covariance(slope, logs, ~at_edge)
    return Maximum(
        parameters=_rounded(np.exp(logs), _DIGITS),
        at_edge=at_edge,
        covariance=None if covariance is None else _rounded(covariance, _DIGITS_OF_COVARIANCE),
    )


def _polished(
    slope: Callable[[np.ndarray], np.ndarray], logs: np.ndarray, free: np.ndarray
) -> np.ndarray:
    """Newton's steps from where L-BFGS stops, on a flat ridge some digits early, to its top."""
    found = logs
    for _ in range(_NEWTON_STEPS):
        information = _information(slope, found)[np.ix_(free, free)]
        try:
            np.linalg.cholesky(information)
            step = np.linalg.solve(information, slope(found)[free])
        except np.linalg.LinAlgError:
            return logs
        found = found.copy()
        found[free] -= step
        if not (np.abs(found - logs) < _NEAR).all():
            return logs
    return found


def _rounded(values: np.ndarray, digits: int) -> np.ndarray:
    """Each value to so many significant digits."""
    rounded: np.ndarray = np.vectorize(lambda value: float(f"{value:.{digits}g}"))(values)
    return rounded


def _covariance(
    slope: Callable[[np.ndarray], np.ndarray], logs: np.ndarray, free: np.ndarray
) -> np.ndarray | None:
    hessian = _information(slope, logs)
    information = hessian[np.ix_(free, free)]
    covariance = np.zeros_like(hessian)
    try:
        np.linalg.cholesky(information)
        covariance[np.ix_(free, free)] = np.linalg.inv(information)
    except np.linalg.LinAlgError:
        return None
    return covariance


def _information(slope: Callable[[np.ndarray], np.ndarray], logs: np.ndarray) -> np.ndarray:
    """The observed information: the second derivatives of the loss, by central differences."""
    steps = _STEP * np.eye(len(logs))
    hessian = np.array([(slope(logs + step) - slope(logs - step)) / (2 * _STEP) for step in steps])
    information: np.ndarray = (hessian + hessian.T) / 2
    return information
