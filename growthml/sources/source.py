"""One source, open for reading: its schema mapped, its queries run and cut off in time."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, CursorResult, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql.selectable import FromClause, GenerativeSelect, TextualSelect

from growthml.config.schema import Schema, SourceConfig
from growthml.errors import FactError, SourceError
from growthml.secrets import redact
from growthml.sources.catalogue import Catalogue
from growthml.sources.connect import engine_for
from growthml.sources.kept import Kept
from growthml.sources.log_cache import GLANCE, Logs
from growthml.sources.mapping import Mapped, map_schema
from growthml.sources.plain import told_plainly
from growthml.sources.survey import Table, ends, survey

if TYPE_CHECKING:
    import pandas as pd


BATCH_ROWS = 50_000
"""How many rows of a streamed result are held at a time."""


class Source:
    """A database (or files) that can only be read.

    One connection serves the whole run: on PostgreSQL and MySQL all queries see the data of one
    moment; SQLite and DuckDB files are seen as they are, statement by statement. Use as a context
    manager. Raises SourceError when it cannot be opened.

    logs: how far an access log is read; left out, its first lines only, enough to map it. tables:
    what is read of it; a large SQLite file is copied as far as they go.
    """

    def __init__(
        self,
        name: str,
        config: SourceConfig,
        *,
        logs: Logs = GLANCE,
        tables: Sequence[str] = (),
    ) -> None:
        self.name = name
        self.url = config.url.stored()
        self.timeout = config.timeout
        self._address = config.url.reveal().rpartition("://")[2]
        self._engine: Engine = engine_for(
            name,
            config.url.reveal(),
            settings={"memory_limit": config.memory_limit, "threads": config.threads},
            logs=logs,
            copied=tables if config.cache else (),
        )
        self.dialect = self._engine.dialect.name
        self._connection = self._connect()
        self._kept = Kept(self._connection) if self.dialect == "duckdb" else None

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection; reading afterwards is an error."""
        self._connection.close()
        self._engine.dispose()

    def _connect(self) -> Connection:
        try:
            connection = self._engine.connect()
            if self.timeout and self.dialect == "postgresql":
                milliseconds = str(int(self.timeout * 1000))
                limit = sa.func.set_config("statement_timeout", milliseconds, False)
                connection.execute(sa.select(limit))
                connection.commit()
            Catalogue(connection).tables()  # SQLite does not look at its file before it must
        except Exception as error:  # drivers raise errors of their own from inside SQLAlchemy
            raise SourceError(
                f"sources.{self.name}: cannot open {self.url}: {self._reason(error)};"
                " check the address, and that it can be read from here"
            ) from None
        return connection

    def map(
        self, schema: Schema, *, stored_zone: str, report_zone: str
    ) -> tuple[Mapped, list[str]]:
        """The schema found in this source, and a line for each table or column that is not.

        Raises SourceError when the source cannot be read.
        """
        with self._readable():
            return map_schema(
                schema,
                Catalogue(self._connection),
                stored_zone=stored_zone,
                report_zone=report_zone,
            )

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise SourceError(
                f"sources.{self.name}: cannot read {self.url}: {self._reason(error)}"
            ) from None

    def survey(self) -> list[Table]:
        """Its tables and their first rows; raises SourceError when it cannot be read."""
        with self._readable():
            return survey(self._connection)

    def ends(self, table: Table, column: str) -> tuple[Any, Any] | None:
        """A column's smallest and largest value where that costs little; raises SourceError."""
        with self._readable():
            return ends(self._connection, table, column)

    @property
    def keeps(self) -> bool:
        """Whether the engine can hold relations while the source is open."""
        return self._kept is not None

    def keep(self, name: str, query: GenerativeSelect) -> FromClause:
        """A table of the engine that holds a query's rows, computed once; raises FactError."""
        assert self._kept is not None
        try:
            with self._time_limit():
                return self._kept.table(name, query)
        except Exception as error:
            self._connection.rollback()
            raise FactError(self._explain(error)) from None

    def read(self, statement: sa.Select[Any]) -> pd.DataFrame:
        """Run a query and bring its (small) result; raises FactError with the engine's reason.

        Columns have the dtype of their SQL type on every engine, also where there are no rows:
        float64, datetime64[us], int64 (float64 where a value is NULL), str; dates are objects.
        """
        try:
            with self._time_limit():
                result = self._connection.execute(statement)
                frame = _arrow(result) if self.dialect == "duckdb" else _rows(result)
        except Exception as error:  # Arrow is fetched past SQLAlchemy: any error of the driver's
            self._connection.rollback()
            raise FactError(self._explain(error)) from None
        return _typed(frame, statement)

    def batches(self, statement: sa.Select[Any]) -> Iterator[pd.DataFrame]:
        """The rows of a query in frames of at most BATCH_ROWS, as `read` would type them.

        The timeout holds for every batch. The source runs nothing else until the last one is read.
        Raises FactError with the engine's reason.
        """
        frames: Iterator[pd.DataFrame] | None = None
        try:
            while True:
                with self._time_limit():
                    frames = frames or self._streamed(statement)
                    frame = next(frames, None)
                if frame is None:
                    return
                yield _typed(frame, statement)
        except Exception as error:
            self._connection.rollback()
            raise FactError(self._explain(error)) from None

    def ask(self, statement: TextualSelect, most: int) -> pd.DataFrame:
        """Run a query of the user's own and bring at most `most` rows; raises FactError.

        Columns are numbers, times, dates or text, whatever the driver calls them.
        """
        try:
            with self._time_limit(), closing(self._connection.execute(statement)) as result:
                names, rows = list(result.keys()), result.fetchmany(most)
        except Exception as error:
            self._connection.rollback()
            raise FactError(self._explain(error)) from None
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise FactError(f"two columns of the query are called '{twice[0]}'; name them apart")
        return told_plainly(rows, names)

    def _streamed(self, statement: sa.Select[Any]) -> Iterator[pd.DataFrame]:
        if self.dialect == "duckdb":  # it streams as it is, and SQLAlchemy would take rows ahead
            return _arrow_batches(self._connection.execute(statement))
        streaming = {"stream_results": True}
        return _row_batches(self._connection.execute(statement, execution_options=streaming))

    def sql(self, statement: sa.Select[Any] | TextualSelect) -> tuple[str, dict[str, Any]]:
        """The text that runs for a statement, and its parameters by name."""
        compiled = statement.compile(
            dialect=self._engine.dialect, compile_kwargs={"render_postcompile": True}
        )
        return str(compiled), dict(compiled.params)

    @contextmanager
    def _time_limit(self) -> Iterator[None]:
        interrupt = getattr(self._connection.connection.driver_connection, "interrupt", None)
        if not self.timeout or interrupt is None:
            yield
            return
        timer = threading.Timer(self.timeout, interrupt)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _explain(self, error: Exception) -> str:
        reason = self._reason(error)
        if self.timeout and any(word in reason.lower() for word in ("interrupt", "timeout")):
            return (
                f"the query on source '{self.name}' took longer than its timeout of"
                f" {self.timeout:g} s and was stopped; raise sources.{self.name}.timeout or narrow"
                " the campaign's window"
            )
        return f"the query on source '{self.name}' failed: {reason}"

    def _reason(self, error: Exception) -> str:
        """What the driver says, on one line, without secrets and without where the file lies."""
        text = " ".join(str(getattr(error, "orig", None) or error).split())
        if self._address.startswith("/"):
            folder = self._address.lstrip("/").rpartition("/")[0]
            text = text.replace(f"/{folder}/", "")
        return redact(text)


def _rows(result: CursorResult[Any]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(result.all(), columns=list(result.keys()))


def _arrow(result: CursorResult[Any]) -> pd.DataFrame:
    """The same as `_rows` from DuckDB, some fifty times as fast."""
    cursor: Any = result.cursor
    frame: pd.DataFrame = cursor.to_arrow_table().to_pandas()
    result.close()
    return frame


def _row_batches(result: CursorResult[Any]) -> Iterator[pd.DataFrame]:
    import pandas as pd

    with closing(result):
        for rows in result.partitions(BATCH_ROWS):
            yield pd.DataFrame(rows, columns=list(result.keys()))


def _arrow_batches(result: CursorResult[Any]) -> Iterator[pd.DataFrame]:
    with closing(result):
        cursor: Any = result.cursor
        for batch in cursor.to_arrow_reader(BATCH_ROWS):
            yield batch.to_pandas()


def _typed(frame: pd.DataFrame, statement: sa.Select[Any]) -> pd.DataFrame:
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
