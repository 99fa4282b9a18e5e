"""Published data beside the checkout: our counts are those that were found by other means."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from growthml.config.tables import FOOD_SITE, Schema
from growthml.facts.relations import Cut
from tests.facts.market import COUNTING, Question, Rows

Shared = Callable[[str], Path]


def expected(folder: Path) -> Any:
    return json.loads((folder / "expected.json").read_text(encoding="utf-8"))


def question(
    path: Path | str, schema: dict[str, Any], cuts: Sequence[Cut], **counting: Any
) -> Question:
    return Question(url=str(path), schema=Schema.model_validate(schema), cuts=cuts).but(**counting)


def total(rows: Rows, name: str, **where: Any) -> Any:
    chosen = [row for row in rows if all(row[key] == value for key, value in where.items())]
    return math.fsum(row[name] for row in chosen)


@pytest.mark.parametrize(
    ("campaign", "file"), [("baseline", "campaign-1.db"), ("new", "campaign-2.db")]
)
def test_workshop(workshop: Path, campaign: str, file: str) -> None:
    truth = expected(workshop)[campaign]
    asked = Question(url=f"sqlite:///{workshop / file}", schema=FOOD_SITE, counting=COUNTING).but(
        seen_until=date.fromisoformat(expected(workshop)["as_of"])
    )
    totals, actions, sales, signups = asked.ask("totals", "actions", "category_sales", "signups")
    by_channel = {
        row["channel"]: {key: row[key] for key in ("buyers", "purchases", "revenue")}
        for row in totals
    }
    assert by_channel == truth["by_channel"]
    assert {f"{row['channel']}|{row['action']}": row["events"] for row in actions} == truth[
        "actions_by_channel"
    ]
    assert {
        row["category"]: {key: row[key] for key in ("purchases", "revenue")} for row in sales
    } == truth["by_category"]
    assert total(totals, "active") == truth["kpis"]["active_users"]
    by_month: dict[str, int] = {}
    for row in signups:
        month = f"{row['period']:%Y-%m}"
        by_month[month] = by_month.get(month, 0) + row["users"]
    assert by_month == truth["cohort_sizes"]


def test_hillstrom(shared: Shared) -> None:
    folder = shared("hillstrom")
    schema = {
        "users": {
            "table": "data",
            "channel": "channel",
            "outcomes": {"bought": "conversion", "visit": "visit"},
            "value": "spend",
        }
    }
    arms = expected(folder)["arms"]
    cuts = [Cut(key=arm, where={"users.segment": (arm,)}) for arm in arms]
    totals, actions = question(folder / "data.csv", schema, cuts).ask("totals", "actions")
    for arm, truth in arms.items():
        assert total(totals, "n", campaign=arm) == truth["n"]
        assert total(totals, "buyers", campaign=arm) == truth["conversions"]
        assert total(totals, "revenue", campaign=arm) == pytest.approx(truth["spend_sum"])
        assert total(actions, "users", campaign=arm, action="visit") == truth["visits"]
        assert spread(totals, arm) == pytest.approx(truth["spend_var"], rel=1e-9)


def spread(totals: Rows, campaign: str) -> float:
    """The variance of revenue over all channels, put together from each channel's moments."""
    parts = [row for row in totals if row["campaign"] == campaign]
    n = sum(row["n"] for row in parts)
    mean = sum(row["n"] * row["mean_revenue"] for row in parts) / n
    between = sum(row["n"] * (row["mean_revenue"] - mean) ** 2 for row in parts)
    return (sum(row["m2_revenue"] for row in parts) + between) / (n - 1)


def test_online_retail(shared: Shared) -> None:
    folder = shared("online_retail")
    schema = {
        "events": {
            "table": "orders",
            "user_id": "customer_id",
            "order": "invoice_no",
            "occurred_at": "t",
            "value": "amount",
            "action": {"constant": "bought"},
        }
    }
    asked = question(folder / "orders.csv", schema, [Cut(key="all")], seen_until=date(2011, 12, 31))
    [[totals], spenders] = asked.ask("totals", "spenders")
    truth = expected(folder)
    assert totals["n"] == totals["buyers"] == truth["clean"]["customers"]
    assert totals["purchases"] == truth["clean"]["orders"]
    assert totals["revenue"] == pytest.approx(truth["clean"]["revenue"], rel=1e-9)
    ranked = sorted(spenders, key=lambda row: row["rank"])
    for row, customer in zip(ranked, truth["top_customers"], strict=False):
        assert (row["user_id"], row["purchases"]) == (customer["customer_id"], customer["orders"])
        assert row["revenue"] == pytest.approx(customer["revenue"], rel=1e-9)


def test_online_retail_line_by_line(shared: Shared) -> None:
    folder = shared("online_retail")
    schema = {
        "events": {
            "table": "data",
            "user_id": "customer_id",
            "order": "invoice_no",
            "occurred_at": "invoice_date",
            "quantity": "quantity",
            "price": "unit_price",
            "action": {"constant": "bought"},
        }
    }
    lines = question(
        folder / "data.csv.gz", schema, [Cut(key="all")], seen_until=date(2011, 12, 31)
    )
    [[totals]] = lines.ask("totals")
    assert totals["revenue"] == pytest.approx(expected(folder)["clean"]["revenue"], rel=1e-9)


def test_cdnow(shared: Shared) -> None:
    folder = shared("cdnow_master_cohorts")
    schema = {
        "events": {
            "table": "data",
            "user_id": "customer_id",
            "occurred_at": "date",
            "value": "value",
            "action": {"constant": "bought"},
        }
    }
    truth = expected(folder)
    months = [
        Cut(key=month["month"], start=start, end=end, population="seen")
        for month in truth["monthly"][:6]
        for start, end in [month_of(month["month"])]
    ]
    cuts = [Cut(key="all"), *months]
    asked = question(folder / "data.csv", schema, cuts, seen_until=date(1998, 6, 30))
    totals, concentration, span = asked.ask("totals", "concentration", "span")
    everything = next(row for row in totals if row["campaign"] == "all")
    assert everything["n"] == truth["counts"]["customers"]
    assert everything["purchases"] == truth["counts"]["rows"]
    assert everything["revenue"] == pytest.approx(truth["counts"]["revenue"], rel=1e-9)
    for month in truth["monthly"][:6]:
        [counted] = [row for row in totals if row["campaign"] == month["month"]]
        assert (counted["buyers"], counted["purchases"]) == (month["customers"], month["orders"])
        assert counted["revenue"] == pytest.approx(month["revenue"], rel=1e-9)
    [first] = [row for row in span if row["campaign"] == "all"]
    assert str(first["first_event"].date()) == truth["counts"]["first_date"]
    top = [row for row in concentration if row["campaign"] == "all" and row["step"] <= 10]
    share = math.fsum(row["revenue"] for row in top) / everything["revenue"]
    assert share == pytest.approx(truth["kpis"]["top_decile_revenue_share"], rel=1e-3)


def month_of(name: str) -> tuple[date, date]:
    year, month = map(int, name.split("-"))
    return date(year, month, 1), date(year + month // 12, month % 12 + 1, 1)


def test_toy(shared: Shared) -> None:
    """One table that holds the users, the items and the events."""
    folder = shared("toy_hand_checked")
    schema = {
        "users": {"table": "data", "id": "user_id", "channel": "network", "signed_up_at": "date"},
        "items": {"table": "data", "id": "item_id"},
        "events": {
            "table": "data",
            "user_id": "user_id",
            "item_id": "item_id",
            "action": "event",
            "occurred_at": "date",
            "value": "amount",
        },
    }
    truth = expected(folder)
    cuts = [Cut(key=key, where={"users.campaign": (key,)}) for key in ("A", "B")]
    asked = question(
        folder / "data.csv", schema, cuts, response="buy", seen_until=date(2024, 12, 31)
    )
    totals, actions, spenders = asked.ask("totals", "actions", "spenders")
    for key in ("A", "B"):
        assert total(totals, "n", campaign=key) == truth["users_by_campaign"][key]
        assert total(totals, "buyers", campaign=key) == truth["buyers_by_campaign"][key]
        assert total(totals, "revenue", campaign=key) == truth["revenue_by_campaign"][key]
    for network, revenue in truth["revenue_by_network"].items():
        assert total(totals, "revenue", channel=network) == revenue
        for event, count in truth["by_network_event"][network].items():
            assert total(actions, "events", channel=network, action=event) == count
    by_revenue = sorted(((row["user_id"], row["revenue"]) for row in spenders), key=lambda p: -p[1])
    assert [list(pair) for pair in by_revenue] == truth["top_users"]
