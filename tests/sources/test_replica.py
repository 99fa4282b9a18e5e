"""A standby of PostgreSQL says how far behind its primary it may be."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from growthml.config.source import SourceConfig
from growthml.sources.source import Source
from tests.servers import PostgreSQL, postgresql, until

ORDERS = sa.table("orders", sa.column("id", sa.Integer))


@pytest.fixture
def pair() -> Iterator[tuple[PostgreSQL, PostgreSQL]]:
    """A primary with one order, and a standby that follows it."""
    primary, standby = postgresql(), PostgreSQL()
    with primary.connect() as connection:
        connection.execute("DROP TABLE IF EXISTS orders")
        connection.execute("CREATE TABLE orders AS SELECT 1 AS id")
    standby.copy(primary)
    standby.serve(hot_standby="on")
    yield primary, standby
    standby.stop()


def opened(server: PostgreSQL) -> Source:
    return Source("shop", SourceConfig.model_validate({"url": server.url()}))


def orders(source: Source) -> int:
    frame = source.read(sa.select(sa.func.count().label("n")).select_from(ORDERS))
    return int(frame["n"].iloc[0])


def test_a_standby_says_how_far_behind_it_is(pair: tuple[PostgreSQL, PostgreSQL]) -> None:
    primary, standby = pair
    with opened(primary) as source:
        assert source.behind is None
        assert source.keeps

    def has_caught_up() -> bool:
        with opened(standby) as source:
            return source.behind == 0

    until(has_caught_up, "the standby to connect")
    with opened(standby) as source:
        assert not source.keeps

    with standby.connect() as connection:
        connection.execute("SELECT pg_wal_replay_pause()")
        state = "SELECT pg_get_wal_replay_pause_state()"
        until(lambda: connection.execute(state).fetchone() == ("paused",), "replay to pause")
    with primary.connect() as connection:
        connection.execute("INSERT INTO orders VALUES (2)")

    def is_behind() -> bool:
        with opened(standby) as source:
            return bool(source.behind)

    until(is_behind, "the order to reach the standby, which does not show it yet")
    with opened(standby) as source:
        assert orders(source) == 1
    with standby.connect() as connection:
        connection.execute("SELECT pg_wal_replay_resume()")
    until(has_caught_up, "the standby to catch up")
    with opened(standby) as source:
        assert orders(source) == 2
