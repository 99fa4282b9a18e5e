"""Every kind of source the tests can write a story to; one entry a backend.

A backend that is not on the machine skips its tests, with the command that brings it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from tests.servers import mariadb, new_name, postgresql, sail, spark


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table to write: its name, its columns with their DuckDB types, its rows.

    key: the column that is its primary key, where it has one.
    """

    name: str
    columns: Mapping[str, str]
    rows: Sequence[Sequence[Any]]
    key: str = ""


Quote = Callable[[str], str]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _ticked(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _ddl(table: Table, quote: Quote = _quoted, kinds: Mapping[str, str] | None = None) -> str:
    names = kinds or {}
    columns = [f"{quote(name)} {names.get(kind, kind)}" for name, kind in table.columns.items()]
    columns += [f"PRIMARY KEY ({quote(table.key)})"] if table.key else []
    return f"CREATE TABLE {quote(table.name)} ({', '.join(columns)})"


def _insert(table: Table, quote: Quote = _quoted, place: str = "?") -> str:
    places = ", ".join([place] * len(table.columns))
    name = quote(table.name)
    return f"INSERT INTO {name if place == '?' else name.replace('%', '%%')} VALUES ({places})"


def as_text(value: Any) -> Any:
    """Times as ISO text, all else as it is."""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return str(value) if isinstance(value, date) else value


def _sqlite(folder: Path, tables: Sequence[Table]) -> str:
    path = folder / "market.db"
    with closing(sqlite3.connect(path)) as database, database:
        for table in tables:
            database.execute(_ddl(table))
            stored = [[as_text(value) for value in row] for row in table.rows]
            database.executemany(_insert(table), stored)
    return f"sqlite:///{path}"


def _fill(database: duckdb.DuckDBPyConnection, tables: Sequence[Table]) -> None:
    import pyarrow as pa

    for table in tables:
        database.execute(_ddl(table))
        if table.rows:
            columns = zip(table.columns, zip(*table.rows, strict=True), strict=True)
            rows = pa.table({name: pa.array(values) for name, values in columns})
            database.register("rows", rows)
            database.execute(f"INSERT INTO {_quoted(table.name)} SELECT * FROM rows")
            database.unregister("rows")


def _duckdb(folder: Path, tables: Sequence[Table]) -> str:
    path = folder / "market.duckdb"
    with duckdb.connect(str(path)) as database:
        _fill(database, tables)
    return f"duckdb:///{path}"


def _files(kind: str) -> Callable[[Path, Sequence[Table]], str]:
    def write_files(folder: Path, tables: Sequence[Table]) -> str:
        with duckdb.connect(":memory:") as database:
            _fill(database, tables)
            for table in tables:
                target = str(folder / f"{table.name}.{kind}").replace("'", "''")
                database.execute(f"COPY {_quoted(table.name)} TO '{target}' (FORMAT {kind})")
        return str(folder)

    return write_files


def _postgresql(_folder: Path, tables: Sequence[Table]) -> str:
    server, schema = postgresql(), new_name()
    with server.connect() as database:
        database.execute(f"CREATE SCHEMA {schema}")
        database.execute(f"SET search_path = {schema}")
        for table in tables:
            database.execute(_ddl(table, kinds={"DOUBLE": "DOUBLE PRECISION"}))
            if table.rows:
                database.cursor().executemany(_insert(table, place="%s"), table.rows)
    return server.url(schema)


_OF_MARIADB = {
    "VARCHAR": "VARCHAR(255)",
    "TIMESTAMP": "DATETIME(6)",
    "TIMESTAMPTZ": "TIMESTAMP(6) NULL",
}


def _mariadb(_folder: Path, tables: Sequence[Table]) -> str:
    server, name = mariadb(), new_name()
    with closing(server.connect()) as database, database.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        cursor.execute(f"USE {name}")
        cursor.execute("SET time_zone = '+00:00'")
        for table in tables:
            cursor.execute(_ddl(table, _ticked, _OF_MARIADB))
            if table.rows:
                stored = [_without_zone(table, row) for row in table.rows]
                cursor.executemany(_insert(table, _ticked, "%s"), stored)
    return server.url(name)


def _without_zone(table: Table, row: Sequence[Any]) -> list[Any]:
    """Zoned times as the clock of UTC, which is what a session in UTC writes and reads."""
    return [
        datetime.fromisoformat(value).astimezone(UTC).replace(tzinfo=None)
        if kind == "TIMESTAMPTZ" and value is not None
        else value
        for kind, value in zip(table.columns.values(), row, strict=True)
    ]


def _sail(folder: Path, tables: Sequence[Table]) -> str:
    return sail().url(Path(_files("parquet")(folder, tables)))


def _spark(folder: Path, tables: Sequence[Table]) -> str:
    return spark().url(Path(_files("parquet")(folder, tables)))


WRITERS: Mapping[str, Callable[[Path, Sequence[Table]], str]] = {
    "sqlite": _sqlite,
    "duckdb": _duckdb,
    "parquet": _files("parquet"),
    "csv": _files("csv"),
    "postgresql": _postgresql,
    "mariadb": _mariadb,
    "sail": _sail,
    "spark": _spark,
}
BACKENDS = tuple(backend for backend in WRITERS if backend not in ("sail", "spark"))
"""Those that every story is read from. Sail and Spark take seconds a question: the stories of
`tests/sources/test_spark.py` run on them.
"""
FILES = ("sqlite", "duckdb", "parquet", "csv")
"""Those that lie in files."""


def write(backend: str, folder: Path, tables: Sequence[Table]) -> str:
    """Write the tables and return the address to read them at."""
    return WRITERS[backend](folder, tables)
