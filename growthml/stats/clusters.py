"""Clusters of users by what they did: how many, whether there are any, and whether they last.

k-means on log(1 + x), standardised; k at the first peak of the mean silhouette (Rousseeuw 1987, J.
Comput. Appl. Math. 20:53). Structure is claimed only where the silhouette beats that of references,
the same columns each shuffled on its own so that only what they have in common is lost, and where
clusters come back when users are drawn anew (Hubert & Arabie 1985, J. Classification 2:193).
scikit-learn fits, seeded, on one thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from growthml.stats.bootstrap import SEED

MOST_CLUSTERS = 10
FEWEST_PER_CLUSTER = 10
SAMPLE = 1_000
"""k is chosen, and structure looked for, on so many users."""
REFERENCES = 19
"""Beating all of nineteen happens by chance once in twenty."""
REDRAWN = 10
STABLE = 0.8
LEAST = 0.05
"""A silhouette that rises less above the references' mean tells groups nobody would see."""
STARTS = 4


@dataclass(frozen=True, kw_only=True, eq=False)
class Choice:
    """How many clusters, and the evidence.

    ks, silhouettes: tried, -1..1, the higher the better told apart; by_group: the same for each
    group's users. reference_low, reference_high: the range of the references at each k. excess: how
    far the silhouette rises above the mean reference, at the k where that is most; chance: the
    furthest any reference does. stability: mean adjusted Rand index of redrawn users, 1 at best. k:
    the choice, None without structure; reason: why.
    """

    ks: Sequence[int]
    silhouettes: Sequence[float]
    by_group: Sequence[Sequence[float]]
    reference_low: Sequence[float]
    reference_high: Sequence[float]
    excess: float
    chance: float
    stability: float | None
    k: int | None
    reason: str
    users: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Clustering:
    """A fitted k-means: how columns are scaled, and its centres in that scale."""

    centre: np.ndarray
    scale: np.ndarray
    centres: np.ndarray

    def labels(self, rows: np.ndarray) -> np.ndarray:
        """The cluster of each row, the nearest centre's, 0 to k - 1."""
        scaled = (np.log1p(rows) - self.centre) / self.scale
        distances = ((scaled[:, None, :] - self.centres[None, :, :]) ** 2).sum(axis=2)
        return np.asarray(distances.argmin(axis=1))


def choose(rows: np.ndarray, users: np.ndarray, idle: np.ndarray | None = None) -> Choice | None:
    """How many clusters rows of equal users make; None for fewer than 10 users a cluster.

    rows: what users did, a column a behaviour, at least 0. users: how many stand for a row, a
    column a group (a campaign); groups count alike. idle: by group, how many more did none of it:
    they are not sorted, but without them rare behaviours would seem to shun one another.
    """
    drawn, group = _drawn(rows, users)
    distinct = len(np.unique(drawn, axis=0))
    most = min(MOST_CLUSTERS, len(drawn) // FEWEST_PER_CLUSTER, distinct - 1)
    if most < 2:
        return None
    ks = list(range(2, most + 1))
    scaled = _scaled(drawn)[0]
    labels = [_fit(scaled, k)[0] for k in ks]
    silhouettes = [_silhouette(scaled, each) for each in labels]
    by_group = [
        [_silhouette(scaled[group == g], each[group == g]) for each in labels]
        for g in range(users.shape[1])
    ]
    quiet = np.zeros(users.shape[1]) if idle is None else idle / np.maximum(users.sum(axis=0), 1)
    references = np.array([_reference(drawn, group, quiet, ks, n) for n in range(REFERENCES)])
    excess, chance = _excess(np.array(silhouettes), references)
    best = _first_peak(silhouettes)
    found: dict[str, Any] = {
        "ks": ks,
        "silhouettes": silhouettes,
        "by_group": by_group,
        "reference_low": np.nanmin(references, axis=0).tolist(),
        "reference_high": np.nanmax(references, axis=0).tolist(),
        "excess": excess,
        "chance": float(chance.max()),
        "users": len(drawn),
    }
    if excess <= max(chance.max(), LEAST):
        return Choice(**found, stability=None, k=None, reason="no better than chance")
    stability = _stability(scaled, labels[best], ks[best])
    if stability < STABLE:
        return Choice(**found, stability=stability, k=None, reason="not stable")
    return Choice(**found, stability=stability, k=ks[best], reason="")


def _excess(silhouettes: np.ndarray, references: np.ndarray) -> tuple[float, np.ndarray]:
    """How far the silhouettes, and those of each reference, rise above the mean reference of any
    k at most."""
    middle = np.nanmean(references, axis=0)
    observed = float(np.nanmax(silhouettes - middle))
    return observed, np.asarray(np.nanmax(references - middle, axis=1))


def _first_peak(silhouettes: Sequence[float]) -> int:
    """The place of the first silhouette that the next does not pass; the last where all rise.

    Counts of few values fall into ever smaller groups of equal users, so that later peaks are
    higher without telling more.
    """
    return next(
        place
        for place, each in enumerate(silhouettes)
        if place + 1 == len(silhouettes) or not silhouettes[place + 1] > each
    )


def fit(rows: np.ndarray, users: np.ndarray, k: int) -> Clustering:
    """k clusters of all rows, each group counting alike, the largest cluster first."""
    weights = (users / np.maximum(users.sum(axis=0), 1)).sum(axis=1)
    logged = np.log1p(rows)
    centre = np.average(logged, axis=0, weights=weights)
    spread = np.sqrt(np.average((logged - centre) ** 2, axis=0, weights=weights))
    scale = np.where(spread > 1e-12, spread, 1.0)
    labels, centres = _fit((logged - centre) / scale, k, weights)
    size = np.bincount(labels, weights, minlength=k)
    order = np.argsort(-size, kind="stable")
    return Clustering(centre=centre, scale=scale, centres=np.round(centres[order], 8))


def _drawn(rows: np.ndarray, users: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A sample of single users, as many of each group as there are, and each one's group."""
    generator = np.random.default_rng(SEED)
    parts, groups = [], []
    share = SAMPLE // users.shape[1]
    for g in range(users.shape[1]):
        mine = np.repeat(np.arange(len(rows)), users[:, g].astype(int))
        if len(mine) > share:
            mine = np.sort(generator.choice(mine, share, replace=False))
        parts.append(rows[mine])
        groups.append(np.full(len(mine), g))
    return np.concatenate(parts), np.concatenate(groups)


def _scaled(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    logged = np.log1p(rows)
    centre, spread = logged.mean(axis=0), logged.std(axis=0)
    scale = np.where(spread > 1e-12, spread, 1.0)
    return (logged - centre) / scale, centre, scale


def _fit(
    scaled: np.ndarray, k: int, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        model: Any = KMeans(n_clusters=k, n_init=STARTS, random_state=SEED)
        model.fit(scaled, sample_weight=weights)
    return np.asarray(model.labels_), np.asarray(model.cluster_centers_)


def _silhouette(scaled: np.ndarray, labels: np.ndarray) -> float:
    """The mean silhouette, -1..1; NaN for a single cluster."""
    from sklearn.metrics import silhouette_score
    from threadpoolctl import threadpool_limits

    if not 1 < len(np.unique(labels)) < len(labels):
        return float("nan")
    with threadpool_limits(limits=1):
        return round(float(silhouette_score(scaled, labels)), 6)


def _reference(
    rows: np.ndarray, group: np.ndarray, quiet: np.ndarray, ks: Sequence[int], number: int
) -> list[float]:
    """The silhouettes of rows whose columns were shuffled, each on its own within a group.

    quiet: by group, users who did nothing for each row; they are shuffled in, and whoever then did
    nothing is left out again.
    """
    generator = np.random.default_rng([SEED, number])
    parts = []
    for g in np.unique(group):
        mine = rows[group == g]
        with_idle = np.vstack([mine, np.zeros((round(quiet[g] * len(mine)), rows.shape[1]))])
        shuffled = np.column_stack([generator.permutation(column) for column in with_idle.T])
        parts.append(shuffled[shuffled.any(axis=1)][: len(mine)] if quiet[g] else shuffled)
    scaled = _scaled(np.vstack(parts))[0]
    distinct = len(np.unique(scaled, axis=0))
    return [_silhouette(scaled, _fit(scaled, k)[0]) if k < distinct else float("nan") for k in ks]


def _stability(scaled: np.ndarray, labels: np.ndarray, k: int) -> float:
    """The mean adjusted Rand index of the clusters and those of users drawn anew."""
    from sklearn.metrics import adjusted_rand_score

    found = []
    for number in range(REDRAWN):
        generator = np.random.default_rng([SEED, 1, number])
        drawn = scaled[generator.integers(0, len(scaled), len(scaled))]
        if len(np.unique(drawn, axis=0)) < k:
            continue
        centres = _fit(drawn, k)[1]
        nearest = ((scaled[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2).argmin(axis=1)
        found.append(adjusted_rand_score(labels, nearest))
    return round(float(np.mean(found)), 6) if found else 0.0
