"""Spark over Spark Connect: what a URL may say, and that the two servers do as the others do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlalchemy as sa

from growthml.config.source import SourceConfig
from growthml.errors import FactError, SourceError
from growthml.facts import FACTS
from growthml.facts.relations import Relations
from growthml.sources.connect import engine_for
from growthml.sources.fetch import BATCH_ROWS
from growthml.sources.source import Source
from tests.backends import write
from tests.facts.market import ALL, COUNTING, in_order, market_tables, rows, schema_of
from tests.facts.test_storage import SHAPES, told
from tests.servers import Sail, sail, spark

pytest.importorskip("pyspark", reason="the client for Spark: pip install 'growthml[spark]'")

REAL = pytest.param(spark, marks=pytest.mark.slow, id="spark")
SERVERS = [pytest.param(sail, id="sail"), REAL]


def open_source(url: str, **settings: Any) -> Source:
    return Source("shop", SourceConfig.model_validate({"url": url, **settings}))


def numbers(upto: str) -> sa.FromClause:
    """Whole numbers from 0, that many; a server's own table."""
    found: sa.FromClause = (
        sa.func.range(sa.literal_column(upto)).table_valued("id").alias("numbers")
    )
    return found


# -- Apache Spark with two workers; everything else that is asked of a source, Sail is asked ------


@pytest.mark.slow
@pytest.mark.parametrize("name", ["zoned"])
def test_every_fact_of_the_market_is_the_storys_on_spark(name: str, tmp_path: Path) -> None:
    story = told(SHAPES[name])
    with open_source(write("spark", tmp_path, market_tables(SHAPES[name]))) as source:
        mapped, problems = source.map(schema_of(SHAPES[name]), stored_zone="UTC", report_zone="UTC")
        assert problems == []
        relations = Relations(mapped, [ALL], COUNTING, source.keep, source.inlines)
        for fact, expected in story.items():
            assert rows(source.read(FACTS[fact].query(relations))) == in_order(expected), fact
        for fact in ("totals", "actions", "lifetimes", "repeat_purchases"):
            assert "InMemoryTableScan" in plan_of(source, FACTS[fact].query(relations)), fact


def plan_of(source: Source, statement: sa.Select[Any]) -> str:
    """How Spark would answer."""
    text, parameters = source.sql(statement)
    driver: Any = source._connection.connection.driver_connection
    client = driver._session.client
    asked = driver._session.sql(text, args=parameters)
    return str(client.explain_string(asked._plan.to_proto(client), "simple"))


@pytest.mark.parametrize("server", SERVERS)
def test_a_query_over_its_time_is_stopped_on_the_server(
    server: Callable[[], Sail], tmp_path: Path
) -> None:
    (tmp_path / "one.csv").write_text("n\n1\n")
    forever = numbers("1000000000000000")
    with open_source(server().url(tmp_path), timeout=20) as source:
        source.timeout = 2
        with pytest.raises(FactError, match="took longer than its timeout of 2 s and was stopped"):
            source.read(sa.select(sa.func.sum(sa.column("id") % 7).label("n")).select_from(forever))
        source.timeout = 60
        assert source.read(sa.select(sa.literal(1).label("n")))["n"].tolist() == [1]


@pytest.mark.parametrize("server", SERVERS)
def test_many_rows_come_in_frames(server: Callable[[], Sail], tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("n\n1\n")
    number = sa.column("id", sa.BigInteger())
    query = sa.select(number).select_from(numbers("120000")).order_by(number)
    with open_source(server().url(tmp_path)) as source:
        frames = [frame["id"].tolist() for frame in source.batches(query)]
    assert max(map(len, frames)) <= BATCH_ROWS
    assert [number for frame in frames for number in frame] == list(range(120_000))


# -- What is kept on a server while a source is open --------------------------------------------


def kinds(source: Source) -> list[tuple[int, int]]:
    """How many of the numbers 0 to 8 leave each remainder by 3, from what is kept of them."""
    kind = (sa.column("id", sa.BigInteger()) % 3).label("kind")
    kept = source.keep("kinds", sa.select(kind).select_from(numbers("9")))
    counted = sa.select(kept.c.kind, sa.func.count().label("n")).group_by(kept.c.kind)
    frame = source.read(counted.order_by(kept.c.kind))
    return list(zip(frame["kind"], frame["n"], strict=True))


def cached(server: Sail) -> bool:
    """Whether another session would read those remainders from what is kept."""
    from pyspark.sql.connect.session import SparkSession

    session = SparkSession.builder.remote(f"sc://127.0.0.1:{server.port}").create()
    plan = session.sql("EXPLAIN SELECT id % 3 AS kind FROM range(9)").toArrow()
    session.stop()
    return "InMemoryRelation" in str(plan["plan"][0])


@pytest.mark.slow
def test_a_relation_is_kept_until_the_source_closes(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("n\n1\n")
    server = spark()
    with open_source(server.url(tmp_path)) as source:
        assert source.keeps
        assert not cached(server)
        assert kinds(source) == [(0, 3), (1, 3), (2, 3)]
        assert cached(server)
    assert not cached(server)


@pytest.mark.slow
def test_a_session_that_is_gone_is_opened_again_with_what_was_kept(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("n\n1\n")
    with open_source(spark().url(tmp_path)) as source:
        assert kinds(source) == [(0, 3), (1, 3), (2, 3)]
        driver: Any = source._connection.connection.driver_connection
        driver._session.client.release_session()
        assert kinds(source) == [(0, 3), (1, 3), (2, 3)]


def test_sail_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("n\n1\n")
    with open_source(sail().url(tmp_path)) as source:
        assert not source.keeps


# -- What a URL may say ------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A CSV file, a Parquet file, a folder as Spark writes one, and what is no table."""
    (tmp_path / "channels.csv").write_text("id,name\n1,FB\n2,PI\n")
    (tmp_path / "visits.parquet").mkdir()
    (tmp_path / "visits.parquet" / "_SUCCESS").touch()
    (tmp_path / "notes.txt").write_text("no table")
    with duckdb.connect() as database:
        for name in ("users", "visits.parquet/part-0", "visits.parquet/part-1"):
            database.execute(f"COPY (SELECT 7 AS n) TO '{tmp_path}/{name}.parquet'")
    return tmp_path


def test_files_and_folders_are_tables(folder: Path) -> None:
    engine = engine_for("shop", sail().url(folder))
    with engine.connect() as connection:
        found = sa.inspect(connection).get_table_names()
        channels = connection.execute(sa.text("SELECT id, name FROM channels ORDER BY id")).all()
        visits = connection.execute(sa.text("SELECT count(*) FROM visits")).scalar_one()
    engine.dispose()
    assert sorted(found) == ["channels", "users", "visits"]
    assert channels == [(1, "FB"), (2, "PI")]
    assert visits == 2


def test_one_file_is_one_table(folder: Path) -> None:
    with open_source(sail().url(folder / "users.parquet")) as source:
        table = sa.table("users", sa.column("n", sa.Integer))
        assert source.read(sa.select(table.c.n))["n"].tolist() == [7]


def test_two_files_of_one_name_are_refused(folder: Path) -> None:
    (folder / "USERS.csv").write_text("n\n1\n")
    with pytest.raises(SourceError, match=r"are both the table 'users'|are both the table 'USERS'"):
        open_source(sail().url(folder))


def test_a_folder_without_tables_is_said_to_be_empty(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no table")
    with pytest.raises(SourceError, match=r"finds no \.parquet or \.csv files at"):
        open_source(sail().url(tmp_path))


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("sc://127.0.0.1:15002/?folder=/data", "does not take 'folder'"),
        ("sc://127.0.0.1:15002/;token=abc", "does not take ';'"),
    ],
)
def test_what_an_address_does_not_take_is_refused(address: str, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        open_source(address)


def test_a_server_that_is_not_there_is_given_up_soon() -> None:
    with pytest.raises(SourceError, match=r"cannot open sc://127\.0\.0\.1:9/: "):
        open_source("sc://127.0.0.1:9/")


# -- Nothing but queries is sent ---------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE copied AS SELECT 1",
        "DROP VIEW users",
        "WITH one AS (SELECT 1 AS n) INSERT INTO users SELECT n FROM one",
        "SELECT 1; DROP VIEW users",
    ],
)
def test_a_source_is_only_read(statement: str, folder: Path) -> None:
    engine = engine_for("shop", sail().url(folder))
    with engine.connect() as connection:
        with pytest.raises(sa.exc.DBAPIError):
            connection.exec_driver_sql(statement)
        assert connection.execute(sa.text("SELECT n FROM users")).scalar_one() == 7
        assert sorted(sa.inspect(connection).get_table_names()) == ["channels", "users", "visits"]
    engine.dispose()
