from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from growthml.stats.proportions import compare_proportions, newcombe, relative_lift, wilson

# Newcombe 1998, Statistics in Medicine 17:857, table I, method 3.
WILSON_1998 = [
    (81, 263, 0.2553, 0.3662),
    (15, 148, 0.0624, 0.1605),
    (0, 20, 0.0, 0.1611),
    (1, 29, 0.0061, 0.1718),
]

# Newcombe 1998, Statistics in Medicine 17:873, table II, method 10: x1/n1 - x2/n2.
NEWCOMBE_1998 = [
    (56, 70, 48, 80, 0.0524, 0.3339),
    (9, 10, 3, 10, 0.1705, 0.8090),
    (6, 7, 2, 7, 0.0582, 0.8062),
    (5, 56, 0, 29, -0.0381, 0.1926),
    (0, 10, 0, 20, -0.1611, 0.2775),
    (0, 10, 0, 10, -0.2775, 0.2775),
    (10, 10, 0, 20, 0.6791, 1.0),
    (10, 10, 0, 10, 0.6075, 1.0),
]


@pytest.mark.parametrize(("x", "n", "low", "high"), WILSON_1998)
def test_wilson_as_published(x: int, n: int, low: float, high: float) -> None:
    interval = wilson(x, n)
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=6e-5)


@pytest.mark.parametrize(("x1", "n1", "x2", "n2", "low", "high"), NEWCOMBE_1998)
def test_newcombe_as_published(x1: int, n1: int, x2: int, n2: int, low: float, high: float) -> None:
    interval = newcombe(x2, n2, x1, n1)
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=6e-5)


def test_newcombe_and_wilson_to_the_last_digit(published: dict[str, Any]) -> None:
    for case in published["newcombe_1998_table_II"]:
        interval = newcombe(case["x2"], case["n2"], case["x1"], case["n1"])
        assert interval is not None
        assert (interval.low, interval.high) == pytest.approx(tuple(case["computed"]), abs=1e-12)
    for case in published["wilson_newcombe_1998a"]:
        single = wilson(case["x"], case["n"])
        assert single is not None
        assert (single.low, single.high) == pytest.approx(tuple(case["computed"]), abs=1e-12)


def test_newcombe_agrees_with_statsmodels() -> None:
    from statsmodels.stats.proportion import confint_proportions_2indep

    for x_b, x_t, confidence in product((0, 1, 7, 30), (0, 3, 29, 40), (0.8, 0.95, 0.99)):
        low, high = confint_proportions_2indep(
            x_t, 40, x_b, 30, method="newcomb", compare="diff", alpha=1 - confidence
        )
        interval = newcombe(x_b, 30, x_t, 40, confidence)
        assert interval is not None
        assert (interval.low, interval.high) == pytest.approx((low, high), abs=1e-12)


def test_two_proportions_as_published(published: dict[str, Any]) -> None:
    for case in published["two_proportions"]:
        expected = case["result"]
        result = compare_proportions(case["xc"], case["nc"], case["xt"], case["nt"])
        interval = (result.ci_low, result.ci_high)
        assert interval == pytest.approx(tuple(expected["ci95_abs_newcombe"]), abs=1e-12)
        lift = relative_lift(case["xc"], case["nc"], case["xt"], case["nt"])
        if case["xc"] == 0:
            assert result.relative_difference is None
            assert lift.ratio is None
            continue
        fisher = "Fisher" in result.method
        p_value = expected["p_fisher" if fisher else "p_chi2"]
        assert fisher == (case["nt"] == 34)
        assert result.p_value == pytest.approx(p_value, rel=1e-9)
        assert result.difference == pytest.approx(expected["abs_diff"])
        assert result.relative_difference == pytest.approx(expected["rel_lift"])
        limits = (lift.ci_low - 1, lift.ci_high - 1)
        assert limits == pytest.approx(tuple(expected["ci95_rel_log_delta"]), rel=1e-9)


def test_hillstrom_visits_and_conversions(hillstrom: dict[str, Any]) -> None:
    compared = 0
    for name, expected in hillstrom["comparisons"].items():
        if not name.endswith((": visit", ": conversion")):
            continue
        compared += 1
        control, treatment = expected["control"], expected["treatment"]
        counts = (control["x"], control["n"], treatment["x"], treatment["n"])
        result = compare_proportions(*counts)
        assert result.method == "chi-square, Newcombe interval"
        assert result.p_value == pytest.approx(expected["p_chi2"], rel=1e-9)
        interval = (result.ci_low, result.ci_high)
        assert interval == pytest.approx(tuple(expected["ci95_abs_newcombe"]), abs=1e-12)
        lift = relative_lift(*counts)
        limits = (lift.ci_low - 1, lift.ci_high - 1)
        assert limits == pytest.approx(tuple(expected["ci95_rel_log_delta"]), rel=1e-9)
    assert compared == 4


def test_workshop_rates(workshop_expected: dict[str, Any]) -> None:
    baseline, new = (workshop_expected[arm]["kpis"] for arm in ("baseline", "new"))
    rates = {name for name in workshop_expected["comparison"] if name.endswith("_rate")}
    assert len(rates) == 6
    for name in rates:
        expected = workshop_expected["comparison"][name]
        counts = [(round(arm[name] * arm["users"]), arm["users"]) for arm in (baseline, new)]
        result = compare_proportions(*counts[0], *counts[1])
        assert result.difference == pytest.approx(expected["difference"])
        assert (result.ci_low, result.ci_high) == pytest.approx(tuple(expected["newcombe"]))
        assert result.p_value == pytest.approx(expected["p_chi2"])


def test_workshop_lift() -> None:
    """60 of 879 against 60 of 845: 1.04 (0.74 to 1.47), as the report's design prints it."""
    lift = relative_lift(60, 879, 60, 845)
    assert (lift.ratio, lift.ci_low, lift.ci_high) == pytest.approx((1.04, 0.74, 1.47), abs=0.005)


def test_the_lady_tasting_tea_needs_fishers_test() -> None:
    """Fisher 1935: 3 of 4 against 1 of 4; as extreme are 34 of 70 tables."""
    result = compare_proportions(1, 4, 3, 4)
    assert result.method == "Fisher's exact test, Newcombe interval"
    assert result.p_value == pytest.approx(34 / 70)


def test_an_expected_cell_of_exactly_five_is_enough_for_chi_square() -> None:
    assert compare_proportions(5, 50, 5, 50).method.startswith("chi-square")
    assert compare_proportions(5, 50, 4, 50).method.startswith("Fisher")


def test_nobody_or_everybody_responded() -> None:
    for x in (0, 20):
        result = compare_proportions(x, 20, x, 20)
        assert result.difference == 0
        assert result.p_value == 1
        assert result.ci_low == pytest.approx(-0.1611, abs=6e-5)
        assert result.ci_high == pytest.approx(0.1611, abs=6e-5)


def test_identical_arms() -> None:
    result = compare_proportions(60, 879, 60, 879)
    assert result.difference == 0
    assert result.p_value == 1


def test_no_users() -> None:
    result = compare_proportions(0, 0, 3, 10)
    assert (result.difference, result.ci_low, result.p_value) == (None, None, None)
    assert result.reason == "no users in a campaign"
    assert wilson(0, 0) is None
    assert newcombe(3, 10, 0, 0) is None
    assert relative_lift(3, 10, 0, 0).reason == "no users in a campaign"


@pytest.mark.parametrize(("x", "n"), [(11, 10), (-1, 10)])
def test_more_responders_than_users_is_an_error(x: int, n: int) -> None:
    with pytest.raises(ValueError, match="count distinct users"):
        compare_proportions(1, 10, x, n)
    with pytest.raises(ValueError, match="count distinct users"):
        relative_lift(x, n, 1, 10)


def test_lift_without_responders_cannot_be_estimated() -> None:
    assert relative_lift(0, 226, 2, 216).reason == "cannot be estimated (0 of 226)"
    assert relative_lift(2, 226, 0, 216).reason == "cannot be estimated (0 of 216)"
    assert relative_lift(5, 5, 9, 9).ratio is None


def test_a_wider_confidence_gives_a_wider_interval() -> None:
    narrow, wide = wilson(7, 50, 0.8), wilson(7, 50, 0.99)
    assert narrow is not None
    assert wide is not None
    assert wide.low < narrow.low < 0.14 < narrow.high < wide.high
