"""Chart specs: what to draw, never how. Sections make them, `growthml.figures` draws them.

A spec holds plain numbers and words. Titles, subtitles, alt texts and how-to-read lines are set
as HTML around the drawing; only what stands *inside* the axes is drawn. Colours are token names
(`baseline`, `new`, `c1` …), never values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

Unit = Literal["count", "money", "rate", "share", "ratio", "number", "days", "seconds"]
"""How a number prints: `count` 1,093; `money` $1,093; `rate` 6.83 % (a fraction, decimals by size);
`share` 7 % (a fraction in whole per cent); `ratio` 1.85; `number` as it is; `days` 90;
`seconds` 492 s."""

Ramp = Literal["diverging", "sequential"]
Axis = Literal["date", "number", "share"]


@dataclass(frozen=True, kw_only=True)
class Series:
    """One campaign (or one line): its name as printed and its colour token."""

    label: str
    colour: str


@dataclass(frozen=True, kw_only=True)
class Chart:
    """What every chart has.

    id: `revenue` in `profitability.revenue`; a file name. title: the finding, <= 80 characters
    (half width: <= 48), no full stop. subtitle: measure, unit, n, <= 110 characters. alt: kind,
    what against what, the numbers that carry the finding, <= 400 characters, never the title.
    half: drawn at 82.5 mm only; otherwise at 170 mm, and at 82.5 mm for phones.
    table: id of the table that holds these numbers (same section).
    """

    id: str
    title: str
    subtitle: str
    alt: str
    how_to_read: str = ""
    half: bool = True
    table: str = ""


@dataclass(frozen=True, kw_only=True)
class BarPanel:
    """One panel: `values[series][row]` (None draws no mark) and an optional note per row."""

    title: str
    values: Sequence[Sequence[float | None]]
    notes: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Bars(Chart):
    """Horizontal bars, one row a category, one bar a series, panels on one common scale from 0.

    `limit` fixes the scale's end (1.0 for shares of a whole). Negative values go left of 0.
    """

    rows: Sequence[str]
    series: Sequence[Series]
    panels: Sequence[BarPanel]
    unit: Unit
    limit: float | None = None


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell of a grid: its text, a small note under it, its ramp step (None: neutral ground).

    `open` outlines the cell without fill (incomplete, or too few); a None in place of a Cell is
    blank paper (not yet lived).
    """

    text: str
    note: str = ""
    step: int | None = None
    open: bool = False


@dataclass(frozen=True, kw_only=True)
class Grid(Chart):
    """A heatmap of rectangles: `cells[row][column]`, classes of `ramp` cut at `edges`.

    diverging has 7 steps 0..6 (3 is the middle), sequential 7 steps 0..6; `edges` are printed as
    the key strip (6 edges for 7 classes), formatted by `unit`; no key when no cell has a step.
    `lead` are plain text columns left of the cells: (head, texts by row).
    """

    rows: Sequence[str]
    columns: Sequence[str]
    cells: Sequence[Sequence[Cell | None]]
    ramp: Ramp = "diverging"
    edges: Sequence[float] = ()
    unit: Unit = "number"
    lead: Sequence[tuple[str, Sequence[str]]] = ()
    row_height: float = 8.0


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line: `y[i]` at `x[i]`; a None in y breaks it. `low`/`high` draw a band.

    end: text set at the line's end (its direct label). incomplete: the last point is a period in
    progress: hollow dot, thin dashed segment. step: drawn as a step function.
    """

    series: Series
    x: Sequence[float | date]
    y: Sequence[float | None]
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()
    end: str = ""
    dashed: bool = False
    incomplete: bool = False
    step: bool = False


@dataclass(frozen=True, kw_only=True)
class Dot:
    """A marked point with a label beside it."""

    x: float | date
    y: float
    label: str
    colour: str


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A thin line that is not data: a diagonal from (0, 0) to (1, 1), or a level or day `at`."""

    kind: Literal["diagonal", "horizontal", "vertical"]
    label: str = ""
    at: float | date = 0.0


@dataclass(frozen=True, kw_only=True)
class CurvePanel:
    """One pair of axes."""

    lines: Sequence[Line]
    x_axis: Axis
    y_unit: Unit
    title: str = ""
    x_unit: Unit = "share"
    dots: Sequence[Dot] = ()
    references: Sequence[Reference] = ()
    shaded: Sequence[tuple[float | date, float | date, str]] = ()
    from_zero: bool = True


@dataclass(frozen=True, kw_only=True)
class Curves(Chart):
    """Lines over time, age or share; one or two panels side by side (stacked when narrow).

    `height` is the plot's height in mm.
    """

    panels: Sequence[CurvePanel]
    height: float = 46.0


@dataclass(frozen=True, kw_only=True)
class Points(Chart):
    """A cloud of points: `y[i]` over `x[i]`; many are drawn as cells, darker the more they hold.

    references: level or upright lines. `height` is the plot's height in mm.
    """

    x: Sequence[float]
    y: Sequence[float]
    x_unit: Unit
    y_unit: Unit
    colour: str = "new"
    references: Sequence[Reference] = ()
    height: float = 50.0


@dataclass(frozen=True, kw_only=True)
class ScatterMatrix(Chart):
    """Columns against one another: `values[i]` are column i's, rows in one order.

    coefficients: by (row, column), row < column: the coefficient as text, its interval as text, and
    whether it passed its test.
    """

    columns: Sequence[str]
    values: Sequence[Sequence[float]]
    coefficients: Mapping[tuple[int, int], tuple[str, str, bool]]
    colour: str = "new"


@dataclass(frozen=True, kw_only=True)
class IntervalRow:
    """One estimate with its interval.

    left: the two values ("6.83 % → 7.10 %"); right: the effect in words ("+0.27 (−2.1 to +2.7)");
    verdict: `better` `worse` `no_evidence` `not_tested`, or empty for none. An estimate of None
    keeps the row and draws no mark. muted: too few to be read (shown, grey).
    """

    name: str
    estimate: float | None
    low: float | None
    high: float | None
    left: str = ""
    right: str = ""
    verdict: str = "no_evidence"
    muted: bool = False


@dataclass(frozen=True, kw_only=True)
class IntervalPanel:
    """Rows of one unit on one axis; `title` names the unit ("percentage points").

    reference: a level to beat, drawn as the dark line; the axis then runs from 0 to the right, to
    `limit` if that is given (for charts side by side). On a log axis `limit` is the ratio it should
    reach, 4 if not given.
    """

    rows: Sequence[IntervalRow]
    unit: Unit
    title: str = ""
    reference: float | None = None
    limit: float | None = None


@dataclass(frozen=True, kw_only=True)
class Intervals(Chart):
    """Estimates with intervals about a reference line: 0 on a linear axis, 1 on a log axis (`log`).

    lower / higher: what the two sides mean ("lower in Summer", "higher in Summer").
    """

    panels: Sequence[IntervalPanel]
    log: bool = False
    lower: str = ""
    higher: str = ""


@dataclass(frozen=True, kw_only=True)
class Histogram(Chart):
    """Bars over a logarithmic axis, and apart from it, left of a break, what is exactly 0.

    edges: rising, above 0, one more than bins; values[series][bin] and zeros[series] in `unit`.
    ticks: places on the axis and what they say. marks: hairlines and their words.
    """

    series: Sequence[Series]
    edges: Sequence[float]
    values: Sequence[Sequence[float]]
    zeros: Sequence[float]
    ticks: Sequence[tuple[float, str]]
    zero_label: str
    marks: Sequence[tuple[float, str]] = ()
    unit: Unit = "share"
    height: float = 28.0


@dataclass(frozen=True, kw_only=True)
class Hours(Chart):
    """Counts by weekday and hour: counts[row][hour], sequential classes cut at `edges` (6).

    Wide: a heatmap with totals above and at the right; narrow: bars by hour and by weekday. One
    row only: bars by hour at either width. rows: the weekdays' names.
    """

    rows: Sequence[str]
    counts: Sequence[Sequence[int]]
    edges: Sequence[float] = ()
