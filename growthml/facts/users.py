"""Facts about users: how many, from where, since when, and what they add up to."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.selectable import Select, Subquery

from growthml.facts.expressions import ONE, ZERO, nothing, real, tally, total, whole
from growthml.facts.fact import Fact
from growthml.facts.relations import Relations
from growthml.sources.dialect import INSTANT, exact, period_of

MOMENTS = ("revenue", "purchases", "buyer")
"""Per-user quantities whose means and centred second moments are counted together."""


def _span(relations: Relations) -> Select[Any]:
    """A campaign without users has no row."""
    users = relations.users
    signed_up = (
        sa.select(
            users.c.campaign,
            whole(sa.func.count()).label("users"),
            sa.func.min(users.c.signed_up_at).label("first_signup"),
            sa.func.max(users.c.signed_up_at).label("last_signup"),
        )
        .group_by(users.c.campaign)
        .subquery("signed_up")
    )
    if not relations.has_actions:
        return sa.select(
            signed_up,
            whole(ZERO).label("events"),
            nothing(INSTANT).label("first_event"),
            nothing(INSTANT).label("last_event"),
        )
    events = relations.events
    acted = (
        sa.select(
            events.c.campaign,
            whole(sa.func.sum(events.c.n)).label("events"),
            sa.func.min(events.c.occurred_at).label("first_event"),
            sa.func.max(events.c.occurred_at).label("last_event"),
        )
        .group_by(events.c.campaign)
        .subquery("acted")
    )
    return sa.select(
        signed_up,
        whole(sa.func.coalesce(acted.c.events, ZERO)).label("events"),
        acted.c.first_event,
        acted.c.last_event,
    ).select_from(signed_up.outerjoin(acted, acted.c.campaign == signed_up.c.campaign))


def _totals(relations: Relations) -> Select[Any]:
    """Second moments are centred in a second step: sum(x * x) would lose them to rounding."""
    if not relations.has_actions:
        return _users_only(relations)
    centred = _with_means(relations)
    group = (centred.c.campaign, centred.c.channel)
    revenue = total(centred.c.revenue)

    def spread(first: str, second: str) -> sa.ColumnElement[float]:
        left = centred.c[first] - centred.c[f"mean_{first}"]
        right = centred.c[second] - centred.c[f"mean_{second}"]
        return total(left * right)

    return (
        sa.select(
            *group,
            whole(sa.func.count()).label("n"),
            whole(sa.func.sum(centred.c.active)).label("active"),
            whole(sa.func.sum(centred.c.buyer)).label("buyers"),
            whole(sa.func.sum(centred.c.purchases)).label("purchases"),
            (revenue if relations.has_money else nothing(sa.Double())).label("revenue"),
            *(real(sa.func.min(centred.c[f"mean_{a}"])).label(f"mean_{a}") for a in MOMENTS),
            *(spread(a, a).label(f"m2_{a}") for a in MOMENTS),
            *(spread(a, b).label(f"m2_{a}_{b}") for a, b in combinations(MOMENTS, 2)),
        )
        .group_by(*group)
        .order_by(*group)
    )


def _with_means(relations: Relations) -> Subquery:
    """Each user's totals beside the means of their campaign and channel."""
    totals = relations.user_totals
    group = (totals.c.campaign, totals.c.channel)
    quantities = {name: real(totals.c[name]) for name in MOMENTS}
    return sa.select(
        *group,
        totals.c.active,
        *(quantity.label(name) for name, quantity in quantities.items()),
        *(_mean(quantity, group).label(f"mean_{name}") for name, quantity in quantities.items()),
    ).subquery("centred")


def _mean(
    quantity: sa.ColumnElement[float], group: tuple[sa.ColumnElement[Any], ...]
) -> sa.ColumnElement[float]:
    """The mean over a group, beside each of its rows."""
    summed = sa.func.sum(exact(quantity)).over(partition_by=group)
    return real(summed) / sa.func.count().over(partition_by=group)


def _users_only(relations: Relations) -> Select[Any]:
    users = relations.users
    return (
        sa.select(users.c.campaign, users.c.channel, whole(sa.func.count()).label("n"))
        .group_by(users.c.campaign, users.c.channel)
        .order_by(users.c.campaign, users.c.channel)
    )


def _signups(relations: Relations) -> Select[Any]:
    relations.need_times()
    users = relations.users
    dated = (
        sa.select(
            users.c.campaign,
            period_of(users.c.signed_up_at, relations.counting.grain).label("period"),
            users.c.channel,
        )
        .where(users.c.signed_up_at.is_not(None))
        .subquery("dated")
    )
    return (
        sa.select(
            dated.c.campaign,
            dated.c.period,
            dated.c.channel,
            whole(sa.func.count()).label("users"),
        )
        .group_by(dated.c.campaign, dated.c.period, dated.c.channel)
        .order_by(dated.c.campaign, dated.c.period, dated.c.channel)
    )


def _overlap(relations: Relations) -> Select[Any]:
    members = relations.all_members
    counted = sa.select(
        members.c.campaign,
        relations.campaigns_of_user.label("campaigns"),
    ).subquery("counted")
    return (
        sa.select(
            counted.c.campaign,
            whole(sa.func.count()).label("users"),
            whole(tally(counted.c.campaigns > ONE)).label("in_several"),
        )
        .group_by(counted.c.campaign)
        .order_by(counted.c.campaign)
    )


def _channels(relations: Relations) -> Select[Any]:
    users = relations.users
    group = (users.c.campaign, users.c.channel)
    return sa.select(*group).distinct().order_by(*group)


FACTS = (
    Fact(name="span", says="users and events of a campaign, first and last of each", query=_span),
    Fact(
        name="totals",
        says="users by channel: active, buyers, purchases, revenue; per-user means and centred"
        " second moments",
        query=_totals,
    ),
    Fact(name="channels", says="the channels users came from", query=_channels),
    Fact(name="signups", says="users who signed up, by period and channel", query=_signups),
    Fact(name="overlap", says="users of a campaign who are in another one too", query=_overlap),
)
