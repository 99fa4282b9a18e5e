"""Engines for database servers: read-only, in UTC, with limits of time and memory, never hanging.

A transaction only reads and sees the data of one moment (REPEATABLE READ). On PostgreSQL what we
set holds for our transaction alone, so that a pooler may hand the session on; on MySQL and MariaDB
it holds for the session, which is ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Engine
from sqlalchemy.exc import NoSuchModuleError

from growthml.config.types import megabytes
from growthml.errors import SourceError

_DRIVERS = {
    "postgresql": ("postgresql+psycopg", "growthml[postgres]"),
    "postgres": ("postgresql+psycopg", "growthml[postgres]"),
    "mysql": ("mysql+pymysql", "growthml[mysql]"),
    "mariadb": ("mariadb+pymysql", "growthml[mysql]"),
}
"""By backend: the driver used where the URL names none, and the package that brings it."""

DEFAULT_MEMORY = "128MB"
"""Of PostgreSQL's `work_mem`, where a source has no `memory_limit`; its own default, 4 MB, would
have it sort on disk."""
PATIENCE = 15
"""Seconds a server may take to answer a connection."""
GRACE = 30
"""Seconds a reply may be late after its query's timeout before the server is given up."""


def server_engine(name: str, parsed: URL, settings: Mapping[str, Any]) -> Engine:
    """An engine that only reads. settings: `memory_limit`, `threads` and `timeout` of a source.

    Raises SourceError when the driver is missing.
    """
    backend = parsed.get_backend_name()
    drivername, package = _DRIVERS.get(backend, (parsed.drivername, ""))
    if "+" not in parsed.drivername:
        parsed = parsed.set(drivername=drivername)
    try:
        engine = _engine(parsed, settings)
    except (NoSuchModuleError, ModuleNotFoundError):
        advice = (
            f"pip install '{package}'"
            if package
            else "write sqlite://, duckdb://, postgresql:// or mysql://, or install the"
            " SQLAlchemy dialect of that name"
        )
        raise SourceError(
            f"sources.{name}: the driver for {parsed.drivername}:// is not installed; {advice}"
        ) from None
    return engine


def _engine(parsed: URL, settings: Mapping[str, Any]) -> Engine:
    match parsed.get_backend_name():
        case "postgresql" | "postgres":
            return _postgresql(parsed, settings)
        case "mysql" | "mariadb":
            return _mysql(parsed, settings)
        case _:
            return sa.create_engine(parsed, pool_pre_ping=True)


# -- PostgreSQL --------------------------------------------------------------------------------

_LIVELY = {
    "connect_timeout": PATIENCE,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
"""So that a server that is gone without a word is noticed within a minute (libpq)."""


def postgresql_settings(settings: Mapping[str, Any]) -> dict[str, str]:
    """What PostgreSQL is told at the start of a transaction, by the names it has for it."""
    memory = megabytes(settings.get("memory_limit") or DEFAULT_MEMORY)
    chosen = {"TimeZone": "UTC", "work_mem": f"{max(64, round(memory * 1024))}kB"}
    if settings.get("threads"):
        chosen["max_parallel_workers_per_gather"] = str(settings["threads"] - 1)
    if settings.get("timeout"):
        chosen["statement_timeout"] = str(max(1, round(settings["timeout"] * 1000)))
    return chosen


def _postgresql(parsed: URL, settings: Mapping[str, Any]) -> Engine:
    arguments: dict[str, Any] = {}
    if parsed.get_driver_name() in ("psycopg", "psycopg2"):
        arguments = {key: value for key, value in _LIVELY.items() if key not in parsed.query}
    if parsed.get_driver_name() == "psycopg":
        arguments["cursor_factory"] = _one_statement()
    engine = sa.create_engine(parsed, connect_args=arguments, pool_pre_ping=True)
    chosen = postgresql_settings(settings)
    told = sa.select(*(sa.func.set_config(key, value, True) for key, value in chosen.items()))

    def begin(connection: sa.Connection) -> None:
        connection.execute(told)

    sa.event.listen(engine, "begin", begin)
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _one_statement() -> type[Any]:
    from psycopg import Cursor

    class OneStatement(Cursor):  # type: ignore[misc,unused-ignore]
        """Takes one statement at a time: a second one could end the transaction that only reads."""

        def _execute_send(self, query: Any, **options: Any) -> None:
            super()._execute_send(query, **{**options, "force_extended": True})

    return OneStatement


# -- MySQL and MariaDB -------------------------------------------------------------------------


def _mysql(parsed: URL, settings: Mapping[str, Any]) -> Engine:
    timeout = settings.get("timeout")
    arguments: dict[str, Any] = {}
    if parsed.get_driver_name() == "pymysql":
        arguments = {"connect_timeout": PATIENCE, "charset": "utf8mb4"}
        if timeout:
            arguments["read_timeout"] = timeout + GRACE
        arguments = {key: value for key, value in arguments.items() if key not in parsed.query}
    engine = sa.create_engine(
        parsed, connect_args=arguments, isolation_level="REPEATABLE READ", pool_pre_ping=True
    )

    def prepare(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT VERSION()")
            of_mariadb = "mariadb" in str(cursor.fetchone()[0]).lower()
            for statement, value in _mysql_settings(settings, of_mariadb):
                cursor.execute(statement, value)

    sa.event.listen(engine, "connect", prepare)
    return engine


def _mysql_settings(
    settings: Mapping[str, Any], of_mariadb: bool
) -> list[tuple[str, tuple[Any, ...]]]:
    collation = "utf8mb4_nopad_bin" if of_mariadb else "utf8mb4_0900_bin"
    told: list[tuple[str, tuple[Any, ...]]] = [
        ("SET SESSION TRANSACTION READ ONLY", ()),
        ("SET time_zone = '+00:00'", ()),
        ("SET collation_connection = %s", (collation,)),
    ]
    if of_mariadb:
        told.append(("SET join_cache_level = 8", ()))  # else it joins without hashing
    if settings.get("memory_limit"):
        size = round(megabytes(settings["memory_limit"]) * 1024 * 1024)
        told += [(f"SET {each} = %s", (size,)) for each in ("tmp_table_size", "join_buffer_size")]
    if (timeout := settings.get("timeout")) and of_mariadb:
        told.append(("SET max_statement_time = %s", (timeout,)))
    elif timeout:
        told.append(("SET max_execution_time = %s", (max(1, round(timeout * 1000)),)))
    return told
