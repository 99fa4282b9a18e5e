"""One source, open for reading: its schema mapped, its queries run and cut off in time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql.selectable import FromClause, GenerativeSelect, TextualSelect

from growthml.config.source import SourceConfig
from growthml.config.tables import Schema
from growthml.errors import FactError, SourceError
from growthml.secrets import redact
from growthml.sources import postgres_arrow
from growthml.sources.catalogue import Catalogue
from growthml.sources.connect import engine_for
from growthml.sources.fetch import Arrow, Fetch, Rows, typed
from growthml.sources.kept import Kept
from growthml.sources.log_cache import GLANCE, Logs
from growthml.sources.mapping import Mapped, map_schema
from growthml.sources.plain import told_plainly
from growthml.sources.replica import behind
from growthml.sources.servers import postgresql_settings
from growthml.sources.survey import Table, ends, survey

if TYPE_CHECKING:
    import pandas as pd


log = logging.getLogger(__name__)
T = TypeVar("T")

_TIMEOUTS = ("statement timeout", "max_statement_time", "statement execution time exceeded")
"""What servers say that gave a query up by themselves."""


class Source:
    """A database (or files) that can only be read.

    One connection serves the whole run: on PostgreSQL and MySQL all queries see the data of one
    moment; SQLite and DuckDB files are seen as they are, statement by statement. Use as a context
    manager. Raises SourceError when it cannot be opened.

    logs: how far an access log is read; left out, its first lines only, enough to map it. tables:
    what is read of it; a large SQLite file is copied as far as they go. sharers: how many sources
    are open beside one another, itself among them.
    """

    def __init__(
        self,
        name: str,
        config: SourceConfig,
        *,
        logs: Logs = GLANCE,
        tables: Sequence[str] = (),
        sharers: int = 1,
    ) -> None:
        self.name = name
        self.url = config.url.stored()
        self.timeout = config.timeout
        self._address = config.url.reveal().rpartition("://")[2]
        self._settings = config.model_dump(include={"memory_limit", "threads", "timeout"})
        self._cache = config.cache
        self._engine: Engine = engine_for(
            name,
            config.url.reveal(),
            settings=self._settings | {"sharers": sharers},
            logs=logs,
            copied=tables if self._cache else (),
        )
        self.dialect = self._engine.dialect.name
        self._connection = self._connect()
        self.behind = behind(self._connection)
        """By how many seconds a replica may be behind its primary; None where it is none."""
        self._fetch = self._fetching()
        self._kept = Kept(self._engine.dialect, lambda table: self._fetch.keep(table))
        self._late = False

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection; reading afterwards is an error."""
        self._fetch.close()
        self._connection.close()
        self._engine.dispose()

    def _connect(self) -> Connection:
        try:
            connection = self._engine.connect()
            Catalogue(connection).tables()  # SQLite does not look at its file before it must
        except Exception as error:  # drivers raise errors of their own from inside SQLAlchemy
            raise SourceError(
                f"sources.{self.name}: cannot open {self.url}: {self._reason(error)};"
                " check the address, and that it can be read from here"
            ) from None
        return connection

    def _fetching(self) -> Fetch:
        if self.dialect in ("duckdb", "spark"):
            return Arrow(self._connection)
        if postgres_arrow.serves(self._engine.dialect):
            told = postgresql_settings(self._settings)
            return postgres_arrow.PostgresArrow(self._connection, told, keep=self._cache)
        return Rows(self._connection)

    def _reopen(self) -> None:
        self._fetch.close()
        self._connection.invalidate()
        self._connection.close()
        self._connection = self._engine.connect()
        self._fetch = self._fetching()
        self._kept.make_again()

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
    def is_copy(self) -> bool:
        """Whether what is read is a copy of the file in another engine."""
        return self.url.startswith("sqlite") and self.dialect != "sqlite"

    @property
    def keeps(self) -> bool:
        """Whether the engine can hold relations while the source is open."""
        return self._fetch.keeps

    @property
    def inlines(self) -> bool:
        """Whether what is kept must have no common table expressions: Spark numbers them in each
        statement, and takes a relation that has some for another one than it keeps."""
        return self.dialect == "spark"

    def keep(self, name: str, query: GenerativeSelect) -> FromClause:
        """A table of the engine that holds a query's rows, computed once; raises FactError."""
        return self._asked(lambda: self._kept.table(name, query))

    def read(self, statement: sa.Select[Any]) -> pd.DataFrame:
        """Run a query and bring its (small) result; raises FactError with the engine's reason.

        Where the connection was dropped it is opened again and the query run once more.
        Columns have the dtype of their SQL type on every engine, also where there are no rows:
        float64, datetime64[us], int64 (float64 where a value is NULL), str; dates are objects.
        """
        return typed(self._asked(lambda: self._fetch.table(statement)), statement)

    def batches(self, statement: sa.Select[Any]) -> Iterator[pd.DataFrame]:
        """The rows of a query in frames of at most BATCH_ROWS, as `read` would type them.

        The timeout holds for every batch. The source runs nothing else until the last one is read.
        Raises FactError with the engine's reason, also where the connection is dropped after the
        first batch.
        """

        def first() -> tuple[Iterator[pd.DataFrame], pd.DataFrame | None]:
            frames = self._fetch.batches(statement)
            return frames, next(frames, None)

        frames, frame = self._asked(first)
        while frame is not None:
            yield typed(frame, statement)
            frame = self._asked(lambda: next(frames, None), again=False)

    def _asked(self, ask: Callable[[], T], *, again: bool = True) -> T:
        """The answer to a question, within the timeout; asked once more over a new connection where
        the old one was dropped and nothing of the answer is out yet."""
        import pandas  # noqa: F401 - its time is not the query's

        try:
            return self._in_time(ask)
        except Exception as error:  # Arrow is fetched past SQLAlchemy: any error of the driver's
            if not (again and self._fetch.dropped(error)):
                raise self._failure(error) from None
        log.warning("the connection of source '%s' was dropped; it is opened again", self.name)
        try:
            self._reopen()
            return self._in_time(ask)
        except Exception as error:
            raise self._failure(error) from None

    def ask(self, statement: TextualSelect, most: int) -> pd.DataFrame:
        """Run a query of the user's own and bring at most `most` rows; raises FactError.

        Columns are numbers, times, dates or text, whatever the driver calls them.
        """

        def rows() -> tuple[list[str], Sequence[Any]]:
            with closing(self._connection.execute(statement)) as result:
                return list(result.keys()), result.fetchmany(most)

        names, found = self._asked(rows)
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise FactError(f"two columns of the query are called '{twice[0]}'; name them apart")
        return told_plainly(found, names)

    def sql(self, statement: sa.Select[Any] | TextualSelect) -> tuple[str, dict[str, Any]]:
        """The text that runs for a statement, and its parameters by name."""
        compiled = statement.compile(
            dialect=self._engine.dialect, compile_kwargs={"render_postcompile": True}
        )
        return str(compiled), dict(compiled.params)

    def _in_time(self, ask: Callable[[], T]) -> T:
        self._late = False
        if not self.timeout:
            return ask()
        timer = threading.Timer(self.timeout, self._stop)
        timer.start()
        try:
            return ask()
        finally:
            timer.cancel()
            timer.join()  # so that it stops no later query

    def _stop(self) -> None:
        self._late = True
        self._fetch.stop()

    def _failure(self, error: Exception) -> FactError:
        """What a person is told of a query that failed; the next one can run."""
        with suppress(Exception):  # the connection may be gone
            self._fetch.settle()
        reason = self._reason(error)
        if self._late or any(words in reason.lower() for words in _TIMEOUTS):
            return FactError(
                f"the query on source '{self.name}' took longer than its timeout of"
                f" {self.timeout:g} s and was stopped; raise sources.{self.name}.timeout or narrow"
                " the campaign's window"
            )
        return FactError(f"the query on source '{self.name}' failed: {reason}")

    def _reason(self, error: Exception) -> str:
        """What the driver says, on one line, without secrets and without where the file lies."""
        text = " ".join(str(getattr(error, "orig", None) or error).split())
        if self._address.startswith("/"):
            folder = self._address.lstrip("/").rpartition("/")[0]
            text = text.replace(f"/{folder}/", "")
        return redact(text)
