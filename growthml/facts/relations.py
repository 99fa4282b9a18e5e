"""The relations facts are counted over: each campaign's users, their events, their totals.

All campaigns of one source live in the same relations, told apart by the column `campaign`, so
that one query counts a fact for every campaign of that source and reads the tables once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import CTE, FromClause, Select

from growthml.errors import NotEnoughData
from growthml.sources.dialect import INSTANT, Grain
from growthml.sources.mapping import Mapped, MappedTable

_USER_ROLES = {"user": "id", "channel": "channel", "signed_up_at": "signed_up_at"}
_EVENT_ROLES = {
    "action": "action",
    "item": "item_id",
    "category": "category",
    "order": "order",
    "occurred_at": "occurred_at",
}


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Which users and events of a source make one campaign: window [start, end), filters."""

    key: str
    start: date | None = None
    end: date | None = None
    population: Literal["seen", "new", "all"] = "seen"
    where: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Counting:
    """What counts. value: `price`, `event`, or what one response is worth.

    seen_until: the last day seen. today: rows after it are future rows. exclude_overlap: users in
    several campaigns are left out. known_actions: every other action is unknown; empty: any.
    """

    response: str
    idle: frozenset[str]
    value: Literal["price", "event"] | float
    seen_until: date
    today: date
    exclude_overlap: bool = False
    known_actions: frozenset[str] = frozenset()
    grain: Grain = "month"


def moment(day: date) -> ColumnElement[Any]:
    """Midnight at the start of a day, as a bound instant."""
    return sa.literal(datetime.combine(day, time()), INSTANT)


def whole(expression: Any) -> ColumnElement[int]:
    """As a 64-bit integer, so that every engine returns the same type."""
    return sa.cast(expression, sa.BigInteger())


def real(expression: Any) -> ColumnElement[float]:
    """As a double, so that every engine returns the same type."""
    return sa.cast(expression, sa.Double())


def tally(condition: Any, amount: Any = 1) -> ColumnElement[Any]:
    """The sum of `amount` over rows that fulfil a condition; 0 where none does."""
    return sa.func.coalesce(sa.func.sum(sa.case((condition, amount), else_=0)), 0)


class Relations:
    """One source's campaigns as relations; built once, used by every fact."""

    def __init__(self, mapped: Mapped, cuts: Sequence[Cut], counting: Counting) -> None:
        self.mapped = mapped
        self.cuts = cuts
        self.counting = counting

    @property
    def seen_before(self) -> ColumnElement[Any]:
        """The first instant that is not seen."""
        return moment(self.counting.seen_until + timedelta(days=1))

    @property
    def has_actions(self) -> bool:
        """Whether the source says what users did."""
        users = self.mapped.users
        return "events.action" in self.mapped.fields or bool(users and users.outcomes)

    @property
    def has_money(self) -> bool:
        """Whether a response has a value: a constant, a price, or money of its own."""
        priced = {"items.price", "events.value", "users.value"} & self.mapped.fields
        return self.has_actions and (isinstance(self.counting.value, float) or bool(priced))

    def need(self, *names: str) -> None:
        """Raise NotEnoughData naming the first field the schema does not map."""
        for name in names:
            if name not in self.mapped.fields:
                raise NotEnoughData(
                    f"this needs the field {name}, which the schema does not map", missing=name
                )

    # -- users ---------------------------------------------------------------------------------

    @cached_property
    def all_members(self) -> CTE:
        """Every campaign's users before users of several campaigns are left out."""
        return sa.union_all(*(self._members(cut) for cut in self.cuts)).cte("campaign_members")

    @cached_property
    def users(self) -> CTE:
        """campaign, user_id, channel, signed_up_at; one row per campaign and user."""
        if not self.counting.exclude_overlap or len(self.cuts) < 2:
            return sa.union_all(*(self._members(cut) for cut in self.cuts)).cte("campaign_users")
        counted = sa.select(
            self.all_members,
            sa.func.count().over(partition_by=self.all_members.c.user_id).label("campaigns"),
        ).subquery("counted")
        kept = [column for column in counted.c if column.name != "campaigns"]
        return sa.select(*kept).where(counted.c.campaigns == 1).cte("campaign_users")

    def _members(self, cut: Cut) -> Select[Any]:
        users = self._users_of(cut)
        signed_up = users.c.signed_up_at
        conditions = [sa.or_(signed_up < self.seen_before, signed_up.is_(None))]
        conditions += self._population(cut, users)
        return sa.select(sa.literal(cut.key, sa.String()).label("campaign"), *users.c).where(
            *conditions
        )

    def _population(self, cut: Cut, users: FromClause) -> list[ColumnElement[bool]]:
        if cut.start is None and cut.end is None:
            return []
        signed_up = users.c.signed_up_at
        inside = _within(signed_up, cut.start, cut.end)
        if cut.population == "new":
            return [inside]
        if cut.population == "all":
            before_end = _within(signed_up, None, cut.end)
            return [sa.or_(before_end, signed_up.is_(None))]
        events = self.mapped.events
        if events is None or "occurred_at" not in events.fields:
            return [inside]
        acted = sa.select(events["user_id"]).where(
            _within(events["occurred_at"], cut.start, cut.end),
            events["occurred_at"] < self.seen_before,
            events["user_id"].is_not(None),
        )
        return [sa.or_(inside, users.c.user_id.in_(acted))]

    def _users_of(self, cut: Cut) -> FromClause:
        """user_id, channel, signed_up_at (and outcomes) of users that pass the cut's filters."""
        users, events = self.mapped.users, self.mapped.events
        user_filters = _conditions(cut.where, "users", _USER_ROLES, users)
        event_filters = _conditions(cut.where, "events", _EVENT_ROLES, events, self.mapped.items)
        if users is None:
            return self._users_from_events(event_filters)
        query = _user_rows(users, user_filters)
        if event_filters and events is not None:
            acted = sa.select(events["user_id"]).select_from(self._events_with_items()).where(*event_filters)
            query = query.where(users["id"].in_(acted))
        if "signed_up_at" not in users.fields and events is not None:
            return self._with_first_event(query.subquery("users"), events)
        return query.subquery("users")

    def _users_from_events(self, filters: Sequence[ColumnElement[bool]]) -> FromClause:
        events = self.mapped.events
        if events is None:
            raise NotEnoughData("the schema maps neither users nor events", missing="users.id")
        return (
            sa.select(
                events["user_id"].label("user_id"),
                sa.cast(sa.null(), sa.String()).label("channel"),
                sa.func.min(events["occurred_at"]).label("signed_up_at"),
            )
            .select_from(self._events_with_items())
            .where(events["user_id"].is_not(None), *filters)
            .group_by(events["user_id"])
            .subquery("users")
        )

    def _with_first_event(self, users: FromClause, events: MappedTable) -> FromClause:
        first = (
            sa.select(
                events["user_id"].label("user_id"),
                sa.func.min(events["occurred_at"]).label("signed_up_at"),
            )
            .where(events["user_id"].is_not(None))
            .group_by(events["user_id"])
            .subquery("first_events")
        )
        rest = [column for column in users.c if column.name not in ("signed_up_at",)]
        return (
            sa.select(*rest, first.c.signed_up_at)
            .select_from(users.outerjoin(first, first.c.user_id == users.c.user_id))
            .subquery("users_since_first_event")
        )

    # -- events --------------------------------------------------------------------------------

    @cached_property
    def items(self) -> FromClause | None:
        """item_id, category, price; one row per item, whatever the table holds."""
        items = self.mapped.items
        if items is None:
            return None
        fields = {"category": items["category"], "price": items["price"]}
        if items.unique:
            columns = [column.label(name) for name, column in fields.items()]
            return sa.select(items["id"].label("item_id"), *columns).subquery("items")
        columns = [sa.func.min(column).label(name) for name, column in fields.items()]
        return (
            sa.select(items["id"].label("item_id"), *columns)
            .where(items["id"].is_not(None))
            .group_by(items["id"])
            .subquery("items")
        )

    def _events_with_items(self) -> FromClause:
        events, items = self.mapped.events, self.mapped.items
        assert events is not None
        if items is None or "item_id" not in events.fields:
            return events.table
        return events.table.outerjoin(items.table, items["id"] == events["item_id"])

    @cached_property
    def events(self) -> CTE:
        """Every event that counts, with its user's campaign, channel and sign-up.

        campaign, user_id, channel, signed_up_at, item_id, category, action, occurred_at, orders
        (what tells one purchase from another), n (how many such events the row stands for), value.
        """
        parts: list[Select[Any]] = []
        if self.mapped.events is not None:
            parts.append(self._from_events(self.mapped.events))
        if self.mapped.users is not None and self.mapped.users.outcomes:
            parts += self._from_outcomes(self.mapped.users)
        if not parts:
            self.need("events.action")
        return sa.union_all(*parts).cte("campaign_events") if parts[1:] else parts[0].cte("campaign_events")

    def _from_events(self, events: MappedTable) -> Select[Any]:
        users, items = self.users, self.items
        source = events.table.join(users, users.c.user_id == events["user_id"])
        category, price = events["category"], sa.cast(sa.null(), sa.Double())
        if items is not None and "item_id" in events.fields:
            source = source.outerjoin(items, items.c.item_id == events["item_id"])
            category = sa.func.coalesce(events["category"], items.c.category) if (
                "category" in events.fields
            ) else items.c.category
            price = items.c.price
        columns = [
            users.c.campaign,
            users.c.user_id,
            users.c.channel,
            users.c.signed_up_at,
            events["item_id"].label("item_id"),
            category.label("category"),
            events["action"].label("action"),
            events["occurred_at"].label("occurred_at"),
            events["order"].label("order_id"),
            sa.literal(1).label("n"),
            self._value(events, price).label("value"),
        ]
        return sa.select(*columns).select_from(source).where(*self._counted(events, users))

    def _counted(self, events: MappedTable, users: FromClause) -> Iterable[ColumnElement[bool]]:
        """Rows inside what is seen, each campaign's window and filters, cancellations left out."""
        occurred = events["occurred_at"]
        if "occurred_at" in events.fields:
            windows = [
                sa.and_(users.c.campaign == cut.key, _within(occurred, cut.start, cut.end))
                if len(self.cuts) > 1
                else _within(occurred, cut.start, cut.end)
                for cut in self.cuts
                if cut.start or cut.end
            ]
            open_ended = [cut.key for cut in self.cuts if not (cut.start or cut.end)]
            yield sa.or_(occurred < self.seen_before, occurred.is_(None))
            if windows:
                yield sa.or_(*windows, *(users.c.campaign == key for key in open_ended))
        if "quantity" in events.fields:
            yield sa.or_(events["quantity"] > 0, events["quantity"].is_(None))
        filters = {
            cut.key: _conditions(cut.where, "events", _EVENT_ROLES, events, self.items)
            for cut in self.cuts
        }
        if any(filters.values()):
            yield sa.or_(
                *(sa.and_(users.c.campaign == key, *rules) for key, rules in filters.items())
            )

    def _value(self, events: MappedTable, price: ColumnElement[Any]) -> ColumnElement[Any]:
        value = self.counting.value
        if isinstance(value, int | float):
            return real(sa.literal(float(value)))
        own = events["value"]
        if value == "event" or ("value" in events.fields and price is None):
            return real(own)
        worth = price * events["quantity"] if "quantity" in events.fields else price
        return real(sa.func.coalesce(own, worth) if "value" in events.fields else worth)

    def _from_outcomes(self, table: MappedTable) -> list[Select[Any]]:
        users = self.users
        constant = self.counting.value
        parts = []
        for action in table.outcomes:
            count = users.c[_outcome(action)]
            worth = (
                real(sa.literal(float(constant)) * count)
                if isinstance(constant, int | float)
                else real(users.c.value)
            )
            parts.append(
                sa.select(
                    users.c.campaign,
                    users.c.user_id,
                    users.c.channel,
                    users.c.signed_up_at,
                    sa.cast(sa.null(), sa.String()).label("item_id"),
                    sa.cast(sa.null(), sa.String()).label("category"),
                    sa.literal(action, sa.String()).label("action"),
                    users.c.signed_up_at.label("occurred_at"),
                    sa.cast(sa.null(), sa.String()).label("order_id"),
                    count.label("n"),
                    worth.label("value"),
                ).where(count > 0)
            )
        return parts

    # -- what facts say of an event ------------------------------------------------------------

    def is_response(self, events: FromClause) -> ColumnElement[bool]:
        """Whether an event is the response."""
        return events.c.action == self.counting.response

    def is_active(self, events: FromClause) -> ColumnElement[bool]:
        """Whether an event counts as doing something."""
        return sa.and_(
            events.c.action.is_not(None), events.c.action.not_in(sorted(self.counting.idle))
        )

    def purchases(self, events: FromClause) -> ColumnElement[Any]:
        """How many responses: distinct orders where they are mapped, else rows."""
        if "events.order" in self.mapped.fields:
            order = sa.case((self.is_response(events), events.c.order_id))
            return sa.func.count(sa.distinct(order))
        return tally(self.is_response(events), events.c.n)

    def revenue(self, events: FromClause) -> ColumnElement[Any]:
        """The value of the responses; 0.0 where there are none."""
        return real(tally(self.is_response(events), events.c.value))

    @cached_property
    def user_totals(self) -> CTE:
        """campaign, user_id, channel, active, buyer (0/1), purchases, revenue; one row a user."""
        users, events = self.users, self.events
        acted = (
            sa.select(
                events.c.campaign,
                events.c.user_id,
                sa.func.max(sa.case((self.is_active(events), 1), else_=0)).label("active"),
                sa.func.max(sa.case((self.is_response(events), 1), else_=0)).label("buyer"),
                self.purchases(events).label("purchases"),
                self.revenue(events).label("revenue"),
            )
            .group_by(events.c.campaign, events.c.user_id)
            .subquery("acted")
        )
        return (
            sa.select(
                users.c.campaign,
                users.c.user_id,
                users.c.channel,
                *(
                    sa.func.coalesce(acted.c[name], 0).label(name)
                    for name in ("active", "buyer", "purchases", "revenue")
                ),
            )
            .select_from(
                users.outerjoin(
                    acted,
                    sa.and_(
                        acted.c.campaign == users.c.campaign, acted.c.user_id == users.c.user_id
                    ),
                )
            )
            .cte("user_totals")
        )


def _user_rows(users: MappedTable, filters: Sequence[ColumnElement[bool]]) -> Select[Any]:
    fields: dict[str, ColumnElement[Any]] = {
        "channel": users["channel"],
        "signed_up_at": users["signed_up_at"],
    }
    if users.outcomes:
        fields["value"] = users["value"]
        fields |= {_outcome(action): column for action, column in users.outcomes.items()}
    if users.unique:
        columns = [users["id"].label("user_id")]
        columns += [column.label(name) for name, column in fields.items()]
        return sa.select(*columns).where(users["id"].is_not(None), *filters)
    columns = [users["id"].label("user_id")]
    columns += [
        (sa.func.max(column) if name in ("value",) or name.startswith("outcome_") else sa.func.min(column)).label(name)
        for name, column in fields.items()
    ]
    return (
        sa.select(*columns)
        .where(users["id"].is_not(None), *filters)
        .group_by(users["id"])
    )


def _outcome(action: str) -> str:
    return f"outcome_{action}"


def _within(
    occurred: ColumnElement[Any], start: date | None, end: date | None
) -> ColumnElement[bool]:
    limits = []
    if start is not None:
        limits.append(occurred >= moment(start))
    if end is not None:
        limits.append(occurred < moment(end))
    return sa.and_(*limits) if limits else sa.true()


def _conditions(
    where: Mapping[str, Any],
    role: str,
    roles: Mapping[str, str],
    table: MappedTable | None,
    items: Any = None,
) -> list[ColumnElement[bool]]:
    """A campaign's filters that speak of one table; `where` names roles or `role.column`."""
    conditions = []
    for name, wanted in where.items():
        table_name, _, column_name = name.partition(".")
        if column_name:
            if table_name != role or table is None:
                continue
            conditions.append(_matches(table.columns[column_name], wanted))
        elif name in roles and table is not None:
            conditions.append(_matches(_role_column(roles[name], table, items), wanted))
    return conditions


def _role_column(name: str, table: MappedTable, items: Any) -> ColumnElement[Any]:
    if name == "category" and name not in table.fields and items is not None:
        column: ColumnElement[Any] = (
            items["category"] if isinstance(items, MappedTable) else items.c.category
        )
        return column
    return table[name]


def _matches(column: ColumnElement[Any], wanted: Any) -> ColumnElement[bool]:
    if isinstance(wanted, Mapping) or hasattr(wanted, "min"):
        low = wanted.get("min") if isinstance(wanted, Mapping) else wanted.min
        high = wanted.get("max") if isinstance(wanted, Mapping) else wanted.max
        return sa.and_(
            *([column >= low] if low is not None else []),
            *([column <= high] if high is not None else []),
        )
    if isinstance(wanted, list | tuple):
        return column.in_(list(wanted))
    return column == wanted
