"""How a query's rows come out of an engine: as Arrow where it hands that out, else as rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection, CursorResult
from sqlalchemy.exc import DBAPIError

from growthml.sources.kept import TemporaryTable

if TYPE_CHECKING:
    import pandas as pd

BATCH_ROWS = 50_000
"""How many rows of a streamed result are held at a time."""


class Fetch(Protocol):
    """Runs queries on an open connection; raises what the driver does."""

    @property
    def keeps(self) -> bool:
        """Whether the engine lets a reader have tables of its own."""

    def keep(self, table: TemporaryTable) -> None:
        """Make such a table; it lasts as long as the connection."""

    def table(self, statement: sa.Select[Any]) -> pd.DataFrame:
        """All rows of a query."""

    def batches(self, statement: sa.Select[Any]) -> Iterator[pd.DataFrame]:
        """The rows of a query in frames of at most BATCH_ROWS."""

    def stop(self) -> None:
        """End the query that runs; called from another thread. Nothing where the server does it."""

    def dropped(self, error: Exception) -> bool:
        """Whether a query failed because the connection is gone."""

    def settle(self) -> None:
        """After a query that failed: make the connection fit for the next one."""

    def close(self) -> None:
        """Let go of what was opened beside the connection."""


class Rows:
    """Rows as any driver brings them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._goes_on = connection.dialect.name in ("mysql", "mariadb")

    @property
    def keeps(self) -> bool:
        return False

    def keep(self, table: TemporaryTable) -> None:
        raise NotImplementedError

    def table(self, statement: sa.Select[Any]) -> pd.DataFrame:
        import pandas as pd

        result = self._connection.execute(statement)
        return pd.DataFrame(result.all(), columns=list(result.keys()))

    def batches(self, statement: sa.Select[Any]) -> Iterator[pd.DataFrame]:
        import pandas as pd

        streaming = {"stream_results": True}
        with closing(self._connection.execute(statement, execution_options=streaming)) as result:
            stream: Any = getattr(_cursor(result), "_result", None)
            try:
                for rows in result.partitions(BATCH_ROWS):
                    yield pd.DataFrame(rows, columns=list(result.keys()))
            except DBAPIError:
                # PyMySQL would read the rest from a socket that is closed.
                if hasattr(stream, "unbuffered_active"):
                    stream.unbuffered_active = False
                raise

    def stop(self) -> None:
        driver: Any = self._connection.connection.driver_connection
        stop = getattr(driver, "interrupt", None) or getattr(driver, "cancel", None)
        if stop is not None:
            stop()

    def dropped(self, error: Exception) -> bool:
        killed = (getattr(error, "orig", None) or error).args[:1] == (1927,)  # of MariaDB
        return killed or (isinstance(error, DBAPIError) and error.connection_invalidated)

    def settle(self) -> None:
        # The others have left their transaction, or it is of no more use.
        if self._connection.invalidated or not self._goes_on:
            self._connection.rollback()

    def close(self) -> None:
        pass


class Arrow(Rows):
    """The same from DuckDB or Spark, whose cursors hand out Arrow; some fifty times as fast."""

    @property
    def keeps(self) -> bool:
        driver: Any = self._connection.connection.driver_connection
        return bool(getattr(driver, "caches", True))

    def keep(self, table: TemporaryTable) -> None:
        self._connection.execute(table)
        # A later fault rolls back what is not committed, and the table would be gone.
        self._connection.commit()

    def table(self, statement: sa.Select[Any]) -> pd.DataFrame:
        with closing(self._connection.execute(statement)) as result:
            return _cursor(result).to_arrow_table().to_pandas()

    def batches(self, statement: sa.Select[Any]) -> Iterator[pd.DataFrame]:
        # It streams as it is, and SQLAlchemy would take rows ahead.
        with closing(self._connection.execute(statement)) as result:
            for batch in _cursor(result).to_arrow_reader(BATCH_ROWS):
                yield batch.to_pandas()


def _cursor(result: CursorResult[Any]) -> Any:
    return result.cursor


def typed(frame: pd.DataFrame, statement: sa.Select[Any]) -> pd.DataFrame:
    """The frame with one dtype per SQL type, whatever the driver made of it."""
    return frame.astype(
        {
            column.key: dtype
            for column in statement.selected_columns
            if (dtype := _dtype(column.type, frame[column.key])) is not None
        }
    )


_DTYPES: Mapping[type[sa.types.TypeEngine[Any]], str] = {
    sa.Float: "float64",
    sa.DateTime: "datetime64[us]",
    sa.String: "str",
}


def _dtype(kind: sa.types.TypeEngine[Any], column: pd.Series[Any]) -> str | None:
    if isinstance(kind, sa.Integer):
        return "float64" if column.hasnans else "int64"
    return next((dtype for base, dtype in _DTYPES.items() if isinstance(kind, base)), None)
