"""What the users of the campaigns did, in one shape whether events or outcomes say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause, Select

from growthml.facts.cut import Counting, Cut
from growthml.facts.expressions import ONE, ZERO, nothing, or_unknown, real, within, word
from growthml.facts.filters import event_conditions
from growthml.facts.people import outcome, seen, with_items
from growthml.sources.mapping import MappedTable


def from_events(
    events: MappedTable,
    users: FromClause,
    items: FromClause | None,
    cuts: Sequence[Cut],
    counting: Counting,
) -> Select[Any]:
    """The events table, as far as it counts: known users, seen, inside window and filters.

    Without a window an event without a time counts; with one it does not. An event with a
    quantity of 0 or less is a cancellation and does not count.
    """
    tables, category = with_items(events, items)
    priced = items is not None and "item_id" in events.fields
    price = items.c.price if items is not None and priced else nothing(sa.Double())
    occurred = events["occurred_at"]
    conditions = [
        *seen(events, counting),
        *_by_campaign(users, _asked(events, category, cuts)),
    ]
    if "quantity" in events.fields:
        conditions.append(or_unknown(events["quantity"] > ZERO, events["quantity"]))
    columns = {
        "item_id": events["item_id"],
        "category": category,
        "action": events["action"],
        "occurred_at": occurred,
        "order_id": events["order"],
        "n": ONE,
        "value": _value(events, price, counting),
    }
    return (
        _of_users(users, columns)
        .select_from(tables.join(users, users.c.user_id == events["user_id"]))
        .where(*conditions)
    )


def from_outcomes(table: MappedTable, users: FromClause, counting: Counting) -> list[Select[Any]]:
    """One query an outcome: a user's column of counts, as if it were so many events at sign-up.

    The user's money belongs to the response, whatever its count; a constant is worth so much a
    response.
    """
    return [
        _of_users(users, _outcome_columns(action, users, counting)).where(
            users.c[outcome(action)] > ZERO
        )
        for action in table.outcomes
    ]


def _of_users(users: FromClause, columns: Mapping[str, ColumnElement[Any]]) -> Select[Any]:
    """Columns of an event with their user's campaign, id, channel and sign-up."""
    return sa.select(
        users.c.campaign,
        users.c.user_id,
        users.c.channel,
        users.c.signed_up_at,
        *(column.label(name) for name, column in columns.items()),
    )


def _outcome_columns(
    action: str, users: FromClause, counting: Counting
) -> Mapping[str, ColumnElement[Any]]:
    count, worth = users.c[outcome(action)], counting.value
    return {
        "item_id": nothing(sa.String()),
        "category": nothing(sa.String()),
        "action": word(action),
        "occurred_at": users.c.signed_up_at,
        "order_id": nothing(sa.String()),
        "n": count,
        "value": users.c.value if isinstance(worth, str) else real(sa.literal(worth) * count),
    }


def _asked(
    events: MappedTable, category: ColumnElement[Any], cuts: Sequence[Cut]
) -> Mapping[str, Sequence[ColumnElement[bool]]]:
    """By campaign: its window and its filters, as conditions on an event."""
    occurred = events["occurred_at"]
    return {
        cut.key: [
            *(within(occurred, cut.start, cut.ends) if "occurred_at" in events.fields else []),
            *event_conditions(cut, events, category),
        ]
        for cut in cuts
    }


def _by_campaign(
    users: FromClause, asked: Mapping[str, Sequence[ColumnElement[bool]]]
) -> list[ColumnElement[bool]]:
    """Each campaign's own conditions; no word of campaigns where there is but one, or none asks."""
    if len(asked) == 1:
        return [condition for conditions in asked.values() for condition in conditions]
    if not any(asked.values()):
        return []
    return [
        sa.or_(
            *(sa.and_(users.c.campaign == key, *conditions) for key, conditions in asked.items())
        )
    ]


def _value(
    events: MappedTable, price: ColumnElement[Any], counting: Counting
) -> ColumnElement[float]:
    """What an event is worth if it is the response.

    A constant where the config gives one; else the event's own value; else, unless the config
    says `event`, the price times the quantity: the event's own price, else its item's.
    """
    if not isinstance(counting.value, str):
        return sa.literal(counting.value, sa.Double())
    own = events["value"]
    if counting.value == "event":
        return own
    worth = price
    if "price" in events.fields:
        worth = sa.func.coalesce(events["price"], price)
    if "quantity" in events.fields:
        worth = worth * sa.func.coalesce(events["quantity"], ONE)
    return sa.func.coalesce(own, worth) if "value" in events.fields else worth
