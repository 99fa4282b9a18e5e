"""Clusters: planted ones are found, and none is made up."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from growthml.stats.clusters import choose, fit

HABITS = np.array([[8, 0.2, 0.2, 0.2], [0.2, 8, 0.2, 0.2], [0.2, 0.2, 8, 0.2], [5, 5, 0.2, 5]])
"""Mean times four groups do each of four actions."""


def one_group(rows: np.ndarray) -> np.ndarray:
    return np.ones((len(rows), 1))


def test_planted_clusters_are_found() -> None:
    random = np.random.default_rng(1)
    truth = random.integers(0, len(HABITS), 1200)
    rows = random.poisson(HABITS[truth]).astype(float)
    choice = choose(rows, one_group(rows))
    assert choice is not None
    assert choice.k == 4
    assert choice.stability is not None
    assert choice.stability > 0.8
    assert adjusted_rand_score(truth, fit(rows, one_group(rows), 4).labels(rows)) > 0.8


def noise(kind: str, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    counts = random.poisson(2, (900, 4)).astype(float)
    match kind:
        case "counts":
            return counts
        case "mostly zero":
            return counts * (random.random((900, 4)) < 0.2)
        case _:
            return np.exp(random.normal(size=(900, 4)))


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("kind", ["counts", "mostly zero", "skewed"])
def test_columns_that_know_nothing_of_one_another_have_no_structure(kind: str, seed: int) -> None:
    rows = noise(kind, seed)
    choice = choose(rows, one_group(rows))
    assert choice is not None
    assert choice.k is None
    assert choice.reason == "no better than chance"


def test_equal_users_are_as_good_as_one_row_with_their_number() -> None:
    random = np.random.default_rng(2)
    rows = random.poisson(HABITS[random.integers(0, 4, 400)]).astype(float)
    alike, number = np.unique(rows, axis=0, return_counts=True)
    apart, together = choose(rows, one_group(rows)), choose(alike, number[:, None].astype(float))
    assert apart is not None
    assert together is not None
    assert (apart.k, apart.users) == (together.k, together.users)


def test_a_large_group_does_not_drown_a_small_one() -> None:
    # A thousand like, all in the first group; forty share or buy, half of the second.
    rows = np.array([[5.0, 0, 0], [4, 0, 0], [0, 5, 0], [0, 0, 5]])
    users = np.array([[500.0, 10], [500, 10], [0, 10], [0, 10]])
    centres = fit(rows, users, 3)
    assert len(set(centres.labels(rows[[0, 2, 3]]))) == 3


@pytest.mark.parametrize("rows", [np.full((200, 3), 2.0), np.arange(12.0).reshape(4, 3)])
def test_users_all_alike_or_too_few_are_not_sorted(rows: np.ndarray) -> None:
    assert choose(rows, one_group(rows)) is None


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_rare_actions_seem_to_shun_one_another_only_where_the_idle_are_forgotten(seed: int) -> None:
    # Three actions, each done by one user in ten whatever else they do: of those who do anything
    # most do one thing alone, and look sorted.
    random = np.random.default_rng(seed)
    everybody = random.poisson(2, (6000, 3)) * (random.random((6000, 3)) < 0.1) * 1.0
    active = everybody[everybody.any(axis=1)]
    idle = np.array([float(len(everybody) - len(active))])
    honest = choose(active, one_group(active), idle)
    assert honest is not None
    assert honest.k is None
