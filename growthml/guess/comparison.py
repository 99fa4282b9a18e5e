"""What is compared with what: two sources, the arms of an experiment, campaigns, or periods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from growthml.guess import names
from growthml.guess.choice import Choice, Option, Settle, Sureness
from growthml.guess.names import likeness, speaks_of
from growthml.guess.tables import Role, Roles
from growthml.guess.values import is_constant_by, is_few_words, is_time, samples
from growthml.sources.survey import Column, Table

_FRESH = {"last_month": 31, "last_week": 7}
"""Days without an event after which a period of that length would hold none."""

_LONG = {"last_month": 75, "last_week": 21}
"""Days that data must reach back, so that two such periods have some."""


_LEAST = 0.4
"""A column less like arms or campaigns than this is not asked about."""


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """A campaign as the config writes it. where: a condition by its key; window: [from, to)."""

    key: str
    label: str = ""
    where: tuple[str, Any] | None = None
    window: tuple[date, date] | None = None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The campaigns of one source, the baseline first, and why these.

    period, baseline: where two periods are compared rather than two campaigns. randomised: chance
    decided who is in which.
    """

    campaigns: Sequence[Campaign]
    why: str
    sureness: Sureness = Sureness.LIKELY
    period: str = ""
    randomised: bool = False


def compared(
    roles: Roles, span: tuple[date, date] | None, today: date, settle: Settle
) -> Comparison:
    """How one source is cut: by a column of arms or campaigns, else in time, else not at all."""
    by_column = list(_by_columns(roles))
    in_time = _in_time(span, today)
    found = [*by_column, in_time]
    if by_column and by_column[0].sureness is Sureness.UNSURE and len(in_time.campaigns) > 1:
        found = [in_time, *by_column]
    if by_column and by_column[0].sureness is not Sureness.SURE:
        options = [Option(value=each, name=each.why) for each in found]
        choice = Choice(
            about="campaigns",
            question="What shall be compared?",
            options=options,
            sureness=by_column[0].sureness,
        )
        settled: Comparison = settle(choice)
        return settled
    return found[0]


# -- columns of arms and campaigns -------------------------------------------------------------


def _by_columns(roles: Roles) -> Iterator[Comparison]:
    scored = sorted(_candidates(roles), key=lambda each: -each[0])
    for score, role, table, column, arms in scored:
        yield _cut_by(score, role, table, column, arms=arms)


def _candidates(roles: Roles) -> Iterator[tuple[float, str, Table, Column, bool]]:
    for name in ("users", "events"):
        role = roles.get(name)
        if role is None or (name == "events" and _is_same(roles)):
            continue
        taken = {pick.column for pick in role.fields.values()} | set(role.outcomes.values())
        for column in role.table.columns:
            if column.name in taken or not is_few_words(column, 6) or is_time(column):
                continue
            if len(column.distinct) < 2 or not _belongs_to_users(name, role, column):
                continue
            arm = _arm_score(column)
            wave = likeness(column.name, names.CAMPAIGN) * (not column.nulls)
            if max(arm, wave) >= _LEAST:
                yield max(arm, wave), name, role.table, column, arm >= wave


def _is_same(roles: Roles) -> bool:
    return "users" in roles and roles["users"].table is roles["events"].table


def _belongs_to_users(name: str, role: Role, column: Column) -> bool:
    """A column of events tells users apart only where each has but one value."""
    user = role.fields.get("user_id" if name == "events" else "id")
    if user is None:
        return name == "users"
    return is_constant_by(list(role.table.pairs(user.column, column.name)))


def _arm_score(column: Column) -> float:
    """How much a column is the arms of an experiment: by its name and by a control among them."""
    named = likeness(column.name, names.ARM)
    return named * (1.0 if _control(column) is not None and _is_even(column) else 0.6)


def _is_trial(column: Column) -> bool:
    """Whether chance seems to have decided: arms of one size, called so or one left alone."""
    left_alone = any(speaks_of(str(each), names.UNTREATED) for each in column.distinct)
    return _is_even(column) and (left_alone or likeness(column.name, names.TRIAL) > 0.7)


def _control(column: Column) -> Any:
    """The arm nothing was done to: `control`, `No E-Mail`, `A`."""
    for each in column.distinct:
        text = str(each)
        if speaks_of(text, names.UNTREATED) or text.lower() in names.CONTROL:
            return each
    return None


def _is_even(column: Column) -> bool:
    """Whether the arms are of one size, as far as chance goes: chi-square below its 0.1 % bound."""
    counts = list(column.distinct.values())
    even = len(column.values) / len(counts)
    chi2 = sum((count - even) ** 2 / even for count in counts)
    bounds = {2: 10.83, 3: 13.82, 4: 16.27, 5: 18.47, 6: 20.52}
    return chi2 <= bounds.get(len(counts), 0.0)


def _cut_by(score: float, role: str, table: Table, column: Column, *, arms: bool) -> Comparison:
    control = _control(column)
    values = sorted(column.distinct, key=lambda each: (each != control, str(each)))
    keys = _keys([str(each) for each in values])
    randomised = arms and _is_trial(column)
    what = "the arms" if randomised else "the groups"
    return Comparison(
        campaigns=[
            Campaign(key=key, label=str(value), where=(f"{role}.{column.name}", value))
            for key, value in zip(keys, values, strict=True)
        ],
        why=f"{what} in {table.name}.{column.name}: {samples(column)}",
        sureness=Sureness.of(score),
        randomised=randomised,
    )


def _keys(labels: Sequence[str]) -> list[str]:
    """Keys of campaigns from what they are called; the first is the baseline."""
    found = ["baseline"]
    for label in labels[1:]:
        key = "-".join(names.words(label)) or "group"
        while key in found or key in ("previous-period",):
            key += "-2"
        found.append(key)
    return found


# -- periods -----------------------------------------------------------------------------------


def _in_time(span: tuple[date, date] | None, today: date) -> Comparison:
    if span is None:
        alone = [Campaign(key="all", label="All users")]
        return Comparison(campaigns=alone, why="nothing to compare with", sureness=Sureness.UNSURE)
    first, last = span[0], min(span[1], today)
    for period, days in _LONG.items():
        unit = period.removeprefix("last_")
        if (today - last).days < _FRESH[period] and (last - first).days >= days:
            return Comparison(
                campaigns=[Campaign(key="current")],
                period=period,
                why=f"the last {unit} with the {unit} before",
            )
    return _halves(first, last)


def _halves(first: date, last: date) -> Comparison:
    """The later half of the data with the earlier: whole months where there are two, else days."""
    end = (last + timedelta(days=1)).replace(day=1)
    begin = first if first.day == 1 else _months_on(first.replace(day=1), 1)
    months = (end.year - begin.year) * 12 + end.month - begin.month
    if months >= 2:
        middle, start = _months_on(end, -(months // 2)), _months_on(end, -(months // 2) * 2)
    else:
        days = ((last - first).days + 1) // 2
        end = last + timedelta(days=1)
        middle, start = end - timedelta(days=days), end - timedelta(days=2 * days)
        if days < 1:
            alone = [Campaign(key="all", label="All users")]
            return Comparison(campaigns=alone, why="one day only, nothing to compare with")
    return Comparison(
        campaigns=[
            Campaign(key="baseline", label=_called(start, middle), window=(start, middle)),
            Campaign(key="new", label=_called(middle, end), window=(middle, end)),
        ],
        why=f"two spans of the same length, {_called(start, middle)} and {_called(middle, end)}",
    )


def _months_on(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, 1)


def _called(start: date, end: date) -> str:
    last = end - timedelta(days=1)
    if start.day == 1 and end.day == 1:
        one = start.strftime("%b %Y")
        other = last.strftime("%b %Y")
        return one if one == other else f"{one} to {other}"
    return f"{start} to {last}" if start != last else str(start)


def times(roles: Roles) -> Mapping[str, str]:
    """The column of time the comparison hangs on, by its table: of events, else of sign-ups."""
    for role, name in (("events", "occurred_at"), ("users", "signed_up_at")):
        found = roles.get(role)
        if found is not None and name in found.fields:
            return {found.table.name: found.fields[name].column}
    return {}
