"""From a URL or a path to one read-only connection.

SQLite opens with `mode=ro` and may only read, DuckDB opens with `read_only` and runs nothing but
SELECT, servers run a read-only transaction (`servers`); files and folders are views of an in-memory
DuckDB under the same rule.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import md5
from pathlib import Path
from secrets import token_hex
from tempfile import gettempdir
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import StaticPool

from growthml.config.types import megabytes
from growthml.config.url import log_files
from growthml.errors import SourceError
from growthml.secrets import redact
from growthml.sources import spark
from growthml.sources.dialects.host import HOST
from growthml.sources.files import is_file_source, views_of
from growthml.sources.kept import TemporaryTable
from growthml.sources.log_cache import GLANCE, Logs, log_views
from growthml.sources.servers import server_engine
from growthml.sources.sqlite_cache import copy_of

MEMORY_LIMIT = "4GB"
"""The most memory engines in this process take together where the config says nothing."""
LEAST_MEMORY = 512.0
"""Megabytes that each of them has at least."""

_HOST = re.compile(HOST)
_SQLITE_READS = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
    sqlite3.SQLITE_TRANSACTION,
}
_SQLITE_PRAGMAS = {
    "foreign_key_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "read_uncommitted",
    "table_info",
    "table_list",
    "table_xinfo",
}
"""The pragmas SQLAlchemy looks at tables with."""


def engine_for(
    name: str,
    url: str,
    *,
    settings: Mapping[str, Any] | None = None,
    logs: Logs = GLANCE,
    copied: Sequence[str] = (),
) -> Engine:
    """An engine that can only read `url` (a SQLAlchemy URL, or a path to files).

    settings: `memory_limit`, `threads` and `timeout` of a source, where the engine takes them, and
    `sharers`: among how many the memory is shared where the source has no limit of its own.
    logs: how far access logs are read. copied: the tables of a large SQLite file that are copied
    into DuckDB, beside the logs' cache.
    Raises SourceError when the URL cannot be understood, its driver is missing, or the file it
    names is not there or cannot be read.
    """
    if is_file_source(url):
        return _files(name, Path(url), settings or {}, logs)
    parsed = _parse(name, url)
    match parsed.get_backend_name():
        case "sqlite":
            path = _existing(name, parsed)
            if logs.cache is not None and (
                copy := copy_of(path, copied, logs.cache.with_name("sqlite"), logs.progress)
            ):
                return _duckdb_engine(make_url(f"duckdb:///{copy}"), settings or {}, read_only=True)
            return _sqlite(path)
        case "duckdb":
            return _duckdb(name, parsed, settings or {})
        case spark.SCHEME:
            return spark.spark_engine(name, parsed)
        case _:
            return server_engine(name, parsed, settings or {})


def _parse(name: str, url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        raise SourceError(
            f"sources.{name}: '{redact(url)}' is neither a database URL nor a path to a"
            " .parquet or .csv file or folder; a SQLite file is written sqlite:///path/to/file.db"
        ) from None


def _existing(name: str, parsed: URL) -> Path:
    if not parsed.database:
        raise SourceError(
            f"sources.{name}: the URL names no file; write"
            f" {parsed.get_backend_name()}:///path/to/file.db"
        )
    path = Path(parsed.database)
    if path.is_dir():
        raise SourceError(f"sources.{name}: {path} is a folder, not a database file")
    if not path.is_file():
        raise SourceError(
            f"sources.{name}: there is no file {path}"
            " (relative paths start in the folder the command runs in)"
        )
    return path


# -- SQLite ------------------------------------------------------------------------------------


def _sqlite(path: Path) -> Engine:
    def connect() -> sqlite3.Connection:
        address = f"{path.absolute().as_uri()}?mode=ro"
        connection = sqlite3.connect(address, uri=True, check_same_thread=False)
        connection.create_function("in_zone", 3, _in_zone, deterministic=True)
        connection.create_function("md5", 1, _md5, deterministic=True)
        connection.create_function("host_of", 1, _host_of, deterministic=True)
        connection.set_authorizer(_only_reads)
        return connection

    return sa.create_engine("sqlite://", creator=connect, poolclass=StaticPool)


def _only_reads(action: int, what: str | None, *_: str | None) -> int:
    """`mode=ro` keeps the file as it is; this keeps ATTACH from making another one."""
    allowed = action in _SQLITE_READS or (
        action == sqlite3.SQLITE_PRAGMA and what in _SQLITE_PRAGMAS
    )
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def _in_zone(instant: str | None, of: str, to: str) -> str | None:
    """SQLite has no time zones of its own: the wall clock of `to` when it is `instant` in `of`.

    A clock that is set back shows an hour twice, one set forward leaves an hour out; both are read
    as standard time, as PostgreSQL and DuckDB do.
    """
    if instant is None:
        return None
    first = datetime.fromisoformat(instant).replace(tzinfo=ZoneInfo(of))
    second = first.replace(fold=1)
    moment = second if first.dst() else first
    return moment.astimezone(ZoneInfo(to)).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def _host_of(address: str | None) -> str | None:
    """SQLite has no regular expressions of its own."""
    if address is None:
        return None
    found = _HOST.match(str(address).lower())
    return found[1] if found else ""


def _md5(text: str | None) -> str | None:
    """SQLite has no hash of its own; the others call theirs this too."""
    return None if text is None else md5(text.encode(), usedforsecurity=False).hexdigest()


# -- DuckDB, and files through it --------------------------------------------------------------


def _duckdb(name: str, parsed: URL, settings: Mapping[str, Any]) -> Engine:
    _existing(name, parsed)
    return _duckdb_engine(parsed, settings, read_only=True)


def _files(name: str, path: Path, settings: Mapping[str, Any], logs: Logs) -> Engine:
    engine = _duckdb_engine(make_url("duckdb:///:memory:"), settings)
    with engine.connect() as connection:
        duck: Any = connection.connection.driver_connection
        if log_files(path):
            log_views(name, path, duck, logs, threads=settings.get("threads"))
        else:
            views_of(name, path, duck)
        duck.execute("SET lock_configuration = true")
    return engine


def _duckdb_engine(url: URL, settings: Mapping[str, Any], **arguments: Any) -> Engine:
    """`read_only` protects the database file; `select_only` keeps COPY and ATTACH from others.

    What does not fit into the memory goes to the machine's folder for temporary files, and not, as
    it would by itself, beside the user's file; it is gone when the engine is.
    """
    config = {"autoinstall_known_extensions": "false"}  # no socket is opened but the source's
    config["temp_directory"] = str(Path(gettempdir()) / f"growthml-{_instance(url)}")
    if settings.get("threads") is not None:
        config["threads"] = str(settings["threads"])

    def settle(connection: Any, _record: Any) -> None:
        connection.execute("SET TimeZone = 'UTC'")
        limit = settings.get("memory_limit") or _share(connection, settings.get("sharers", 1))
        connection.execute(f"SET memory_limit = '{limit}'")

    engine = sa.create_engine(
        url, connect_args={"config": config, **arguments}, poolclass=StaticPool
    )
    sa.event.listen(engine, "connect", settle)
    sa.event.listen(engine, "before_cursor_execute", _select_only)
    return engine


def _instance(url: URL) -> str:
    """Tells engines apart, but not two of one file: DuckDB wants those to be set up alike."""
    if url.database == ":memory:":
        return token_hex(8)
    return f"{os.getpid()}-{md5(str(url.database).encode(), usedforsecurity=False).hexdigest()[:8]}"


def _share(connection: Any, sharers: int) -> str:
    """Of MEMORY_LIMIT, or of DuckDB's own choice, 80 % of the machine, where that is less."""
    (found,) = connection.execute("SELECT current_setting('memory_limit')").fetchone()
    share = min(megabytes(found), megabytes(MEMORY_LIMIT)) / sharers
    return f"{max(share, LEAST_MEMORY):.0f}MB"


def _select_only(
    connection: Any, _cursor: Any, statement: str, _parameters: Any, context: Any, *_: Any
) -> None:
    import duckdb

    compiled = getattr(context, "compiled", None)
    if compiled is not None and isinstance(compiled.statement, TemporaryTable):
        return
    reading = {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}
    statements = connection.connection.driver_connection.extract_statements(statement)
    if any(each.type not in reading for each in statements):
        raise SourceError(
            "a source is only ever read; write a single SELECT instead of:"
            f" {' '.join(statement.split())[:80]}"
        )
