"""Facts about what users do."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.selectable import Select

from growthml.facts.expressions import tally, whole
from growthml.facts.fact import Fact
from growthml.facts.relations import Relations


def _actions(relations: Relations) -> Select[Any]:
    events = relations.acts
    group = (events.c.campaign, events.c.channel, events.c.action)
    per_user = (
        sa.select(*group, events.c.user_id, sa.func.sum(events.c.n).label("events"))
        .where(events.c.action.is_not(None))
        .group_by(*group, events.c.user_id)
        .subquery("per_user")
    )
    keys = (per_user.c.campaign, per_user.c.channel, per_user.c.action)
    return (
        sa.select(
            *keys,
            whole(sa.func.sum(per_user.c.events)).label("events"),
            whole(sa.func.count()).label("users"),
        )
        .group_by(*keys)
        .order_by(*keys)
    )


def _need_categories(relations: Relations) -> None:
    relations.need_actions()
    if "events.category" not in relations.mapped.fields:
        relations.need("items.category", "events.item_id")


def _categories(relations: Relations) -> Select[Any]:
    _need_categories(relations)
    events = relations.acts
    group = (events.c.campaign, events.c.channel, events.c.category, events.c.action)
    return (
        sa.select(
            *group,
            whole(sa.func.sum(events.c.n)).label("events"),
            whole(tally(relations.is_response(events), events.c.n)).label("responses"),
            whole(relations.purchases(events)).label("purchases"),
            relations.revenue(events).label("revenue"),
        )
        .where(events.c.category.is_not(None), events.c.action.is_not(None))
        .group_by(*group)
        .order_by(*group)
    )


def _category_sales(relations: Relations) -> Select[Any]:
    _need_categories(relations)
    events = relations.acts
    return (
        sa.select(
            events.c.campaign,
            events.c.category,
            whole(relations.purchases(events)).label("purchases"),
            relations.revenue(events).label("revenue"),
        )
        .where(events.c.category.is_not(None), relations.is_response(events))
        .group_by(events.c.campaign, events.c.category)
        .order_by(events.c.campaign, events.c.category)
    )


FACTS = (
    Fact(name="actions", says="events and acting users by channel and action", query=_actions),
    Fact(
        name="categories",
        says="events, responses and revenue by channel, category and action",
        query=_categories,
    ),
    Fact(
        name="category_sales",
        says="purchases and revenue by category; an order in two categories is a purchase in both",
        query=_category_sales,
    ),
)
