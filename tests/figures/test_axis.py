"""Ticks one can count: at most five, at round places, over all the data."""

from __future__ import annotations

from datetime import date

import pytest

from growthml.charts import Unit
from growthml.figures.axis import MOST_TICKS, symmetric, x_scale, y_scale
from growthml.formats import Formats

FORMATS = Formats()


def texts(scale):
    return [text for _, text in scale.ticks]


@pytest.mark.parametrize(
    ("values", "unit", "low", "high", "labels"),
    [
        ([7, 148], "count", 0, 150, ["0", "50", "100", "150"]),
        ([1, 2], "count", 0, 2, ["0", "1", "2"]),
        ([0.0, 1.0], "share", 0, 1, ["0 %", "25 %", "50 %", "75 %", "100 %"]),
        (
            [-250.0, 180.0],
            "money",
            -250,
            200,
            ["−$200", "$0", "$200"],
        ),
        ([0.0, 0.0], "money", 0, 1, ["$0", "$0.25", "$0.50", "$0.75", "$1"]),
    ],
)
def test_an_upright_axis_is_round_and_holds_the_data(
    values: list[float], unit: Unit, low: float, high: float, labels: list[str]
) -> None:
    scale = y_scale(values, unit, True, FORMATS)
    assert scale.low <= min(*values, 0.0)
    assert scale.high >= max(values)
    assert (scale.low, scale.high) == (low, high)
    assert [text.replace("\u202f", " ") for text in texts(scale)] == labels


@pytest.mark.parametrize("top", [1, 3, 7, 11, 49, 51, 99, 101, 148, 999, 12345, 2.5e9])
@pytest.mark.parametrize("bottom", [0, -1, -60, -5e6])
@pytest.mark.parametrize("unit", ["count", "money", "number"])
def test_there_are_two_to_five_ticks(top: float, bottom: float, unit: Unit) -> None:
    scale = y_scale([bottom, top], unit, True, FORMATS)
    assert 2 <= len(scale.ticks) <= MOST_TICKS
    assert len(set(texts(scale))) == len(scale.ticks)


def test_counts_have_no_half_ticks() -> None:
    scale = y_scale([0, 3], "count", True, FORMATS)
    assert all(mark == int(mark) for mark, _ in scale.ticks)


def test_an_axis_may_leave_zero_out_if_asked() -> None:
    assert y_scale([0.02, 0.03], "rate", False, FORMATS).low == pytest.approx(0.02)


def test_a_year_has_a_tick_a_quarter() -> None:
    months = [date(2013 + (m > 11), m % 12 + 1, 1).toordinal() for m in range(3, 16)]
    scale = x_scale(months, "date", "share", FORMATS)
    assert texts(scale) == ["Apr 13", "Jul 13", "Oct 13", "Jan 14", "Apr 14"]


def test_ten_days_are_named_by_day() -> None:
    days = [date(2014, 4, day).toordinal() for day in range(1, 11)]
    assert texts(x_scale(days, "date", "share", FORMATS)) == ["1 Apr 2014", "8 Apr 2014"]


def test_one_value_still_has_an_axis() -> None:
    scale = x_scale([5.0], "number", "days", FORMATS)
    assert scale.low < 5.0 < scale.high


def test_an_axis_about_zero_is_even_signed_and_in_points() -> None:
    scale = symmetric([-0.035, 0.042], "rate", FORMATS)
    assert scale.low == -scale.high
    assert scale.high > 0.042
    assert texts(scale) == ["−4", "−2", "0", "+2", "+4\u202fpp"]


def test_an_axis_about_zero_of_money_is_signed() -> None:
    assert texts(symmetric([-0.57, 0.5], "money", FORMATS)) == [
        "−$0.50",
        "−$0.25",
        "$0",
        "+$0.25",
        "+$0.50",
    ]
