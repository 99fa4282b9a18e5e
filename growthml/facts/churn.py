"""Facts about churn: who fell silent, after how long, and how long users' pauses are.

A user has churned when their last action that is not idle (their sign-up, if there is none) lies
strictly more than k days before the last day seen; days are differences of calendar dates.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import Select, Subquery

from growthml.facts.expressions import moment, nothing, whole
from growthml.facts.fact import Fact
from growthml.facts.history import history, last_day
from growthml.facts.relations import Relations
from growthml.sources.dialect import INSTANT, day_of, days_between

_USER = ("campaign", "user_id", "channel", "signed_up_at")


def _churn(relations: Relations, inactive_days: str) -> Select[Any]:
    """Users who could have churned, and those too young, by channel and commonest action.

    days: of a churned user, from sign-up to the last action; of another one who is old enough,
    as long as a silence could still have been seen to last: the survival time, censored.
    """
    k = int(inactive_days)
    seen = history(relations)
    people = _people(seen)
    age = days_between(people.c.signed_up_at, people.c.end)
    silent = days_between(people.c.last, people.c.end) > k
    lived = days_between(people.c.signed_up_at, people.c.last)
    days = sa.case(
        (age <= k, 0), (sa.and_(silent, lived > 0), lived), (silent, 0), else_=age - k - 1
    )
    rows = sa.select(
        people.c.campaign,
        people.c.channel,
        people.c.action,
        sa.case((age > k, 1), else_=0).label("old_enough"),
        sa.case((silent, 1), else_=0).label("churned"),
        whole(days).label("days"),
    ).subquery("silences")
    group = tuple(rows.c)
    return (
        sa.select(*group, whole(sa.func.count()).label("users")).group_by(*group).order_by(*group)
    )


def _people(relations: Relations) -> Subquery:
    """One row a user: sign-up, last action that is not idle, commonest action, last day seen.

    Of equally common actions those that are not idle come first, then the first by name. Users
    stand among their actions as one that was never done, which saves joining the two.
    """
    rows = sa.union_all(_actions(relations), _nothing_done(relations)).subquery("actions")
    user = (rows.c.campaign, rows.c.user_id)
    common = (rows.c.times.desc(), rows.c.idle, rows.c.action)
    ranked = sa.select(
        rows.c.campaign,
        rows.c.channel,
        rows.c.signed_up_at,
        rows.c.action,
        sa.func.max(rows.c.last).over(partition_by=user).label("last"),
        sa.func.row_number().over(partition_by=user, order_by=common).label("place"),
    ).subquery("ranked")
    return (
        sa.select(
            ranked.c.campaign,
            ranked.c.channel,
            ranked.c.signed_up_at,
            ranked.c.action,
            sa.func.coalesce(ranked.c.last, ranked.c.signed_up_at).label("last"),
            last_day(relations, ranked.c.campaign, moment).label("end"),
        )
        .where(ranked.c.place == 1)
        .subquery("people")
    )


def _actions(relations: Relations) -> Select[Any]:
    """How often each user did each action, and the last time if it is not idle."""
    events = relations.acts
    active = relations.is_active(events)
    user = [events.c[name] for name in _USER]
    return (
        sa.select(
            *user,
            events.c.action,
            whole(sa.func.sum(events.c.n)).label("times"),
            sa.func.max(sa.case((active, 0), else_=1)).label("idle"),
            sa.func.max(sa.case((active, events.c.occurred_at))).label("last"),
        )
        .where(
            events.c.action.is_not(None),
            events.c.occurred_at.is_not(None),
            events.c.signed_up_at.is_not(None),
        )
        .group_by(*user, events.c.action)
    )


def _nothing_done(relations: Relations) -> Select[Any]:
    users = relations.users
    return sa.select(
        *(users.c[name] for name in _USER),
        nothing(sa.String()).label("action"),
        whole(sa.literal(0)).label("times"),
        sa.literal(1).label("idle"),
        nothing(INSTANT).label("last"),
    ).where(users.c.signed_up_at.is_not(None))


def _gaps(relations: Relations) -> Select[Any]:
    seen = history(relations)
    events = seen.events
    days = (
        sa.select(events.c.campaign, events.c.user_id, day_of(events.c.occurred_at).label("day"))
        .where(seen.is_active(events), events.c.occurred_at.is_not(None))
        .distinct()
        .subquery("active_days")
    )
    before = (
        sa.func.lag(days.c.day)
        .over(partition_by=(days.c.campaign, days.c.user_id), order_by=days.c.day)
        .label("before")
    )
    pauses = sa.select(days.c.campaign, days.c.day, before).subquery("pauses")
    gap: ColumnElement[int] = whole(days_between(pauses.c.before, pauses.c.day))
    rows = (
        sa.select(pauses.c.campaign, gap.label("days"))
        .where(pauses.c.before.is_not(None))
        .subquery("gaps")
    )
    group = (rows.c.campaign, rows.c.days)
    return sa.select(*group, whole(sa.func.count()).label("gaps")).group_by(*group).order_by(*group)


FACTS = (
    Fact(
        name="churn",
        says="users by channel and commonest action: old enough, churned, days to the last action",
        query=_churn,
    ),
    Fact(
        name="gaps",
        says="pauses between two days a user was active, by length in days",
        query=_gaps,
    ),
)
