"""What a database holds: its tables, how they refer to one another, and their first rows.

Nothing is read whole: at most so many rows of each table, in whatever order it gives them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.sql.selectable import TableClause

MOST_ROWS = 5_000
FEWEST_ROWS = 500
_CELLS = 250_000
"""Rows of all tables together, so that a database of many tables is not read for hours."""

_SYSTEM = {"information_schema", "pg_catalog", "pg_toast", "system", "temp"}


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column and its values in the rows looked at, NULLs apart.

    refers_to: the table and column that a declared foreign key names. primary: it alone is the
    table's primary key.
    """

    name: str
    values: Sequence[Any]
    nulls: int = 0
    primary: bool = False
    refers_to: tuple[str, str] | None = None

    @cached_property
    def distinct(self) -> Mapping[Any, int]:
        """How often each value was seen, in the order of their first appearance."""
        counted: dict[Any, int] = {}
        for value in self.values:
            key = value if value.__hash__ else repr(value)
            counted[key] = counted.get(key, 0) + 1
        return counted


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table or view and its first rows. whole: there are no more rows than those looked at."""

    name: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]] = field(repr=False)
    whole: bool

    def __getitem__(self, name: str) -> Column:
        """The column of that name; raises KeyError."""
        found = next((each for each in self.columns if each.name == name), None)
        if found is None:
            raise KeyError(name)
        return found

    def pairs(self, first: str, second: str) -> Iterator[tuple[Any, Any]]:
        """The values of two columns, row by row."""
        names = [column.name for column in self.columns]
        one, other = names.index(first), names.index(second)
        return ((row[one], row[other]) for row in self.rows)


def survey(connection: Connection) -> list[Table]:
    """Every table and view that can be read; raises SQLAlchemyError where none can be listed."""
    places = list(_places(connection))
    most = max(FEWEST_ROWS, min(MOST_ROWS, _CELLS // max(1, len(places))))
    found = (_table(connection, name, schema, most) for name, schema in places)
    return [table for table in found if table is not None]


def ends(connection: Connection, table: Table, column: str) -> tuple[Any, Any] | None:
    """The smallest and largest value of a column as far as that costs little; else None.

    They are exact where all rows were looked at, where an index begins with the column, and where
    the engine keeps columns apart. Else they are those of the first rows and of the last ones by
    the primary key, if there is one. None too where there is no value.
    """
    place = place_of(table.name)
    one: sa.ColumnElement[Any] = sa.column(column)
    cheap = connection.dialect.name == "duckdb" or _leads_an_index(connection, place, column)
    if not table.whole and cheap:
        both = sa.select(sa.func.min(one), sa.func.max(one)).select_from(place)
        row = connection.execute(both).one()
        return None if row[0] is None else (row[0], row[1])
    values = [*table[column].values]
    if not table.whole:
        key = next((each.name for each in table.columns if each.primary), None)
        if key is None:
            return None
        last = sa.select(one).select_from(place).where(one.is_not(None))
        newest = last.order_by(sa.column(key).desc()).limit(FEWEST_ROWS)
        values += connection.execute(newest).scalars()
    return (min(values), max(values)) if values else None


def place_of(name: str) -> TableClause:
    """A table by the name it has in a config: `schema.table` where it lies in one."""
    schema, _, bare = name.rpartition(".")
    return sa.table(bare, schema=schema or None)


def _places(connection: Connection) -> Iterator[tuple[str, str | None]]:
    """Names of tables and views with their schema, None for the one looked into by default."""
    inspector = sa.inspect(connection)
    for schema in (None, *_further_schemas(connection, inspector)):
        names = {*inspector.get_table_names(schema), *inspector.get_view_names(schema)}
        if connection.dialect.name == "postgresql":
            names |= set(inspector.get_materialized_view_names(schema))
        yield from ((name, schema) for name in sorted(names) if not name.startswith("sqlite_"))


def _further_schemas(connection: Connection, inspector: sa.Inspector) -> Sequence[str]:
    match connection.dialect.name:
        case "duckdb":
            pairs = [name.rpartition(".")[::2] for name in inspector.get_schema_names()]
            names = [schema for database, schema in pairs if database.strip('"') not in _SYSTEM]
        case "postgresql":
            names = inspector.get_schema_names()
        case _:
            names = []
    usual = {inspector.default_schema_name, "main"}
    return [name for name in names if name not in _SYSTEM | usual and not name.startswith("pg_")]


def _table(connection: Connection, name: str, schema: str | None, most: int) -> Table | None:
    """A table's first rows; None where it cannot be read, such as a view of what is gone."""
    place = sa.table(name, schema=schema)
    try:
        query = sa.select(sa.text("*")).select_from(place).limit(most + 1)
        result = connection.execute(query)
        names, rows = list(result.keys()), [tuple(row) for row in result]
    except DBAPIError:
        connection.rollback()
        return None
    primary, references = _keys(connection, name, schema)
    seen = rows[:most]
    columns = [
        Column(
            name=column,
            values=[row[at] for row in seen if row[at] is not None],
            nulls=sum(row[at] is None for row in seen),
            primary=primary == [column],
            refers_to=references.get(column),
        )
        for at, column in enumerate(names)
    ]
    full = f"{schema}.{name}" if schema else name
    return Table(name=full, columns=columns, rows=seen, whole=len(rows) <= most)


def _keys(
    connection: Connection, name: str, schema: str | None
) -> tuple[list[str], Mapping[str, tuple[str, str]]]:
    """The columns of the primary key, and what each column of a foreign key refers to."""
    inspector = sa.inspect(connection)
    primary: list[str] = []
    references: dict[str, tuple[str, str]] = {}
    with suppress(SQLAlchemyError, NotImplementedError):
        primary = list(inspector.get_pk_constraint(name, schema)["constrained_columns"])
        for key in inspector.get_foreign_keys(name, schema):
            if len(key["constrained_columns"]) == 1 and key["referred_columns"]:
                lies_in = key.get("referred_schema") or schema
                table = f"{lies_in}.{key['referred_table']}" if lies_in else key["referred_table"]
                references[key["constrained_columns"][0]] = (table, key["referred_columns"][0])
    return primary, references


def _leads_an_index(connection: Connection, place: TableClause, column: str) -> bool:
    with suppress(SQLAlchemyError, NotImplementedError):
        inspector = sa.inspect(connection)
        indexes = inspector.get_indexes(place.name, place.schema)
        key = inspector.get_pk_constraint(place.name, place.schema)["constrained_columns"]
        leading = [each["column_names"][:1] for each in indexes] + [key[:1]]
        return [column] in leading
    return False
