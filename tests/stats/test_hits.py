from __future__ import annotations

from math import log2, sqrt

import numpy as np
import pytest

from growthml.stats.hits import compare_hits, compare_ndcg, coverage, hit_rate, ndcg
from growthml.stats.proportions import wilson

# Four users: their item stands first, third, tenth, eleventh.
RANKS = [1, 3, 10, 11]


def test_hits_one_can_count() -> None:
    assert hit_rate(RANKS, 10).value == 3 / 4
    assert hit_rate(RANKS, 5).value == 2 / 4
    limits = wilson(3, 4)
    assert limits is not None
    assert (hit_rate(RANKS, 10).low, hit_rate(RANKS, 10).high) == (limits.low, limits.high)


def test_gains_one_can_count() -> None:
    # 1/log2(2) = 1, 1/log2(4) = 1/2, 1/log2(11), and nothing beyond the tenth.
    assert ndcg(RANKS, 10).value == pytest.approx((1 + 0.5 + 1 / log2(11)) / 4)
    assert ndcg(RANKS, 5).value == pytest.approx(1.5 / 4)


def test_the_interval_of_gains_is_a_means_interval() -> None:
    # 900 users gain 1 and 900 gain 0: a half, give or take 1.96 x 0.5 / sqrt(1800).
    found = ndcg([1] * 900 + [99] * 900, 10)
    half = 1.96 * 0.5 / sqrt(1800)
    assert found.value == 0.5
    assert found.low == pytest.approx(0.5 - half, abs=0.002)
    assert found.high == pytest.approx(0.5 + half, abs=0.002)


def test_coverage_counts_items_in_anybodys_list() -> None:
    # Items 0, 1 and 2 of five; -1 is an empty place.
    assert coverage(np.array([[0, 1], [1, 2], [2, -1]]), 5).value == 3 / 5


def test_coverage_of_equal_lists_is_certain() -> None:
    found = coverage(np.array([[0, 1]] * 30), 5)
    assert (found.low, found.value, found.high) == (0.4, 0.4, 0.4)


def test_the_interval_of_coverage_lies_about_it() -> None:
    found = coverage(np.arange(40).reshape(40, 1), 100)
    # Each user brings one item of their own; of 40 draws 40 (1 - 1/e) differ, and the standard
    # deviation of how many is sqrt(40 (e - 2)) / e = 1.97.
    assert found.value == 0.4
    assert found.low is not None
    assert found.high is not None
    assert (found.low + found.high) / 2 == pytest.approx(0.4)
    assert found.high - found.low == pytest.approx(2 * 1.96 * 0.0197, rel=0.15)


def test_no_users_have_no_figures() -> None:
    assert hit_rate([], 10).value is None
    assert ndcg([], 10).value is None
    assert coverage(np.empty((0, 10), dtype=int), 5).value is None
    assert compare_hits([], [], 10).difference is None


def test_lists_are_compared_user_by_user() -> None:
    # Of 98 users nine are hit by the new list alone, one by the old alone.
    old = [1] * 1 + [99] * 9 + [1] * 20 + [99] * 68
    new = [99] * 1 + [1] * 9 + [1] * 20 + [99] * 68
    found = compare_hits(old, new, 10)
    assert found.difference == pytest.approx(8 / 98)
    # Ten users differ; one or none of ten by a fair coin, both sides: 2 x 11 / 1024.
    assert found.p_value == pytest.approx(22 / 1024)
    # (10 - 2) / 100, give or take 1.959964 sqrt((0.12 - 0.08^2) / 100).
    half = 1.959963984540054 * sqrt((0.12 - 0.0064) / 100)
    assert (found.ci_low, found.ci_high) == (
        pytest.approx(0.08 - half),
        pytest.approx(0.08 + half),
    )


def test_lists_that_hit_the_same_users_are_no_evidence() -> None:
    assert compare_hits([1, 99], [2, 50], 10).p_value == 1.0


def test_gains_are_compared_user_by_user() -> None:
    # Everybody moves from third to first: half a gain more, whoever is drawn.
    found = compare_ndcg([3] * 30, [1] * 30, 10)
    assert (found.ci_low, found.difference, found.ci_high) == (0.5, 0.5, 0.5)
