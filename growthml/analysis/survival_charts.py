"""Survival curves: one panel a campaign and one line a channel, or one line a campaign."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.analysis.churn import CHANNELS_SURVIVE, Churn
from growthml.analysis.survival import FEWEST_AT_RISK, FEWEST_LEFT
from growthml.charts import CurvePanel, Curves, Line, Reference, Series
from growthml.parts import Campaign
from growthml.words import N_, _

if TYPE_CHECKING:
    from growthml.stats.survival import Survival

PANELS = 2
COLOURS = ("c1", "c2", "c3", "c4", "c5")

_SUBTITLE = N_("Users still active, %, by days since sign-up")
_READ = N_(
    "A line falls on each day by the share of users whose last action was that day; it starts"
    " at the share who acted again after the day they signed up, and ends where fewer than"
    " {fewest} users are left."
)


def survival_charts(churn: Churn) -> list[Curves]:
    """The curves that fall: by channel, two campaigns a chart, or without channels in one chart."""
    if len(churn.lines.names) == 1:
        return _one_chart(churn)
    campaigns, charts = churn.context.campaigns, []
    for start in range(0, len(campaigns), PANELS):
        shown = campaigns[start : start + PANELS]
        panels = [
            panel for campaign in shown if _has_shares(panel := _channels_panel(campaign, churn))
        ]
        if panels:
            extra = f"_{start // PANELS + 1}" if start else ""
            charts.append(_chart(extra, panels, shown, churn))
    return charts


def _has_shares(panel: CurvePanel) -> bool:
    return any(share for line in panel.lines for share in line.y)


def _channels_panel(campaign: Campaign, churn: Churn) -> CurvePanel:
    mine = churn.lines.of(campaign)
    lines = [
        _line(mine[channel], Series(label=name, colour=colour), name)
        for (channel, name), colour in zip(churn.lines.names.items(), COLOURS, strict=False)
        if channel in mine
    ]
    return _panel(lines, campaign.label if churn.context.compared else "", churn.days)


def _panel(found: Iterable[Line | None], title: str, days: int) -> CurvePanel:
    """Lines with a hairline at `inactive_days`, where one of them reaches it."""
    lines = [line for line in found if line is not None]
    reached = any(isinstance(line.x[-1], float) and line.x[-1] >= days for line in lines)
    mark = Reference(kind="vertical", at=float(days), label=_("{days} days", days=days))
    return CurvePanel(
        lines=lines,
        x_axis="number",
        x_unit="count",
        y_unit="share",
        title=title,
        references=[mark] if reached else [],
    )


def _line(curve: Survival, series: Series, end: str, *, band: bool = False) -> Line | None:
    """The steps while enough users are at risk; None where there are none, or nobody churned."""
    enough = curve.at_risk >= FEWEST_AT_RISK
    if not enough.any() or not curve.churned.sum():
        return None
    last = int(enough.sum())
    # The share holds until the day of the next step, even where that one is drawn no more.
    places = [*range(last), last - 1] if last < len(enough) else [*range(last)]

    def values(column: Any) -> list[float | None]:
        return [shape.known(float(column[place])) for place in places]

    return Line(
        series=series,
        x=[float(day) for day in curve.durations[: len(places)]],
        y=values(curve.survival),
        low=values(curve.ci_low) if band else (),
        high=values(curve.ci_high) if band else (),
        end=end,
        step=True,
    )


def _chart(
    extra: str, panels: Sequence[CurvePanel], shown: Sequence[Campaign], churn: Churn
) -> Curves:
    formats = churn.context.formats
    ranked = churn.tests[churn.tests["test"] == CHANNELS_SURVIVE].set_index("campaign")["p_value"]
    known = ranked[ranked.notna()]
    p_values = [formats.p(known[each.key]) for each in shown if each.key in known.index]
    told = "; ".join(
        f"{campaign.label} {phrase}"
        for campaign in shown
        if (phrase := _told(_named(campaign, churn), churn))
    )
    return Curves(
        id=f"survival{extra}",
        title=_title(shown, churn),
        subtitle=_(_SUBTITLE)
        + (_("; log-rank p {p_values}", p_values=formats.join(p_values)) if p_values else ""),
        alt=_(
            "Survival curves by channel, share active beyond {days} days: {told}.",
            days=churn.days,
            told=told or _("too few users are left by then"),
        )[:400],
        how_to_read=_(_READ, fewest=FEWEST_AT_RISK),
        half=False,
        table="survival",
        panels=panels,
        height=58.0,
    )


def _named(campaign: Campaign, churn: Churn) -> list[tuple[str, Survival]]:
    names = churn.lines.names
    return [(names[channel], curve) for channel, curve in churn.lines.of(campaign).items()]


def _told(curves: Iterable[tuple[str, Survival]], churn: Churn) -> str:
    """The shares beyond `inactive_days`, with their intervals, where enough users are left."""
    formats, told = churn.context.formats, []
    for name, curve in curves:
        if curve.users_at_risk(churn.days) < FEWEST_LEFT:
            continue
        interval = curve.interval_at(churn.days)
        limits = interval and formats.interval(interval.low, interval.high, "rate", signed=False)
        share = formats.share(curve.at(churn.days))
        told.append(f"{name} {share} ({limits})" if limits else f"{name} {share}")
    return ", ".join(told)


def _title(shown: Sequence[Campaign], churn: Churn) -> str:
    lines = churn.lines
    passed = [campaign for campaign in shown if churn.differs(campaign, CHANNELS_SURVIVE)]
    if not passed:
        tested = churn.tests[churn.tests["test"] == CHANNELS_SURVIVE]
        if not tested["p_value"].notna().any():
            return _("How long users stay active")
        return _("No evidence that channels differ in how long users stay")
    first = {lines.quickest(campaign, churn.days) for campaign in passed}
    if len(first) == 1 and len(passed) == len(shown) and shape.OTHER not in first:
        title = _("{channel} users go quiet first", channel=lines.names[first.pop()])
        if len(title) <= 80:
            return title
    if len(passed) == len(shown):
        return _("How long users stay depends on channel")
    campaign = passed[0].label
    return _("How long users stay depends on channel in {campaign}", campaign=campaign)[:80]


def _one_chart(churn: Churn) -> list[Curves]:
    """Without channels to compare, one line a campaign."""
    context, day = churn.context, churn.days
    found = {campaign: curve for (campaign, _), curve in churn.lines.curves.items()}
    banded = len(context.campaigns) <= PANELS
    pairs = [
        (series, found[campaign.key])
        for campaign, series in zip(context.campaigns, shape.series(context), strict=True)
        if campaign.key in found
    ]
    lines = [_line(curve, series, series.label, band=banded) for series, curve in pairs]
    panel = _panel(lines, "", day)
    if not _has_shares(panel):
        return []
    left = [curve for _, curve in pairs if curve.users_at_risk(day) >= FEWEST_LEFT]
    told = _told([(series.label, curve) for series, curve in pairs], churn)
    chart = Curves(
        id="survival",
        title=_(
            "{share} stay active beyond day {day}",
            share=context.formats.share(left[0].at(day)),
            day=day,
        )
        if len(left) == 1
        else _("How long users stay active"),
        subtitle=_(_SUBTITLE),
        alt=_(
            "Survival curves, share of users active beyond {day} days after sign-up: {told}.",
            day=day,
            told=told or _("too few users are left by then"),
        ),
        how_to_read=_(_READ, fewest=FEWEST_AT_RISK),
        half=False,
        table="survival",
        panels=[panel],
    )
    return [chart]
