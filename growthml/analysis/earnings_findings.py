"""What earnings say in words: who leads, who loses, who carries the revenue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from growthml import shape
from growthml.analysis import concentration, earnings
from growthml.parts import Context, Evidence, Finding
from growthml.words import _, n_

if TYPE_CHECKING:
    import pandas as pd

ONE_SOURCE = 0.7
"""From this share of revenue on, one channel is a risk."""
MOST_LISTED = 4


def findings(
    channels: pd.DataFrame, curve: pd.DataFrame, sales: pd.DataFrame | None, context: Context
) -> list[Finding]:
    """Every claim the section makes, all sums of what happened rather than estimates."""
    return [
        *_leader_findings(channels, context),
        *_loss_findings(channels, context),
        *_top_fifth(curve, context),
        *_top_category(sales, context),
    ]


def _leader_findings(channels: pd.DataFrame, context: Context) -> list[Finding]:
    leader = earnings.leader(channels, context.baseline)
    if leader is None or channels["channel"].nunique(dropna=False) < 2:
        return []
    purchases = shape.lookup(channels, ["campaign", "channel"], "purchases")
    whole = shape.sums(channels, "campaign", "purchases")
    counted = context.formats.join(
        [
            _(
                "{part} {campaign} purchases",
                part=shape.part_of(
                    purchases.get((c.key, leader.channel), 0), whole.get(c.key, 0), context
                ),
                campaign=c.label,
            )
            for c in context.campaigns
        ]
    )
    name = context.label("channel", leader.channel)
    share = earnings.part(channels, context.baseline, leader.channel, "purchases")
    leads = Finding(
        heading=_("{name} leads sales", name=name)[:30],
        text=_("{counted} came from {name}.", counted=counted, name=name),
        evidence=_leader_evidence(leader, context),
        weight=0.1 + 0.5 * share,
    )
    return [leads, *_one_source(channels, leader, context)]


def _one_source(channels: pd.DataFrame, leader: earnings.Leader, context: Context) -> list[Finding]:
    """A risk where nearly all revenue of every campaign comes through one channel."""
    formats, name = context.formats, context.label("channel", leader.channel)
    shares = {
        c.key: earnings.part(channels, c, leader.channel, "revenue") for c in context.campaigns
    }
    if min(shares.values()) < ONE_SOURCE:
        return []
    buyers = shape.lookup(channels, ["campaign", "channel"], "buyers")
    told = formats.join(
        [
            n_(
                "{share} of {campaign} revenue ({n} buyer)",
                "{share} of {campaign} revenue ({n} buyers)",
                int(buyers[c.key, leader.channel]),
                share=formats.share(shares[c.key]),
                campaign=c.label,
                n=formats.count(buyers[c.key, leader.channel]),
            )
            for c in context.campaigns
        ]
    )
    return [
        Finding(
            heading=_("One channel"),
            text=_(
                "{told} came from {name}. If {name} changes, so does the business.",
                told=told,
                name=name,
            ),
            evidence=_leader_evidence(leader, context),
            kind="risk",
            weight=min(shares.values()),
        )
    ]


def _leader_evidence(leader: earnings.Leader, context: Context) -> Evidence:
    row = {"campaign": context.baseline.key, "channel": leader.channel}
    return Evidence(table="by_channel", row=row)


def _loss_findings(channels: pd.DataFrame, context: Context) -> list[Finding]:
    """Channels that cost more than they brought."""
    if not context.metrics.costs:
        return []
    formats, found = context.formats, []
    for campaign in context.campaigns:
        mine = channels[(channels["campaign"] == campaign.key) & (channels["profit"] < 0)]
        if mine.empty:
            continue
        listed = formats.join(
            [
                f"{context.label('channel', row.channel)} {formats.money(row.profit)}"
                for row in mine.sort_values("profit").head(MOST_LISTED).itertuples()
            ]
        )
        channel = shape.known(mine.iloc[-1]["channel"])
        found.append(
            Finding(
                heading=_("Channels that lost money"),
                text=_(
                    "{campaign}: {listed}, revenue less acquisition cost.",
                    campaign=campaign.label,
                    listed=listed,
                ),
                evidence=Evidence(
                    table="by_channel", row={"campaign": campaign.key, "channel": channel}
                ),
                weight=0.35,
            )
        )
    return found


def _top_fifth(curve: pd.DataFrame, context: Context) -> list[Finding]:
    formats, baseline = context.formats, context.baseline
    if baseline.key not in set(curve["campaign"]):
        return []
    gini = concentration.gini(curve, baseline.key)
    share = concentration.share_of_top(curve, baseline.key)
    return [
        Finding(
            heading=_("A fifth of buyers"),
            text=_(
                "The highest-spending fifth of {baseline} buyers bring {share} of revenue (Gini"
                " {gini}).",
                baseline=baseline.label,
                share=formats.share(share),
                gini=formats.statistic(gini),
            ),
            evidence=Evidence(table="concentration", row={"campaign": baseline.key}),
            weight=0.1 + 0.3 * gini,
        )
    ]


def _top_category(sales: pd.DataFrame | None, context: Context) -> list[Finding]:
    if sales is None:
        return []
    formats, baseline = context.formats, context.baseline
    mine = sales[sales["campaign"] == baseline.key]
    if len(mine) < 2:
        return []
    first = mine.iloc[0]
    category = shape.known(first["category"])
    return [
        Finding(
            heading=_("Top category"),
            text=_(
                "{category} brought {revenue} of {baseline}'s {sum}, the most of {n}.",
                category=context.label("category", category).capitalize(),
                revenue=formats.money(first["revenue"]),
                baseline=baseline.label,
                sum=formats.money(float(mine["revenue"].sum())),
                n=formats.count(len(mine)),
            ),
            evidence=Evidence(
                table="by_category", row={"campaign": baseline.key, "category": category}
            ),
            weight=0.12,
        )
    ]
