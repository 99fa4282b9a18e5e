"""A query of the user's own as a fact: run as it is written, once a campaign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.selectable import CTE, TextualSelect

from growthml.errors import FactError
from growthml.facts.cut import Cut
from growthml.facts.relations import Relations
from growthml.query import USERS, after_with, bindable, parameters, reads_users

EARLIEST = date(1900, 1, 1)
_USER = ("user_id", "channel", "signed_up_at")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """texts: the query by source, by dialect, or for all under "". rows: of a campaign, at most.

    roles: as of a Fact.
    """

    texts: Mapping[str, str]
    rows: int
    roles: frozenset[str] = frozenset({"users", "events"})

    def text_for(self, source: str, dialect: str) -> str:
        """The text for a source; raises FactError where there is none."""
        for key in (source, dialect, ""):
            if key in self.texts:
                return self.texts[key]
        raise FactError(
            f"there is no query for the source '{source}'; write it under 'query', as"
            f" {dialect} or as {source}"
        )

    def concerns(self, cut: Cut, text: str) -> bool:
        """Whether a campaign is asked about: one part of a report only by who its users are."""
        return not cut.part or reads_users(text)


def statement(text: str, relations: Relations, cut: Cut) -> TextualSelect:
    """The query for one campaign: its values bound, and its users beside it where it reads them."""
    values = _values(relations, cut)
    named = [
        sa.bindparam(name, values[name], type_=sa.String() if name == "campaign" else sa.Date())
        for name in sorted(parameters(text))
    ]
    if not reads_users(text):
        return sa.text(bindable(text)).bindparams(*named).columns()
    rest, recursive = after_with(text)
    asked = sa.text(bindable(rest)).bindparams(*named).columns()
    return asked.add_cte(_users(relations, cut, recursive))


def prepared(text: str, relations: Relations, cut: Cut) -> TextualSelect:
    """The same without its rows: what a database must understand before it says its columns."""
    return statement(f"SELECT * FROM (\n{bindable(text)}\n) AS asked WHERE 1 = 0", relations, cut)


def _values(relations: Relations, cut: Cut) -> Mapping[str, Any]:
    as_of = relations.counting.seen_until
    unseen = as_of + timedelta(days=1)
    return {
        "campaign": cut.key,
        "window_from": cut.start or EARLIEST,
        "window_to": min(cut.ends or unseen, unseen),
        "as_of": as_of,
    }


def _users(relations: Relations, cut: Cut, recursive: bool) -> CTE:
    users = relations.users
    columns = [users.c[name] for name in _USER if name in users.c]
    # A recursive one among several makes all of them WITH RECURSIVE, which harms none.
    return sa.select(*columns).where(users.c.campaign == cut.key).cte(USERS, recursive=recursive)
