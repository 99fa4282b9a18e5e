"""Which users a response model puts in order, who is left out, and the words for both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from growthml import shape
from growthml.parts import Campaign, Context, Facts
from growthml.words import _, n_

if TYPE_CHECKING:
    import pandas as pd

    from growthml.stats.response_model import Scored

FEWEST_FOR_CURVE = 20
"""Below this many responders no curve is drawn, and groups are shown instead."""


@dataclass(frozen=True, kw_only=True)
class Ordered:
    """A campaign's users in the order of each model, the older first; or why there is none."""

    campaign: Campaign
    scored: Sequence[Scored] = ()
    reason: str = ""

    @property
    def few(self) -> bool:
        """Whether too few responded for a curve."""
        return self.scored[0].responders < FEWEST_FOR_CURVE


def ordered(
    facts: Facts, campaigns: Sequence[Campaign], context: Context, horizon_days: int
) -> list[Ordered]:
    """Each of the campaigns in the order of its models, from the facts `features` and
    `feature_actions`; none with a reason."""
    from growthml.stats import response_model

    features, actions = facts.get("features"), facts.get("feature_actions")
    if features is None or actions is None:
        reason = _("the source does not say when users did what")
        return [Ordered(campaign=each, reason=reason) for each in campaigns]
    known = response_model.named(features, actions)
    found = []
    for campaign in campaigns:
        reason = _unfit(known, context.baseline, context, horizon_days)
        reason = reason or _unfit(known, campaign, context, horizon_days)
        scored = () if reason else response_model.scored(known, context.baseline.key, campaign.key)
        found.append(Ordered(campaign=campaign, scored=scored, reason=reason))
    return found


def _unfit(known: pd.DataFrame, campaign: Campaign, context: Context, horizon_days: int) -> str:
    """Why a campaign can be neither learnt from nor judged by, or nothing."""
    from growthml.stats import response_model

    formats = context.formats
    last = cut_off(campaign, context, horizon_days)
    if campaign.start is not None and last < campaign.start:
        return n_(
            "{campaign}'s window is no longer than the {n} day to be predicted",
            "{campaign}'s window is no longer than the {n} days to be predicted",
            horizon_days,
            campaign=campaign.label,
            n=formats.count(horizon_days),
        )
    mine = known[known["campaign"] == campaign.key]
    users, responders = int(mine["users"].sum()), int(mine["responders"].sum())
    if not users:
        return _(
            "no user of {campaign} was known by {last}",
            campaign=campaign.label,
            last=formats.date(last),
        )
    if response_model.enough(known, campaign.key):
        return ""
    return n_(
        "{responders} of {users} {campaign} users responded in the {n} day after {last}; at least"
        " {fewest} who did, and as many who did not, are needed",
        "{responders} of {users} {campaign} users responded in the {n} days after {last}; at least"
        " {fewest} who did, and as many who did not, are needed",
        horizon_days,
        responders=formats.count(responders),
        users=formats.count(users),
        campaign=campaign.label,
        n=formats.count(horizon_days),
        last=formats.date(last),
        fewest=response_model.FEWEST,
    )


def cut_off(campaign: Campaign, context: Context, horizon_days: int) -> date:
    """The last day of a campaign's features: `horizon_days` before the end of what is seen."""
    unseen = context.as_of + timedelta(days=1)
    end = min(campaign.end or unseen, unseen)
    return end - timedelta(days=horizon_days + 1)


def model_name(scored: Scored, context: Context) -> str:
    """What pages call a model: by the campaign it learnt from."""
    labels = {each.key: each.label for each in context.campaigns}
    own = scored.trained_on == scored.campaign
    label = labels[scored.trained_on]
    return (
        _("{campaign}'s own model", campaign=label)
        if own
        else _("{campaign}'s model", campaign=label)
    )


def how_tested(
    facts: Facts, campaigns: Sequence[Campaign], context: Context, horizon_days: int
) -> str:
    """When features and responses come from, and how many users are left out, in sentences."""
    formats, features, totals = context.formats, facts["features"], facts["totals"]
    dates = {each: cut_off(each, context, horizon_days) for each in campaigns}
    listed = (
        formats.date(next(iter(dates.values())))
        if len(set(dates.values())) == 1
        else formats.join([f"{formats.date(day)} ({each.label})" for each, day in dates.items()])
    )
    left_out, sampled = [], []
    for each in campaigns:
        mine = features[features["campaign"] == each.key]
        everybody = int(totals[totals["campaign"] == each.key]["n"].sum())
        known = int(mine["population"].max()) if len(mine) else 0
        users = int(mine["users"].sum())
        left_out.append(
            _(
                "{part} {campaign} users",
                part=shape.part_of(everybody - known, everybody, context),
                campaign=each.label,
            )
        )
        if users < known:
            sampled.append(
                _(
                    "{part} {campaign} users",
                    part=shape.part_of(users, known, context),
                    campaign=each.label,
                )
            )
    words = n_(
        "Features come from up to {listed}, responses from the {n} day after it; {left_out} were"
        " not known by then and are left out.",
        "Features come from up to {listed}, responses from the {n} days after it; {left_out} were"
        " not known by then and are left out.",
        horizon_days,
        listed=listed,
        n=formats.count(horizon_days),
        left_out=formats.join(left_out),
    )
    if sampled:
        words += _(
            " Fitted on {sampled}, drawn by a hash of their ids.", sampled=formats.join(sampled)
        )
    return words
