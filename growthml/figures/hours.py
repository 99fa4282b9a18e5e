"""Counts by weekday and hour: a heatmap with its totals, or bars where there is no room for it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from growthml.charts import Hours
from growthml.figures import house
from growthml.figures.axis import y_scale
from growthml.figures.canvas import Canvas
from growthml.formats import Formats

TOP, BOTTOM = 0.8, 0.6
NAME_GAP = 1.8
GAP = 0.4
CELL_HEIGHT = 4.2
ABOVE, BESIDE = 9.0, 22.0
"""The room of the totals' bars."""
TOTAL_GAP = 1.2
KEY_GAP, KEY_HEIGHT, KEY_CLASS = 2.2, 2.4, 9.0
HEIGHT, STACK_GAP = 22.0, 4.0
X_LABELS = 4.4
TICK_GAP = 1.2
BAR_SHARE = 0.72
HOURS = 24
EVERY = 3
"""Only every so many hours are named."""


def lay_out(chart: Hours, formats: Formats, width: float, narrow: bool) -> Canvas:
    """Put counts by hour on a canvas of this width in mm."""
    canvas = Canvas(width)
    by_hour = [sum(each) for each in zip(*chart.counts, strict=True)]
    names = [_hour(hour) for hour in range(HOURS)]
    if len(chart.rows) > 1 and not narrow:
        canvas.height = _draw_map(canvas, chart, by_hour, formats)
        return canvas
    y = _draw_bars(canvas, by_hour, names, formats, TOP)
    if len(chart.rows) > 1:
        totals = [sum(each) for each in chart.counts]
        y = _draw_bars(canvas, totals, chart.rows, formats, y + STACK_GAP)
    canvas.height = y + BOTTOM
    return canvas


def _hour(hour: int) -> str:
    return str(hour) if hour % EVERY == 0 else ""


# -- the heatmap ---------------------------------------------------------------------------------


def _draw_map(canvas: Canvas, chart: Hours, by_hour: Sequence[int], formats: Formats) -> float:
    left = house.widest(chart.rows, house.TEXT) + NAME_GAP
    cell = (canvas.width - left - BESIDE - TOTAL_GAP) / HOURS
    top = TOP + ABOVE + TOTAL_GAP
    most = max(by_hour) or 1
    for hour, count in enumerate(by_hour):
        height = ABOVE * count / most
        x = left + hour * cell
        if height:
            canvas.rectangle(x + GAP / 2, TOP + ABOVE - height, cell - GAP, height, fill="baseline")
    y = top
    for name, counts in zip(chart.rows, chart.counts, strict=True):
        canvas.text_middle(left - NAME_GAP, y + CELL_HEIGHT / 2, name, anchor="end")
        for hour, count in enumerate(counts):
            step = bisect_right(chart.edges, count)
            x = left + hour * cell
            canvas.rectangle(
                x + GAP / 2, y + GAP / 2, cell - GAP, CELL_HEIGHT - GAP, fill=f"seq-{step}"
            )
        y += CELL_HEIGHT
    _draw_totals(canvas, chart, left + HOURS * cell + TOTAL_GAP, top, formats)
    baseline = y + X_LABELS / 2
    for hour in range(0, HOURS, EVERY):
        x = left + (hour + 0.5) * cell
        canvas.text_middle(x, baseline, str(hour), colour="muted", anchor="middle")
    return _draw_key(canvas, chart, formats, left, y + X_LABELS + KEY_GAP) + BOTTOM


def _draw_totals(canvas: Canvas, chart: Hours, left: float, top: float, formats: Formats) -> None:
    totals = [sum(each) for each in chart.counts]
    texts = [formats.short(total, "count") for total in totals]
    room = BESIDE - house.widest(texts, house.VALUE) - 1.0
    for row, (total, text) in enumerate(zip(totals, texts, strict=True)):
        width = room * total / (max(totals) or 1)
        y = top + row * CELL_HEIGHT
        if width:
            canvas.rectangle(left, y + GAP, width, CELL_HEIGHT - 2 * GAP, fill="baseline")
        canvas.text_middle(left + width + 0.8, y + CELL_HEIGHT / 2, text, size=house.VALUE)


def _draw_key(canvas: Canvas, chart: Hours, formats: Formats, left: float, top: float) -> float:
    """The strip of classes with the edges between them; the height at which it ends."""
    if not chart.edges:
        return top - KEY_GAP
    for step in range(len(chart.edges) + 1):
        canvas.rectangle(left + step * KEY_CLASS, top, KEY_CLASS, KEY_HEIGHT, fill=f"seq-{step}")
    baseline = top + KEY_HEIGHT + house.line_height(house.NOTE)
    for index, edge in enumerate(chart.edges, start=1):
        canvas.text(
            left + index * KEY_CLASS,
            baseline,
            formats.short(edge, "count"),
            size=house.NOTE,
            colour="muted",
            anchor="middle",
        )
    return baseline + house.mm(house.NOTE) * house.DROP


# -- upright bars --------------------------------------------------------------------------------


def _draw_bars(
    canvas: Canvas, counts: Sequence[int], names: Sequence[str], formats: Formats, top: float
) -> float:
    """Bars over names from `top` down; the height at which they end."""
    scale = y_scale([float(each) for each in counts], "count", True, formats)
    left = house.widest([text for _, text in scale.ticks], house.TEXT) + TICK_GAP
    top += house.line_height(house.TEXT) / 2
    bottom, step = top + HEIGHT, (canvas.width - left) / len(counts)
    for value, text in scale.ticks:
        y = bottom - value / scale.high * HEIGHT
        if value:
            canvas.line(
                [(left, y), (canvas.width, y)],
                colour="grid",
                thickness=house.HAIRLINE,
                clear=False,
            )
        canvas.text_middle(left - TICK_GAP, y, text, colour="muted", anchor="end")
    for place, (count, name) in enumerate(zip(counts, names, strict=True)):
        height = count / scale.high * HEIGHT
        middle = left + (place + 0.5) * step
        width = step * BAR_SHARE
        if height:
            canvas.rectangle(middle - width / 2, bottom - height, width, height, fill="new")
        canvas.text_middle(middle, bottom + X_LABELS / 2, name, colour="muted", anchor="middle")
    canvas.line([(left, bottom), (canvas.width, bottom)], colour="axis", thickness=house.HAIRLINE)
    return bottom + X_LABELS
