"""A run as its pages show it: plain words, numbers already formatted, anchors that lead somewhere.

Templates read this view and nothing else; they decide how it looks, never what it says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from growthml.charts import Chart
from growthml.parts import Finding, Run, SectionRun, Status, Table
from growthml.render.appendix import Appendix, appendix
from growthml.render.figure import FigureView, figure_view
from growthml.render.front import FrontPage, front_page
from growthml.render.places import IN_APPENDIX, Link, facts_of, has_page, places_of
from growthml.render.tables import TableView, slug, table_view
from growthml.render.words import ADVICE, BOXES, HEADLINES, reason_of
from growthml.words import _, direction, language

if TYPE_CHECKING:
    from growthml.render.drawings import Drawings


@dataclass(frozen=True, kw_only=True)
class Key:
    """A campaign's mark in the key: its label, what it is, its colour token."""

    label: str
    note: str
    colour: str
    newest: bool


@dataclass(frozen=True, kw_only=True)
class Block:
    """A step of a section: one figure, two half figures side by side, or a table."""

    kind: Literal["figure", "pair", "table"]
    figures: Sequence[FigureView] = ()
    table: TableView | None = None

    @property
    def anchor(self) -> str:
        """Of the block as a whole."""
        return f"block-{self.table.anchor if self.table else self.figures[0].anchor}"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A finding in its section, with where its numbers stand."""

    heading: str
    text: str
    caveat: str
    direction: str
    risk: bool
    table: str
    table_anchor: str


@dataclass(frozen=True, kw_only=True)
class Box:
    """What stands in place of an answer, or above a doubtful one."""

    status: str
    what: str
    why: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class SectionPage:
    """A section as printed, top to bottom."""

    anchor: str
    label: str
    headline: str
    question: str
    box: Box | None
    claims: Sequence[Claim]
    blocks: Sequence[Block]
    caveats: Sequence[str]
    tables: Sequence[str]
    facts: Sequence[Link]


@dataclass(frozen=True, kw_only=True)
class Page:
    """The whole report. contents: every section and the appendix, in order. language: of
    the texts; direction: the way the reader's own is written."""

    language: str
    direction: str
    report: str
    as_of: str
    run_id: str
    campaigns: str
    keys: Sequence[Key]
    front: FrontPage
    sections: Sequence[SectionPage]
    appendix: Appendix
    quality: SectionPage | None
    logo: str
    contents: Sequence[Link]


def page(run: Run, drawings: Drawings, rows: int) -> Page:
    """The view of a run; tables show at most `rows` rows."""
    places = places_of(run)
    facts = facts_of(run)
    pages = {
        part.section.id: _section(part, places[part.section.id], facts, run, drawings, rows)
        for part in run.sections
        if part.section.id in places and has_page(part)
    }
    return Page(
        language=language(),
        direction=direction(language()),
        report=run.title,
        as_of=run.context.formats.date(run.context.as_of),
        run_id=run.run_id,
        campaigns=_campaigns(run),
        keys=_keys(run),
        front=front_page(run, places, drawings),
        sections=[section for name, section in pages.items() if name != IN_APPENDIX],
        appendix=appendix(run, places),
        quality=pages.get(IN_APPENDIX),
        logo=run.theme.logo,
        contents=[
            *(place for name, place in places.items() if name != IN_APPENDIX),
            Link(text=_("Appendix"), anchor="appendix"),
        ],
    )


def _campaigns(run: Run) -> str:
    labels = [campaign.label for campaign in run.context.campaigns]
    if len(labels) == 2:
        return _("{new} against {old}", new=labels[1], old=labels[0])
    return run.context.formats.join(labels)


def _keys(run: Run) -> list[Key]:
    compared = run.context.compared
    first = _("baseline") if compared else ""
    other = _("new") if len(compared) == 1 else ""
    return [
        Key(
            label=campaign.label,
            note=other if place else first,
            colour=campaign.colour,
            newest=bool(place and other),
        )
        for place, campaign in enumerate(run.context.campaigns)
    ]


def _section(
    part: SectionRun,
    place: Link,
    facts: Mapping[str, Link],
    run: Run,
    drawings: Drawings,
    rows: int,
) -> SectionPage:
    answer = part.answer
    name = part.section.id
    tables = _tables(part)
    headline = answer.headline if answer else ""
    return SectionPage(
        anchor=place.anchor,
        label=place.text,
        headline=headline or _(HEADLINES.get(part.status, "{title}"), title=_(part.section.title)),
        question=_(part.section.question),
        box=_box(part),
        claims=[_claim(finding, part) for finding in answer.findings] if answer else [],
        blocks=_blocks(part, run, drawings, rows),
        caveats=answer.caveats if answer else (),
        tables=[f"{name}.{table}" for table in tables],
        facts=[link for fact, link in facts.items() if fact in (part.facts or part.section.facts)],
    )


def _tables(part: SectionRun) -> dict[str, Table]:
    """The tables of a section's answer by id."""
    blocks = part.answer.blocks if part.answer else ()
    return {block.id: block for block in blocks if isinstance(block, Table)}


def _box(part: SectionRun) -> Box | None:
    status = part.status
    if status is Status.OK:
        return None
    return Box(
        status=status.value,
        what=_(BOXES[status]),
        why=reason_of(part),
        advice=part.advice or _(ADVICE[status]),
    )


def _claim(finding: Finding, part: SectionRun) -> Claim:
    return Claim(
        heading=finding.heading,
        text=finding.text,
        caveat=finding.caveat,
        direction=finding.direction,
        risk=finding.kind == "risk",
        table=f"{part.section.id}.{finding.evidence.table}",
        table_anchor=_anchor_of(finding.evidence.table, part),
    )


def _anchor_of(table: str, part: SectionRun) -> str:
    """Where the section shows the table; empty if it is attached only."""
    shown = _tables(part).get(table)
    return f"table-{slug(f'{part.section.id}.{table}')}" if shown and shown.columns else ""


def _blocks(part: SectionRun, run: Run, drawings: Drawings, rows: int) -> list[Block]:
    """The section's blocks in order; two half figures in a row become a pair."""
    blocks: list[Block] = []
    for item in part.answer.blocks if part.answer else ():
        if isinstance(item, Chart):
            figure = _figure(item, part, run, drawings, rows)
            last = blocks[-1] if blocks else None
            if figure.half and last and last.kind == "figure" and last.figures[0].half:
                blocks[-1] = Block(kind="pair", figures=[*last.figures, figure])
            else:
                blocks.append(Block(kind="figure", figures=[figure]))
        elif item.columns:
            view = table_view(part.section.id, item, run.context, rows)
            blocks.append(Block(kind="table", table=view))
    return blocks


def _figure(chart: Chart, part: SectionRun, run: Run, drawings: Drawings, rows: int) -> FigureView:
    """The figure with a way to its numbers: a link where the section shows them, else the table."""
    view = figure_view(part.section.id, chart, drawings)
    behind = _tables(part).get(chart.table)
    if behind is None:
        return view
    if behind.columns:
        return replace(view, numbers_anchor=_anchor_of(chart.table, part))
    return replace(view, numbers=table_view(part.section.id, behind, run.context, rows))
