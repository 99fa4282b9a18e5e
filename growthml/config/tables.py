"""How a user's tables map onto ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, Tag, model_validator

from growthml.config.model import Model
from growthml.config.types import Text, by_shape, problem


class UsersTable(Model):
    """One row per user."""

    table: Text
    """The table's name; `schema.table` where it lies in a database schema."""
    id: Text | None = None
    """Column of the user's id. May be left out where `outcomes` is mapped: a row is a user then."""
    channel: Text | None = None
    """Column that says where the user came from."""
    signed_up_at: Text | None = None
    """Column of the sign-up's time. Left out: the first event is the sign-up."""
    outcomes: Mapping[Text, Text] = Field(default_factory=dict)
    """Action to column, for a table that holds what users did: `{bought: conversion}`. The column
    counts how often; 0 and 1 will do, and so will words: yes and no, true and false, ja and
    nein."""
    value: Text | None = None
    """Column of the money that the user's responses brought."""

    @model_validator(mode="after")
    def _needs_id(self) -> Self:
        if self.id is None and not self.outcomes:
            raise problem("needs 'id', the column of the user's id (or 'outcomes': a row per user)")
        return self


class ItemsTable(Model):
    """One row per item that users act on."""

    table: Text
    """The table's name."""
    id: Text
    """Column of the item's id."""
    category: Text | None = None
    """Column of the item's category."""
    price: Text | None = None
    """Column of the item's price, in the report's currency."""


class ConstantAction(Model):
    """Every row of the events table is this one action."""

    constant: Text
    """The action, such as `bought` for a table of orders."""


Action = Annotated[
    Annotated[Text, Tag("text")] | Annotated[ConstantAction, Tag("mapping")],
    by_shape("a column's name or {constant: bought}"),
]


class EventsTable(Model):
    """One row per action of a user."""

    table: Text
    """The table's name."""
    id: Text | None = None
    """Column of the event's id."""
    user_id: Text
    """Column of the user who acted."""
    item_id: Text | None = None
    """Column of the item acted on."""
    action: Action | None = None
    """Column that says what the user did, or `{constant: bought}` where every row is the same.
    Needed unless `users` is mapped."""
    occurred_at: Text | None = None
    """Column of the event's time. Needed unless `users` is mapped."""
    value: Text | None = None
    """Column of the money of this event; wins over the item's price."""
    order: Text | None = None
    """Column of the order's id: purchases are then distinct orders, not rows."""
    quantity: Text | None = None
    """Column of how many items; it multiplies the price."""
    price: Text | None = None
    """Column of the price of one item, where the event rather than the item carries it."""
    category: Text | None = None
    """Column of the category, where the event rather than the item carries it."""


class VisitsTable(Model):
    """One row per visit of a known user."""

    table: Text
    """The table's name."""
    user_id: Text
    """Column of the user who visited."""
    occurred_at: Text | None = None
    """Column of the visit's time."""
    duration: Text | None = None
    """Column of its length in seconds."""


class RequestsTable(Model):
    """One row per hit of a web site, exported from its log."""

    table: Text
    """The table's name."""
    occurred_at: Text
    """Column of the hit's time."""
    visitor: Text | None = None
    """Column that tells visitors apart: an id, a cookie or an address."""
    user_id: Text | None = None
    """Column of the user, where one was logged in."""
    page: Text | None = None
    """Column of the path asked for."""
    referrer: Text | None = None
    """Column of the page the visitor came from."""
    status: Text | None = None
    """Column of the HTTP status."""
    agent: Text | None = None
    """Column of the browser's name for itself (the user agent)."""
    method: Text | None = None
    """Column of the HTTP method."""
    bytes: Text | None = None
    """Column of the answer's size in bytes."""
    line: Text | None = None
    """Column that orders hits of the same moment, such as the line in the log."""
    malformed: Text | None = None
    """Table of the lines that could not be read, with columns `reason` and `sample`."""


class SessionsTable(Model):
    """One row per web session, exported from a web analytics tool."""

    table: Text
    """The table's name."""
    id: Text | None = None
    """Column of the session's id."""
    visitor: Text | None = None
    """Column that tells visitors apart."""
    user_id: Text | None = None
    """Column of the user, where one was logged in."""
    started_at: Text | None = None
    """Column of the session's first moment."""
    duration: Text | None = None
    """Column of its length in seconds."""
    pages: Text | None = None
    """Column of how many pages were seen."""
    referrer: Text | None = None
    """Column of the page the visitor came from."""
    entry_page: Text | None = None
    """Column of the first page seen."""
    bounced: Text | None = None
    """Column that is 1 where the visitor left after one page."""


class Schema(Model):
    """How your tables map onto ours: for each role a table, and its columns by our names.

    What sections lack is named in the report; nothing is guessed.
    """

    users: UsersTable | None = None
    """The users. Left out: whoever has an event is a user."""
    items: ItemsTable | None = None
    """What users act on."""
    events: EventsTable | None = None
    """What users did."""
    visits: VisitsTable | None = None
    """Visits of known users."""
    requests: RequestsTable | None = None
    """Hits of a web site, where they lie in a table rather than in a log file."""
    sessions: SessionsTable | None = None
    """Web sessions, where another tool has counted them."""

    @property
    def tables(self) -> list[str]:
        """The names of the tables that are mapped."""
        roles = [getattr(self, name) for name in type(self).model_fields]
        malformed = [self.requests.malformed] if self.requests and self.requests.malformed else []
        return [*(role.table for role in roles if role is not None), *malformed]

    @model_validator(mode="after")
    def _needs_a_table(self) -> Self:
        if not self.model_fields_set:
            raise problem(
                "maps no table; map 'users', 'items' and 'events', as far as you have them"
            )
        if self.events is not None and self.users is None:
            for field in ("action", "occurred_at"):
                if getattr(self.events, field) is None:
                    raise problem(f"needs 'events.{field}' (or 'users', with its 'id')")
        return self


FOOD_SITE = Schema(
    users=UsersTable(table="Users", id="id", channel="Campaign_ID", signed_up_at="date"),
    items=ItemsTable(table="Meal", id="id", category="Type", price="price"),
    events=EventsTable(
        table="Event",
        id="id",
        user_id="User_Id",
        item_id="Meal_Id",
        action="Type",
        occurred_at="date",
    ),
)
"""The schema where none is given: the simulator's."""

WEB_LOG = Schema(
    requests=RequestsTable(
        table="requests",
        occurred_at="occurred_at",
        visitor="ip",
        user_id="user_id",
        page="path",
        referrer="referrer",
        status="status",
        agent="agent",
        method="method",
        bytes="bytes",
        line="line",
        malformed="malformed",
    )
)
"""The schema of an access log that is given none: the columns it is read into."""
