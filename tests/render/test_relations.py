"""What several statements share is told once, and nothing of a statement is lost."""

from __future__ import annotations

import pytest

from growthml.render.relations import Relation, shared, split, without

USERS = Relation(name="users", sql="SELECT id, ')' AS mark FROM u WHERE (id > 0)")
EVENTS = Relation(name="events", sql="SELECT count(*) FROM users")
ALONE = "WITH users AS \n(SELECT id, ')' AS mark FROM u WHERE (id > 0))\n SELECT 1 FROM users"
BOTH = (
    "WITH users AS \n(SELECT id, ')' AS mark FROM u WHERE (id > 0)), \n"
    "events AS \n(SELECT count(*) FROM users)\n SELECT 2 FROM events"
)


def test_a_statement_comes_apart_at_its_relations() -> None:
    taken = split(BOTH)
    assert list(taken.relations) == [USERS, EVENTS]
    assert taken.query == "SELECT 2 FROM events"


def test_only_what_two_statements_hold_is_shared() -> None:
    assert shared([ALONE, BOTH]) == [USERS]


def test_shared_relations_are_named_and_own_ones_kept() -> None:
    assert without(BOTH, [USERS], "see above") == (
        "-- users: see above\nWITH events AS \n(SELECT count(*) FROM users)\n SELECT 2 FROM events"
    )
    assert without(ALONE, [USERS], "see above") == "-- users: see above\nSELECT 1 FROM users"


@pytest.mark.parametrize(
    "sql", ["SELECT 1", "WITH RECURSIVE a(n) AS (SELECT 1) SELECT n FROM a", "WITH a AS \n(SELECT"]
)
def test_any_other_shape_stays_whole(sql: str) -> None:
    assert split(sql).relations == []
    assert without(sql, [USERS], "see above") == sql


def test_a_relation_that_is_not_kept_is_one_too() -> None:
    """DuckDB is told so in the statement; `run.json` holds it, the appendix tells the relation."""
    taken = split(ALONE.replace("users AS ", "users AS NOT MATERIALIZED "))
    assert list(taken.relations) == [USERS]
    assert taken.query == "SELECT 1 FROM users"
