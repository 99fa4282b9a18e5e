"""The whole history behind a campaign, for facts that a window's start must not cut off.

A cohort or a churn rate counted over the users of one week alone would know only those who came
that week: sign-ups and events are taken from the beginning, up to the end of the window.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from growthml.facts.cut import Cut
from growthml.facts.relations import Relations


def history(relations: Relations) -> Relations:
    """The same campaigns up to the end of their windows, however early their users came.

    A campaign of new users (`population: new`) and an experiment without overlap keep their users.
    Raises NotEnoughData when events have no action or no time.
    """
    relations.need_actions()
    relations.need("events.occurred_at")
    if not any(cut.start for cut in relations.cuts):
        return relations
    if relations.counting.exclude_overlap:
        whole = _cut(relations, lambda cut: replace(cut, start=None))
        whole.users = relations.users
        return whole
    return _cut(relations, _from_the_beginning)


def last_day(
    relations: Relations,
    campaign: ColumnElement[Any],
    written: Callable[[date], ColumnElement[Any]],
) -> ColumnElement[Any]:
    """The last day seen of the campaign a column names: as of, or the last of its window."""
    days = {cut.key: last_day_of(relations, cut) for cut in relations.cuts}
    if len(set(days.values())) == 1:
        return written(next(iter(days.values())))
    return sa.case(*((campaign == key, written(day)) for key, day in days.items()))


def last_day_of(relations: Relations, cut: Cut) -> date:
    """The last day of a campaign that is seen."""
    seen = relations.counting.seen_until
    return seen if cut.ends is None else min(seen, cut.ends - timedelta(days=1))


def _cut(relations: Relations, change: Callable[[Cut], Cut]) -> Relations:
    cuts = [change(cut) for cut in relations.cuts]
    return Relations(relations.mapped, cuts, relations.counting, relations.keep, relations.inline)


def _from_the_beginning(cut: Cut) -> Cut:
    if cut.start is None or cut.population == "new":
        return cut
    return replace(cut, start=None, population="all")
