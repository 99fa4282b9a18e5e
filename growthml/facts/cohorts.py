"""Facts about cohorts: how many users each has, and what they did in the periods after.

A user's cohort is the calendar month (or ISO week) of their sign-up or of their first response, in
their whole history. A user counts once a period, however much they did in it.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import Select, Subquery

from growthml.facts.expressions import any_row, nothing, real, total, whole
from growthml.facts.fact import Fact
from growthml.facts.history import history
from growthml.facts.relations import Relations
from growthml.sources.dialect import Grain, exact, period_of

FIRST_RESPONSE = "first_response"
RESPONSE = "response"


def _sizes(relations: Relations, by: str, grain: Grain) -> Select[Any]:
    """by: `signup` or `first_response`."""
    seen = history(relations)
    if by == FIRST_RESPONSE:
        events = seen.events
        users = (
            sa.select(events.c.campaign, sa.func.min(events.c.occurred_at).label("started"))
            .where(seen.is_response(events), events.c.occurred_at.is_not(None))
            .group_by(events.c.campaign, events.c.user_id)
            .subquery("first_responses")
        )
    else:
        members = seen.users
        users = sa.select(members.c.campaign, members.c.signed_up_at.label("started")).subquery(
            "signups"
        )
    dated = (
        sa.select(users.c.campaign, period_of(users.c.started, grain).label("cohort"))
        .where(users.c.started.is_not(None))
        .subquery("dated")
    )
    group = (dated.c.campaign, dated.c.cohort)
    return (
        sa.select(*group, whole(sa.func.count()).label("users")).group_by(*group).order_by(*group)
    )


def _activity(relations: Relations, by: str, activity: str, grain: Grain) -> Select[Any]:
    """by: `signup` or `first_response`; activity: `active` or `response`."""
    seen = history(relations)
    lived = _lived(seen, _per_period(seen, activity, grain), by, grain)
    group = (lived.c.campaign, lived.c.cohort, lived.c.period)
    last = sa.and_(lived.c.active == 1, lived.c.period == lived.c.last)
    money = total(lived.c.revenue) if seen.has_money else nothing(sa.Double())
    return (
        sa.select(
            *group,
            whole(sa.func.sum(lived.c.active)).label("active_users"),
            whole(sa.func.sum(sa.case((last, 1), else_=0))).label("last_users"),
            money.label("revenue"),
        )
        .where(lived.c.cohort.is_not(None))
        .group_by(*group)
        .order_by(*group)
    )


def _per_period(relations: Relations, activity: str, grain: Grain) -> Subquery:
    """One row a user and period: whether they were active, whether they responded, revenue."""
    events = relations.events
    counts = relations.is_response if activity == RESPONSE else relations.is_active
    columns = {
        "period": period_of(events.c.occurred_at, grain),
        "active": sa.case((counts(events), 1), else_=0),
        "responded": sa.case((relations.is_response(events), 1), else_=0),
        "value": sa.case((relations.is_response(events), events.c.value), else_=0.0),
    }
    did = (
        sa.select(
            events.c.campaign,
            events.c.user_id,
            events.c.signed_up_at,
            *(column.label(name) for name, column in columns.items()),
        )
        .where(
            events.c.occurred_at.is_not(None),
            sa.or_(counts(events), relations.is_response(events)),
        )
        .subquery("did")
    )
    group = (did.c.campaign, did.c.user_id, did.c.period)
    return (
        sa.select(
            *group,
            sa.func.min(did.c.signed_up_at).label("signed_up_at"),
            any_row(did.c.active == 1).label("active"),
            any_row(did.c.responded == 1).label("responded"),
            real(sa.func.coalesce(sa.func.sum(exact(did.c.value)), 0.0)).label("revenue"),
        )
        .group_by(*group)
        .subquery("per_period")
    )


def _lived(relations: Relations, rows: Subquery, by: str, grain: Grain) -> Subquery:
    """The rows with the user's cohort and the last period they were active in."""
    user = [rows.c.campaign, rows.c.user_id]

    def over_user(extreme: Any, flag: ColumnElement[int]) -> ColumnElement[Any]:
        picked: ColumnElement[Any] = extreme(sa.case((flag == 1, rows.c.period))).over(
            partition_by=user
        )
        return picked

    cohort = (
        over_user(sa.func.min, rows.c.responded)
        if by == FIRST_RESPONSE
        else period_of(rows.c.signed_up_at, grain)
    )
    return sa.select(
        rows.c.campaign,
        rows.c.period,
        rows.c.active,
        rows.c.revenue,
        cohort.label("cohort"),
        over_user(sa.func.max, rows.c.active).label("last"),
    ).subquery("lived")


FACTS = (
    Fact(name="cohort_sizes", says="users by cohort", query=_sizes),
    Fact(
        name="cohort_activity",
        says="by cohort and period: active users, those of them never active later, revenue",
        query=_activity,
    ),
)
