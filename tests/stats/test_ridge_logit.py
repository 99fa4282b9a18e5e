"""The penalised logistic regression, against one worked out by hand and against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest

from growthml.stats.ridge_logit import ridge_logit


def test_without_columns_the_intercept_is_the_log_odds() -> None:
    """3 of 12 users respond: odds of 1 to 3."""
    weights, intercept = ridge_logit(np.empty((2, 0)), np.array([1.0, 2.0]), np.array([4.0, 8.0]))
    assert len(weights) == 0
    assert intercept == pytest.approx(np.log(1 / 3))


def test_a_column_that_parts_the_kinds_is_held_by_the_penalty() -> None:
    """One responder at 1, one other at -1: by symmetry the intercept is 0, and the slope of
    2 ln(1 + e^-w) + w^2 / 2 is 0 where w (1 + e^w) = 2."""
    weights, intercept = ridge_logit(
        np.array([[1.0], [-1.0]]), np.array([1.0, 0.0]), np.array([1.0, 1.0])
    )
    assert intercept == pytest.approx(0.0, abs=1e-9)
    assert weights[0] * (1 + np.exp(weights[0])) == pytest.approx(2.0)


def test_agrees_with_scikit_learn() -> None:
    from sklearn.linear_model import LogisticRegression

    random = np.random.default_rng(7)
    design = random.normal(size=(300, 6))
    design[:, 5] = design[:, 0] + design[:, 1]
    users = random.integers(1, 9, 300).astype(float)
    responders = random.binomial(users.astype(int), 1 / (1 + np.exp(1 - design[:, 0]))).astype(
        float
    )
    theirs = LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-10).fit(
        np.concatenate([design, design]),
        np.repeat([1, 0], 300),
        sample_weight=np.concatenate([responders, users - responders]),
    )
    weights, intercept = ridge_logit(design, responders, users)
    np.testing.assert_allclose(weights, theirs.coef_[0], atol=1e-6)
    assert intercept == pytest.approx(theirs.intercept_[0], abs=1e-6)
