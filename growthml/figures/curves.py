"""Lines over time, age or share, each named at its end.

Panels stand side by side, or one below the other on a narrow sheet. Words inside the axes look for
a place where no line runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, pairwise
from math import hypot
from statistics import fmean

from growthml.charts import CurvePanel, Curves, Dot, Line, Reference
from growthml.figures import house, labels
from growthml.figures.axis import Scale, as_number, x_scale, y_scale
from growthml.figures.box import Box, Point
from growthml.figures.canvas import Canvas
from growthml.fonts import Weight
from growthml.formats import Formats
from growthml.palette import DASHES, text_of

PANEL_GAP, STACK_GAP = 5.0, 4.0
TITLE_GAP = 1.8
TOP, BOTTOM = 1.6, 0.6
TICK_GAP = 1.2
X_LABELS = 4.6
END_GAP, END_GAP_MANY = 2.2, 5.0
"""Three and more names need room for leaders from line to name."""
END_SHARE = 0.3
END_STEP = 3.0
BAND_OPACITY = 0.18
FINE_DASH = (1.6, 1.4)
REFERENCE_DASH = (2.4, 1.8)
SERIES_DASH = (4.0, 1.6)
QUIET = ("muted", "axis", "grid")
"""Lines in these tokens are background and thin."""
LABEL_WIDTH = 34.0
SHADE_LABEL = 20.0
LEADER_FROM, LEADER_MOST = 3.0, 12.0
NEAR = 24
"""How many spots about the end of a line are tried for its name."""


@dataclass(frozen=True)
class _Plot:
    """The rectangle of a pair of axes on the sheet, and what its sides mean."""

    box: Box
    x: Scale
    y: Scale

    def place(self, x: float, y: float) -> Point:
        """The spot on the sheet for a data point."""
        across = (x - self.x.low) / (self.x.high - self.x.low)
        up = (y - self.y.low) / (self.y.high - self.y.low)
        return (
            self.box.left + across * (self.box.right - self.box.left),
            self.box.bottom - up * (self.box.bottom - self.box.top),
        )


@dataclass(frozen=True)
class _End:
    """A line's name and where its line ends; `lead_in` is its mean height before, in mm."""

    lines: Sequence[str]
    weight: Weight
    colour: str
    spot: Point
    lead_in: float


def lay_out(chart: Curves, formats: Formats, width: float, narrow: bool) -> Canvas:
    """Put curves on a canvas of this width in mm."""
    canvas = Canvas(width)
    across = 1 if narrow else max(1, len(chart.panels))
    panel_width = (width - PANEL_GAP * (across - 1)) / across
    y = 0.0
    for start in range(0, len(chart.panels), across):
        y += STACK_GAP if start else 0.0
        row = chart.panels[start : start + across]
        titles = max(_title_height(panel.title, panel_width) for panel in row)
        for column, panel in enumerate(row):
            left = column * (panel_width + PANEL_GAP)
            _draw_title(canvas, panel.title, left, y, panel_width)
            top = y + titles + TOP
            _draw_panel(
                canvas, panel, formats, Box(left, top, left + panel_width, top + chart.height)
            )
        y += titles + TOP + chart.height + X_LABELS
    canvas.height = y + BOTTOM
    return canvas


def _title_height(title: str, width: float) -> float:
    lines = len(house.wrap(title, width, house.TEXT, 600)) if title else 0
    return lines * house.line_height(house.TEXT) + (TITLE_GAP if lines else 0.0)


def _draw_title(canvas: Canvas, title: str, left: float, top: float, width: float) -> None:
    if title:
        lines = house.wrap(title, width, house.TEXT, 600)
        middle = top + len(lines) * house.line_height(house.TEXT) / 2
        canvas.text_middle(left, middle, lines, weight=600)


def _draw_panel(canvas: Canvas, panel: CurvePanel, formats: Formats, room: Box) -> None:
    plot = _plot(panel, formats, room)
    _draw_shades(canvas, panel, plot)
    _draw_axes(canvas, panel, plot)
    for line in panel.lines:
        _draw_band(canvas, line, plot)
    for reference in panel.references:
        if _is_zero_line(reference, plot):
            continue
        canvas.line(
            _reference_points(reference, plot),
            colour="muted",
            thickness=house.REFERENCE,
            dash=REFERENCE_DASH,
        )
    for line in sorted(panel.lines, key=lambda line: line.series.colour not in QUIET):
        _draw_line(canvas, line, plot)
    _draw_ends(canvas, panel, plot, room)
    for dot in panel.dots:
        canvas.disc(*plot.place(as_number(dot.x), dot.y), colour=dot.colour)
    for dot in panel.dots:
        _label_dot(canvas, dot, plot)
    for reference in panel.references:
        _label_reference(canvas, reference, plot)
    for start, stop, label in panel.shaded:
        _label_shade(canvas, as_number(start), as_number(stop), label, plot)


def _plot(panel: CurvePanel, formats: Formats, room: Box) -> _Plot:
    y = y_scale(list(_heights(panel)), panel.y_unit, panel.from_zero, formats)
    x = x_scale(list(_places(panel)), panel.x_axis, panel.x_unit, formats)
    ticks = house.widest([text for _, text in y.ticks], house.TEXT)
    left = room.left + max(ticks + TICK_GAP, _overhang(x, at_end=False))
    ends = _end_width(panel, room.right - room.left)
    right = room.right - max(
        ends + _end_gap(panel) if ends else 0.0, _overhang(x, at_end=True), 1.0
    )
    return _Plot(Box(left, room.top, right, room.bottom), x, y)


def _overhang(scale: Scale, at_end: bool) -> float:
    """How far the outermost tick's label may reach past the end of the axis."""
    if not scale.ticks:
        return 0.0
    mark, text = scale.ticks[-1 if at_end else 0]
    gap = (scale.high - mark if at_end else mark - scale.low) / (scale.high - scale.low)
    return house.text_width(text, house.TEXT) / 2 if gap < 0.1 else 0.0


def _heights(panel: CurvePanel) -> Iterator[float]:
    for line in panel.lines:
        for values in (line.y, line.low, line.high):
            yield from filter(house.known, values)
    yield from (dot.y for dot in panel.dots)
    for reference in panel.references:
        if reference.kind == "horizontal":
            yield as_number(reference.at)
        elif reference.kind == "diagonal":
            yield from (0.0, 1.0)


def _places(panel: CurvePanel) -> Iterator[float]:
    for line in panel.lines:
        yield from map(as_number, line.x)
    yield from (as_number(dot.x) for dot in panel.dots)
    for start, stop, _ in panel.shaded:
        yield from (as_number(start), as_number(stop))
    for reference in panel.references:
        if reference.kind == "vertical":
            yield as_number(reference.at)
        elif reference.kind == "diagonal":
            yield from (0.0, 1.0)


def _draw_axes(canvas: Canvas, panel: CurvePanel, plot: _Plot) -> None:
    box = plot.box
    for mark, text in plot.y.ticks:
        y = plot.place(plot.x.low, mark)[1]
        level = [(box.left, y), (box.right, y)]
        if mark == 0 and plot.y.low < 0:
            canvas.line(level, colour="ink", thickness=house.HAIRLINE)
        elif mark != plot.y.low:
            canvas.line(level, colour="grid", thickness=house.HAIRLINE, clear=False)
        canvas.text_middle(box.left - TICK_GAP, y, text, anchor="end")
    canvas.line(
        [(box.left, box.bottom), (box.right, box.bottom)],
        colour="axis",
        thickness=house.HAIRLINE,
        clear=False,
    )
    for mark, text in plot.x.ticks:
        x = plot.place(mark, plot.y.low)[0]
        canvas.line(
            [(x, box.bottom), (x, box.bottom + 0.8)],
            colour="axis",
            thickness=house.HAIRLINE,
            clear=False,
        )
        canvas.text_middle(x, box.bottom + 2.9, text, anchor="middle")


def _draw_shades(canvas: Canvas, panel: CurvePanel, plot: _Plot) -> None:
    for start, stop, _ in panel.shaded:
        left = plot.place(as_number(start), plot.y.low)[0]
        right = plot.place(as_number(stop), plot.y.low)[0]
        canvas.rectangle(
            left, plot.box.top, right - left, plot.box.bottom - plot.box.top, fill="panel"
        )


def _draw_band(canvas: Canvas, line: Line, plot: _Plot) -> None:
    if not line.low or not line.high:
        return
    for run in _runs(
        [low if house.known(high) else None for low, high in zip(line.low, line.high, strict=True)]
    ):
        lower = _points(line, line.low, run, plot)
        upper = _points(line, line.high, run, plot)
        if len(lower) > 1:
            canvas.area([*upper, *reversed(lower)], fill=line.series.colour, opacity=BAND_OPACITY)


def _draw_line(canvas: Canvas, line: Line, plot: _Plot) -> None:
    colour = line.series.colour
    quiet = colour in QUIET
    thickness = house.REFERENCE if quiet else house.LINE
    dash = SERIES_DASH if line.dashed else DASHES.get(colour, ())
    last = max((run.stop for run in _runs(line.y)), default=0)
    for run in _runs(line.y):
        points = _points(line, line.y, run, plot)
        open_end = line.incomplete and run.stop == last == len(line.y)
        if open_end and len(points) > 1:
            tail = 3 if line.step else 2
            canvas.line(points[-tail:], colour=colour, thickness=1.0, dash=FINE_DASH)
            points = points[: 1 - tail]
        if len(points) > 1:
            canvas.line(points, colour=colour, thickness=thickness, dash=dash)
        elif not open_end:
            canvas.disc(*points[0], colour=colour, diameter=house.DOT * 0.8)
        if open_end:
            canvas.ring(*_points(line, line.y, run, plot)[-1], colour=colour)


def _runs(values: Sequence[float | None]) -> list[range]:
    """The stretches without a gap."""
    runs: list[range] = []
    start = 0
    for index in range(len(values) + 1):
        if index == len(values) or not house.known(values[index]):
            if index > start:
                runs.append(range(start, index))
            start = index + 1
    return runs


def _points(line: Line, values: Sequence[float | None], run: range, plot: _Plot) -> list[Point]:
    spots = [plot.place(as_number(line.x[index]), values[index] or 0.0) for index in run]
    if not line.step:
        return spots
    steps = spots[:1]
    for before, after in pairwise(spots):
        steps += [(after[0], before[1]), after]
    return steps


def _end_width(panel: CurvePanel, width: float) -> float:
    return max(
        (
            house.widest(_end_lines(line, width), house.TEXT, _weight(line))
            for line in panel.lines
            if line.end
        ),
        default=0.0,
    )


def _end_gap(panel: CurvePanel) -> float:
    named = sum(1 for line in panel.lines if line.end)
    return END_GAP if named < 3 else END_GAP_MANY


def _end_lines(line: Line, width: float) -> Sequence[str]:
    return house.wrap(line.end, width * END_SHARE, house.TEXT, _weight(line))


def _weight(line: Line) -> Weight:
    return 600 if line.series.colour == "new" else 400


def _draw_ends(canvas: Canvas, panel: CurvePanel, plot: _Plot, room: Box) -> None:
    """Name the lines in a column at the right, at their height but never on each other."""
    ends = []
    for line in panel.lines:
        runs = _runs(line.y)
        if line.end and runs:
            points = _points(line, line.y, runs[-1], plot)
            ends.append(
                _End(
                    _end_lines(line, room.right - room.left),
                    _weight(line),
                    text_of(line.series.colour),
                    points[-1],
                    fmean(y for _, y in points),
                )
            )
    ends = [end for end in ends if not _named_beside(canvas, end, plot)]
    ends.sort(key=lambda end: (round(end.spot[1], 3), end.lead_in))
    column = plot.box.right + _end_gap(panel)
    heights = [len(end.lines) * house.line_height(house.TEXT) for end in ends]
    middles = _apart([end.spot[1] for end in ends], heights, room.top - TOP, room.bottom)
    for end, middle in zip(ends, middles, strict=True):
        canvas.text_middle(column, middle, end.lines, weight=end.weight, colour=end.colour)
        x, y = end.spot
        if plot.box.right - x > END_GAP or (len(ends) > 2 and abs(middle - y) > 1.0):
            canvas.line(
                [(x + 1.0, y), (column - 0.6, middle)],
                colour="axis",
                thickness=house.HAIRLINE,
                clear=False,
            )


def _named_beside(canvas: Canvas, end: _End, plot: _Plot) -> bool:
    """Names a line that ends early where it ends: a leader from there would pass for its rest."""
    x, y = end.spot
    if plot.box.right - x < LEADER_MOST:
        return False
    label = labels.Label(end.lines, house.TEXT, end.weight, end.colour)
    spots = [
        spot
        for spot in islice(labels.around(x, y, label), NEAR)
        if canvas.free(label.box(spot), plot.box, off_areas=True)
    ]
    return bool(spots) and labels.put(canvas, label, spots, plot.box) is not None


def _apart(
    wished: Sequence[float], heights: Sequence[float], top: float, bottom: float
) -> Sequence[float]:
    """Middles as near as can be to the wished ones, in their order, blocks not overlapping.

    The least-squares solution: with the room that blocks need taken out, heights need only rise,
    which is isotonic regression.
    """
    if not wished:
        return ()
    from scipy.optimize import isotonic_regression

    needed = [0.0]
    for above, below in pairwise(heights):
        needed.append(needed[-1] + max(END_STEP, (above + below) / 2))
    rising = isotonic_regression([y - room for y, room in zip(wished, needed, strict=True)]).x
    first, last = top + heights[0] / 2, bottom - heights[-1] / 2 - needed[-1]
    return [float(max(first, min(last, y))) + room for y, room in zip(rising, needed, strict=True)]


def _label_dot(canvas: Canvas, dot: Dot, plot: _Plot) -> None:
    x, y = plot.place(as_number(dot.x), dot.y)
    lines = house.wrap(dot.label, LABEL_WIDTH, house.VALUE)
    label = labels.Label(lines, colour=text_of(dot.colour))
    spots = chain(labels.around(x, y, label), labels.inside(plot.box, label))
    spot = labels.put(canvas, label, spots, plot.box)
    if spot is None:
        return
    box = label.box(spot)
    near = (min(max(x, box.left), box.right), min(max(y, box.top), box.bottom))
    if hypot(near[0] - x, near[1] - y) > LEADER_FROM:
        canvas.line([(x, y), near], colour="axis", thickness=house.HAIRLINE, clear=False)


def _reference_points(reference: Reference, plot: _Plot) -> list[Point]:
    x, y, at = plot.x, plot.y, as_number(reference.at)
    ends = {
        "diagonal": ((0.0, 0.0), (1.0, 1.0)),
        "horizontal": ((x.low, at), (x.high, at)),
        "vertical": ((at, y.low), (at, y.high)),
    }[reference.kind]
    return [plot.place(*end) for end in ends]


def _is_zero_line(reference: Reference, plot: _Plot) -> bool:
    """Whether the axes already draw it, in ink."""
    return reference.kind == "horizontal" and reference.at == 0 and plot.y.low < 0


def _label_reference(canvas: Canvas, reference: Reference, plot: _Plot) -> None:
    start, end = _reference_points(reference, plot)
    label = labels.Label(house.wrap(reference.label, LABEL_WIDTH, house.VALUE))
    labels.put(canvas, label, labels.along(start, end, label), plot.box)


def _label_shade(canvas: Canvas, start: float, stop: float, words: str, plot: _Plot) -> None:
    box = plot.box
    left, right = (plot.place(x, plot.y.low)[0] for x in (start, stop))
    label = labels.Label(
        house.wrap(words, max(right - left - 1.6, SHADE_LABEL), house.VALUE, lines=3)
    )
    span = Box(left, box.top, right, box.bottom)
    labels.put(canvas, label, labels.inside(span, label), box)
