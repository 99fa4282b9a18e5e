"""A cut-off: what was known of users by a day, before what they did after it.

Users who signed up after it are left out, and so is a campaign whose window starts after it. Of
more than MOST_USERS users a campaign, those with the smallest MD5 of their id are taken: a sample
that is the same on every engine and in every run.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause, Subquery

from growthml.facts.cut import Cut
from growthml.facts.expressions import moment, word
from growthml.facts.relations import Relations

MOST_USERS = 200_000
SEED = "growthml"
"""Stands before a user's id in the hash that decides whether the user is sampled."""


def cutoffs_of(relations: Relations, days: int) -> dict[str, date]:
    """By campaign, the day that lies so many days before the end of what is seen of it.

    Raises NotEnoughData unless the source says when users did what.
    """
    relations.need_actions()
    relations.need("events.occurred_at")
    return before_end(relations, days)


def before_end(relations: Relations, days: int) -> dict[str, date]:
    """The same, whatever the source says."""
    unseen = relations.counting.seen_until + timedelta(days=1)
    return {
        cut.key: min(cut.ends or unseen, unseen) - timedelta(days=days) for cut in relations.cuts
    }


def known_on(
    instant: ColumnElement[Any], rows: FromClause, cutoffs: dict[str, date]
) -> ColumnElement[bool]:
    """Whether an instant lies before the cut-off of its row's campaign."""
    if len(set(cutoffs.values())) == 1:
        return instant < moment(next(iter(cutoffs.values())))
    return sa.or_(
        *(sa.and_(rows.c.campaign == key, instant < moment(day)) for key, day in cutoffs.items())
    )


def cutoff_of(rows: FromClause, cutoffs: dict[str, date]) -> ColumnElement[Any]:
    """The first instant of the label, by a row's campaign."""
    if len(set(cutoffs.values())) == 1:
        return moment(next(iter(cutoffs.values())))
    return sa.case(*((rows.c.campaign == key, moment(day)) for key, day in cutoffs.items()))


def known_by_cutoff(relations: Relations, cutoffs: dict[str, date]) -> Subquery:
    """The users known by the cut-off, and how many of them a campaign has."""
    users = relations.users
    unfit = [
        cut.key for cut in relations.cuts if cut.start is not None and cutoffs[cut.key] <= cut.start
    ]
    conditions = [known_on(users.c.signed_up_at, users, cutoffs)]
    conditions += [users.c.campaign.not_in(unfit)] if unfit else []
    conditions += [
        _known_by(relations, cut, cutoffs[cut.key])
        for cut in relations.cuts
        if cut.start is not None and cut.population == "seen" and cut.key not in unfit
    ]
    return (
        sa.select(
            users.c.campaign,
            users.c.user_id,
            users.c.channel,
            users.c.signed_up_at,
            *(users.c[name] for name in relations.carried),
            sa.func.count().over(partition_by=users.c.campaign).label("population"),
        )
        .where(*conditions)
        .subquery("known_by_cutoff")
    )


def _known_by(relations: Relations, cut: Cut, cutoff: date) -> ColumnElement[bool]:
    """A user older than the window belongs to it for what they did; that must lie before the
    cut-off too, or the choice of users would know the label."""
    assert cut.start is not None
    users, events = relations.users, relations.events
    acted = sa.select(events.c.user_id).where(
        events.c.campaign == cut.key, events.c.occurred_at < moment(cutoff)
    )
    return sa.or_(
        users.c.campaign != cut.key,
        users.c.signed_up_at >= moment(cut.start),
        users.c.user_id.in_(acted),
    )


def sampled(known: Subquery) -> Subquery:
    text = sa.cast(known.c.user_id, sa.String())
    lot = sa.case((known.c.population > MOST_USERS, sa.func.md5(word(SEED) + text)))
    placed = sa.select(
        known,
        sa.func.row_number().over(partition_by=known.c.campaign, order_by=lot).label("place"),
    ).subquery("placed")
    kept = [column for column in placed.c if column.key != "place"]
    return sa.select(*kept).where(placed.c.place <= MOST_USERS).subquery("sampled")


def ranked_values(events: FromClause, by: str, cutoffs: dict[str, date]) -> Subquery:
    """A campaign's commonest values of a column before the cut-off, and each one's place."""
    total = sa.func.sum(events.c.n)
    return (
        sa.select(
            events.c.campaign,
            events.c[by],
            sa.func.row_number()
            .over(partition_by=events.c.campaign, order_by=(total.desc(), events.c[by]))
            .label("place"),
        )
        .where(events.c[by].is_not(None), known_on(events.c.occurred_at, events, cutoffs))
        .group_by(events.c.campaign, events.c[by])
        .subquery("ranked_actions" if by == "action" else f"ranked_{by}")
    )
