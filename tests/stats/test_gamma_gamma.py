from __future__ import annotations

import csv
import json
from collections.abc import Callable
from math import isnan
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import ArrayLike

from growthml.stats import gamma_gamma
from growthml.stats.gamma_gamma import GammaGamma
from growthml.stats.not_fitted import NotFitted


def model(p: float, q: float, v: float) -> GammaGamma:
    return GammaGamma(p=p, q=q, v=v, log_likelihood=0.0, repeat_buyers=1_000)


def fitted(x: ArrayLike, values: ArrayLike, users: ArrayLike | None = None) -> GammaGamma:
    found = gamma_gamma.fit(x, values, users)
    assert isinstance(found, GammaGamma)
    return found


def buyers(seed: int, n: int, p: float, q: float, v: float) -> tuple[np.ndarray, np.ndarray]:
    """The model's own story: repeat purchases and their mean value."""
    generator = np.random.default_rng(seed)
    x = generator.geometric(0.3, n)
    return x, generator.gamma(p * x, 1 / (generator.gamma(q, 1 / v, n) * x))


def test_a_buyer_is_drawn_towards_all() -> None:
    # All buyers average 1 x 10 / (2 - 1) = 10; one of 30 counts half, three of 30 three quarters.
    found = model(1.0, 2.0, 10.0)
    assert found.population_mean == 10
    assert found.expected_value([0, 1, 3], [0, 30, 30]) == pytest.approx([10, 20, 25])


def test_cdnow_as_published() -> None:
    # Fader & Hardie 2013, notes/025: p 6.25, q 3.74, v 15.44; its first customers.
    found = model(6.25, 3.74, 15.44)
    values = found.expected_value([2, 1, 0, 7], [22.35, 11.77, 0, 73.74])
    assert values == pytest.approx([24.65, 18.91, 35.17, 71.46], abs=0.1)


def test_no_mean_of_all_where_q_is_one_or_less() -> None:
    found = model(2.0, 0.9, 10.0)
    assert found.population_mean is None
    none, one = found.expected_value([0, 1], [0, 30])
    assert isnan(none)
    assert one == pytest.approx(2 * (10 + 30) / 1.9)


def test_the_truth_of_a_simulation_is_found() -> None:
    found = fitted(*buyers(seed=1, n=8_000, p=3.0, q=4.0, v=20.0))
    assert found.covariance is not None
    errors = np.sqrt(np.diag(found.covariance))
    gaps = np.log([found.p / 3, found.q / 4, found.v / 20])
    assert (np.abs(gaps) < 3 * errors).all()
    assert (errors < 0.2).all()
    assert found.population_mean == pytest.approx(3 * 20 / 3, rel=0.03)


def test_dollars_or_cents() -> None:
    x, values = buyers(seed=2, n=1_000, p=3.0, q=4.0, v=20.0)
    dollars, cents = fitted(x, values), fitted(x, values * 100)
    assert (cents.p, cents.q) == pytest.approx((dollars.p, dollars.q), rel=1e-6)
    assert cents.v == pytest.approx(100 * dollars.v, rel=1e-6)
    assert cents.correlation == pytest.approx(dollars.correlation)


def test_rows_of_equal_buyers() -> None:
    x, values = buyers(seed=3, n=200, p=3.0, q=4.0, v=20.0)
    twice = fitted(np.repeat(x, 2), np.repeat(values, 2))
    rows = fitted(x, values, np.full(200, 2))
    assert rows.repeat_buyers == twice.repeat_buyers == 400
    assert (rows.p, rows.q, rows.v) == pytest.approx((twice.p, twice.q, twice.v), rel=1e-5)
    assert rows.correlation == pytest.approx(twice.correlation)


def test_buyers_of_one_purchase_are_not_looked_at() -> None:
    x, values = buyers(seed=3, n=200, p=3.0, q=4.0, v=20.0)
    more = fitted(np.append(x, [0, 0]), np.append(values, [0.0, 999.0]))
    assert more.repeat_buyers == 200
    assert more.p == pytest.approx(fitted(x, values).p)
    assert more.warnings == ()


def test_worthless_purchases_are_left_out_and_told_of() -> None:
    x, values = buyers(seed=3, n=200, p=3.0, q=4.0, v=20.0)
    found = fitted(np.append(x, 2), np.append(values, 0.0))
    assert found.repeat_buyers == 200
    assert found.warnings == (
        "buyers left out because their repeat purchases are worth nothing: 1",
    )


def test_value_that_goes_with_frequency_is_told_of() -> None:
    x, values = buyers(seed=4, n=400, p=30.0, q=40.0, v=20.0)
    found = fitted(x, values * x)
    assert found.correlation is not None
    assert found.correlation > 0.9
    assert "go together" in found.warnings[0]


def test_the_correlation_is_pearsons() -> None:
    x, values = buyers(seed=5, n=300, p=3.0, q=4.0, v=20.0)
    assert fitted(x, values).correlation == pytest.approx(np.corrcoef(x, values)[0, 1])


def test_refusals() -> None:
    assert gamma_gamma.fit([1, 2, 0], [5.0, 6.0, 0.0]) == NotFitted(
        reason="too little data for a forecast: 2 repeat buyers, at least 100 needed",
        users=3,
        repeat_buyers=2,
    )
    same = gamma_gamma.fit([1, 2], [1.0, 1.0], [80, 80])
    assert isinstance(same, NotFitted)
    assert same.reason == "every buyer's purchases are worth the same on average"


def test_cdnow(shared: Callable[[str], Path]) -> None:
    expected = json.loads((shared("cdnow") / "expected.json").read_text())
    with (shared("cdnow") / "published_summary_monetary.csv").open(encoding="utf-8") as file:
        rows = np.array([list(map(float, row)) for row in list(csv.reader(file))[1:]])
    x, values = rows[:, 1], rows[:, 4]
    found = fitted(x, values)
    for name, exact in expected["mle_from_published_summary"]["gamma_gamma"].items():
        assert getattr(found, name) == pytest.approx(exact, rel=1e-4)
        # The paper prints three digits.
        assert getattr(found, name) == pytest.approx(
            expected["published"]["gamma_gamma"][name], rel=2e-3
        )
    assert found.log_likelihood == pytest.approx(-4055.92, abs=0.01)
    assert found.repeat_buyers == 946
    assert found.correlation == pytest.approx(0.1139, abs=1e-4)
    assert found.warnings == ()
    published = expected["published"]["gg_expected_avg_transaction_first10"]
    assert found.expected_value(x[:10], values[:10]) == pytest.approx(
        published["values"], abs=0.015
    )
