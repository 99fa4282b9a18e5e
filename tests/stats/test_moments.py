from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from growthml.stats.moments import Moments

# Four users with x = 1, 2, 3, 4 and y = 2x: var x = 5/3, cov = 10/3, var y = 20/3.
FIRST = Moments.of_values({"x": [1, 2], "y": [2, 4]})
SECOND = Moments.of_values({"x": [3, 4], "y": [6, 8]})


def assert_four_users(moments: Moments) -> None:
    assert moments.n == 4
    assert moments.mean("x") == 2.5
    assert moments.sum("y") == 20
    assert moments.var("x") == pytest.approx(5 / 3)
    assert moments.var("y") == pytest.approx(20 / 3)
    assert moments.cov("x", "y") == moments.cov("y", "x") == pytest.approx(10 / 3)


def test_of_values() -> None:
    assert_four_users(Moments.of_values({"x": [1, 2, 3, 4], "y": [2, 4, 6, 8]}))


def test_groups_add_up() -> None:
    assert_four_users(FIRST + SECOND)
    assert_four_users(Moments.pool([SECOND, FIRST]))


def test_rows_of_groups_are_pooled() -> None:
    rows = pd.DataFrame(
        {
            "channel": ["FB", "PI", "RE"],
            "n": [2, 0, 2],
            "mean_x": [1.5, None, 3.5],
            "mean_y": [3.0, None, 7.0],
            "m2_x": [0.5, None, 0.5],
            "m2_y": [2.0, None, 2.0],
            "m2_y_x": [1.0, None, 1.0],
        }
    )
    assert_four_users(Moments.of_rows(rows))


def test_names_may_hold_underscores() -> None:
    rows = pd.DataFrame(
        {
            "n": [2],
            "mean_a": [1.0],
            "mean_b": [2.0],
            "mean_a_b": [3.0],
            "m2_a": [1.0],
            "m2_b": [2.0],
            "m2_a_b": [3.0],
            "m2_a_a_b": [4.0],
        }
    )
    moments = Moments.of_rows(rows)
    assert moments.var("a_b") == 3.0
    assert moments.cov("a", "a_b") == 4.0
    assert ("a", "b") not in moments.m2


def test_no_users() -> None:
    nobody = Moments.of_rows(pd.DataFrame({"n": [0], "mean_x": [None], "m2_x": [None]}))
    assert nobody.n == 0
    assert nobody.sum("x") == 0
    assert math.isnan(nobody.mean("x"))
    assert math.isnan(nobody.var("x"))
    assert Moments.pool([]).n == 0
    assert Moments.of_values({"x": []}).n == 0


def test_adding_nobody_changes_nothing() -> None:
    nobody = Moments.of_values({"x": [], "y": []})
    assert nobody + FIRST == FIRST
    assert FIRST + nobody == FIRST
    assert Moments.pool([FIRST]) == FIRST


def test_one_user_has_no_variance() -> None:
    assert math.isnan(Moments.of_values({"x": [7]}).var("x"))


def test_large_values_do_not_cancel() -> None:
    """1e8 ± 1, half each: the variance is n / (n - 1); raw sums of squares lose it whole."""
    n = 200_000
    values = 1e8 + np.tile([-1.0, 1.0], n // 2)
    truth = pytest.approx(n / (n - 1), rel=1e-9)
    assert Moments.of_values({"x": values}).var("x") == truth
    parts = [Moments.of_values({"x": part}) for part in np.split(values, 8)]
    assert Moments.pool(parts).var("x") == truth
    rows = pd.DataFrame(
        {
            "n": [part.n for part in parts],
            "mean_x": [part.mean("x") for part in parts],
            "m2_x": [part.m2["x", "x"] for part in parts],
        }
    )
    assert Moments.of_rows(rows).var("x") == truth


def test_large_groups_that_differ_do_not_cancel() -> None:
    """A million users at 1e8 and a million at 1e8 + 2: the variance is 2n / (2n - 1)."""
    rows = pd.DataFrame({"n": [10**6, 10**6], "mean_x": [1e8, 1e8 + 2], "m2_x": [0.0, 0.0]})
    truth = pytest.approx(2e6 / (2e6 - 1), rel=1e-12)
    assert Moments.of_rows(rows).var("x") == truth
    low, high = (Moments(10**6, {"x": mean}, {("x", "x"): 0.0}) for mean in (1e8, 1e8 + 2))
    assert (low + high).var("x") == truth


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="m2_x"):
        Moments.of_rows(pd.DataFrame({"n": [2], "mean_x": [1.0]}))
    with pytest.raises(ValueError, match="no value of mean_x"):
        Moments.of_rows(pd.DataFrame({"n": [2], "mean_x": [None], "m2_x": [1.0]}))
    with pytest.raises(ValueError, match="different quantities"):
        FIRST + Moments.of_values({"x": [1, 2]})
    with pytest.raises(ValueError, match="differ in length"):
        Moments.of_values({"x": [1, 2], "y": [1]})
