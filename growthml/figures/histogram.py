"""Histograms over a logarithmic axis, with what is exactly 0 as a bar apart from it.

Hairlines rise to words above the plot, one row each, so that no word stands on a line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, permutations, product
from math import log

from growthml.charts import Histogram, Unit
from growthml.figures import house
from growthml.figures.axis import Scale, y_scale
from growthml.figures.canvas import Canvas
from growthml.formats import Formats
from growthml.palette import text_of

TOP, BOTTOM = 0.8, 0.6
TICK_GAP = 1.2
X_LABELS = 4.6
BREAK = 4.0
"""The width of the break between 0 and the axis."""
ZERO_BAR = 5.0
ROW = 3.6
SEAM = 0.25
KEY_SQUARE, KEY_GAP = 2.2, 3.5
END = 1.5
MOST_TRIED = 5_000
FLAG_GAP = 0.35
"""Between words and a hairline; twice that to their own."""


@dataclass(frozen=True)
class _Plot:
    """Where the axes lie, in mm; the axis begins at `start`, right of zero's bar and the break."""

    left: float
    start: float
    right: float
    top: float
    bottom: float
    low: float
    high: float
    y: Scale

    def x(self, value: float) -> float:
        """The place of a value above 0."""
        part = (log(value) - log(self.low)) / (log(self.high) - log(self.low))
        return self.start + part * (self.right - self.start)

    def height(self, value: float) -> float:
        """How high a bar is."""
        return value / self.y.high * (self.bottom - self.top)


def lay_out(chart: Histogram, formats: Formats, width: float, narrow: bool) -> Canvas:
    """Put a histogram on a canvas of this width in mm."""
    canvas = Canvas(width)
    marks = sorted(chart.marks)
    key = house.line_height(house.TEXT) + TOP if len(chart.series) > 1 else 0.0
    top = TOP + key + len(marks) * ROW
    plot = _plot(chart, formats, width, top)
    if key:
        _draw_key(canvas, chart, plot.left)
    _draw_axes(canvas, chart, plot)
    for place, each in enumerate(chart.series):
        _draw_bars(canvas, chart, place, each.colour, plot)
    _label_zeros(canvas, chart, formats, plot)
    _draw_marks(canvas, marks, plot, TOP + key)
    canvas.height = plot.bottom + X_LABELS + BOTTOM
    return canvas


def _plot(chart: Histogram, formats: Formats, width: float, top: float) -> _Plot:
    values = [value for each in (*chart.values, chart.zeros) for value in each]
    y = y_scale(values, chart.unit, True, formats)
    left = house.widest([text for _, text in y.ticks], house.TEXT) + TICK_GAP
    return _Plot(
        left=left,
        start=left + ZERO_BAR + BREAK,
        right=width - END,
        top=top + TOP,
        bottom=top + TOP + chart.height,
        low=chart.edges[0],
        high=chart.edges[-1],
        y=y,
    )


def _draw_key(canvas: Canvas, chart: Histogram, left: float) -> None:
    x, middle = left, TOP + house.line_height(house.TEXT) / 2
    for each in chart.series:
        canvas.rectangle(x, middle - KEY_SQUARE / 2, KEY_SQUARE, KEY_SQUARE, fill=each.colour)
        x += KEY_SQUARE + 0.9
        room = max(8.0, (canvas.width - left) / len(chart.series) - KEY_SQUARE - KEY_GAP)
        words = house.wrap(each.label, room, house.TEXT, 600, lines=1)[0]
        canvas.text_middle(x, middle, words, weight=600, colour=text_of(each.colour))
        x += house.text_width(words, house.TEXT, 600) + KEY_GAP


def _draw_axes(canvas: Canvas, chart: Histogram, plot: _Plot) -> None:
    for value, text in plot.y.ticks:
        y = plot.bottom - plot.height(value)
        if value:
            canvas.line(
                [(plot.left, y), (plot.right, y)],
                colour="grid",
                thickness=house.HAIRLINE,
                clear=False,
            )
        canvas.text_middle(plot.left - TICK_GAP, y, text, colour="muted", anchor="end")
    for start, end in ((plot.left, plot.left + ZERO_BAR), (plot.start, plot.right)):
        canvas.line(
            [(start, plot.bottom), (end, plot.bottom)], colour="axis", thickness=house.HAIRLINE
        )
    middle = plot.left + ZERO_BAR + BREAK / 2
    for aside in (-0.6, 0.6):
        canvas.line(
            [
                (middle + aside - 0.5, plot.bottom + 1.0),
                (middle + aside + 0.5, plot.bottom - 1.0),
            ],
            colour="axis",
            thickness=house.HAIRLINE,
        )
    baseline = plot.bottom + X_LABELS / 2 + 0.4
    canvas.text_middle(
        plot.left + ZERO_BAR / 2, baseline, chart.zero_label, colour="muted", anchor="middle"
    )
    reached = plot.left + ZERO_BAR / 2 + house.text_width(chart.zero_label, house.TEXT) / 2
    for value, text in chart.ticks:
        half = house.text_width(text, house.TEXT) / 2
        x = plot.x(value)
        canvas.line(
            [(x, plot.bottom), (x, plot.bottom + 0.8)], colour="axis", thickness=house.HAIRLINE
        )
        x = min(x, canvas.width - half)
        if x - half > reached + 0.8:
            canvas.text_middle(x, baseline + 0.2, text, colour="muted", anchor="middle")
            reached = x + half


def _draw_bars(canvas: Canvas, chart: Histogram, place: int, colour: str, plot: _Plot) -> None:
    share = 1 / len(chart.series)

    def bar(left: float, right: float, value: float) -> None:
        width = (right - left - 2 * SEAM) * share
        height = plot.height(value)
        if height > 0:
            start = left + SEAM + place * width
            canvas.rectangle(start, plot.bottom - height, width, height, fill=colour)

    bar(plot.left, plot.left + ZERO_BAR, chart.zeros[place])
    for index, value in enumerate(chart.values[place]):
        bar(plot.x(chart.edges[index]), plot.x(chart.edges[index + 1]), value)


def _label_zeros(canvas: Canvas, chart: Histogram, formats: Formats, plot: _Plot) -> None:
    """The share of zeros stands right of its bar, where the break leaves room, or above it."""
    if len(chart.series) > 1:
        return
    value = chart.zeros[0]
    unit: Unit = chart.unit
    text = formats.value(value, unit)
    y = plot.bottom - plot.height(value) - house.line_height(house.VALUE) / 2
    x = plot.left + ZERO_BAR / 2
    half = house.text_width(text, house.VALUE) / 2
    canvas.text_middle(
        max(x, plot.left + half - 0.4), max(y, plot.top), text, size=house.VALUE, anchor="middle"
    )


@dataclass(frozen=True)
class _Flag:
    """The words of a hairline at x: from `left` to `right` in a row, the highest being 0."""

    x: float
    row: int
    left: float
    right: float

    def stands_on(self, other: _Flag) -> bool:
        """Whether the other's hairline, which rises to its own row, runs through these words."""
        within = self.left - FLAG_GAP < other.x < self.right + FLAG_GAP
        return other.row < self.row and within


def _draw_marks(
    canvas: Canvas, marks: Sequence[tuple[float, str]], plot: _Plot, top: float
) -> None:
    """Hairlines like flagpoles, each with its words in a row of its own."""
    for (_, text), flag in zip(marks, _flags(canvas, marks, plot), strict=True):
        middle = top + flag.row * ROW + ROW / 2
        canvas.line(
            [(flag.x, middle - ROW / 2 + 0.6), (flag.x, plot.bottom)],
            colour="ink",
            thickness=house.REFERENCE,
        )
        canvas.text_middle(flag.left, middle, text, size=house.VALUE)


def _flags(canvas: Canvas, marks: Sequence[tuple[float, str]], plot: _Plot) -> Sequence[_Flag]:
    """The first arrangement of rows and sides in which no word stands on a hairline."""
    xs = [min(max(plot.x(value), plot.start), plot.right) for value, _ in marks]
    widths = [house.text_width(house.clean(text), house.VALUE) for _, text in marks]
    sides = [_sides(x, width, canvas.width) for x, width in zip(xs, widths, strict=True)]
    arrangements = (
        [
            _Flag(x, row, left, left + width)
            for x, width, row, left in zip(xs, widths, rows, lefts, strict=True)
        ]
        for rows in permutations(range(len(marks)))
        for lefts in product(*sides)
    )
    first = None
    for flags in islice(arrangements, MOST_TRIED):
        first = first or flags
        if not any(one.stands_on(other) for one in flags for other in flags):
            return flags
    return first or []


def _sides(x: float, width: float, room: float) -> Sequence[float]:
    """Where words may begin: right of a hairline, or left of it."""
    right, left = x + FLAG_GAP * 2, x - FLAG_GAP * 2 - width
    fitting = [side for side in (right, left) if side >= 0 and side + width <= room]
    return fitting or [max(0.0, min(right, room - width))]
