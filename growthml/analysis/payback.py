"""When users have brought what acquiring them cost, and how many times over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.analysis.worth import FEWEST_BUYERS
from growthml.metrics import cost_of
from growthml.parts import Column, Context, Evidence, Finding, Table
from growthml.words import _

if TYPE_CHECKING:
    import pandas as pd

FEWEST_USERS = 20
"""Payback is looked for as long as this many users are old enough."""

PAYBACK = (
    *("campaign", "channel", "users", "cost_per_user", "ltv_per_user", "ltv_to_cac"),
    *("payback_month", "forecast_per_user", "forecast_ltv_to_cac"),
)


def payback(
    channels: pd.DataFrame, grown: pd.DataFrame, expected: pd.DataFrame, context: Context
) -> pd.DataFrame | None:
    """Value per user over cost per user; None where no costs are configured."""
    import pandas as pd

    if not context.metrics.costs:
        return None
    longest = expected["months"].max() if len(expected) else None
    to_come = shape.lookup(
        expected[expected["months"] == longest], ["campaign", "channel"], "expected_value"
    )
    rows = []
    for each in channels.itertuples():
        channel, cost = shape.known(each.channel), cost_of(each.channel, context)
        more = shape.known(to_come.get((each.campaign, channel)))
        per_user = None if more is None else shape.share(each.revenue + more, each.users)
        rows.append(
            {
                "campaign": each.campaign,
                "channel": channel,
                "users": each.users,
                "cost_per_user": cost,
                "ltv_per_user": each.ltv_per_user,
                "ltv_to_cac": shape.share(each.ltv_per_user, cost),
                "payback_month": _payback_month(grown, each.campaign, channel, cost)
                if each.buyers >= FEWEST_BUYERS
                else None,
                "forecast_per_user": per_user,
                "forecast_ltv_to_cac": None if per_user is None else shape.share(per_user, cost),
            }
        )
    return pd.DataFrame(rows, columns=list(PAYBACK))


def _payback_month(grown: pd.DataFrame, campaign: str, channel: Any, cost: float) -> int | None:
    """The first month of age by whose end a user has brought the cost.

    A month's revenue per user is taken over the users who have lived that month to its end.
    """
    from itertools import accumulate

    from growthml.stats import lifetime_value

    if not cost:
        return None
    mine = shape.having(shape.having(grown, "campaign", campaign), "channel", channel)
    monthly = []
    for month in range(int(mine["age"].max() if len(mine) else 0)):
        old_enough = mine[mine["age"] > month]
        users = int(old_enough["users"].sum())
        if users < FEWEST_USERS:
            break
        monthly.append(float(old_enough[old_enough["month"] == month]["revenue"].sum()) / users)
    return lifetime_value.payback(list(accumulate(monthly)), cost)


def table(payback: pd.DataFrame, context: Context) -> Table:
    """Campaigns side by side, channel by channel."""
    forecast_there = payback["forecast_ltv_to_cac"].notna().any()
    values = [
        Column(name="ltv_per_user", head=_("Per user"), kind="money"),
        Column(name="ltv_to_cac", head=_("LTV : CAC"), kind="ratio"),
        Column(name="payback_month", head=_("Paid in month"), kind="count"),
    ]
    if forecast_there and len(context.campaigns) == 1:
        values.append(Column(name="forecast_ltv_to_cac", head=_("With forecast"), kind="ratio"))
    view, columns = shape.beside(
        payback, Column(name="channel", head=_("Channel"), role="channel"), values, context
    )
    return Table(
        id="payback",
        title=_("Lifetime value against acquisition cost"),
        frame=payback,
        view=view,
        order=_("by revenue"),
        columns=columns,
        note=_(
            "No month: not paid back so far, or fewer than {fewest_buyers} buyers.",
            fewest_buyers=FEWEST_BUYERS,
        )
        if payback["payback_month"].isna().any()
        else "",
    )


def findings(payback: pd.DataFrame, context: Context) -> list[Finding]:
    """How many times over each channel has brought its cost, one finding a campaign."""
    formats, found = context.formats, []
    for campaign in context.campaigns:
        mine = shape.having(payback, "campaign", campaign.key).dropna(subset=["ltv_to_cac"])
        if mine.empty:
            continue
        paid, lost = mine[mine["ltv_to_cac"] >= 1], mine[mine["ltv_to_cac"] < 1]
        parts = [_told(each, context) for each in (*paid.itertuples(), *lost.itertuples())]
        found.append(
            Finding(
                heading=_("Value against cost"),
                text=_(
                    "{campaign}, value so far per unit of acquisition cost: {parts}.",
                    campaign=campaign.label,
                    parts=formats.join(parts[:5]),
                ),
                evidence=Evidence(table="payback", row={"campaign": campaign.key}),
                weight=0.25,
            )
        )
    return found


def _told(row: Any, context: Context) -> str:
    """ "Pinterest 3.2 (paid back in month 2)"."""
    formats = context.formats
    month = shape.known(row.payback_month)
    paid = _(" (paid back in month {month})", month=formats.count(month)) if month else ""
    return f"{context.label('channel', row.channel)} {formats.ratio(row.ltv_to_cac)}{paid}"
