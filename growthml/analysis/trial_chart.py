"""The chart of a trial of recommenders: hit rates about the popularity they have to beat."""

from __future__ import annotations

from collections.abc import Sequence

from growthml.analysis.orders import NAMES
from growthml.analysis.trial import Trial, Tried
from growthml.analysis.trial_tables import verdict
from growthml.charts import IntervalPanel, IntervalRow, Intervals
from growthml.parts import Context


def trial_chart(trials: Sequence[Trial], context: Context) -> Intervals | None:
    """One panel a campaign, methods by hit rate, the popularity to beat as its line."""
    asked = [each for each in trials if each.tried]
    if not asked:
        return None
    k, several = asked[0].k, len(trials) > 1
    counts = [context.formats.count(each.rows[0].users) for each in asked]
    return Intervals(
        id="evaluation",
        title=_title(asked, context),
        subtitle=f"Hit rate at {k}: users whose held-out item is listed; n"
        f" {context.formats.join(counts)}",
        alt=_alt(asked, context),
        how_to_read="The dark line is the popularity a taste has to beat. An interval may cross it"
        " and the test still find a difference: both lists are judged by the same users.",
        panels=[
            IntervalPanel(
                rows=[_row(row, each, context) for row in _by_hits(each)],
                unit="rate",
                title=each.campaign.label if several else "",
                reference=each.reference.hit_rate.value,
            )
            for each in asked
        ],
        table="evaluation",
    )


def _by_hits(found: Trial) -> list[Tried]:
    return sorted(found.rows, key=lambda each: -(each.hit_rate.value or 0.0))


def _row(each: Tried, found: Trial, context: Context) -> IntervalRow:
    rate = each.hit_rate
    hits = round((rate.value or 0.0) * each.users)
    return IntervalRow(
        name=NAMES[each.method],
        estimate=rate.value,
        low=rate.low,
        high=rate.high,
        left=f"{context.formats.count(hits)} users",
        right=_told(each, context),
        verdict="" if each.method == found.reference.method else verdict(each, context),
    )


def _told(each: Tried, context: Context) -> str:
    rate, formats = each.hit_rate, context.formats
    limits = formats.interval(rate.low, rate.high, "rate", signed=False)
    return f"{formats.rate(rate.value)} ({limits})"


def _title(asked: Sequence[Trial], context: Context) -> str:
    winners = [each for each in asked if each.winner(context)]
    if not winners:
        return "No evidence that taste beats popularity"
    if len(winners) == len(asked):
        return "Knowing their taste beats popularity"
    names = context.formats.join([each.campaign.label for each in winners])
    title = f"Taste beats popularity in {names}"
    return (
        title if len(title) <= 48 else f"Taste beats popularity in {len(winners)} of {len(asked)}"
    )


def _alt(asked: Sequence[Trial], context: Context) -> str:
    told = [
        f"{each.campaign.label}: "
        + ", ".join(f"{NAMES[row.method]} {_told(row, context)}" for row in _by_hits(each)[:4])
        for each in asked
    ]
    words = "Dots with intervals, hit rate of each method. "
    return (words + "; ".join(told))[:399]
