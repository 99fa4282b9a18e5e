"""Clouds of points: dots where they are few, cells shaded by their number where they are many.

Cells keep a drawing of a million points as small and as legible as one of a thousand.
"""

from __future__ import annotations

from collections import Counter
from math import log

from growthml.charts import Points
from growthml.figures import house
from growthml.figures.axis import Scale, as_number, x_scale, y_scale
from growthml.figures.box import Box
from growthml.figures.canvas import Canvas
from growthml.formats import Formats

MOST_DOTS = 400
CELL = 1.7
"""The side of a cell in mm."""
STEPS = 7
TOP, BOTTOM = 1.6, 0.6
TICK_GAP = 1.2
X_LABELS = 4.6
DASH = (2.4, 1.8)


def lay_out(chart: Points, formats: Formats, width: float, narrow: bool) -> Canvas:
    """Put a cloud on a canvas of this width in mm."""
    canvas = Canvas(width)
    y = y_scale(chart.y, chart.y_unit, False, formats)
    x = x_scale(chart.x, "number", chart.x_unit, formats)
    left = house.widest([text for _, text in y.ticks], house.TEXT) + TICK_GAP
    room = Box(left, TOP, width - 2.0, TOP + chart.height)
    _draw_axes(canvas, room, x, y)
    if len(chart.x) > MOST_DOTS:
        _draw_cells(canvas, chart, room, x, y)
    else:
        for across, up in zip(chart.x, chart.y, strict=True):
            canvas.disc(*_place(across, up, room, x, y), colour=chart.colour, diameter=2.4)
    for reference in chart.references:
        at = as_number(reference.at)
        level = reference.kind == "horizontal"
        middle = _place(x.low if level else at, at if level else y.low, room, x, y)
        ends = (
            [(room.left, middle[1]), (room.right, middle[1])]
            if level
            else [(middle[0], room.top), (middle[0], room.bottom)]
        )
        canvas.line(ends, colour="ink", thickness=house.REFERENCE, dash=DASH, clear=False)
    canvas.height = room.bottom + X_LABELS + BOTTOM
    return canvas


def _place(across: float, up: float, room: Box, x: Scale, y: Scale) -> tuple[float, float]:
    return (
        room.left + (across - x.low) / (x.high - x.low) * (room.right - room.left),
        room.bottom - (up - y.low) / (y.high - y.low) * (room.bottom - room.top),
    )


def _draw_axes(canvas: Canvas, room: Box, x: Scale, y: Scale) -> None:
    for value, text in y.ticks:
        _, height = _place(x.low, value, room, x, y)
        canvas.line(
            [(room.left, height), (room.right, height)],
            colour="grid",
            thickness=house.HAIRLINE,
            clear=False,
        )
        canvas.text_middle(room.left - TICK_GAP, height, text, anchor="end")
    for value, text in x.ticks:
        across, _ = _place(value, y.low, room, x, y)
        half = house.text_width(text, house.TEXT) / 2
        middle = min(max(across, room.left + half - TICK_GAP), canvas.width - half)
        canvas.text_middle(middle, room.bottom + X_LABELS / 2, text, anchor="middle")
    canvas.line(
        [(room.left, room.bottom), (room.right, room.bottom)],
        colour="axis",
        thickness=house.HAIRLINE,
        clear=False,
    )


def _draw_cells(canvas: Canvas, chart: Points, room: Box, x: Scale, y: Scale) -> None:
    counted: Counter[tuple[int, int]] = Counter()
    for across, up in zip(chart.x, chart.y, strict=True):
        right, down = _place(across, up, room, x, y)
        counted[int((right - room.left) / CELL), int((down - room.top) / CELL)] += 1
    most = max(counted.values())
    for (column, row), number in sorted(counted.items()):
        step = 1 + int((STEPS - 2) * log(number) / log(most)) if most > 1 else 1
        left, top = room.left + column * CELL, room.top + row * CELL
        canvas.rectangle(
            left,
            top,
            min(CELL, room.right - left) or CELL,
            min(CELL, room.bottom - top) or CELL,
            fill=f"seq-{step}",
        )
