"""Leanings: what the users of each channel do, and which categories they do it with.

share: of the events of a channel (or action); index: that share divided by the campaign's, x 100,
so that 100 is average and 120 one fifth more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.parts import Context

if TYPE_CHECKING:
    import pandas as pd

ACTIONS = ("campaign", "channel", "action", "events", "users", "share", "per_user", "index")
CATEGORIES = ("campaign", "channel", "category", "events", "responses", "share", "index")
CATEGORIES_BY_ACTION = ("campaign", "action", "category", "events", "share", "index")


def actions_by_channel(
    actions: pd.DataFrame, totals: pd.DataFrame, context: Context
) -> pd.DataFrame:
    """Events by channel and action; per_user divides by all users of the channel."""
    frame = _with_index(actions, "channel", "action", context)
    users = shape.lookup(totals, ["campaign", "channel"], "n")
    per_user = [
        shape.share(events, users.get((campaign, shape.known(channel)), 0))
        for campaign, channel, events in zip(
            frame["campaign"], frame["channel"], frame["events"], strict=True
        )
    ]
    return frame.assign(per_user=per_user)[list(ACTIONS)]


def categories_by_channel(categories: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Events and responses by channel and category."""
    keys = ["campaign", "channel", "category"]
    summed = categories.groupby(keys, as_index=False, dropna=False)[["events", "responses"]].sum()
    return _with_index(summed, "channel", "category", context)[list(CATEGORIES)]


def categories_by_action(categories: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Events by action and category."""
    keys = ["campaign", "action", "category"]
    summed = categories.groupby(keys, as_index=False)[["events"]].sum()
    return _with_index(summed, "action", "category", context)[list(CATEGORIES_BY_ACTION)]


def leading(actions: pd.DataFrame, context: Context) -> dict[Any, tuple[Any, float]]:
    """Each channel's commonest action and its share, in the first campaign that has the channel."""
    found: dict[Any, tuple[Any, float]] = {}
    for campaign in context.campaigns:
        mine = actions[actions["campaign"] == campaign.key]
        for channel, rows in mine.groupby("channel", dropna=False):
            best = rows.sort_values(["share", "action"], ascending=[False, True]).iloc[0]
            found.setdefault(shape.known(channel), (best["action"], float(best["share"])))
    return found


def _with_index(frame: pd.DataFrame, of: str, column: str, context: Context) -> pd.DataFrame:
    def total(*keys: str) -> pd.Series[float]:
        return frame.groupby(list(keys), dropna=False)["events"].transform("sum")

    share = frame["events"] / total("campaign", of)
    overall = total("campaign", column) / total("campaign")
    return shape.arranged(
        frame.assign(share=share, index=share / overall * 100),
        [of, "events", column],
        context,
        falling=["events"],
    )
