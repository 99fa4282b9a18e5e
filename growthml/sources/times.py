"""How a column stores time, found by looking at a few of its values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from growthml.sources.dialect import from_epoch, from_stamp, from_text, from_zoned, in_zone


class Storage(StrEnum):
    """What a time column holds. Dates have no zone and are never shifted."""

    TEXT_DATE = "text dates"
    TEXT = "text"
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


def storage_of(values: Sequence[Any]) -> Storage:
    """The storage of a column, judged by some of its values (none: timestamps).

    Raises ValueError, with an example, when the values cannot be read as times.
    """
    seen = [value for value in values if value is not None]
    if not seen:
        return Storage.STAMP
    first = seen[0]
    if isinstance(first, bool) or not isinstance(first, str | int | float | Decimal | date):
        raise ValueError(f"{first!r} is no time")
    if isinstance(first, str):
        return _text_storage([str(value) for value in seen])
    if isinstance(first, datetime):
        return Storage.ZONED if first.tzinfo else Storage.STAMP
    if isinstance(first, date):
        return Storage.DATE
    return _epoch_storage(max(abs(float(value)) for value in seen))


def _text_storage(texts: Sequence[str]) -> Storage:
    readable = [text for text in texts if _is_iso(text)]
    if not readable:
        raise ValueError(f"{texts[0]!r} is no ISO date or time (2014-04-20 or 2014-04-20 18:30:00)")
    return Storage.TEXT_DATE if all(len(text) == 10 for text in readable) else Storage.TEXT


def _is_iso(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _epoch_storage(largest: float) -> Storage:
    if largest < 1e11:
        return Storage.SECONDS
    return Storage.MILLIS if largest < 1e14 else Storage.MICROS


def instant(
    column: sa.ColumnElement[Any], storage: Storage, *, stored_zone: str, report_zone: str
) -> sa.ColumnElement[datetime]:
    """The report zone's wall clock of a stored time.

    Epochs and zoned timestamps are instants in UTC; other times are taken to be in `stored_zone`.
    """
    if storage.whole_days:
        return from_text(column) if storage is Storage.TEXT_DATE else from_stamp(column)
    zone = stored_zone
    if storage in _DIVISORS:
        divisor = _DIVISORS[storage]
        moment: sa.ColumnElement[datetime] = from_epoch(
            column if divisor == 1 else column / sa.literal(float(divisor))
        )
        zone = "UTC"
    elif storage is Storage.ZONED:
        moment, zone = from_zoned(column), "UTC"
    elif storage is Storage.TEXT:
        moment = from_text(column)
    else:
        moment = from_stamp(column)
    return moment if zone == report_zone else in_zone(moment, zone, report_zone)
