"""The predicting models: what they recover, and that they do so alike every time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from growthml.stats import predictors

MODELS = [
    predictors.base_rate,
    predictors.logistic,
    predictors.gradient_boosting,
    predictors.linear,
    predictors.boosted_amount,
]


def users(seed: int, n: int = 3000) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Two columns, the chance to respond they give, and who responded."""
    random = np.random.default_rng(seed)
    matrix = pd.DataFrame(random.normal(size=(n, 2)), columns=["a", "b"])
    chance = 1 / (1 + np.exp(-(matrix["a"].to_numpy() - 1)))
    return matrix, chance, (random.random(n) < chance).astype(float)


@pytest.mark.parametrize("fit", MODELS)
def test_the_same_users_give_the_same_predictions(fit: predictors.Fit) -> None:
    matrix, _, responded = users(1)
    first, second = fit(matrix, responded)(matrix), fit(matrix.copy(), responded.copy())(matrix)
    assert (first == second).all()


@pytest.mark.parametrize("fit", [predictors.logistic, predictors.gradient_boosting])
def test_planted_chances_are_found(fit: predictors.Fit) -> None:
    matrix, _, responded = users(2)
    unseen, chance, _ = users(3)
    assert np.abs(fit(matrix, responded)(unseen) - chance).mean() < 0.05


def test_a_straight_line_is_found_to_the_last_place() -> None:
    matrix, _, _ = users(4)
    amount = (3 + 2 * matrix["a"] - matrix["b"]).to_numpy()
    assert predictors.linear(matrix, amount)(matrix) == pytest.approx(amount, abs=1e-6)


def test_probabilities_twice_too_sure_are_brought_back() -> None:
    # Log odds doubled and shifted: the correction halves them and shifts them back.
    _, chance, responded = users(5, 20_000)
    odds = np.log(chance / (1 - chance))
    too_sure = 1 / (1 + np.exp(-(2 * odds + 1)))
    correct = predictors.recalibrated(too_sure, responded)
    assert np.abs(correct(too_sure) - chance).max() < 0.03


def test_probabilities_that_rank_the_wrong_way_round_stay_as_they_are() -> None:
    _, chance, responded = users(6)
    backwards = 1 - chance
    assert (predictors.recalibrated(backwards, responded)(backwards) == backwards).all()


def test_a_high_end_that_is_too_sure_is_bent_and_the_low_end_kept() -> None:
    # Planted: chances of a beta form, c + a ln p - b ln(1 - p) with a = 1, b = 0.3, c = -0.2.
    random = np.random.default_rng(7)
    told = random.uniform(0.01, 0.99, 40_000)
    odds = -0.2 + np.log(told) - 0.3 * np.log(1 - told)
    chance = 1 / (1 + np.exp(-odds))
    responded = (random.random(len(told)) < chance).astype(float)
    correct = predictors.recalibrated(told, responded)
    assert np.abs(correct(told) - chance).max() < 0.03
    assert (np.diff(correct(np.linspace(0, 1, 101))) >= 0).all()
