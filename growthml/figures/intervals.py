"""Estimates with their intervals about a line that means "no difference".

On a wide sheet a row reads across: name, the two values, the interval, the effect in words, the
verdict. On a narrow one the words stand above each interval. A panel without a title and of the
same unit continues the axis of the panel above it, set off a little ("all" under its parts).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf, log2

from growthml.charts import IntervalPanel, IntervalRow, Intervals, Unit
from growthml.figures import house
from growthml.figures.axis import Scale, symmetric, x_scale
from growthml.figures.canvas import Anchor, Canvas
from growthml.fonts import Weight
from growthml.formats import Formats
from growthml.parts import Verdict
from growthml.words import N_, _

ROW = 7.0
NARROW_INTERVAL, NARROW_GAP = 4.4, 1.8
SET_OFF, PANEL_GAP = 3.0, 3.0
HEAD_GAP, TICKS = 0.8, 4.4
TOP, BOTTOM = 0.4, 0.6
COLUMN_GAP, SIDE_GAP = 4.0, 1.6
SMALLEST_AXIS, SMALLEST_NAME = 42.0, 24.0
ARROW = 1.7
MARK = 5.5
RATIO_TICKS = (
    (0.25, 0.5, 1.0, 2.0, 4.0),
    (1 / 16, 0.25, 1.0, 4.0, 16.0),
    (1 / 64, 0.125, 1.0, 8.0, 64.0),
)

_WORDS: dict[str, tuple[str, str, Weight]] = {
    Verdict.BETTER: (N_("● Better"), "better", 600),
    Verdict.WORSE: (N_("■ Worse"), "worse", 600),
    Verdict.NO_EVIDENCE: (N_("○ No evidence"), "no-evidence", 400),
    Verdict.NOT_TESTED: (N_("– Not tested"), "muted", 400),
    "": ("", "muted", 400),
}


@dataclass(frozen=True)
class _Group:
    """Panels that share one axis."""

    title: str
    unit: Unit
    blocks: Sequence[Sequence[IntervalRow]]
    reference: float | None = None
    limit: float | None = None

    @property
    def rows(self) -> Iterator[IntervalRow]:
        for block in self.blocks:
            yield from block


@dataclass(frozen=True)
class _Columns:
    """Where the columns of a wide sheet stand, in mm; `values` is a right edge, the rest left.

    `name` is the width of the names.
    """

    name: float
    values: float
    effect: float
    verdict: float


@dataclass(frozen=True)
class _Axis:
    """An axis on the sheet; a log axis counts in doublings."""

    left: float
    right: float
    scale: Scale
    log: bool
    reference: float = 0.0

    @property
    def zero(self) -> float:
        """The spot that means no difference."""
        return self.at(self.reference)

    def at(self, mark: float) -> float:
        """The spot for a mark in the axis's own count."""
        share = (mark - self.scale.low) / (self.scale.high - self.scale.low)
        return self.left + share * (self.right - self.left)

    def place(self, value: float) -> float:
        """The spot for a value; it may lie beyond the axis."""
        if not self.log:
            return self.at(value)
        return self.at(log2(value) if value > 0 else -inf)

    def holds(self, x: float) -> bool:
        """Whether a spot lies on the axis."""
        return self.left <= x <= self.right


def lay_out(chart: Intervals, formats: Formats, width: float, narrow: bool) -> Canvas:
    """Put interval rows on a canvas of this width in mm."""
    canvas = Canvas(width)
    chart = _without_unknowns(chart)
    columns = None if narrow else _columns(chart, width)
    y = TOP
    for index, group in enumerate(_groups(chart.panels)):
        y += PANEL_GAP if index else 0.0
        scale = _scale(chart, group, formats)
        axis = replace(_axis(scale, chart.log, columns, width), reference=group.reference or 0.0)
        y = _draw_head(canvas, chart if index == 0 else None, group.title, axis, y)
        y = _draw_group(canvas, group, axis, columns, y)
    canvas.height = y + BOTTOM
    return canvas


def _without_unknowns(chart: Intervals) -> Intervals:
    """The chart with None for every estimate that is not a finite number."""
    panels = [
        replace(
            panel,
            rows=[
                row if house.known(row.estimate) else replace(row, estimate=None)
                for row in panel.rows
            ],
        )
        for panel in chart.panels
    ]
    return replace(chart, panels=panels)


def _groups(panels: Sequence[IntervalPanel]) -> list[_Group]:
    groups: list[_Group] = []
    for panel in panels:
        if groups and not panel.title and panel.unit == groups[-1].unit:
            above = groups.pop()
            groups.append(replace(above, blocks=[*above.blocks, panel.rows]))
        else:
            groups.append(_of(panel))
    return groups


def _of(panel: IntervalPanel) -> _Group:
    return _Group(panel.title, panel.unit, [panel.rows], panel.reference, panel.limit)


def _columns(chart: Intervals, width: float) -> _Columns:
    """Words take what they need, the axis the rest; names give way first."""
    rows = [row for panel in chart.panels for row in panel.rows]
    drawn = [row.right for row in rows if row.estimate is not None]
    verdict = width - house.widest([_(_WORDS[row.verdict][0]) for row in rows], house.VALUE, 600)
    effect = verdict - COLUMN_GAP - house.widest(drawn, house.TEXT)
    values = house.widest([row.left for row in rows], house.TEXT)
    room = effect - values - 3 * COLUMN_GAP - SMALLEST_AXIS
    natural = house.widest([row.name for row in rows], house.TEXT, 600)
    name = min(natural, max(room, SMALLEST_NAME))
    return _Columns(name, name + COLUMN_GAP + values, effect, verdict)


def _scale(chart: Intervals, group: _Group, formats: Formats) -> Scale:
    if chart.log:
        ticks = [(log2(mark), formats.short(mark, "ratio")) for mark in _ratio_ticks(group)]
        return Scale(ticks[0][0], ticks[-1][0], ticks)
    values = [
        value
        for row in group.rows
        for value in (row.low, row.estimate, row.high)
        if house.known(value)
    ]
    if group.reference is not None:
        return x_scale(
            [0.0, group.limit or 0.0, *values, group.reference], "number", group.unit, formats
        )
    return symmetric(values, group.unit, formats)


def _ratio_ticks(group: _Group) -> Sequence[float]:
    """A quarter to four, or as far on either side as the group's limit asks."""
    limit = group.limit or 0.0
    return next((ticks for ticks in RATIO_TICKS if ticks[-1] >= limit), RATIO_TICKS[-1])


def _axis(scale: Scale, log: bool, columns: _Columns | None, width: float) -> _Axis:
    if columns:
        return _Axis(columns.values + COLUMN_GAP, columns.effect - COLUMN_GAP, scale, log)
    margin = house.widest([text for _, text in scale.ticks], house.TEXT) / 2
    return _Axis(margin, width - margin, scale, log)


def _draw_head(
    canvas: Canvas, chart: Intervals | None, title: str, axis: _Axis, top: float
) -> float:
    """Draw a group's title and, of a chart, what its two sides mean; where that ends."""
    heading = house.wrap(title, canvas.width, house.TEXT, 600) if title else ()
    lower, higher = _sides(chart, axis, canvas.width) if chart else ((), ())
    reach = house.widest(heading, house.TEXT, 600) + COLUMN_GAP
    sides_left = axis.zero - SIDE_GAP - house.widest(lower, house.VALUE)
    height = len(heading) * house.line_height(house.TEXT)
    canvas.text_middle(0, top + height / 2, heading, weight=600)
    y = top if reach < sides_left else top + height
    depth = max(len(lower), len(higher)) * house.line_height(house.VALUE)
    _draw_side(canvas, axis.zero - SIDE_GAP, y + depth / 2, lower, "end")
    _draw_side(canvas, axis.zero + SIDE_GAP, y + depth / 2, higher, "start")
    bottom = max(top + height, y + depth)
    return bottom + HEAD_GAP if bottom > top else top


def _sides(chart: Intervals, axis: _Axis, width: float) -> tuple[Sequence[str], Sequence[str]]:
    room = min(axis.zero, width - axis.zero) - SIDE_GAP
    lower = house.wrap(f"← {chart.lower}", room, house.VALUE) if chart.lower else ()
    higher = house.wrap(f"{chart.higher} →", room, house.VALUE) if chart.higher else ()
    return lower, higher


def _draw_side(canvas: Canvas, x: float, y: float, lines: Sequence[str], anchor: Anchor) -> None:
    canvas.text_middle(x, y, lines, size=house.VALUE, colour="muted", anchor=anchor)


def _draw_group(
    canvas: Canvas, group: _Group, axis: _Axis, columns: _Columns | None, top: float
) -> float:
    """Draw rows over their axis, words beside or (without columns) above; where that ends."""
    y = top
    rows: list[tuple[IntervalRow, float]] = []
    for index, block in enumerate(group.blocks):
        y += SET_OFF if index else 0.0
        for row in block:
            rows.append((row, y))
            y += ROW if columns else _narrow_height(row, canvas.width)
    if columns:
        _draw_ticks(canvas, axis, [(top, y)], y)
        for row, row_top in rows:
            _draw_row(canvas, row, axis, columns, row_top + ROW / 2)
    else:
        spans = [_draw_narrow(canvas, row, row_top) for row, row_top in rows]
        _draw_ticks(canvas, axis, [span for span in spans if span], y)
        for (row, _), span in zip(rows, spans, strict=True):
            if span:
                _draw_interval(canvas, row, axis, (span[0] + span[1]) / 2)
    return y + TICKS


def _draw_ticks(
    canvas: Canvas, axis: _Axis, spans: Sequence[tuple[float, float]], bottom: float
) -> None:
    """Draw the lines at the ticks over each span of heights, and the tick labels below all."""
    for mark, text in axis.scale.ticks:
        _draw_upright(canvas, axis.at(mark), spans, "grid" if mark != axis.reference else "ink")
        canvas.text_middle(
            axis.at(mark), bottom + TICKS / 2, text, size=house.VALUE, anchor="middle"
        )
    if axis.reference:
        _draw_upright(canvas, axis.zero, spans, "ink")
    canvas.line(
        [(axis.left, bottom), (axis.right, bottom)],
        colour="axis",
        thickness=house.HAIRLINE,
        clear=False,
    )


def _draw_upright(
    canvas: Canvas, x: float, spans: Sequence[tuple[float, float]], colour: str
) -> None:
    for start, stop in spans:
        canvas.line(
            [(x, start), (x, stop)],
            colour=colour,
            thickness=house.HAIRLINE if colour == "grid" else 0.8,
            clear=False,
        )


def _draw_row(canvas: Canvas, row: IntervalRow, axis: _Axis, columns: _Columns, y: float) -> None:
    name = house.wrap(row.name, columns.name + 0.01, house.TEXT, 600)
    canvas.text_middle(0, y, name, weight=600, colour=_ink(row))
    canvas.text_middle(columns.values, y, row.left, colour="muted", anchor="end")
    if row.estimate is None:
        canvas.text_middle(columns.verdict - COLUMN_GAP, y, row.right, colour="muted", anchor="end")
    else:
        canvas.text_middle(columns.effect, y, row.right, colour=_ink(row))
        _draw_interval(canvas, row, axis, y)
    _draw_verdict(canvas, row, columns.verdict, y, "start")


def _narrow_height(row: IntervalRow, width: float) -> float:
    step = house.line_height(house.TEXT)
    words = (len(_narrow_name(row, width)) + len(_narrow_words(row, width))) * step
    return words + (NARROW_INTERVAL if row.estimate is not None else 0.0) + NARROW_GAP


def _narrow_name(row: IntervalRow, width: float) -> Sequence[str]:
    words, _colour, weight = _WORDS[row.verdict]
    room = width - COLUMN_GAP - house.text_width(_(words), house.VALUE, weight)
    return house.wrap(row.name, room, house.TEXT, 600)


def _narrow_words(row: IntervalRow, width: float) -> Sequence[tuple[str, str]]:
    """The values and the effect on one line, or each on its own."""
    both = house.widest([row.left], house.TEXT) + house.widest([row.right], house.TEXT)
    if row.left and row.right and both + COLUMN_GAP > width:
        return [(row.left, ""), ("", row.right)]
    return [(row.left, row.right)] if row.left or row.right else []


def _draw_narrow(canvas: Canvas, row: IntervalRow, top: float) -> tuple[float, float] | None:
    """Draw a row's words; between which heights its interval goes, None if it has none."""
    step = house.line_height(house.TEXT)
    name = _narrow_name(row, canvas.width)
    canvas.text_middle(0, top + len(name) * step / 2, name, weight=600, colour=_ink(row))
    _draw_verdict(canvas, row, canvas.width, top + step / 2, "end")
    y = top + len(name) * step
    for values, effect in _narrow_words(row, canvas.width):
        canvas.text_middle(0, y + step / 2, values, colour="muted")
        canvas.text_middle(canvas.width, y + step / 2, effect, colour=_ink(row), anchor="end")
        y += step
    return None if row.estimate is None else (y, y + NARROW_INTERVAL)


def _draw_verdict(canvas: Canvas, row: IntervalRow, x: float, y: float, anchor: Anchor) -> None:
    words, colour, weight = _WORDS[row.verdict]
    canvas.text_middle(
        x,
        y,
        _(words),
        size=house.VALUE,
        weight=weight,
        colour="muted" if row.muted else colour,
        anchor=anchor,
    )


def _draw_interval(canvas: Canvas, row: IntervalRow, axis: _Axis, y: float) -> None:
    if row.estimate is None:
        return
    if not row.right:
        canvas.complain(f"mark without its number: {row.name!r}")
    colour = "axis" if row.muted else _WORDS[row.verdict][1]
    if row.low is not None and row.high is not None and row.low <= row.high:
        _draw_span(canvas, axis, axis.place(row.low), axis.place(row.high), colour, y)
    x = axis.place(row.estimate)
    if axis.holds(x):
        _draw_estimate(canvas, row, colour, x, y)


def _draw_span(canvas: Canvas, axis: _Axis, low: float, high: float, colour: str, y: float) -> None:
    """Draw the interval; an arrow where it goes on beyond the axis."""
    start, stop = max(low, axis.left), min(high, axis.right)
    if low < axis.left:
        _draw_arrow(canvas, axis.left, y, ARROW, colour)
        start = axis.left + ARROW
    if high > axis.right:
        _draw_arrow(canvas, axis.right, y, -ARROW, colour)
        stop = axis.right - ARROW
    if start < stop:
        canvas.line([(start, y), (stop, y)], colour=colour, thickness=house.INTERVAL)


def _draw_arrow(canvas: Canvas, tip: float, y: float, length: float, colour: str) -> None:
    half = ARROW * 0.55
    canvas.area([(tip, y), (tip + length, y - half), (tip + length, y + half)], fill=colour)


def _draw_estimate(canvas: Canvas, row: IntervalRow, colour: str, x: float, y: float) -> None:
    """A dot for better, a square for worse, a ring for no evidence."""
    if row.verdict == Verdict.BETTER:
        canvas.disc(x, y, colour=colour, diameter=MARK)
    elif row.verdict == Verdict.WORSE:
        side = house.mm(MARK) * 0.9
        canvas.rectangle(x - side / 2, y - side / 2, side, side, fill=colour)
    else:
        canvas.ring(x, y, colour=colour, diameter=MARK)


def _ink(row: IntervalRow) -> str:
    return "muted" if row.muted else "ink"
