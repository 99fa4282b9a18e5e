"""Every figure of a run, drawn in the widths its pages need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from growthml.charts import Chart
from growthml.figures import draw
from growthml.render.dress import printed_as
from growthml.render.figure import charts_of

if TYPE_CHECKING:
    from growthml.figures import Drawing
    from growthml.figures.house import Width
    from growthml.parts import Run

    Drawings = Mapping[str, Mapping[Width, Drawing]]
    """By `<section>.<chart>`, then width: half charts are drawn S only, others L and S."""


def widths(chart: Chart) -> tuple[Width, ...]:
    """The widths a chart is drawn in."""
    return ("S",) if chart.half else ("L", "S")


def draw_all(run: Run) -> Drawings:
    """Draws every chart of the run; the drawings carry their own layout faults."""
    formats = run.context.formats
    with printed_as(run):
        return {
            f"{part.section.id}.{chart.id}": {
                width: draw(chart, formats, width) for width in widths(chart)
            }
            for part in run.sections
            for chart in charts_of(part)
        }
