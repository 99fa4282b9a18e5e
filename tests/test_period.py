"""Periods against a calendar, clocks against the published dates of daylight saving time."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from growthml.errors import UsageError
from growthml.period import (
    Window,
    is_period,
    last,
    parse,
    previous,
    resolve,
    same_last_year,
)


def window(start: str, end: str) -> Window:
    return Window(date.fromisoformat(start), date.fromisoformat(end))


# 2025-03-10 is a Monday.
@pytest.mark.parametrize(
    ("period", "as_of", "start", "end"),
    [
        ("last_week", "2025-03-09", "2025-03-03", "2025-03-10"),
        ("last_week", "2025-03-10", "2025-03-03", "2025-03-10"),
        ("last_week", "2025-03-15", "2025-03-03", "2025-03-10"),
        ("last_week", "2025-03-16", "2025-03-10", "2025-03-17"),
        ("last_week", "2021-01-04", "2020-12-28", "2021-01-04"),
        ("last_month", "2025-03-30", "2025-02-01", "2025-03-01"),
        ("last_month", "2025-03-31", "2025-03-01", "2025-04-01"),
        ("last_month", "2024-02-29", "2024-02-01", "2024-03-01"),
        ("last_month", "2025-01-01", "2024-12-01", "2025-01-01"),
        ("last_quarter", "2025-05-17", "2025-01-01", "2025-04-01"),
        ("last_quarter", "2025-06-30", "2025-04-01", "2025-07-01"),
        ("last_year", "2025-12-30", "2024-01-01", "2025-01-01"),
        ("last_year", "2025-12-31", "2025-01-01", "2026-01-01"),
        ("last_28_days", "2025-03-28", "2025-03-01", "2025-03-29"),
        ("last_1_days", "2025-03-28", "2025-03-28", "2025-03-29"),
        ("last_4_weeks", "2025-03-12", "2025-02-10", "2025-03-10"),
        ("last_3_months", "2025-01-31", "2024-11-01", "2025-02-01"),
    ],
)
def test_a_period_is_the_last_that_was_over(period: str, as_of: str, start: str, end: str) -> None:
    assert resolve(period, date.fromisoformat(as_of)) == window(start, end)


def test_all_has_no_bounds() -> None:
    assert resolve("all", date(2025, 1, 1)) is None


@pytest.mark.parametrize(
    "name", ["last_weak", "last_0_days", "last_-1_days", "week", "", "LAST_WEEK"]
)
def test_other_names_are_no_periods(name: str) -> None:
    assert not is_period(name)
    with pytest.raises(UsageError, match="unknown period"):
        resolve(name, date(2025, 1, 1))


def test_a_period_before_the_calendar_is_refused() -> None:
    with pytest.raises(UsageError, match="is no date"):
        resolve("last_9999_years", date(2025, 1, 1))


def test_periods_are_counts_of_units() -> None:
    assert parse("last_week") == (1, "week")
    assert parse("last_28_days") == (28, "day")
    assert is_period("last_28_days")
    assert is_period("all")


@pytest.mark.parametrize(
    ("start", "end", "period", "before"),
    [
        ("2025-03-03", "2025-03-10", "last_week", ("2025-02-24", "2025-03-03")),
        ("2025-03-01", "2025-04-01", "last_month", ("2025-02-01", "2025-03-01")),
        ("2025-01-01", "2025-04-01", "last_quarter", ("2024-10-01", "2025-01-01")),
        ("2025-01-01", "2026-01-01", "last_year", ("2024-01-01", "2025-01-01")),
        ("2025-03-01", "2025-03-29", "last_28_days", ("2025-02-01", "2025-03-01")),
        ("2025-01-10", "2025-01-20", "all", ("2024-12-31", "2025-01-10")),
    ],
)
def test_the_window_before(start: str, end: str, period: str, before: tuple[str, str]) -> None:
    assert previous(window(start, end), period) == window(*before)


def test_the_windows_before_come_oldest_first() -> None:
    assert last(3, window("2025-03-01", "2025-04-01"), "last_month") == [
        window("2024-12-01", "2025-01-01"),
        window("2025-01-01", "2025-02-01"),
        window("2025-02-01", "2025-03-01"),
    ]
    assert last(0, window("2025-03-01", "2025-04-01"), "last_month") == []


@pytest.mark.parametrize(
    ("start", "end", "period", "earlier"),
    [
        ("2025-03-10", "2025-03-17", "last_week", ("2024-03-11", "2024-03-18")),
        ("2025-03-01", "2025-03-29", "last_28_days", ("2024-03-02", "2024-03-30")),
        ("2025-02-01", "2025-03-01", "last_month", ("2024-02-01", "2024-03-01")),
        ("2024-02-01", "2024-03-01", "last_month", ("2023-02-01", "2023-03-01")),
        ("2025-04-01", "2025-07-01", "last_quarter", ("2024-04-01", "2024-07-01")),
        ("2013-04-21", "2014-04-21", "all", ("2012-04-21", "2013-04-21")),
        ("2024-02-29", "2024-03-01", "all", ("2023-02-28", "2023-03-01")),
        ("2024-02-28", "2024-02-29", "all", ("2023-02-28", "2023-03-01")),
    ],
)
def test_a_year_before(start: str, end: str, period: str, earlier: tuple[str, str]) -> None:
    assert same_last_year(window(start, end), period) == window(*earlier)


def test_weeks_a_year_apart_both_begin_on_a_monday() -> None:
    week = resolve("last_week", date(2021, 1, 3))
    assert week is not None
    earlier = same_last_year(week, "last_week")
    assert (week.start.weekday(), earlier.start.weekday()) == (0, 0)
    assert week.start - earlier.start == timedelta(weeks=52)
