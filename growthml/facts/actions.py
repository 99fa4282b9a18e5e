"""Facts about what users do."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.selectable import Select

from growthml.errors import NotEnoughData
from growthml.facts.fact import Fact
from growthml.facts.relations import Relations, real, tally, whole


def _need_actions(relations: Relations) -> None:
    if not relations.has_actions:
        raise NotEnoughData(
            "this needs the field events.action, which the schema does not map",
            missing="events.action",
        )


def _actions(relations: Relations) -> Select[Any]:
    _need_actions(relations)
    events = relations.events
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


def _categories(relations: Relations) -> Select[Any]:
    _need_actions(relations)
    if not {"items.category", "events.category"} & relations.mapped.fields:
        relations.need("items.category")
    events = relations.events
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


def _category_orders(relations: Relations) -> Select[Any]:
    _need_actions(relations)
    if not {"items.category", "events.category"} & relations.mapped.fields:
        relations.need("items.category")
    events = relations.events
    return (
        sa.select(
            events.c.campaign,
            events.c.category,
            whole(relations.purchases(events)).label("purchases"),
            real(relations.revenue(events)).label("revenue"),
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
        says="purchases and revenue by category",
        query=_category_orders,
    ),
)
