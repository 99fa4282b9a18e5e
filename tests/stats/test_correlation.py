"""Correlations: published data, ranks one can count, and intervals that hold."""

from __future__ import annotations

import numpy as np
import pytest

from growthml.stats.correlation import correlation
from tests.stats.test_ols import ANSCOMBE_X, ANSCOMBE_Y


def test_anscombes_first_pair() -> None:
    found = correlation(np.array(ANSCOMBE_X, float), np.array(ANSCOMBE_Y))
    assert found.pearson == pytest.approx(0.8164, abs=5e-5)
    # By ranks: x of 10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5 is 7 5 10 6 8 11 3 1 9 4 2, y's is
    # 7 4 6 9 8 10 5 1 11 2 3; the squared differences add up to 40, and 1 - 6 * 40 / 1320 = 0.8182.
    assert found.spearman == pytest.approx(1 - 6 * 40 / 1320)
    assert found.low < found.spearman < found.high


def test_a_curve_that_always_rises_has_ranks_in_step() -> None:
    x = np.arange(1.0, 31.0)
    found = correlation(x, x**5)
    assert found.spearman == 1.0
    assert found.pearson < 0.9
    assert found.p_value == 0.0


def test_gaps_are_left_out_and_constant_columns_told() -> None:
    x = np.array([*np.arange(12.0), np.nan])
    assert correlation(x, np.arange(13.0)).n == 12
    assert correlation(x, np.ones(13)).reason == "a column is the same everywhere"
    assert correlation(np.arange(5.0), np.arange(5.0)).reason == "fewer than 10 rows"


def test_spearmans_interval_holds_the_truth_nineteen_times_in_twenty() -> None:
    # Of two normal columns of correlation 0.6 Spearman's is 6/π asin(0.3).
    truth = 6 / np.pi * np.arcsin(0.3)
    held = 0
    for seed in range(200):
        random = np.random.default_rng(seed)
        a, b = random.normal(size=(2, 150))
        found = correlation(a, 0.6 * a + 0.8 * b)
        held += found.low <= truth <= found.high
    assert held >= 178  # fewer would happen once in 500 times
