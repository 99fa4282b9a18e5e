"""A figure as a page shows it: words around the drawing, both widths, the numbers behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from growthml.charts import Chart
from growthml.errors import GrowthError
from growthml.parts import SectionRun
from growthml.render.tables import TableView, slug

if TYPE_CHECKING:
    from growthml.figures import Drawing
    from growthml.render.drawings import Drawings


@dataclass(frozen=True, kw_only=True)
class FigureView:
    """A figure. wide, narrow: its drawings (wide is None for half charts). prefix: of its ids.

    numbers: the table behind it, to unfold; numbers_anchor: that table, where the section shows it.
    """

    anchor: str
    prefix: str
    title: str
    subtitle: str
    alt: str
    how_to_read: str
    half: bool
    wide: Drawing | None
    narrow: Drawing
    numbers: TableView | None = None
    numbers_anchor: str = ""

    @property
    def printed(self) -> Drawing:
        """The drawing for paper."""
        return self.wide or self.narrow


def figure_view(section: str, chart: Chart, drawings: Drawings, prefix: str = "") -> FigureView:
    """The view of a chart; `prefix` tells its second appearance from the first.

    Raises GrowthError for a chart without alt text: no page is made that some cannot read.
    """
    name = f"{section}.{chart.id}"
    if not chart.alt.strip():
        raise GrowthError(
            f"figure {name} has no alt text; give its chart an `alt` with the numbers"
        )
    anchor = f"{prefix}figure-{slug(name)}"
    widths = drawings[name]
    return FigureView(
        anchor=anchor,
        prefix=f"{anchor}-",
        title=chart.title,
        subtitle=chart.subtitle,
        alt=chart.alt,
        how_to_read=chart.how_to_read,
        half=chart.half,
        wide=None if chart.half else widths["L"],
        narrow=widths["S"],
    )


def charts_of(part: SectionRun | None) -> Iterator[Chart]:
    """The charts of a section's answer, in reading order."""
    for block in part.answer.blocks if part and part.answer else ():
        if isinstance(block, Chart):
            yield block
