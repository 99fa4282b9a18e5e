"""Facts about users: how many, from where, since when, and what they add up to."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.selectable import Select

from growthml.facts.fact import Fact
from growthml.facts.relations import Relations, moment, real, tally, whole
from growthml.sources.dialect import period_of

MOMENTS = ("revenue", "purchases", "buyer")
"""Per-user quantities whose means and centred second moments are counted together."""


def _span(relations: Relations) -> Select[Any]:
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
        none = sa.cast(sa.null(), signed_up.c.first_signup.type)
        return sa.select(
            signed_up,
            whole(sa.literal(0)).label("events"),
            none.label("first_event"),
            none.label("last_event"),
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
        whole(sa.func.coalesce(acted.c.events, 0)).label("events"),
        acted.c.first_event,
        acted.c.last_event,
    ).select_from(signed_up.outerjoin(acted, acted.c.campaign == signed_up.c.campaign))


def _totals(relations: Relations) -> Select[Any]:
    if not relations.has_actions:
        return _users_only(relations)
    totals = relations.user_totals
    group = (totals.c.campaign, totals.c.channel)
    quantities = [real(totals.c[name]).label(name) for name in MOMENTS]
    centred = sa.select(
        *group,
        totals.c.active,
        *quantities,
        *(
            sa.func.avg(real(totals.c[name])).over(partition_by=group).label(f"mean_{name}")
            for name in MOMENTS
        ),
    ).subquery("centred")

    def spread(first: str, second: str) -> sa.ColumnElement[float]:
        return real(
            sa.func.sum(
                (centred.c[first] - centred.c[f"mean_{first}"])
                * (centred.c[second] - centred.c[f"mean_{second}"])
            )
        )

    pairs = [(a, b) for i, a in enumerate(MOMENTS) for b in MOMENTS[i + 1 :]]
    return (
        sa.select(
            centred.c.campaign,
            centred.c.channel,
            whole(sa.func.count()).label("n"),
            whole(sa.func.sum(centred.c.active)).label("active"),
            whole(sa.func.sum(centred.c.buyer)).label("buyers"),
            whole(sa.func.sum(centred.c.purchases)).label("purchases"),
            *_revenue(relations, real(sa.func.sum(centred.c.revenue))),
            *(real(sa.func.min(centred.c[f"mean_{a}"])).label(f"mean_{a}") for a in MOMENTS),
            *(spread(a, a).label(f"m2_{a}") for a in MOMENTS),
            *(spread(a, b).label(f"m2_{a}_{b}") for a, b in pairs),
        )
        .group_by(centred.c.campaign, centred.c.channel)
        .order_by(centred.c.campaign, centred.c.channel)
    )


def _revenue(relations: Relations, total: sa.ColumnElement[float]) -> list[Any]:
    known = total if relations.has_money else sa.cast(sa.null(), sa.Double())
    return [known.label("revenue")]


def _users_only(relations: Relations) -> Select[Any]:
    users = relations.users
    return (
        sa.select(users.c.campaign, users.c.channel, whole(sa.func.count()).label("n"))
        .group_by(users.c.campaign, users.c.channel)
        .order_by(users.c.campaign, users.c.channel)
    )


def _signups(relations: Relations) -> Select[Any]:
    users = relations.users
    if users.c.signed_up_at is None:  # pragma: no cover - kept for engines without the column
        relations.need("users.signed_up_at")
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
        sa.func.count().over(partition_by=members.c.user_id).label("campaigns"),
    ).subquery("counted")
    return (
        sa.select(
            counted.c.campaign,
            whole(sa.func.count()).label("users"),
            whole(tally(counted.c.campaigns > 1)).label("in_several"),
        )
        .group_by(counted.c.campaign)
        .order_by(counted.c.campaign)
    )


FACTS = (
    Fact(name="span", says="users and events of a campaign, first and last of each", query=_span),
    Fact(
        name="totals",
        says="users by channel: active, buyers, purchases, revenue; per-user means and centred"
        " second moments",
        query=_totals,
    ),
    Fact(name="signups", says="users who signed up, by period and channel", query=_signups),
    Fact(name="overlap", says="users of a campaign who are in another one too", query=_overlap),
)

__all__ = ["FACTS", "MOMENTS", "moment"]
