"""R² and errors of amounts, reckoned by hand."""

from __future__ import annotations

import numpy as np
import pytest

from growthml.stats.fit_quality import compare_errors, fit_quality


def test_four_users_by_hand() -> None:
    # Spent 0, 0, 4, 8 (mean 3, squares about it 44); errors 1, -1, 1, 1 (squares 4).
    found = fit_quality(np.array([0.0, 0, 4, 8]), np.array([-1.0, 1, 3, 7]), columns=1)
    assert found is not None
    assert (found.n, found.mae, found.rmse) == (4, 1.0, 1.0)
    assert found.r2 == pytest.approx(1 - 4 / 44)
    assert found.adjusted_r2 == pytest.approx(1 - (4 / 44) * 3 / 2)


def test_worse_than_these_users_own_mean_is_below_zero() -> None:
    found = fit_quality(np.array([0.0, 0, 4, 8]), np.array([8.0, 4, 0, 0]), columns=2)
    assert found is not None
    assert found.r2 == pytest.approx(1 - (64 + 16 + 16 + 64) / 44)
    assert found.adjusted_r2 == pytest.approx(1 - (160 / 44) * 3 / 1)


def test_too_many_columns_leave_no_adjusted_r2_and_equal_amounts_no_r2() -> None:
    crowded = fit_quality(np.array([0.0, 2.0]), np.array([0.0, 1.0]), columns=5)
    assert crowded is not None
    assert crowded.adjusted_r2 is None
    equal = fit_quality(np.array([3.0, 3.0]), np.array([2.0, 3.0]), columns=0)
    assert equal is not None
    assert (equal.r2, equal.r2_low, equal.reason) == (None, None, "everybody spent the same")
    assert fit_quality(np.array([]), np.array([]), columns=1) is None


def test_the_interval_holds_the_true_r2_nineteen_times_in_twenty() -> None:
    # Amount = 2x + noise of the same spread as 2x: R² of the true line is 1/2.
    held = 0
    for seed in range(60):
        random = np.random.default_rng(seed)
        x, noise = random.normal(size=(2, 400))
        found = fit_quality(2 * x + 2 * noise, 2 * x, columns=1)
        assert found is not None
        assert found.r2_low is not None
        assert found.r2_high is not None
        held += found.r2_low <= 0.5 <= found.r2_high
    assert held >= 51  # fewer would happen once in 500 times


def test_the_nearer_of_two_predictions_by_hand() -> None:
    # Squared errors 4, 0, 9, 1 and 1, 1, 1, 1: they differ by -3, 1, -8, 0, -2.5 on average.
    actual = np.array([0.0, 0, 0, 0])
    found = compare_errors(actual, np.array([2.0, 0, 3, 1]), np.array([1.0, -1, 1, -1]))
    error = ((0.5**2 + 3.5**2 + 5.5**2 + 2.5**2) / 3 / 4) ** 0.5
    assert found.difference == -2.5
    assert found.ci_low == pytest.approx(-2.5 - 1.959964 * error, rel=1e-6)
    assert found.ci_high == pytest.approx(-2.5 + 1.959964 * error, rel=1e-6)


def test_predictions_that_err_alike_have_no_interval() -> None:
    found = compare_errors(np.array([0.0, 1]), np.array([1.0, 2]), np.array([-1.0, 0]))
    assert (found.difference, found.ci_low) == (0.0, None)
    assert found.reason == "the two predictions err alike"
