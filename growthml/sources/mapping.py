"""The user's own tables under our names, users and events to web hits, with the columns facts use.

Every field the schema does not map is NULL here, and `fields` says which ones are real, so that a
fact that needs one can name what is lacking. In SQL the tables are called by their role's first
letter (`u`, `i`, `e` …), so that no name of the user's can clash with one of ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause, TableClause

from growthml.config.problems import suggestion
from growthml.config.tables import (
    ConstantAction,
    EventsTable,
    ItemsTable,
    RequestsTable,
    Schema,
    SessionsTable,
    UsersTable,
    VisitsTable,
)
from growthml.sources.catalogue import Catalogue, likest
from growthml.sources.dialect import INSTANT, in_zone, verbatim
from growthml.sources.times import Storage, instant, storage_of
from growthml.sources.yes_no import counted, tells

_TIMES = {"signed_up_at", "occurred_at", "started_at"}
_NUMBERS = {"value", "price", "quantity", "duration", "pages", "status", "bytes", "bounced", "line"}
_WORDS = {
    *("channel", "category", "action"),
    *("visitor", "page", "referrer", "agent", "method", "entry_page"),
}
_REFERENCES = {
    "users": [(role, "user_id") for role in ("events", "visits", "requests", "sessions")],
    "items": [("events", "item_id")],
}
"""By role: the fields of other tables that hold its ids."""

_LOAD = "its administrator loads them: mariadb-tzinfo-to-sql /usr/share/zoneinfo | mariadb mysql"

ROLES = ("users", "items", "events", "visits", "requests", "sessions")
Wanted = UsersTable | ItemsTable | EventsTable | VisitsTable | RequestsTable | SessionsTable


@dataclass(frozen=True, kw_only=True)
class MappedTable:
    """One table of the user: the table itself and an expression for each field it maps.

    columns: every column the table really has. storages: how its times are stored, by field.
    texts: the fields whose values are text. unique: its `id` is known to name one row.
    outcomes: by action, the column that counts it.
    """

    role: str
    name: str
    table: FromClause
    columns: Mapping[str, ColumnElement[Any]]
    fields: Mapping[str, ColumnElement[Any]]
    storages: Mapping[str, Storage] = field(default_factory=dict)
    texts: frozenset[str] = frozenset()
    unique: bool = False
    outcomes: Mapping[str, ColumnElement[Any]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> ColumnElement[Any]:
        """The field's expression, or NULL when it is not mapped."""
        found = self.fields.get(name)
        return sa.cast(sa.null(), _type_of(name)) if found is None else found


@dataclass(frozen=True, kw_only=True)
class Mapped:
    """The tables of one source, by role; a role that is not mapped is None."""

    users: MappedTable | None = None
    items: MappedTable | None = None
    events: MappedTable | None = None
    visits: MappedTable | None = None
    requests: MappedTable | None = None
    sessions: MappedTable | None = None
    malformed: FromClause | None = None
    """The lines of a log that could not be read: reason, sample."""

    @property
    def tables(self) -> Sequence[MappedTable]:
        """The tables there are."""
        return [table for role in ROLES if (table := getattr(self, role)) is not None]

    @property
    def roles(self) -> frozenset[str]:
        """The roles that are mapped."""
        return frozenset(table.role for table in self.tables)

    @property
    def fields(self) -> frozenset[str]:
        """Every field that is mapped, as `events.action`."""
        return frozenset(f"{table.role}.{name}" for table in self.tables for name in table.fields)

    def whole_days(self, *names: str) -> bool:
        """Whether any of these fields (`users.signed_up_at`) holds dates without a time of day."""
        return any(
            storage.whole_days
            for table in self.tables
            for field_name, storage in table.storages.items()
            if f"{table.role}.{field_name}" in names
        )


def map_schema(
    schema: Schema, catalogue: Catalogue, *, stored_zone: str, report_zone: str
) -> tuple[Mapped, list[str]]:
    """The schema's tables as they are in the database, and one line for each that is not there."""
    problems: list[str] = []

    def mapped(role: str) -> Any:
        wanted: Wanted | None = getattr(schema, role)
        if wanted is None:
            return None
        mapper = _Mapper(role, wanted, catalogue, stored_zone, report_zone)
        found = mapper.map()
        problems.extend(mapper.problems)
        return found

    found: dict[str, Any] = {role: mapped(role) for role in ROLES}
    tables = Mapped(**found)
    if schema.requests is not None and schema.requests.malformed is not None:
        malformed = _malformed(schema.requests.malformed, catalogue)
        tables = replace(tables, malformed=malformed)
        if malformed is None:
            hint = suggestion(schema.requests.malformed, catalogue.tables())
            problems.append(
                "schema.requests.malformed: there is no table"
                f" '{schema.requests.malformed}' with columns 'reason' and 'sample'{hint}"
            )
    return _with_like_ids(tables), problems


def _malformed(name: str, catalogue: Catalogue) -> FromClause | None:
    there = catalogue.table(name)
    fit = there is not None and {"reason", "sample"} <= set(there.c.keys())
    return there.alias("m") if fit and there is not None else None


def _with_like_ids(mapped: Mapped) -> Mapped:
    """Ids as text on all sides where one side stores text and another numbers."""
    for role, references in _REFERENCES.items():
        sides = [
            (name, key)
            for name, key in [(role, "id"), *references]
            if f"{name}.{key}" in mapped.fields
        ]
        texts = {key in getattr(mapped, name).texts for name, key in sides}
        if len(texts) > 1 and sides[0][0] == role:
            as_texts: dict[str, Any] = {
                name: _as_text(getattr(mapped, name), key) for name, key in sides
            }
            mapped = replace(mapped, **as_texts)
    return mapped


def _as_text(table: MappedTable, name: str) -> MappedTable:
    if name in table.texts:
        return table
    as_text = verbatim(sa.cast(table.fields[name], sa.String()))
    return replace(table, fields={**table.fields, name: as_text})


class _Mapper:
    """Finds one table and its columns, and writes down what is not there."""

    def __init__(
        self,
        role: str,
        wanted: Wanted,
        catalogue: Catalogue,
        stored_zone: str,
        report_zone: str,
    ) -> None:
        self.role = role
        self.wanted = wanted
        self.catalogue = catalogue
        self.zones = {"stored_zone": stored_zone, "report_zone": report_zone}
        self.problems: list[str] = []
        self.storages: dict[str, Storage] = {}
        self.texts: set[str] = set()

    def map(self) -> MappedTable | None:
        """The table, or None where there is no such table."""
        name = self.wanted.table
        there = self.catalogue.table(name)
        if there is None:
            hint = suggestion(name, self.catalogue.tables())
            self._complain("table", f"there is no table '{name}'{hint}")
            return None
        self.table = self._aliased(there)
        self.columns = {column.name: self.table.c[column.name] for column in there.c}
        fields = {key: self._field(key, value) for key, value in self._wanted_fields().items()}
        if self._key is None and self.role == "users":
            fields["id"] = self.table.c.row_id
        return MappedTable(
            role=self.role,
            name=there.name,
            table=self.table,
            columns=self.columns,
            fields={key: column for key, column in fields.items() if column is not None},
            storages=self.storages,
            texts=frozenset(self.texts),
            unique=self._is_unique(there),
            outcomes=self._outcomes(),
        )

    def _aliased(self, table: TableClause) -> FromClause:
        """The table under a short name; rows get a number where they are users without an id."""
        alias = self.role[0]
        if self.role != "users" or self._key is not None:
            return table.alias(alias)
        row_id = sa.func.row_number().over().label("row_id")
        return sa.select(table, row_id).subquery(alias)

    @property
    def _key(self) -> str | None:
        """The column of the rows' own id, where there is one."""
        return getattr(self.wanted, "id", None)

    def _is_unique(self, table: TableClause) -> bool:
        return self._key is None or self.catalogue.is_key(table, self._key)

    def _wanted_fields(self) -> Mapping[str, str | ConstantAction]:
        written = {key: getattr(self.wanted, key) for key in type(self.wanted).model_fields}
        return {
            key: value
            for key, value in written.items()
            if key not in ("table", "outcomes", "malformed") and value is not None
        }

    def _outcomes(self) -> dict[str, ColumnElement[Any]]:
        if not isinstance(self.wanted, UsersTable):
            return {}
        found = {
            action: self._outcome(f"outcomes.{action}", column)
            for action, column in self.wanted.outcomes.items()
        }
        return {action: column for action, column in found.items() if column is not None}

    def _outcome(self, key: str, name: str) -> ColumnElement[Any] | None:
        found = likest(name, list(self.columns))
        if found and tells(self.catalogue.sample(self.table, self.columns[found])):
            return sa.cast(counted(self.columns[found]), sa.Double())
        return self._number(key, name)

    def _field(self, key: str, name: str | ConstantAction) -> ColumnElement[Any] | None:
        if isinstance(name, ConstantAction):
            return sa.literal(name.constant, sa.String())
        if key in _TIMES:
            return self._time(key, name)
        if key in _NUMBERS:
            return self._number(key, name)
        column = self._find(key, name)
        if column is None:
            return None
        seen = self.catalogue.sample(self.table, column)
        if seen and all(isinstance(value, str | UUID) for value in seen):
            self.texts.add(key)
            return verbatim(_spelled(column, seen))
        return verbatim(sa.cast(column, sa.String())) if key in _WORDS else column

    def _time(self, key: str, name: str) -> ColumnElement[Any] | None:
        column = self._find(key, name)
        if column is None:
            return None
        try:
            storage = storage_of(self.catalogue.sample(self.table, column))
        except ValueError as error:
            self._complain(key, f"column '{name}' of '{self.wanted.table}': {error}")
            return None
        self.storages[key] = storage
        moment = instant(column, storage, **self.zones)
        if isinstance(moment, in_zone) and (
            unknown := self.catalogue.unknown_zone(*self.zones.values())
        ):
            self._complain(key, f"the database does not know the time zone '{unknown}'; {_LOAD}")
            return None
        return moment

    def _number(self, key: str, name: str) -> ColumnElement[Any] | None:
        column = self._find(key, name)
        if column is None:
            return None
        seen = self.catalogue.sample(self.table, column)
        for value in seen:
            try:
                float(value)
            except (TypeError, ValueError):
                self._complain(
                    key, f"column '{name}' of '{self.wanted.table}': {value!r} is no number"
                )
                return None
        if seen and all(isinstance(value, bool) for value in seen):
            column = sa.cast(column, sa.Integer())  # PostgreSQL makes no double of a boolean
        return sa.cast(column, sa.Double())

    def _find(self, key: str, name: str) -> ColumnElement[Any] | None:
        if (found := likest(name, list(self.columns))) is not None:
            return self.columns[found]
        hint = suggestion(name, list(self.columns))
        self._complain(key, f"table '{self.wanted.table}' has no column '{name}'{hint}")
        return None

    def _complain(self, key: str, what: str) -> None:
        self.problems.append(f"schema.{self.role}.{key}: {what}")


def _spelled(column: ColumnElement[Any], seen: Sequence[Any]) -> ColumnElement[Any]:
    return sa.cast(column, sa.String()) if isinstance(seen[0], UUID) else column


def _type_of(name: str) -> sa.types.TypeEngine[Any]:
    if name in _TIMES:
        return INSTANT
    return sa.Double() if name in _NUMBERS else sa.String()
