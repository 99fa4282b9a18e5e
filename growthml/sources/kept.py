"""Relations that many facts read, computed once and kept in the engine while the source is open.

Only where the engine lets a reader have tables of its own. DuckDB, also over files, has them in its
temporary database, PostgreSQL among the temporary tables of a transaction, Spark as views of the
session whose rows its executors cache. They end with the connection; nothing of the user's is
written to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.sql.expression import Executable
from sqlalchemy.sql.selectable import FromClause, GenerativeSelect


class TemporaryTable(Executable, ClauseElement):
    """`CREATE TEMPORARY TABLE name AS query`."""

    inherit_cache = False

    def __init__(self, name: str, query: GenerativeSelect) -> None:
        self.name = name
        self.query = query


@compiles(TemporaryTable)
def _created(element: TemporaryTable, compiler: Any, **options: Any) -> str:
    return f"CREATE TEMPORARY TABLE {element.name} AS {compiler.process(element.query, **options)}"


@compiles(TemporaryTable, "postgresql")
def _created_for_now(element: TemporaryTable, compiler: Any, **options: Any) -> str:
    query = compiler.process(element.query, **options)
    return f"CREATE TEMPORARY TABLE {element.name} ON COMMIT DROP AS {query}"


@compiles(TemporaryTable, "spark")
def _cached(element: TemporaryTable, compiler: Any, **options: Any) -> str:
    """The query alone: its rows are cached, and it is named, by a call of Spark's client."""
    return str(compiler.process(element.query, **options))


class Kept:
    """The relations kept for one source.

    make: makes such a table on the connection that answers questions; raises what the driver does.
    """

    def __init__(self, dialect: sa.Dialect, make: Callable[[TemporaryTable], None]) -> None:
        self._dialect = dialect
        self._make = make
        self._tables: dict[tuple[str, str], FromClause] = {}
        self._made: list[TemporaryTable] = []

    def table(self, name: str, query: GenerativeSelect) -> FromClause:
        """A table that holds the query's rows, made when it is first asked for."""
        compiled = query.compile(dialect=self._dialect)
        key = (str(compiled), repr(sorted(compiled.params.items())))
        if key not in self._tables:
            made = TemporaryTable(f"growthml_{name}_{len(self._made) + 1}", query)
            self._make(made)
            self._made.append(made)
            columns = (sa.column(str(each.key), each.type) for each in query.selected_columns)
            self._tables[key] = sa.table(made.name, *columns)
        return self._tables[key]

    def make_again(self) -> None:
        """Make all of them again, as another connection knows none."""
        for made in self._made:
            self._make(made)
