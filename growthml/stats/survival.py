"""Survival: how many users are still active after so many days, those still active included.

A user is a duration and whether it ended there (churned) or was only seen that far (censored).
Users alike may come as one row with their number.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from growthml.stats.comparison import NO_USERS, Interval, normal_quantile

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, kw_only=True, eq=False)
class Survival:
    """A Kaplan-Meier curve: one row per distinct duration, ascending.

    at_risk: users seen up to just before it; churned, censored: users whose duration it is;
    survival: share active beyond it, 0..1. ci_low, ci_high: pointwise; NaN where survival is 1 or
    0, as the interval exists only between. Before the first row survival is 1.
    """

    durations: np.ndarray
    at_risk: np.ndarray
    churned: np.ndarray
    censored: np.ndarray
    survival: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    users: int

    def at(self, duration: float) -> float | None:
        """Survival just after a duration; None beyond the last one seen, unless nobody is left."""
        if not self.users or duration < 0:
            return None
        place = self._place(duration)
        if duration > self.durations[-1] and self.survival[-1] > 0:
            return None
        return float(self.survival[place]) if place >= 0 else 1.0

    def interval_at(self, duration: float) -> Interval | None:
        """The interval at a duration; None where survival is 1, 0 or unknown."""
        place = self._place(duration)
        if self.at(duration) is None or place < 0 or np.isnan(self.ci_low[place]):
            return None
        return Interval(float(self.ci_low[place]), float(self.ci_high[place]))

    def users_at_risk(self, duration: float) -> int:
        """Users whose duration is at least this long."""
        counted = self.durations >= duration
        return int((self.churned + self.censored)[counted].sum())

    @property
    def median(self) -> float | None:
        """The first duration by which half have churned; None if fewer have."""
        return self._first(self.survival)

    @property
    def median_interval(self) -> tuple[float | None, float | None]:
        """Where the limits of survival pass one half; None for a limit that never does.

        Brookmeyer & Crowley 1982, Biometrics 38:29, on the log-log scale.
        """
        return self._first(self.ci_low), self._first(self.ci_high)

    def _first(self, curve: np.ndarray) -> float | None:
        # A product of shares may miss one half by its last bits.
        reached = np.flatnonzero(curve <= 0.5 + 1e-12)
        return float(self.durations[reached[0]]) if len(reached) else None

    def _place(self, duration: float) -> int:
        return int(np.searchsorted(self.durations, duration, side="right")) - 1


@dataclass(frozen=True, kw_only=True)
class LogRank:
    """Whether survival differs between groups.

    observed, expected: churned users by group, in the order of `groups`; expected if all survived
    alike. chi2, dof and p_value are None, with the reason, where nothing can be compared.
    """

    groups: tuple[str, ...]
    observed: tuple[float, ...]
    expected: tuple[float, ...]
    chi2: float | None = None
    dof: int | None = None
    p_value: float | None = None
    reason: str = ""


def kaplan_meier(
    durations: ArrayLike,
    churned: ArrayLike,
    users: ArrayLike | None = None,
    confidence: float = 0.95,
) -> Survival:
    """The survival curve: the product of 1 - churned / at risk (Kaplan & Meier 1958, JASA 53:457).

    Users censored at a duration count as at risk there. Limits: S^exp(±z s), with s the standard
    error of log(-log S) after Greenwood (Kalbfleisch & Prentice 1980, section 1.3), so within 0..1.
    Raises ValueError for an unknown or negative duration.
    """
    times, ended, number = _users(durations, churned, users)
    distinct, place = np.unique(times, return_inverse=True)
    gone = np.bincount(place, number * ended, len(distinct))
    censored = np.bincount(place, number * ~ended, len(distinct))
    at_risk = np.cumsum((gone + censored)[::-1])[::-1]
    survival = np.cumprod(1 - gone / at_risk)
    low, high = _log_log(survival, gone, at_risk, normal_quantile(confidence))
    return Survival(
        durations=distinct,
        at_risk=np.rint(at_risk).astype(int),
        churned=np.rint(gone).astype(int),
        censored=np.rint(censored).astype(int),
        survival=survival,
        ci_low=low,
        ci_high=high,
        users=round(number.sum()),
    )


def log_rank(
    groups: ArrayLike, durations: ArrayLike, churned: ArrayLike, users: ArrayLike | None = None
) -> LogRank:
    """The log-rank test of equal survival in all groups.

    chi² = Z' V⁻¹ Z with k - 1 degrees of freedom, Z the churned users less those expected, V the
    hypergeometric covariance (Mantel 1966; Peto & Peto 1972, JRSS A 135:185). Groups in which
    nobody is ever at risk of churning beside another group count no degree of freedom. Raises
    ValueError for an unknown or negative duration.
    """
    times, ended, number = _users(durations, churned, users)
    names, group = np.unique(np.asarray(groups).astype(str), return_inverse=True)
    if not len(names):
        return LogRank(groups=(), observed=(), expected=(), reason=NO_USERS)
    distinct, place = np.unique(times, return_inverse=True)
    shape = (len(names), len(distinct))
    cell = group * len(distinct) + place
    gone = np.bincount(cell, number * ended, names.size * distinct.size).reshape(shape)
    all_users = np.bincount(cell, number, names.size * distinct.size).reshape(shape)
    at_risk = np.cumsum(all_users[:, ::-1], axis=1)[:, ::-1]
    share = at_risk / at_risk.sum(axis=0)
    expected = (share * gone.sum(axis=0)).sum(axis=1)
    observed = gone.sum(axis=1)
    covariance = _hypergeometric(share, gone.sum(axis=0), at_risk.sum(axis=0))
    dof = int(np.linalg.matrix_rank(covariance, hermitian=True))
    counted = LogRank(
        groups=tuple(map(str, names)),
        observed=tuple(map(float, observed)),
        expected=tuple(map(float, expected)),
    )
    if not dof:
        return replace(counted, reason=_why_none(len(names), observed.sum()))
    difference = observed - expected
    chi2 = float(difference @ np.linalg.pinv(covariance, hermitian=True) @ difference)
    return replace(counted, chi2=chi2, dof=dof, p_value=float(special.chdtrc(dof, chi2)))


def _why_none(groups: int, churned: float) -> str:
    if groups < 2:
        return "fewer than two groups"
    return "nobody churned" if not churned else "the groups were never at risk together"


def _users(
    durations: ArrayLike, churned: ArrayLike, users: ArrayLike | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    times = np.asarray(durations, dtype=float)
    ended = np.asarray(churned, dtype=bool)
    number = np.ones_like(times) if users is None else np.asarray(users, dtype=float)
    if not (times >= 0).all():
        raise ValueError("durations must be known and at least 0")
    there = number > 0
    return times[there], ended[there], number[there]


def _log_log(
    survival: np.ndarray, churned: np.ndarray, at_risk: np.ndarray, z: float
) -> tuple[np.ndarray, np.ndarray]:
    low, high = np.full_like(survival, np.nan), np.full_like(survival, np.nan)
    between = (survival > 0) & (survival < 1)
    # Survival is 0 only once all at risk have churned, in the last row at the latest.
    stayed = np.where(at_risk > churned, at_risk - churned, 1.0)
    greenwood = np.cumsum(churned / (at_risk * stayed))[between]
    inside = survival[between]
    error = np.sqrt(greenwood) / -np.log(inside)
    low[between] = inside ** np.exp(z * error)
    high[between] = inside ** np.exp(-z * error)
    return low, high


def _hypergeometric(share: np.ndarray, churned: np.ndarray, at_risk: np.ndarray) -> np.ndarray:
    """The covariance of churned users over groups, summed over durations."""
    weight = churned * (at_risk - churned) / np.maximum(at_risk - 1, 1)
    covariance: np.ndarray = np.diag(share @ weight) - (share * weight) @ share.T
    return covariance
