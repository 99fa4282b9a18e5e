"""The user's own tables under our names: users, items and events with the columns facts use.

Every field the schema does not map is NULL here, and `fields` says which ones are real, so that a
fact that needs one can name what is lacking.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause

from growthml.config.schema import ConstantAction, Schema
from growthml.sources.dialect import INSTANT
from growthml.sources.times import Storage, instant, storage_of

ROLES = ("users", "items", "events")
_TIMES = {"signed_up_at", "occurred_at"}


@dataclass(frozen=True, kw_only=True)
class MappedTable:
    """One table of the user: the table itself and an expression for each field it maps.

    columns: every column the table really has. unique: its `id` is known to name one row.
    """

    role: str
    table: FromClause
    columns: Mapping[str, ColumnElement[Any]]
    fields: Mapping[str, ColumnElement[Any]]
    storages: Mapping[str, Storage] = field(default_factory=dict)
    unique: bool = False
    outcomes: Mapping[str, ColumnElement[Any]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> ColumnElement[Any]:
        """The field's expression, or NULL when it is not mapped."""
        found = self.fields.get(name)
        if found is not None:
            return found
        return sa.cast(sa.null(), _null_type(name))


@dataclass(frozen=True, kw_only=True)
class Mapped:
    """The tables of one source, by role; a role that is not mapped is None."""

    users: MappedTable | None
    items: MappedTable | None
    events: MappedTable | None

    @property
    def fields(self) -> frozenset[str]:
        """Every field that is mapped, as `events.action`."""
        tables = (self.users, self.items, self.events)
        return frozenset(
            f"{table.role}.{name}" for table in tables if table is not None for name in table.fields
        )

    def whole_days(self, *names: str) -> bool:
        """Whether any of these fields (`users.signed_up_at`) holds dates without a time of day."""
        tables = {"users": self.users, "events": self.events}
        for name in names:
            role, _, column = name.partition(".")
            table = tables.get(role)
            if table is not None and (storage := table.storages.get(column)) is not None:
                if storage.whole_days:
                    return True
        return False


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """What a mapping needs to know of a database, asked as little as possible."""

    tables: Callable[[], Sequence[str]]
    columns: Callable[[FromClause], Sequence[str] | None]
    sample: Callable[[FromClause, ColumnElement[Any]], Sequence[Any]]
    is_key: Callable[[str, str], bool]
    folds_case: bool


def map_schema(
    schema: Schema, catalogue: Catalogue, *, stored_zone: str, report_zone: str
) -> tuple[Mapped, list[str]]:
    """The schema's tables as they are in the database, and one line for each that is not there."""
    problems: list[str] = []
    tables: dict[str, MappedTable | None] = {}
    for role in ROLES:
        wanted = getattr(schema, role)
        tables[role] = (
            None
            if wanted is None
            else _map_table(role, wanted, catalogue, problems, stored_zone, report_zone)
        )
    return Mapped(**tables), problems


def _map_table(
    role: str,
    wanted: Any,
    catalogue: Catalogue,
    problems: list[str],
    stored_zone: str,
    report_zone: str,
) -> MappedTable | None:
    place = f"schema.{role}"
    bare = _bare_table(wanted.table, ())
    names = catalogue.columns(bare)
    if names is None:
        there = catalogue.tables()
        problems.append(f"{place}.table: there is no table '{wanted.table}'{_nearest(wanted.table, there)}")
        return None
    table = _bare_table(wanted.table, names)
    if role == "users" and wanted.id is None:
        table = sa.select(table, sa.func.row_number().over().label("row_id")).subquery(bare.name)
    columns = {name: table.c[name] for name in names}

    def find(key: str, name: str) -> ColumnElement[Any] | None:
        found = _find(name, columns, catalogue.folds_case)
        if found is None:
            problems.append(
                f"{place}.{key}: table '{wanted.table}' has no column"
                f" '{name}'{_nearest(name, list(columns))}"
            )
        return found

    fields: dict[str, ColumnElement[Any]] = {}
    storages: dict[str, Storage] = {}
    for key, name in _wanted_fields(wanted).items():
        if isinstance(name, ConstantAction):
            fields[key] = sa.literal(name.constant, sa.String())
            continue
        column = find(key, name)
        if column is None:
            continue
        if key in _TIMES:
            try:
                storages[key] = storage_of(catalogue.sample(table, column))
            except ValueError as error:
                problems.append(f"{place}.{key}: column '{name}' of '{wanted.table}': {error}")
                continue
            column = instant(
                column, storages[key], stored_zone=stored_zone, report_zone=report_zone
            )
        fields[key] = column
    if role == "users" and wanted.id is None:
        fields["id"] = table.c.row_id
    outcomes = {
        action: column
        for action, name in (getattr(wanted, "outcomes", None) or {}).items()
        if (column := find(f"outcomes.{action}", name)) is not None
    }
    unique = wanted.id is None or catalogue.is_key(wanted.table, wanted.id)
    return MappedTable(
        role=role,
        table=table,
        columns=columns,
        fields=fields,
        storages=storages,
        unique=unique,
        outcomes=outcomes,
    )


def _wanted_fields(wanted: Any) -> dict[str, Any]:
    skipped = {"table", "outcomes"}
    return {
        key: value
        for key in type(wanted).model_fields
        if key not in skipped and (value := getattr(wanted, key)) is not None
    }


def _bare_table(name: str, columns: Sequence[str]) -> Any:
    schema, _, table = name.rpartition(".")
    return sa.table(table, *(sa.column(column) for column in columns), schema=schema or None)


def _find(
    name: str, columns: Mapping[str, ColumnElement[Any]], folds_case: bool
) -> ColumnElement[Any] | None:
    if name in columns:
        return columns[name]
    if not folds_case:
        return None
    folded = {column.casefold(): column for column in columns}
    match = folded.get(name.casefold())
    return None if match is None else columns[match]


def _nearest(name: str, names: Sequence[str]) -> str:
    by_fold = {candidate.casefold(): candidate for candidate in names}
    close = get_close_matches(name.casefold(), list(by_fold), n=1, cutoff=0.5)
    if close:
        return f" (did you mean '{by_fold[close[0]]}'?)"
    if not names:
        return ""
    return f"; there are: {', '.join(sorted(names)[:20])}"


def _null_type(name: str) -> sa.types.TypeEngine[Any]:
    if name in _TIMES:
        return INSTANT
    return sa.Float() if name in {"value", "price", "quantity"} else sa.String()
