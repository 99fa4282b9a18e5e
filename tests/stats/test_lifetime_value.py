from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Callable
from math import e, log
from pathlib import Path

import numpy as np
import pytest

from growthml.stats.bgnbd import BgNbd
from growthml.stats.gamma_gamma import GammaGamma
from growthml.stats.lifetime_value import payback, residual_value

# With r = alpha = a = b = 1 a new buyer makes log(1 + t) repeat purchases within t.
PLAIN = BgNbd(r=1, alpha=1, a=1, b=1, log_likelihood=0.0, users=1_000, repeat_buyers=500)


def test_without_discount_it_is_value_times_purchases() -> None:
    worth = residual_value(PLAIN, [10.0, 4.0], [0, 0], [0, 0], [0, 0], step=e - 1, steps=1)
    assert worth == pytest.approx([10, 4])
    assert residual_value(PLAIN, 10.0, [0], [0], [0], step=(e - 1) / 2, steps=2) == pytest.approx(
        [10]
    )


def test_each_step_is_discounted_at_its_end() -> None:
    # 1 purchase in the first step, log(2e - 1) - 1 in the second, at 25 % a step.
    worth = residual_value(PLAIN, 10.0, [0], [0], [0], step=e - 1, steps=2, discount=0.25)
    assert worth == pytest.approx([10 / 1.25 + 10 * (log(2 * e - 1) - 1) / 1.25**2])


@pytest.mark.parametrize(("cost", "step"), [(0, 0), (3, 1), (5, 1), (5.01, 2), (12, 3), (13, None)])
def test_payback(cost: float, step: int | None) -> None:
    assert payback([5, 9, 12], cost) == step


def test_cdnow_customer_1_is_worth_36_dollars() -> None:
    # 12 months of 4.345 weeks at 1 % a month, with the papers' parameters. The 140.10 often quoted
    # takes weeks for days (lifetimes issue 137).
    model = BgNbd(
        r=0.243, alpha=4.414, a=0.793, b=2.426, log_likelihood=0.0, users=2_357, repeat_buyers=946
    )
    money = GammaGamma(p=6.25, q=3.74, v=15.44, log_likelihood=0.0, repeat_buyers=946)
    value = money.expected_value(2, 22.35)
    worth = residual_value(model, value, 2, 30.43, 38.86, step=4.345, steps=12, discount=0.01)
    assert worth == pytest.approx(36.28, abs=0.05)


def test_cdnow_from_the_transactions(shared: Callable[[str], Path]) -> None:
    expected = json.loads((shared("cdnow") / "expected.json").read_text())
    end = np.datetime64("1997-09-30")
    spent: dict[int, dict[np.datetime64, float]] = defaultdict(lambda: defaultdict(float))
    with (shared("cdnow") / "data.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            day = np.datetime64(row["date"])
            if day <= end:
                spent[int(row["customer_id"])][day] += float(row["value"])
    week = np.timedelta64(7, "D")
    x = np.array([len(days) - 1 for days in spent.values()])
    t_x = np.array([(max(days) - min(days)) / week for days in spent.values()])
    age = np.array([(end - min(days)) / week for days in spent.values()])
    repeat = np.array([sum(days.values()) - days[min(days)] for days in spent.values()])
    fits = expected["mle_from_transaction_log"]
    model = BgNbd(**fits["bgnbd"], log_likelihood=0.0, users=2_357, repeat_buyers=946)
    money = GammaGamma(**fits["gamma_gamma"], log_likelihood=0.0, repeat_buyers=946)
    value = money.expected_value(x, repeat / np.maximum(x, 1))
    worth = residual_value(model, value, x, t_x, age, step=4.345, steps=12, discount=0.01)
    assert worth.sum() == pytest.approx(expected["clv"]["total"], rel=1e-4)
    by_customer = dict(zip(spent, worth, strict=True))
    for customer in (*expected["clv"]["top5"], *expected["customers"]):
        assert by_customer[customer["customer_id"]] == pytest.approx(customer["clv_12m"], rel=1e-4)
