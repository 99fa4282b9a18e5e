"""Lift drawn: the ratio of the rates by channel, with all channels below."""

from __future__ import annotations

from collections.abc import Sequence

from growthml import shape
from growthml.analysis.lift import Lifted, interval, lifted, passed, verdict
from growthml.charts import IntervalPanel, IntervalRow, Intervals
from growthml.parts import Campaign, Context


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
    last = _interval_row("All channels", overall, response, context)
    if all(row.estimate is None for row in (*rows, last)):
        return None
    return Intervals(
        id="forest" if len(context.compared) == 1 else f"forest_{campaign.key}",
        title=_forest_title(channels, campaign, response, context),
        subtitle=f"{_rate_name(response, context)}, {campaign.label} over"
        f" {context.baseline.label}, times; {formats.count(overall.users)} and"
        f" {formats.count(overall.baseline_users)} users"[:110],
        alt=_forest_alt(channels, overall, campaign, response, context),
        how_to_read=f"1 is no change, 2 twice the rate of {context.baseline.label}. A line that"
        " crosses 1 fits both a rise and a fall; the verdict follows the corrected test.",
        half=False,
        table="campaign",
        panels=[IntervalPanel(rows=rows, unit="ratio"), IntervalPanel(rows=[last], unit="ratio")],
        log=True,
        lower=f"lower in {campaign.label}",
        higher=f"higher in {campaign.label}",
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
        right=row.lift.reason
        if row.lift.ratio is None
        else f"{formats.ratio(row.lift.ratio)}x ({interval(row.lift, context)})",
        verdict=str(verdict(row, response, context)),
        muted=row.few,
    )


def _rate_name(response: str, context: Context) -> str:
    if response == context.metrics.response:
        return "Conversion"
    return f"Users who did “{context.label('action', response)}”"


def _forest_title(
    channels: Sequence[Lifted], campaign: Campaign, response: str, context: Context
) -> str:
    changed = passed(channels, context)
    what = _rate_name(response, context).lower() if response == context.metrics.response else "rate"
    if not changed:
        return f"No channel's {what} shows evidence of a change"
    first = changed[0]
    name = context.label("channel", first.channel)
    more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
    compared = "higher" if first.change > 0 else "lower"
    title = (
        f"{name}: {what} {compared} in {campaign.label},"
        f" {context.formats.ratio(first.lift.ratio)} times {context.baseline.label}'s{more}"
    )
    return title if len(title) <= 80 else f"{len(changed)} of {len(channels)} channels changed"


def _forest_alt(
    channels: Sequence[Lifted], overall: Lifted, campaign: Campaign, response: str, context: Context
) -> str:
    formats = context.formats
    estimated = sorted(
        (row for row in channels if row.lift.ratio is not None and not row.few),
        key=lambda row: -(row.responders + row.baseline_responders),
    )
    told = "; ".join(
        f"{context.label('channel', row.channel)} {formats.ratio(row.lift.ratio)}"
        f" ({interval(row.lift, context)}), {formats.count(row.baseline_responders)} and"
        f" {formats.count(row.responders)} responders"
        for row in estimated[:2]
    )
    changed = len(passed(channels, context))
    return (
        f"Ratio plot, {campaign.label} over {context.baseline.label},"
        f" {_rate_name(response, context).lower()}: all {formats.ratio(overall.lift.ratio)}"
        f" ({interval(overall.lift, context)}){'; ' if told else ''}{told}."
        f" {changed} of {len(channels)} channels changed by more than chance."
    )[:400]
