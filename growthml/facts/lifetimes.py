"""Facts about lifetimes: what buyers were worth, when they bought again, and how soon users pay.

A purchase day is a day with at least one response: several on one day are one purchase for the
models of repeat buying (Fader, Hardie & Lee 2005). Frequency, recency and age are counted in days:
purchase days after the first, days from the first to the last, days from the first to the end of
what is seen.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import CTE, FromClause, Select

from growthml.facts.expressions import ZERO, moment, nothing, real, tally, total, whole
from growthml.facts.fact import Fact
from growthml.facts.history import history, last_day
from growthml.facts.relations import Relations
from growthml.sources.dialect import days_between, months_in

TOP_USERS = 1000
"""How many of a campaign's most valuable users are listed."""

MONTH_DAYS = (487, 16)
"""A month of age is 487/16 = 30.4375 days, a twelfth of 365.25."""

_EPOCH = date(1970, 1, 1)


# -- what users were worth -----------------------------------------------------------------------


def _by_channel(relations: Relations) -> Select[Any]:
    return _worth(relations, "channel")


def _by_category(relations: Relations) -> Select[Any]:
    _need_category(relations)
    return _worth(relations, "category")


def _by_demographic(relations: Relations) -> Select[Any]:
    _need_category(relations)
    return _worth(relations, "channel", "category")


def _worth(relations: Relations, *names: str) -> Select[Any]:
    """Sums over buyers; a buyer of several categories counts once in each."""
    per_buyer = _per_buyer(_seen(relations), *names)
    group = [per_buyer.c.campaign, *(per_buyer.c[name] for name in names)]
    rate = real(per_buyer.c.purchases) / per_buyer.c.months
    return (
        sa.select(
            *group,
            whole(sa.func.count()).label("buyers"),
            whole(sa.func.sum(per_buyer.c.purchases)).label("purchases"),
            total(per_buyer.c.revenue).label("revenue"),
            total(rate).label("purchases_per_month"),
            whole(sa.func.sum(per_buyer.c.months)).label("months"),
        )
        .group_by(*group)
        .order_by(*group)
    )


def _per_buyer(relations: Relations, *names: str) -> CTE:
    """campaign, user_id, `names`, purchases, revenue, months (calendar months with a response)."""
    bought = relations.responses
    group = [bought.c.campaign, bought.c.user_id, *(bought.c[name] for name in names)]
    named = [bought.c.category.is_not(None)] if "category" in names else []
    return (
        sa.select(
            *group,
            relations.purchases(bought).label("purchases"),
            relations.revenue(bought).label("revenue"),
            months_in(bought.c.day).label("months"),
        )
        .where(*named)
        .group_by(*group)
        .cte("buyers")
    )


# -- how they came back ------------------------------------------------------------------------


def _repeat_purchases(relations: Relations) -> Select[Any]:
    buyers = _repeats(_seen(relations))
    group = [buyers.c[name] for name in ("campaign", "channel", "frequency", "recency", "age")]
    return (
        sa.select(
            *group,
            whole(sa.func.count()).label("buyers"),
            sa.func.coalesce(total(buyers.c.mean_value), 0.0).label("mean_values"),
        )
        .group_by(*group)
        .order_by(*group)
    )


def _calibration(relations: Relations, share: str = "0.5") -> Select[Any]:
    buyers = _repeats(_seen(relations), float(share))
    group = [buyers.c[name] for name in ("campaign", "frequency", "recency", "age")]
    return (
        sa.select(*group, whole(sa.func.count()).label("buyers")).group_by(*group).order_by(*group)
    )


def _repeat_values(relations: Relations) -> Select[Any]:
    buyers = _repeats(_seen(relations))
    group = [buyers.c[name] for name in ("campaign", "frequency", "mean_value")]
    return (
        sa.select(*group, whole(sa.func.count()).label("buyers"))
        .where(buyers.c.frequency > 0)
        .group_by(*group)
        .order_by(*group)
    )


def _tracking(relations: Relations, share: str = "0.5") -> Select[Any]:
    """Day 0 is the campaign's first purchase day; buyers who came after the cut are left out."""
    days = _purchase_days(_seen(relations))
    cut = _cut(days, float(share))
    group = [days.c.campaign, days.c.day - days.c.start]
    return (
        sa.select(
            days.c.campaign,
            whole(days.c.day - days.c.start).label("day"),
            whole(tally(days.c.day == days.c.first)).label("new_buyers"),
            whole(tally(days.c.day > days.c.first)).label("repeats"),
            whole(sa.func.min(cut - days.c.start)).label("cut"),
            whole(sa.func.min(days.c.end - days.c.start)).label("end"),
        )
        .where(days.c.first <= cut)
        .group_by(*group)
        .order_by(*group)
    )


def _repeats(relations: Relations, share: float = 1.0) -> CTE:
    """campaign, user_id, channel, frequency, recency, age, mean_value; one row a buyer.

    share: how much of the history from the campaign's first purchase day on is looked at; age
    reaches to the end of that part. mean_value: of the purchase days after the first, or NULL.
    """
    days = _purchase_days(relations)
    cut = _cut(days, share)
    group = [days.c.campaign, days.c.user_id, days.c.channel]
    frequency = sa.func.count() - 1
    again = total(sa.case((days.c.day > days.c.first, days.c.value), else_=0.0))
    return (
        sa.select(
            *group,
            whole(frequency).label("frequency"),
            whole(sa.func.max(days.c.day) - sa.func.min(days.c.first)).label("recency"),
            whole(sa.func.min(cut) - sa.func.min(days.c.first)).label("age"),
            (real(again) / sa.func.nullif(frequency, 0)).label("mean_value"),
        )
        .where(days.c.day <= cut)
        .group_by(*group)
        .cte("repeats")
    )


def _cut(days: CTE, share: float) -> ColumnElement[Any]:
    """The last day of the first part of the history, in whole days on every engine."""
    return days.c.start + (days.c.end - days.c.start) * round(share * 1000) // 1000


def _purchase_days(relations: Relations) -> CTE:
    """campaign, user_id, channel, day, value, with the buyer's first day, the campaign's first
    (start) and the last day seen (end); days are numbered since 1970."""
    bought = relations.responses
    numbered = sa.select(
        *(bought.c[name] for name in ("campaign", "user_id", "channel", "value")),
        days_between(moment(_EPOCH), bought.c.day).label("day"),
    ).subquery("numbered")
    keys = [numbered.c[name] for name in ("campaign", "user_id", "channel", "day")]
    daily = (
        sa.select(*keys, sa.func.coalesce(total(numbered.c.value), 0.0).label("value"))
        .group_by(*keys)
        .subquery("daily")
    )
    mine = [daily.c.campaign, daily.c.user_id]
    days = sa.select(
        daily,
        sa.func.min(daily.c.day).over(partition_by=mine).label("first"),
        sa.func.min(daily.c.day).over(partition_by=daily.c.campaign).label("start"),
        last_day(relations, daily.c.campaign, _number).label("end"),
    )
    return relations.named(days, "purchase_days")


# -- the most valuable users -------------------------------------------------------------------


def _users(relations: Relations) -> Select[Any]:
    """A user's own lifetime value is the product of the three factors: the revenue so far."""
    seen = _seen(relations)
    worth, repeats = _per_buyer(seen), _repeats(seen)
    ranked = (
        sa.select(
            worth,
            sa.func.row_number()
            .over(partition_by=worth.c.campaign, order_by=(worth.c.revenue.desc(), worth.c.user_id))
            .label("rank"),
        )
    ).subquery("ranked")
    return (
        sa.select(
            ranked.c.campaign,
            whole(ranked.c.rank).label("rank"),
            ranked.c.user_id,
            repeats.c.channel,
            whole(ranked.c.purchases).label("purchases"),
            whole(ranked.c.months).label("months"),
            ranked.c.revenue,
            repeats.c.frequency,
            repeats.c.recency,
            repeats.c.age,
            repeats.c.mean_value,
        )
        .join_from(
            ranked,
            repeats,
            sa.and_(repeats.c.campaign == ranked.c.campaign, repeats.c.user_id == ranked.c.user_id),
        )
        .where(ranked.c.rank <= TOP_USERS)
        .order_by(ranked.c.campaign, ranked.c.rank)
    )


# -- how soon they pay -------------------------------------------------------------------------


def _payback(relations: Relations) -> Select[Any]:
    """Users stand in rows without a `month`, those without a sign-up in rows without an `age`.

    What was bought before sign-up is of month 0.
    """
    seen = _seen(relations)
    users, bought = seen.users, seen.responses
    lived = _months(bought.c.signed_up_at, bought.c.day)
    people = sa.select(
        users.c.campaign,
        users.c.channel,
        _age(seen, users).label("age"),
        nothing(sa.BigInteger()).label("month"),
        sa.literal(1).label("users"),
        real(sa.literal(0.0)).label("revenue"),
    )
    money = sa.select(
        bought.c.campaign,
        bought.c.channel,
        _age(seen, bought).label("age"),
        sa.case((lived > 0, lived), else_=0).label("month"),
        sa.literal(0).label("users"),
        real(bought.c.value).label("revenue"),
    ).where(bought.c.signed_up_at.is_not(None))
    both = sa.union_all(people, money).subquery("people_and_money")
    group = [both.c[name] for name in ("campaign", "channel", "age", "month")]
    return (
        sa.select(
            *group,
            whole(sa.func.sum(both.c.users)).label("users"),
            sa.func.coalesce(total(both.c.revenue), 0.0).label("revenue"),
        )
        .group_by(*group)
        .order_by(*group)
    )


def _age(relations: Relations, rows: FromClause) -> ColumnElement[int]:
    """Full months from sign-up to the last day seen."""
    return _months(rows.c.signed_up_at, last_day(relations, rows.c.campaign, moment))


def _months(start: ColumnElement[Any], end: ColumnElement[Any]) -> ColumnElement[int]:
    days, parts = MONTH_DAYS
    passed = days_between(start, end) * parts
    # Engines do not round a negative quotient the same way.
    return whole(sa.case((passed >= ZERO, passed // days), else_=-((days - 1 - passed) // days)))


# -- common ------------------------------------------------------------------------------------


def _seen(relations: Relations) -> Relations:
    """The campaigns with the history behind them; a table of outcomes has none but sign-ups."""
    relations.need_money()
    if relations.mapped.events is None:
        relations.need("users.signed_up_at")
        return relations
    return history(relations)


def _need_category(relations: Relations) -> None:
    if not {"items.category", "events.category"} & relations.mapped.fields:
        relations.need("items.category")


def _number(day: date) -> ColumnElement[int]:
    return sa.literal((day - _EPOCH).days)


FACTS = (
    Fact(
        name="lifetimes",
        says="buyers by channel: purchases, revenue, and sums over buyers of purchases a month and"
        " of calendar months with a purchase",
        query=_by_channel,
    ),
    Fact(
        name="lifetimes_by_category",
        says="the same by category, a buyer once in each",
        query=_by_category,
    ),
    Fact(
        name="lifetimes_by_demographic",
        says="the same by channel and category",
        query=_by_demographic,
    ),
    Fact(
        name="valuable_users",
        says=f"the {TOP_USERS} buyers of a campaign who brought most, with their purchase days",
        query=_users,
    ),
    Fact(
        name="repeat_purchases",
        says="buyers by channel, repeat purchase days, days from first to last and days seen, with"
        " the sum of their mean values of a repeat purchase day",
        query=_repeat_purchases,
    ),
    Fact(
        name="repeat_values",
        says="buyers by repeat purchase days and mean value of one",
        query=_repeat_values,
    ),
    Fact(
        name="calibration_purchases",
        says="buyers by repeat purchase days, days from first to last and days seen, in the first"
        " part of the history",
        query=_calibration,
    ),
    Fact(
        name="repeat_tracking",
        says="first and repeat purchase days by day, of buyers first seen in the first part of the"
        " history",
        query=_tracking,
    ),
    Fact(
        name="payback",
        says="users and revenue by channel, the user's age in months and the age at the purchase",
        query=_payback,
    ),
)
