"""A trial of recommenders in words: the headline, findings, caveats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from growthml import shape
from growthml.analysis.orders import IN_CHANNEL, ITEM_ITEM
from growthml.analysis.shown import Shown
from growthml.analysis.shown_tables import item_name
from growthml.analysis.touches import RESPONSE_WEIGHT
from growthml.analysis.trial import Trial, Tried
from growthml.analysis.trial_tables import difference_told
from growthml.parts import Context, Evidence, Finding
from growthml.words import _, n_

if TYPE_CHECKING:
    import pandas as pd

FEW_HITS = 10
"""Where no method hits more users than this, the sample says little."""


def headline(trials: Sequence[Trial], context: Context) -> str:
    """Whether taste beats popularity, campaign by campaign."""
    asked = [each for each in trials if each.tried]
    if not asked:
        judged = context.formats.join([context.formats.count(each.judged) for each in trials])
        return _(
            "Too little to say whether knowing a user's taste beats popularity ({judged} users"
            " to judge by): lists show what is popular.",
            judged=judged,
        )
    winners = [each for each in asked if each.winner(context)]
    others = [each for each in asked if not each.winner(context)]
    rates = {id(each): _rates(each, context) for each in asked}
    lost = context.formats.join([f"{each.campaign.label} {rates[id(each)]}" for each in others])
    won = context.formats.join([f"{each.campaign.label} {rates[id(each)]}" for each in winners])
    if len(trials) == 1 and not winners:
        return _(
            "No evidence that knowing a user's taste beats showing everybody what is popular"
            " (hit rate {rates}).",
            rates=rates[id(others[0])],
        )
    if len(trials) == 1:
        return _(
            "Knowing a user's taste beats showing everybody what is popular: hit rate {rates}.",
            rates=rates[id(winners[0])],
        )
    if not winners:
        return _(
            "No evidence that knowing their taste beats what is popular: hit rate {lost}.",
            lost=lost,
        )
    if not others:
        return _("Knowing a user's taste beats what is popular: hit rate {won}.", won=won)
    return _(
        "Knowing a user's taste beats popularity: hit rate {won}; no evidence of it: {lost}.",
        won=won,
        lost=lost,
    )


def _rates(found: Trial, context: Context) -> str:
    """The hit rate of the filter that stands for all, and of popularity."""
    best = _best(found, context)
    if best is None:
        return _(
            "{value} by popularity", value=context.formats.rate(found.reference.hit_rate.value)
        )
    return _(
        "{rate} against {popular}",
        rate=context.formats.rate(best.hit_rate.value),
        popular=context.formats.rate(found.reference.hit_rate.value),
    )


def _best(found: Trial, context: Context) -> Tried | None:
    """The winner, or the filter that came nearest to being one."""
    nearest = max(found.filters, key=lambda each: each.hit_rate.value or 0.0, default=None)
    return found.winner(context) or nearest


def findings(trials: Sequence[Trial], by_channel: pd.DataFrame, context: Context) -> list[Finding]:
    """What the trial found, and what each channel should be shown first."""
    told = [_trial_finding(each, context) for each in trials if _best(each, context)]
    return [*told, *(_first_items(each, by_channel, context) for each in trials[-1:])]


def _trial_finding(found: Trial, context: Context) -> Finding:
    best = _best(found, context)
    assert best is not None
    won = best.beats(context)
    way = _("items alike") if best.method == ITEM_ITEM else _("factors")
    popular = (
        _("popularity in their channel")
        if found.reference.method == IN_CHANNEL
        else _("popularity")
    )
    told = _(
        "Of {users} {campaign} users, lists by taste ({way}) hit {hits}, lists by {popular}"
        " {reference}: {difference} points",
        users=context.formats.count(best.users),
        campaign=found.campaign.label,
        way=way,
        hits=_hits(best, context),
        popular=popular,
        reference=_hits(found.reference, context),
        difference=difference_told(best, context),
    )
    return Finding(
        heading=_("Taste beats popularity") if won else _("No evidence for taste"),
        text=f"{told}." if won else _("{told}, so lists show what is popular.", told=told),
        evidence=Evidence(
            table="evaluation",
            row={"campaign": found.campaign.key, "method": best.method, "k": best.k},
        ),
        weight=0.45 if won else 0.15,
    )


def _hits(each: Tried, context: Context) -> str:
    return context.formats.count(round((each.hit_rate.value or 0.0) * each.users))


def _first_items(found: Trial, by_channel: pd.DataFrame, context: Context) -> Finding:
    mine = by_channel[by_channel["campaign"] == found.campaign.key]
    firsts = mine[mine["rank"] == 1].head(4)
    told = [
        _(
            "{channel} {item} to “{action}”",
            channel=_channel(row["channel"], context),
            item=item_name(row["item_id"], row["category"], context),
            action=context.label("action", row["action"]),
        )
        for row in firsts.to_dict("records")
    ]
    most = int(mine["rank"].max())
    return Finding(
        heading=_("What to show first"),
        text=n_(
            "First of {n} item for {campaign} users, with the likeliest action: {told}.",
            "First of {n} items for {campaign} users, with the likeliest action: {told}.",
            most,
            n=context.formats.count(most),
            campaign=found.campaign.label,
            told="; ".join(told),
        ),
        evidence=Evidence(
            table="by_channel",
            row={
                "campaign": found.campaign.key,
                "channel": shape.known(firsts.iloc[0]["channel"]),
                "rank": 1,
            },
        ),
        weight=0.2,
    )


def _channel(value: object, context: Context) -> str:
    return "everybody" if shape.known(value) is None else context.label("channel", value)


def caveats(
    trials: Sequence[Trial],
    lists: Sequence[Shown],
    by_user: pd.DataFrame,
    context: Context,
    weights: Mapping[str, float],
    repeats: bool,
) -> list[str]:
    """What a reader must know of the trial and the lists."""
    said = [*_few(trials, context), *_networks(trials, context)]
    said += [_cold(each, context) for each in lists if sum(each.cold.values())]
    said += _samples(trials, by_user, context)
    said.append(_weights(trials, context, weights))
    said.append(
        _("What a user has bought may be listed again, in the trial and in the lists.")
        if repeats
        else _(
            "What a user has bought is never listed again, in the trial nor in the lists (nor there"
            " what they bought before the campaign); what they did anything else to may be."
        )
    )
    if any(each.tried for each in trials):
        said.append(
            _(
                "The items held out were chosen without these lists: what showing them would"
                " change, only a test can show."
            )
        )
    return said


def _few(trials: Sequence[Trial], context: Context) -> list[str]:
    said = [
        _(
            "No trial for {campaign}: {reason}; its users are shown what is popular.",
            campaign=each.campaign.label,
            reason=each.reason,
        )
        for each in trials
        if each.reason
    ]
    for each in trials:
        most = max(each.rows, key=lambda row: row.hit_rate.value or 0.0, default=None)
        if most and round((most.hit_rate.value or 0.0) * most.users) < FEW_HITS:
            said.append(
                _(
                    "No method hit more than {hits} of {users} {campaign} users: this sample cannot"
                    " tell good lists from better ones.",
                    hits=_hits(most, context),
                    users=context.formats.count(most.users),
                    campaign=each.campaign.label,
                )
            )
    return said


def _networks(trials: Sequence[Trial], context: Context) -> list[str]:
    unproven = [
        each.campaign.label
        for each in trials
        if each.tried
        and any(row.method == IN_CHANNEL and not row.beats(context) for row in each.rows)
    ]
    if not unproven:
        return []
    return [
        _(
            "No evidence for {unproven} that a channel's own list beats everybody's: what is"
            " popular may well be the same for all.",
            unproven=context.formats.join(unproven),
        )
    ]


def _cold(found: Shown, context: Context) -> str:
    formats, things = context.formats, found.catalogue
    cold = sum(found.cold.values())
    largest = sorted(found.cold.items(), key=lambda each: (-each[1], str(each[0])))[:4]
    listed = formats.join(
        [f"{_channel(name, context)} {formats.count(users)}" for name, users in largest if users]
    )
    everybody = cold + int(things.users.sum())
    return _(
        "{part} {campaign} users have done nothing to an item yet and are shown their channel's"
        " list: {listed}.",
        part=shape.part_of(cold, everybody, context),
        campaign=things.campaign.label,
        listed=listed,
    )


def _samples(trials: Sequence[Trial], by_user: pd.DataFrame, context: Context) -> list[str]:
    said = []
    for each in trials:
        found, things = each.touches, each.catalogue
        label = things.campaign.label
        if found.users < found.population:
            part = shape.part_of(found.users, found.population, context)
            said.append(
                _(
                    "Fitted on {part} {label} users, drawn by a hash of their ids.",
                    part=part,
                    label=label,
                )
            )
        own = int(by_user.loc[by_user["campaign"] == things.campaign.key, "user_id"].nunique())
        if own < found.population:
            part = shape.part_of(own, found.population, context)
            said.append(
                _(
                    "{part} {label} users who touched an item have a list of their own: the most"
                    " active.",
                    part=part,
                    label=label,
                )
            )
        if len(things.items) < things.in_all:
            part = shape.part_of(len(things.items), things.in_all, context)
            said.append(
                _(
                    "Lists are made of {part} {label} items: the most touched.",
                    part=part,
                    label=label,
                )
            )
    return said


def _weights(trials: Sequence[Trial], context: Context, weights: Mapping[str, float]) -> str:
    used = {action: weight for each in trials for action, weight in each.catalogue.weights.items()}
    formats = context.formats
    told = [
        f"{context.label('action', action)} {formats.number(weight)}"
        for action, weight in sorted(used.items(), key=lambda each: (-each[1], each[0]))[:6]
    ]
    listed = formats.join(told)
    said = (
        _("How much an action says of a taste, once an item: {told} (as configured).", told=listed)
        if weights
        else _(
            "How much an action says of a taste, once an item: {told} (the response counts"
            " {weight}).",
            told=listed,
            weight=f"{RESPONSE_WEIGHT:g}",
        )
    )
    absent = sorted(set(weights) - set(used))
    if absent:
        said += _(" Nobody did {absent} to an item.", absent=formats.join(absent, "or"))
    return said
