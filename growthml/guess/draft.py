"""The guess as a commented YAML file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from growthml.guess.comparison import Campaign, Comparison
from growthml.guess.metrics import Measured, label_of
from growthml.guess.tables import Role, Roles
from growthml.guess.values import is_few_words, is_number
from growthml.sources.survey import Table

TODO = "# TODO"
_PLAIN = re.compile(r"[A-Za-z_][\w./-]*(?: [\w./()-]+)*")
_WORDS_OF_YAML = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
_WIDTH = 96


@dataclass(frozen=True, kw_only=True)
class Looked:
    """One source as it was looked at. url: as the config says it, without its password. notes:
    what cannot be said in its schema.

    is_log: an access log, which needs no schema. own_schema: its tables differ from the first's.
    """

    key: str
    url: str
    tables: Sequence[Table] = ()
    roles: Roles = field(default_factory=dict)
    is_log: bool = False
    own_schema: bool = False
    notes: Sequence[str] = ()

    @property
    def has_people(self) -> bool:
        """Whether campaigns can be read from it: it holds more than web traffic."""
        return not self.is_log and not (self.roles and set(self.roles) <= {"requests", "sessions"})


@dataclass(frozen=True, kw_only=True)
class Found:
    """All that a config is written from. comparison: of the first source; None for logs alone."""

    name: str
    sources: Sequence[Looked]
    comparison: Comparison | None
    measured: Measured | None

    @property
    def is_traffic(self) -> bool:
        """Whether nothing but web traffic was found."""
        return self.comparison is None


@dataclass(frozen=True, kw_only=True)
class Todo:
    """A line that a person must fill in."""

    line: int
    what: str


def draft(found: Found) -> str:
    """The config's text."""
    blocks = [
        _head(found),
        _sources(found),
        _schema(found),
        _campaigns(found),
        _metrics(found),
        _labels(found),
        _tail(found),
    ]
    return "\n\n".join("\n".join(block) for block in map(list, blocks) if block) + "\n"


def todos(text: str) -> list[Todo]:
    """The lines of a draft that are to be filled in, numbered from 1."""
    return [
        Todo(line=number, what=line.partition(TODO)[2].lstrip(": "))
        for number, line in enumerate(text.splitlines(), start=1)
        if TODO in line and not line.lstrip().startswith("#")
    ]


def scalar(value: Any) -> str:
    """A value as YAML, quoted where it could be read as something else.

    >>> [scalar(each) for each in ("order", "no", "1", 1, True, "${x}")]
    ['order', '"no"', '"1"', '1', 'true', '"$${x}"']
    """
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS_OF_YAML:
        return text
    return json.dumps(text.replace("${", "$${"), ensure_ascii=False)


def _line(text: str, comment: str = "", *, indent: int = 0) -> str:
    """A line with its comment, lined up where there is room."""
    start = f"{' ' * indent}{text}"
    return f"{start:<38} # {comment}" if comment else start


# -- the parts of the file ---------------------------------------------------------------------


def _head(found: Found) -> Iterator[str]:
    yield "# Written by `growthml init` from a look at your tables: a guess, to be read and mended."
    yield "# `growthml check` says whether it holds, `growthml run` writes the report."
    yield "report:"
    yield _line(f"name: {scalar(found.name)}", indent=2)
    yield _line('# title: "Growth report"', indent=2)
    yield _line("# currency: EUR", "of all money; USD if left out", indent=2)
    yield _line("# timezone: Europe/Berlin", "in which days begin; UTC if left out", indent=2)


def _sources(found: Found) -> Iterator[str]:
    yield "sources:"
    for source in found.sources:
        yield _line(f"{scalar(source.key)}:", indent=2)
        yield _line(f"url: {json.dumps(source.url, ensure_ascii=False)}", indent=4)
        if source.own_schema:
            yield _line("schema:", "its tables differ from those of the first source", indent=4)
            yield from _roles(source, indent=6)


def _schema(found: Found) -> Iterator[str]:
    first = next((each for each in found.sources if not each.is_log), None)
    if first is None:
        return
    yield "# How your tables map onto ours: for each role its table, for each field its column,"
    yield "# how sure we are, and some of its values."
    for note in first.notes:
        yield from _wrapped(note)
    yield "schema:"
    yield from _roles(first, indent=2)


def _roles(source: Looked, *, indent: int) -> Iterator[str]:
    if not source.roles:
        yield from _unknown(source, indent=indent)
    for name, role in source.roles.items():
        rows = len(role.table.rows)
        seen = f"{rows:,} rows" if role.table.whole else f"its first {rows:,} rows looked at"
        yield _line(f"{name}:", indent=indent)
        yield _line(
            f"table: {scalar(role.table.name)}", f"{role.sureness}; {seen}", indent=indent + 2
        )
        for key, pick in role.fields.items():
            if key != "value" or name != "users":
                yield _line(f"{key}: {scalar(pick.column)}", pick.why, indent=indent + 2)
        yield from _did(name, role, indent=indent + 2)


def _did(name: str, role: Role, *, indent: int) -> Iterator[str]:
    """What every row of a table is, and what its users did."""
    if role.action:
        text = f"action: {{constant: {scalar(role.action)}}}"
        yield _line(text, "no column says it: every row is one", indent=indent)
    if role.outcomes:
        yield _line("outcomes:", "by action, the column that counts it", indent=indent)
        for action, column in role.outcomes.items():
            yield _line(f"{scalar(action)}: {scalar(column)}", indent=indent + 2)
    if name == "users" and "value" in role.fields:
        pick = role.fields["value"]
        yield _line(f"value: {scalar(pick.column)}", pick.why, indent=indent)


def _unknown(source: Looked, *, indent: int) -> Iterator[str]:
    """No table looks like users or events: what must be known, for the likeliest table."""
    table = max(source.tables, key=lambda each: (len(each.columns), len(each.rows)))
    there = ", ".join(column.name for column in table.columns)
    others = ", ".join(each.name for each in source.tables[:20] if each is not table)
    yield from _wrapped(
        "No table was found with a row for each user, or for each thing a user did; a report needs"
        f" one. The columns of {table.name}: {there}."
        + (f" There are also the tables {others}." if others else "")
    )
    yield _line("users:", indent=indent)
    yield _line(f"table: {scalar(table.name)}", "unsure", indent=indent + 2)
    yield _line('id: ""', "TODO: the column of the user's id", indent=indent + 2)


def _campaigns(found: Found) -> Iterator[str]:
    if found.comparison is None:
        return
    comparison = found.comparison
    yield from _wrapped(f"Compared: {comparison.why} ({comparison.sureness}).")
    yield "campaigns:"
    sources = [each for each in found.sources if each.has_people]
    if len(sources) > 1:
        for campaign, source in zip(comparison.campaigns, sources, strict=True):
            yield from _campaign(campaign, source.key)
        return
    for campaign in comparison.campaigns:
        yield from _campaign(campaign, sources[0].key)
    if comparison.period:
        yield _line(f"period: {comparison.period}", "the last that is over", indent=0)
        yield _line("baseline: previous_period", "or same_period_last_year, {mean_of_last: 4}")
    elif len(comparison.campaigns) == 1:
        yield "# With times in the data: `period: last_month` and `baseline: previous_period`; or"
        yield "# two campaigns, each with a `window: {from: 2025-01-01, to: 2025-04-01}`."
    if any(each.where for each in comparison.campaigns):
        why = "groups of one size: chance seems to have decided; false if it did not"
        yield _line(
            f"randomised: {json.dumps(comparison.randomised)}",
            why if comparison.randomised else "true if chance decided who is in which group",
        )
        if comparison.randomised:
            planned = ", ".join(f"{scalar(each.key)}: 1" for each in comparison.campaigns)
            yield _line(f"allocation: {{{planned}}}", "the planned shares")


def _campaign(campaign: Campaign, source: str) -> Iterator[str]:
    yield _line(f"{scalar(campaign.key)}:", indent=2)
    yield _line(f"source: {scalar(source)}", indent=4)
    if campaign.label:
        yield _line(f"label: {scalar(campaign.label)}", indent=4)
    if campaign.where:
        key, value = campaign.where
        yield _line(f"where: {{{scalar(key)}: {scalar(value)}}}", indent=4)
    if campaign.window:
        start, end = campaign.window
        yield _line(f"window: {{from: {start}, to: {end}}}", "`to` is the day after", indent=4)


def _metrics(found: Found) -> Iterator[str]:
    measured = found.measured
    if measured is None:
        return
    yield "metrics:"
    yield _line(
        f"response: {scalar(measured.response)}",
        f"{measured.sureness}; what the campaigns are for"
        + (f", of {', '.join(measured.actions[:8])}" if len(measured.actions) > 1 else ""),
        indent=2,
    )
    if measured.idle:
        idle = ", ".join(map(scalar, measured.idle))
        yield _line(f"idle: [{idle}]", "actions that mean the user did nothing", indent=2)
    if measured.value is not None:
        what = {"price": "the item's price", "event": "the money of the row"}[measured.value]
        yield _line(f"value: {measured.value}", f"what one response is worth: {what}", indent=2)
    else:
        yield _line("# value: 1.0", "what one response is worth; nothing here says", indent=2)
    yield _line("# costs: {}", "what one user cost, by channel", indent=2)


def _labels(found: Found) -> Iterator[str]:
    users = next((each.roles["users"] for each in found.sources if "users" in each.roles), None)
    if users is None or "channel" not in users.fields:
        return
    kinds = list(users.table[users.fields["channel"].column].distinct)[:12]
    named = ", ".join(f"{scalar(each)}: {scalar(label_of(each))}" for each in kinds)
    yield "# What pages print for raw values:"
    yield "# labels:"
    yield f"#   channel: {{{named}}}"


def _tail(found: Found) -> Iterator[str]:
    if found.is_traffic:
        yield "sections:"
        yield "  - traffic"
        return
    yield "# Left out, `sections` are all whose data are there; `growthml sections` lists them."
    if features := list(_features(found)):
        yield from _wrapped(
            "Who responds can be learnt from columns that were known before:"
            f" `sections: [summary, propensity: {{features: [{features[0]}]}}]`. There are"
            f" {', '.join(features)}."
        )


def _features(found: Found) -> Iterator[str]:
    """Columns of a table of one row per user that nothing else asks for."""
    users = next((each.roles["users"] for each in found.sources if "users" in each.roles), None)
    if users is None or not users.outcomes:
        return
    taken = {pick.column for pick in users.fields.values()} | set(users.outcomes.values())
    for column in users.table.columns:
        if column.name not in taken and (is_few_words(column) or is_number(column)):
            yield scalar(f"users.{column.name}")


def _wrapped(text: str) -> Iterator[str]:
    import textwrap

    yield from textwrap.wrap(text, _WIDTH, initial_indent="# ", subsequent_indent="# ")
