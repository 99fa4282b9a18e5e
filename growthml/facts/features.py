"""Facts a response model learns from: what was known of users by a cut-off, what they did after.

The cut-off is `horizon_days` before the end of what is seen of a campaign: everything on its left
is a feature, a response on its right is the label. Users who signed up after it are left out, and
so is a campaign whose window starts after it. Users with the same features are one row; of more
than MOST_USERS users a campaign, those with the smallest MD5 of their id are taken: a sample that
is the same on every engine and in every run.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause, Select, Subquery

from growthml.facts.cut import Cut
from growthml.facts.expressions import any_row, moment, real, tally, whole, word
from growthml.facts.fact import Fact
from growthml.facts.relations import Relations
from growthml.sources.dialect import days_between, exact

MOST_USERS = 200_000
MOST_ACTIONS = 10
SEED = "growthml"
"""Stands before a user's id in the hash that decides whether the user is sampled."""


def _features(relations: Relations, horizon_days: str, *response: str) -> Select[Any]:
    """`features:90` is about the report's response, `features:90:like` about another action."""
    cutoffs = _cutoffs(relations, horizon_days)
    users = _sampled(_known(relations, cutoffs))
    acted = _acted(relations, cutoffs, users, ":".join(response))
    cutoff = _cutoff_of(users, cutoffs)
    counts = {name: whole(sa.func.coalesce(acted.c[name], 0)) for name in _count_names()}
    features: dict[str, ColumnElement[Any]] = {
        "tenure": whole(days_between(users.c.signed_up_at, cutoff)),
        "idle_days": whole(days_between(acted.c.last_action, cutoff)),
        "spend": real(sa.func.coalesce(acted.c.spend, 0.0)),
        "categories": whole(sa.func.coalesce(acted.c.categories, 0)),
        **counts,
    }
    same_user = sa.and_(acted.c.campaign == users.c.campaign, acted.c.user_id == users.c.user_id)
    rows = (
        sa.select(
            users.c.campaign,
            users.c.channel,
            *(feature.label(name) for name, feature in features.items()),
            users.c.population,
            sa.func.coalesce(acted.c.responded, 0).label("responded"),
        )
        .select_from(users.outerjoin(acted, same_user))
        .subquery("user_features")
    )
    keys = [rows.c[name] for name in ("campaign", "channel", *features)]
    return (
        sa.select(
            *keys,
            whole(rows.c.population).label("population"),
            whole(sa.func.count()).label("users"),
            whole(sa.func.sum(rows.c.responded)).label("responders"),
        )
        .group_by(*keys, rows.c.population)
        .order_by(*keys)
    )


def _feature_actions(relations: Relations, horizon_days: str) -> Select[Any]:
    ranked = _ranked(relations, _cutoffs(relations, horizon_days))
    return (
        sa.select(ranked.c.campaign, whole(ranked.c.place).label("place"), ranked.c.action)
        .where(ranked.c.place <= MOST_ACTIONS)
        .order_by(ranked.c.campaign, ranked.c.place)
    )


def _cutoffs(relations: Relations, horizon_days: str) -> dict[str, date]:
    """By campaign, the first day of the label."""
    relations.need_actions()
    relations.need("events.occurred_at")
    horizon = timedelta(days=int(horizon_days))
    unseen = relations.counting.seen_until + timedelta(days=1)
    return {cut.key: min(cut.end or unseen, unseen) - horizon for cut in relations.cuts}


def _known_on(
    instant: ColumnElement[Any], rows: FromClause, cutoffs: dict[str, date]
) -> ColumnElement[bool]:
    """Whether an instant lies before the cut-off of its row's campaign."""
    if len(set(cutoffs.values())) == 1:
        return instant < moment(next(iter(cutoffs.values())))
    return sa.or_(
        *(sa.and_(rows.c.campaign == key, instant < moment(day)) for key, day in cutoffs.items())
    )


def _cutoff_of(rows: FromClause, cutoffs: dict[str, date]) -> ColumnElement[Any]:
    """The first instant of the label, by a row's campaign."""
    if len(set(cutoffs.values())) == 1:
        return moment(next(iter(cutoffs.values())))
    return sa.case(*((rows.c.campaign == key, moment(day)) for key, day in cutoffs.items()))


def _known(relations: Relations, cutoffs: dict[str, date]) -> Subquery:
    """The users known by the cut-off, and how many of them a campaign has."""
    users = relations.users
    unfit = [
        cut.key for cut in relations.cuts if cut.start is not None and cutoffs[cut.key] <= cut.start
    ]
    conditions = [_known_on(users.c.signed_up_at, users, cutoffs)]
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


def _sampled(known: Subquery) -> Subquery:
    text = sa.cast(known.c.user_id, sa.String())
    lot = sa.case((known.c.population > MOST_USERS, sa.func.md5(word(SEED) + text)))
    placed = sa.select(
        known,
        sa.func.row_number().over(partition_by=known.c.campaign, order_by=lot).label("place"),
    ).subquery("placed")
    kept = [column for column in placed.c if column.key != "place"]
    return sa.select(*kept).where(placed.c.place <= MOST_USERS).subquery("sampled")


def _ranked(relations: Relations, cutoffs: dict[str, date]) -> Subquery:
    """A campaign's actions before the cut-off, the commonest first."""
    events = relations.events
    total = sa.func.sum(events.c.n)
    return (
        sa.select(
            events.c.campaign,
            events.c.action,
            sa.func.row_number()
            .over(partition_by=events.c.campaign, order_by=(total.desc(), events.c.action))
            .label("place"),
        )
        .where(events.c.action.is_not(None), _known_on(events.c.occurred_at, events, cutoffs))
        .group_by(events.c.campaign, events.c.action)
        .subquery("ranked_actions")
    )


def _acted(
    relations: Relations, cutoffs: dict[str, date], users: Subquery, response: str
) -> Subquery:
    """What users did before the cut-off, and whether they responded after it; one row a user."""
    events, ranked = relations.events, _ranked(relations, cutoffs)
    before = _known_on(events.c.occurred_at, events, cutoffs)
    responds = events.c.action == (response or relations.counting.response)
    sampled = sa.and_(users.c.campaign == events.c.campaign, users.c.user_id == events.c.user_id)
    place = sa.and_(ranked.c.campaign == events.c.campaign, ranked.c.action == events.c.action)
    counts = (
        tally(sa.and_(before, ranked.c.place == number), events.c.n).label(name)
        for number, name in enumerate(_count_names(), start=1)
    )
    return (
        sa.select(
            events.c.campaign,
            events.c.user_id,
            sa.func.max(
                sa.case((sa.and_(before, relations.is_active(events)), events.c.occurred_at))
            ).label("last_action"),
            real(
                tally(sa.and_(before, relations.is_response(events)), exact(events.c.value))
            ).label("spend"),
            sa.func.count(sa.distinct(sa.case((before, events.c.category)))).label("categories"),
            any_row(sa.and_(responds, ~before)).label("responded"),
            *counts,
        )
        .select_from(events.join(users, sampled).outerjoin(ranked, place))
        .where(events.c.occurred_at.is_not(None))
        .group_by(events.c.campaign, events.c.user_id)
        .subquery("acted")
    )


def _count_names() -> list[str]:
    return [f"action_{place}" for place in range(1, MOST_ACTIONS + 1)]


FACTS = (
    Fact(
        name="features",
        says="users known by the cut-off: channel, days since sign-up and last action, spend,"
        " categories, actions by place; how many responded after it",
        query=_features,
    ),
    Fact(
        name="feature_actions",
        says="a campaign's commonest actions before the cut-off: the places of `features`",
        query=_feature_actions,
    ),
)
