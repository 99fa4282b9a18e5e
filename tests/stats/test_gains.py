from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from growthml.stats.gains import GainsBin, gains_band, gains_curve, gains_table
from growthml.stats.ranking import rank

# Ten users one can count; the two of score 0.8 are tied.
SCORE = [0.95, 0.9, 0.8, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]
RESPONDED = [1, 1, 0, 1, 0, 1, 0, 0, 0, 0]


def as_published(row: GainsBin) -> dict[str, Any]:
    return {
        "bin": row.bin,
        "n": row.users,
        "positives": row.positives,
        "rate": row.rate,
        "lift": row.lift,
        "cum_n": row.cumulative_users,
        "cum_positives": row.cumulative_positives,
        "cum_gain": row.cumulative_gain,
        "cum_lift": row.cumulative_lift,
        "ks": row.ks,
        "score_min": row.score_low,
        "score_max": row.score_high,
    }


def test_five_bins_of_two() -> None:
    table = gains_table(SCORE, RESPONDED, bins=5)
    assert [row.users for row in table] == [2] * 5
    assert [row.positives for row in table] == [2, 1, 1, 0, 0]
    assert [row.lift for row in table] == pytest.approx([2.5, 1.25, 1.25, 0, 0])
    assert [row.cumulative_gain for row in table] == pytest.approx([0.5, 0.75, 1, 1, 1])
    assert [row.cumulative_lift for row in table] == pytest.approx([2.5, 1.875, 5 / 3, 1.25, 1])
    assert [row.ks for row in table] == pytest.approx([1 / 2, 7 / 12, 2 / 3, 1 / 3, 0])
    assert [(row.score_low, row.score_high) for row in table[1:3]] == [(0.8, 0.8), (0.5, 0.6)]


def test_the_first_bins_are_one_larger() -> None:
    table = gains_table(range(13), [0, 1] * 6 + [0])
    assert [row.users for row in table] == [2, 2, 2] + [1] * 7
    assert [row.cumulative_users for row in table] == [2, 4, 6, 7, 8, 9, 10, 11, 12, 13]


def test_ties_keep_the_order_given() -> None:
    table = gains_table([0.5] * 4, [0, 1, 1, 0], bins=2)
    assert [row.positives for row in table] == [1, 1]
    assert [row.positives for row in gains_table([0.5] * 4, [1, 1, 0, 0], bins=2)] == [2, 0]


def test_a_row_of_several_users_is_shared_out() -> None:
    # Five users of 0.9 with 4 responders, three of 0.1 with one: bins of four.
    table = gains_table([0.1, 0.9], [1, 4], users=[3, 5], bins=2)
    assert [row.users for row in table] == [4, 4]
    assert [row.positives for row in table] == pytest.approx([3.2, 1.8])
    assert [(row.score_low, row.score_high) for row in table] == [(0.9, 0.9), (0.1, 0.9)]


def test_fewer_users_than_bins() -> None:
    assert [row.users for row in gains_table([1, 2, 3], [0, 1, 0])] == [1, 1, 1]
    assert gains_table([], []) == []


def test_nobody_responded() -> None:
    table = gains_table([1, 2], [0, 0], bins=2)
    assert [(row.rate, row.lift, row.cumulative_gain, row.ks) for row in table] == [
        (0, None, None, None)
    ] * 2
    curve = gains_curve(rank([1, 2], [0, 0]))
    assert curve.reason == "nobody responded"
    assert len(curve.gains) == 0
    assert curve.gain_at(0.5) is None
    assert gains_band(rank([1, 2], [0, 0])) is None


def test_the_curve_has_no_point_inside_a_tie() -> None:
    curve = gains_curve(rank(SCORE, RESPONDED))
    assert list(curve.fractions) == pytest.approx([0, 0.1, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1])
    assert list(curve.gains) == pytest.approx([0, 0.25, 0.5, 0.75, 0.75, 1, 1, 1, 1, 1])
    assert curve.gain_at(0.3) == pytest.approx(0.625)
    assert curve.lift_at(0.2) == pytest.approx(2.5)
    assert curve.lift_at(0) is None
    assert np.isnan(curve.lift[0])
    assert curve.perfect == ((0, 0), (0.4, 1), (1, 1))


def test_all_scores_equal_is_the_random_curve() -> None:
    curve = gains_curve(rank([0.5] * 6, [1, 0, 0, 1, 0, 0]))
    assert list(curve.fractions) == list(curve.gains) == [0, 1]
    assert curve.lift_at(0.25) == 1


def test_the_band_of_a_rate() -> None:
    # 400 of 1,000 users are on top, with half of the 200 responders: a gain of 0.5 at 40 %. With
    # everybody's chance alike the share on top of 200 responders varies by about
    # sqrt(p (1 - p) / 200), less what the share on top itself varies along with it.
    ranking = rank([2, 1], [100, 100], [400, 600])
    band = gains_band(ranking, np.array([0.0, 0.4, 1.0]))
    assert band is not None
    assert (band.low[0], band.high[0]) == (0, 0)
    assert (band.low[2], band.high[2]) == (1, 1)
    half = 1.96 * np.sqrt(0.25 / 200)
    assert 0.5 - 1.1 * half < band.low[1] < 0.5 - 0.7 * half
    assert 0.5 + 0.7 * half < band.high[1] < 0.5 + 1.1 * half
    again = gains_band(ranking, np.array([0.0, 0.4, 1.0]))
    assert again is not None
    assert (again.low == band.low).all()


def test_the_band_narrows_with_users_and_widens_with_confidence() -> None:
    def width(users: int, confidence: float = 0.95) -> float:
        ranking = rank([3, 2, 1], [users, users, users], [2 * users, 4 * users, 6 * users])
        band = gains_band(ranking, np.array([0.3]), confidence)
        assert band is not None
        return float(band.high[0] - band.low[0])

    assert width(400) == pytest.approx(width(100) / 2, rel=0.15)
    assert width(100, 0.5) < width(100, 0.99) / 2


def test_draws_without_a_responder_are_left_out() -> None:
    # With one responder of two about a quarter of the draws have none.
    band = gains_band(rank([2, 1], [1, 0]))
    assert band is not None
    assert 650 < band.draws < 850
    assert not np.isnan(band.low).any()


@pytest.mark.parametrize("table", ["gains_table_deciles", "gains_table_ventiles"])
def test_bank_marketing(shared: Callable[[str], Path], table: str) -> None:
    published = json.loads((shared("bank_marketing") / "expected.json").read_text())[table]
    expected = published["rows"] if isinstance(published, dict) else published
    with (shared("bank_marketing") / "data.csv").open(encoding="utf-8") as file:
        rows = [(float(row["score"]), row["y"] in {"1", "yes"}) for row in csv.DictReader(file)]
    score, responded = zip(*rows, strict=True)
    for row, truth in zip(gains_table(score, responded, bins=len(expected)), expected, strict=True):
        assert as_published(row) == pytest.approx(truth)


def test_toy(shared: Callable[[str], Path]) -> None:
    toy = json.loads((shared("toy_hand_checked") / "expected.json").read_text())
    published = toy["tiny_profit_curve"]
    table = gains_table(published["score"], published["y"], bins=5)
    for row, truth in zip(table, published["gains_5_bins"], strict=True):
        assert as_published(row) == pytest.approx(truth)
