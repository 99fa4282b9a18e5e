"""SQL expressions facts are written with; every engine returns the same type for each."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from growthml.sources.dialect import INSTANT, exact


def moment(day: date) -> ColumnElement[Any]:
    """Midnight at the start of a day, as a bound instant."""
    return sa.literal(datetime.combine(day, time()), INSTANT)


def instant(at: datetime) -> ColumnElement[Any]:
    """A bound instant."""
    return sa.literal(at, INSTANT)


def word(text: str) -> ColumnElement[str]:
    """A bound text."""
    return sa.literal(text, sa.String())


def fixed(value: str | int) -> ColumnElement[Any]:
    """A value of our own, written out in the SQL so that it reads as one would write it."""
    kind = sa.String() if isinstance(value, str) else sa.Integer()
    return sa.literal(value, kind, literal_execute=True)


def nothing(kind: sa.types.TypeEngine[Any]) -> ColumnElement[Any]:
    """NULL of a type."""
    return sa.cast(sa.null(), kind)


def whole(expression: Any) -> ColumnElement[int]:
    """As a 64-bit integer."""
    return sa.cast(expression, sa.BigInteger())


def real(expression: Any) -> ColumnElement[float]:
    """As a double."""
    return sa.cast(expression, sa.Double())


def total(amount: Any) -> ColumnElement[float]:
    """The sum of an amount, as a double; the same whatever the order of the rows."""
    return real(sa.func.sum(exact(amount)))


ZERO = sa.literal_column("0", sa.Integer())
ONE = sa.literal_column("1", sa.Integer())
"""Written out rather than bound, so that the SQL reads as one would write it."""


def tally(condition: Any, amount: Any = ONE) -> ColumnElement[Any]:
    """The sum of `amount` over rows that fulfil a condition; 0 where none does."""
    return sa.func.coalesce(sa.func.sum(sa.case((condition, amount), else_=ZERO)), ZERO)


def any_row(condition: Any) -> ColumnElement[int]:
    """1 where some row of a group fulfils a condition, else 0."""
    return sa.func.max(sa.case((condition, ONE), else_=ZERO))


def within(instant: ColumnElement[Any], start: date | None, end: date | None) -> list[Any]:
    """The conditions that put an instant into [start, end); none for an open end."""
    after = [] if start is None else [instant >= moment(start)]
    return after if end is None else [*after, instant < moment(end)]


def or_unknown(condition: ColumnElement[bool], column: ColumnElement[Any]) -> ColumnElement[bool]:
    """A condition that a NULL fulfils too."""
    return sa.or_(condition, column.is_(None))
