"""Where ticks stand and what they say: at most five, at round places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, floor, log10

from growthml.charts import Axis, Unit
from growthml.formats import Formats

MOST_TICKS = 5
MOST_DAYS = 3
"""A whole date is long, so fewer of them stand under an axis."""
NEAR = 0.3
"""A value this part of a step beyond the last tick needs no further one."""

_ROUND = (1.0, 2.0, 2.5, 5.0)
_WHOLE = ("count", "days")
_MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120)
_DAY_STEPS = (1, 2, 7, 14)


@dataclass(frozen=True)
class Scale:
    """The ends of an axis in data units, and its labelled ticks."""

    low: float
    high: float
    ticks: Sequence[tuple[float, str]]


def as_number(x: float | date) -> float:
    """A place on an axis; a date is its day number."""
    return float(x.toordinal()) if isinstance(x, date) else float(x)


def y_scale(values: Sequence[float], unit: Unit, from_zero: bool, formats: Formats) -> Scale:
    """An upright axis that holds all values, its ends at ticks or just beyond the last one."""
    low, high = min(values, default=0.0), max(values, default=0.0)
    if from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        high = low + (abs(low) or 1.0)
    scales = (_between_ticks(low, high, step, unit, formats) for step in _steps(low, high, unit))
    return next(scale for scale in scales if len(scale.ticks) <= MOST_TICKS)


def x_scale(values: Sequence[float], axis: Axis, unit: Unit, formats: Formats) -> Scale:
    """A level axis from the first value to the last."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    if axis == "date":
        return Scale(low, high, _dated(low, high, formats))
    shown: Unit = "share" if axis == "share" else unit
    return Scale(low, high, _numbered(low, high, _step(low, high, shown), shown, formats))


def symmetric(values: Sequence[float], unit: Unit, formats: Formats) -> Scale:
    """An axis about zero, equally long to both sides; ticks are signed, of rates in points."""
    reach = max((abs(value) for value in values), default=0.0) * 1.06 or 1.0
    step = _step(-reach, reach, unit, whole=False)
    count = floor(reach / step + 1e-9)
    marks = [index * step for index in range(-count, count + 1)]
    texts = [_signed(mark, unit, formats) for mark in marks]
    sign = formats.unit_sign(unit, difference=True) if unit in ("rate", "share") else ""
    if sign:
        texts[-1] += f"\u202f{sign}"
    return Scale(-reach, reach, list(zip(marks, texts, strict=True)))


def _signed(mark: float, unit: Unit, formats: Formats) -> str:
    text = (
        formats.short(mark * 100, "number")
        if unit in ("rate", "share")
        else formats.short(mark, unit)
    )
    return f"+{text}" if mark > 0 else text


def _between_ticks(low: float, high: float, step: float, unit: Unit, formats: Formats) -> Scale:
    bottom, top = -_end(-low, step), _end(high, step)
    return Scale(bottom, top, _numbered(bottom, top, step, unit, formats))


def _end(reach: float, step: float) -> float:
    """The next tick, unless the last one is so near that the value may stand beyond it."""
    last = floor(reach / step + 1e-9) * step
    return max(reach, last) if reach - last < step * NEAR else last + step


def _step(low: float, high: float, unit: Unit, whole: bool = True) -> float:
    """The smallest round step that leaves at most five ticks between low and high."""
    return next(
        step
        for step in _steps(low, high, unit, whole)
        if floor(high / step + 1e-9) - ceil(low / step - 1e-9) + 1 <= MOST_TICKS
    )


def _steps(low: float, high: float, unit: Unit, whole: bool = True) -> Iterator[float]:
    """Round steps for this span, the smallest first; whole numbers for counts."""
    power = 10.0 ** floor(log10((high - low) / MOST_TICKS))
    for scale in (1, 10, 100, 1000):
        for digit in _ROUND:
            step = power * scale * digit
            if not (whole and unit in _WHOLE) or step == int(step):
                yield step


def _numbered(
    low: float, high: float, step: float, unit: Unit, formats: Formats
) -> Sequence[tuple[float, str]]:
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    marks = [index * step for index in range(first, last + 1)]
    return [(mark, formats.short(mark, unit)) for mark in marks]


def _dated(low: float, high: float, formats: Formats) -> Sequence[tuple[float, str]]:
    first, last = date.fromordinal(ceil(low)), date.fromordinal(floor(high))
    months = _month_starts(first, last)
    if len(months) < 3:
        return _days(first, last, formats)
    for step in _MONTH_STEPS:
        marks = months[::step]
        if len(marks) <= MOST_TICKS:
            break
    return [(float(mark.toordinal()), formats.month(mark)) for mark in marks]


def _month_starts(first: date, last: date) -> list[date]:
    start = first.year * 12 + first.month - 1 + (first.day > 1)
    stop = last.year * 12 + last.month
    return [date(month // 12, month % 12 + 1, 1) for month in range(start, stop)]


def _days(first: date, last: date, formats: Formats) -> Sequence[tuple[float, str]]:
    span = (last - first).days
    step = next((days for days in _DAY_STEPS if span // days < MOST_DAYS), 28)
    days = [first + timedelta(offset) for offset in range(0, span + 1, step)]
    return [(float(day.toordinal()), formats.date(day)) for day in days]
