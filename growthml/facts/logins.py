"""Log-ins told by a web log: what each user had done by a cut-off, and whether they came back.

A log-in is a request for the log-in's path by a known user, and no mere view of that page where the
method is known. There are three cut-offs, 2h and h days before the end of what is seen and the end
itself, as in `behaviour`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import Select, Subquery

from growthml.facts.cutoff import before_end, cutoff_of, known_on, sampled
from growthml.facts.expressions import ONE, ZERO, any_row, real, tally, whole, word
from growthml.facts.fact import Fact
from growthml.facts.hits import Hits, Rules
from growthml.facts.relations import Relations
from growthml.sources.dialect import day_of, days_between

ROLES = frozenset({"requests"})


def _earlier(relations: Relations, horizon_days: str, login_path: str, *rules: str) -> Select[Any]:
    return _labelled(relations, 2, int(horizon_days), login_path, rules)


def _later(relations: Relations, horizon_days: str, login_path: str, *rules: str) -> Select[Any]:
    return _labelled(relations, 1, int(horizon_days), login_path, rules)


def _labelled(
    relations: Relations, back: int, horizon: int, login_path: str, rules: tuple[str, ...]
) -> Select[Any]:
    rows = sampled(_users(relations, back * horizon, horizon, login_path, rules))
    return _told(rows).add_columns(
        whole(rows.c.responded).label("responded"), real(ZERO).label("revenue")
    )


def _now(relations: Relations, horizon_days: str, login_path: str, *rules: str) -> Select[Any]:
    return _told(_users(relations, 0, int(horizon_days), login_path, rules))


def _told(rows: Subquery) -> Select[Any]:
    names = ("logins", "since_login", "tenure", "requests", "days_seen", "population")
    return sa.select(
        rows.c.campaign, rows.c.user_id, *(whole(rows.c[name]).label(name) for name in names)
    )


def _users(
    relations: Relations, days: int, horizon: int, login_path: str, rules: tuple[str, ...]
) -> Subquery:
    """Users who had logged in by the cut-off; one row each."""
    relations.need("requests.user_id")
    relations.need("requests.page")
    hits, cutoffs = Hits(relations, Rules.of(rules)).people, before_end(relations, days)
    ends = {key: day + timedelta(days=horizon) for key, day in cutoffs.items()}
    before = known_on(hits.c.occurred_at, hits, cutoffs)
    soon = sa.and_(~before, known_on(hits.c.occurred_at, hits, ends))
    login = _is_login(relations, hits, login_path)
    past = sa.and_(before, login)
    counted = (
        sa.select(
            hits.c.campaign,
            hits.c.user_id,
            tally(past).label("logins"),
            sa.func.max(sa.case((past, hits.c.occurred_at))).label("last"),
            sa.func.min(hits.c.occurred_at).label("first"),
            tally(before).label("requests"),
            sa.func.count(sa.distinct(sa.case((before, day_of(hits.c.occurred_at))))).label(
                "days_seen"
            ),
            any_row(sa.and_(soon, login)).label("responded"),
        )
        .where(hits.c.user_id.is_not(None))
        .group_by(hits.c.campaign, hits.c.user_id)
        .having(tally(past) > ZERO)
        .subquery("logged_in")
    )
    cutoff = cutoff_of(counted, cutoffs)
    return sa.select(
        counted.c.campaign,
        counted.c.user_id,
        counted.c.logins,
        days_between(counted.c.last, cutoff).label("since_login"),
        days_between(counted.c.first, cutoff).label("tenure"),
        counted.c.requests,
        counted.c.days_seen,
        counted.c.responded,
        sa.func.count().over(partition_by=counted.c.campaign).label("population"),
    ).subquery("login_users")


def _is_login(relations: Relations, hits: Any, login_path: str) -> ColumnElement[bool]:
    asked = hits.c.page == word(login_path)
    if "requests.method" not in relations.mapped.fields:
        return sa.and_(asked)
    return sa.and_(asked, hits.c.is_page != ONE)


FACTS = (
    Fact(
        name="earlier_logins",
        says="users who had logged in two horizons before the end: what they had done by then, and"
        " whether they logged in within one horizon",
        query=_earlier,
        roles=ROLES,
    ),
    Fact(name="logins", says="the same one horizon before the end", query=_later, roles=ROLES),
    Fact(
        name="current_logins",
        says="the same at the end, for all users: what comes after is not known yet",
        query=_now,
        roles=ROLES,
        streamed=True,
    ),
)
