"""What a column's values say of it: times, numbers, flags, keys, or a few words used often."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from growthml.sources.survey import Column
from growthml.sources.times import Storage, storage_of
from growthml.sources.yes_no import tells

MOST_WORDS = 60
"""A column that tells kinds of something apart has few of them."""

_SHOWN = 4
_LONGEST = 24
_ROOM = 48
_EPOCHS = {Storage.SECONDS: 1, Storage.MILLIS: 1_000, Storage.MICROS: 1_000_000}
_FRACTION = re.compile(r"(\d\d:\d\d:\d\d)\.\d+")
_YEARS = range(1980, 2101)


def day_of(value: Any, storage: Storage) -> date | None:
    """The day of a stored time; None where it is none."""
    try:
        if storage in _EPOCHS:
            return datetime.fromtimestamp(float(value) / _EPOCHS[storage], UTC).date()
        if isinstance(value, datetime):
            return value.date()
        return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
    except (ValueError, OverflowError, OSError, TypeError):
        return None


def storage(column: Column) -> Storage | None:
    """How the column stores time; None where its values are no times, or there are none."""
    try:
        found = storage_of(column.values) if column.values else None
    except (ValueError, TypeError):
        return None
    days = [day_of(value, found) for value in column.values] if found else []
    readable = [day for day in days if day is not None and day.year in _YEARS]
    return found if len(readable) > 0.9 * len(days) else None


def is_time(column: Column) -> bool:
    """Whether its values are times; whole numbers are only where they are epochs of our years."""
    return storage(column) is not None


def is_number(column: Column) -> bool:
    """Whether every value is a number, or text that is one."""
    try:
        return bool([float(value) for value in column.values])
    except (TypeError, ValueError):
        return False


def is_flag(column: Column) -> bool:
    """Whether it holds but 0 and 1, or true and false, as numbers."""
    return bool(column.values) and all(
        isinstance(value, bool | int | float) and value in (0, 1) for value in column.distinct
    )


def is_yes_or_no(column: Column) -> bool:
    """Whether it says of each row that something is so or not: 0 and 1, or yes and no in words."""
    return is_flag(column) or (tells(column.distinct) and len(column.distinct) == 2)


def is_whole(column: Column) -> bool:
    """Whether it holds whole numbers."""
    return is_number(column) and all(float(value).is_integer() for value in column.values)


def is_text(column: Column) -> bool:
    """Whether it holds text."""
    return bool(column.values) and all(isinstance(value, str) for value in column.values)


def is_unique(column: Column) -> bool:
    """Whether no value comes twice and none is missing, in the rows looked at."""
    return column.primary or (
        bool(column.values) and not column.nulls and len(column.distinct) == len(column.values)
    )


def is_few_words(column: Column, most: int = MOST_WORDS) -> bool:
    """Whether it tells a few kinds apart, each used again and again."""
    kinds = len(column.distinct)
    short = all(len(str(value)) <= 80 for value in column.distinct)
    return 0 < kinds <= most and (kinds <= len(column.values) / 2 or kinds <= 12) and short


def is_key(column: Column) -> bool:
    """Whether its values may name something: whole numbers or short text."""
    seen = list(column.distinct)
    return all(
        not isinstance(value, bool | date | bytes | list | dict)
        and (not isinstance(value, float) or value.is_integer())
        and len(str(value)) <= 80
        for value in seen
    )


def overlap(inner: Column, outer: Column) -> float:
    """Which share of one column's values the other has too; 0 where there are none."""
    mine = {str(value) for value in inner.distinct}
    theirs = {str(value) for value in outer.distinct}
    return len(mine & theirs) / len(mine) if mine else 0.0


def is_constant_by(pairs: Sequence[tuple[Any, Any]]) -> bool:
    """Whether the second of each pair hangs on the first: at least 19 of 20 first values have one.

    pairs: such as users and their channels, row by row.
    """
    found: dict[Any, set[Any]] = {}
    for key, value in pairs:
        if key is not None and value is not None:
            found.setdefault(key, set()).add(value)
    single = sum(len(values) == 1 for values in found.values())
    return bool(found) and single >= 0.95 * len(found)


def samples(column: Column) -> str:
    """A few of the values as one reads them; none where they may be somebody's address."""
    if any("@" in str(value) for value in list(column.distinct)[:50]):
        return "addresses, not shown"
    if not column.distinct:
        return "always empty" if column.nulls else "no values"
    seen: list[str] = []
    for value in list(column.distinct)[:_SHOWN]:
        if seen and len(", ".join([*seen, _short(value)])) > _ROOM:
            break
        seen.append(_short(value))
    return ", ".join(seen) + (", …" if len(column.distinct) > len(seen) else "")


def _short(value: Any) -> str:
    text = _FRACTION.sub(r"\g<1>", " ".join(str(value).split()))
    text = "".join(each if each.isprintable() else "?" for each in text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
