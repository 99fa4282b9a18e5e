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

if TYPE_CHECKING:
    import pandas as pd

FEW_HITS = 10
"""Where no method hits more users than this, the sample says little."""


def headline(trials: Sequence[Trial], context: Context) -> str:
    """Whether taste beats popularity, campaign by campaign."""
    asked = [each for each in trials if each.tried]
    if not asked:
        judged = context.formats.join([context.formats.count(each.judged) for each in trials])
        return (
            "Too little to say whether knowing a user's taste beats popularity"
            f" ({judged} users to judge by): lists show what is popular."
        )
    winners = [each for each in asked if each.winner(context)]
    others = [each for each in asked if not each.winner(context)]
    rates = {id(each): _rates(each, context) for each in asked}
    lost = context.formats.join([f"{each.campaign.label} {rates[id(each)]}" for each in others])
    won = context.formats.join([f"{each.campaign.label} {rates[id(each)]}" for each in winners])
    if len(trials) == 1 and not winners:
        return (
            "No evidence that knowing a user's taste beats showing everybody what is popular"
            f" (hit rate {rates[id(others[0])]})."
        )
    if len(trials) == 1:
        return (
            "Knowing a user's taste beats showing everybody what is popular: hit rate"
            f" {rates[id(winners[0])]}."
        )
    if not winners:
        return f"No evidence that knowing their taste beats what is popular: hit rate {lost}."
    if not others:
        return f"Knowing a user's taste beats what is popular: hit rate {won}."
    return f"Knowing a user's taste beats popularity: hit rate {won}; no evidence of it: {lost}."


def _rates(found: Trial, context: Context) -> str:
    """The hit rate of the filter that stands for all, and of popularity."""
    best = _best(found, context)
    if best is None:
        return f"{context.formats.rate(found.reference.hit_rate.value)} by popularity"
    return (
        f"{context.formats.rate(best.hit_rate.value)} against"
        f" {context.formats.rate(found.reference.hit_rate.value)}"
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
    way = "items alike" if best.method == ITEM_ITEM else "factors"
    popular = (
        "popularity in their channel" if found.reference.method == IN_CHANNEL else "popularity"
    )
    return Finding(
        heading="Taste beats popularity" if won else "No evidence for taste",
        text=f"Of {context.formats.count(best.users)} {found.campaign.label} users, lists by taste"
        f" ({way}) hit {_hits(best, context)}, lists by {popular}"
        f" {_hits(found.reference, context)}: {difference_told(best, context)} points"
        + ("." if won else ", so lists show what is popular."),
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
        f"{_channel(row['channel'], context)}"
        f" {item_name(row['item_id'], row['category'], context)}"
        f" to “{context.label('action', row['action'])}”"
        for row in firsts.to_dict("records")
    ]
    count = context.formats.plural(int(mine["rank"].max()), "item", "items")
    return Finding(
        heading="What to show first",
        text=f"First of {count} for {found.campaign.label} users, with the likeliest action:"
        f" {'; '.join(told)}.",
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
        "What a user has bought may be listed again, in the trial and in the lists."
        if repeats
        else "What a user has bought is never listed again, in the trial nor in the lists"
        " (nor there what they bought before the campaign); what they did anything else to may be."
    )
    if any(each.tried for each in trials):
        said.append(
            "The items held out were chosen without these lists: what showing them would change,"
            " only a test can show."
        )
    return said


def _few(trials: Sequence[Trial], context: Context) -> list[str]:
    said = [
        f"No trial for {each.campaign.label}: {each.reason}; its users are shown what is popular."
        for each in trials
        if each.reason
    ]
    for each in trials:
        most = max(each.rows, key=lambda row: row.hit_rate.value or 0.0, default=None)
        if most and round((most.hit_rate.value or 0.0) * most.users) < FEW_HITS:
            said.append(
                f"No method hit more than {_hits(most, context)} of"
                f" {context.formats.count(most.users)} {each.campaign.label} users: this"
                " sample cannot tell good lists from better ones."
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
        f"No evidence for {context.formats.join(unproven)} that a channel's own list beats"
        " everybody's: what is popular may well be the same for all."
    ]


def _cold(found: Shown, context: Context) -> str:
    formats, things = context.formats, found.catalogue
    cold = sum(found.cold.values())
    largest = sorted(found.cold.items(), key=lambda each: (-each[1], str(each[0])))[:4]
    listed = formats.join(
        [f"{_channel(name, context)} {formats.count(users)}" for name, users in largest if users]
    )
    everybody = cold + int(things.users.sum())
    return (
        f"{shape.part_of(cold, everybody, context)} {things.campaign.label} users have done nothing"
        f" to an item yet and are shown their channel's list: {listed}."
    )


def _samples(trials: Sequence[Trial], by_user: pd.DataFrame, context: Context) -> list[str]:
    said = []
    for each in trials:
        found, things = each.touches, each.catalogue
        label = things.campaign.label
        if found.users < found.population:
            part = shape.part_of(found.users, found.population, context)
            said.append(f"Fitted on {part} {label} users, drawn by a hash of their ids.")
        own = int(by_user.loc[by_user["campaign"] == things.campaign.key, "user_id"].nunique())
        if own < found.population:
            part = shape.part_of(own, found.population, context)
            said.append(
                f"{part} {label} users who touched an item have a list of their own: the most"
                " active."
            )
        if len(things.items) < things.in_all:
            part = shape.part_of(len(things.items), things.in_all, context)
            said.append(f"Lists are made of {part} {label} items: the most touched.")
    return said


def _weights(trials: Sequence[Trial], context: Context, weights: Mapping[str, float]) -> str:
    used = {action: weight for each in trials for action, weight in each.catalogue.weights.items()}
    formats = context.formats
    told = [
        f"{context.label('action', action)} {formats.number(weight)}"
        for action, weight in sorted(used.items(), key=lambda each: (-each[1], each[0]))[:6]
    ]
    said = f"How much an action says of a taste, once an item: {formats.join(told)}"
    said += " (as configured)." if weights else f" (the response counts {RESPONSE_WEIGHT:g})."
    absent = sorted(set(weights) - set(used))
    if absent:
        said += f" Nobody did {formats.join(absent, 'or')} to an item."
    return said
