"""Who belongs to a campaign.

The users table is read once and the events table at most once more, for all campaigns together:
`known_users` lists every user with what the campaigns ask about them, and each campaign then
picks its own.

A user is one person however many rows carry the id: channel, sign-up and other columns are the
smallest of those rows, outcomes and money the largest. Rows without an id are nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause, Select

from growthml.errors import NotEnoughData
from growthml.facts.cut import Counting, Cut
from growthml.facts.expressions import ONE, any_row, moment, nothing, or_unknown, within
from growthml.facts.filters import event_conditions, raw_columns, user_conditions
from growthml.sources.dialect import one_of
from growthml.sources.mapping import Mapped, MappedTable
from growthml.words import _


def seen_before(counting: Counting) -> ColumnElement[Any]:
    """The first instant that is not seen."""
    return moment(counting.seen_until + timedelta(days=1))


def seen(events: MappedTable, counting: Counting) -> list[ColumnElement[bool]]:
    """The condition that an event is seen: its time is before the end of the as-of date, or NULL.

    None at all where no time is mapped.
    """
    if "occurred_at" not in events.fields:
        return []
    occurred = events["occurred_at"]
    return [or_unknown(occurred < seen_before(counting), occurred)]


def outcome(action: str) -> str:
    """The column of a user that counts one of their outcomes."""
    return f"outcome_{action}"


def acted_in(place: int) -> str:
    """The column that says whether a user acted inside the window of the nth campaign."""
    return f"acted_{place}"


def did_for(place: int) -> str:
    """The column that says whether a user has an event the nth campaign's filters ask for."""
    return f"did_{place}"


def known_users(
    mapped: Mapped, items: FromClause | None, cuts: Sequence[Cut], counting: Counting
) -> Select[Any]:
    """user_id, channel, signed_up_at, outcomes, and what the cuts ask; one row a user.

    Without a users table everybody with an event is a user. Where no sign-up time is mapped the
    first event seen is the sign-up. Raises NotEnoughData where nobody can be known.
    """
    users, events = mapped.users, mapped.events
    if users is None:
        if events is None:
            raise NotEnoughData(_("the schema maps neither users nor events"), missing="users.id")
        columns = _first_event(events) | _asked_of(events, items, cuts)
        activity = _activity(events, items, cuts, counting, columns)
        return activity.add_columns(nothing(sa.String()).label("channel"))
    rows = _user_rows(users, raw_columns(cuts, users, counting.carried))
    if events is None:
        return rows
    columns = _asked_of(events, items, cuts)
    if "signed_up_at" not in users.fields and "occurred_at" in events.fields:
        columns |= _first_event(events)
    if not columns:
        return rows
    return _joined(rows, _activity(events, items, cuts, counting, columns), list(columns))


def _joined(rows: Select[Any], activity: Select[Any], asked: Sequence[str]) -> Select[Any]:
    """The users with what their events say of them; NULL for users without events."""
    listed, acted = rows.subquery("listed"), activity.subquery("activity")
    kept = [column for column in listed.c if column.key not in asked]
    return sa.select(*kept, *(acted.c[name] for name in asked)).select_from(
        listed.outerjoin(acted, acted.c.user_id == listed.c.user_id)
    )


def _user_rows(users: MappedTable, raw: Sequence[str]) -> Select[Any]:
    first = {"channel": users["channel"], "signed_up_at": users["signed_up_at"]}
    first |= {f"users.{name}": users.columns[name] for name in raw}
    most = {outcome(action): column for action, column in users.outcomes.items()}
    if users.outcomes:
        most["value"] = users["value"]
    user_id = users["id"]
    if users.unique:
        columns = [column.label(name) for name, column in (first | most).items()]
        return sa.select(user_id.label("user_id"), *columns).where(user_id.is_not(None))
    columns = [sa.func.min(column).label(name) for name, column in first.items()]
    columns += [sa.func.max(column).label(name) for name, column in most.items()]
    return (
        sa.select(user_id.label("user_id"), *columns).where(user_id.is_not(None)).group_by(user_id)
    )


def _first_event(events: MappedTable) -> dict[str, ColumnElement[Any]]:
    return {"signed_up_at": sa.func.min(events["occurred_at"])}


def _asked_of(
    events: MappedTable, items: FromClause | None, cuts: Sequence[Cut]
) -> dict[str, ColumnElement[Any]]:
    """What the campaigns ask of a user's events: one in the window, one that fits the filters."""
    _, category = with_items(events, items)
    columns: dict[str, ColumnElement[Any]] = {}
    for place, cut in enumerate(cuts, start=1):
        if cut.windowed and cut.population == "seen" and "occurred_at" in events.fields:
            inside = within(events["occurred_at"], cut.start, cut.end)
            columns[acted_in(place)] = any_row(sa.and_(*inside))
        if asked := event_conditions(cut, events, category):
            columns[did_for(place)] = any_row(sa.and_(*asked))
    return columns


def _activity(
    events: MappedTable,
    items: FromClause | None,
    cuts: Sequence[Cut],
    counting: Counting,
    columns: Mapping[str, ColumnElement[Any]],
) -> Select[Any]:
    """One row a user with an event that is seen: the id, and aggregates of their events."""
    user_id = events["user_id"]
    by_category = any("category" in cut.where for cut in cuts)
    tables, _ = with_items(events, items if by_category else None)
    return (
        sa.select(
            user_id.label("user_id"), *(column.label(name) for name, column in columns.items())
        )
        .select_from(tables)
        .where(user_id.is_not(None), *seen(events, counting))
        .group_by(user_id)
    )


def with_items(
    events: MappedTable, items: FromClause | None
) -> tuple[FromClause, ColumnElement[Any]]:
    """The events joined with their items, and the category of an event: its own, else its item's.

    items: one row an item, with item_id and category; None where none are mapped.
    """
    own = events["category"]
    if items is None or "item_id" not in events.fields:
        return events.table, own
    joined = events.table.outerjoin(items, items.c.item_id == events["item_id"])
    if "category" not in events.fields:
        return joined, items.c.category
    return joined, sa.func.coalesce(own, items.c.category)


def members(cuts: Sequence[Cut], place: int, users: FromClause, counting: Counting) -> Select[Any]:
    """The users of the nth campaign; those whose sign-up is not seen yet are not there."""
    cut = cuts[place - 1]
    signed_up = users.c.signed_up_at
    kept = [
        users.c[name]
        for name in users.c.keys()  # noqa: SIM118 - not a dict
        if not name.startswith(("acted_", "did_", "users."))
        or name.removeprefix("users.") in counting.carried
    ]
    conditions = [or_unknown(signed_up < seen_before(counting), signed_up)]
    conditions += user_conditions(cut, users)
    if did_for(place) in users.c:
        conditions.append(users.c[did_for(place)] == ONE)
    if cut.windowed:
        conditions.append(_belongs(cut, place, users))
    campaign = one_of(cut.key, [each.key for each in cuts])
    return sa.select(campaign.label("campaign"), *kept).where(*conditions)


def _belongs(cut: Cut, place: int, users: FromClause) -> ColumnElement[bool]:
    signed_up = users.c.signed_up_at
    if cut.population == "all":
        before_end = within(signed_up, None, cut.end)
        return or_unknown(sa.and_(*before_end), signed_up) if before_end else sa.true()
    inside = sa.and_(*within(signed_up, cut.start, cut.end))
    if cut.population == "seen" and acted_in(place) in users.c:
        return sa.or_(inside, users.c[acted_in(place)] == ONE)
    return inside
