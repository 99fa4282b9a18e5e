"""The models that predict: a simple and a complicated one each, for who responds and how much.

scikit-learn fits, seeded and on one thread, so that the same users give the same model in every
run. Predictions carry six decimals: further ones hang on the machine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from growthml.stats.bootstrap import SEED
from growthml.stats.sums import one_thread

if TYPE_CHECKING:
    import pandas as pd

Predict = Callable[["pd.DataFrame"], np.ndarray]
"""A fitted model: a matrix of users in, a prediction for each out."""
Fit = Callable[["pd.DataFrame", np.ndarray], Predict]

PLACES = 6
FOLDS = 5
OWN = 0.01
SMALLEST_LEAF = 20
TREES = 150


def base_rate(matrix: pd.DataFrame, outcome: np.ndarray) -> Predict:
    """Everybody alike: the mean outcome. What any model must beat."""
    mean = round(float(np.mean(outcome)), PLACES)
    return lambda users: np.full(len(users), mean)


def logistic(matrix: pd.DataFrame, outcome: np.ndarray) -> Predict:
    """Logistic regression on standardised columns with scikit-learn's ridge penalty (C = 1)."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(
        StandardScaler(), LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-8)
    )
    with one_thread():
        model.fit(matrix.to_numpy(float), outcome)

    def predict(users: pd.DataFrame) -> np.ndarray:
        with one_thread():
            return _rounded(model.predict_proba(users.to_numpy(float))[:, 1])

    return predict


def calibrated_logistic(matrix: pd.DataFrame, outcome: np.ndarray) -> Predict:
    """The same, its probabilities bent to what came true of users left out of the fit.

    Isotonic regression on five folds (Zadrozny & Elkan 2002, KDD), which needs no shape but that
    likelier means likelier; users unlike any seen are led on from its ends. A group none (or all)
    of whom responded gets 1 / (n + 2) from the end, Laplace's rule; a hundredth of the model's own
    probability keeps equal users apart.
    """
    from sklearn.isotonic import IsotonicRegression

    fold = np.empty(len(outcome), dtype=int)
    fold[np.argsort(outcome, kind="stable")] = np.arange(len(outcome)) % FOLDS
    left_out = np.empty(len(outcome))
    for number in range(FOLDS):
        held = fold == number
        left_out[held] = logistic(matrix[~held], outcome[~held])(matrix[held])
    bent = IsotonicRegression(out_of_bounds="clip").fit(left_out, outcome)
    seen = bent.predict(left_out)
    lowest, highest = 1 / ((seen == 0).sum() + 2), 1 - 1 / ((seen == 1).sum() + 2)
    low, high = float(left_out.min()), float(left_out.max())
    model = logistic(matrix, outcome)

    def predict(users: pd.DataFrame) -> np.ndarray:
        own = model(users)
        likely = np.clip(bent.predict(own), lowest, highest)
        # Beyond all that was seen the model's own odds lead on from where the bend ends.
        likely *= np.minimum(1.0, own / low) if low > 0 else 1.0
        unlikely = (1 - likely) * (np.minimum(1.0, (1 - own) / (1 - high)) if high < 1 else 1.0)
        return _rounded((1 - OWN) * (1 - unlikely) + OWN * own)

    return predict


def gradient_boosting(matrix: pd.DataFrame, outcome: np.ndarray) -> Predict:
    """Gradient-boosted trees of the probability to respond (HistGradientBoostingClassifier)."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(**_boosting())
    with one_thread():
        model.fit(matrix.to_numpy(float), outcome)

    def predict(users: pd.DataFrame) -> np.ndarray:
        with one_thread():
            return _rounded(model.predict_proba(users.to_numpy(float))[:, 1])

    return predict


def recalibrated(
    probability: np.ndarray, outcome: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    """What probabilities become once outcomes were seen: logit p' = c + a ln p - b ln(1 - p).

    Beta calibration (Kull, Silva Filho & Flach 2017, AISTATS 54:623) by maximum likelihood on users
    the model had not seen; unlike Platt's line it bends the high end, where models are too sure,
    apart from the low one. 0 and 1 are taken as PLACES decimals allow. The order stays: of a and b
    one that is not above 0 is left out; with neither, probabilities stay as they are.
    """
    from growthml.stats.logit import Logit, logit

    names = ["a", "b"]
    while names:
        fitted = logit(_ends(probability)[names], outcome)
        if not isinstance(fitted, Logit):
            break
        told = {name: term.coefficient for name, term in fitted.terms.items()}
        rising = [name for name in names if told.get(name, 0.0) > 0]
        if rising == names:
            weights = np.array([told[name] for name in names])
            return lambda new: _rounded(_chance(told["const"] + _ends(new)[names] @ weights))
        names = rising
    return lambda new: new


def _ends(probability: np.ndarray) -> pd.DataFrame:
    import pandas as pd

    inside = np.clip(probability, 10.0**-PLACES, 1 - 10.0**-PLACES)
    return pd.DataFrame({"a": np.log(inside), "b": -np.log1p(-inside)})


def _chance(log_odds: pd.Series[float]) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-log_odds)))


def linear(matrix: pd.DataFrame, amount: np.ndarray) -> Predict:
    """Linear regression of an amount on standardised columns, its smallest solution."""
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LinearRegression())
    with one_thread():
        model.fit(matrix.to_numpy(float), amount)

    def predict(users: pd.DataFrame) -> np.ndarray:
        with one_thread():
            return _rounded(model.predict(users.to_numpy(float)))

    return predict


def boosted_amount(matrix: pd.DataFrame, amount: np.ndarray) -> Predict:
    """Gradient-boosted trees of an amount, by squared error (HistGradientBoostingRegressor)."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    model = HistGradientBoostingRegressor(**_boosting())
    with one_thread():
        model.fit(matrix.to_numpy(float), amount)

    def predict(users: pd.DataFrame) -> np.ndarray:
        with one_thread():
            return _rounded(model.predict(users.to_numpy(float)))

    return predict


def _boosting() -> dict[str, Any]:
    """Small trees and slow steps, no early stopping: few responders are the rule here."""
    return {
        "max_iter": TREES,
        "learning_rate": 0.05,
        "max_leaf_nodes": 8,
        "min_samples_leaf": SMALLEST_LEAF,
        "l2_regularization": 1.0,
        "early_stopping": False,
        "random_state": SEED,
    }


def _rounded(values: np.ndarray) -> np.ndarray:
    # Adding 0 turns -0.0 into 0.0, which would print otherwise.
    return np.asarray(np.round(values, PLACES) + 0.0)
