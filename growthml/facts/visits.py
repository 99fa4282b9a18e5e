"""Visits of known users, where the schema maps them: how long campaigns hold their users' time."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.selectable import CTE, Select

from growthml.facts.cut import Cut
from growthml.facts.expressions import ZERO, or_unknown, whole, within
from growthml.facts.fact import Fact
from growthml.facts.relations import Relations, united


def visits(relations: Relations) -> CTE:
    """campaign, user_id, channel, occurred_at, duration (seconds); one row a visit.

    Visits of the campaigns' users inside their windows, as far as they are seen. Raises
    NotEnoughData unless `visits.user_id` is mapped, and `visits.occurred_at` where a campaign has
    a window. Fields that are not mapped are NULL.
    """
    relations.need("visits.user_id")
    parts = [_visits_of(cut, relations) for cut in relations.cuts]
    return relations.named(united(parts), "visits_")


def _visits_of(cut: Cut, relations: Relations) -> Select[Any]:
    table, users = relations.mapped.visits, relations.users
    assert table is not None
    occurred = table["occurred_at"]
    conditions = [users.c.campaign == cut.key]
    if "occurred_at" in table.fields:
        conditions.append(or_unknown(occurred < relations.seen_before, occurred))
        conditions += within(occurred, cut.start, cut.ends)
    elif cut.windowed:
        relations.need("visits.occurred_at")
    return (
        sa.select(
            users.c.campaign,
            users.c.user_id,
            users.c.channel,
            occurred.label("occurred_at"),
            table["duration"].label("duration"),
        )
        .select_from(table.table.join(users, users.c.user_id == table["user_id"]))
        .where(*conditions)
    )


def _time_on_site(relations: Relations) -> Select[Any]:
    """Durations are counted to the second, so that rows stay few however many visits there are."""
    relations.need("visits.duration")
    found = visits(relations)
    seconds = whole(sa.func.round(found.c.duration))
    group = (found.c.campaign, found.c.channel, seconds)
    return (
        sa.select(
            found.c.campaign,
            found.c.channel,
            seconds.label("seconds"),
            whole(sa.func.count()).label("visits"),
        )
        .where(found.c.duration >= ZERO)
        .group_by(*group)
        .order_by(*group)
    )


FACTS = (
    Fact(
        name="time_on_site",
        says="visits of a campaign's users by channel and length in whole seconds",
        query=_time_on_site,
        roles=frozenset({"visits"}),
    ),
)
