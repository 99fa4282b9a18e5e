"""Facts a response model learns from: what was known of users by a cut-off, what they did after.

The cut-off is `horizon_days` before the end of what is seen of a campaign: everything on its left
is a feature, a response on its right is the label. Users with the same features are one row.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import CTE, Select, Subquery

from growthml.facts.cutoff import (
    cutoff_of,
    cutoffs_of,
    known_by_cutoff,
    known_on,
    ranked_values,
    sampled,
)
from growthml.facts.expressions import any_row, real, tally, whole
from growthml.facts.fact import Fact
from growthml.facts.relations import Relations
from growthml.sources.dialect import days_between, exact

MOST_ACTIONS = 10


def _features(relations: Relations, horizon_days: str, *response: str) -> Select[Any]:
    """`features:90` is about the report's response, `features:90:like` about another action."""
    cutoffs = cutoffs_of(relations, int(horizon_days))
    users = sampled(known_by_cutoff(relations, cutoffs))
    acted = _acted(relations, cutoffs, users, ":".join(response))
    cutoff = cutoff_of(users, cutoffs)
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
    ranked = ranked_values(relations.events, "action", cutoffs_of(relations, int(horizon_days)))
    return (
        sa.select(ranked.c.campaign, whole(ranked.c.place).label("place"), ranked.c.action)
        .where(ranked.c.place <= MOST_ACTIONS)
        .order_by(ranked.c.campaign, ranked.c.place)
    )


def _acted(
    relations: Relations, cutoffs: dict[str, date], users: Subquery, response: str
) -> Subquery:
    """What users did before the cut-off, and whether they responded after it; one row a user."""
    events = _split(relations, cutoffs)
    ranked = ranked_values(events, "action", cutoffs)
    before = known_on(events.c.occurred_at, events, cutoffs)
    responds = events.c.action == (response or relations.counting.response)
    of_user = sa.and_(users.c.campaign == events.c.campaign, users.c.user_id == events.c.user_id)
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
        .select_from(events.join(users, of_user).outerjoin(ranked, place))
        .group_by(events.c.campaign, events.c.user_id)
        .subquery("acted")
    )


def _split(relations: Relations, cutoffs: dict[str, date]) -> CTE:
    """The events with a time; those of a user alike in action and category are one row before the
    cut-off and one after it, at the time of the last."""
    events = relations.events
    alike = [events.c[name] for name in ("campaign", "user_id", "action", "category")]
    return (
        sa.select(
            *alike,
            sa.func.sum(events.c.n).label("n"),
            sa.func.sum(relations.worth(events)).label("value"),
            sa.func.max(events.c.occurred_at).label("occurred_at"),
        )
        .where(events.c.occurred_at.is_not(None))
        .group_by(*alike, known_on(events.c.occurred_at, events, cutoffs))
        .cte("split_events")
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
