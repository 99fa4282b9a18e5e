"""Sign-ups over time: a line a campaign, its last period marked while it is not over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

from growthml import shape
from growthml.charts import CurvePanel, Curves, Line
from growthml.parts import Campaign, Context
from growthml.words import _

if TYPE_CHECKING:
    import pandas as pd

FEWEST_PERIODS = 3
MOST_AT_HALF_WIDTH = 24

Grain = Literal["day", "week", "month"]


@dataclass(frozen=True)
class Signups:
    """One campaign's sign-ups by period, none left out. incomplete: the last one is not over."""

    campaign: Campaign
    periods: Sequence[date]
    users: Sequence[float]
    incomplete: bool


def chart(signups: pd.DataFrame, context: Context) -> Curves | None:
    """The lines of all campaigns; None below three periods."""
    by_period = signups.groupby(["campaign", "period"], as_index=False)["users"].sum()
    periods = sorted(by_period["period"].unique())
    if len(periods) < FEWEST_PERIODS:
        return None
    grain = _grain(periods)
    users = shape.lookup(by_period, ["campaign", "period"], "users")
    counted = [
        _counted(campaign, seen, users, grain, context)
        for campaign in context.campaigns
        if (seen := [p for p in periods if (campaign.key, p) in users])
    ]
    incomplete = (
        _("; * {grain} not complete", grain=_(grain))
        if any(each.incomplete for each in counted)
        else ""
    )
    styles = dict(zip([c.key for c in context.campaigns], shape.series(context), strict=True))
    lines = [
        Line(
            series=styles[each.campaign.key],
            x=each.periods,
            y=each.users,
            end=f"{each.campaign.label} {context.formats.count(each.users[-1])}"
            f"{'*' if each.incomplete else ''}",
            incomplete=each.incomplete,
        )
        for each in counted
    ]
    return Curves(
        id="signups",
        title=_("Sign-ups per {grain}", grain=_(grain)),
        subtitle=_(
            "Users who signed up, count per {grain}{incomplete}",
            grain=_(grain),
            incomplete=incomplete,
        ),
        alt=_alt(counted, grain, context),
        half=len(periods) <= MOST_AT_HALF_WIDTH,
        table="signups",
        panels=[CurvePanel(lines=lines, x_axis="date", y_unit="count")],
    )


def _grain(periods: Sequence[date]) -> Grain:
    smallest = min((later - earlier).days for earlier, later in pairwise(periods))
    return "day" if smallest < 7 else "week" if smallest < 28 else "month"


def _next(period: date, grain: Grain) -> date:
    if grain == "month":
        return date(period.year + period.month // 12, period.month % 12 + 1, 1)
    return period + timedelta(days=7 if grain == "week" else 1)


def _counted(
    campaign: Campaign,
    seen: Sequence[date],
    users: Mapping[Any, Any],
    grain: Grain,
    context: Context,
) -> Signups:
    periods = [seen[0]]
    while periods[-1] < seen[-1]:
        periods.append(_next(periods[-1], grain))
    last = shape.last_day(campaign, context)
    return Signups(
        campaign=campaign,
        periods=periods,
        users=[float(users.get((campaign.key, period), 0)) for period in periods],
        incomplete=_next(periods[-1], grain) > last + timedelta(days=1) and len(periods) > 1,
    )


def _alt(counted: Sequence[Signups], grain: Grain, context: Context) -> str:
    formats = context.formats
    show = formats.month if grain == "month" else formats.date
    phrases = []
    for each in counted:
        last = -2 if each.incomplete else -1
        phrases.append(
            _(
                "{campaign} from {first} in {begin} to {last} in {end}",
                campaign=each.campaign.label,
                first=formats.count(each.users[0]),
                begin=show(each.periods[0]),
                last=formats.count(each.users[last]),
                end=show(each.periods[last]),
            )
        )
    partial = (
        _("; the last {grain} is incomplete", grain=_(grain))
        if any(e.incomplete for e in counted)
        else ""
    )
    return _(
        "Line chart of sign-ups per {grain}: {phrases}{partial}.",
        grain=_(grain),
        phrases="; ".join(phrases),
        partial=partial,
    )
