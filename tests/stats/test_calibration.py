from __future__ import annotations

import csv
import json
from collections.abc import Callable
from math import log
from pathlib import Path

import pytest

from growthml.stats.calibration import calibration


def test_two_bins() -> None:
    # Four of 0.25, one of whom responds: true. Two of 0.75, both respond: 0.25 too low.
    found = calibration([0.25, 0.75], [1, 2], [4, 2], bins=2)
    low, high = found.bins
    assert (low.bin, low.low, low.high, low.users, low.positives) == (1, 0, 0.5, 4, 1)
    assert (low.mean_predicted, low.observed_rate) == (0.25, 0.25)
    assert (high.mean_predicted, high.observed_rate) == (0.75, 1)
    # Wilson: 1 of 4 is 0.0456 to 0.6994 (Newcombe 1998, method 3), 2 of 2 reaches 1.
    assert (low.ci_low, low.ci_high) == pytest.approx((0.0456, 0.6994), abs=5e-5)
    assert high.ci_high == 1
    assert found.ece == pytest.approx(2 / 6 * 0.25)


def test_brier_and_log_loss_by_hand() -> None:
    # Brier: (0.3² + 0.4²) / 2 = 0.125 against 0.25 for the base rate.
    found = calibration([0.7, 0.4], [1, 0])
    assert found.brier == pytest.approx(0.125)
    assert found.brier_reference == pytest.approx(0.25)
    assert found.brier_skill == pytest.approx(0.5)
    assert found.log_loss == pytest.approx(-(log(0.7) + log(0.6)) / 2)


def test_a_certain_prediction_that_fails_costs_much_but_not_everything() -> None:
    found = calibration([1.0, 0.0], [0, 0])
    assert found.log_loss == pytest.approx(-log(1e-15) / 2, rel=1e-2)
    assert found.brier_skill is None


def test_a_probability_on_an_edge_belongs_below_it() -> None:
    found = calibration([0.0, 0.1, 0.3, 0.7, 1.0], [0] * 5)
    assert [row.bin for row in found.bins] == [1, 3, 7, 10]
    assert found.bins[0].users == 2


def test_bins_of_equal_users_keep_ties_together() -> None:
    found = calibration([0.1] * 6 + [0.2, 0.3, 0.4, 0.5], [0] * 10, bins=5, by="users")
    assert [row.users for row in found.bins] == [6, 2, 2]
    assert [(row.low, row.high) for row in found.bins] == [(0.1, 0.1), (0.2, 0.3), (0.4, 0.5)]


def test_equal_users_where_no_two_are_alike() -> None:
    found = calibration([k / 100 for k in range(100)], [0] * 100, by="users")
    assert [row.users for row in found.bins] == [10] * 10
    assert [row.bin for row in found.bins] == list(range(1, 11))


def test_no_users() -> None:
    found = calibration([], [])
    assert found.bins == ()
    assert found.brier is None


@pytest.mark.parametrize("score", [-0.1, 1.1])
def test_a_score_is_no_probability(score: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        calibration([score], [0])


def test_bank_marketing(shared: Callable[[str], Path]) -> None:
    expected = json.loads((shared("bank_marketing") / "expected.json").read_text())
    with (shared("bank_marketing") / "data.csv").open(encoding="utf-8") as file:
        rows = [(float(row["score"]), row["y"] in {"1", "yes"}) for row in csv.DictReader(file)]
    found = calibration(*zip(*rows, strict=True))
    published = expected["calibration_10_equal_width"]
    for row, truth in zip(found.bins, published["rows"], strict=True):
        assert row.users == truth["n"]
        assert row.mean_predicted == pytest.approx(truth["mean_score"])
        assert row.observed_rate == pytest.approx(truth["rate"])
        assert row.ci_low < row.observed_rate < row.ci_high
    assert found.ece == pytest.approx(published["ece"])
    assert found.brier == pytest.approx(expected["brier"])
    assert found.brier_reference == pytest.approx(expected["brier_reference_base_rate"])
    assert found.brier_skill == pytest.approx(expected["brier_skill"])
    assert found.log_loss == pytest.approx(expected["log_loss"])
