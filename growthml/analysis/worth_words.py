"""What a report says of value so far: the headline, and what stands out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.analysis.worth import FEWEST_BUYERS, best, leader
from growthml.parts import Context, Evidence, Finding

if TYPE_CHECKING:
    import pandas as pd

LONGEST_TITLE = 80
TOLD = 3
"""So many campaigns are named in one sentence."""


def headline(channels: pd.DataFrame, context: Context) -> str:
    """What a buyer of the leading channel was worth in each campaign, in one sentence."""
    first = leader(channels, context)
    if first is None:
        buyers = int(channels["buyers"].sum())
        return (
            f"Too few buyers to say what one is worth: {context.formats.count(buyers)} in all,"
            f" nowhere {FEWEST_BUYERS} on one channel."
        )
    return f"{_worth_of_leader(channels, context)}."


def title(channels: pd.DataFrame, context: Context) -> str:
    """The chart's: what the leading channel brought per acquired user."""
    first = leader(channels, context)
    if first is None:
        return "Lifetime value by channel"
    channel = shape.known(first["channel"])
    name = context.label("channel", channel)
    words = f"{name} brought {_per_user(channels, channel, context)} per acquired user"
    return words if len(words) <= LONGEST_TITLE else "Lifetime value by channel"


def leader_finding(channels: pd.DataFrame, context: Context) -> list[Finding]:
    """The worth of a buyer of the leading channel, and over how many buyers; or nothing."""
    first = leader(channels, context)
    if first is None:
        return []
    channel, formats = shape.known(first["channel"]), context.formats
    buyers = shape.lookup(channels, ["campaign", "channel"], "buyers")
    sizes = formats.join(
        [f"{formats.count(buyers.get((c.key, channel), 0))} {c.label}" for c in context.campaigns]
    )
    return [
        Finding(
            heading="Value of a buyer",
            text=f"{_worth_of_leader(channels, context)} (means over {sizes} buyers)"
            f"{_per_acquired(channels, channel, context)}.",
            evidence=Evidence(
                table="by_channel", row={"campaign": context.baseline.key, "channel": channel}
            ),
            weight=0.3,
        )
    ]


def demographic_finding(demographics: pd.DataFrame, context: Context) -> list[Finding]:
    """The demographic of most value per user, in every campaign; or nothing."""
    found, formats = best(demographics, context.baseline), context.formats
    if found is None:
        return []
    others = shape.lookup(demographics, ["campaign", "channel", "category"], "ltv_per_user")
    compared = [
        f"{formats.money(value)} in {c.label}"
        for c in context.campaigns
        if (value := others.get((c.key, found["channel"], found["category"]))) is not None
    ]
    return [
        Finding(
            heading="Most valuable demographic",
            text=f"{demographic(found, context)} brought the most per user of its channel:"
            f" {formats.join(compared)}.",
            evidence=Evidence(
                table="by_demographic",
                row={
                    "campaign": context.baseline.key,
                    "channel": found["channel"],
                    "category": found["category"],
                },
            ),
            weight=0.2,
        )
    ]


def demographic(row: pd.Series[Any], context: Context) -> str:
    """ "Pinterest x Vegan"."""
    channel = context.label("channel", row["channel"])
    return f"{channel} x {context.label('category', row['category']).capitalize()}"


def _worth_of_leader(channels: pd.DataFrame, context: Context) -> str:
    """ "A Pinterest buyer was worth $18.45 in Spring, $17.20 in Summer", or empty."""
    first = leader(channels, context)
    if first is None:
        return ""
    channel = shape.known(first["channel"])
    return f"{_buyer(channel, context)} was worth {', '.join(_told(channels, channel, context))}"


def _per_user(channels: pd.DataFrame, channel: Any, context: Context) -> str:
    worth = shape.lookup(channels, ["campaign", "channel"], "ltv_per_user")
    return ", ".join(
        f"{context.formats.money(worth[c.key, channel])} in {c.label}"
        for c in context.campaigns
        if (c.key, channel) in worth
    )


def _per_acquired(channels: pd.DataFrame, channel: Any, context: Context) -> str:
    """The value per user in words, where not every user is a buyer."""
    mine = shape.having(channels, "channel", channel)
    if (mine["users"] == mine["buyers"]).all():
        return ""
    return f"; per acquired user that is {_per_user(channels, channel, context)}"


def _told(channels: pd.DataFrame, channel: Any, context: Context) -> list[str]:
    """ "$18.45 in Spring" for every campaign in which the channel has enough buyers."""
    worth = shape.lookup(channels, ["campaign", "channel"], "ltv_per_buyer")
    buyers = shape.lookup(channels, ["campaign", "channel"], "buyers")
    return [
        f"{context.formats.money(worth[c.key, channel])} in {c.label}"
        for c in context.campaigns
        if buyers.get((c.key, channel), 0) >= FEWEST_BUYERS
    ][:TOLD]


def _buyer(channel: Any, context: Context) -> str:
    name = "" if channel is None else f"{context.label('channel', channel)} "
    return f"{'An' if name[:1] in tuple('AEIO') else 'A'} {name}buyer"
