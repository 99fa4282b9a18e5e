"""The report as one HTML file that opens offline and asks nothing of anybody."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from growthml.render.dress import printed_as
from growthml.render.page import page
from growthml.render.templates import environment, fill

if TYPE_CHECKING:
    from growthml.parts import Run
    from growthml.render.drawings import Drawings

MOST_ROWS = 50


def html(run: Run, drawings: Drawings, templates: Path | None = None) -> str:
    """The report page: self-contained, no JavaScript, light and dark, wide and narrow.

    drawings: from `drawings.draw_all`. templates: a folder whose files win over ours. The same
    run gives the same text. Raises GrowthError for a template that does not work.
    """
    with printed_as(run):
        view = page(run, drawings, MOST_ROWS)
        found = environment(templates)
        return fill(found, "report.html.j2", page=view, front=view.front, paper="", screen=True)
