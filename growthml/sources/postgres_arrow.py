"""PostgreSQL's rows as Arrow, some five times as fast as rows, by ADBC.

ADBC needs a connection of its own; it imports the snapshot of ours, and so sees the same moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from growthml.sources import fetch
from growthml.sources.kept import TemporaryTable

if TYPE_CHECKING:
    import pandas as pd

_GONE = ("08", "57P", "25P03")
"""SQLSTATEs of a connection that is no more."""

_MAY_KEEP = sa.and_(
    sa.func.has_database_privilege(sa.func.current_database(), "TEMPORARY"),
    sa.func.current_setting("default_transaction_read_only") == "off",
    sa.not_(sa.func.pg_is_in_recovery()),
)
"""Whether a reader may have temporary tables: not on a replica, nor where it was told otherwise."""


def serves(dialect: sa.Dialect) -> bool:
    """Whether a connection can be read this way: PostgreSQL by psycopg, and ADBC is installed."""
    postgres = (dialect.name, dialect.driver) == ("postgresql", "psycopg")
    return postgres and find_spec("adbc_driver_postgresql") is not None


class PostgresArrow:
    """A second connection beside ours, opened when it is first asked.

    settings: what PostgreSQL is told at the start of a transaction, by name. keep: whether it may
    make temporary tables there, where the server lets it. Their transaction must be one that
    writes; each question is asked in a part of it that only reads, and a part that fails leaves the
    rest as it was.
    """

    def __init__(self, connection: Connection, settings: Mapping[str, str], *, keep: bool) -> None:
        self._connection = connection
        self._settings = dict(settings)
        self._timeout = self._settings.pop("statement_timeout", "0")
        self._wanted = keep
        self._tables: list[TemporaryTable] = []
        self._arrow: Any = None
        self._running: Any = None

    @cached_property
    def keeps(self) -> bool:
        return self._wanted and bool(self._connection.scalar(sa.select(_MAY_KEEP)))

    def keep(self, table: TemporaryTable) -> None:
        self._make(table)
        self._tables.append(table)

    def _make(self, table: TemporaryTable) -> None:
        with self._part(self._timeout, "READ WRITE") as cursor:
            cursor.execute(self._text(table))
            cursor.execute(f"ANALYZE {table.name}")  # the planner knows nothing of it yet

    def table(self, statement: sa.Select[Any]) -> pd.DataFrame:
        with self._part(self._timeout) as cursor:
            cursor.execute(self._text(statement))
            return _frame(cursor.fetch_arrow_table())

    def batches(self, statement: sa.Select[Any]) -> Iterator[pd.DataFrame]:
        # The server counts a slow reader's time as its own: the limit of a batch is ours to keep.
        import pyarrow as pa

        with self._part("0") as cursor:
            cursor.execute(self._text(statement))
            for large in cursor.fetch_record_batch():
                for start in range(0, large.num_rows, fetch.BATCH_ROWS):
                    yield _frame(pa.table(large.slice(start, fetch.BATCH_ROWS)))

    def stop(self) -> None:
        if self._running is not None:
            self._running.adbc_cancel()

    def dropped(self, error: Exception) -> bool:
        if isinstance(error, DBAPIError):
            return error.connection_invalidated
        if state := getattr(error, "sqlstate", None):
            return str(state).startswith(_GONE)
        return isinstance(error, self._errors()) and "connection" in str(error)

    def settle(self) -> None:
        # A part that fails is settled by itself; a query of the user's own runs on our connection.
        if self._driver.info.transaction_status.name == "INERROR":
            self._connection.rollback()

    def close(self) -> None:
        """Let go of the second connection; the next question opens it again."""
        if self._arrow is not None:
            with suppress(Exception):  # it may have been dropped
                self._arrow.close()
        self._arrow = self._running = None

    @contextmanager
    def _part(self, timeout: str, access: str = "READ ONLY") -> Iterator[Any]:
        """A cursor in a part of the transaction, which ends with the block."""
        if self._arrow is None:
            self._open()
        try:
            with closing(self._arrow.cursor()) as cursor:
                self._running = cursor
                cursor.execute("SAVEPOINT growthml")
                cursor.execute(f"SET TRANSACTION {access}")
                cursor.execute(self._text(_told({"statement_timeout": timeout})))
                cursor.fetchall()
                yield cursor
                cursor.execute("RELEASE SAVEPOINT growthml")
        except BaseException:
            self._undo()
            raise

    def _undo(self) -> None:
        """Back to before the part that failed; where that cannot be, the connection is let go."""
        if self._arrow is None:
            return  # a stream that was left is forgotten after its source is closed
        try:
            with closing(self._arrow.cursor()) as cursor:
                cursor.execute("ROLLBACK TO SAVEPOINT growthml")
                cursor.execute("RELEASE SAVEPOINT growthml")
        except self._errors():
            self.close()

    def _open(self) -> None:
        """A connection that sees what ours does, with the tables that were kept."""
        from adbc_driver_postgresql import dbapi

        snapshot = self._connection.scalar(sa.select(sa.func.pg_export_snapshot()))
        self._arrow = dbapi.connect(self._address(), autocommit=True)
        try:
            self._begin(str(snapshot))
            for table in self._tables:
                self._make(table)
        except BaseException:
            self.close()
            raise

    def _begin(self, snapshot: str) -> None:
        access = "READ WRITE" if self.keeps else "READ ONLY"
        with closing(self._arrow.cursor()) as cursor:
            cursor.execute(f"BEGIN ISOLATION LEVEL REPEATABLE READ {access}")
            cursor.execute(self._mogrified("SET TRANSACTION SNAPSHOT %s", (snapshot,)))
            cursor.execute(self._text(_told(self._settings)))
            cursor.fetchall()

    def _errors(self) -> type[Exception]:
        from adbc_driver_manager import Error

        return Error

    def _address(self) -> str:
        from psycopg.conninfo import make_conninfo

        info = self._driver.info
        found: str = make_conninfo(**info.get_parameters(), password=info.password or None)
        return found

    def _text(self, statement: sa.Select[Any] | TemporaryTable) -> str:
        """The statement with its parameters in it, quoted by the driver: COPY takes no others."""
        compiled = statement.compile(
            dialect=self._connection.dialect, compile_kwargs={"render_postcompile": True}
        )
        return self._mogrified(str(compiled), compiled.params)

    def _mogrified(self, text: str, parameters: Any) -> str:
        from psycopg import ClientCursor

        found: str = ClientCursor(self._driver).mogrify(text, parameters)
        return found

    @property
    def _driver(self) -> Any:
        found: Any = self._connection.connection.driver_connection
        return found


def _told(settings: Mapping[str, str]) -> sa.Select[Any]:
    return sa.select(*(sa.func.set_config(key, value, True) for key, value in settings.items()))


def _frame(table: Any) -> pd.DataFrame:
    """As pandas has it; types that Arrow lacks, such as NUMERIC, are the texts they travel as."""
    import pyarrow as pa

    for place, field in enumerate(table.schema):
        if isinstance(field.type, pa.BaseExtensionType):
            chunks = [chunk.storage for chunk in table[place].chunks]
            column = pa.chunked_array(chunks, field.type.storage_type)
            table = table.set_column(place, field.name, column)
    frame: pd.DataFrame = table.to_pandas()
    return frame
