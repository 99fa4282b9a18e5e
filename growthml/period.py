"""Periods as people name them (`last_week`), and the days they cover.

A window is half-open: its end is the first day that is no longer in it. Weeks are ISO weeks,
Monday to Sunday. A period is over when its last day is the as-of date, which is seen whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, cast

from growthml.errors import UsageError
from growthml.words import _, language

Unit = Literal["day", "week", "month", "quarter", "year"]

ALL = "all"
EXPECTED = "all, last_week, last_month, last_quarter, last_year or last_28_days (any number)"

_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_NAMED = re.compile(r"last_(week|month|quarter|year)")
_COUNTED = re.compile(r"last_([1-9][0-9]{0,3})_(day|week|month|quarter|year)s?")


@dataclass(frozen=True)
class Window:
    """Days from `start` up to, and without, `end`."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """How many days it holds."""
        return (self.end - self.start).days


def resolve(period: str, as_of: date) -> Window | None:
    """The days a period covers, seen from `as_of`; None for `all`, which has no bounds.

    The last period that ended on or before `as_of`: on a Sunday `last_week` is the week ending
    that day, on a Monday the week before. `last_N_days` ends with `as_of`. Raises UsageError for
    a name that is no period.

    >>> resolve("last_week", date(2025, 3, 9))
    Window(start=datetime.date(2025, 3, 3), end=datetime.date(2025, 3, 10))
    """
    if period == ALL:
        return None
    count, unit = parse(period)
    end = _begin(as_of + timedelta(days=1), unit)
    return Window(_shift(end, -count, unit), end)


def parse(period: str) -> tuple[int, Unit]:
    """How many of which unit a period is: `last_week` is (1, "week").

    Raises UsageError for a name that is no period, and for `all`, which is not made of units.
    """
    named, counted = _NAMED.fullmatch(period), _COUNTED.fullmatch(period)
    if named:
        return 1, cast(Unit, named[1])
    if counted:
        return int(counted[1]), cast(Unit, counted[2])
    raise UsageError(f"unknown period '{period}'; expected {EXPECTED}")


def is_period(name: str) -> bool:
    """Whether this is the name of a period."""
    return name == ALL or bool(_NAMED.fullmatch(name) or _COUNTED.fullmatch(name))


def previous(window: Window, period: str = ALL) -> Window:
    """The window just before: as many of the period's units, or of days where it has none."""
    count, unit = (window.days, "day") if period == ALL else parse(period)
    return Window(_shift(window.start, -count, cast(Unit, unit)), window.start)


def last(n: int, window: Window, period: str = ALL) -> list[Window]:
    """The `n` windows before this one, oldest first; this one is not among them."""
    windows: list[Window] = []
    while len(windows) < n:
        window = previous(window, period)
        windows.insert(0, window)
    return windows


def due(period: str, first: date, last: date) -> list[date]:
    """The days from `first` to `last` on which a report of a period is due: each the day after one
    ended; for days counted, every so many days from `first` on.

    Raises UsageError for `all`, which never ends.

    >>> due("last_week", date(2025, 3, 1), date(2025, 3, 12))
    [datetime.date(2025, 3, 3), datetime.date(2025, 3, 10)]
    """
    if period == ALL:
        raise UsageError("--from and --to need a period that ends, such as period: last_week")
    count, unit = parse(period)
    day = first if unit == "day" else _begin(first + timedelta(days=_LONGEST[unit]), unit)
    while unit != "day" and _shift(day, -1, unit) >= first:
        day = _shift(day, -1, unit)
    step = count if unit == "day" else 1
    days: list[date] = []
    while day <= last:
        days.append(day)
        day = _shift(day, step, unit)
    return days


_LONGEST = {"week": 7, "month": 31, "quarter": 92, "year": 366}


def same_last_year(window: Window, period: str = ALL) -> Window:
    """The same period a year ago.

    Days and weeks go 52 weeks back, so that Mondays meet Mondays; months, quarters, years and
    windows of one's own go back to the same dates, 29 February to the 28th.
    """
    unit = "year" if period == ALL else parse(period)[1]
    if unit in ("day", "week"):
        return Window(window.start - timedelta(weeks=52), window.end - timedelta(weeks=52))
    start = _add_months(window.start, -12)
    return Window(start, max(_add_months(window.end, -12), start + timedelta(days=1)))


def name_of(window: Window, period: str, as_of: date) -> str | None:
    """What a window is called: "Week 39", "September", "Q3", "2025"; with the year where it is
    another than that of `as_of`. None where the period is no single one of these.

    >>> name_of(Window(date(2025, 9, 22), date(2025, 9, 29)), "last_week", date(2025, 9, 29))
    'Week 39'
    """
    if period == ALL:
        return None
    count, unit = parse(period)
    if count != 1 or unit == "day":
        return None
    year, week = window.start.isocalendar()[:2]
    year = year if unit == "week" else window.start.year
    if unit == "year":
        return str(year)
    name = {
        "week": _("Week {week}", week=week),
        "month": _month(window.start),
        "quarter": _("Q{quarter}", quarter=(window.start.month + 2) // 3),
    }[unit]
    return name if year == as_of.year else _("{period} {year}", period=name, year=year)


def _month(day: date) -> str:
    from babel.dates import format_date

    return str(format_date(day, "LLLL", locale=language()))


def _begin(day: date, unit: Unit) -> date:
    """The first day of the unit that `day` lies in."""
    if unit == "day":
        return day
    if unit == "week":
        return day - timedelta(days=day.weekday())
    months = _MONTHS[unit]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def _shift(day: date, count: int, unit: Unit) -> date:
    if unit == "day":
        return day + timedelta(days=count)
    if unit == "week":
        return day + timedelta(weeks=count)
    return _add_months(day, count * _MONTHS[unit])


def _add_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last_day in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last_day))
        except ValueError:
            continue
    raise UsageError(f"{months} months from {day} is no date")
