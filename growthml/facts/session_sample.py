"""Single sessions, as far as a sample may hold them: what correlations and regressions read."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.selectable import Select

from growthml.facts.expressions import real, whole, word
from growthml.facts.fact import Fact
from growthml.facts.hits import Hits, Rules
from growthml.facts.relations import Relations
from growthml.sources.dialect import hour_of, weekday_of

MOST_SESSIONS = 50_000
SEED = "growthml"


def _session_sample(relations: Relations, *rules: str) -> Select[Any]:
    """Of more than MOST_SESSIONS a campaign those with the smallest MD5 of visitor and start."""
    sessions = Hits(relations, Rules.of(rules)).sessions
    known = sa.select(
        sessions.c.campaign,
        sessions.c.visitor,
        sessions.c.started_at,
        real(sessions.c.duration).label("duration"),
        whole(sessions.c.hits).label("hits"),
        whole(sessions.c.pages).label("pages"),
        whole(sessions.c.bounced).label("bounced"),
        sessions.c.network,
        sa.func.count().over(partition_by=sessions.c.campaign).label("population"),
    ).subquery("known_sessions")
    name = sa.func.coalesce(known.c.visitor, word("")) + sa.func.coalesce(
        sa.cast(known.c.started_at, sa.String()), word("")
    )
    lot = sa.case((known.c.population > MOST_SESSIONS, sa.func.md5(word(SEED) + name)))
    order = (lot, known.c.duration, known.c.pages)
    placed = sa.select(
        known,
        sa.func.row_number().over(partition_by=known.c.campaign, order_by=order).label("place"),
    ).subquery("placed")
    return sa.select(
        placed.c.campaign,
        placed.c.duration,
        placed.c.hits,
        placed.c.pages,
        placed.c.bounced,
        whole(hour_of(placed.c.started_at)).label("hour"),
        whole(weekday_of(placed.c.started_at)).label("weekday"),
        placed.c.network,
        whole(placed.c.population).label("population"),
    ).where(placed.c.place <= MOST_SESSIONS)


FACTS = (
    Fact(
        name="session_sample",
        says="single sessions, of many a sample by hash: length, hits, pages, hour, network",
        query=_session_sample,
        roles=frozenset({"requests", "sessions"}),
    ),
)
