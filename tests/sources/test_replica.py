"""A replica says how far behind its primary it may be: PostgreSQL's and MariaDB's."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from growthml.config.source import SourceConfig
from growthml.sources.source import Source
from tests.servers import MariaDB, PostgreSQL, postgresql, until

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


def opened(server: PostgreSQL | MariaDB) -> Source:
    url = server.url("shop") if isinstance(server, MariaDB) else server.url()
    return Source("shop", SourceConfig.model_validate({"url": url}))


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


@pytest.fixture
def followed() -> Iterator[tuple[MariaDB, MariaDB]]:
    """The same of MariaDB."""
    primary, replica = MariaDB(1), MariaDB(2)
    replica.follow(primary)
    do(primary, "CREATE DATABASE shop", "CREATE TABLE shop.orders SELECT 1 AS id")
    yield primary, replica
    replica.stop()
    primary.stop()


def do(server: MariaDB, *statements: str) -> None:
    with server.connect() as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def test_a_replica_of_mariadb_says_how_far_behind_it_is(
    followed: tuple[MariaDB, MariaDB], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="growthml")
    primary, replica = followed
    with opened(primary) as source:
        assert source.behind is None

    def has(number: int) -> bool:
        with opened(replica) as source:
            return source.behind == 0 and orders(source) == number

    def is_behind() -> bool:
        with opened(replica) as source:
            return bool(source.behind)

    until(lambda: has_table(replica), "the order to reach the replica")
    until(lambda: has(1), "the replica to catch up")

    do(replica, "STOP SLAVE", "CHANGE MASTER TO master_delay=3600", "START SLAVE")
    do(primary, "INSERT INTO shop.orders VALUES (2)")
    until(is_behind, "the second order to reach the replica, which does not show it yet")
    with opened(replica) as source:
        assert orders(source) == 1

    do(replica, "STOP SLAVE")
    assert not caplog.records
    with opened(replica) as source:
        assert source.behind is None
    assert caplog.messages == [
        "a replica is read that does not follow its primary: nobody knows how old its data are"
    ]

    do(replica, "CHANGE MASTER TO master_delay=0", "START SLAVE")
    until(lambda: has(2), "the replica to catch up")


def has_table(server: MariaDB) -> bool:
    with server.connect() as connection, connection.cursor() as cursor:
        return bool(cursor.execute("SHOW DATABASES LIKE 'shop'")) and bool(
            cursor.execute("SHOW TABLES FROM shop LIKE 'orders'")
        )
