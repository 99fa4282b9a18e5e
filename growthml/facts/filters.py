"""A campaign's filters, `where`, as conditions on its users and on its events.

Roles: `channel`, `user` and `signed_up_at` are users', the others events'. A time compares by
day, both ends of a range included; a raw column (`users.country`) compares as it is stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause

from growthml.config.types import Range, Scalar
from growthml.errors import MissingFields
from growthml.facts.cut import Cut
from growthml.facts.expressions import within
from growthml.sources.dialect import day_of
from growthml.sources.mapping import Mapped, MappedTable

_USERS = {"user": "user_id", "channel": "channel", "signed_up_at": "signed_up_at"}
_EVENTS = {
    "action": "action",
    "item": "item_id",
    "category": "category",
    "order": "order",
    "occurred_at": "occurred_at",
}
_WORDS = {"channel", "action", "category"}
_TIMES = {"signed_up_at", "occurred_at"}
_FIELDS = {
    "channel": ("users.channel",),
    "signed_up_at": ("users.signed_up_at", "events.occurred_at"),
    "category": ("events.category", "items.category"),
    "item": ("events.item_id",),
} | {role: (f"events.{role}",) for role in ("action", "order", "occurred_at")}


def check_filters(cuts: Sequence[Cut], mapped: Mapped) -> None:
    """Raise MissingFields, naming every filter that speaks of what the schema does not map."""
    problems = [
        f"campaigns.{cut.key}.where.{name}: the schema maps no {lacking}"
        for cut in cuts
        for name in cut.where
        if (lacking := _lacking(name, mapped))
    ]
    if problems:
        raise MissingFields(problems)


def _lacking(name: str, mapped: Mapped) -> str:
    role, _, column = name.partition(".")
    if column:
        table = mapped.users if role == "users" else mapped.events
        return f"table '{role}'" if table is None else ""
    fields = _FIELDS.get(name, ())
    return " or ".join(fields) if fields and not mapped.fields & set(fields) else ""


def raw_columns(cuts: Sequence[Cut], table: MappedTable, carried: Sequence[str] = ()) -> list[str]:
    """The raw columns of a table that a campaign is filtered by or that come along, each once."""
    names = [name.partition(".") for cut in cuts for name in cut.where]
    asked = {column for role, _, column in names if column and role == table.role}
    return sorted(asked | set(carried))


def user_conditions(cut: Cut, users: FromClause) -> list[ColumnElement[bool]]:
    """What a cut asks of its users; a raw column is called `users.country` there."""
    columns = {role: users.c[name] for role, name in _USERS.items()}
    columns |= {name: users.c[name] for name in cut.where if name.startswith("users.")}
    return [_matches(name, columns[name], cut) for name in cut.where if name in columns]


def event_conditions(
    cut: Cut, events: MappedTable, category: ColumnElement[Any]
) -> list[ColumnElement[bool]]:
    """What a cut asks of its events. category: where the event's category is found."""
    columns = {role: events[name] for role, name in _EVENTS.items()} | {"category": category}
    columns |= {f"events.{name}": column for name, column in events.columns.items()}
    return [_matches(name, columns[name], cut) for name in cut.where if name in columns]


def _matches(name: str, column: ColumnElement[Any], cut: Cut) -> ColumnElement[bool]:
    wanted = cut.where[name]
    if isinstance(wanted, Range):
        low, high = wanted.min, wanted.max
        if name in _TIMES:
            return _in_days(column, low, high)
        above = [column >= low] if low is not None else []
        below = [column <= high] if high is not None else []
        return sa.and_(*above, *below)
    if name in _TIMES:
        return day_of(column).in_([_day(value) for value in wanted])
    return column.in_([str(value) if name in _WORDS else value for value in wanted])


def _in_days(column: ColumnElement[Any], low: Any, high: Any) -> ColumnElement[bool]:
    start = None if low is None else _day(low)
    end = None if high is None else _day(high) + timedelta(days=1)
    return sa.and_(*within(column, start, end))


def _day(value: Scalar) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
