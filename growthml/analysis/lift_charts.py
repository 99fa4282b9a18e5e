"""Lift drawn: the ratio of the rates by channel, with all channels below."""

from __future__ import annotations

from collections.abc import Sequence

from growthml import shape
from growthml.analysis.lift import Lifted, interval, lifted, passed, verdict
from growthml.charts import IntervalPanel, IntervalRow, Intervals
from growthml.parts import Campaign, Context
from growthml.words import _, within


def forest(
    lifts: Sequence[Lifted], campaign: Campaign, response: str, context: Context
) -> Intervals | None:
    """One campaign over the baseline by channel; None without two channels or any estimate."""
    mine = [row for row in lifts if row.campaign == campaign]
    channels, overall = mine[:-1], mine[-1]
    if len(channels) < 2:
        return None
    formats = context.formats
    shown = _folded(channels, context)
    rows = [_interval_row(name, row, response, context) for name, row in shown]
    last = _interval_row(_("All channels"), overall, response, context)
    if all(row.estimate is None for row in (*rows, last)):
        return None
    return Intervals(
        id="forest" if len(context.compared) == 1 else f"forest_{campaign.key}",
        title=_forest_title(channels, campaign, response, context),
        subtitle=_(
            "{rate}, {campaign} over {baseline}, times; {users} and {baseline_users} users",
            rate=_rate_name(response, context),
            campaign=campaign.label,
            baseline=context.baseline.label,
            users=formats.count(overall.users),
            baseline_users=formats.count(overall.baseline_users),
        )[:110],
        alt=_forest_alt(channels, overall, campaign, response, context),
        how_to_read=_(
            "1 is no change, 2 twice the rate of {baseline}. A line that crosses 1 fits both a rise"
            " and a fall; the verdict follows the corrected test.",
            baseline=context.baseline.label,
        ),
        half=False,
        table="campaign",
        panels=[IntervalPanel(rows=rows, unit="ratio"), IntervalPanel(rows=[last], unit="ratio")],
        log=True,
        lower=_("lower in {campaign}", campaign=campaign.label),
        higher=_("higher in {campaign}", campaign=campaign.label),
    )


def _folded(channels: Sequence[Lifted], context: Context) -> list[tuple[str, Lifted]]:
    """The channels as rows of a chart, by users; the tail of a long list as one row."""
    sizes = {row.channel: float(row.users + row.baseline_users) for row in channels}
    shown = shape.top([row.channel for row in channels], sizes)
    named = [
        (context.label("channel", row.channel), row) for row in channels if row.channel in shown
    ]
    tail = [row for row in channels if row.channel not in shown]
    if tail:
        cells = [
            sum(getattr(row, name) for row in tail)
            for name in ("baseline_users", "baseline_responders", "users", "responders")
        ]
        whole = lifted(tail[0].campaign, shape.OTHER, cells, context)
        named.append((shape.name(context, "channel", shape.OTHER, len(tail)), whole))
    return named


def _interval_row(name: str, row: Lifted, response: str, context: Context) -> IntervalRow:
    formats = context.formats
    return IntervalRow(
        name=name,
        estimate=row.lift.ratio,
        low=row.lift.ci_low,
        high=row.lift.ci_high,
        left=f"{shape.part_of(row.baseline_responders, row.baseline_users, context)} →"
        f" {shape.part_of(row.responders, row.users, context)}",
        right=_(row.lift.reason)
        if row.lift.ratio is None
        else _(
            "{ratio}x ({interval})",
            ratio=formats.ratio(row.lift.ratio),
            interval=interval(row.lift, context),
        ),
        verdict=str(verdict(row, response, context)),
        muted=row.few,
    )


def _rate_name(response: str, context: Context) -> str:
    if response == context.metrics.response:
        return _("Conversion")
    return _("Users who did “{action}”", action=context.label("action", response))


def _forest_title(
    channels: Sequence[Lifted], campaign: Campaign, response: str, context: Context
) -> str:
    changed = passed(channels, context)
    what = _("conversion") if response == context.metrics.response else _("rate")
    if not changed:
        return _("No channel's {what} shows evidence of a change", what=what)
    first = changed[0]
    told = {
        "channel": context.label("channel", first.channel),
        "what": what,
        "campaign": campaign.label,
        "ratio": context.formats.ratio(first.lift.ratio),
        "baseline": context.baseline.label,
        "more": _(" and {n} more", n=len(changed) - 1) if len(changed) > 1 else "",
    }
    title = (
        _("{channel}: {what} higher in {campaign}, {ratio} times {baseline}'s{more}", **told)
        if first.change > 0
        else _("{channel}: {what} lower in {campaign}, {ratio} times {baseline}'s{more}", **told)
    )
    if len(title) <= 80:
        return title
    return _("{n} of {all} channels changed", n=len(changed), all=len(channels))


def _forest_alt(
    channels: Sequence[Lifted], overall: Lifted, campaign: Campaign, response: str, context: Context
) -> str:
    formats = context.formats
    estimated = sorted(
        (row for row in channels if row.lift.ratio is not None and not row.few),
        key=lambda row: -(row.responders + row.baseline_responders),
    )
    told = "; ".join(
        _(
            "{channel} {ratio} ({interval}), {baseline_responders} and {responders} responders",
            channel=context.label("channel", row.channel),
            ratio=formats.ratio(row.lift.ratio),
            interval=interval(row.lift, context),
            baseline_responders=formats.count(row.baseline_responders),
            responders=formats.count(row.responders),
        )
        for row in estimated[:2]
    )
    changed = len(passed(channels, context))
    return (
        _(
            "Ratio plot, {campaign} over {baseline}, {rate}: all {ratio} ({interval}){told}."
            " {changed} of {n} channels changed by more than chance.",
            campaign=campaign.label,
            baseline=context.baseline.label,
            rate=within(_rate_name(response, context)),
            ratio=formats.ratio(overall.lift.ratio),
            interval=interval(overall.lift, context),
            told=f"; {told}" if told else "",
            changed=changed,
            n=len(channels),
        )
    )[:400]
