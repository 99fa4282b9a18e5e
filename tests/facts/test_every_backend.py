"""Every fact says the same on every backend, of the same rows.

Tests beside this one count the facts by hand; here nobody counts, and so the rows can be many and
odd. What DuckDB says is what the others must say.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from growthml.config.tables import Schema
from growthml.facts import FACTS
from growthml.facts.relations import Cut
from tests.backends import BACKENDS, Table, write
from tests.facts import web
from tests.facts.market import COUNTING, SHAPES, Question, Rows, market_tables, schema_of

OF_WEB = [name for name, fact in FACTS.items() if fact.roles & {"requests", "sessions"}]
OF_VISITS = ["time_on_site"]
OF_USERS = [name for name in FACTS if name not in (*OF_WEB, *OF_VISITS, "outcomes")]
ARGUMENTS: Mapping[str, list[str]] = {
    "features": ["20", "20:like"],
    "feature_actions": ["20"],
    "earlier_behaviour": ["20"],
    "behaviour": ["20"],
    "current_behaviour": ["20"],
    "behaviour_names": ["20"],
    "user_items": ["100"],
    "cohort_sizes": ["signup:month", "first_response:week"],
    "cohort_activity": ["signup:active:month", "first_response:response:week"],
    "churn": ["30"],
    "traffic": ["", "user"],
    "session_sample": ["user"],
    "earlier_logins": ["1:/login:user"],
    "logins": ["1:/login:user"],
    "current_logins": ["1:/login:user"],
}
"""What facts are asked for that take arguments."""


def with_arguments(names: list[str]) -> list[str]:
    return [
        f"{name}:{given}" if given else name
        for name in names
        for given in ARGUMENTS.get(name, [""])
    ]


# -- The stories -------------------------------------------------------------------------------

WINTER_AND_SPRING = [
    Cut(key="winter", end=date(2025, 3, 1)),
    Cut(key="spring", start=date(2025, 3, 1), where={"channel": ("FB", "fb")}),
]
NAMES = [
    "a",
    "A",
    "a ",
    "ä",
    "Ä",
    "b",
    "B",
    "ß",
    "ss",
    "日本",
    "'; --",
    '"',
    "\\",
    "%s",
    "NULL",
    "_",
]
"""Ids that a careless comparison takes for one another, and some that break careless SQL."""
LARGE = 2**53
"""Whole numbers from here on are not all doubles."""


def crowd(empty: bool = False) -> list[Table]:
    """Users with text ids, items with large ids, six hundred events of a season of theirs, many
    twice, with gaps in every column; times are those of New York."""
    dice = random.Random(7)
    start = datetime(2025, 1, 1)

    def some(value: Any, unless: float = 0.1) -> Any:
        return None if dice.random() < unless else value

    def moment() -> datetime:
        return start + timedelta(seconds=dice.randrange(100 * 24 * 3600))

    channels = ["FB", "fb", "Fb ", "PI"]
    users = [
        (n, some(dice.choice(channels)), some(moment()), some(20 + i)) for i, n in enumerate(NAMES)
    ]
    users += [(NAMES[0], "PI", moment(), 99), (None, "FB", moment(), 1)]
    items = [
        (LARGE + n, some(dice.choice(["thai", "Thai", "grün"])), some(n / 10)) for n in range(12)
    ]
    items += [(LARGE, "twice", 3.3)]
    events: list[tuple[Any, ...]] = []
    for number in range(600):
        action = dice.choice(["bought", "like", "Like", "share", "nothing"])
        events.append(
            (
                LARGE + number,
                some(dice.choice([*NAMES, "nobody"])),
                some(LARGE + dice.randrange(14)),
                some(action, 0.02),
                some(moment(), 0.05),
                some(round(dice.random() * 100, 2)),
                some(f"order {dice.randrange(900)}"),
                some(dice.choice([1, 1, 2, 3, 0])),
            )
        )
    events += events[:50]
    visits = [(dice.choice(NAMES), some(moment()), some(dice.random() * 900)) for _ in range(200)]
    kinds = {
        "users": {"id": "VARCHAR", "channel": "VARCHAR", "since": "TIMESTAMP", "age": "INTEGER"},
        "items": {"id": "BIGINT", "category": "VARCHAR", "price": "DOUBLE"},
        "events": {
            **{"id": "BIGINT", "user_id": "VARCHAR", "item_id": "BIGINT", "action": "VARCHAR"},
            **{"at": "TIMESTAMP", "value": "DOUBLE", "order": "VARCHAR", "quantity": "INTEGER"},
        },
        "visits": {"user_id": "VARCHAR", "at": "TIMESTAMP", "seconds": "DOUBLE"},
    }
    rows: dict[str, list[Any]] = {
        **{"users": users, "items": items, "events": events, "visits": visits}
    }
    return [
        Table(name=name, columns=columns, rows=[] if empty else rows[name])
        for name, columns in kinds.items()
    ]


OF_CROWD = Schema.model_validate(
    {
        "users": {"table": "users", "id": "id", "channel": "channel", "signed_up_at": "since"},
        "items": {"table": "items", "id": "id", "category": "category", "price": "price"},
        "events": {
            **{"table": "events", "id": "id", "user_id": "user_id", "item_id": "item_id"},
            **{"action": "action", "occurred_at": "at", "order": "order", "quantity": "quantity"},
        },
        "visits": {
            "table": "visits",
            "user_id": "user_id",
            "occurred_at": "at",
            "duration": "seconds",
        },
    }
)


@dataclass(frozen=True, kw_only=True)
class Story:
    """Rows, and what is asked of them."""

    tables: Callable[[], list[Table]]
    asked: Question
    facts: list[str]


def of_market(shape: str) -> Story:
    asked = Question(url="", schema=schema_of(SHAPES[shape]), cuts=WINTER_AND_SPRING)
    return Story(
        tables=lambda: market_tables(SHAPES[shape]),
        asked=asked.but(report_zone="Europe/Berlin"),
        facts=with_arguments(OF_USERS),
    )


def of_crowd(empty: bool = False) -> Story:
    asked = Question(
        url="",
        schema=OF_CROWD,
        cuts=WINTER_AND_SPRING,
        counting=COUNTING,
        stored_zone="America/New_York",
        report_zone="Europe/Berlin",
    )
    facts = [*OF_USERS, *OF_VISITS]
    return Story(
        tables=lambda: crowd(empty),
        asked=asked.but(grain="week", seen_until=date(2025, 12, 1), today=date(2025, 12, 2)),
        facts=[*with_arguments(facts), "behaviour:20:users.age"],
    )


def of_outcomes() -> Story:
    """A row a user that says how often they did what; no events."""
    columns = {"id": "INTEGER", "group": "VARCHAR", "age": "INTEGER", "bought": "INTEGER"}
    columns |= {"spend": "DOUBLE"}
    rows = [(1, "FB", 20, 1, 9.5), (2, "fb", 20, 0, 0.0), (3, "FB", 20, 1, None)]
    rows += [(4, None, None, 3, 0.1)]
    users = {"table": "shop", "id": "id", "channel": "group", "outcomes": {"bought": "bought"}}
    return Story(
        tables=lambda: [Table(name="shop", columns=columns, rows=rows)],
        asked=Question(url="", schema=Schema.model_validate({"users": users | {"value": "spend"}})),
        facts=["outcomes", "outcomes:users.age", "totals", "actions", "spenders"],
    )


STORIES = {
    "crowd": of_crowd(),
    "crowd of nobody": of_crowd(empty=True),
    "outcomes": of_outcomes(),
    "web log": Story(tables=web.tables, asked=web.asked_of(""), facts=with_arguments(OF_WEB)),
    **{f"market, {kind}": of_market(kind) for kind in ("zoned", "text dates", "epoch seconds")},
}


# -- The comparison ----------------------------------------------------------------------------


@cache
def told(story: str, backend: str) -> Mapping[str, Rows]:
    """By fact, its rows."""
    chosen = STORIES[story]
    with TemporaryDirectory() as folder:
        asked = chosen.asked.but(url=write(backend, Path(folder), chosen.tables()))
        return dict(zip(chosen.facts, asked.ask(*chosen.facts), strict=True))


def like(found: Rows) -> Any:
    """Rows to compare with: floats need not agree in their last digits."""
    return [
        {
            key: pytest.approx(value, rel=1e-9) if isinstance(value, float) else value
            for key, value in row.items()
        }
        for row in found
    ]


COMPARED = [
    (story, backend)
    for story in STORIES
    for backend in BACKENDS
    if backend != "duckdb" and (story == "crowd" or backend not in ("parquet", "csv"))
]
"""What reads files is DuckDB: one story tells whether it finds in them what it finds in itself."""


@pytest.mark.parametrize(("story", "backend"), COMPARED)
def test_every_fact_is_the_same(story: str, backend: str) -> None:
    reference, found = told(story, "duckdb"), told(story, backend)
    for fact in reference:
        assert found[fact] == like(reference[fact]), fact


def test_the_stories_ask_every_fact() -> None:
    asked = {fact.partition(":")[0] for story in STORIES.values() for fact in story.facts}
    assert asked == set(FACTS)


def test_the_crowd_has_something_to_say_in_every_fact() -> None:
    told_of_crowd = told("crowd", "duckdb") | told("web log", "duckdb")
    silent = {fact.partition(":")[0] for fact, rows in told_of_crowd.items() if not rows}
    assert silent == {"earlier_logins", "logins", "current_logins"}  # the log is of three days
