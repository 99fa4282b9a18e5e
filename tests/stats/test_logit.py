"""Logistic regression without penalty: published figures, planted odds, and what has no maximum."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import log
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from growthml.stats.calibration import calibration
from growthml.stats.logit import Logit, NotEstimated, logit
from growthml.stats.ranking import auc, rank


def estimated(design: pd.DataFrame, outcome: pd.Series) -> Logit:
    found = logit(design, outcome)
    assert isinstance(found, Logit)
    return found


def test_bank_marketing(shared: Callable[[str], Path]) -> None:
    folder = shared("bank_marketing")
    told = json.loads((folder / "expected.json").read_text())["logit_mle"]
    data = pd.read_csv(folder / "data.csv")
    outcome = (data["y"] == "yes").astype(float)
    design = pd.DataFrame(
        {
            "euribor3m": data["euribor3m"],
            "campaign": data["campaign"],
            "cellular": (data["contact"] == "cellular").astype(float),
            "prev_success": (data["poutcome"] == "success").astype(float),
            "age": data["age"],
        }
    )
    found = estimated(design, outcome)
    for name, term in found.terms.items():
        assert term.coefficient == pytest.approx(told["coef"][name], rel=1e-9)
        assert term.std_error == pytest.approx(told["se"][name], rel=1e-9)
        assert term.z == pytest.approx(told["z"][name], rel=1e-9)
        assert term.p_value == pytest.approx(told["p"][name], rel=1e-6)
    assert found.terms["cellular"].odds_ratio == pytest.approx(told["odds_ratio_cellular"])
    assert found.log_likelihood == pytest.approx(told["llf"], rel=1e-12)
    assert found.null_log_likelihood == pytest.approx(told["llnull"], rel=1e-9)
    assert found.mcfadden == pytest.approx(told["mcfadden_r2"], rel=1e-9)
    assert found.adjusted_mcfadden == pytest.approx(told["mcfadden_adj"], rel=1e-9)
    assert auc(rank(found.fitted, outcome)).value == pytest.approx(told["auc_in_sample"])
    assert calibration(found.fitted, outcome).brier == pytest.approx(told["brier_in_sample"])


@pytest.mark.parametrize("block", ["logit", "logit_without_page_values"])
def test_online_shoppers(shared: Callable[[str], Path], block: str) -> None:
    folder = shared("online_shoppers")
    told = json.loads((folder / "expected.json").read_text())[block]
    data = pd.read_csv(folder / "data.csv")
    outcome = data["Revenue"].astype(float)
    columns = {
        "bounce_rates": data["BounceRates"],
        "exit_rates": data["ExitRates"],
        "page_values": data["PageValues"],
        "product_pages": data["ProductRelated"],
        "new_visitor": (data["VisitorType"] == "New_Visitor").astype(float),
        "weekend": data["Weekend"].astype(float),
    }
    design = pd.DataFrame({name: columns[name] for name in columns if name in told["coef"]})
    found = estimated(design, outcome)
    for name, term in found.terms.items():
        assert term.coefficient == pytest.approx(told["coef"][name], rel=1e-6)
        assert "se" not in told or term.std_error == pytest.approx(told["se"][name], rel=1e-6)
    assert found.mcfadden == pytest.approx(told["mcfadden"], rel=1e-9)
    assert auc(rank(found.fitted, outcome)).value == pytest.approx(told["auc"], rel=1e-9)


def test_a_two_by_two_table_has_the_odds_ratio_one_reckons_by_hand() -> None:
    # Of 40 with it 30 respond, of 60 without it 20: (30/10) / (20/40) = 6; Woolf's standard error.
    having = [1.0] * 40 + [0.0] * 60
    outcome = [1.0] * 30 + [0.0] * 10 + [1.0] * 20 + [0.0] * 40
    term = estimated(pd.DataFrame({"it": having}), pd.Series(outcome)).terms["it"]
    error = (1 / 30 + 1 / 10 + 1 / 20 + 1 / 40) ** 0.5
    assert term.odds_ratio == pytest.approx(6.0)
    assert term.std_error == pytest.approx(error)
    assert log(term.ci_high) - log(6.0) == pytest.approx(1.959964 * error, rel=1e-6)


def test_planted_odds_ratios_lie_within_their_intervals() -> None:
    planted = {"a": 2.0, "b": 0.5, "c": 1.0}
    missed = 0
    for seed in range(20):
        random = np.random.default_rng(seed)
        design = pd.DataFrame({name: random.normal(size=2000) for name in planted})
        odds = sum(design[name] * log(ratio) for name, ratio in planted.items()) - 1.5
        outcome = (random.random(2000) < 1 / (1 + np.exp(-odds))).astype(float)
        terms = estimated(design, outcome).terms
        missed += sum(
            not terms[name].ci_low <= ratio <= terms[name].ci_high
            for name, ratio in planted.items()
        )
    # Sixty intervals of 95 %: three missed on average; ten or more happen once in 4,000 times.
    assert missed < 10


def test_a_level_without_responders_is_named_and_its_users_left_out() -> None:
    design = pd.DataFrame({"quiet": [1.0] * 30 + [0.0] * 100, "it": [0.0, 1.0] * 65})
    outcome = pd.Series([0.0] * 30 + ([1.0, 0.0] * 20 + [0.0, 1.0, 1.0] * 20))
    found = estimated(design, outcome)
    assert found.left_out == {"quiet": "nobody with it responded"}
    assert found.rows == 100
    assert np.isnan(found.fitted[:30]).all()


def test_a_count_that_settles_the_outcome_is_named() -> None:
    design = pd.DataFrame({"times": [0.0] * 50 + [1.0, 3.0] * 10})
    outcome = pd.Series([0.0, 1.0] * 25 + [1.0] * 20)
    assert logit(design, outcome).left_out == {"times": "everybody with it responded"}


def test_a_column_that_repeats_others_is_left_out_alone() -> None:
    random = np.random.default_rng(1)
    a, b = random.normal(size=(2, 200))
    design = pd.DataFrame({"a": a, "b": b, "sum": a + b, "constant": 3.0})
    found = estimated(design, pd.Series((random.random(200) < 0.4).astype(float)))
    assert set(found.terms) == {"const", "a", "b"}
    assert set(found.left_out) == {"sum", "constant"}


def test_a_column_that_settles_the_outcome_with_others_is_left_out_and_the_rest_told() -> None:
    # Whoever has a + b above 0 responds; c is noise.
    random = np.random.default_rng(2)
    design = pd.DataFrame(random.normal(size=(200, 3)), columns=["a", "b", "c"])
    outcome = (design["a"] + design["b"] > 0).astype(float)
    found = estimated(design, outcome)
    (left_out,) = found.left_out
    assert left_out in ("a", "b")
    assert found.left_out[left_out] == "settles the outcome together with others"
    assert set(found.terms) == {"const", "a", "b", "c"} - {left_out}


def test_one_column_that_settles_the_outcome_gives_no_model() -> None:
    design = pd.DataFrame({"a": [-3.0, -2.0, -1.0, 1.0, 2.0, 3.0]})
    found = logit(design, [0, 0, 0, 1, 1, 1])
    assert isinstance(found, NotEstimated)
    assert found.reason == "the columns together settle the outcome"


@pytest.mark.parametrize("outcome", [0.0, 1.0])
def test_a_single_outcome_gives_no_model(outcome: float) -> None:
    found = logit(pd.DataFrame({"a": [1.0, 2.0, 3.0]}), [outcome] * 3)
    assert found == NotEstimated(reason="everybody or nobody responded")
