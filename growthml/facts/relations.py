"""The relations facts are counted over: each campaign's users, their events, their totals.

All campaigns of one source live in the same relations, told apart by the column `campaign`, so
that one query counts a fact for every campaign of that source and reads the tables once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import CTE, FromClause, GenerativeSelect, Select, Subquery

from growthml.config.problems import suggestion
from growthml.errors import MissingFields, NotEnoughData
from growthml.facts.cut import Counting, Cut
from growthml.facts.expressions import ONE, ZERO, any_row, moment, nothing, real, tally, whole, word
from growthml.facts.filters import check_filters
from growthml.facts.happenings import from_events, from_outcomes
from growthml.facts.people import known_users, members, seen_before
from growthml.sources.dialect import day_of, exact
from growthml.sources.mapping import Mapped
from growthml.words import _

__all__ = ["Counting", "Cut", "Relations", "moment"]

Keep = Callable[[str, GenerativeSelect], FromClause]
KEPT = frozenset({"acts", "responses", "purchase_days", "user_totals", "sessions"})
"""What three facts and more read."""

_TOTALS = ("active", "buyer", "purchases", "revenue")


class Relations:
    """One source's campaigns as relations; built once, used by every fact.

    keep: where the engine holds relations that many facts read; left out, each statement has them
    as common table expressions. inline: whether what is not kept is written where it is read
    instead. Raises MissingFields when a campaign is filtered by what the schema does not map.
    """

    def __init__(
        self,
        mapped: Mapped,
        cuts: Sequence[Cut],
        counting: Counting,
        keep: Keep | None = None,
        inline: bool = False,
    ) -> None:
        check_filters(cuts, mapped)
        self.mapped = mapped
        self.cuts = cuts
        self.counting = counting
        self.keep = keep
        self.inline = inline

    def carrying(self, columns: Sequence[str]) -> Relations:
        """The same relations, users with these columns of their table beside them.

        Raises MissingFields where the table has no such column.
        """
        if not columns:
            return self
        users = self.mapped.users
        there = users.columns if users else {}
        unknown = [name for name in columns if name not in there]
        if unknown:
            raise MissingFields(
                [
                    f"features: users.{name}: there is no column '{name}'"
                    f"{suggestion(name, list(there))}"
                    for name in unknown
                ]
            )
        carrying = replace(self.counting, carried=tuple(columns))
        return Relations(self.mapped, self.cuts, carrying, self.keep, self.inline)

    @property
    def carried(self) -> list[str]:
        """What the columns that come along with users are called: `users.age`."""
        return [f"users.{name}" for name in self.counting.carried]

    # -- what the schema allows ----------------------------------------------------------------

    @property
    def has_actions(self) -> bool:
        """Whether the source says what users did."""
        users = self.mapped.users
        return "events.action" in self.mapped.fields or bool(users and users.outcomes)

    @property
    def has_money(self) -> bool:
        """Whether a response has a value: a constant, a price, or money of its own."""
        fields, value = self.mapped.fields, self.counting.value
        if not self.has_actions or not isinstance(value, str):
            return self.has_actions
        by_item = {"items.price", "events.item_id"} <= fields or "events.price" in fields
        return (value == "price" and by_item) or bool({"events.value", "users.value"} & fields)

    def need(self, *names: str) -> None:
        """Raise NotEnoughData naming the first field the schema does not map."""
        for name in names:
            if name not in self.mapped.fields:
                raise NotEnoughData(
                    _("this needs the field {field}, which the schema does not map", field=name),
                    missing=name,
                )

    def need_actions(self) -> None:
        """Raise NotEnoughData unless the source says what users did."""
        if not self.has_actions:
            self.need("events.action")

    def need_times(self) -> None:
        """Raise NotEnoughData unless something says when users came: sign-ups or events."""
        if "events.occurred_at" not in self.mapped.fields:
            self.need("users.signed_up_at")

    def need_money(self) -> None:
        """Raise NotEnoughData unless a response is worth something."""
        self.need_actions()
        if not self.has_money:
            raise NotEnoughData(
                _(
                    "this needs the field items.price (or events.value), which the schema does not"
                    " map; or give every response a worth: metrics.value: 1.0"
                ),
                missing="items.price",
            )

    # -- users ---------------------------------------------------------------------------------

    @property
    def seen_before(self) -> ColumnElement[Any]:
        """The first instant that is not seen."""
        return seen_before(self.counting)

    @cached_property
    def known_users(self) -> CTE:
        """Every user of the source, campaign or not; one row per user, `user_id` and more."""
        if any(cut.windowed for cut in self.cuts):
            self.need_times()
        users = known_users(self.mapped, self.items, self.cuts, self.counting)
        return self.named(users, "known_users")

    @cached_property
    def all_members(self) -> CTE:
        """Every campaign's users before users of several campaigns are left out."""
        return self._members("campaign_members")

    @cached_property
    def users(self) -> CTE:
        """campaign, user_id, channel, signed_up_at; one row per campaign and user."""
        if not self.counting.exclude_overlap or len(self.cuts) < 2:
            return self._members("campaign_users")
        counted = sa.select(
            self.all_members,
            self.campaigns_of_user.label("campaigns"),
        ).subquery("counted")
        kept = [column for column in counted.c if column.key != "campaigns"]
        return self.named(sa.select(*kept).where(counted.c.campaigns == ONE), "campaign_users")

    @property
    def campaigns_of_user(self) -> ColumnElement[Any]:
        """In how many campaigns the user of a row of `all_members` is, those of one part only."""
        members = self.all_members
        parts = dict.fromkeys(cut.part for cut in self.cuts)
        same: list[ColumnElement[Any]] = [members.c.user_id]
        if len(parts) > 1:
            part = [(members.c.campaign == cut.key, word(cut.part)) for cut in self.cuts]
            same.append(sa.case(*part))
        return sa.func.count().over(partition_by=same)

    def _members(self, name: str) -> CTE:
        users = self.known_users
        parts = [
            members(self.cuts, place, users, self.counting)
            for place in range(1, len(self.cuts) + 1)
        ]
        return self.named(united(parts), name)

    def named(self, query: GenerativeSelect, name: str) -> CTE:
        """A table that is kept, or a common table expression that hides no table of the user's."""
        if self.keep is not None and name in KEPT:
            return cast(CTE, self.keep(name, query))
        if self.inline:
            return cast(CTE, query.subquery(name))
        taken = {table.name.casefold() for table in self.mapped.tables}
        while name in taken:
            name += "_"
        return query.cte(name)

    # -- events --------------------------------------------------------------------------------

    @cached_property
    def items(self) -> Subquery | None:
        """item_id, category, price; one row per item, whatever the table holds.

        Of several rows with one id each column's smallest value is taken.
        """
        items = self.mapped.items
        if items is None:
            return None
        item_id, category, price = items["id"], items["category"], items["price"]
        if not items.unique:
            category, price = sa.func.min(category), sa.func.min(price)
        rows = sa.select(item_id.label("item_id"), category.label("category"), price.label("price"))
        return (rows if items.unique else rows.group_by(item_id)).subquery("items")

    @cached_property
    def events(self) -> CTE:
        """Every event that counts, with its user's campaign, channel and sign-up.

        campaign, user_id, channel, signed_up_at, item_id, category, action, occurred_at, order_id,
        n (how many such events the row stands for), value. Events of unknown users, outside their
        campaign's window or filters, not seen yet, or cancelled (a quantity of 0 or less) are not
        there; events before sign-up, repeated ones and, without a window, ones without a time are.
        """
        self.need_actions()
        events, users = self.mapped.events, self.mapped.users
        parts: list[Select[Any]] = []
        if events is not None:
            parts.append(from_events(events, self.users, self.items, self.cuts, self.counting))
        if users is not None:
            parts += from_outcomes(users, self.users, self.counting)
        return self.named(united(parts), "campaign_events")

    @cached_property
    def acts(self) -> CTE:
        """The events, for facts that ask neither for the item nor for any time but the last.

        Where the engine keeps relations, events of a user alike in category, action and order are
        one row, at the time of the last; those without a time stand in rows of their own.
        """
        if self.keep is None:
            return self.events
        at = self.events.c.occurred_at
        alike = self._alike(sa.func.max(at).label("occurred_at"))
        return self.named(alike.group_by(at.is_(None)), "acts")

    @cached_property
    def responses(self) -> CTE:
        """The responses whose time is known, and the `day` of each.

        Where the engine keeps relations, those of a user alike in category, order and day are one.
        """
        events = self.events
        day = day_of(events.c.occurred_at).label("day")
        timed = sa.and_(self.is_response(events), events.c.occurred_at.is_not(None))
        if self.keep is None:
            return self.named(sa.select(events, day).where(timed), "responses")
        return self.named(self._alike(day).where(timed).group_by(day), "responses")

    def _alike(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """Events of a user alike in category, action and order as one row, with further columns."""
        events = self.events
        ordered = "events.order" in self.mapped.fields
        alike = [
            events.c[name] for name in ("campaign", "user_id", "channel", "category", "action")
        ]
        alike += [events.c.order_id] if ordered else []
        return sa.select(
            *alike,
            *([] if ordered else [nothing(sa.String()).label("order_id")]),
            # One and the same for a user.
            sa.func.min(events.c.signed_up_at).label("signed_up_at"),
            whole(sa.func.sum(events.c.n)).label("n"),
            sa.func.sum(self.worth(events)).label("value"),
            *columns,
        ).group_by(*alike)

    # -- what facts say of an event ------------------------------------------------------------

    def is_response(self, events: FromClause) -> ColumnElement[bool]:
        """Whether an event is the response."""
        return events.c.action == self.counting.response

    def is_active(self, events: FromClause) -> ColumnElement[bool]:
        """Whether an event counts as doing something."""
        named = events.c.action.is_not(None)
        if not self.counting.idle:
            return named
        return sa.and_(named, events.c.action.not_in(sorted(self.counting.idle)))

    def purchases(self, events: FromClause) -> ColumnElement[Any]:
        """How many responses: distinct orders where they are mapped, else rows.

        A response without an order id is a purchase of its own.
        """
        response = self.is_response(events)
        if "events.order" not in self.mapped.fields:
            return tally(response, events.c.n)
        orders = sa.func.count(sa.distinct(sa.case((response, events.c.order_id))))
        return orders + tally(sa.and_(response, events.c.order_id.is_(None)), events.c.n)

    def revenue(self, events: FromClause) -> ColumnElement[Any]:
        """The value of the responses; 0.0 where there are none."""
        return real(tally(self.is_response(events), exact(events.c.value)))

    def worth(self, events: FromClause) -> ColumnElement[Any]:
        """The value of a response, exactly; NULL for other events, whose value nobody asks for."""
        return sa.case((self.is_response(events), exact(events.c.value)))

    @cached_property
    def user_totals(self) -> CTE:
        """campaign, user_id, channel, active, buyer (0/1), purchases, revenue; one row a user."""
        users, events = self.users, self.acts
        acted = (
            sa.select(
                events.c.campaign,
                events.c.user_id,
                any_row(self.is_active(events)).label("active"),
                any_row(self.is_response(events)).label("buyer"),
                self.purchases(events).label("purchases"),
                self.revenue(events).label("revenue"),
            )
            .group_by(events.c.campaign, events.c.user_id)
            .subquery("acted")
        )
        same_user = sa.and_(
            acted.c.campaign == users.c.campaign, acted.c.user_id == users.c.user_id
        )
        totals = [sa.func.coalesce(acted.c[name], ZERO).label(name) for name in _TOTALS]
        query = sa.select(users.c.campaign, users.c.user_id, users.c.channel, *totals)
        return self.named(query.select_from(users.outerjoin(acted, same_user)), "user_totals")


def united(parts: Sequence[Select[Any]]) -> GenerativeSelect:
    """All rows of several queries."""
    return sa.union_all(*parts) if len(parts) > 1 else parts[0]
