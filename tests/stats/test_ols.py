"""Least squares: published figures, and a line one can draw by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from growthml.stats.ols import ols

# Anscombe 1973, American Statistician 27:17, the first of four.
ANSCOMBE_X = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5]
ANSCOMBE_Y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68]


def test_anscombes_first_line() -> None:
    found = ols(pd.DataFrame({"x": ANSCOMBE_X}), ANSCOMBE_Y)
    assert found is not None
    assert found.terms["const"].coefficient == pytest.approx(3.0001, abs=5e-5)
    assert found.terms["x"].coefficient == pytest.approx(0.5001, abs=5e-5)
    assert found.r2 == pytest.approx(0.6665, abs=5e-5)


def test_duration_on_pages_of_online_shoppers(shared: Callable[[str], Path]) -> None:
    folder = shared("online_shoppers")
    told = json.loads((folder / "expected.json").read_text())["ols_duration_on_pages"]
    data = pd.read_csv(folder / "data.csv")
    found = ols(pd.DataFrame({"pages": data["ProductRelated"]}), data["ProductRelated_Duration"])
    assert found is not None
    assert found.terms["const"].coefficient == pytest.approx(told["intercept"], rel=1e-6)
    assert found.terms["pages"].coefficient == pytest.approx(told["slope"], rel=1e-9)
    assert found.r2 == pytest.approx(told["r2"], rel=1e-9)
    assert found.adjusted_r2 == pytest.approx(told["adj_r2"], rel=1e-9)


def test_two_columns_that_say_the_same_are_told_once() -> None:
    x = np.arange(20.0)
    found = ols(pd.DataFrame({"x": x, "twice": 2 * x, "one": 1.0}), 3 + 2 * x + (x % 3))
    assert found is not None
    assert set(found.left_out) == {"twice", "one"}


def test_robust_errors_by_hand() -> None:
    # Half the rows at 0 (spread 1), half at 1 (spread 3): the slope is the difference of means, and
    # its HC3 variance the sum of e² / (n - 1)² over each half.
    y = np.array([-1.0, 1, -1, 1, 7, 13, 7, 13])
    found = ols(pd.DataFrame({"x": [0.0] * 4 + [1.0] * 4}), y)
    assert found is not None
    assert found.terms["x"].coefficient == pytest.approx(10.0)
    assert found.terms["x"].std_error == pytest.approx((4 * 1 / 9 + 4 * 9 / 9) ** 0.5)


def test_nothing_that_varies_gives_no_line() -> None:
    assert ols(pd.DataFrame({"x": [1.0] * 9}), np.arange(9.0)) is None
    assert ols(pd.DataFrame({"x": np.arange(9.0)}), np.ones(9)) is None
