"""Where everything stands: numbers, anchors and the links between pages and appendix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from growthml.charts import Chart
from growthml.parts import Run, SectionRun, Status
from growthml.render.tables import slug
from growthml.words import _

IN_APPENDIX = "data_quality"


@dataclass(frozen=True, kw_only=True)
class Link:
    """A word and the anchor it leads to."""

    text: str
    anchor: str

    @property
    def number(self) -> str:
        """What the word begins with: "3" of "3 · Profitability"; empty where it has none."""
        number, found, _title = self.text.partition(" · ")
        return number if found else ""


Places = Mapping[str, Link]
"""By section id: "3 · Profitability" and its anchor."""


def places_of(run: Run) -> Places:
    """Where each section stands.

    Data quality belongs to the appendix and comes last; skipped sections have no place.
    """
    places: dict[str, Link] = {}
    shown = [s for s in run.sections if s.status is not Status.SKIPPED]
    for part in shown:
        if part.section.id != IN_APPENDIX:
            number = len(places) + 1
            anchor = f"section-{number}-{slug(part.section.id)}" if has_page(part) else "front"
            places[part.section.id] = Link(
                text=f"{number} · {_(part.section.title)}", anchor=anchor
            )
    for part in shown:
        if part.section.id == IN_APPENDIX:
            places[IN_APPENDIX] = Link(text=_(part.section.title), anchor="data-quality")
    return places


def has_page(part: SectionRun) -> bool:
    """Whether a section has a page of its own: all but those that only write the front page."""
    answer = part.answer
    if answer is None or answer.front is None or part.status is not Status.OK:
        return True
    return any(isinstance(block, Chart) or block.columns for block in answer.blocks)


def facts_of(run: Run) -> dict[str, Link]:
    """The appendix entry of each fact that was counted, from A2 on."""
    names = dict.fromkeys(fact.name for fact in run.facts)
    return {
        name: Link(text=f"A{entry}", anchor=f"appendix-a{entry}")
        for entry, name in enumerate(names, start=2)
    }
