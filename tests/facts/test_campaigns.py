"""Windows, filters, overlaps and the as-of date: who belongs to a campaign, and what counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from growthml.config.types import Range
from growthml.errors import MissingFields, NotEnoughData
from growthml.facts.relations import Cut
from tests.facts.market import (
    ANN,
    BACKENDS,
    CAT,
    NOBODY,
    Question,
    at,
    market_tables,
    schema_of,
    table_of,
    write,
)

JANUARY = {"start": date(2025, 1, 1), "end": date(2025, 2, 1)}
FEBRUARY = {"start": date(2025, 2, 1), "end": date(2025, 3, 1)}

Ask = Callable[..., Question]


@pytest.fixture(scope="module", params=BACKENDS)
def market(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Question:
    folder = tmp_path_factory.mktemp(request.param)
    return Question(url=write(request.param, folder, market_tables()), schema=schema_of())


def size(question: Question) -> dict[str, tuple[int, int]]:
    """By campaign, its users and its events."""
    [span] = question.ask("span")
    return {row["campaign"]: (row["users"], row["events"]) for row in span}


def spent(question: Question) -> dict[str, dict[Any, float]]:
    """By campaign, what each buyer spent."""
    [spenders] = question.ask("spenders")
    found: dict[str, dict[Any, float]] = {}
    for row in spenders:
        found.setdefault(row["campaign"], {})[row["user_id"]] = row["revenue"]
    return found


WINDOWS = [
    # Ann acted in February, Cat and Dan signed up in it; Bob was not seen.
    (Cut(key="c", **FEBRUARY), (3, 6), {ANN: 20.0, CAT: 12.0}),
    (Cut(key="c", **FEBRUARY, population="new"), (2, 4), {CAT: 12.0}),
    (Cut(key="c", **FEBRUARY, population="all"), (4, 6), {ANN: 20.0, CAT: 12.0}),
    (Cut(key="c", end=date(2025, 2, 1)), (2, 4), {ANN: 8.0}),
    # Eve's share at no known time lies in no window.
    (Cut(key="c", start=date(2025, 3, 1)), (1, 2), {}),
    (Cut(key="c", start=date(2025, 3, 1), population="all"), (5, 2), {}),
]


@pytest.mark.parametrize(("cut", "users_and_events", "revenue"), WINDOWS)
def test_window(
    market: Question, cut: Cut, users_and_events: tuple[int, int], revenue: Mapping[int, float]
) -> None:
    question = market.but(cuts=[cut])
    assert size(question) == {"c": users_and_events}
    assert spent(question).get("c", {}) == revenue


FILTERS: list[tuple[dict[str, Any], tuple[int, int]]] = [
    ({"channel": ("FB",)}, (2, 6)),
    ({"channel": ("FB", "PI")}, (4, 12)),
    ({"users.channel": ("PI",)}, (2, 6)),
    ({"user": (ANN, CAT)}, (2, 6)),
    # Both days are in it: Bob signed up at noon of the first, Cat in the morning of the last.
    ({"signed_up_at": Range(min=date(2025, 1, 10), max=date(2025, 2, 1))}, (2, 6)),
    ({"signed_up_at": (date(2025, 2, 20),)}, (1, 1)),
    ({"action": ("bought",)}, (2, 4)),
    ({"action": ("bought", "share")}, (3, 5)),
    ({"category": ("greek",)}, (3, 3)),
    ({"item": (10,)}, (3, 5)),
    ({"occurred_at": (date(2025, 1, 12),)}, (1, 2)),
    ({"occurred_at": Range(min=date(2025, 3, 4))}, (1, 2)),
    ({"occurred_at": Range(max=date(2025, 1, 11))}, (2, 2)),
    ({"events.item_id": Range(min=11, max=12)}, (4, 6)),
    ({"events.item_id": Range(min=12), "channel": ("PI",)}, (2, 2)),
    # Not {Ann or Cat} twice over: all filters must hold of one event.
    ({"action": ("like",), "category": ("greek",)}, (1, 1)),
]


@pytest.mark.parametrize(("where", "users_and_events"), FILTERS)
def test_filter(
    market: Question, where: Mapping[str, Any], users_and_events: tuple[int, int]
) -> None:
    assert size(market.but(cuts=[Cut(key="c", where=where)])) == {"c": users_and_events}


def test_campaigns_keep_their_own_windows_and_filters(market: Question) -> None:
    cuts = [
        Cut(key="january", **JANUARY),
        Cut(key="february", **FEBRUARY, where={"channel": ("FB",)}),
        Cut(key="buyers", where={"action": ("bought",)}),
        Cut(key="all"),
    ]
    assert size(market.but(cuts=cuts)) == {
        "january": (2, 4),
        "february": (1, 2),
        "buyers": (2, 4),
        "all": (5, 13),
    }


JANUARY_AND_FEBRUARY = [Cut(key="january", **JANUARY), Cut(key="february", **FEBRUARY)]


def test_users_of_two_campaigns_are_counted_in_both_and_reported(market: Question) -> None:
    question = market.but(cuts=JANUARY_AND_FEBRUARY)
    assert size(question) == {"january": (2, 4), "february": (3, 6)}
    assert question.ask("overlap") == [
        table_of("campaign users in_several", ("february", 3, 1), ("january", 2, 1))
    ]


def test_users_of_two_campaigns_can_be_left_out_of_both(market: Question) -> None:
    question = market.but(cuts=JANUARY_AND_FEBRUARY, exclude_overlap=True)
    assert size(question) == {"january": (1, 3), "february": (2, 4)}
    assert question.ask("overlap") == [
        table_of("campaign users in_several", ("february", 3, 1), ("january", 2, 1))
    ]


def test_as_of_a_day_in_the_past_nothing_later_is_seen(market: Question) -> None:
    then = market.but(seen_until=date(2025, 2, 5))
    assert size(then) == {"all": (3, 7)}
    assert spent(then) == {"all": {ANN: 8.0, CAT: 12.0}}
    quality, twins = then.ask("event_quality", "duplicates")
    assert [(row["campaign"], row["events"]) for row in quality] == [(None, 1), ("all", 7)]
    assert twins == table_of("campaign duplicates", ("all", 1))


def test_as_of_a_day_in_the_past_filters_see_no_later_event(market: Question) -> None:
    likers = Cut(key="c", where={"action": ("like",)})
    assert size(market.but(cuts=[likers])) == {"c": (5, 6)}
    assert size(market.but(cuts=[likers], seen_until=date(2025, 2, 5))) == {"c": (2, 3)}


def test_without_users_everybody_with_an_event_is_one(market: Question) -> None:
    question = market.but(schema=schema_of(users=None))
    [span, totals, quality] = question.ask("span", "totals", "event_quality")
    assert span == table_of(
        "campaign users first_signup last_signup events first_event last_event",
        (
            "all",
            6,
            at("2025-01-06 10:00"),
            at("2025-03-04 10:00"),
            14,
            at("2025-01-06 10:00"),
            at("2025-03-05 10:00"),
        ),
    )
    [everybody] = totals
    assert everybody["channel"] is None
    assert [everybody[name] for name in ("n", "buyers", "purchases", "revenue")] == [6, 3, 5, 48.0]
    assert [(row["orphan"], row["events"]) for row in quality] == [(False, 15)]
    assert spent(question) == {"all": {ANN: 28.0, CAT: 12.0, NOBODY: 8.0}}


def test_without_sign_ups_the_first_event_is_the_sign_up(market: Question) -> None:
    question = market.but(schema=schema_of(users={"signed_up_at": None}), grain="day")
    assert question.ask("signups") == [
        table_of(
            "campaign period channel users",
            ("all", date(2025, 1, 6), "FB", 1),
            ("all", date(2025, 1, 11), "FB", 1),
            ("all", date(2025, 2, 1), "PI", 1),
            ("all", date(2025, 2, 19), None, 1),
            ("all", date(2025, 3, 4), "PI", 1),
        )
    ]
    assert size(question.but(cuts=[Cut(key="c", **FEBRUARY, population="new")])) == {"c": (2, 4)}


def test_a_user_whose_first_event_is_not_seen_yet_has_no_sign_up_yet(market: Question) -> None:
    question = market.but(
        schema=schema_of(users={"signed_up_at": None}), seen_until=date(2025, 2, 5)
    )
    [quality] = question.ask("user_quality")
    assert quality == table_of("campaign users missing_channel missing_signup", ("all", 5, 1, 2))


def test_a_window_without_any_time_says_what_is_lacking(market: Question) -> None:
    schema = schema_of(users={"signed_up_at": None}, events={"occurred_at": None})
    with pytest.raises(NotEnoughData, match=r"users\.signed_up_at"):
        market.but(schema=schema, cuts=[Cut(key="c", **FEBRUARY)]).ask("span")
    assert size(market.but(schema=schema)) == {"all": (5, 14)}


@pytest.mark.parametrize(
    ("changes", "fact", "missing"),
    [
        ({"items": None}, "categories", "items.category"),
        ({"events": {"item_id": None}}, "categories", "events.item_id"),
        ({"items": None}, "spenders", "items.price"),
        ({"items": {"price": None}}, "concentration", "items.price"),
        ({"items": {"price": None}}, "item_quality", "items.price"),
        ({"events": None}, "actions", "events.action"),
        ({"events": None}, "event_quality", "events.user_id"),
        ({"events": {"action": None}}, "category_sales", "events.action"),
    ],
)
def test_a_fact_names_the_field_it_lacks(
    market: Question, changes: Mapping[str, Any], fact: str, missing: str
) -> None:
    with pytest.raises(NotEnoughData) as failure:
        market.but(schema=schema_of(**changes)).ask(fact)
    assert failure.value.missing == missing


def test_a_filter_by_what_is_not_mapped_is_refused(market: Question) -> None:
    where = {"order": (1,), "channel": ("FB",)}
    with pytest.raises(MissingFields) as failure:
        market.but(
            schema=schema_of(users={"channel": None}), cuts=[Cut(key="spring", where=where)]
        ).ask("span")
    assert failure.value.problems == (
        "campaigns.spring.where.order: the schema maps no events.order",
        "campaigns.spring.where.channel: the schema maps no users.channel",
    )


def test_users_without_actions_are_still_counted(market: Question) -> None:
    question = market.but(schema=schema_of(events=None, items=None))
    span, totals = question.ask("span", "totals")
    assert [(row["users"], row["events"], row["last_event"]) for row in span] == [(5, 0, None)]
    assert [(row["channel"], row["n"]) for row in totals] == [("FB", 2), (None, 1), ("PI", 2)]


def test_without_prices_revenue_is_not_known(market: Question) -> None:
    [totals] = market.but(schema=schema_of(items=None)).ask("totals")
    assert [(row["purchases"], row["revenue"]) for row in totals] == [
        (2, None),
        (0, None),
        (2, None),
    ]


EVERY = (
    "span",
    "totals",
    "signups",
    "overlap",
    "actions",
    "categories",
    "category_sales",
    "spenders",
    "concentration",
    "event_quality",
    "duplicates",
    "user_quality",
    "item_quality",
)


def empty(tables: Sequence[Any]) -> list[Any]:
    return [type(table)(name=table.name, columns=table.columns, rows=()) for table in tables]


@pytest.mark.parametrize("backend", BACKENDS)
def test_empty_tables_have_no_rows_in_any_fact(backend: str, tmp_path: Path) -> None:
    url = write(backend, tmp_path, empty(market_tables()))
    cuts = [Cut(key="all"), Cut(key="february", **FEBRUARY, where={"category": ("greek",)})]
    answers = Question(url=url, schema=schema_of(), cuts=cuts).ask(*EVERY)
    counted = dict(zip(EVERY, answers, strict=True))
    assert counted.pop("item_quality") == table_of(
        "campaign items nonpositive_price", ("all", 0, 0), ("february", 0, 0)
    )
    assert [fact for fact, rows in counted.items() if rows] == []


@pytest.mark.parametrize("backend", BACKENDS)
def test_one_user_with_one_event(backend: str, tmp_path: Path) -> None:
    users, items, events = market_tables()
    tables = [
        type(users)(name=users.name, columns=users.columns, rows=users.rows[:1]),
        items,
        type(events)(name=events.name, columns=events.columns, rows=events.rows[:1]),
    ]
    question = Question(url=write(backend, tmp_path, tables), schema=schema_of())
    assert size(question) == {"all": (1, 1)}
    [totals, concentration] = question.ask("totals", "concentration")
    assert (totals[0]["mean_revenue"], totals[0]["m2_revenue"]) == (8.0, 0.0)
    assert concentration == table_of(
        "campaign step buyers revenue weighed", ("all", 100, 1, 8.0, 0.0)
    )
