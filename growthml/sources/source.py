"""One source, open for reading: its schema mapped, its queries run, timed and cut off in time."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, NoSuchTableError, SQLAlchemyError
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause

from growthml.config.schema import Schema, SourceConfig
from growthml.errors import FactError, SourceError
from growthml.secrets import redact
from growthml.sources.connect import engine_for
from growthml.sources.mapping import Catalogue, Mapped, map_schema

if TYPE_CHECKING:
    import pandas as pd

_SAMPLED_TIMES = 200
_FOLDS_CASE = frozenset({"sqlite", "duckdb", "mysql", "mariadb"})


class Source:
    """A database (or files) that can only be read.

    One connection serves the whole run, so that all facts see the same data. Use as a context
    manager. Raises SourceError when it cannot be opened.
    """

    def __init__(self, name: str, config: SourceConfig) -> None:
        self.name = name
        self.url = config.url.stored()
        self.timeout = config.timeout
        self._engine: Engine = engine_for(
            name,
            config.url.reveal(),
            settings={"memory_limit": config.memory_limit, "threads": config.threads},
        )
        self.dialect = self._engine.dialect.name
        self._connection = self._connect()

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
                milliseconds = int(self.timeout * 1000)
                connection.execute(
                    sa.select(sa.func.set_config("statement_timeout", str(milliseconds), False))
                )
            connection.execute(sa.select(sa.literal(1))).all()
        except SQLAlchemyError as error:
            raise SourceError(
                f"sources.{self.name}: cannot open {self.url}: {_reason(error)}"
            ) from None
        return connection

    def map(self, schema: Schema, *, stored_zone: str, report_zone: str) -> tuple[Mapped, list[str]]:
        """The schema found in this source, and a line for each table or column that is not."""
        catalogue = Catalogue(
            tables=self._tables,
            columns=self._columns,
            sample=self._sample,
            is_key=self._is_key,
            folds_case=self.dialect in _FOLDS_CASE,
        )
        return map_schema(schema, catalogue, stored_zone=stored_zone, report_zone=report_zone)

    def read(self, statement: sa.Select[Any]) -> pd.DataFrame:
        """Run a query and bring its (small) result; raises FactError with the engine's reason."""
        import pandas as pd

        try:
            with self._time_limit():
                result = self._connection.execute(statement)
                return pd.DataFrame(result.all(), columns=list(result.keys()))
        except SQLAlchemyError as error:
            raise FactError(self._explain(error)) from None

    def sql(self, statement: sa.Select[Any]) -> tuple[str, dict[str, Any]]:
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

    def _explain(self, error: SQLAlchemyError) -> str:
        reason = _reason(error)
        if self.timeout and any(word in reason.lower() for word in ("interrupt", "timeout")):
            return (
                f"the query on source '{self.name}' took longer than its timeout of"
                f" {self.timeout:g} s and was stopped; raise sources.{self.name}.timeout or narrow"
                " the campaign's window"
            )
        return f"the query on source '{self.name}' failed: {reason}"

    def _tables(self) -> Sequence[str]:
        inspector = sa.inspect(self._engine)
        return sorted({*inspector.get_table_names(), *inspector.get_view_names()})

    def _columns(self, table: FromClause) -> Sequence[str] | None:
        probe = sa.select(sa.text("*")).select_from(table).limit(0)
        try:
            with self._connection.begin_nested() if self.dialect == "postgresql" else _nothing():
                return list(self._connection.execute(probe).keys())
        except DBAPIError:
            return None

    def _sample(self, table: FromClause, column: ColumnElement[Any]) -> Sequence[Any]:
        query = (
            sa.select(column).select_from(table).where(column.is_not(None)).limit(_SAMPLED_TIMES)
        )
        return list(self._connection.execute(query).scalars())

    def _is_key(self, table: str, column: str) -> bool:
        schema, _, name = table.rpartition(".")
        try:
            key = sa.inspect(self._engine).get_pk_constraint(name, schema=schema or None)
        except (NoSuchTableError, SQLAlchemyError, NotImplementedError):
            return False
        return [str(each).casefold() for each in key.get("constrained_columns", [])] == [
            column.casefold()
        ]


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def _reason(error: SQLAlchemyError) -> str:
    original = getattr(error, "orig", None) or error
    return redact(" ".join(str(original).split()))
