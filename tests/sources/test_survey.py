"""A survey reads a few rows of each table, whatever there are."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from growthml.sources.connect import engine_for
from growthml.sources.survey import MOST_ROWS, ends, survey

ROWS = 20_000


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of 20,000 rows with an index on `at` and none on `seen`, which has a value in every
    other row; a copy without a key; a small table beside them."""
    made = tmp_path_factory.mktemp("survey") / "big.db"
    with closing(sqlite3.connect(made)) as database, database:
        database.execute("CREATE TABLE big (id INTEGER PRIMARY KEY, at INTEGER, seen INTEGER)")
        rows = ((n, n * 10, None if n % 2 else n) for n in range(ROWS))
        database.executemany("INSERT INTO big VALUES (?, ?, ?)", rows)
        database.execute("CREATE INDEX by_at ON big (at)")
        database.execute("CREATE TABLE keyless AS SELECT * FROM big")
        database.execute("CREATE TABLE small (big_id INTEGER REFERENCES big (id), at INTEGER)")
        database.executemany("INSERT INTO small VALUES (?, ?)", [(1, 7), (2, 3)])
    return made


@contextmanager
def opened(path: Path) -> Iterator[tuple[Connection, list[str]]]:
    """A connection, and the statements that run on it."""
    engine, statements = engine_for("big", f"sqlite:///{path}"), []

    @sa.event.listens_for(engine, "before_cursor_execute")
    def listen(_c: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(" ".join(statement.split()))

    with engine.connect() as connection:
        yield connection, statements
    engine.dispose()


def test_no_more_than_the_first_rows_are_asked_for(path: Path) -> None:
    with opened(path) as (connection, statements):
        big, _, small = survey(connection)
    assert (len(big.rows), big.whole) == (MOST_ROWS, False)
    assert (len(small.rows), small.whole) == (2, True)
    of_tables = [each for each in statements if each.startswith("SELECT * FROM")]
    assert len(of_tables) == 3
    assert all(" LIMIT " in each for each in of_tables)


def test_keys_and_what_they_refer_to(path: Path) -> None:
    with opened(path) as (connection, _):
        big, _, small = survey(connection)
    assert big["id"].primary
    assert not big["at"].primary
    assert small["big_id"].refers_to == ("big", "id")
    assert big["seen"].nulls == MOST_ROWS / 2


def test_ends_are_told_only_where_that_costs_little(path: Path) -> None:
    with opened(path) as (connection, _):
        big, keyless, small = survey(connection)
        assert ends(connection, big, "at") == (0, (ROWS - 1) * 10)
        assert ends(connection, big, "seen") == (0, ROWS - 2)  # its last rows by their key
        assert ends(connection, keyless, "seen") is None
        assert ends(connection, small, "at") == (3, 7)
