"""KPIs of a handful of users, and of crowds whose difference is plain or absent."""

from __future__ import annotations

from math import isnan
from pathlib import Path

import pytest

from growthml.parts import Status, Table
from tests.sections.stories import answer, charts, crowd, headings, row, section

TENTH = crowd(("FB", 20, "bought", 1), ("FB", 180, None, 1))
"""20 of 200 users buy, for 10 each."""
THREE_TENTHS = crowd(("FB", 60, "bought", 1), ("FB", 140, None, 1))
"""60 of 200 users buy, for 10 each."""


def test_means_and_ratios_have_a_standard_error(tmp_path: Path) -> None:
    """Of Spring's four users one spends 30: variance 225. Of Summer's five two spend 20: 120."""
    found = answer("summary", tmp_path)

    def error(metric: str, campaign: str) -> float:
        return float(row(found, "kpis", metric=metric, campaign=campaign)["std_error"])

    assert error("revenue_per_user", "baseline") == pytest.approx((225 / 4) ** 0.5)
    assert error("revenue_per_user", "new") == pytest.approx((120 / 5) ** 0.5)
    assert error("average_order_value", "new") == pytest.approx(0.0)
    assert isnan(error("conversion_rate", "new"))
    assert isnan(error("revenue", "new"))


@pytest.mark.parametrize(
    ("metric", "spring", "summer"),
    [
        ("users", 4, 5),
        ("active_users", 2, 3),
        ("activation_rate", 2 / 4, 3 / 5),
        ("buyers", 1, 2),
        ("conversion_rate", 1 / 4, 2 / 5),
        ("purchases", 2, 2),
        ("purchases_per_buyer", 2, 1),
        ("revenue", 30, 40),
        ("average_order_value", 15, 20),
        ("revenue_per_user", 30 / 4, 40 / 5),
    ],
)
def test_kpis_of_nine_users(tmp_path: Path, metric: str, spring: float, summer: float) -> None:
    found = answer("summary", tmp_path)
    assert row(found, "kpis", metric=metric, campaign="baseline")["value"] == pytest.approx(spring)
    new = row(found, "kpis", metric=metric, campaign="new")
    assert new["value"] == pytest.approx(summer)
    assert new["baseline_value"] == pytest.approx(spring)
    assert new["difference"] == pytest.approx(summer - spring)


def test_three_buyers_are_too_few(tmp_path: Path) -> None:
    found = answer("summary", tmp_path)
    assert found.headline == "Too few responses to compare (1 of 4, 2 of 5)."
    assert found.findings == []


def test_a_difference_that_holds_is_told_in_its_direction(tmp_path: Path) -> None:
    found = answer("summary", tmp_path, TENTH, THREE_TENTHS)
    assert found.headline == "Summer converts better than Spring."
    rate = next(each for each in found.findings if each.heading == "Conversion rate up")
    assert rate.direction == "better"
    assert "30.0\u202f% in Summer against 10.0\u202f% in Spring: +20.00 points" in rate.text
    back = answer("summary", tmp_path / "back", THREE_TENTHS, TENTH)
    assert back.headline == "Summer converts worse than Spring."
    assert "Conversion rate down" in headings(back)
    assert {finding.direction for finding in back.findings} == {"worse"}


def test_without_a_difference_nothing_is_found(tmp_path: Path) -> None:
    found = answer("summary", tmp_path, TENTH, TENTH)
    assert found.headline == "No evidence that Summer converts better or worse than Spring."
    assert found.findings == []
    assert charts(found)["differences"].title == "No rate or mean shows evidence of a difference"


def test_the_responses_own_rate_is_in_the_csv_only(tmp_path: Path) -> None:
    found = answer("summary", tmp_path, TENTH, THREE_TENTHS)
    repeated = row(found, "kpis", metric="bought_rate", campaign="new")
    assert (
        repeated["q_value"]
        == row(found, "kpis", metric="conversion_rate", campaign="new")["q_value"]
    )
    (table,) = [block for block in found.blocks if isinstance(block, Table)]
    assert table.view is not None
    assert "Conversion rate" in set(table.view["name"])
    assert "Bought rate" not in set(table.view["name"])


def test_a_target_is_met_or_missed(tmp_path: Path) -> None:
    metrics = {"targets": {"conversion_rate": 0.4, "revenue_per_user": 3}}
    found = answer("summary", tmp_path, TENTH, THREE_TENTHS, metrics=metrics)
    told = {each.heading: each.text for each in found.findings}
    assert told["Target missed"] == (
        "Conversion rate of Summer is 30.0\u202f%; the target is 40.0\u202f%."
    )
    assert told["Target met"] == "Revenue per user of Summer is $3.00; the target is $3.00."


def test_arms_of_the_wrong_size_put_the_comparison_in_doubt(tmp_path: Path) -> None:
    doubled = crowd(("FB", 40, "bought", 1), ("FB", 360, None, 1))
    found = section("summary", tmp_path, TENTH, doubled, randomised=True)
    assert found.status is Status.SUSPICIOUS
    assert "not the sizes that were planned (200 and 400 users, p <0.001)" in found.reason
    assert found.answer is not None
    assert found.answer.front is not None
    assert list(found.answer.front.banners) == [found.reason]


def test_equal_arms_are_said_to_be_as_planned(tmp_path: Path) -> None:
    found = section("summary", tmp_path, TENTH, THREE_TENTHS, randomised=True)
    assert found.status is Status.OK
    assert found.answer is not None
    assert any("have the sizes that were planned" in each for each in found.answer.caveats)
    assert not any("not randomised" in each for each in found.answer.caveats)


def test_users_of_both_campaigns_are_counted(tmp_path: Path) -> None:
    twice = {
        "baseline": {"source": "spring", "label": "Spring"},
        "new": {"source": "spring", "label": "Pinterest", "where": {"channel": "PI"}},
    }
    caveats = answer("summary", tmp_path, campaigns=twice).caveats
    assert "2 of 4 Spring users are in another campaign too." in caveats
    assert "2 of 2 Pinterest users are in another campaign too." in caveats


def test_one_campaign_alone_is_not_compared(tmp_path: Path) -> None:
    alone = {"baseline": {"source": "spring", "label": "Spring"}}
    found = answer("summary", tmp_path, campaigns=alone)
    assert found.headline == "Spring stands alone: there is nothing to compare it with."
    assert charts(found) == {}
    (table,) = [block for block in found.blocks if isinstance(block, Table)]
    assert [column.head for column in table.columns] == ["KPI", "Value"]
