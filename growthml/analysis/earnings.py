"""Earnings: what channels and categories brought, and which channel leads.

Profit is the value of the responses less the acquisition cost of every user of the channel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.metrics import cost_of
from growthml.parts import Campaign, Context

if TYPE_CHECKING:
    import pandas as pd

BY_CHANNEL = (
    "campaign",
    "channel",
    "users",
    "buyers",
    "purchases",
    "revenue",
    "conversion_rate",
    "average_order_value",
    "revenue_per_user",
    "cost",
    "profit",
    "roi",
)
BY_CATEGORY = ("campaign", "category", "purchases", "revenue", "share")


@dataclass(frozen=True)
class Leader:
    """The channel that earns most in a campaign. share: its part of the revenue, 0 to 1."""

    channel: Any
    buyers: int
    share: float


def by_channel(totals: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Money by channel; ratios are None where they divide by nothing."""
    import pandas as pd

    rows = []
    for each in totals.itertuples():
        cost = cost_of(each.channel, context) * each.n
        profit = each.revenue - cost
        rows.append(
            {
                "campaign": each.campaign,
                "channel": shape.known(each.channel),
                "users": each.n,
                "buyers": each.buyers,
                "purchases": each.purchases,
                "revenue": each.revenue,
                "conversion_rate": shape.share(each.buyers, each.n),
                "average_order_value": shape.share(each.revenue, each.purchases),
                "revenue_per_user": shape.share(each.revenue, each.n),
                "cost": cost,
                "profit": profit,
                "roi": shape.share(profit, cost),
            }
        )
    frame = pd.DataFrame(rows, columns=list(BY_CHANNEL))
    return shape.arranged(frame, ["revenue", "channel"], context, falling=["revenue"])


def by_category(sales: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Money by category; the share of a campaign without revenue is missing."""
    whole = sales.groupby("campaign")["revenue"].transform("sum")
    shares = sales.assign(share=(sales["revenue"] / whole).where(whole > 0))
    arranged = shape.arranged(shares, ["revenue", "category"], context, falling=["revenue"])
    return arranged[list(BY_CATEGORY)]


def leader(channels: pd.DataFrame, campaign: Campaign) -> Leader | None:
    """The channel that earns most; None without revenue."""
    mine = channels[channels["campaign"] == campaign.key]
    if not mine["revenue"].sum() > 0:
        return None
    first = mine.iloc[0]
    channel = shape.known(first["channel"])
    return Leader(channel, int(first["buyers"]), part(channels, campaign, channel, "revenue"))


def part(channels: pd.DataFrame, campaign: Campaign, channel: Any, column: str) -> float:
    """A channel's part of a campaign's total of a column, 0 to 1; 0 where there is none."""
    mine = channels[channels["campaign"] == campaign.key]
    own = shape.sums(mine, "channel", column).get(channel, 0.0)
    return shape.share(own, float(mine[column].sum())) or 0.0
