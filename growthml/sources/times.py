"""How a column stores time, found by looking at a few of its values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from growthml.sources.dialect import (
    from_epoch,
    from_stamp,
    from_text,
    from_zoned,
    from_zoned_text,
    in_zone,
)


class Storage(StrEnum):
    """What a time column holds. Dates have no zone and are never shifted."""

    TEXT_DATE = "text dates"
    TEXT = "text"
    ZONED_TEXT = "text with time zone"
    DATE = "dates"
    STAMP = "timestamps"
    ZONED = "timestamps with time zone"
    SECONDS = "epoch seconds"
    MILLIS = "epoch milliseconds"
    MICROS = "epoch microseconds"

    @property
    def whole_days(self) -> bool:
        """Whether it holds calendar dates without a time of day."""
        return self in (Storage.TEXT_DATE, Storage.DATE)


_DIVISORS = {Storage.SECONDS: 1, Storage.MILLIS: 1_000, Storage.MICROS: 1_000_000}

_ISO = re.compile(
    r"\d{4}-\d{2}-\d{2}(?P<time>[ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?(?P<zone>Z|[+-]\d{2}:\d{2})?"
)
"""The ISO 8601 that every engine reads; SQLite takes other spellings for day numbers."""


def storage_of(values: Sequence[Any]) -> Storage:
    """The storage of a column, judged by some of its values (none: timestamps).

    Epochs are told apart by size: up to 1e11 seconds (the year 5138), up to 1e14 milliseconds,
    else microseconds. Raises ValueError, with an example, when the values are no times.

    >>> storage_of(["2014-04-20", "2014-04-21"])
    <Storage.TEXT_DATE: 'text dates'>
    """
    seen = [value for value in values if value is not None]
    if not seen:
        return Storage.STAMP
    first = seen[0]
    if isinstance(first, str):
        return _text_storage([str(value) for value in seen])
    if isinstance(first, datetime):
        return Storage.ZONED if first.tzinfo else Storage.STAMP
    if isinstance(first, date):
        return Storage.DATE
    if isinstance(first, int | float | Decimal) and not isinstance(first, bool):
        return _epoch_storage(max(abs(float(value)) for value in seen))
    raise ValueError(f"{first!r} is no time")


def _text_storage(texts: Sequence[str]) -> Storage:
    readable = [match for text in texts if (match := _ISO.fullmatch(text))]
    if not readable:
        raise ValueError(f"{texts[0]!r} is no ISO date or time (2014-04-20 or 2014-04-20 18:30:00)")
    if any(match["zone"] for match in readable):
        return Storage.ZONED_TEXT
    return Storage.TEXT if any(match["time"] for match in readable) else Storage.TEXT_DATE


def _epoch_storage(largest: float) -> Storage:
    if largest < 1e11:
        return Storage.SECONDS
    return Storage.MILLIS if largest < 1e14 else Storage.MICROS


def instant(
    column: sa.ColumnElement[Any], storage: Storage, *, stored_zone: str, report_zone: str
) -> sa.ColumnElement[datetime]:
    """The report zone's wall clock of a stored time.

    Epochs and zoned times are instants in UTC; times without zone are taken to be in
    `stored_zone`; dates stay the dates they are.
    """
    if storage is Storage.TEXT_DATE:
        return from_text(column)
    if storage is Storage.DATE:
        return from_stamp(column)
    moment, zone = _wall_clock(column, storage, stored_zone)
    return moment if zone == report_zone else in_zone(moment, zone, report_zone)


def _wall_clock(
    column: sa.ColumnElement[Any], storage: Storage, stored_zone: str
) -> tuple[sa.ColumnElement[datetime], str]:
    """A stored time as a wall clock, and the zone of that clock."""
    if storage in _DIVISORS:
        divisor = _DIVISORS[storage]
        return from_epoch(column if divisor == 1 else column / sa.literal(float(divisor))), "UTC"
    if storage is Storage.ZONED:
        return from_zoned(column), "UTC"
    if storage is Storage.ZONED_TEXT:
        return from_zoned_text(column), "UTC"
    return (from_text if storage is Storage.TEXT else from_stamp)(column), stored_zone
