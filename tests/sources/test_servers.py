"""PostgreSQL and MariaDB: only read, at one moment, and never for longer than allowed."""

from __future__ import annotations

import logging
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from growthml.config.source import SourceConfig
from growthml.errors import FactError
from growthml.sources import fetch, postgres_arrow
from growthml.sources.connect import engine_for
from growthml.sources.dialect import INSTANT
from growthml.sources.source import Source
from tests.backends import write
from tests.facts.market import market_tables, schema_of
from tests.servers import mariadb, postgresql, until
from tests.sources.test_source import endless

SERVERS = ("postgresql", "mariadb")
USERS = sa.table("users", sa.column("id", sa.BigInteger), sa.column("channel", sa.String))
HOW_MANY = sa.select(sa.func.count().label("n")).select_from(USERS)
WRITES = (
    "INSERT INTO users VALUES (9, 'FB', '2025-01-01')",
    "UPDATE users SET channel = 'PI'",
    "DELETE FROM users",
    "DROP TABLE users",
    "CREATE TABLE more (id INTEGER)",
    "CREATE TEMPORARY TABLE more (id INTEGER)",
    "CREATE VIEW more AS SELECT 1",
    "SELECT * FROM users FOR UPDATE",
    "SELECT 1; COMMIT; CREATE TABLE more (id INTEGER)",
)


@pytest.fixture(params=SERVERS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return write(request.param, tmp_path, market_tables())


def opened(url: str, **settings: Any) -> Source:
    return Source("shop", SourceConfig.model_validate({"url": url, **settings}))


def count(source: Source) -> int:
    return int(source.read(HOW_MANY)["n"].iloc[0])


def as_owner(url: str, *statements: str) -> list[Any]:
    """What an owner of the database does beside us; the rows of the last statement."""
    of_postgres = url.startswith("postgresql")
    server = postgresql() if of_postgres else mariadb()
    place = url.rpartition("%3D")[2] if of_postgres else url.partition("@/")[2].partition("?")[0]
    with closing(server.connect()) as database, closing(database.cursor()) as cursor:
        cursor.execute(f"SET search_path = {place}" if of_postgres else f"USE {place}")
        for statement in statements:
            cursor.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []


def drop_connections(url: str) -> None:
    """End every session but our own, as a restart or a firewall does."""
    if url.startswith("postgresql"):
        others = "FROM pg_stat_activity WHERE usename = 'postgres' AND pid <> pg_backend_pid()"
        as_owner(url, f"SELECT pg_terminate_backend(pid) {others}")
        until(lambda: as_owner(url, f"SELECT count(*) {others}") == [(0,)], "sessions to end")
        return
    others = "FROM information_schema.processlist WHERE user = 'root' AND id <> connection_id()"
    for (number,) in as_owner(url, f"SELECT id {others}"):
        as_owner(url, f"KILL {number}")
    until(lambda: as_owner(url, f"SELECT count(*) {others}") == [(0,)], "sessions to end")


# -- Only read ---------------------------------------------------------------------------------


@pytest.mark.parametrize("statement", WRITES)
def test_nothing_can_be_written(statement: str, url: str) -> None:
    engine = engine_for("shop", url)
    with engine.connect() as connection:
        with pytest.raises(sa.exc.DBAPIError):
            connection.exec_driver_sql(statement)
        connection.rollback()
        assert connection.exec_driver_sql("SELECT count(*) FROM users").scalar() == 5
    engine.dispose()


def test_all_queries_see_one_moment_and_nobody_waits_for_us(url: str) -> None:
    with opened(url) as source:
        assert count(source) == 5
        as_owner(url, "INSERT INTO users VALUES (9, 'FB', NULL)", "UPDATE users SET channel = 'X'")
        assert count(source) == 5
        with pytest.raises(FactError):
            source.read(sa.select(sa.column("n")).select_from(sa.table("nowhere")))
        assert count(source) == 5
    with opened(url) as later:
        assert count(later) == 6


def test_postgresql_is_locked_for_nobody_who_writes(tmp_path: Path) -> None:
    url = write("postgresql", tmp_path, market_tables())
    with opened(url) as source:
        count(source)
        channels(source)
        held = as_owner(
            url,
            "SELECT DISTINCT relation::regclass::text, mode FROM pg_locks"
            " JOIN pg_class ON pg_class.oid = relation WHERE pid <> pg_backend_pid()"
            " AND relpersistence <> 't' AND mode <> 'AccessShareLock'",
        )
    assert held == []


def test_what_a_source_allows_is_told_to_postgresql(tmp_path: Path) -> None:
    url = write("postgresql", tmp_path, market_tables())

    def told(**settings: Any) -> list[str]:
        names = ("work_mem", "max_parallel_workers_per_gather", "statement_timeout", "TimeZone")
        asked = sa.select(
            *(sa.func.current_setting(each, type_=sa.String).label(each) for each in names)
        )
        with opened(url, **settings) as source:
            return [str(value) for value in source.read(asked).loc[0]]

    assert told() == ["128MB", "2", "0", "UTC"]
    assert told(memory_limit="1GB", threads=1, timeout=2.5) == ["1GB", "0", "2500ms", "UTC"]


def test_a_time_zone_that_the_server_does_not_know_is_refused(tmp_path: Path) -> None:
    with opened(write("mariadb", tmp_path, market_tables())) as source:
        _, problems = source.map(
            schema_of(), stored_zone="Europe/Berlin", report_zone="Australia/Sydney"
        )
    reason = (
        "the database does not know the time zone 'Australia/Sydney'; its administrator loads them:"
        " mariadb-tzinfo-to-sql /usr/share/zoneinfo | mariadb mysql"
    )
    assert problems == [
        f"schema.users.signed_up_at: {reason}",
        f"schema.events.occurred_at: {reason}",
    ]


# -- Tables of a reader's own ------------------------------------------------------------------


def channels(source: Source) -> int:
    """How many channels there are, by a relation that is kept."""
    kept = source.keep("channels", sa.select(USERS.c.channel).distinct())
    return len(source.read(sa.select(kept.c.channel)))


@pytest.fixture
def shop(tmp_path: Path) -> str:
    return write("postgresql", tmp_path, market_tables())


OURS = "SELECT count(*) FROM pg_class WHERE relname LIKE 'growthml%'"


def test_what_is_kept_is_seen_by_nobody_and_gone_at_the_end(shop: str) -> None:
    with opened(shop) as source:
        assert source.keeps
        there = channels(source)
        as_owner(shop, "INSERT INTO users VALUES (9, 'a channel of its own', NULL)")
        assert channels(source) == there
        assert as_owner(shop, OURS) == [(0,)]
    until(lambda: as_owner(shop, OURS) == [(0,)], "the tables to go")
    with opened(shop) as later:
        assert channels(later) == there + 1


def test_a_question_can_write_nothing_beside_what_is_kept(shop: str) -> None:
    as_owner(shop, "CREATE SEQUENCE numbers")
    place = shop.rpartition("%3D")[2]
    number = sa.select(sa.func.nextval(f"{place}.numbers").label("n"))
    with opened(shop) as source:
        there = channels(source)
        for ask in (source.read, lambda asked: list(source.batches(asked))):
            with pytest.raises(FactError, match="read-only transaction"):
                ask(number)
        assert channels(source) == there


def test_what_is_kept_outlives_queries_that_fail(shop: str) -> None:
    with opened(shop, timeout=0.5) as source:
        there = channels(source)
        with pytest.raises(FactError, match="timeout"):
            source.keep("ages", endless())
        with pytest.raises(FactError, match="timeout"):
            source.read(endless())
        as_owner(shop, "INSERT INTO users VALUES (9, 'a channel of its own', NULL)")
        assert channels(source) == there


def test_what_was_kept_is_made_again_after_a_lost_connection(shop: str) -> None:
    with opened(shop) as source:
        there = channels(source)
        drop_connections(shop)
        assert channels(source) == there
        drop_connections(shop)
        ids = source.keep("ids", sa.select(USERS.c.id))
        assert len(source.read(sa.select(ids.c.id))) == 5
        assert channels(source) == there


@pytest.mark.parametrize(
    "refusal",
    [
        "REVOKE TEMPORARY ON DATABASE postgres FROM PUBLIC",
        "ALTER ROLE reader SET default_transaction_read_only = on",
    ],
)
def test_a_reader_who_may_keep_nothing_reads_all_the_same(shop: str, refusal: str) -> None:
    place = shop.rpartition("%3D")[2]
    as_owner(
        shop,
        "CREATE ROLE reader LOGIN",
        f"GRANT USAGE ON SCHEMA {place} TO reader",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {place} TO reader",
        refusal,
    )
    try:
        with opened(shop.replace("postgres@", "reader@")) as source:
            assert not source.keeps
            assert count(source) == 5
    finally:
        as_owner(
            shop,
            "GRANT TEMPORARY ON DATABASE postgres TO PUBLIC",
            "DROP OWNED BY reader",
            "DROP ROLE reader",
        )


def test_a_source_may_be_told_to_keep_nothing(shop: str) -> None:
    with opened(shop, cache=False) as source:
        assert not source.keeps
        assert count(source) == 5


def test_a_query_of_ones_own_that_fails_leaves_the_next_ones_alone(url: str) -> None:
    wrong, right = (sa.text(text).columns(sa.column("n")) for text in ("SELECT x", "SELECT 1 AS n"))
    with opened(url) as source:
        with pytest.raises(FactError):
            source.ask(wrong, 5)
        assert len(source.ask(right, 5)) == 1
        assert count(source) == 5


# -- Time and lost connections -----------------------------------------------------------------


def test_a_query_over_its_time_ends_on_the_server(url: str) -> None:
    of_postgres = url.startswith("postgresql")
    running = (
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%e14%'"
        " AND pid <> pg_backend_pid()"
        if of_postgres
        else "SELECT count(*) FROM information_schema.processlist WHERE command = 'Query'"
        " AND id <> connection_id() AND info LIKE '%e14%'"
    )
    with opened(url, timeout=0.5) as source:
        with pytest.raises(FactError, match=r"longer than its timeout of 0\.5 s"):
            source.read(endless())
        with pytest.raises(FactError, match=r"longer than its timeout of 0\.5 s"):
            list(source.batches(endless()))
        until(lambda: as_owner(url, running) == [(0,)], "the query to end", seconds=10)
        assert count(source) == 5


def test_a_dropped_connection_is_opened_again(url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="growthml")
    with opened(url) as source:
        assert count(source) == 5
        drop_connections(url)
        assert count(source) == 5
        drop_connections(url)
        assert [len(frame) for frame in source.batches(sa.select(USERS))] == [5]
    warning = "the connection of source 'shop' was dropped; it is opened again"
    assert [record.getMessage() for record in caplog.records] == [warning] * 2


def test_a_stream_that_breaks_off_is_not_begun_again(url: str) -> None:
    with opened(url) as source:
        frames = source.batches(million(url))
        assert len(next(frames)) == fetch.BATCH_ROWS
        drop_connections(url)
        with pytest.raises(FactError, match="the query on source 'shop' failed"):
            list(frames)
        assert count(source) == 5


def test_a_stream_may_be_left_before_its_end(url: str) -> None:
    with opened(url) as source:
        frames = source.batches(million(url))
        assert len(next(frames)) == fetch.BATCH_ROWS
        frames.close()
        assert count(source) == 5


def test_a_stream_may_be_left_after_its_source_is_closed(shop: str) -> None:
    with opened(shop) as source:
        frames = source._fetch.batches(million(shop))
        assert len(next(frames)) == fetch.BATCH_ROWS
    frames.close()  # type: ignore[attr-defined]


def million(url: str) -> sa.Select[Any]:
    """More rows than a driver and a socket hold, some 80 MB."""
    if url.startswith("postgresql"):
        series = sa.func.generate_series(1, 1_000_000).table_valued("seq")
        rows: Any = series.render_derived("rows")
    else:
        rows = sa.table("seq_1_to_1000000", sa.column("seq"))
    text = sa.func.repeat("growth ", 10, type_=sa.String())
    return sa.select(sa.cast(rows.c.seq, sa.BigInteger()).label("n"), text.label("text"))


# -- Arrow -------------------------------------------------------------------------------------


@pytest.fixture
def numbered(tmp_path: Path) -> tuple[str, Any]:
    """A question with 12,000 rows of every type, every seventh row NULL."""
    url = write("postgresql", tmp_path, market_tables())
    numbers = sa.func.generate_series(1, 12_000).table_valued("n").render_derived("numbers")
    n = sa.cast(numbers.c.n, sa.BigInteger())
    some = sa.case((n % 7 != 0, n))
    return (
        url,
        sa.select(
            (n + 2**53).label("large"),
            some.label("whole"),
            sa.cast(some, sa.Double()).label("real"),
            sa.cast(some, sa.Numeric()).label("exact"),
            sa.cast(some, sa.String()).label("word"),
            (some > 100).label("flag"),
            sa.cast(sa.func.to_timestamp(some * 3600), INSTANT).label("moment"),
            sa.cast(sa.func.to_timestamp(some * 86_400), sa.Date()).label("day"),
            sa.literal("it's 100% \\ “é”").label("odd"),
        ).order_by(n),
    )


def test_arrow_brings_what_rows_bring(
    numbered: tuple[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, question = numbered
    with opened(url) as source:
        assert isinstance(source._fetch, postgres_arrow.PostgresArrow)
        arrow = source.read(question)
        batches = pd.concat(source.batches(question), ignore_index=True)
    monkeypatch.setattr(postgres_arrow, "serves", lambda _dialect: False)
    with opened(url) as source:
        assert isinstance(source._fetch, fetch.Rows)
        rows = source.read(question)
    assert len(rows) == 12_000
    exact = {"exact": "float64"}
    pd.testing.assert_frame_equal(arrow.astype(exact), rows.astype(exact))
    pd.testing.assert_frame_equal(batches.astype(exact), rows.astype(exact))
