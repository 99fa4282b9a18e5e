"""The charts of a trial of recommenders: hit rates about the popularity they have to beat."""

from __future__ import annotations

from collections.abc import Sequence

from growthml.analysis.orders import NAMES
from growthml.analysis.trial import Trial, Tried
from growthml.analysis.trial_tables import rate_told, verdict
from growthml.charts import IntervalPanel, IntervalRow, Intervals
from growthml.parts import Context
from growthml.words import _, n_


def trial_charts(trials: Sequence[Trial], context: Context) -> list[Intervals]:
    """A chart a campaign, on one scale: methods by hit rate, the popularity to beat as a line."""
    asked = [each for each in trials if each.tried]
    several = len(trials) > 1
    reach = max((row.hit_rate.high or 0.0 for each in asked for row in each.rows), default=0.0)
    return [
        _chart(each, place, reach, several, context) for place, each in enumerate(asked, start=1)
    ]


def _chart(found: Trial, place: int, reach: float, several: bool, context: Context) -> Intervals:
    label = found.campaign.label
    winner = found.winner(context)
    title = _("Taste beats popularity") if winner else _("No evidence that taste beats popularity")
    named = f"{title}: {label}"
    return Intervals(
        id="evaluation" if place == 1 else f"evaluation_{place}",
        title=named if several and len(named) <= 48 else title,
        subtitle=_(
            "Hit rate at {k}: users whose held-out item is listed, of {users}",
            k=found.k,
            users=context.formats.count(found.rows[0].users),
        )[:110],
        alt=_alt(found, context),
        how_to_read=_(
            "The dark line is the popularity that taste has to beat. The methods are judged by the"
            " same users, so the test may find more than the intervals show."
        )
        if place == 1
        else "",
        panels=[
            IntervalPanel(
                rows=[_row(row, found, context) for row in _by_hits(found)],
                unit="rate",
                title=label if several and len(named) > 48 else "",
                reference=found.reference.hit_rate.value,
                limit=reach,
            )
        ],
        table="evaluation",
    )


def _by_hits(found: Trial) -> list[Tried]:
    return sorted(found.rows, key=lambda each: -(each.hit_rate.value or 0.0))


def _row(each: Tried, found: Trial, context: Context) -> IntervalRow:
    rate = each.hit_rate
    hits = round((rate.value or 0.0) * each.users)
    return IntervalRow(
        name=_(NAMES[each.method]),
        estimate=rate.value,
        low=rate.low,
        high=rate.high,
        left=n_("{n} user", "{n} users", hits, n=context.formats.count(hits)),
        right=rate_told(each, context),
        verdict=""
        if each.hits is None or each.method == found.reference.method
        else verdict(each, context),
    )


def _alt(found: Trial, context: Context) -> str:
    told = ", ".join(f"{_(NAMES[row.method])} {rate_told(row, context)}" for row in _by_hits(found))
    users = context.formats.count(found.rows[0].users)
    return _(
        "Dots with intervals, hit rates of lists, {campaign}: {told}; n {users}.",
        campaign=found.campaign.label,
        told=told,
        users=users,
    )[:400]
