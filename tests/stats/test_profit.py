from __future__ import annotations

import csv
import json
from collections.abc import Callable
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike

from growthml.stats.profit import CostBenefit, ProfitCurve, affordable, profit_curve

# Ten users one can count; a response brings 10, a contact in vain costs 4.
SCORE = [0.95, 0.9, 0.8, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]
RESPONDED = [1, 1, 0, 1, 0, 1, 0, 0, 0, 0]
MATRIX = CostBenefit(true_positive=10, false_positive=-4)


def curve(
    score: ArrayLike, positives: ArrayLike, matrix: CostBenefit, users: ArrayLike | None = None
) -> ProfitCurve:
    found = profit_curve(score, positives, matrix, users)
    assert found is not None
    return found


def of(matrix: list[list[float]]) -> CostBenefit:
    (tp, fp), (fn, tn) = matrix
    return CostBenefit(true_positive=tp, false_positive=fp, false_negative=fn, true_negative=tn)


def test_provost_and_fawcett() -> None:
    # Data Science for Business (2013), chapter 7: of 110 people 56 were rightly and 7 wrongly
    # offered, 5 and 42 not; a response is worth 99, an offer costs 1. The book prints 50.04 a head
    # because it rounds the rates; without rounding it is 50.336.
    offers = CostBenefit(true_positive=99, false_positive=-1)
    found = curve([1, 0], [56, 5], offers, users=[63, 47])
    assert found.at_threshold(1) == 56 * 99 - 7 == 5_537
    assert found.at_threshold(1) / found.users == pytest.approx(50.336, abs=5e-4)
    assert list(found.targeted) == [0, 63, 110]
    assert list(found.true_positives) == [0, 56, 61]


def test_every_point_of_ten_users() -> None:
    found = curve(SCORE, RESPONDED, MATRIX)
    assert list(found.profits) == pytest.approx([0, 10, 20, 26, 22, 32, 28, 24, 20, 16])
    assert list(found.targeted) == [0, 1, 2, 4, 5, 6, 7, 8, 9, 10]
    assert list(found.thresholds[1:4]) == [0.95, 0.9, 0.8]
    assert np.isnan(found.thresholds[0])
    assert (found.profit_if_none, found.profit_if_all) == pytest.approx((0, 16))
    assert found.at_threshold(0.55) == pytest.approx(22)
    assert found.at_threshold(2) == 0


def test_the_best_of_ten_users() -> None:
    best = curve(SCORE, RESPONDED, MATRIX).optimum()
    assert (best.threshold, best.users_targeted, best.true_positives) == (0.5, 6, 4)
    assert best.profit == pytest.approx(32)
    assert best.profit_per_user == pytest.approx(3.2)
    assert best.ci_low < 32 < best.ci_high


def test_a_budget_for_three_stops_before_the_tie() -> None:
    best = curve(SCORE, RESPONDED, MATRIX).optimum(most=3)
    assert (best.users_targeted, best.profit) == (2, pytest.approx(20))
    assert best.plateau[1] == pytest.approx(0.2)
    assert curve(SCORE, RESPONDED, MATRIX).optimum(most=0).threshold is None
    with pytest.raises(ValueError, match="cannot be negative"):
        curve(SCORE, RESPONDED, MATRIX).optimum(most=-1)


def test_of_equal_profits_the_fewest_are_targeted() -> None:
    # One responder of two at each score, so that no contact gains or loses.
    even = CostBenefit(true_positive=0.1, false_positive=-0.1)
    best = curve([3, 2, 1], [3, 3, 3], even, users=[6, 6, 6]).optimum()
    assert (best.users_targeted, best.threshold) == (0, None)
    tied = curve([3, 2, 1], [1, 0, 1], CostBenefit(true_positive=0.3, false_positive=-0.3))
    assert tied.optimum().users_targeted == 1


def test_no_share_pays() -> None:
    best = curve([2, 1], [0, 0], MATRIX).optimum()
    assert (best.fraction, best.users_targeted, best.profit) == (0, 0, 0)
    assert (best.ci_low, best.ci_high) == (0, 0)
    assert best.plateau == (0, 0)


def test_those_left_out_count_too() -> None:
    # A lost sale costs 20: nobody reached, one sale lost.
    found = curve([2, 1], [1, 0], of([[50, -5], [-20, 1]]))
    assert list(found.profits) == pytest.approx([-20 + 1, 50 + 1, 50 - 5])


def test_all_scores_equal_is_one_step() -> None:
    assert list(curve([0.5] * 4, [1, 0, 0, 0], MATRIX).profits) == pytest.approx([0, -2])


def test_each_row_its_own_worth() -> None:
    # Buyers of 20 and 3 where a contact costs 1, on a network where it costs 5.
    worth = CostBenefit(true_positive=[19, 2, -5], false_positive=[-1, -1, -5])
    found = curve([0.9, 0.5, 0.5], [1, 1, 0], worth)
    assert list(found.profits) == pytest.approx([0, 19, 19 + 2 - 5])
    assert worth.threshold is None
    with pytest.raises(ValueError, match="shape"):
        profit_curve([0.9, 0.5], [1, 1], worth)


@pytest.mark.parametrize(
    ("matrix", "threshold"),
    [
        ([[190, -10], [0, 0]], 0.05),
        ([[99, -1], [0, 0]], 0.01),
        ([[50, -5], [-20, 0]], 5 / 75),
        ([[6, -3], [0, 0]], 1 / 3),
        ([[1, -1], [5, 0]], None),
    ],
)
def test_theoretical_threshold(matrix: list[list[float]], threshold: float | None) -> None:
    assert of(matrix).threshold == (None if threshold is None else pytest.approx(threshold))


def test_the_interval_of_a_sum() -> None:
    # Everybody reached: 100 of 400 respond, 10 less 4 in vain, so a standard deviation of
    # 14 sqrt(1/4 x 3/4) a user.
    found = curve([1], [100], MATRIX, users=[400])
    band = found.band(np.array([0.0, 1.0]))
    half = 1.96 * 14 * sqrt(3 / 16) * 20
    assert (band.low[0], band.high[0]) == (0, 0)
    assert band.low[1] == pytest.approx(-200 - half, abs=0.1 * half)
    assert band.high[1] == pytest.approx(-200 + half, abs=0.1 * half)


def test_the_band_counts_those_left_out() -> None:
    # Nobody reached: each of 400 users loses 1, whoever comes.
    matrix = of([[0, 0], [-1, -1]])
    band = curve([2, 1], [50, 50], matrix, users=[200, 200]).band(np.array([0.0, 0.5, 1.0]))
    assert (band.low[0], band.high[0]) == (-400, -400)
    assert band.low[1] == pytest.approx(-200)
    assert (band.low[2], band.high[2]) == (0, 0)


def test_the_plateau_is_within_the_band_of_the_best() -> None:
    found = curve(SCORE, RESPONDED, MATRIX)
    best = found.optimum()
    low, high = best.plateau
    assert low <= best.fraction <= high
    inside = (found.fractions >= low) & (found.fractions <= high)
    assert (found.profits[inside] >= best.ci_low).all()
    beyond = found.profits[found.fractions < low]
    assert len(beyond) == 0 or beyond[-1] < best.ci_low


def test_a_steep_optimum_has_no_plateau() -> None:
    steep = CostBenefit(true_positive=10, false_positive=-100)
    best = curve([2, 1], [500, 0], steep, users=[500, 500]).optimum()
    assert best.fraction == 0.5
    assert best.plateau == (0.5, 0.5)


def test_no_users() -> None:
    assert profit_curve([], [], MATRIX) is None
    assert profit_curve([0.5], [0], MATRIX, users=[0]) is None


def test_what_a_budget_reaches() -> None:
    assert affordable(100, 3) == 33
    assert affordable(0, 3) == 0
    assert affordable(100, 0) is None
    with pytest.raises(ValueError, match="at least 0"):
        affordable(-1, 3)


@pytest.fixture(scope="module")
def bank(shared: Callable[[str], Path]) -> tuple[dict[str, Any], Any, Any]:
    expected = json.loads((shared("bank_marketing") / "expected.json").read_text())
    with (shared("bank_marketing") / "data.csv").open(encoding="utf-8") as file:
        rows = [(float(row["score"]), row["y"] in {"1", "yes"}) for row in csv.DictReader(file)]
    score, responded = zip(*rows, strict=True)
    return expected["profit_curves"], score, responded


def test_bank_marketing(bank: tuple[dict[str, Any], Any, Any]) -> None:
    curves, score, responded = bank
    assert len(curves) == 5
    for expected in curves.values():
        matrix, best = of(expected["matrix"]), expected["best"]
        found = curve(score, responded, matrix)
        optimum = found.optimum()
        assert len(found.profits) == expected["n_curve_points"]
        assert optimum.threshold == best["threshold"]
        assert optimum.users_targeted == best["targeted"]
        assert optimum.true_positives == best["true_positives"]
        assert optimum.profit == pytest.approx(best["profit"])
        assert optimum.profit_per_user == pytest.approx(best["profit_per_customer"])
        assert optimum.ci_low < optimum.profit <= optimum.ci_high
        assert found.profit_if_none == pytest.approx(expected["target_nobody_profit"])
        assert found.profit_if_all == pytest.approx(expected["target_everybody_profit"])
        theory = matrix.threshold
        assert theory == pytest.approx(expected["theoretical_threshold_if_calibrated"])
        assert found.at_threshold(theory or 0.0) == pytest.approx(
            expected["profit_at_theoretical_threshold"]
        )


def test_toy(shared: Callable[[str], Path]) -> None:
    toy = json.loads((shared("toy_hand_checked") / "expected.json").read_text())
    tiny = toy["tiny_profit_curve"]
    found = curve(tiny["score"], tiny["y"], of(tiny["matrix"]))
    points = zip(found.targeted, found.true_positives, found.profits, strict=True)
    assert [list(point) for point in points] == [
        [point["targeted"], point["tp"], pytest.approx(point["profit"])] for point in tiny["points"]
    ]
    book = toy["provost_fawcett_ch7"]
    cells = book["confusion"]
    both = curve(
        [1, 0],
        [cells["tp"], cells["fn"]],
        of(book["matrix"]),
        users=[cells["tp"] + cells["fp"], cells["fn"] + cells["tn"]],
    )
    assert both.at_threshold(1) / both.users == pytest.approx(
        book["expected_profit_per_person_exact"]
    )
