from __future__ import annotations

import csv
import json
from collections.abc import Callable
from math import e, exp, log, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike

from growthml.stats import bgnbd
from growthml.stats.bgnbd import NO_DROPOUT, BgNbd
from growthml.stats.not_fitted import NotFitted


def model(r: float, alpha: float, a: float, b: float, **more: Any) -> BgNbd:
    return BgNbd(
        r=r, alpha=alpha, a=a, b=b, log_likelihood=0.0, users=1000, repeat_buyers=500, **more
    )


def fitted(x: ArrayLike, t_x: ArrayLike, age: ArrayLike, users: ArrayLike | None = None) -> BgNbd:
    found = bgnbd.fit(x, t_x, age, users)
    assert isinstance(found, BgNbd)
    return found


# Fader, Hardie & Lee 2005, Marketing Science 24:275, Table 2: CDNOW, in weeks.
CDNOW = model(0.243, 4.414, 0.793, 2.426)
# With a = b = r = alpha = 1 the integral over p gives E[X(t)] = log(1 + t).
PLAIN = model(1.0, 1.0, 1.0, 1.0)


def buyers(
    seed: int, n: int, seen: float, later: float, a: float = 0.8, b: float = 2.5
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The model's own story: x, t_x, age and purchases in the time after; r 0.5, alpha 5."""
    generator = np.random.default_rng(seed)
    rates = generator.gamma(0.5, 1 / 5, n)
    life = generator.geometric(generator.beta(a, b, n))
    age = np.round(generator.uniform(0.3 * seen, seen, n), 1)
    at = np.cumsum(generator.exponential(1 / rates[:, None], (n, 120)), axis=1)
    bought = np.arange(1, 121) <= life[:, None]
    before = bought & (at <= age[:, None])
    after = bought & (at > age[:, None]) & (at <= age[:, None] + later)
    return before.sum(1), np.where(before, at, 0).max(1), age, after.sum(1)


@pytest.fixture(scope="module")
def cdnow(shared: Callable[[str], Path]) -> dict[str, Any]:
    figures: dict[str, Any] = json.loads((shared("cdnow") / "expected.json").read_text())
    return figures


@pytest.fixture(scope="module")
def summary(shared: Callable[[str], Path]) -> np.ndarray:
    """x, t_x, T as the papers used them: one row per customer, two decimals."""
    return table(shared("cdnow") / "published_summary.csv")[:, 1:]


@pytest.fixture(scope="module")
def cdnow_fit(summary: np.ndarray) -> BgNbd:
    distinct, users = np.unique(summary, axis=0, return_counts=True)
    return fitted(*distinct.T, users)


def table(path: Path) -> np.ndarray:
    with path.open(encoding="utf-8") as file:
        return np.array([list(map(float, row)) for row in list(csv.reader(file))[1:]])


def test_expected_repeat_purchases_as_published() -> None:
    # Hardie, "Implementing the BG/NBD model ... in Excel" (note 004), at the exact maximum, here
    # as the unit tests of CLVTools 0.12.1 print it.
    cdnow = model(0.2425945, 4.4136019, 0.7929199, 2.4258881)
    weeks = [0.1429, 1.0, 3.0, 31.8571, 32.0, 78.0]
    published = [0.0078, 0.0532, 0.1506, 1.0405, 1.0437, 1.8576]
    assert cdnow.expected_of_new(weeks) == pytest.approx(published, abs=1e-3)


def test_conditional_expectation_as_published() -> None:
    # The same note, at the paper's digits: the customer with x = 2, t_x = 30.43, T = 38.86.
    assert CDNOW.expected_purchases(39, 2, 30.43, 38.86) == pytest.approx(1.226, abs=5e-4)


def test_probabilities_as_published() -> None:
    # Manual of the R package BTYD, bgnbd.pmf, with the parameters of the paper.
    assert CDNOW.probability(10, 2) == pytest.approx(1.07869e-07, rel=1e-4)
    assert CDNOW.probability(0, 39) == pytest.approx(0.5737864, rel=1e-6)
    published = [0.0019995214, 0.0015170236, 0.001163315, 0.0009003148, 0.0007023638]
    assert CDNOW.probability(range(11, 16), 30) == pytest.approx(published, rel=1e-6)


def test_probabilities_are_those_of_one_buyer() -> None:
    n = np.arange(400)
    chances = CDNOW.probability(n, 39)
    assert chances.sum() == pytest.approx(1, abs=1e-6)
    assert chances @ n == pytest.approx(CDNOW.expected_of_new(39), rel=1e-3)


def test_nobody_leaves_before_a_repeat_purchase() -> None:
    alive = CDNOW.p_alive([0, 0], [0, 0], [1.0, 500.0])
    assert alive is not None
    assert list(alive) == [1.0, 1.0]


def test_half_the_odds_each_time() -> None:
    # ((1 + 3) / (1 + 1))² = 4 to 1 for having left after the purchase at time 1.
    assert PLAIN.p_alive(1, 1.0, 3.0) == pytest.approx(1 / 5)


def test_a_of_one_is_no_special_case() -> None:
    assert PLAIN.expected_of_new([0.0, 1.0, e - 1]) == pytest.approx([0, log(2), 1])
    beside = model(1.0, 1.0, 1 + 1e-14, 1.0)
    assert beside.expected_of_new([1.0, e - 1]) == pytest.approx([log(2), 1])


def test_a_and_b_of_one_half() -> None:
    # a + b = 1 is the other 0 / 0; the integral over the arcsine law gives t / sqrt(1 + t).
    assert model(1.0, 1.0, 0.5, 0.5).expected_of_new([3.0, 8.0]) == pytest.approx([1.5, 8 / 3])


def test_everybody_leaves_after_one_repeat_purchase() -> None:
    # At most one purchase; the chance of it is 1 - (alpha / (alpha + t))^r.
    gone = model(0.5, 1.0, 2_900.0, 1e-3)
    assert gone.expected_of_new([1.0, 3.0]) == pytest.approx([1 - sqrt(1 / 2), 0.5], rel=1e-4)


def test_nobody_leaves() -> None:
    # The NBD model: a buyer's mean is (r + x) / (alpha + T) per unit of time.
    stays = model(2.0, 3.0, 4e-4, 2_900.0, dropout=False)
    assert stays.expected_purchases(10, [0, 4], [0, 5], [5, 5]) == pytest.approx(
        [2.5, 7.5], rel=1e-3
    )
    assert stays.p_alive(4, 5, 5) is None


@pytest.mark.parametrize("x", [0, 3, 400])
def test_large_counts_and_long_horizons_stay_finite(x: int) -> None:
    soon, late = (float(CDNOW.expected_purchases(t, x, min(x, 38), 38.0)) for t in (1e-3, 1e6))
    assert 0 < soon < 0.02 + x / 1000 < late


def test_tracking_counts_each_buyer_from_his_first_purchase() -> None:
    # Three buyers of age 10, two of age 4: these began 6 later.
    expected = PLAIN.tracking([0, 6, 10, 16], [10.0, 4.0], [3, 2])
    assert expected == pytest.approx(
        [0, 3 * log(7), 3 * log(11) + 2 * log(5), 3 * log(17) + 2 * log(11)]
    )


def test_forecast_where_a_purchase_is_a_coin_toss() -> None:
    # r = 1, t = alpha: half of 100 buyers purchase, once; the variance is 100 / 4.
    toss = model(1.0, 2.0, 2_900.0, 1e-4, covariance=np.zeros((4, 4)))
    forecast = toss.forecast(2.0, [0], [0], [0], users=[100])
    assert forecast.total == pytest.approx(50, rel=1e-3)
    assert forecast.ci_low == pytest.approx(50 * exp(-1.959964 * 5 / 50), rel=2e-3)
    assert forecast.ci_high == pytest.approx(50 * exp(1.959964 * 5 / 50), rel=2e-3)


def test_forecast_where_nobody_leaves() -> None:
    # Negative binomial with r = 1 and mean 1: variance 2 a buyer, so 200 of 100 buyers.
    stays = model(1.0, 1.0, 4e-4, 2_900.0, covariance=np.zeros((4, 4)))
    forecast = stays.forecast(1.0, np.zeros(100), np.zeros(100), np.zeros(100))
    assert forecast.ci_high is not None
    assert forecast.ci_high == pytest.approx(100 * exp(1.959964 * sqrt(200) / 100), rel=2e-3)


def test_forecast_without_standard_errors_has_no_interval() -> None:
    forecast = PLAIN.forecast(e - 1, [0], [0], [0], users=[10])
    assert forecast.total == pytest.approx(10)
    assert (forecast.ci_low, forecast.ci_high) == (None, None)
    assert forecast.reason == "the parameters have no standard errors"


def test_the_truth_of_a_simulation_is_found() -> None:
    x, t_x, age, _ = buyers(seed=1, n=6_000, seen=60.0, later=1.0)
    found = fitted(x, t_x, age)
    errors = found.standard_errors()
    assert errors is not None
    assert found.dropout
    truth = {"r": 0.5, "alpha": 5.0, "a": 0.8, "b": 2.5}
    for name, value in truth.items():
        assert getattr(found, name) == pytest.approx(value, abs=3 * errors[name])
        assert errors[name] < value / 2


@pytest.mark.slow
def test_the_interval_covers_what_comes() -> None:
    covered = 0
    for seed in range(120):
        x, t_x, age, later = buyers(seed=seed, n=1_500, seen=52.0, later=39.0)
        forecast = fitted(x, t_x, age).forecast(39.0, x, t_x, age)
        assert forecast.ci_low is not None
        assert forecast.ci_high is not None
        covered += forecast.ci_low <= later.sum() <= forecast.ci_high
    # 95 % of 120 are 114; binomial limits at 99.9 %.
    assert 105 <= covered <= 120


def test_weeks_or_days() -> None:
    x, t_x, age, _ = buyers(seed=2, n=2_000, seen=60.0, later=1.0)
    weeks, days = fitted(x, t_x, age), fitted(x, t_x * 7, age * 7)
    assert (days.r, days.a, days.b) == pytest.approx((weeks.r, weeks.a, weeks.b), rel=1e-6)
    assert days.alpha == pytest.approx(7 * weeks.alpha, rel=1e-6)
    assert days.log_likelihood == pytest.approx(weeks.log_likelihood - log(7) * x.sum())
    assert days.expected_purchases(70, x, t_x * 7, age * 7) == pytest.approx(
        weeks.expected_purchases(10, x, t_x, age), rel=1e-5
    )


def test_rows_of_equal_buyers() -> None:
    x, t_x, age, _ = buyers(seed=3, n=800, seen=60.0, later=1.0)
    t_x = np.round(t_x)
    t_x, age = np.where((x > 0) & (t_x == 0), 1.0, t_x), np.round(age) + 1
    rows, users = np.unique(np.column_stack([x, t_x, age]), axis=0, return_counts=True)
    assert len(rows) < 700
    one_by_one, grouped = fitted(x, t_x, age), fitted(*rows.T, users)
    assert grouped.users == one_by_one.users == 800
    assert grouped.repeat_buyers == one_by_one.repeat_buyers
    assert grouped.r == pytest.approx(one_by_one.r, rel=1e-5)
    assert grouped.forecast(10, *rows.T, users).total == pytest.approx(
        one_by_one.forecast(10, x, t_x, age).total, rel=1e-5
    )


def test_without_dropout_the_model_says_so() -> None:
    generator = np.random.default_rng(4)
    at = np.cumsum(generator.exponential(1 / generator.gamma(1, 0.2, (1_500, 1)), (1_500, 200)), 1)
    seen = at <= 30
    found = fitted(seen.sum(1), np.where(seen, at, 0).max(1), 30.0)
    assert not found.dropout
    assert found.warnings[0] == NO_DROPOUT
    assert found.p_alive(1, 2, 30) is None
    # Nothing stops: as many again in as long a time.
    total = float(found.expected_purchases(30, seen.sum(1), np.where(seen, at, 0).max(1), 30).sum())
    assert total == pytest.approx(seen.sum(), rel=0.05)


def test_chance_alone_is_not_taken_for_dropout() -> None:
    # Nobody leaves in these either; a lies above 0.01 in one of them, by chance.
    found = []
    for seed in range(6):
        generator = np.random.default_rng(seed)
        rates = generator.gamma(1, 0.2, (400, 1))
        at = np.cumsum(generator.exponential(1 / rates, (400, 200)), axis=1)
        seen = at <= 30
        found.append(fitted(seen.sum(1), np.where(seen, at, 0).max(1), 30.0))
    assert max(each.a for each in found) > 0.01
    assert not any(each.dropout for each in found)


@pytest.mark.parametrize("repeat", [0, 99])
def test_too_few_came_back(repeat: int) -> None:
    found = bgnbd.fit([1, 0], [3.0, 0.0], [10.0, 10.0], [repeat, 5_000])
    assert found == NotFitted(
        reason=f"too little data for a forecast: {repeat} repeat buyers, at least 100 needed",
        users=5_000 + repeat,
        repeat_buyers=repeat,
    )


def test_nobody_at_all() -> None:
    found = bgnbd.fit([], [], [])
    assert isinstance(found, NotFitted)
    assert found.users == 0


@pytest.mark.parametrize(
    ("x", "t_x", "age", "message"),
    [
        (1, 5.0, 4.0, "between 0 and the age"),
        (-1, 0.0, 4.0, "whole numbers"),
        (1.5, 1.0, 4.0, "whole numbers"),
        (0, 1.0, 4.0, "0 elsewhere"),
        (1, 0.0, 4.0, "above 0"),
    ],
)
def test_impossible_buyers(x: float, t_x: float, age: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bgnbd.fit([x], [t_x], [age])


def test_cdnow_parameters(cdnow_fit: BgNbd, cdnow: dict[str, Any]) -> None:
    paper, exact = cdnow["published"]["bgnbd"], cdnow["mle_from_published_summary"]
    for name in ("r", "alpha", "a", "b"):
        value = getattr(cdnow_fit, name)
        assert round(value, 3) == pytest.approx(paper[name], abs=1e-3)
        assert value == pytest.approx(exact["bgnbd"][name], rel=1e-5)
    assert cdnow_fit.log_likelihood == pytest.approx(paper["log_likelihood"], abs=0.05)
    assert cdnow_fit.standard_errors() == pytest.approx(exact["bgnbd_se"], rel=1e-3)
    assert (cdnow_fit.users, cdnow_fit.repeat_buyers) == (2_357, 946)
    assert cdnow_fit.dropout
    assert cdnow_fit.warnings == ()


def test_cdnow_hold_out(cdnow_fit: BgNbd, summary: np.ndarray, cdnow: dict[str, Any]) -> None:
    expected = cdnow["holdout_39w"]
    x = summary[:, 0]
    purchases = cdnow_fit.expected_purchases(39, *summary.T)
    alive = cdnow_fit.p_alive(*summary.T)
    assert alive is not None
    # The summary rounds times to two decimals; the hold-out figures come from exact ones.
    assert purchases.sum() == pytest.approx(expected["bgnbd_total"], rel=1e-4)
    assert alive.sum() == pytest.approx(expected["sum_p_alive"], rel=1e-4)
    for row in expected["by_calibration_frequency"]:
        inside = x >= 7 if row["x"] == "7+" else x == int(row["x"])
        assert inside.sum() == row["n"]
        assert purchases[inside].mean() == pytest.approx(row["bgnbd_mean_holdout"], rel=1e-3)


def test_cdnow_customers(cdnow: dict[str, Any]) -> None:
    found = model(**cdnow["mle_from_transaction_log"]["bgnbd"])
    for customer in cdnow["customers"]:
        figures = customer["frequency"], customer["recency_weeks"], customer["T_weeks"]
        assert found.p_alive(*figures) == pytest.approx(customer["p_alive"], rel=1e-4)
        assert found.expected_purchases(39, *figures) == pytest.approx(
            customer["expected_purchases_39w"], rel=1e-4
        )
    new = cdnow["expected_repeat_purchases_new_customer_mle"]
    assert found.expected_of_new(new["t_weeks"]) == pytest.approx(new["EX"], rel=1e-4)


def test_online_retail_shows_no_dropout(shared: Callable[[str], Path]) -> None:
    expected = json.loads((shared("online_retail") / "expected.json").read_text())["bgnbd_weeks"]
    days: dict[str, set[str]] = {}
    with (shared("online_retail") / "orders.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            days.setdefault(row["customer_id"], set()).add(row["day"][:10])
    end = np.datetime64("2011-12-09")
    bought = [np.sort(np.array(list(each), dtype="datetime64[D]")) for each in days.values()]
    week = np.timedelta64(7, "D")
    found = fitted(
        [len(each) - 1 for each in bought],
        [(each[-1] - each[0]) / week for each in bought],
        [(end - each[0]) / week for each in bought],
    )
    assert (found.users, found.repeat_buyers) == (expected["n"], expected["n_repeat"])
    for name in ("r", "alpha", "a", "b"):
        assert getattr(found, name) == pytest.approx(expected["params"][name], rel=1e-3)
    assert found.log_likelihood == pytest.approx(expected["ll"], abs=0.01)
    assert not found.dropout
    assert found.warnings == (NO_DROPOUT,)
    assert found.p_alive(3, 20.0, 50.0) is None
