"""Facts about money: who spends most, and how unevenly."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.selectable import Select, Subquery

from growthml.facts.expressions import ONE, real, total, whole
from growthml.facts.fact import Fact
from growthml.facts.relations import Relations

TOP_USERS = 1000
"""How many of a campaign's highest spenders are listed."""

STEPS = 100
"""The concentration curve has at most this many points."""


def _ranked(relations: Relations) -> Subquery:
    relations.need_money()
    totals = relations.user_totals
    by_revenue = (totals.c.revenue.desc(), totals.c.user_id)
    return (
        sa.select(
            totals,
            sa.func.row_number()
            .over(partition_by=totals.c.campaign, order_by=by_revenue)
            .label("rank"),
            sa.func.count().over(partition_by=totals.c.campaign).label("buyers"),
        )
        .where(totals.c.buyer == ONE)
        .subquery("ranked")
    )


def _spenders(relations: Relations) -> Select[Any]:
    ranked = _ranked(relations)
    return (
        sa.select(
            ranked.c.campaign,
            whole(ranked.c.rank).label("rank"),
            ranked.c.user_id,
            ranked.c.channel,
            whole(ranked.c.purchases).label("purchases"),
            real(ranked.c.revenue).label("revenue"),
        )
        .where(ranked.c.rank <= TOP_USERS)
        .order_by(ranked.c.campaign, ranked.c.rank)
    )


def _concentration(relations: Relations) -> Select[Any]:
    """Gini = sum((n + 1 - 2 rank) x) / (n sum x), ranks from the highest spender down."""
    ranked = _ranked(relations)
    steps = sa.literal(STEPS)
    step = (whole(ranked.c.rank * steps) + ranked.c.buyers - 1) // ranked.c.buyers
    weighed = (ranked.c.buyers + 1 - 2 * ranked.c.rank) * ranked.c.revenue
    binned = sa.select(
        ranked.c.campaign,
        whole(step).label("step"),
        ranked.c.revenue,
        weighed.label("weighed"),
    ).subquery("binned")
    return (
        sa.select(
            binned.c.campaign,
            binned.c.step,
            whole(sa.func.count()).label("buyers"),
            total(binned.c.revenue).label("revenue"),
            total(binned.c.weighed).label("weighed"),
        )
        .group_by(binned.c.campaign, binned.c.step)
        .order_by(binned.c.campaign, binned.c.step)
    )


FACTS = (
    Fact(
        name="spenders",
        says=f"the {TOP_USERS} buyers of a campaign who spent most",
        query=_spenders,
    ),
    Fact(
        name="concentration",
        says="buyers and revenue in steps of one per cent of buyers, highest spenders first",
        query=_concentration,
    ),
)
