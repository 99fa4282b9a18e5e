"""Paired horizontal bars: rows of categories, one bar a series, panels on one common scale.

Every value stands at its bar's end, so there is no value axis. The names of the series stand once:
in the first row's bars where they are long enough, else in a short key above.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from growthml.charts import BarPanel, Bars, Series
from growthml.figures import house
from growthml.figures.canvas import Canvas
from growthml.fonts import Weight
from growthml.formats import Formats
from growthml.palette import ON, text_of

BAR, BETWEEN = 2.88, 2.24
THINNEST, NARROWEST_BETWEEN = 2.4, 0.8
NAME_SHARE, NAME_GAP = 0.32, 1.6
VALUE_GAP, NOTE_GAP = 0.8, 2.0
PANEL_GAP = 5.0
MOST_ACROSS = 4
TITLE_GAP = 1.4
SQUARE, SQUARE_GAP, KEY_GAP = 2.2, 0.9, 3.5
TOP, BOTTOM = 0.6, 1.0
UNKNOWN = "–"
WHOLE_MONEY_FROM = 99.5
ONE_DECIMAL_FROM = 0.0995


@dataclass(frozen=True)
class _Plan:
    """Where things go, in mm. `zero` is counted from a panel's left edge; `scale` is mm a unit."""

    names: float
    across: int
    panel: float
    title: float
    row: float
    bar: float
    zero: float
    scale: float


@dataclass(frozen=True)
class _End:
    """How far a row reaches to one side of zero: a bar in units, then words in mm."""

    bar: float
    words: float


def lay_out(chart: Bars, formats: Formats, width: float, narrow: bool) -> Canvas:
    """Put bars on a canvas of this width in mm."""
    canvas = Canvas(width)
    chart = _without_unknowns(chart)
    plan = _plan(chart, formats, width, narrow)
    inside = _names_fit(chart, plan)
    y = TOP
    if not inside:
        y = _draw_key(canvas, chart.series, plan.names, y)
    first = y + plan.title
    for start in range(0, len(chart.panels), plan.across):
        y += BETWEEN if start else 0.0
        for column, panel in enumerate(chart.panels[start : start + plan.across]):
            left = plan.names + column * (plan.panel + PANEL_GAP)
            _draw_title(canvas, panel.title, plan, left, y)
            _draw_panel(canvas, chart, panel, plan, formats, (left, y + plan.title))
        y += plan.title
        _draw_names(canvas, chart.rows, plan, y)
        y += plan.row * len(chart.rows)
    if inside:
        _draw_names_in_bars(canvas, chart, plan, first)
    canvas.height = y + BOTTOM
    return canvas


def _plan(chart: Bars, formats: Formats, width: float, narrow: bool) -> _Plan:
    names = min(house.widest(chart.rows, house.TEXT), NAME_SHARE * width) + NAME_GAP
    across = _across(chart, narrow)
    panel = (width - names - PANEL_GAP * (across - 1)) / across
    title = max(_title_height(part.title, panel) for part in chart.panels)
    lines = -(-len(chart.panels) // across)
    row = _row_height(chart, (title + BETWEEN) * lines, lines, on_page=chart.half or not narrow)
    bar = min(BAR, (row - NARROWEST_BETWEEN) / len(chart.series))
    zero, scale = _scale(chart, formats, panel)
    return _Plan(names, across, panel, title, row, bar, zero, scale)


def _across(chart: Bars, narrow: bool) -> int:
    """How many panels stand side by side; notes need room, so few rows with notes stack."""
    count = len(chart.panels)
    if not narrow:
        lines = -(-count // MOST_ACROSS)
        return -(-count // lines)
    noted = any(panel.notes for panel in chart.panels)
    stacked = count * len(chart.rows) * (BAR * len(chart.series) + BETWEEN)
    return 1 if noted and stacked < house.TALLEST * 0.85 else min(count, 2)


def _title_height(title: str, panel: float) -> float:
    lines = len(house.wrap(title, panel, house.TEXT, 600)) if title else 0
    return lines * house.line_height(house.TEXT) + (TITLE_GAP if lines else 0.0)


def _row_height(chart: Bars, titles: float, lines: int, on_page: bool) -> float:
    """Three bars' room for two bars; less only to keep a printed figure on its page."""
    count = len(chart.series)
    wished = BAR * count + BETWEEN
    if not on_page:
        return wished
    key = house.line_height(house.VALUE) + TITLE_GAP
    room = (house.TALLEST - TOP - BOTTOM - key - titles) / lines / len(chart.rows)
    return min(wished, max(THINNEST * count + NARROWEST_BETWEEN, room))


def _scale(chart: Bars, formats: Formats, panel: float) -> tuple[float, float]:
    """Where zero stands, and mm a unit, so that the longest bar and its words just fit."""
    rights = [_End(chart.limit or 0.0, 0.0)]
    lefts = [_End(0.0, 0.0)]
    for part in chart.panels:
        for row in range(len(chart.rows)):
            for right, left in _row_ends(chart, part, row, formats):
                rights.append(right)
                lefts.append(left)
    scale = min(
        (
            (panel - right.words - left.words) / (right.bar + left.bar)
            for right in rights
            for left in lefts
            if right.bar + left.bar > 0
        ),
        default=1.0,
    )
    scale = max(scale, 0.0)
    return max(left.bar * scale + left.words for left in lefts), scale


def _row_ends(
    chart: Bars, panel: BarPanel, row: int, formats: Formats
) -> Iterator[tuple[_End, _End]]:
    note = _note(panel, row)
    aside = NOTE_GAP + house.text_width(note, house.NOTE) if note else 0.0
    for series, values in zip(chart.series, panel.values, strict=True):
        value = values[row]
        words = VALUE_GAP + house.text_width(
            _value_text(value, chart, formats), house.VALUE, _weight(series)
        )
        if value is not None and value < 0:
            yield _End(0.0, aside), _End(-value, words)
        else:
            yield _End(value or 0.0, words + aside), _End(0.0, 0.0)


def _draw_panel(
    canvas: Canvas,
    chart: Bars,
    panel: BarPanel,
    plan: _Plan,
    formats: Formats,
    corner: tuple[float, float],
) -> None:
    left, top = corner
    zero = left + plan.zero
    for row in range(len(chart.rows)):
        middle = top + plan.row * (row + 0.5)
        y = middle - plan.bar * len(chart.series) / 2
        reach = zero
        for series, values in zip(chart.series, panel.values, strict=True):
            end = _draw_bar(canvas, chart, series, values[row], plan, formats, (zero, y))
            reach = max(reach, end)
            y += plan.bar
        canvas.text_middle(
            reach + NOTE_GAP, middle, _note(panel, row), size=house.NOTE, colour="muted"
        )
    losses = any(value is not None and value < 0 for values in panel.values for value in values)
    canvas.line(
        [(zero, top), (zero, top + plan.row * len(chart.rows))],
        colour="ink" if losses else "axis",
        thickness=house.HAIRLINE,
    )


def _draw_bar(
    canvas: Canvas,
    chart: Bars,
    series: Series,
    value: float | None,
    plan: _Plan,
    formats: Formats,
    start: tuple[float, float],
) -> float:
    """Draw one bar with its value; how far to the right it reaches."""
    zero, y = start
    length = (value or 0.0) * plan.scale
    if length:
        canvas.rectangle(min(zero, zero + length), y, abs(length), plan.bar, fill=series.colour)
    text = _value_text(value, chart, formats)
    loss = value is not None and value < 0
    canvas.text_middle(
        zero + length + (-VALUE_GAP if loss else VALUE_GAP),
        y + plan.bar / 2,
        text,
        size=house.VALUE,
        weight=_weight(series),
        colour=text_of(series.colour),
        anchor="end" if loss else "start",
    )
    if loss:
        return zero
    return zero + length + VALUE_GAP + house.text_width(text, house.VALUE, _weight(series))


def _draw_title(canvas: Canvas, title: str, plan: _Plan, left: float, top: float) -> None:
    if title:
        lines = house.wrap(title, plan.panel, house.TEXT, 600)
        middle = top + plan.title - TITLE_GAP - len(lines) * house.line_height(house.TEXT) / 2
        canvas.text_middle(left, middle, lines, weight=600)


def _draw_names(canvas: Canvas, rows: Sequence[str], plan: _Plan, top: float) -> None:
    lines = 2 if plan.row >= 2 * house.line_height(house.TEXT) else 1
    for index, row in enumerate(rows):
        words = house.wrap(row, plan.names - NAME_GAP + 0.01, house.TEXT, lines=lines)
        middle = top + plan.row * (index + 0.5)
        canvas.text_middle(plan.names - NAME_GAP, middle, words, anchor="end")


def _names_fit(chart: Bars, plan: _Plan) -> bool:
    """Whether the first row's bars hold the names of their series."""
    return all(
        (values[0] or 0.0) * plan.scale
        > house.text_width(house.clean(series.label), house.VALUE, _weight(series)) + 2 * VALUE_GAP
        for series, values in zip(chart.series, chart.panels[0].values, strict=True)
    )


def _draw_names_in_bars(canvas: Canvas, chart: Bars, plan: _Plan, top: float) -> None:
    y = top + plan.row / 2 - plan.bar * len(chart.series) / 2
    for index, series in enumerate(chart.series):
        canvas.text_middle(
            plan.names + plan.zero + VALUE_GAP,
            y + (index + 0.5) * plan.bar,
            series.label,
            size=house.VALUE,
            weight=_weight(series),
            colour=ON.get(series.colour, "ink"),
        )


def _draw_key(canvas: Canvas, series: Sequence[Series], left: float, top: float) -> float:
    """Draw a square and a name for each series, in as many lines as needed; where it ends."""
    named = [one for one in series if house.clean(one.label)]
    if not named:
        return top
    most = canvas.width - SQUARE - SQUARE_GAP
    names = {one: house.wrap(one.label, most, house.VALUE, 600, lines=1)[0] for one in named}
    widths = [
        SQUARE + SQUARE_GAP + house.text_width(names[one], house.VALUE, _weight(one))
        for one in named
    ]
    step = house.line_height(house.VALUE)
    if left + sum(widths) + KEY_GAP * (len(widths) - 1) > canvas.width:
        left = 0.0
    x, middle = left, top + step / 2
    for one, width in zip(named, widths, strict=True):
        if x > left and x + width > canvas.width:
            x, middle = left, middle + step
        canvas.rectangle(x, middle - SQUARE / 2, SQUARE, SQUARE, fill=one.colour)
        canvas.text_middle(
            x + SQUARE + SQUARE_GAP,
            middle,
            names[one],
            size=house.VALUE,
            weight=_weight(one),
            colour=text_of(one.colour),
        )
        x += width + KEY_GAP
    return middle + step / 2 + TITLE_GAP


def _without_unknowns(chart: Bars) -> Bars:
    """The chart with None for every value that is not a finite number."""
    panels = [
        replace(
            panel,
            values=[
                [value if house.known(value) else None for value in values]
                for values in panel.values
            ],
        )
        for panel in chart.panels
    ]
    return replace(chart, panels=panels)


def _value_text(value: float | None, chart: Bars, formats: Formats) -> str:
    """A value with the decimals that suit the largest one, so that all values have the same."""
    if value is None:
        return UNKNOWN
    largest = max(
        abs(other or 0.0) for panel in chart.panels for values in panel.values for other in values
    )
    match chart.unit:
        case "money":
            return formats.money(value, places=0 if largest >= WHOLE_MONEY_FROM else None)
        case "rate":
            return formats.rate(value, places=1 if largest >= ONE_DECIMAL_FROM else 2)
        case _:
            return formats.value(value, chart.unit)


def _weight(series: Series) -> Weight:
    return 400 if series.colour == "baseline" else 600


def _note(panel: BarPanel, row: int) -> str:
    return house.clean(panel.notes[row]) if panel.notes else ""
