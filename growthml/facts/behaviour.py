"""What each user had done by a cut-off, and what they did in the days after it; one row a user.

With a horizon of h days there are three cut-offs: 2h and h days before the end of what is seen,
whose label (the h days after them) is known, and the end itself, from where the future starts.
Actions and categories are told by their place among the commonest h days before the end, in all
three, so that a column means the same wherever a model meets it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import CTE, FromClause, Select, Subquery

from growthml.errors import NotEnoughData
from growthml.facts.cutoff import (
    cutoff_of,
    cutoffs_of,
    known_by_cutoff,
    known_on,
    ranked_values,
    sampled,
)
from growthml.facts.expressions import ONE, any_row, real, tally, total, whole
from growthml.facts.fact import Fact
from growthml.facts.relations import Relations
from growthml.facts.visits import visits
from growthml.sources.dialect import days_between, exact
from growthml.words import _

MOST_ACTIONS = 10
MOST_CATEGORIES = 10


def _earlier(relations: Relations, horizon_days: str, *columns: str) -> Select[Any]:
    return _labelled(relations, 2, int(horizon_days), columns)


def _later(relations: Relations, horizon_days: str, *columns: str) -> Select[Any]:
    return _labelled(relations, 1, int(horizon_days), columns)


def _now(relations: Relations, horizon_days: str, *columns: str) -> Select[Any]:
    relations = relations.carrying(_named(columns))
    cutoffs = cutoffs_of(relations, 0)
    users = known_by_cutoff(relations, cutoffs)
    acted = _acted(relations, None, cutoffs, int(horizon_days), after=False)
    return _rows(relations, users, acted, cutoffs)


def _labelled(relations: Relations, back: int, horizon: int, columns: Sequence[str]) -> Select[Any]:
    relations = relations.carrying(_named(columns))
    cutoffs = cutoffs_of(relations, back * horizon)
    users = sampled(known_by_cutoff(relations, cutoffs))
    acted = _acted(relations, users, cutoffs, horizon, after=True)
    label = (
        whole(sa.func.coalesce(acted.c.responded, 0)).label("responded"),
        real(sa.func.coalesce(acted.c.revenue, 0.0)).label("revenue"),
    )
    return _rows(relations, users, acted, cutoffs).add_columns(*label)


def _named(columns: Sequence[str]) -> list[str]:
    """The columns of the users table that a fact's arguments name: `users.age,users.country`."""
    return [name.partition(".")[2] for name in ":".join(columns).split(",") if name]


def _rows(
    relations: Relations, users: Subquery, acted: Subquery, cutoffs: dict[str, date]
) -> Select[Any]:
    cutoff = cutoff_of(users, cutoffs)
    features: dict[str, ColumnElement[Any]] = {
        "tenure": whole(days_between(users.c.signed_up_at, cutoff)),
        "idle_days": whole(days_between(acted.c.last_action, cutoff)),
        "categories": whole(sa.func.coalesce(acted.c.categories, 0)),
        "spend": real(sa.func.coalesce(acted.c.spend, 0.0)),
    }
    for name in (*_places("action", MOST_ACTIONS), *_places("category", MOST_CATEGORIES)):
        features[name] = whole(sa.func.coalesce(acted.c[name], 0))
    for name in _places("since", MOST_ACTIONS):
        features[name] = whole(days_between(acted.c[name], cutoff))
    same_user = sa.and_(acted.c.campaign == users.c.campaign, acted.c.user_id == users.c.user_id)
    rows = users.outerjoin(acted, same_user)
    if "visits.occurred_at" in relations.mapped.fields:
        came = _visited(relations, cutoffs)
        of_user = sa.and_(came.c.campaign == users.c.campaign, came.c.user_id == users.c.user_id)
        rows = rows.outerjoin(came, of_user)
        features["visits"] = whole(sa.func.coalesce(came.c.visits, 0))
        features["visit_seconds"] = real(came.c.seconds)
    return sa.select(
        users.c.campaign,
        users.c.user_id,
        users.c.channel,
        *(feature.label(name) for name, feature in features.items()),
        *(users.c[name] for name in relations.carried),
        whole(users.c.population).label("population"),
    ).select_from(rows)


def _visited(relations: Relations, cutoffs: dict[str, date]) -> Subquery:
    """How often users visited before the cut-off, and for how long on average; one row a user."""
    came = visits(relations)
    return (
        sa.select(
            came.c.campaign,
            came.c.user_id,
            sa.func.count().label("visits"),
            (total(came.c.duration) / sa.func.count(came.c.duration)).label("seconds"),
        )
        .where(known_on(came.c.occurred_at, came, cutoffs))
        .group_by(came.c.campaign, came.c.user_id)
        .subquery("visited")
    )


def _acted(
    relations: Relations,
    users: Subquery | None,
    cutoffs: dict[str, date],
    horizon: int,
    *,
    after: bool,
) -> Subquery:
    """What users did before the cut-off and, if asked, in the days after it; one row a user.

    users: whose; None for all, since a join with every user only costs memory.
    """
    events, of_actions = relations.events, cutoffs_of(relations, horizon)
    actions = ranked_values(events, "action", of_actions)
    kinds = ranked_values(events, "category", of_actions)
    occurred = events.c.occurred_at
    before = known_on(occurred, events, cutoffs)
    counts = _counted(events, before, actions, kinds)
    if after:
        ends = {key: day + timedelta(days=horizon) for key, day in cutoffs.items()}
        soon = sa.and_(~before, known_on(occurred, events, ends), relations.is_response(events))
        counts += [
            any_row(soon).label("responded"),
            real(tally(soon, exact(events.c.value))).label("revenue"),
        ]
    responded = sa.and_(before, relations.is_response(events))
    rows: FromClause = events
    if users is not None:
        rows = events.join(
            users,
            sa.and_(users.c.campaign == events.c.campaign, users.c.user_id == events.c.user_id),
        )
    of_action = sa.and_(
        actions.c.campaign == events.c.campaign, actions.c.action == events.c.action
    )
    of_kind = sa.and_(kinds.c.campaign == events.c.campaign, kinds.c.category == events.c.category)
    active = sa.and_(before, relations.is_active(events))
    return (
        sa.select(
            events.c.campaign,
            events.c.user_id,
            sa.func.max(sa.case((active, occurred))).label("last_action"),
            sa.func.count(sa.distinct(sa.case((before, events.c.category)))).label("categories"),
            real(tally(responded, exact(events.c.value))).label("spend"),
            *counts,
        )
        .select_from(rows.outerjoin(actions, of_action).outerjoin(kinds, of_kind))
        .where(occurred.is_not(None))
        .group_by(events.c.campaign, events.c.user_id)
        .subquery("acted")
    )


def _counted(
    events: CTE, before: ColumnElement[bool], actions: Subquery, kinds: Subquery
) -> list[ColumnElement[Any]]:
    """By place: how often each action and category, and when each action last."""
    columns: list[ColumnElement[Any]] = []
    for place, name in enumerate(_places("action", MOST_ACTIONS), start=1):
        this = sa.and_(before, actions.c.place == place)
        columns.append(tally(this, events.c.n).label(name))
        columns.append(sa.func.max(sa.case((this, events.c.occurred_at))).label(f"since_{place}"))
    for place, name in enumerate(_places("category", MOST_CATEGORIES), start=1):
        columns.append(tally(sa.and_(before, kinds.c.place == place), events.c.n).label(name))
    return columns


def _places(name: str, most: int) -> list[str]:
    return [f"{name}_{place}" for place in range(1, most + 1)]


def _names(relations: Relations, horizon_days: str) -> Select[Any]:
    cutoffs = cutoffs_of(relations, int(horizon_days))
    ranked = {
        kind: ranked_values(relations.events, kind, cutoffs) for kind in ("action", "category")
    }
    parts = [
        sa.select(
            found.c.campaign,
            sa.literal(kind, sa.String()).label("kind"),
            whole(found.c.place).label("place"),
            sa.cast(found.c[kind], sa.String()).label("name"),
        ).where(found.c.place <= most)
        for (kind, found), most in zip(ranked.items(), (MOST_ACTIONS, MOST_CATEGORIES), strict=True)
    ]
    rows = sa.union_all(*parts).subquery("named")
    return sa.select(rows).order_by(rows.c.campaign, rows.c.kind, rows.c.place)


def _outcomes(relations: Relations, *columns: str) -> Select[Any]:
    """Users of a table that holds what came of each: nothing says when, so nothing is before."""
    users, response = relations.mapped.users, relations.counting.response
    if users is None or response not in users.outcomes:
        raise NotEnoughData(
            _("the schema maps no {field}", field=f"users.outcomes.{response}"),
            missing=f"users.outcomes.{response}",
        )
    relations = relations.carrying(_named(columns))
    members, totals = relations.users, relations.user_totals
    counted = sa.func.count().over(partition_by=members.c.campaign).label("population")
    known = sa.select(
        members.c.campaign,
        members.c.user_id,
        members.c.channel,
        *(members.c[name] for name in relations.carried),
        counted,
    ).subquery("known")
    drawn = sampled(known)
    same_user = sa.and_(totals.c.campaign == drawn.c.campaign, totals.c.user_id == drawn.c.user_id)
    kept = [column for column in drawn.c if column.key != "population"]
    return sa.select(
        *kept,
        whole(drawn.c.population).label("population"),
        whole(sa.case((totals.c.buyer > 0, ONE), else_=0)).label("responded"),
        real(totals.c.revenue).label("revenue"),
    ).select_from(drawn.join(totals, same_user))


FACTS = (
    Fact(
        name="earlier_behaviour",
        says="users known two horizons before the end: what they had done by then, and whether and"
        " for how much they responded within one horizon",
        query=_earlier,
    ),
    Fact(
        name="behaviour",
        says="the same one horizon before the end",
        query=_later,
    ),
    Fact(
        name="current_behaviour",
        says="the same at the end, for all users: what comes after is not known yet",
        query=_now,
        streamed=True,
    ),
    Fact(
        name="behaviour_names",
        says="a campaign's commonest actions and categories: the places of `behaviour`",
        query=_names,
    ),
    Fact(
        name="outcomes",
        says="users of a table that says what came of each: their columns, and the response",
        query=_outcomes,
    ),
)
