"""Facts about the data themselves: what is missing, double, impossible or too late."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import Select

from growthml.facts.expressions import ONE, ZERO, moment, tally, whole, word
from growthml.facts.fact import Fact
from growthml.facts.people import seen
from growthml.facts.relations import Relations
from growthml.sources.dialect import days_between
from growthml.sources.mapping import MappedTable


def _events(relations: Relations) -> MappedTable:
    relations.need("events.user_id")
    events = relations.mapped.events
    assert events is not None
    return events


def _seen_or_future(relations: Relations, events: MappedTable) -> list[ColumnElement[bool]]:
    """Rows after the as-of date are not there; only those no clock has reached yet are faults."""
    future = events["occurred_at"] >= _tomorrow(relations)
    return [sa.or_(condition, future) for condition in seen(events, relations.counting)]


def _tomorrow(relations: Relations) -> ColumnElement[Any]:
    return moment(relations.counting.today + timedelta(days=1))


def _event_quality(relations: Relations) -> Select[Any]:
    """One scan of the events, windows and filters aside; rows of no known user have no campaign."""
    events, users, known = _events(relations), relations.users, relations.known_users
    tables = events.table.outerjoin(known, known.c.user_id == events["user_id"])
    tables = tables.outerjoin(users, users.c.user_id == known.c.user_id)
    named_by_table = relations.mapped.users is not None
    orphan = (known.c.user_id if named_by_table else events["user_id"]).is_(None)
    lost_item: ColumnElement[bool] = sa.false()
    if relations.items is not None and "item_id" in events.fields:
        items = relations.items
        tables = tables.outerjoin(items, items.c.item_id == events["item_id"])
        lost_item = sa.and_(events["item_id"].is_not(None), items.c.item_id.is_(None))
    checked = sa.select(
        users.c.campaign, orphan.label("orphan"), whole(sa.func.count()).label("events")
    )
    checked = checked.add_columns(
        whole(tally(lost_item)).label("orphan_item"),
        *(whole(tally(fault)).label(name) for name, fault in _faults(relations, events).items()),
    )
    return (
        checked.select_from(tables)
        .where(sa.or_(users.c.campaign.is_not(None), orphan), *_seen_or_future(relations, events))
        .group_by(users.c.campaign, orphan)
        .order_by(users.c.campaign)
    )


def _faults(relations: Relations, events: MappedTable) -> Mapping[str, ColumnElement[bool]]:
    """By name, what is wrong with an event whose user is known."""
    occurred, timed = events["occurred_at"], "occurred_at" in events.fields
    return {
        "missing_time": occurred.is_(None) if timed else sa.false(),
        "future_event": occurred >= _tomorrow(relations) if timed else sa.false(),
        "event_before_signup": _too_early(relations, events),
        "unknown_action": _unknown_action(relations, events),
        "cancelled": events["quantity"] <= ZERO if "quantity" in events.fields else sa.false(),
    }


def _too_early(relations: Relations, events: MappedTable) -> ColumnElement[bool]:
    """Before the sign-up, by the instant; by the day where either time is but a date."""
    if not {"users.signed_up_at", "events.occurred_at"} <= relations.mapped.fields:
        return sa.false()
    occurred, signed_up = events["occurred_at"], relations.users.c.signed_up_at
    if relations.mapped.whole_days("users.signed_up_at", "events.occurred_at"):
        return days_between(signed_up, occurred) < ZERO
    return occurred < signed_up


def _unknown_action(relations: Relations, events: MappedTable) -> ColumnElement[bool]:
    action, known = events["action"], relations.counting.known_actions
    blank = sa.or_(action.is_(None), action == "")
    return sa.or_(blank, action.not_in(sorted(known))) if known else blank


def _duplicates(relations: Relations) -> Select[Any]:
    """Rows seen that repeat another one in user, item, action, time, order and money."""
    events, users = _events(relations), relations.users
    names = ("user_id", "item_id", "action", "occurred_at", "order", "value", "price", "quantity")
    key = [events[name].label(f"key_{name}") for name in names if name in events.fields]
    keyed = (
        sa.select(users.c.campaign, *key)
        .select_from(events.table.join(users, users.c.user_id == events["user_id"]))
        .where(*seen(events, relations.counting))
        .subquery("keyed")
    )
    groups = (
        sa.select(keyed.c.campaign, sa.func.count().label("copies"))
        .group_by(*keyed.c)
        .having(sa.func.count() > ONE)
        .subquery("groups")
    )
    return (
        sa.select(
            groups.c.campaign,
            whole(sa.func.sum(groups.c.copies - ONE)).label("duplicates"),
        )
        .group_by(groups.c.campaign)
        .order_by(groups.c.campaign)
    )


def _user_quality(relations: Relations) -> Select[Any]:
    relations.need("users.channel")
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
        whole(tally(sa.or_(items["price"] <= ZERO, items["price"].is_(None)))).label(
            "nonpositive_price"
        ),
    ).subquery("checked")
    campaigns = sa.union_all(
        *(sa.select(word(cut.key).label("campaign")) for cut in relations.cuts)
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
