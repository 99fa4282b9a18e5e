"""What a person should know of the data that the config cannot say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from growthml.guess import names
from growthml.guess.names import likeness, speaks_of
from growthml.guess.tables import Role, Roles
from growthml.guess.values import is_few_words, is_number, is_text, is_time, is_yes_or_no, samples
from growthml.sources.survey import Column, Table


def notes(tables: Sequence[Table], roles: Roles) -> list[str]:
    """A sentence each: columns that cannot be read as they are, rows that may not count, tables
    that are not used."""
    found = [note for role in roles.values() for note in _unread(role)]
    if "events" in roles:
        found += _undone(roles["events"])
    used = {role.table.name for role in roles.values()}
    unused = [table.name for table in tables if table.name not in used]
    if unused and roles:
        found.append(f"Not used: {', '.join(unused[:12])}{', …' if len(unused) > 12 else ''}.")
    return list(dict.fromkeys(found))


def _unread(role: Role) -> Iterator[str]:
    """Text that looks like a time, money or an outcome by its name, and is none by its values."""
    mapped = {pick.column for pick in role.fields.values()}
    timed = {"occurred_at", "signed_up_at", "started_at"} & set(role.fields)
    for column in role.table.columns:
        if column.name in mapped or not is_text(column):
            continue
        reason = _reason(column, role.table.name)
        if reason and not (timed and reason is _NO_TIME):
            yield f"{role.table.name}.{column.name} holds {samples(column)}: {reason}."


_NO_TIME = "no times such as 2025-04-21 18:30:00, so it is not read"


def _reason(column: Column, table: str) -> str:
    """Why a column of text is not what its name says; empty where its name says nothing."""

    def named(known: Sequence[str]) -> bool:
        return likeness(column.name, known, table) > 0.7

    if named((*names.OCCURRED, *names.SIGNED_UP)) and not is_time(column):
        return _NO_TIME
    if named((*names.VALUE, *names.PRICE)) and not is_number(column):
        return "no numbers, so it is not read"
    if named(names.OUTCOMES) and len(column.distinct) == 2 and not is_yes_or_no(column):
        return "an outcome is counted, so it would have to be 0 and 1, or yes and no"
    return ""


def _undone(role: Role) -> Iterator[str]:
    """Purchases that were cancelled count, unless a quantity of 0 or less says so."""
    for column in role.table.columns:
        if not role.action or not is_few_words(column, 20) or not is_text(column):
            continue
        undone = [str(kind) for kind in column.distinct if speaks_of(str(kind), names.UNDONE)]
        if undone:
            yield (
                f"{role.table.name}.{column.name} may say which rows should not count"
                f" ({', '.join(undone)}); they do. A view without them would be the table to map."
            )
