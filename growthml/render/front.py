"""The front page: the fifteen-second read, and how it gives way until it fits one page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from growthml.charts import Chart
from growthml.parts import Campaign, Finding, Front, KpiRow, Run, Status, Verdict
from growthml.render.figure import FigureView, charts_of, figure_view
from growthml.render.places import Places
from growthml.render.words import STATES, State, reason_of
from growthml.words import _, isolated

if TYPE_CHECKING:
    from growthml.render.drawings import Drawings

MOST_CALLOUTS = 3
ROOMY_ROWS = 6
TALLEST_HERO = 62.0


@dataclass(frozen=True, kw_only=True)
class KpiLine:
    """One line of the KPI table with the mark and word of its verdict."""

    row: KpiRow
    state: State

    @property
    def tested(self) -> bool:
        """Whether the line has a test behind it; the others are set in muted text."""
        return self.row.verdict is not Verdict.NOT_TESTED


@dataclass(frozen=True, kw_only=True)
class KpiGroup:
    """The KPI lines of one compared campaign; head is empty where there is only one.

    hidden: how many lines gave way so that the page fits.
    """

    head: str
    lines: Sequence[KpiLine]
    hidden: int = 0


@dataclass(frozen=True, kw_only=True)
class Callout:
    """One of the heaviest findings, with the section it comes from."""

    heading: str
    text: str
    caveat: str
    direction: str
    section: str
    anchor: str


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How much of the front page is shown; None shows all KPI lines of that kind.

    airy: with generous spacing.
    """

    airy: bool = False
    hero: bool = True
    untested: int | None = None
    tested: int | None = None
    callouts: bool = True


FITS = (
    Fit(airy=True),
    Fit(),
    Fit(hero=False),
    Fit(hero=False, untested=3),
    Fit(hero=False, untested=0),
    Fit(hero=False, untested=0, tested=8),
    Fit(hero=False, untested=0, tested=4),
    Fit(hero=False, untested=0, tested=2, callouts=False),
    Fit(hero=False, untested=0, tested=1, callouts=False),
    Fit(hero=False, untested=0, tested=0, callouts=False),
)
"""What gives way, in order: the figure, untested KPIs beyond three, then the rest but never the
verdict and the line that says what the report covers."""


@dataclass(frozen=True, kw_only=True)
class FrontPage:
    """What the front page says. baseline, compared, interval: heads of the KPI table's columns,
    compared being empty where nothing is compared."""

    verdict: str
    lede: str
    banners: Sequence[str]
    baseline: str
    compared: str
    interval: str
    groups: Sequence[KpiGroup]
    note: str
    callouts: Sequence[Callout]
    risk: Callout | None
    hero: FigureView | None
    coverage: str
    airy: bool = False

    @property
    def has_kpis(self) -> bool:
        """Whether any KPI line is shown."""
        return any(group.lines for group in self.groups)

    @property
    def roomy(self) -> bool:
        """Whether the KPI table is short enough for generous rows."""
        return sum(len(group.lines) for group in self.groups) <= ROOMY_ROWS

    def fitted(self, fit: Fit) -> FrontPage:
        """The same page with less on it."""
        return replace(
            self,
            airy=fit.airy,
            hero=self.hero if fit.hero else None,
            callouts=self.callouts if fit.callouts else (),
            groups=[_trimmed(group, fit) for group in self.groups],
        )


def front_page(run: Run, places: Places, drawings: Drawings) -> FrontPage:
    """The front page of a run; a run without a summary gets one that says so."""
    front = _front(run) or _without_summary(run)
    context = run.context
    callouts = [_callout(name, f, places) for name, f in _heaviest(run, places)]
    risks = [(name, f) for name, f in _findings(run, places) if f.kind == "risk"]
    name, risk = max(risks, key=lambda found: found[1].weight, default=("", None))
    return FrontPage(
        verdict=front.verdict,
        lede=front.lede,
        banners=[*_partial(run), *front.banners],
        baseline=context.baseline.label,
        compared=_compared(run),
        interval=_("{level} interval", level=f"{100 * context.confidence:g}\u202f%"),
        groups=_groups(front, run),
        note=front.note,
        callouts=callouts,
        risk=_callout(name, risk, places) if risk else None,
        hero=_hero(front, run, places, drawings),
        coverage=front.coverage,
    )


def _compared(run: Run) -> str:
    labels = [campaign.label for campaign in run.context.compared]
    return labels[0] if len(labels) == 1 else _("Compared") if labels else ""


def _front(run: Run) -> Front | None:
    answers = (part.answer for part in run.sections if part.status is not Status.FAILED)
    return next((a.front for a in answers if a and a.front), None)


def _without_summary(run: Run) -> Front:
    part = next((s for s in run.sections if s.section.id == "summary"), None)
    why = reason_of(part) if part else _("The summary section is not part of this report.")
    return Front(
        verdict=_("This report has no summary"),
        lede=" ".join(text for text in (why, part.advice if part else "") if text),
        kpis=(),
        coverage=_windows(run),
    )


def _windows(run: Run) -> str:
    """What the campaigns cover, where no section says it."""
    formats = run.context.formats
    spans = [
        f"{formats.dates(campaign.start, _last_day(campaign, run))} ({isolated(campaign.label)})"
        if campaign.start
        else _(
            "until {day} ({campaign})",
            day=formats.date(_last_day(campaign, run)),
            campaign=campaign.label,
        )
        for campaign in run.context.campaigns
    ]
    return f"{', '.join(spans)}, {run.context.timezone}"


def _last_day(campaign: Campaign, run: Run) -> date:
    return campaign.end - timedelta(days=1) if campaign.end else run.context.as_of


def _partial(run: Run) -> list[str]:
    failed = [_(s.section.title) for s in run.sections if s.status is Status.FAILED]
    if run.status != "partial" and not failed:
        return []
    if not failed:
        return [_("This report is incomplete.")]
    named = run.context.formats.join(failed)
    return [_("This report is incomplete: no answer from {sections}.", sections=named)]


def _groups(front: Front, run: Run) -> list[KpiGroup]:
    """KPI lines, tested ones first; one group a compared campaign."""
    compared = run.context.compared
    keys = list(dict.fromkeys(row.campaign for row in front.kpis))
    groups = []
    for key in keys:
        rows = [row for row in front.kpis if row.campaign == key]
        lines = [KpiLine(row=row, state=STATES[row.verdict]) for row in rows]
        lines.sort(key=lambda line: not line.tested)
        label = next((c.label for c in compared if c.key == key), key)
        old = run.context.baseline.label
        head = _("{new} against {old}", new=label, old=old) if len(keys) > 1 else ""
        groups.append(KpiGroup(head=head, lines=lines))
    return groups


def _trimmed(group: KpiGroup, fit: Fit) -> KpiGroup:
    tested = [line for line in group.lines if line.tested]
    untested = [line for line in group.lines if not line.tested]
    lines = [*tested[: fit.tested], *untested[: fit.untested]]
    return replace(group, lines=lines, hidden=len(group.lines) - len(lines))


def _findings(run: Run, places: Places) -> Iterator[tuple[str, Finding]]:
    for part in run.sections:
        if part.answer and part.section.id in places and part.status is Status.OK:
            yield from ((part.section.id, finding) for finding in part.answer.findings)


def _heaviest(run: Run, places: Places) -> list[tuple[str, Finding]]:
    """The heaviest findings, one a section; more of one section only to fill the three places."""
    found = [(name, f) for name, f in _findings(run, places) if f.kind == "finding"]
    found.sort(key=lambda pair: -pair[1].weight)
    seen: set[str] = set()
    first: list[tuple[str, Finding]] = []
    further: list[tuple[str, Finding]] = []
    for name, finding in found:
        (further if name in seen else first).append((name, finding))
        seen.add(name)
    chosen = [*first, *further][:MOST_CALLOUTS]
    return sorted(chosen, key=lambda pair: -pair[1].weight)


def _callout(name: str, finding: Finding, places: Places) -> Callout:
    return Callout(
        heading=finding.heading,
        text=finding.text,
        caveat=finding.caveat,
        direction=finding.direction,
        section=places[name].text.partition(" · ")[2] or places[name].text,
        anchor=places[name].anchor,
    )


def hero_chart(run: Run, places: Places, drawings: Drawings) -> tuple[str, Chart] | None:
    """The section and the chart behind the front page's figure, for whoever draws it anew."""
    front = _front(run) or _without_summary(run)
    return next(_hero_candidates(front, run, places, drawings), None)


def _hero(front: Front, run: Run, places: Places, drawings: Drawings) -> FigureView | None:
    """The figure the summary names, else the evidence of the heaviest callout that has some."""
    for section, chart in _hero_candidates(front, run, places, drawings):
        return figure_view(section, chart, drawings, prefix="front-")
    return None


def _hero_candidates(
    front: Front, run: Run, places: Places, drawings: Drawings
) -> Iterator[tuple[str, Chart]]:
    parts = {part.section.id: part for part in run.sections}
    if front.hero:
        section, wanted = front.hero
        yield from ((section, c) for c in charts_of(parts.get(section)) if c.id == wanted)
    for section, _finding in _heaviest(run, places):
        for chart in charts_of(parts[section]):
            drawn = drawings[f"{section}.{chart.id}"]
            if not chart.half and drawn["L"].height_mm <= TALLEST_HERO:
                yield section, chart
