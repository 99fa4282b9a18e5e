"""From a URL or a path to one read-only connection.

SQLite opens with `mode=ro`, DuckDB with `read_only`, PostgreSQL and MySQL in a read-only
transaction; files and folders are views of an in-memory DuckDB that can only read them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from growthml.errors import SourceError
from growthml.secrets import redact
from growthml.sources.files import is_file_source, views_of

_ONE_CONNECTION: Mapping[str, Any] = {"poolclass": StaticPool}

_DRIVERS = {
    "postgresql": ("postgresql+psycopg", "psycopg", "growthml[postgres]"),
    "postgres": ("postgresql+psycopg", "psycopg", "growthml[postgres]"),
}


def engine_for(name: str, url: str, *, settings: Mapping[str, Any] | None = None) -> Engine:
    """An engine that can only read `url` (a SQLAlchemy URL, or a path to files).

    settings: `memory_limit` and `threads` of a DuckDB engine. Raises SourceError when the URL
    cannot be understood, its driver is missing, or the file it names is not there.
    """
    if is_file_source(url):
        return _files(name, Path(url), settings or {})
    parsed = _parse(name, url)
    match parsed.get_backend_name():
        case "sqlite":
            return _sqlite(name, parsed)
        case "duckdb":
            return _duckdb(name, parsed, settings or {})
        case _:
            return _server(name, parsed)


def _parse(name: str, url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError:
        raise SourceError(
            f"sources.{name}: '{redact(url)}' is neither a database URL nor a path to a"
            " .parquet or .csv file or folder; a SQLite file is written sqlite:///path/to/file.db"
        ) from None


def _existing(name: str, parsed: URL) -> Path:
    path = Path(parsed.database or "")
    if not parsed.database or not path.is_file():
        raise SourceError(
            f"sources.{name}: there is no file {parsed.database or '(no path given)'}"
            " (relative paths start in the folder the command runs in)"
        )
    return path


def _sqlite(name: str, parsed: URL) -> Engine:
    path = _existing(name, parsed)

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False
        )
        connection.execute("PRAGMA query_only = ON")
        connection.create_function("in_zone", 3, _in_zone, deterministic=True)
        return connection

    return sa.create_engine("sqlite://", creator=connect, **_ONE_CONNECTION)


def _in_zone(instant: str | None, of: str, to: str) -> str | None:
    """SQLite has no time zones of its own: the wall clock of `to` when it is `instant` in `of`."""
    if instant is None:
        return None
    moment = datetime.fromisoformat(instant).replace(tzinfo=ZoneInfo(of))
    return moment.astimezone(ZoneInfo(to)).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def _duckdb(name: str, parsed: URL, settings: Mapping[str, Any]) -> Engine:
    _existing(name, parsed)
    return sa.create_engine(
        parsed,
        connect_args={"read_only": True, "config": _duckdb_config(settings)},
        **_ONE_CONNECTION,
    )


def _duckdb_config(settings: Mapping[str, Any]) -> dict[str, str]:
    known = {key: settings.get(key) for key in ("memory_limit", "threads")}
    return {key: str(value) for key, value in known.items() if value is not None}


def _files(name: str, path: Path, settings: Mapping[str, Any]) -> Engine:
    engine = sa.create_engine(
        "duckdb:///:memory:",
        connect_args={"config": _duckdb_config(settings)},
        **_ONE_CONNECTION,
    )
    with engine.connect() as connection:
        duck = connection.connection.driver_connection
        views_of(name, path, duck)
        connection.exec_driver_sql("SET TimeZone = 'UTC'")
        connection.exec_driver_sql("SET lock_configuration = true")
        connection.commit()
    return engine


def _server(name: str, parsed: URL) -> Engine:
    backend = parsed.get_backend_name()
    drivername, module, extra = _DRIVERS.get(backend, (parsed.drivername, "", ""))
    if "+" not in parsed.drivername:
        parsed = parsed.set(drivername=drivername)
    try:
        engine = sa.create_engine(parsed, pool_pre_ping=True)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        hint = f"pip install '{extra}'" if module else "install its SQLAlchemy dialect"
        raise SourceError(
            f"sources.{name}: no driver for {backend} ({redact(str(error))}); {hint}"
        ) from None
    if backend in ("postgresql", "postgres"):
        return engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
    if backend in ("mysql", "mariadb"):
        sa.event.listen(engine, "connect", _mysql_read_only)
    return engine


def _mysql_read_only(connection: Any, _record: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION TRANSACTION READ ONLY")
