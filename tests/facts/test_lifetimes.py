"""Lifetimes of four users one can count on one's fingers, on every kind of source.

Ann (FB) buys twice on 6 January, again on the 16th and on 5 February; Bob (FB) never. Cat (PI)
buys once, on 1 February, Dan (PI) on 1 and 11 March. The last day seen is 31 March: 84, 58 and 30
days after their first purchases.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from growthml.config.source import SourceConfig
from growthml.errors import NotEnoughData
from growthml.facts import FACTS
from growthml.facts.relations import Cut, Relations
from growthml.sources.source import Source
from tests.facts.market import (
    BACKENDS,
    Question,
    Rows,
    Table,
    at,
    in_order,
    rows,
    schema_of,
    table_of,
    write,
)

ANN, BOB, CAT, DAN = 1, 2, 3, 4

TABLES = (
    Table(
        name="users",
        columns={"id": "INTEGER", "channel": "VARCHAR", "signed_up_at": "TIMESTAMP"},
        rows=[
            (ANN, "FB", at("2025-01-01 09:00")),
            (BOB, "FB", at("2025-01-01 09:00")),
            (CAT, "PI", at("2025-01-15 09:00")),
            (DAN, "PI", at("2025-03-01 08:00")),
        ],
    ),
    Table(
        name="items",
        columns={"id": "INTEGER", "category": "VARCHAR", "price": "DOUBLE"},
        rows=[(10, "thai", 8.0), (11, "greek", 20.0)],
    ),
    Table(
        name="events",
        columns={
            "id": "INTEGER",
            "user_id": "INTEGER",
            "item_id": "INTEGER",
            "action": "VARCHAR",
            "occurred_at": "TIMESTAMP",
        },
        rows=[
            (1, ANN, 10, "bought", at("2025-01-06 10:00")),
            (2, ANN, 11, "bought", at("2025-01-06 23:59")),
            (3, ANN, 10, "bought", at("2025-01-16 00:00")),
            (4, ANN, 10, "bought", at("2025-02-05 10:00")),
            (5, BOB, 10, "like", at("2025-01-07 10:00")),
            (6, CAT, 11, "bought", at("2025-02-01 10:00")),
            (7, DAN, 10, "bought", at("2025-03-01 10:00")),
            (8, DAN, 10, "bought", at("2025-03-11 09:00")),
            (9, DAN, 10, "bought", at("2025-04-11 09:00")),
            (10, DAN, 10, "bought", None),
        ],
    ),
)


@pytest.fixture(scope="module", params=BACKENDS)
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Question:
    folder = tmp_path_factory.mktemp(request.param)
    return Question(url=write(request.param, folder, TABLES), schema=schema_of())


def asked(question: Question, name: str, *arguments: str) -> Rows:
    """A fact's rows, with its arguments given as text."""
    with Source("shop", SourceConfig.model_validate({"url": question.url})) as source:
        mapped, _ = source.map(question.schema, stored_zone="UTC", report_zone="UTC")
        relations = Relations(mapped, question.cuts, question.counting)
        return rows(source.read(FACTS[name].query(relations, *arguments)))


def test_what_buyers_of_a_channel_were_worth(shop: Question) -> None:
    # Ann: 4 purchases in 2 months, 2 a month. Cat: 1 in 1. Dan: 2 in 1.
    assert shop.ask("lifetimes") == [
        table_of(
            "campaign channel buyers purchases revenue purchases_per_month months",
            ("all", "FB", 1, 4, 44.0, 2.0, 2),
            ("all", "PI", 2, 3, 36.0, 3.0, 2),
        )
    ]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_month_is_one_of_its_year_however_many_years(backend: str, tmp_path: Path) -> None:
    times = ("2001-01-31", "2011-01-01", "2025-01-31", "2025-02-01", "2025-02-28")
    bought = [(n, ANN, 10, "bought", at(f"{day} 10:00")) for n, day in enumerate(times)]
    users, items, events = TABLES
    shop = Question(
        url=write(backend, tmp_path, (users, items, replace(events, rows=bought))),
        schema=schema_of(),
    )
    # Five purchases in January of 2001, of 2011 and of 2025, and in February.
    assert shop.ask("lifetimes") == [
        table_of(
            "campaign channel buyers purchases revenue purchases_per_month months",
            ("all", "FB", 1, 5, 40.0, 1.25, 4),
        )
    ]


def test_a_buyer_counts_once_in_every_category(shop: Question) -> None:
    # Ann buys thai food three times in two months (1.5 a month), Dan twice in one.
    assert shop.ask("lifetimes_by_category") == [
        table_of(
            "campaign category buyers purchases revenue purchases_per_month months",
            ("all", "greek", 2, 2, 40.0, 2.0, 2),
            ("all", "thai", 2, 5, 40.0, 3.5, 3),
        )
    ]


def test_by_channel_and_category(shop: Question) -> None:
    assert shop.ask("lifetimes_by_demographic") == [
        table_of(
            "campaign channel category buyers purchases revenue purchases_per_month months",
            ("all", "FB", "greek", 1, 1, 20.0, 1.0, 1),
            ("all", "FB", "thai", 1, 3, 24.0, 1.5, 2),
            ("all", "PI", "greek", 1, 1, 20.0, 1.0, 1),
            ("all", "PI", "thai", 1, 2, 16.0, 2.0, 1),
        )
    ]


def test_same_day_purchases_are_one(shop: Question) -> None:
    # Ann's first day, with its 28, is no part of her mean value of a repeat purchase.
    assert shop.ask("repeat_purchases", "repeat_values") == [
        in_order(
            table_of(
                "campaign channel frequency recency age buyers mean_values",
                ("all", "FB", 2, 30, 84, 1, 8.0),
                ("all", "PI", 0, 0, 58, 1, 0.0),
                ("all", "PI", 1, 10, 30, 1, 8.0),
            )
        ),
        table_of("campaign frequency mean_value buyers", ("all", 1, 8.0, 1), ("all", 2, 8.0, 1)),
    ]


def test_the_first_half_of_the_history_ends_on_17_february(shop: Question) -> None:
    # Half of the 84 days from 6 January on; Dan comes too late to be part of it.
    assert asked(shop, "calibration_purchases", "0.5") == table_of(
        "campaign frequency recency age buyers", ("all", 0, 0, 16, 1), ("all", 2, 30, 42, 1)
    )
    assert asked(shop, "repeat_tracking", "0.5") == in_order(
        table_of(
            "campaign day new_buyers repeats cut end",
            ("all", 0, 1, 0, 42, 84),
            ("all", 10, 0, 1, 42, 84),
            ("all", 26, 1, 0, 42, 84),
            ("all", 30, 0, 1, 42, 84),
        )
    )


def test_users_by_what_they_brought(shop: Question) -> None:
    assert shop.ask("valuable_users") == [
        table_of(
            "campaign rank user_id channel purchases months revenue frequency recency age"
            " mean_value",
            ("all", 1, ANN, "FB", 4, 2, 44.0, 2, 30, 84, 8.0),
            ("all", 2, CAT, "PI", 1, 1, 20.0, 0, 0, 58, None),
            ("all", 3, DAN, "PI", 2, 1, 16.0, 1, 10, 30, 8.0),
        )
    ]


def test_revenue_by_age(shop: Question) -> None:
    # 30.4375 days a month: Ann's last purchase, 35 days after sign-up, is of her second month.
    # Ann, Bob (89 days old) and Cat (75) have lived two full months, Dan (30) none.
    assert shop.ask("payback") == [
        in_order(
            table_of(
                "campaign channel age month users revenue",
                ("all", "FB", 2, None, 2, 0.0),
                ("all", "FB", 2, 0, 0, 36.0),
                ("all", "FB", 2, 1, 0, 8.0),
                ("all", "PI", 0, None, 1, 0.0),
                ("all", "PI", 0, 0, 0, 16.0),
                ("all", "PI", 2, None, 1, 0.0),
                ("all", "PI", 2, 0, 0, 20.0),
            )
        )
    ]


def test_history_reaches_back_before_the_window_and_ends_with_it(shop: Question) -> None:
    february = Cut(key="february", start=date(2025, 2, 1), end=date(2025, 3, 1))
    whole = Cut(key="whole")
    question = shop.but(cuts=(february, whole))
    mine = [row for row in asked(question, "repeat_purchases") if row["campaign"] == "february"]
    # Ann, 53 days after her first purchase on 28 February, and Cat, 27 days after hers.
    assert mine == in_order(
        table_of(
            "campaign channel frequency recency age buyers mean_values",
            ("february", "FB", 2, 30, 53, 1, 8.0),
            ("february", "PI", 0, 0, 27, 1, 0.0),
        )
    )
    ages = {row["age"] for row in asked(question, "repeat_purchases") if row not in mine}
    assert ages == {84, 58, 30}


def test_money_and_times_are_needed(tmp_path: Path) -> None:
    url = write("sqlite", tmp_path, TABLES)
    without_prices = Question(url=url, schema=schema_of(items={"price": None}))
    with pytest.raises(NotEnoughData) as missing:
        asked(without_prices, "lifetimes")
    assert missing.value.missing == "items.price"
    without_times = Question(url=url, schema=schema_of(events={"occurred_at": None}))
    with pytest.raises(NotEnoughData) as missing:
        asked(without_times, "lifetimes")
    assert missing.value.missing == "events.occurred_at"
