"""What a purchase is and what it is worth: orders, quantities, own values, outcomes, big sums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from growthml.config.tables import Schema
from growthml.facts.relations import Cut
from tests.facts.market import (
    ANN,
    BACKENDS,
    BOB,
    ITEMS,
    Question,
    Table,
    at,
    market_tables,
    schema_of,
    table_of,
    write,
)

WHEN = at("2025-02-01 10:00")
LINES = Table(
    name="lines",
    columns={
        "who": "INTEGER",
        "order": "VARCHAR",
        "item": "INTEGER",
        "pieces": "INTEGER",
        "paid": "DOUBLE",
        "shelf": "VARCHAR",
        "at": "TIMESTAMP",
    },
    rows=[
        (ANN, "A", 10, 2, None, None, WHEN),  # two at 8
        (ANN, "A", 11, 1, 5.0, "offers", WHEN),  # 5, whatever the menu says
        (ANN, "B", 12, 1, None, None, WHEN),  # 20
        (ANN, None, 10, None, None, None, WHEN),  # 8, an order of its own
        (BOB, "C", 12, -1, None, None, WHEN),  # a cancellation
    ],
)
MENU = Table(
    name="menu", columns={"id": "INTEGER", "kind": "VARCHAR", "price": "INTEGER"}, rows=ITEMS
)
LINE_FIELDS = {
    "table": "lines",
    "user_id": "who",
    "item_id": "item",
    "action": {"constant": "bought"},
    "occurred_at": "at",
}
MENU_FIELDS = {"table": "menu", "id": "id", "category": "kind", "price": "price"}


@pytest.fixture(scope="module", params=BACKENDS)
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Question:
    folder = tmp_path_factory.mktemp(request.param)
    return mapping(Question(url=write(request.param, folder, [LINES, MENU]), schema=schema_of()))


def mapping(question: Question, **fields: str) -> Question:
    """The shop with further fields of its lines mapped."""
    schema = {"events": {**LINE_FIELDS, **fields}, "items": MENU_FIELDS}
    return question.but(schema=Schema.model_validate(schema))


def sums(question: Question) -> tuple[int, int, float]:
    """Users, purchases and revenue."""
    [[totals]] = question.ask("totals")
    return totals["n"], totals["purchases"], totals["revenue"]


ALL_FIELDS = {"order": "order", "quantity": "pieces", "value": "paid"}


@pytest.mark.parametrize(
    ("fields", "counted"),
    [
        ({}, (2, 5, 8.0 + 12 + 20 + 8 + 20)),
        ({"order": "order"}, (2, 4, 68.0)),
        ({"quantity": "pieces"}, (2, 4, 16.0 + 12 + 20 + 8)),
        ({"value": "paid"}, (2, 5, 8.0 + 5 + 20 + 8 + 20)),
        (ALL_FIELDS, (2, 3, 16.0 + 5 + 20 + 8)),
    ],
)
def test_orders_quantities_and_own_values(
    shop: Question, fields: Mapping[str, str], counted: tuple[int, int, float]
) -> None:
    assert sums(mapping(shop, **fields)) == counted


def test_a_constant_is_the_worth_of_every_response(shop: Question) -> None:
    assert sums(mapping(shop, **ALL_FIELDS).but(value=2.5)) == (2, 3, 10.0)


def test_by_event_only_the_events_own_value_counts(shop: Question) -> None:
    assert sums(mapping(shop, **ALL_FIELDS).but(value="event")) == (2, 3, 5.0)


def test_by_event_the_items_price_is_no_money(shop: Question) -> None:
    [[totals]] = shop.but(value="event").ask("totals")
    assert totals["revenue"] is None


def test_a_cancellation_is_no_purchase_and_is_reported(shop: Question) -> None:
    [[quality]] = mapping(shop, quantity="pieces").ask("event_quality")
    assert (quality["events"], quality["cancelled"]) == (5, 1)


def test_an_events_own_category_wins_over_its_items(shop: Question) -> None:
    [sales] = mapping(shop, category="shelf", **ALL_FIELDS).ask("category_sales")
    assert sales == table_of(
        "campaign category purchases revenue",
        ("all", "greek", 1, 20.0),
        ("all", "offers", 1, 5.0),
        ("all", "thai", 2, 24.0),
    )


def test_lines_are_repeated_only_where_order_and_money_are_the_same(shop: Question) -> None:
    assert mapping(shop, **ALL_FIELDS).ask("duplicates") == [[]]


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_id_that_is_there_twice_multiplies_nothing(backend: str, tmp_path: Path) -> None:
    users, items, events = market_tables()
    tables = [
        replace(users, rows=[*users.rows, (ANN, "PI", at("2025-01-04 09:00"))]),
        replace(items, rows=[*items.rows, (10, "vietnamese", 9.0)]),
        events,
    ]
    question = Question(url=write(backend, tmp_path, tables), schema=schema_of())
    [[span], totals, spenders] = question.ask("span", "totals", "spenders")
    assert (span["users"], span["events"]) == (5, 13)
    assert span["first_signup"] == at("2025-01-04 09:00")
    assert [(row["channel"], row["n"], row["revenue"]) for row in totals] == [
        ("FB", 2, 28.0),
        (None, 1, 0.0),
        ("PI", 2, 12.0),
    ]
    assert [row["user_id"] for row in spenders] == [1, 3]


@pytest.mark.parametrize("backend", BACKENDS)
def test_channels_and_actions_that_are_numbers_are_read_as_text(
    backend: str, tmp_path: Path
) -> None:
    users = Table(
        name="users",
        columns={"id": "INTEGER", "channel": "INTEGER", "signed_up_at": "TIMESTAMP"},
        rows=[(1, 7, WHEN), (2, None, WHEN)],
    )
    events = Table(
        name="events",
        columns={"user_id": "INTEGER", "action": "INTEGER", "occurred_at": "TIMESTAMP"},
        rows=[(1, 3, WHEN), (2, 4, WHEN)],
    )
    schema = schema_of(items=None, events={"id": None, "item_id": None})
    question = Question(url=write(backend, tmp_path, [users, events]), schema=schema).but(
        response="3", cuts=[Cut(key="c", where={"channel": (7,)})]
    )
    assert question.ask("actions", "user_quality") == [
        table_of("campaign channel action events users", ("c", "7", "3", 1, 1)),
        table_of("campaign users missing_channel missing_signup", ("c", 1, 0, 0)),
    ]


MAILS = Table(
    name="mails",
    columns={
        "segment": "VARCHAR",
        "channel": "VARCHAR",
        "visit": "INTEGER",
        "conversion": "INTEGER",
        "spend": "DOUBLE",
    },
    rows=[
        ("men", "web", 1, 1, 30.0),
        ("men", "phone", 1, 0, 0.0),
        ("none", "web", 0, 0, 0.0),
        ("none", "web", 3, 2, 50.0),
    ],
)
MAILED = Schema.model_validate(
    {
        "users": {
            "table": "mails",
            "channel": "channel",
            "outcomes": {"bought": "conversion", "visit": "visit"},
            "value": "spend",
        }
    }
)
ARMS = [Cut(key=arm, where={"users.segment": (arm,)}) for arm in ("none", "men")]


@pytest.mark.parametrize("backend", BACKENDS)
def test_outcomes_are_so_many_events_of_a_user(backend: str, tmp_path: Path) -> None:
    url = write(backend, tmp_path, [MAILS])
    question = Question(url=url, schema=MAILED, cuts=ARMS)
    totals, actions = question.ask("totals", "actions")
    names = ("campaign", "channel", "n", "active", "buyers", "purchases", "revenue")
    assert [tuple(row[name] for name in names) for row in totals] == [
        ("men", "phone", 1, 1, 0, 0, 0.0),
        ("men", "web", 1, 1, 1, 1, 30.0),
        ("none", "web", 2, 1, 1, 2, 50.0),
    ]
    assert actions == table_of(
        "campaign channel action events users",
        ("men", "phone", "visit", 1, 1),
        ("men", "web", "bought", 1, 1),
        ("men", "web", "visit", 1, 1),
        ("none", "web", "bought", 2, 1),
        ("none", "web", "visit", 3, 1),
    )
    assert [row["revenue"] for row in question.but(value=10.0).ask("totals")[0]] == [
        0.0,
        10.0,
        20.0,
    ]


def paid(backend: str, folder: Path, rows: Sequence[tuple[int, float]]) -> Question:
    """A table of purchases alone: who paid how much."""
    columns = {"user_id": "INTEGER", "action": "VARCHAR", "occurred_at": "TIMESTAMP"}
    table = Table(
        name="events",
        columns={**columns, "paid": "DOUBLE"},
        rows=[(user, "bought", WHEN, amount) for user, amount in rows],
    )
    fields = {"id": None, "item_id": None, "value": "paid"}
    return Question(
        url=write(backend, folder, [table]), schema=schema_of(users=None, items=None, events=fields)
    )


@pytest.mark.parametrize("backend", BACKENDS)
def test_second_moments_survive_a_great_mean(backend: str, tmp_path: Path) -> None:
    # Raw sums of squares would be 1e19 here, where doubles are 2,048 apart.
    rows = [(n, 1e8 + (1 if n % 2 else -1)) for n in range(1000)]
    [[totals]] = paid(backend, tmp_path, rows).ask("totals")
    assert (totals["n"], totals["mean_revenue"]) == (1000, pytest.approx(1e8, rel=1e-12))
    assert totals["m2_revenue"] == pytest.approx(1000.0, rel=1e-6)


@pytest.mark.parametrize("backend", BACKENDS)
def test_concentration_steps_are_per_cents_rounded_up(backend: str, tmp_path: Path) -> None:
    # Of seven buyers the first is 14.3 % of them, the second 28.6 %, the fifth 71.4 %.
    rows = [(n, float(n)) for n in range(1, 8)]
    [concentration] = paid(backend, tmp_path, rows).ask("concentration")
    steps = {row["step"]: row["revenue"] for row in concentration}
    assert steps == {15: 7.0, 29: 6.0, 43: 5.0, 58: 4.0, 72: 3.0, 86: 2.0, 100: 1.0}


def test_the_price_on_the_line_wins_over_the_menus_and_is_multiplied(
    tmp_path: Path,
) -> None:
    # Ann pays 3 for each of two, whatever the menu says, and 20 for what has no price of its own.
    lines = replace(
        LINES,
        rows=[
            (ANN, "A", 10, 2, 3.0, None, WHEN),
            (ANN, "A", 12, 1, None, None, WHEN),
            (BOB, "C", 12, -1, 20.0, None, WHEN),  # a cancellation
        ],
    )
    shop = Question(url=write("sqlite", tmp_path, [lines, MENU]), schema=schema_of())
    [totals] = mapping(shop, price="paid", quantity="pieces").ask("totals")
    assert sum(row["revenue"] for row in totals) == 26.0


def test_the_price_on_the_line_is_money_without_a_menu(tmp_path: Path) -> None:
    lines = replace(LINES, rows=[(ANN, "A", 10, 2, 3.0, None, WHEN)])
    schema = {"events": {**LINE_FIELDS, "price": "paid", "quantity": "pieces"}}
    shop = Question(url=write("sqlite", tmp_path, [lines]), schema=Schema.model_validate(schema))
    [totals] = shop.ask("totals")
    assert [row["revenue"] for row in totals] == [6.0]


ANSWERS = Table(
    name="answers",
    columns={"segment": "VARCHAR", "said": "VARCHAR"},
    rows=[("men", "yes"), ("men", "No"), ("none", " no"), ("none", None), ("none", "YES")],
)
ASKED = Schema.model_validate({"users": {"table": "answers", "outcomes": {"bought": "said"}}})


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_outcome_may_be_yes_or_no(backend: str, tmp_path: Path) -> None:
    url = write(backend, tmp_path, [ANSWERS])
    [totals] = Question(url=url, schema=ASKED, cuts=ARMS).ask("totals")
    told = [(row["campaign"], row["n"], row["buyers"], row["purchases"]) for row in totals]
    assert told == [("men", 2, 1, 1), ("none", 3, 1, 1)]


def test_numbers_that_are_stored_as_text_count_as_they_are(tmp_path: Path) -> None:
    # The catalogue looks at 200 rows: a two that comes later is still two purchases.
    rows = [*[("men", "0"), ("men", "1")] * 100, ("men", "2")]
    answers = Table(name=ANSWERS.name, columns=ANSWERS.columns, rows=rows)
    url = write("sqlite", tmp_path, [answers])
    [totals] = Question(url=url, schema=ASKED, cuts=ARMS).ask("totals")
    men = next(row for row in totals if row["campaign"] == "men")
    assert (men["n"], men["buyers"], men["purchases"]) == (201, 101, 102)
