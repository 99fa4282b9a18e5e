"""The SQL of every fact for engines that no test can run, one file an engine, as reviewed text.

What several facts read stands once, at the top. An engine whose SQLAlchemy dialect is not installed
is skipped. After a change that is meant, write the files anew and read what changed:

    GROWTHML_WRITE_SQL=1 python -m pytest tests/facts/test_warehouse_sql.py && git diff tests/
"""

from __future__ import annotations

import os
from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from growthml.facts import FACTS
from growthml.facts.relations import Relations
from growthml.render.relations import shared, without
from growthml.sources.mapping import map_schema
from tests.facts import test_every_backend as stories
from tests.facts import web
from tests.facts.market import COUNTING, Table, market_tables, schema_of

REVIEWED = Path(__file__).parent / "sql" / "warehouses"
WAREHOUSES = {
    "bigquery": ("sqlalchemy_bigquery", "BigQueryDialect", "sqlalchemy-bigquery"),
    "clickhouse": (
        "clickhouse_connect.cc_sqlalchemy.dialect",
        "ClickHouseDialect",
        "clickhouse-connect",
    ),
    "databricks": ("databricks.sqlalchemy", "DatabricksDialect", "databricks-sqlalchemy"),
    "mysql": ("sqlalchemy.dialects.mysql.pymysql", "MySQLDialect_pymysql", "sqlalchemy"),
    "redshift": ("sqlalchemy_redshift.dialect", "RedshiftDialect_psycopg2", "sqlalchemy-redshift"),
    "snowflake": (
        "snowflake.sqlalchemy.snowdialect",
        "SnowflakeDialect",
        "snowflake-sqlalchemy",
    ),
    "trino": ("trino.sqlalchemy.dialect", "TrinoDialect", "trino"),
}
"""By engine: its dialect's module and class, and the package that brings it."""


class Told:
    """A catalogue of tables whose rows are told."""

    def __init__(self, tables: list[Table]) -> None:
        self._tables = {table.name: table for table in tables}

    def table(self, name: str) -> Any:
        return sa.table(name, *(sa.column(column) for column in self._tables[name].columns))

    def tables(self) -> list[str]:
        return list(self._tables)

    def sample(self, table: Any, column: Any) -> list[Any]:
        told = self._tables[table.element.name]
        place = list(told.columns).index(column.name)
        if told.columns[column.name] == "TIMESTAMP":
            return [datetime(2025, 1, 1, 10)]
        return [row[place] for row in told.rows if row[place] is not None][:20]

    def is_key(self, _table: Any, column: str) -> bool:
        return column == "id"


def dialect_of(warehouse: str) -> Any:
    module, name, package = WAREHOUSES[warehouse]
    try:
        dialect = getattr(import_module(module), name)
    except ImportError:
        pytest.skip(f"the dialect of {warehouse} is missing; pip install {package}")
    found = dialect(paramstyle="named")
    if warehouse == "mysql":
        found._support_float_cast = True  # as it finds out of a server of this decade
    return found


def statements() -> dict[str, Any]:
    """Every fact of one campaign, of the stories that the backends tell."""
    told: dict[str, Any] = {}
    for tables, schema, names in (
        (market_tables(), schema_of(), stories.OF_USERS),
        (web.tables(), web.asked_of("").schema, stories.OF_WEB),
    ):
        catalogue: Any = Told(tables)
        mapped, problems = map_schema(schema, catalogue, stored_zone="UTC", report_zone="UTC")
        assert problems == []
        relations = Relations(mapped, [stories.Cut(key="spring", start=date(2025, 3, 1))], COUNTING)
        for name in stories.with_arguments(names):
            fact, *given = name.split(":")
            told[name] = FACTS[fact].query(relations, *given)
    return told


def text_of(dialect: Any) -> str:
    literal = {"literal_binds": True, "render_postcompile": True}
    compiled = {
        name: str(statement.compile(dialect=dialect, compile_kwargs=literal)).strip()
        for name, statement in statements().items()
    }
    known = shared(compiled.values())
    parts = [f"-- What several facts read: {each.name}\n{each.sql.strip()}" for each in known]
    parts += [f"-- {name}\n{without(sql, known, 'above')}" for name, sql in compiled.items()]
    lines = [line.rstrip() for part in parts for line in [*part.splitlines(), ""]]
    return "\n".join(lines[:-1]) + "\n"


@pytest.mark.parametrize("warehouse", WAREHOUSES)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::sqlalchemy.exc.SAWarning")
def test_sql_is_as_reviewed(warehouse: str) -> None:
    text = text_of(dialect_of(warehouse))
    file = REVIEWED / f"{warehouse}.sql"
    if os.environ.get("GROWTHML_WRITE_SQL"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")
