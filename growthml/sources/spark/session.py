"""A session of Spark Connect as a DB-API 2.0 connection that can only read; results are Arrow."""

from __future__ import annotations

import logging
import re
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Any
from urllib.parse import quote

import pyarrow as pa

# pyspark takes a program without a file, such as `python -c`, for its own doctests, and exits.
if not hasattr(sys.modules["__main__"], "__file__"):
    sys.modules["__main__"].__file__ = None

from pyspark.errors import PySparkException
from pyspark.sql.connect.client.retries import DefaultPolicy
from pyspark.sql.connect.session import SparkSession
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.storagelevel import StorageLevel

from growthml.sources.dialects.spark import name as written
from growthml.sources.spark.files import views_of

apilevel = "2.0"
threadsafety = 1
paramstyle = "named"

_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.ansi.enabled": "true",
}
_TRIES = 3
"""How often a server that does not answer is asked again, over a second or two; Spark's own
client would go on for ten minutes."""


class Error(Exception):
    """Anything the server or the client complains of."""


class DatabaseError(Error):
    """The same; DB-API has a name for each."""


class OperationalError(DatabaseError):
    """The server could not do it: it is gone, or the query was interrupted."""


class ProgrammingError(DatabaseError):
    """The server would not do it."""


def address(host: str, port: int, options: Mapping[str, str]) -> str:
    """The address as Spark's client reads it."""
    given = "".join(f";{key}={quote(value, safe='')}" for key, value in options.items())
    return f"sc://{f'[{host}]' if ':' in host else host}:{port}/{given}"


def connect(name: str, address: str, *, database: str | None, path: str | None) -> Connection:
    """A session of its own. Raises OperationalError, and SourceError where `path` holds nothing."""
    # They print what is raised anyway, JVM stack trace and all.
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL + 1)
    warnings.filterwarnings("ignore", message=r"\[RETRIES_EXCEEDED\]")
    with _told():
        session = SparkSession.builder.remote(address).create()
    try:
        _set_up(name, session, database, path)
    except BaseException:
        session.release_session_on_close = False  # there may be nobody to tell
        session.stop()
        raise
    return Connection(session)


def _set_up(name: str, session: Any, database: str | None, path: str | None) -> None:
    with _told():
        session.client.set_retry_policies([DefaultPolicy(max_retries=_TRIES)])
        for key, value in _SETTINGS.items():
            session.conf.set(key, value)
        catalog, _, bare = (database or "").rpartition(".")
        if catalog:
            session.catalog.setCurrentCatalog(catalog)
        if bare:
            session.catalog.setCurrentDatabase(bare)
        if path:
            views_of(name, path, session)


class Connection:
    """One session."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._kept: list[Any] = []
        self.interrupted = False

    def cursor(self) -> Cursor:
        """A result to come."""
        return Cursor(self, self._session)

    @cached_property
    def caches(self) -> bool:
        """Whether the server keeps rows when it is asked to; Sail says so, and does not."""
        client = self._session.client
        with suppress(PySparkException):
            frame = self._session.range(1).persist()
            plan = client.explain_string(frame._plan.to_proto(client), "simple")
            frame.unpersist()
            return "InMemoryRelation" in plan
        return False

    def keep(self, name: str, frame: Any) -> None:
        """Have the executors keep a query's rows, in memory or on their disks, once they are first
        read, and call it by a name in this session."""
        self._kept.append(frame.persist(StorageLevel.MEMORY_AND_DISK))
        frame.createTempView(name)

    def interrupt(self) -> None:
        """Have the server stop what this session runs; may be called from another thread."""
        self.interrupted = True
        with suppress(PySparkException):
            self._session.interruptAll()

    def tables(self, database: str | None = None) -> list[str]:
        """The names of the tables and views of a database, and of this session's views."""
        inside = f" IN {written(*database.split('.'))}" if database else ""
        with _told():
            listed = self._session.sql(f"SHOW TABLES{inside}").toArrow()
        return [str(name) for name in listed["tableName"].to_pylist()]

    def commit(self) -> None:
        """Nothing is ever written."""

    def rollback(self) -> None:
        """Nothing is ever written."""

    def close(self) -> None:
        """End the session, with its views and what is kept; a server would go on keeping it."""
        with suppress(PySparkException):
            while self._kept:
                self._kept.pop().unpersist()
        # The client would wait ten seconds for what Sail never answers.
        self._session.client._release_futures.clear()
        self._session.stop()


class Cursor:
    """One query and its result, which is read from the server as it is asked for."""

    arraysize = 1
    rowcount = -1

    def __init__(self, connection: Connection, session: Any) -> None:
        self._connection = connection
        self._session = session
        self._tables: Iterator[pa.Table] = iter(())
        self._rows: Iterator[tuple[Any, ...]] = iter(())
        self._schema = pa.schema([])
        self.description: Sequence[tuple[Any, ...]] | None = None

    def execute(self, statement: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Run a query; anything else is refused."""
        self._connection.interrupted = False
        with _told(self._connection):
            frame = self._frame(statement, parameters)
            client = self._session.client
            results = client.to_table_as_iterator(frame._plan.to_proto(client), {})
            first = next(results)
            if isinstance(first, pa.Table):
                self._schema = first.schema
                self._tables = _chained(first, results)
            else:
                self._schema = to_arrow_schema(first, timezone="UTC")
                self._tables = results
        self.description = [(name, *[None] * 6) for name in self._schema.names]
        self._rows = (row for table in self._read() for row in _rows(table))

    def keep(self, name: str, statement: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Keep the rows of a query on the server, under a name."""
        with _told(self._connection):
            self._connection.keep(name, self._frame(statement, parameters))

    def _frame(self, statement: str, parameters: Mapping[str, Any] | None) -> Any:
        return self._session.sql(_query(statement), args=dict(parameters or {}))

    def _read(self) -> Iterator[pa.Table]:
        while True:
            with _told(self._connection):
                table = next(self._tables, None)
            if table is None:
                return
            yield table

    def to_arrow_table(self) -> pa.Table:
        """The whole result."""
        return pa.concat_tables([self._schema.empty_table(), *self._read()])

    def to_arrow_reader(self, rows: int) -> Iterator[pa.RecordBatch]:
        """The result in batches of at most so many rows."""
        for table in self._read():
            yield from table.to_batches(max_chunksize=rows)

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row, or None after the last one."""
        return next(self._rows, None)

    def fetchmany(self, size: int = arraysize) -> list[tuple[Any, ...]]:
        """The next rows, at most so many."""
        return [row for _, row in zip(range(size), self._rows, strict=False)]

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows that are left."""
        return list(self._rows)

    def close(self) -> None:
        """Forget what was not read."""
        self._tables = self._rows = iter(())


def _query(statement: str) -> str:
    """The statement as a query: what begins with SELECT is nothing else, and nothing else can
    stand in brackets. Raises ProgrammingError where it is no query at all."""
    word = re.match(r"\s*(\w*)", statement)
    match word[1].upper() if word else "":
        case "SELECT":
            return statement
        case "WITH":
            return f"SELECT * FROM (\n{statement}\n)"
    raise ProgrammingError(
        "a source is only ever read; write a single SELECT instead of:"
        f" {' '.join(statement.split())[:80]}"
    )


def _chained(first: pa.Table, others: Iterator[Any]) -> Iterator[pa.Table]:
    yield first
    yield from others


def _rows(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    return zip(*(column.to_pylist() for column in table.columns), strict=True)


@contextmanager
def _told(connection: Connection | None = None) -> Iterator[None]:
    """Spark's errors as ours, on one line and without the server's stack."""
    try:
        yield
    except PySparkException as error:
        if connection is not None and connection.interrupted:
            raise OperationalError("the query was interrupted") from None
        lines = str(error).partition("JVM stacktrace")[0].split("\n\n")
        raise OperationalError(" ".join(lines[0].split())) from None
