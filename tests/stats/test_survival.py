from __future__ import annotations

import numpy as np
import pytest

from growthml.stats.survival import kaplan_meier, log_rank

# Weeks of remission of 42 leukaemia patients (Freireich et al. 1963, Blood 21:699; Gehan 1965,
# Biometrika 52:203); with the drug 6-MP 9 relapsed and 12 were still well when last seen.
MP_WEEKS = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
MP_RELAPSE = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PLACEBO_WEEKS = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
ALL_RELAPSE = [1] * 21


def test_freireich_as_published() -> None:
    # Kleinbaum & Klein 2012, Survival Analysis, table 2.2; Klein & Moeschberger, table 4.1B.
    curve = kaplan_meier(MP_WEEKS, MP_RELAPSE)
    published = {6: 0.8571, 7: 0.8067, 10: 0.7529, 13: 0.6902, 16: 0.6275, 22: 0.5378, 23: 0.4482}
    for week, survival in published.items():
        assert curve.at(week) == pytest.approx(survival, abs=5e-5)
    at_risk = dict(zip(curve.durations, curve.at_risk, strict=True))
    assert [at_risk[week] for week in published] == [21, 17, 15, 12, 11, 7, 6]
    assert curve.median == 23
    assert kaplan_meier(PLACEBO_WEEKS, ALL_RELAPSE).median == 8
    assert (curve.users, curve.churned.sum(), curve.censored.sum()) == (21, 9, 12)


def test_log_rank_of_freireich_as_published() -> None:
    # Kleinbaum & Klein: log-rank statistic 16.793; 19.25 and 10.75 relapses expected.
    test = log_rank(
        ["6-MP"] * 21 + ["placebo"] * 21, MP_WEEKS + PLACEBO_WEEKS, MP_RELAPSE + ALL_RELAPSE
    )
    assert test.groups == ("6-MP", "placebo")
    assert test.observed == (9, 21)
    assert test.expected == pytest.approx((19.25, 10.75), abs=5e-3)
    assert test.chi2 == pytest.approx(16.793, abs=5e-4)
    assert test.dof == 1
    assert test.p_value == pytest.approx(4.17e-5, rel=1e-3)


def test_the_interval_is_scipys() -> None:
    from scipy import stats

    data = stats.CensoredData.right_censored(MP_WEEKS, ~np.array(MP_RELAPSE, dtype=bool))
    truth = stats.ecdf(data).sf
    limits = truth.confidence_interval(confidence_level=0.9, method="log-log")
    curve = kaplan_meier(MP_WEEKS, MP_RELAPSE, confidence=0.9)
    assert curve.durations == pytest.approx(truth.quantiles)
    assert curve.survival == pytest.approx(truth.probabilities)
    assert curve.ci_low == pytest.approx(limits.low.probabilities)
    assert curve.ci_high == pytest.approx(limits.high.probabilities)


def test_log_rank_of_three_groups_is_statsmodels() -> None:
    from statsmodels.duration.survfunc import survdiff

    generator = np.random.default_rng(1)
    group = np.repeat(["a", "b", "c"], [30, 50, 40])
    days = np.ceil(generator.exponential(np.repeat([20, 25, 40], [30, 50, 40])))
    churned = generator.random(120) < 0.7
    chi2, p_value = survdiff(days, churned, group)
    test = log_rank(group, days, churned)
    assert (test.chi2, test.p_value) == pytest.approx((chi2, p_value))
    assert test.dof == 2


def test_four_users() -> None:
    # One leaves on day 1 (3 of 4 stay), one is seen up to day 2, one leaves on day 3 (1 of 2).
    curve = kaplan_meier([1, 2, 3, 5], [True, False, True, False])
    assert list(curve.survival) == pytest.approx([3 / 4, 3 / 4, 3 / 8, 3 / 8])
    assert list(curve.at_risk) == [4, 3, 2, 1]
    assert [curve.at(day) for day in (0, 1, 2.9, 5, 6)] == pytest.approx(
        [1, 3 / 4, 3 / 4, 3 / 8, None]
    )
    assert [curve.users_at_risk(day) for day in (0, 1, 2, 5, 6)] == [4, 4, 3, 1, 0]
    assert curve.median == 3


def test_users_last_seen_on_a_day_are_at_risk_on_it() -> None:
    curve = kaplan_meier([7, 7], [True, False])
    assert list(curve.survival) == [0.5]
    assert list(curve.at_risk) == [2]


def test_rows_of_equal_users() -> None:
    apart = kaplan_meier([3] * 5 + [3] * 2 + [9] * 3, [1] * 5 + [0] * 2 + [1] * 3)
    rows = kaplan_meier([9, 3, 3, 4], [True, False, True, True], [3, 2, 5, 0])
    assert rows.users == apart.users == 10
    assert list(rows.durations) == list(apart.durations) == [3, 9]
    assert list(rows.survival) == pytest.approx([0.5, 0])
    assert list(rows.ci_low) == pytest.approx(list(apart.ci_low), nan_ok=True)
    both = log_rank(["a", "a", "b"], [3, 9, 5], [1, 0, 1], [10, 20, 30])
    one_by_one = log_rank(
        ["a"] * 30 + ["b"] * 30, [3] * 10 + [9] * 20 + [5] * 30, [1] * 10 + [0] * 20 + [1] * 30
    )
    assert both.chi2 == pytest.approx(one_by_one.chi2)


def test_half_of_the_users_is_the_median_whatever_the_rounding() -> None:
    curve = kaplan_meier(range(1, 11), [True] * 10)
    assert curve.median == 5
    low, high = curve.median_interval
    assert low is not None
    assert high is not None
    assert low < 5 < high


def test_no_interval_where_nothing_or_everything_has_happened() -> None:
    curve = kaplan_meier([1, 2, 3], [False, True, True])
    assert curve.interval_at(0.5) is None
    assert curve.interval_at(1) is None
    assert curve.interval_at(3) is None
    assert curve.at(100) == 0
    inside = curve.interval_at(2)
    assert inside is not None
    assert 0 < inside.low < 0.5 < inside.high < 1


def test_nobody_churned() -> None:
    curve = kaplan_meier([5, 8], [False, False])
    assert list(curve.survival) == [1, 1]
    assert curve.median is None
    assert curve.median_interval == (None, None)
    test = log_rank(["a", "b"], [5, 8], [False, False])
    assert (test.chi2, test.reason) == (None, "nobody churned")


def test_no_users() -> None:
    curve = kaplan_meier([], [])
    assert curve.users == 0
    assert curve.at(1) is None
    assert curve.median is None
    assert log_rank([], [], []).reason == "no users in a campaign"


def test_nothing_to_compare() -> None:
    assert log_rank(["a", "a"], [1, 2], [1, 1]).reason == "fewer than two groups"
    apart = log_rank(["a", "a", "b"], [5, 6, 2], [1, 1, 0])
    assert apart.chi2 is None
    assert apart.reason == "the groups were never at risk together"


@pytest.mark.parametrize("duration", [-1.0, float("nan")])
def test_impossible_durations(duration: float) -> None:
    with pytest.raises(ValueError, match="at least 0"):
        kaplan_meier([duration], [True])
