"""Facts about the data themselves: what is missing, double, impossible or too late."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import Select

from growthml.facts.fact import Fact
from growthml.facts.relations import Relations, moment, tally, whole
from growthml.sources.dialect import days_between
from growthml.sources.mapping import MappedTable


def _events(relations: Relations) -> MappedTable:
    relations.need("events.user_id")
    events = relations.mapped.events
    assert events is not None
    return events


def _event_quality(relations: Relations) -> Select[Any]:
    """One scan of the events; rows of no known user have no campaign."""
    events, users = _events(relations), relations.users
    mapped = relations.mapped
    known = mapped.users
    tables = events.table.outerjoin(users, users.c.user_id == events["user_id"])
    orphan: ColumnElement[bool] = events["user_id"].is_(None)
    if known is not None:
        ids = sa.select(known["id"].label("id")).distinct().subquery("known_users")
        tables = tables.outerjoin(ids, ids.c.id == events["user_id"])
        orphan = ids.c.id.is_(None)
    lost_item: ColumnElement[bool] = sa.false()
    if relations.items is not None and "events.item_id" in mapped.fields:
        items = relations.items
        tables = tables.outerjoin(items, items.c.item_id == events["item_id"])
        lost_item = sa.and_(events["item_id"].is_not(None), items.c.item_id.is_(None))
    rows = (
        sa.select(
            users.c.campaign,
            orphan.label("orphan"),
            whole(sa.func.count()).label("events"),
            whole(tally(lost_item)).label("orphan_item"),
            *_time_checks(relations, events),
            whole(tally(_unknown_action(relations, events))).label("unknown_action"),
            whole(tally(_cancelled(events))).label("cancelled"),
        )
        .select_from(tables)
        .where(sa.or_(users.c.campaign.is_not(None), orphan))
        .group_by(users.c.campaign, orphan)
    )
    return rows.order_by(users.c.campaign)


def _time_checks(relations: Relations, events: MappedTable) -> list[Any]:
    users, mapped = relations.users, relations.mapped
    occurred, signed_up = events["occurred_at"], users.c.signed_up_at
    if "events.occurred_at" not in mapped.fields:
        nothing = whole(sa.literal(0))
        return [nothing.label(n) for n in ("missing_time", "future_event", "event_before_signup")]
    tomorrow = moment(relations.counting.today + timedelta(days=1))
    early: ColumnElement[bool] = sa.false()
    if "users.signed_up_at" in mapped.fields:
        early = (
            days_between(signed_up, occurred) < 0
            if mapped.whole_days("users.signed_up_at", "events.occurred_at")
            else occurred < signed_up
        )
        early = sa.and_(early, occurred < relations.seen_before)
    return [
        whole(tally(occurred.is_(None))).label("missing_time"),
        whole(tally(occurred >= tomorrow)).label("future_event"),
        whole(tally(early)).label("event_before_signup"),
    ]


def _unknown_action(relations: Relations, events: MappedTable) -> ColumnElement[bool]:
    action, known = events["action"], relations.counting.known_actions
    blank = sa.or_(action.is_(None), action == "")
    return sa.or_(blank, action.not_in(sorted(known))) if known else blank


def _cancelled(events: MappedTable) -> ColumnElement[bool]:
    return events["quantity"] <= 0 if "quantity" in events.fields else sa.false()


def _duplicates(relations: Relations) -> Select[Any]:
    """Rows that repeat another one in user, item, action, time, order and money."""
    events, users = _events(relations), relations.users
    names = ("user_id", "item_id", "action", "occurred_at", "order", "value", "quantity")
    key = [events[name].label(f"key_{name}") for name in names if name in events.fields]
    groups = (
        sa.select(users.c.campaign, *key, sa.func.count().label("copies"))
        .select_from(events.table.join(users, users.c.user_id == events["user_id"]))
        .group_by(users.c.campaign, *key)
        .having(sa.func.count() > 1)
        .subquery("groups")
    )
    return (
        sa.select(
            groups.c.campaign,
            whole(sa.func.sum(groups.c.copies - 1)).label("duplicates"),
        )
        .group_by(groups.c.campaign)
        .order_by(groups.c.campaign)
    )


def _user_quality(relations: Relations) -> Select[Any]:
    users = relations.users
    return (
        sa.select(
            users.c.campaign,
            whole(sa.func.count()).label("users"),
            whole(tally(sa.or_(users.c.channel.is_(None), users.c.channel == ""))).label(
                "missing_channel"
            ),
            whole(tally(users.c.signed_up_at.is_(None))).label("missing_signup"),
        )
        .group_by(users.c.campaign)
        .order_by(users.c.campaign)
    )


def _item_quality(relations: Relations) -> Select[Any]:
    relations.need("items.price")
    items = relations.mapped.items
    assert items is not None
    checked = sa.select(
        whole(sa.func.count()).label("items"),
        whole(tally(sa.or_(items["price"] <= 0, items["price"].is_(None)))).label(
            "nonpositive_price"
        ),
    ).subquery("checked")
    campaigns = sa.union_all(
        *(sa.select(sa.literal(cut.key, sa.String()).label("campaign")) for cut in relations.cuts)
    ).subquery("campaigns")
    return sa.select(campaigns.c.campaign, checked).select_from(campaigns.join(checked, sa.true()))


FACTS = (
    Fact(
        name="event_quality",
        says="events by fault; rows without a campaign belong to no known user",
        query=_event_quality,
    ),
    Fact(name="duplicates", says="events that repeat another one", query=_duplicates),
    Fact(name="user_quality", says="users without channel or sign-up", query=_user_quality),
    Fact(name="item_quality", says="items without a positive price", query=_item_quality),
)
