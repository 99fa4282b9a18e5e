"""Relations that many facts read, computed once and kept in the engine while the source is open.

Only where the engine lets a reader have tables of its own. DuckDB, also over files, has them in its
temporary database, Spark as views of the session whose rows its executors cache. They end with the
connection; nothing of the user's is written to.
"""

from __future__ import annotations

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


@compiles(TemporaryTable, "spark")
def _cached(element: TemporaryTable, compiler: Any, **options: Any) -> str:
    """The query alone: its rows are cached, and it is named, by a call of Spark's client."""
    return str(compiler.process(element.query, **options))


def keeps(connection: sa.Connection) -> bool:
    """Whether the engine lets a reader have relations of its own."""
    if connection.dialect.name == "spark":
        driver: Any = connection.connection.driver_connection
        return bool(driver.caches)
    return connection.dialect.name == "duckdb"


class Kept:
    """The relations kept on one connection. Raises what the driver does."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._tables: dict[tuple[str, str], FromClause] = {}
        self._made: list[TemporaryTable] = []

    def table(self, name: str, query: GenerativeSelect) -> FromClause:
        """A table that holds the query's rows, made when it is first asked for."""
        compiled = query.compile(dialect=self._connection.dialect)
        key = (str(compiled), repr(sorted(compiled.params.items())))
        if key not in self._tables:
            made = TemporaryTable(f"growthml_{name}_{len(self._made) + 1}", query)
            self._make(made)
            self._made.append(made)
            columns = (sa.column(str(each.key), each.type) for each in query.selected_columns)
            self._tables[key] = sa.table(made.name, *columns)
        return self._tables[key]

    def move_to(self, connection: sa.Connection) -> None:
        """Make all of them again, as another connection knows none."""
        self._connection = connection
        for made in self._made:
            self._make(made)

    def _make(self, table: TemporaryTable) -> None:
        self._connection.execute(table)
        # A later fault rolls back what is not committed, and the table would be gone.
        self._connection.commit()
