"""Draws chart specs in the house style: `draw(spec) -> SVG`.

One file a chart kind (`bars`, `grid`, `curves` …); each puts marks and words on a
`Canvas` in millimetres, `paint` turns that into SVG or PNG. matplotlib is imported on the first
drawing only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from growthml.charts import (
    Bars,
    Chart,
    Curves,
    Grid,
    Histogram,
    Hours,
    Intervals,
    Points,
    ScatterMatrix,
)
from growthml.figures.embed import data_uri, inline
from growthml.figures.house import NUMBER, TALLEST, TEXT, WIDTH_MM, Width

if TYPE_CHECKING:
    from growthml.figures.canvas import Canvas
    from growthml.formats import Formats

__all__ = ["Drawing", "data_uri", "draw", "inline", "png"]


@dataclass(frozen=True)
class Drawing:
    """A drawn chart, sizes in mm. faults: what a reader would trip over, in words."""

    svg: str
    width_mm: float
    height_mm: float
    faults: tuple[str, ...] = ()


def draw(chart: Chart, formats: Formats, width: Width) -> Drawing:
    """Draw a chart as SVG with real text, 170 mm (`L`) or 82.5 mm (`S`) wide.

    Equal charts give equal bytes. Colours are the light palette's; `inline` turns them into the
    page's. The caller decides what faults mean. Raises TypeError for a spec of no known kind.
    """
    from growthml.figures import paint

    canvas = _lay_out(chart, formats, WIDTH_MM[width], width == "S" or chart.half)
    if canvas.height > TALLEST and (width == "L" or chart.half):
        canvas.complain(f"taller than {TALLEST:.0f} mm: {canvas.height:.0f} mm")
    return Drawing(paint.svg(canvas), canvas.width, round(canvas.height, 2), canvas.faults())


def png(
    chart: Chart, formats: Formats, width_mm: float = 92.0, pixels: int = 1104, border: int = 12
) -> bytes:
    """Draw a chart as an opaque PNG for e-mail, with a white border (pixels).

    Laid out narrow and enlarged so that text of 8 pt prints as 8.5 pt at `width_mm`.
    """
    from growthml.figures import paint

    canvas = _lay_out(chart, formats, width_mm * TEXT / NUMBER, narrow=True)
    return paint.png(canvas, pixels, border)


def _lay_out(chart: Chart, formats: Formats, width: float, narrow: bool) -> Canvas:
    from growthml.figures import (
        bars,
        curves,
        grid,
        histogram,
        hours,
        intervals,
        points,
        scatter_matrix,
    )
    from growthml.figures.canvas import Canvas

    if _is_empty(chart):
        canvas = Canvas(width)
        canvas.complain("nothing to draw: the chart has no rows, columns or lines")
        canvas.height = 1.0
        return canvas
    match chart:
        case Bars():
            return bars.lay_out(chart, formats, width, narrow)
        case Grid():
            return grid.lay_out(chart, formats, width, narrow)
        case Curves():
            return curves.lay_out(chart, formats, width, narrow)
        case Intervals():
            return intervals.lay_out(chart, formats, width, narrow)
        case Histogram():
            return histogram.lay_out(chart, formats, width, narrow)
        case Hours():
            return hours.lay_out(chart, formats, width, narrow)
        case Points():
            return points.lay_out(chart, formats, width, narrow)
        case ScatterMatrix():
            return scatter_matrix.lay_out(chart, formats, width, narrow)
        case _:
            kinds = "Bars, Grid, Curves, Intervals, Histogram, Hours, Points or ScatterMatrix"
            raise TypeError(f"cannot draw a {type(chart).__name__}; make it {kinds}")


def _is_empty(chart: Chart) -> bool:
    match chart:
        case Bars():
            return not (chart.rows and chart.series and chart.panels)
        case Grid():
            return not (chart.rows and chart.columns)
        case Curves():
            return not any(line.x for panel in chart.panels for line in panel.lines)
        case Intervals():
            return not any(panel.rows for panel in chart.panels)
        case Histogram():
            return not (chart.series and len(chart.edges) > 1)
        case Hours():
            return not any(map(any, chart.counts))
        case Points():
            return not chart.x
        case ScatterMatrix():
            return not (chart.columns and chart.values[0])
        case _:
            return False
