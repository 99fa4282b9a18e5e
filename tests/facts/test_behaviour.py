"""Behaviour user by user at three cut-offs: 31 January, 2 March and 1 April, 30 days apart."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from growthml.config.tables import Schema
from growthml.errors import MissingFields, NotEnoughData
from tests.facts.market import Question, Table, at, schema_of, table_of, write
from tests.facts.shop import ANN, BOB, CAT, DAN, EVE, FAY, GIL, TABLES, asked, shop, told

__all__ = ["shop"]

COLUMNS = (
    "user_id channel tenure idle_days categories spend action_1 action_2 action_3 since_1 since_2"
    " since_3 category_1 category_2"
)


def test_a_column_means_the_same_at_every_cut_off(shop: Question) -> None:
    # By 2 March there are three likes, a bought, a nothing; four thai dishes and a greek one.
    assert asked(shop, "behaviour_names", "30") == table_of(
        "campaign kind place name",
        ("all", "action", 1, "like"),
        ("all", "action", 2, "bought"),
        ("all", "action", 3, "nothing"),
        ("all", "category", 1, "thai"),
        ("all", "category", 2, "greek"),
    )


def test_what_was_done_by_2_march_and_bought_in_the_thirty_days_after(shop: Question) -> None:
    found = asked(shop, "behaviour", "30")
    assert told(found, f"{COLUMNS} responded revenue") == table_of(
        f"{COLUMNS} responded revenue",
        (ANN, "FB", 60, 10, 2, 8.0, 2, 1, 0, 10, 50, None, 2, 1, 1, 8.0),
        (BOB, "FB", 60, None, 1, 0.0, 0, 0, 1, None, None, 3, 1, 0, 1, 8.0),
        (CAT, "PI", 1, 1, 1, 0.0, 1, 0, 0, 1, None, None, 1, 0, 0, 0.0),
        (EVE, "PI", 60, None, 0, 0.0, 0, 0, 0, None, None, None, 0, 0, 0, 0.0),
        (FAY, "TW", 10, None, 0, 0.0, 0, 0, 0, None, None, None, 0, 0, 0, 0.0),
        (GIL, "TW", 10, None, 0, 0.0, 0, 0, 0, None, None, None, 0, 0, 0, 0.0),
    )
    assert {row["population"] for row in found} == {6}


def test_a_horizon_earlier_nobody_has_bought_yet_and_later_sign_ups_are_not_there(
    shop: Question,
) -> None:
    assert told(asked(shop, "earlier_behaviour", "30"), f"{COLUMNS} responded") == table_of(
        f"{COLUMNS} responded",
        (ANN, "FB", 30, 20, 1, 8.0, 1, 1, 0, 21, 20, None, 2, 0, 0),
        (BOB, "FB", 30, None, 0, 0.0, 0, 0, 0, None, None, None, 0, 0, 0),
        (EVE, "PI", 30, None, 0, 0.0, 0, 0, 0, None, None, None, 0, 0, 0),
    )


def test_at_the_end_everybody_is_there_and_nothing_after_it_is_told(shop: Question) -> None:
    found = asked(shop, "current_behaviour", "30")
    assert [row["user_id"] for row in told(found, "user_id")] == [*range(ANN, GIL + 1)]
    assert "responded" not in found[0]
    (ann,) = [row for row in found if row["user_id"] == ANN]
    (dan,) = [row for row in found if row["user_id"] == DAN]
    assert (ann["action_2"], ann["spend"], ann["since_2"]) == (2, 16.0, 30)
    assert (dan["tenure"], dan["action_2"]) == (30, 1)


def test_named_columns_of_the_users_table_come_along(shop: Question) -> None:
    found = asked(shop, "behaviour", "30", "users.channel,users.signed_up_at")
    assert [row["users.channel"] for row in told(found, "user_id users.channel")] == [
        *("FB", "FB", "PI", "PI", "TW", "TW")
    ]


def test_a_column_that_is_not_there_is_named_with_its_nearest(shop: Question) -> None:
    with pytest.raises(MissingFields, match=r"no column 'chanel' \(did you mean 'channel'\?\)"):
        asked(shop, "behaviour", "30", "users.chanel")


def test_outcomes_of_a_table_of_one_row_a_user(tmp_path: Path) -> None:
    path = tmp_path / "mail.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE sent (arm TEXT, age INTEGER, bought INTEGER, spend REAL)")
        database.executemany(
            "INSERT INTO sent VALUES (?, ?, ?, ?)",
            [("mail", 30, 1, 9.5), ("mail", 40, 0, 0.0), ("none", 50, 2, 4.0)],
        )
    schema = Schema.model_validate(
        {
            "users": {
                "table": "sent",
                "channel": "arm",
                "outcomes": {"bought": "bought"},
                "value": "spend",
            }
        }
    )
    question = Question(url=f"sqlite:///{path}", schema=schema)
    columns = "channel users.age responded revenue population"
    assert told(asked(question, "outcomes", "users.age"), columns) == table_of(
        columns,
        ("mail", 30, 1, 9.5, 3),
        ("mail", 40, 0, 0.0, 3),
        ("none", 50, 1, 4.0, 3),
    )


def test_without_outcomes_the_field_is_named(shop: Question) -> None:
    with pytest.raises(NotEnoughData, match=r"users\.outcomes\.bought"):
        asked(shop.but(schema=schema_of()), "outcomes")


def test_visits_before_the_cut_off_are_counted_where_they_are_mapped(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    # Ann came for 60 and 30 seconds in January, and on the cut-off day; Bob once, nobody knows how
    # long.
    came = Table(
        name="visits",
        columns={"who": "INTEGER", "day": "TIMESTAMP", "seconds": "DOUBLE"},
        rows=[
            (ANN, at("2025-01-05 10:00"), 60.0),
            (ANN, at("2025-01-06 10:00"), 30.0),
            (ANN, at("2025-03-02 00:00"), 500.0),
            (BOB, at("2025-02-01 10:00"), None),
        ],
    )
    url = write("duckdb", tmp_path_factory.mktemp("visits"), (*TABLES, came))
    schema = schema_of().model_dump(exclude_none=True)
    visits = {"table": "visits", "user_id": "who", "occurred_at": "day", "duration": "seconds"}
    question = Question(url=url, schema=Schema.model_validate({**schema, "visits": visits}))
    assert told(asked(question, "behaviour", "30"), "user_id visits visit_seconds")[:3] == table_of(
        "user_id visits visit_seconds", (ANN, 2, 45.0), (BOB, 1, None), (CAT, 0, None)
    )
