"""Money of a handful of users by channel, category and user, and ten buyers of unequal purses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from growthml.parts import Status
from tests.sections.stories import answer, charts, crowd, frame, headings, row, section

COSTS = {"costs": {"FB": 1, "PI": 2}}

PURSES = replace(
    crowd(("FB", 9, "bought", 1), ("FB", 1, "bought", 2), ("PI", 5, None, 1)),
    meals=((1, "thai", "2025-01-01", 10), (2, "greek", "2025-01-01", 110)),
)
"""Nine buyers spend 10 each and one spends 110: 200 in all."""


def test_money_of_four_users_by_channel(tmp_path: Path) -> None:
    """User 3 of PI buys twice, for 30; two users of PI cost 2 each and two of FB 1 each."""
    found = answer("profitability", tmp_path, metrics=COSTS)
    pinterest = row(found, "by_channel", campaign="baseline", channel="PI")
    assert [pinterest[name] for name in ("users", "buyers", "purchases", "revenue")] == [
        2,
        1,
        2,
        30,
    ]
    assert (pinterest["conversion_rate"], pinterest["average_order_value"]) == (1 / 2, 15)
    assert (pinterest["revenue_per_user"], pinterest["cost"]) == (15, 4)
    assert (pinterest["profit"], pinterest["roi"]) == (26, 26 / 4)
    (loss, _) = [each for each in found.findings if each.heading == "Channels that lost money"]
    assert loss.text == "Spring: FB −$2.00, revenue less acquisition cost."


def test_without_costs_profit_is_revenue(tmp_path: Path) -> None:
    found = answer("profitability", tmp_path)
    by_channel = frame(found, "by_channel")
    assert by_channel["profit"].tolist() == by_channel["revenue"].tolist() == [30, 0, 40, 0]
    assert "No acquisition costs are configured: profit equals revenue." in found.caveats
    assert "Channels that lost money" not in headings(found)


def test_one_channel_that_earns_everything_is_a_risk(tmp_path: Path) -> None:
    found = answer("profitability", tmp_path)
    assert found.headline == "PI brings 100\u202f% of Spring and 100\u202f% of Summer revenue."
    (leads,) = [each for each in found.findings if each.heading == "PI leads sales"]
    assert leads.text == "2 of 2 Spring purchases and 2 of 2 Summer purchases came from PI."
    (risk,) = [each for each in found.findings if each.kind == "risk"]
    assert "(1 buyer)" in risk.text
    assert "(2 buyers)" in risk.text


def test_two_channels_that_share_the_revenue_are_none(tmp_path: Path) -> None:
    shared = crowd(("FB", 60, "bought", 1), ("PI", 40, "bought", 1))
    found = answer("profitability", tmp_path, shared, shared)
    assert found.headline == "FB brings 60\u202f% of Spring and 60\u202f% of Summer revenue."
    assert not [each for each in found.findings if each.kind == "risk"]
    assert not [each for each in found.caveats if "elsewhere" in each]


def test_a_leader_of_unknown_channel_is_the_same_in_both_campaigns(tmp_path: Path) -> None:
    unknown = crowd((None, 60, "bought", 1), ("FB", 40, "bought", 1))
    found = answer("profitability", tmp_path, unknown, unknown)
    assert found.headline == "not known brings 60\u202f% of Spring and 60\u202f% of Summer revenue."
    (leads,) = [each for each in found.findings if each.heading == "not known leads sales"]
    assert leads.evidence.row == {"campaign": "baseline", "channel": None}


def test_a_few_buyers_from_elsewhere_say_nothing(tmp_path: Path) -> None:
    few = crowd(("FB", 20, "bought", 1), ("PI", 1, "bought", 1))
    caveats = answer("profitability", tmp_path, few, few).caveats
    assert any(
        each.startswith("Only 1 of 21 Spring buyers came from elsewhere") for each in caveats
    )


def test_money_by_category_and_by_user(tmp_path: Path) -> None:
    found = answer("profitability", tmp_path)
    assert frame(found, "by_category").to_numpy().tolist() == [
        ["baseline", "greek", 1, 20, pytest.approx(2 / 3)],
        ["baseline", "thai", 1, 10, pytest.approx(1 / 3)],
        ["new", "greek", 2, 40, 1],
    ]
    first = row(found, "top_users", campaign="baseline")
    assert (first["rank"], first["channel"], first["purchases"]) == (1, "PI", 2)
    assert int(first["user_id"]) == 3
    assert frame(found, "top_users")["rank"].tolist() == [1, 1, 2]


def test_the_top_fifth_of_ten_unequal_buyers(tmp_path: Path) -> None:
    """Two of ten bring 110 + 10 of 200; Gini 2 x 9 x 100 / (2 x 10² x 20) = 0.45."""
    found = answer("profitability", tmp_path, PURSES, PURSES)
    concentration = frame(found, "concentration")
    assert concentration["gini"].unique().tolist() == [pytest.approx(0.45)]
    assert concentration.iloc[0]["revenue_share"] == pytest.approx(110 / 200)
    assert charts(found)["concentration"].title == "A fifth of buyers bring 60\u202f% of revenue"
    (fifth,) = [each for each in found.findings if each.heading == "A fifth of buyers"]
    assert "60\u202f% of revenue (Gini 0.45)" in fifth.text


def test_a_handful_of_buyers_has_no_curve(tmp_path: Path) -> None:
    assert "concentration" not in charts(answer("profitability", tmp_path))


def test_no_purchases_is_nothing_to_say(tmp_path: Path) -> None:
    found = section(
        "profitability", tmp_path, crowd(("FB", 3, "like", 1)), crowd(("FB", 2, "like", 1))
    )
    assert (found.status, found.reason) == (
        Status.EMPTY,
        "no purchases in either campaign (0 of 3, 0 of 2)",
    )
