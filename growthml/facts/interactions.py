"""Facts about users and items: who did what to which item, and what everybody did.

A touch is a user's action on an item, once, however often it was done; idle actions are none. Of
more than MOST_ITEMS items a campaign the most touched are kept. The touches of single users come
from a sample that is the same on every engine and in every run: the users with the smallest MD5
of their id, at most MOST_USERS of them and MOST_TOUCHES touches. What is counted over channels is
counted over everybody.

Everything is chosen by windows over the touches rather than by joining them: SQLite has no index
to join them by.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause, Select, Subquery

from growthml.facts.cut import Cut
from growthml.facts.expressions import ONE, ZERO, any_row, moment, nothing, whole, word
from growthml.facts.fact import Fact
from growthml.facts.history import history
from growthml.facts.relations import Relations

MOST_USERS = 50_000
MOST_TOUCHES = 2_000_000
MOST_ITEMS = 20_000
MOST_CHANNELS = 50
"""Smaller channels are counted together, as users of no known channel are."""
_READ = (
    *("campaign", "user_id", "channel", "item_id", "action"),
    *("first_at", "inside", "item_category", "in_all"),
)
"""What the facts below ask of a touch."""
SEED = "growthml"
"""Stands before a user's id in the hash that decides whether the user is sampled."""


def _touches(relations: Relations, cuts: Sequence[Cut] = ()) -> Subquery:
    """campaign, user_id, channel, item_id, action, category, first_at, inside; one row a touch.

    inside: 0 where it happened before its campaign's window, of `cuts`, if that has a start.
    """
    relations.need_actions()
    relations.need("events.item_id")
    events = relations.events
    keys = [events.c[name] for name in ("campaign", "user_id", "channel", "item_id", "action")]
    return (
        sa.select(
            *keys,
            sa.func.min(events.c.category).label("category"),
            sa.func.min(events.c.occurred_at).label("first_at"),
            _inside(events, cuts).label("inside"),
        )
        .where(relations.is_active(events), events.c.item_id.is_not(None))
        .group_by(*keys)
        .subquery("touches")
    )


def _inside(events: FromClause, cuts: Sequence[Cut]) -> ColumnElement[int]:
    windows = [
        sa.and_(
            events.c.campaign == cut.key,
            *([] if cut.start is None else [events.c.occurred_at >= moment(cut.start)]),
        )
        for cut in cuts
    ]
    return any_row(sa.or_(*windows)) if windows else ONE


def _of_kept_items(touches: Subquery) -> Subquery:
    """The touches of the most touched items; `in_all`: how many items were touched."""
    item = (touches.c.campaign, touches.c.item_id)
    counted = _with(
        touches,
        "counted",
        item_touches=sa.func.sum(touches.c.inside).over(partition_by=item),
        item_category=sa.func.min(touches.c.category).over(partition_by=item),
    )
    placed = _with(
        counted,
        "placed",
        item_place=_place(counted, counted.c.item_touches.desc(), counted.c.item_id),
    )
    known = _with(
        placed,
        "known",
        in_all=sa.func.max(placed.c.item_place).over(partition_by=placed.c.campaign),
    )
    return sa.select(known).where(known.c.item_place <= MOST_ITEMS).subquery("kept")


def _held(relations: Relations) -> FromClause:
    """The same of all that was touched, counted once where the engine keeps relations."""
    touches = _of_kept_items(_touches(relations))
    if relations.keep is None:
        return touches
    return relations.keep("touches", sa.select(*(touches.c[name] for name in _READ)))


def _with(rows: FromClause, name: str, **columns: ColumnElement[Any]) -> Subquery:
    """The rows with more columns."""
    return sa.select(rows, *(each.label(key) for key, each in columns.items())).subquery(name)


def _place(rows: FromClause, *by: ColumnElement[Any]) -> ColumnElement[int]:
    """The place of a row's group in its campaign: 1 for all rows of the first group."""
    return sa.func.dense_rank().over(partition_by=rows.c.campaign, order_by=by)


def _interactions(relations: Relations) -> Select[Any]:
    kept = _held(relations)
    mine = kept.c.campaign
    numbered = _with(
        kept,
        "numbered",
        number=_place(kept, kept.c.user_id),
        all_touches=sa.func.count().over(partition_by=mine),
    )
    mine = numbered.c.campaign
    counted = _with(
        numbered, "people", population=sa.func.max(numbered.c.number).over(partition_by=mine)
    )
    too_many = sa.or_(counted.c.population > MOST_USERS, counted.c.all_touches > MOST_TOUCHES)
    lot = sa.func.md5(word(SEED) + sa.cast(counted.c.user_id, sa.String()))
    lots = _with(counted, "lots", lot=sa.case((too_many, lot), else_=word("")))
    drawn = (lots.c.lot, lots.c.user_id)
    placed = _with(
        lots,
        "drawn",
        user_place=_place(lots, *drawn),
        # The rows up to a user's last one: a window ends with all rows of equal order.
        upto=sa.func.count().over(partition_by=lots.c.campaign, order_by=drawn),
    )
    return sa.select(
        *(placed.c[name] for name in ("campaign", "user_id", "channel", "item_id", "action")),
        placed.c.first_at,
        whole(placed.c.population).label("population"),
    ).where(placed.c.user_place <= MOST_USERS, placed.c.upto <= MOST_TOUCHES)


def _item_actions(relations: Relations) -> Select[Any]:
    kept = _held(relations)
    counted = _with(
        kept,
        "by_channel",
        channel_touches=sa.func.count().over(partition_by=(kept.c.campaign, kept.c.channel)),
        nowhere=sa.case((kept.c.channel.is_(None), 1), else_=0),
    )
    placed = _with(
        counted,
        "ranked",
        channel_place=_place(
            counted, counted.c.nowhere, counted.c.channel_touches.desc(), counted.c.channel
        ),
    )
    small = placed.c.channel_place > MOST_CHANNELS
    channel = sa.case((small, nothing(sa.String())), else_=placed.c.channel)
    rows = _with(placed, "folded", known_channel=channel)
    names = ("campaign", "known_channel", "item_id", "item_category", "in_all", "action")
    keys = [rows.c[name] for name in names]
    return (
        sa.select(
            rows.c.campaign,
            rows.c.known_channel.label("channel"),
            rows.c.item_id,
            rows.c.item_category.label("category"),
            rows.c.action,
            whole(sa.func.count()).label("users"),
            whole(rows.c.in_all).label("items"),
        )
        .group_by(*keys)
        .order_by(*keys)
    )


def _item_users(relations: Relations) -> Select[Any]:
    kept = _held(relations)
    keys = (kept.c.campaign, kept.c.channel)
    return (
        sa.select(*keys, whole(sa.func.count(sa.distinct(kept.c.user_id))).label("users"))
        .group_by(*keys)
        .order_by(*keys)
    )


def _user_items(relations: Relations, most_users: str) -> Select[Any]:
    """A user's rows follow one another: a reader may forget a user once the next one comes.

    What they bought before the campaign's window is there too, with `inside` 0.
    """
    started = [cut for cut in relations.cuts if cut.start is not None]
    kept: FromClause = (
        _of_kept_items(_touches(history(relations), relations.cuts))
        if started
        else _held(relations)
    )
    user = (kept.c.campaign, kept.c.user_id)
    counted = _with(
        kept,
        "by_user",
        user_touches=sa.func.sum(kept.c.inside).over(partition_by=user),
    )
    placed = _with(
        counted,
        "active",
        user_place=_place(counted, counted.c.user_touches.desc(), counted.c.user_id),
    )
    return (
        sa.select(
            placed.c.campaign,
            whole(placed.c.user_place).label("place"),
            *(placed.c[name] for name in ("user_id", "channel", "item_id", "action")),
            whole(placed.c.inside).label("inside"),
        )
        .where(
            placed.c.user_place <= int(most_users),
            placed.c.user_touches > ZERO,
            sa.or_(placed.c.inside == ONE, placed.c.action == relations.counting.response),
        )
        .order_by(placed.c.campaign, placed.c.user_place, placed.c.item_id, placed.c.action)
    )


FACTS = (
    Fact(
        name="interactions",
        says="a sample of users: the actions each did on an item, and when for the first time",
        query=_interactions,
        streamed=True,
    ),
    Fact(
        name="item_actions",
        says="by channel, item and action: how many users did it; over everybody",
        query=_item_actions,
    ),
    Fact(
        name="item_users",
        says="by channel: how many users did anything but idle to an item",
        query=_item_users,
    ),
    Fact(
        name="user_items",
        says="the actions of the most active users on items, user after user",
        query=_user_items,
        streamed=True,
    ),
)
