"""What users are worth so far by the plain formula, by channel, by category and by both.

Lifetime value = order value x purchases a month x months with a purchase, the last two as means
over buyers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.parts import Campaign, Context, Facts

if TYPE_CHECKING:
    import pandas as pd

FEWEST_BUYERS = 5
"""Below this many buyers nothing is drawn or ranked."""

WORTH = (
    *("users", "buyers", "average_order_value", "purchases_per_month"),
    *("retention_months", "ltv_per_buyer", "ltv_per_user"),
)


def worth(facts: Facts, fact: str, context: Context, *names: str) -> pd.DataFrame:
    """The plain formula over the buyers counted in `fact`; users as there are in all.

    A channel without a buyer keeps its row where channels are counted, its value per user 0.
    """
    import pandas as pd

    users = _users(facts["payback"])
    counted = {
        (each.campaign, *(shape.known(getattr(each, name)) for name in names)): each
        for each in facts[fact].itertuples()
    }
    keys = list(counted)
    if names == ("channel",):
        keys += [key for key in users if key not in counted and len(key) > 1]
    rows = []
    for key in keys:
        people = users.get(key[:2] if "channel" in names else key[:1], 0)
        row = dict(zip(("campaign", *names), key, strict=True))
        rows.append(row | {"users": people, **_product(counted.get(key), people)})
    frame = pd.DataFrame(rows, columns=["campaign", *names, *WORTH, "purchases", "revenue"])
    return shape.arranged(frame, ["revenue", *names], context, falling=["revenue"])


def _product(counted: Any, users: int) -> dict[str, float | None]:
    """Order value x purchases a month x months, the last two as means over buyers."""
    if counted is None:
        return {"buyers": 0, "purchases": 0, "revenue": 0.0, "ltv_per_user": 0.0}
    value = counted.revenue / counted.purchases
    rate = counted.purchases_per_month / counted.buyers
    months = counted.months / counted.buyers
    return {
        "buyers": counted.buyers,
        "average_order_value": value,
        "purchases_per_month": rate,
        "retention_months": months,
        "ltv_per_buyer": value * rate * months,
        "ltv_per_user": shape.share(value * rate * months * counted.buyers, users),
        "purchases": counted.purchases,
        "revenue": counted.revenue,
    }


def _users(grown: pd.DataFrame) -> dict[tuple[Any, ...], int]:
    """Users by (campaign, channel), and by (campaign,)."""
    found: dict[tuple[Any, ...], int] = {}
    for each in grown[grown["month"].isna()].itertuples():
        for key in ((each.campaign, shape.known(each.channel)), (each.campaign,)):
            found[key] = found.get(key, 0) + int(each.users)
    return found


def leader(channels: pd.DataFrame, context: Context) -> pd.Series[Any] | None:
    """The baseline's channel of most revenue that has enough buyers."""
    mine = shape.having(channels, "campaign", context.baseline.key)
    mine = mine[mine["buyers"] >= FEWEST_BUYERS]
    return mine.iloc[0] if len(mine) else None


def best(demographics: pd.DataFrame, campaign: Campaign) -> pd.Series[Any] | None:
    """The cell of most value per user among those with enough buyers."""
    mine = shape.having(demographics, "campaign", campaign.key)
    mine = mine[mine["buyers"] >= FEWEST_BUYERS]
    return mine.loc[mine["ltv_per_user"].idxmax()] if len(mine) else None
