"""One source: what its schema lacks, what its queries return, and when they are cut off."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from growthml.config.source import SourceConfig
from growthml.config.tables import Schema
from growthml.errors import FactError
from growthml.sources.dialect import INSTANT, day_of
from growthml.sources.source import Source
from tests.facts.market import BACKENDS, Table, at, market_tables, schema_of, write


def open_source(url: str, **settings: Any) -> Source:
    return Source("shop", SourceConfig.model_validate({"url": url, **settings}))


def problems(source: Source, schema: Schema) -> list[str]:
    return source.map(schema, stored_zone="UTC", report_zone="UTC")[1]


# -- What is not there -------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_missing_table_and_column_is_named_with_the_nearest(
    backend: str, tmp_path: Path
) -> None:
    schema = schema_of(
        users={"table": "user", "id": "x"},
        items={"price": "prize"},
        events={"item_id": "Item", "action": "actions"},
    )
    with open_source(write(backend, tmp_path, market_tables())) as source:
        assert problems(source, schema) == [
            "schema.users.table: there is no table 'user' (did you mean 'users'?)",
            "schema.items.price: table 'items' has no column 'prize' (did you mean 'price'?)",
            "schema.events.item_id: table 'events' has no column 'Item' (did you mean 'item_id'?)",
            "schema.events.action: table 'events' has no column 'actions' (did you mean 'action'?)",
        ]


@pytest.mark.parametrize("backend", BACKENDS)
def test_names_may_be_written_in_another_case(backend: str, tmp_path: Path) -> None:
    schema = schema_of(users={"table": "USERS", "channel": "Channel"})
    with open_source(write(backend, tmp_path, market_tables())) as source:
        assert problems(source, schema) == []


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_no_time_or_number_is_shown(backend: str, tmp_path: Path) -> None:
    schema = schema_of(users={"signed_up_at": "channel"}, items={"price": "category"}, events=None)
    with open_source(write(backend, tmp_path, market_tables())) as source:
        assert problems(source, schema) == [
            "schema.users.signed_up_at: column 'channel' of 'users': 'FB' is no ISO date or time"
            " (2014-04-20 or 2014-04-20 18:30:00)",
            "schema.items.price: column 'category' of 'items': 'thai' is no number",
        ]


@pytest.mark.parametrize("name", ["users.2025", "main.users"])
def test_a_dot_may_name_a_schema_or_be_part_of_the_name(name: str, tmp_path: Path) -> None:
    tables = [
        Table(name=table, columns={"id": "INTEGER"}, rows=[(1,)])
        for table in ("users", "users.2025")
    ]
    schema = Schema.model_validate({"users": {"table": name, "id": "id"}})
    with open_source(write("duckdb", tmp_path, tables)) as source:
        assert problems(source, schema) == []


# -- What a query returns ----------------------------------------------------------------------

TYPES = {
    "whole": sa.BigInteger(),
    "real": sa.Double(),
    "moment": INSTANT,
    "word": sa.String(),
}
DTYPES = {"whole": "int64", "real": "float64", "moment": "datetime64[us]", "word": "str"}


def null_row() -> Any:
    nulls = [sa.cast(sa.null(), kind).label(name) for name, kind in TYPES.items()]
    return sa.select(*nulls)


@pytest.mark.parametrize("backend", BACKENDS)
def test_columns_have_the_type_of_their_sql_on_every_engine(backend: str, tmp_path: Path) -> None:
    row = sa.select(
        sa.literal(7, sa.BigInteger()).label("whole"),
        sa.literal(0.5, sa.Double()).label("real"),
        sa.literal(at("2025-01-01 10:00"), INSTANT).label("moment"),
        sa.literal("FB", sa.String()).label("word"),
    )
    with open_source(write(backend, tmp_path, market_tables())) as source:
        full = source.read(row)
        none = source.read(row.where(sa.false()))
        null = source.read(null_row())
    assert full.loc[0].tolist() == [7, 0.5, at("2025-01-01 10:00"), "FB"]
    assert full.dtypes.astype(str).to_dict() == DTYPES
    assert none.dtypes.astype(str).to_dict() == DTYPES
    assert null.dtypes.astype(str).to_dict() == {**DTYPES, "whole": "float64"}
    assert null.isna().all(axis=None)


@pytest.mark.parametrize("backend", BACKENDS)
def test_dates_are_dates(backend: str, tmp_path: Path) -> None:
    with open_source(write(backend, tmp_path, market_tables())) as source:
        frame = source.read(
            sa.select(day_of(sa.literal(at("2025-01-01 10:00"), INSTANT)).label("day"))
        )
    assert frame["day"].tolist() == [date(2025, 1, 1)]


def test_thousands_of_rows_come_whole_and_in_order(tmp_path: Path) -> None:
    numbers = sa.func.range(1, 20_001).table_valued("range").alias("numbers")
    number = sa.cast(numbers.c.range, sa.BigInteger())
    query = sa.select(number.label("n")).order_by(number.desc())
    with open_source(write("duckdb", tmp_path, market_tables())) as source:
        frame = source.read(query)
    assert frame["n"].tolist() == list(range(20_000, 0, -1))


# -- What takes too long, or fails -------------------------------------------------------------


def endless() -> Any:
    """Counts 15 to the power of 15 rows, for which nobody waits."""
    events = sa.table("events", sa.column("id", sa.Integer))
    rows = first = events.alias("e0")
    for place in range(1, 15):
        more = events.alias(f"e{place}")
        rows = rows.join(more, more.c.id > -first.c.id)
    return sa.select(sa.func.sum(first.c.id).label("n")).select_from(rows)


# Sail gives up a join like this one but goes on computing it; it is asked in test_spark.py.
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_query_over_its_time_is_stopped_and_the_next_one_runs(
    backend: str, tmp_path: Path
) -> None:
    with open_source(write(backend, tmp_path, market_tables()), timeout=0.3) as source:
        with pytest.raises(FactError) as failure:
            source.read(endless())
        assert str(failure.value) == (
            "the query on source 'shop' took longer than its timeout of 0.3 s and was stopped;"
            " raise sources.shop.timeout or narrow the campaign's window"
        )
        assert source.read(sa.select(sa.literal(1).label("n")))["n"].tolist() == [1]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_query_that_fails_says_why_and_the_next_one_runs(backend: str, tmp_path: Path) -> None:
    with open_source(write(backend, tmp_path, market_tables())) as source:
        with pytest.raises(FactError, match=r"the query on source 'shop' failed: .*nowhere"):
            source.read(sa.select(sa.column("n")).select_from(sa.table("nowhere")))
        assert source.read(sa.select(sa.literal(1).label("n")))["n"].tolist() == [1]
