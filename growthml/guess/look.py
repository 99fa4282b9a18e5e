"""All of a first look: sources opened one after the other, their tables, what is compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from growthml.config.source import SourceConfig
from growthml.errors import UsageError
from growthml.guess.address import Address
from growthml.guess.choice import Settle, Sureness
from growthml.guess.comparison import Campaign, Comparison, compared, times
from growthml.guess.draft import Found, Looked
from growthml.guess.metrics import measured
from growthml.guess.notes import notes
from growthml.guess.tables import Roles, roles
from growthml.guess.values import day_of, storage
from growthml.sources.source import Source
from growthml.sources.survey import Table

Span = tuple[date, date]
"""The first and the last day."""


def look(name: str, given: Sequence[Address], settle: Settle, today: date) -> Found:
    """What a config called `name` is written from.

    Raises SourceError where a source cannot be read, UsageError where it holds no table.
    """
    looked: list[Looked] = []
    spans: list[Span | None] = []
    for address in given:
        first = next((each.roles for each in looked if not each.is_log), None)
        source, span = _look(address, first, settle)
        looked.append(source)
        spans.append(span)
    people = [(each, span) for each, span in zip(looked, spans, strict=True) if each.has_people]
    if not people:
        return Found(name=name, sources=looked, comparison=None, measured=None)
    first_of_people, span = people[0]
    if len(people) > 1:
        comparison = _side_by_side([each for each, _ in people])
    else:
        comparison = compared(first_of_people.roles, span, today, settle)
    return Found(
        name=name,
        sources=looked,
        comparison=comparison,
        measured=measured(first_of_people.roles, settle) if first_of_people.roles else None,
    )


def _look(address: Address, first: Roles | None, settle: Settle) -> tuple[Looked, Span | None]:
    """One source's tables and their roles, and the days its rows reach over.

    first: the roles of the source before, which are its own where its tables are the same.
    """
    config = SourceConfig.model_validate({"url": address.real})
    with Source(address.key, config) as source:
        if address.is_log:
            return Looked(key=address.key, url=address.written, is_log=True), None
        tables = [table for table in source.survey() if table.columns]
        if not tables:
            raise UsageError(
                f"--url {source.url}: there is no table in it that can be read; name the database"
                " that holds users or events"
            )
        same = _again(first, tables) if first else None
        found = same or roles(tables, settle)
        span = _span(source, tables, found)
    looked = Looked(
        key=address.key,
        url=address.written,
        tables=tables,
        roles=found,
        own_schema=first is not None and same is None,
        notes=notes(tables, found),
    )
    return looked, span


def _again(roles: Roles, tables: Sequence[Table]) -> Roles | None:
    """The same roles in another source; None where a table or column is not there."""
    by_name = {table.name: table for table in tables}
    for role in roles.values():
        table = by_name.get(role.table.name)
        there = {column.name for column in table.columns} if table else set()
        if not {pick.column for pick in role.fields.values()} <= there:
            return None
    return {name: replace(role, table=by_name[role.table.name]) for name, role in roles.items()}


def _span(source: Source, tables: Sequence[Table], roles: Roles) -> Span | None:
    """The days that what is compared reaches over; None where it is not known or too dear."""
    by_name = {table.name: table for table in tables}
    for name, column in times(roles).items():
        kind = storage(by_name[name][column])
        ends = source.ends(by_name[name], column)
        if kind is not None and ends is not None:
            first, last = (day_of(value, kind) for value in ends)
            return (first, last) if first and last else None
    return None


def _side_by_side(looked: Sequence[Looked]) -> Comparison:
    """The sources as campaigns, the first the baseline."""
    keys = [each.key for each in looked]
    rest = ["new"] if len(looked) == 2 else keys[1:]
    return Comparison(
        campaigns=[
            Campaign(key=key, label=_label(each))
            for key, each in zip(["baseline", *rest], keys, strict=True)
        ],
        why=f"{' and '.join(keys[1:])} with {keys[0]}, as you gave them",
        sureness=Sureness.SURE,
    )


def _label(key: str) -> str:
    words = key.replace("-", " ").replace("_", " ")
    return words[:1].upper() + words[1:]
