"""What a report says of value so far: the headline, and what stands out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.analysis.worth import FEWEST_BUYERS, best, leader
from growthml.parts import Context, Evidence, Finding
from growthml.words import _

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
        return _(
            "Too few buyers to say what one is worth: {buyers} in all, nowhere {fewest_buyers}"
            " on one channel.",
            buyers=context.formats.count(buyers),
            fewest_buyers=FEWEST_BUYERS,
        )
    return f"{_worth_of_leader(channels, context)}."


def title(channels: pd.DataFrame, context: Context) -> str:
    """The chart's: what the leading channel brought per acquired user."""
    first = leader(channels, context)
    if first is None:
        return _("Lifetime value by channel")
    channel = shape.known(first["channel"])
    name = context.label("channel", channel)
    words = _(
        "{channel} brought {amounts} per acquired user",
        channel=name,
        amounts=_per_user(channels, channel, context),
    )
    return words if len(words) <= LONGEST_TITLE else _("Lifetime value by channel")


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
            heading=_("Value of a buyer"),
            text=_(
                "{worth} (means over {sizes} buyers){per_user}.",
                worth=_worth_of_leader(channels, context),
                sizes=sizes,
                per_user=_per_acquired(channels, channel, context),
            ),
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
        _("{value} in {campaign}", value=formats.money(value), campaign=c.label)
        for c in context.campaigns
        if (value := others.get((c.key, found["channel"], found["category"]))) is not None
    ]
    return [
        Finding(
            heading=_("Most valuable demographic"),
            text=_(
                "{demographic} brought the most per user of its channel: {compared}.",
                demographic=demographic(found, context),
                compared=formats.join(compared),
            ),
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
    told = ", ".join(_told(channels, channel, context))
    if channel is None:
        return _("A buyer was worth {told}", told=told)
    name = context.label("channel", channel)
    if name[:1] in tuple("AEIO"):
        return _("An {channel} buyer was worth {told}", channel=name, told=told)
    return _("A {channel} buyer was worth {told}", channel=name, told=told)


def _per_user(channels: pd.DataFrame, channel: Any, context: Context) -> str:
    worth = shape.lookup(channels, ["campaign", "channel"], "ltv_per_user")
    return ", ".join(
        _(
            "{worth} in {campaign}",
            worth=context.formats.money(worth[c.key, channel]),
            campaign=c.label,
        )
        for c in context.campaigns
        if (c.key, channel) in worth
    )


def _per_acquired(channels: pd.DataFrame, channel: Any, context: Context) -> str:
    """The value per user in words, where not every user is a buyer."""
    mine = shape.having(channels, "channel", channel)
    if (mine["users"] == mine["buyers"]).all():
        return ""
    return _("; per acquired user that is {amounts}", amounts=_per_user(channels, channel, context))


def _told(channels: pd.DataFrame, channel: Any, context: Context) -> list[str]:
    """ "$18.45 in Spring" for every campaign in which the channel has enough buyers."""
    worth = shape.lookup(channels, ["campaign", "channel"], "ltv_per_buyer")
    buyers = shape.lookup(channels, ["campaign", "channel"], "buyers")
    return [
        _(
            "{worth} in {campaign}",
            worth=context.formats.money(worth[c.key, channel]),
            campaign=c.label,
        )
        for c in context.campaigns
        if buyers.get((c.key, channel), 0) >= FEWEST_BUYERS
    ][:TOLD]
