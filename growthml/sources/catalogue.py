"""What a database says of itself: its tables, their columns, and a few of their values."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause, TableClause

from growthml.sources.dialect import INSTANT, in_zone

_SAMPLED = 200
_DUCKDB_KEYS = (
    "SELECT schema_name, table_name, constraint_column_names FROM duckdb_constraints()"
    " WHERE constraint_type = 'PRIMARY KEY' AND database_name = current_database()"
)


def _exactly(number: int) -> ColumnElement[int]:
    """The number in the statement itself: DuckDB imports pandas at the first parameter."""
    return sa.literal(number, literal_execute=True)


def likest(name: str, names: Sequence[str]) -> str | None:
    """That name of several, or else the only one that is the same but for upper and lower case."""
    same = [name] if name in names else [n for n in names if n.casefold() == name.casefold()]
    return same[0] if len(same) == 1 else None


class Catalogue:
    """A database as a mapping needs to know it, asked as little as possible.

    Every method may raise SQLAlchemyError where the database cannot be read.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def tables(self) -> Sequence[str]:
        """The names of all tables and views, sorted."""
        inspector = sa.inspect(self._connection)
        return sorted({*inspector.get_table_names(), *inspector.get_view_names()})

    def table(self, name: str) -> TableClause | None:
        """A table with all its columns; `schema.table` where it lies in one. None if not there."""
        found = self._table(name)
        if found is None and (like := likest(name, self.tables())):
            return self._table(like)
        return found

    def _table(self, name: str) -> TableClause | None:
        schema, _, bare = name.rpartition(".")
        places = [sa.table(name), sa.table(bare, schema=schema)] if schema else [sa.table(name)]
        for place in places:
            columns = self._columns(place)
            if columns is not None:
                return sa.table(
                    place.name, *(sa.column(column) for column in columns), schema=place.schema
                )
        return None

    def _columns(self, table: TableClause) -> Sequence[str] | None:
        probe = sa.select(sa.text("*")).select_from(table).limit(_exactly(0))
        try:
            return list(self._connection.execute(probe).keys())
        except DBAPIError:
            self._connection.rollback()
            if table.schema is None and table.name in self.tables():
                raise  # it is there, but cannot be read
            return None

    def sample(self, table: FromClause, column: ColumnElement[Any]) -> Sequence[Any]:
        """Some of a column's values, without NULLs; none where it has nothing else."""
        query = (
            sa.select(column)
            .select_from(table)
            .where(column.is_not(None))
            .limit(_exactly(_SAMPLED))
        )
        return list(self._connection.execute(query).scalars())

    def unknown_zone(self, *zones: str) -> str | None:
        """The first zone that MySQL or MariaDB would take every time to be NULL in.

        Other engines know their zones, or say of themselves that they do not.
        """
        if self._connection.dialect.name not in ("mysql", "mariadb"):
            return None
        noon = sa.literal(datetime(2001, 1, 1, 12), INSTANT)
        for zone in zones:
            if self._connection.scalar(sa.select(in_zone(noon, "+00:00", zone))) is None:
                return zone
        return None

    def is_key(self, table: TableClause, column: str) -> bool:
        """Whether a column is known to hold each value at most once: it is the primary key."""
        with suppress(SQLAlchemyError, NotImplementedError):
            return [name.casefold() for name in self._key(table)] == [column.casefold()]
        return False

    def _key(self, table: TableClause) -> Sequence[str]:
        if self._connection.dialect.name != "duckdb":
            found = sa.inspect(self._connection).get_pk_constraint(table.name, schema=table.schema)
            return found["constrained_columns"]
        # Its inspector asks with parameters.
        keys = self._connection.execute(sa.text(_DUCKDB_KEYS)).all()
        place = [(table.schema or "main").casefold(), table.name.casefold()]
        return next(
            (columns for *there, columns in keys if [each.casefold() for each in there] == place),
            [],
        )
