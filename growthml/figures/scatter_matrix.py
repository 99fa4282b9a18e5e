"""Every column against every other: clouds below the diagonal, coefficients above it.

Clouds are cells shaded by how many rows they hold, so that any number of rows stays legible.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import log

from growthml.charts import ScatterMatrix
from growthml.figures import house
from growthml.figures.box import Box
from growthml.figures.canvas import Canvas
from growthml.formats import Formats

GAP = 2.0
NAME = 5.0
CELLS = 22
"""A cloud has so many cells on a side, and a histogram so many bars."""
STEPS = 7
BOTTOM = 0.6


def lay_out(chart: ScatterMatrix, formats: Formats, width: float, narrow: bool) -> Canvas:
    """Put the matrix on a canvas of this width in mm; on a narrow one in half the height."""
    canvas = Canvas(width)
    n = len(chart.columns)
    across = (width - GAP * (n - 1)) / n
    down = min(across * (0.9 if narrow else 0.6), (house.TALLEST - NAME - GAP * n) / n)
    for place, name in enumerate(chart.columns):
        left = place * (across + GAP)
        text = house.wrap(name, across, house.TEXT, 600, lines=1)[0]
        canvas.text_middle(left + across / 2, NAME / 2, text, weight=600, anchor="middle")
    for row in range(n):
        for column in range(n):
            left, top = column * (across + GAP), NAME + row * (down + GAP)
            box = Box(left, top, left + across, top + down)
            if row == column:
                _draw_histogram(canvas, chart.values[row], box, chart.colour)
            elif row > column:
                _draw_cloud(canvas, chart.values[column], chart.values[row], box)
            else:
                _draw_words(canvas, chart, row, column, box)
    canvas.height = NAME + n * (down + GAP) - GAP + BOTTOM
    return canvas


def _places(values: Sequence[float]) -> list[int]:
    """The cell of each value along one side."""
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    return [min(CELLS - 1, int((value - low) / span * CELLS)) for value in values]


def _draw_histogram(canvas: Canvas, values: Sequence[float], box: Box, colour: str) -> None:
    counted = Counter(_places(values))
    most = max(counted.values())
    step = (box.right - box.left) / CELLS
    for place, number in sorted(counted.items()):
        height = number / most * (box.bottom - box.top)
        canvas.rectangle(
            box.left + place * step, box.bottom - height, step * 0.9, height, fill=colour
        )


def _draw_cloud(canvas: Canvas, across: Sequence[float], up: Sequence[float], box: Box) -> None:
    counted = Counter(zip(_places(across), _places(up), strict=True))
    most = max(counted.values())
    width, height = (box.right - box.left) / CELLS, (box.bottom - box.top) / CELLS
    for (column, row), number in sorted(counted.items()):
        step = 1 + int((STEPS - 2) * log(number) / log(most)) if most > 1 else 1
        canvas.rectangle(
            box.left + column * width,
            box.bottom - (row + 1) * height,
            width,
            height,
            fill=f"seq-{step}",
        )
    canvas.line(
        [(box.left, box.bottom), (box.right, box.bottom)],
        colour="axis",
        thickness=house.HAIRLINE,
        clear=False,
    )


def _draw_words(canvas: Canvas, chart: ScatterMatrix, row: int, column: int, box: Box) -> None:
    text, interval, passed = chart.coefficients[row, column]
    middle, line = (box.left + box.right) / 2, house.line_height(house.TEXT)
    centre = (box.top + box.bottom) / 2
    canvas.text_middle(
        middle,
        centre - line / 2,
        text,
        weight=600 if passed else 400,
        colour="ink" if passed else "muted",
        anchor="middle",
    )
    canvas.text_middle(
        middle, centre + line / 2, interval, size=house.VALUE, colour="muted", anchor="middle"
    )
