"""A fact: a named aggregate over campaigns, counted inside the database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.sql.selectable import Select


@dataclass(frozen=True, kw_only=True)
class Fact:
    """name: as sections ask for it. says: what one row means. query: builds its one SELECT.

    The SELECT's first column is `campaign`; `query` raises NotEnoughData when the schema lacks a
    field it needs. A fact with arguments is asked for as `name:argument` and gets them as text.
    streamed: its rows are one a user, too many to hold; they come in batches, in no order.
    roles: it is counted in the sources that map one of these tables (in all, if none does).
    """

    name: str
    says: str
    query: Callable[..., Select[Any]]
    streamed: bool = False
    roles: frozenset[str] = frozenset({"users", "events"})
