"""Which table holds the users, which the items, which what users did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from growthml.guess import names
from growthml.guess.choice import Choice, Option, Settle, Sureness
from growthml.guess.columns import Pick, columns, ranked
from growthml.guess.names import likeness, speaks_of, words
from growthml.guess.values import (
    is_constant_by,
    is_key,
    is_unique,
    is_whole,
    is_yes_or_no,
    overlap,
    samples,
)
from growthml.sources.survey import Column, Table

_LEAST = 0.45
"""A table less like a role than this does not play it."""


@dataclass(frozen=True, kw_only=True)
class Role:
    """A table that plays a role, and its columns by field.

    action: what every row is, where no column says it. outcomes: columns by action, in a table of
    one row per user.
    """

    table: Table
    sureness: Sureness
    fields: Mapping[str, Pick] = field(default_factory=dict)
    action: str = ""
    outcomes: Mapping[str, str] = field(default_factory=dict)


Roles = Mapping[str, Role]


def roles(tables: Sequence[Table], settle: Settle) -> Roles:
    """The roles that tables of a database play, users and what they did first."""
    found: dict[str, Role] = {}
    if (events := _events(tables, settle)) is not None:
        found["events"] = events
    if (users := _users(tables, events, settle)) is not None:
        found["users"] = users
    if (items := _items(tables, events)) is not None:
        found["items"] = items
    taken = {role.table.name for role in found.values()}
    for name, known in (
        ("visits", names.VISITS),
        ("sessions", names.VISITS),
        ("requests", names.REQUESTS),
    ):
        role = _web(name, known, [each for each in tables if each.name not in taken])
        if role is not None:
            found[name] = role
            taken.add(role.table.name)
    return {name: found[name] for name in _ORDER if name in found}


_ORDER = ("users", "items", "events", "visits", "requests", "sessions")


# -- what users did ----------------------------------------------------------------------------


def _events(tables: Sequence[Table], settle: Settle) -> Role | None:
    scores = {table.name: _like_events(table) for table in tables}
    table, sureness = _settled(
        "events", "Which table holds what users did, a row for each time?", tables, scores, settle
    )
    if table is None:
        return None
    fields = columns(table, "events", settle)
    if "user_id" not in fields:
        return None
    return _with_action(table, sureness, fields)


def _like_events(table: Table) -> float:
    """How much a table is one of events: it names a user, again and again, and a time."""
    users = ranked(table, "events", "user_id")
    if not users or _is_web(table):
        return 0.0
    user = table[next(iter(users))]
    timed = any(ranked(table, "events", "occurred_at"))
    acting = max(ranked(table, "events", "action").values(), default=0.0)
    if not timed and acting < 0.5 and not _is_named(table, (*names.EVENTS, *names.PURCHASES)):
        return 0.0
    if is_unique(user) and len(user.values) > 1 and not _is_named(table, names.EVENTS):
        return 0.0
    score = 0.25 * next(iter(users.values())) + 0.2 * timed + 0.2 * acting
    score += 0.25 * _is_named(table, (*names.EVENTS, *names.PURCHASES))
    score += 0.1 * bool(ranked(table, "events", "item_id") or ranked(table, "events", "value"))
    if _is_named(table, names.VISITS) and acting < 0.5:
        score -= 0.3
    return score + 0.15 * (len(user.distinct) < len(user.values))


def _with_action(table: Table, sureness: Sureness, fields: Mapping[str, Pick]) -> Role:
    """Rows are told apart by their action; where none says it they are all purchases, or deeds."""
    fields, action = dict(fields), ""
    sells = _is_named(table, names.PURCHASES) or "order" in fields
    told = fields.get("action")
    if told is not None and told.sureness is Sureness.UNSURE and not told.asked and sells:
        del fields["action"]
        told = None
    if told is None:
        money = {"value", "price"} & set(fields)
        action = "bought" if sells or money else _deed(table)
    if "price" in fields and ("value" in fields or "quantity" not in fields):
        price = fields.pop("price")
        fields.setdefault("value", price)
    return Role(table=table, sureness=sureness, fields=fields, action=action)


def _deed(table: Table) -> str:
    """What every row of a table is, by its name: of `page_views` each is a `view`."""
    told = [word for word in words(table.name.rpartition(".")[2]) if word.isalpha()]
    return told[-1] if told else "event"


# -- users -------------------------------------------------------------------------------------


def _users(tables: Sequence[Table], events: Role | None, settle: Settle) -> Role | None:
    scores = {table.name: _like_users(table, tables, events) for table in tables}
    if events is not None:
        scores[events.table.name] = 0.0
    table, sureness = _settled(
        "users", "Which table holds the users, a row for each?", tables, scores, settle
    )
    if table is None:
        return _users_of(events, settle) if events is not None else _rows_as_users(tables)
    key = _key_of(table, tables, events)
    given = {"id": key} if key else {}
    fields = columns(table, "users", settle, given)
    outcomes = {} if events is not None else _outcomes(table)
    if outcomes:
        fields |= _brought(table, outcomes)
    return Role(table=table, sureness=sureness, fields=fields, outcomes=outcomes)


def _like_users(table: Table, tables: Sequence[Table], events: Role | None) -> float:
    """How much a table is one of users: a row each, and others refer to it."""
    key = _key_of(table, tables, events)
    if key is None:
        return 0.0
    named = _is_named(table, names.USERS)
    meant = likeness(key.column, names.USER_ID) >= 0.7
    referred = events is not None and _refers(events, "user_id", table, key.column)
    if not (named or meant or referred) or _is_named(table, names.ITEMS):
        return 0.0
    score = 0.5 * named + 0.4 * referred + 0.3 * meant
    score += 0.1 * bool(ranked(table, "users", "signed_up_at")) + 0.1 * bool(_outcomes(table))
    return score + 0.1 * bool(ranked(table, "users", "channel")) + 0.1


def _key_of(table: Table, tables: Sequence[Table], events: Role | None) -> Pick | None:
    """The column that names a row: what others refer to, the primary key, or one called so."""
    referred = {
        column.refers_to[1]
        for other in tables
        for column in other.columns
        if column.refers_to is not None and column.refers_to[0] == table.name
    }
    for name in sorted(referred):
        if any(column.name == name for column in table.columns):
            return Pick(column=name, sureness=Sureness.SURE, samples=samples(table[name]))
    scores = {
        column.name: max(
            likeness(column.name, ("id",), table.name),
            0.95 * likeness(column.name, (*names.USER_ID, *names.ITEM_ID)),
            0.8 * likeness(column.name, names.ID, table.name),
        )
        + 0.3 * column.primary
        for column in table.columns
        if is_key(column) and (is_unique(column) or not column.values)
    }
    likeliest = max(scores, key=lambda name: scores[name], default=None)
    if likeliest is None or scores[likeliest] < 0.3:
        return None
    sureness = Sureness.of(min(1.0, scores[likeliest]))
    return Pick(column=likeliest, sureness=sureness, samples=samples(table[likeliest]))


def _refers(events: Role, name: str, table: Table, key: str) -> bool:
    """Whether a field of the events names rows of a table: declared, or most values are there."""
    picked = events.fields.get(name)
    if picked is None:
        return False
    column = events.table[picked.column]
    if column.refers_to is not None:
        return column.refers_to == (table.name, key)
    words_of = set(words(column.name)) & set(words(table.name.rpartition(".")[2]))
    return overlap(column, table[key]) >= (0.5 if words_of or not table.whole else 0.9)


def _users_of(events: Role, settle: Settle) -> Role | None:
    """Users as far as their events know them: where they came from, if each came from one place."""
    table, user = events.table, events.fields["user_id"]
    taken = [each.column for each in events.fields.values()]
    for name, score in ranked(table, "users", "channel", taken).items():
        if score >= 0.5 and is_constant_by(list(table.pairs(user.column, name))):
            channel = Pick(column=name, sureness=Sureness.of(score), samples=samples(table[name]))
            return Role(
                table=table, sureness=Sureness.LIKELY, fields={"id": user, "channel": channel}
            )
    if "occurred_at" not in events.fields or (not events.action and "action" not in events.fields):
        return Role(table=table, sureness=Sureness.LIKELY, fields={"id": user})
    return None


def _rows_as_users(tables: Sequence[Table]) -> Role | None:
    """A table of one row per user that does not name them, but says what each did."""
    for table in sorted(tables, key=lambda each: -len(_outcomes(each))):
        outcomes = _outcomes(table)
        if outcomes and not _is_web(table):
            never = lambda choice: choice.options[-1].value  # noqa: E731
            fields = columns(table, "users", never)
            for name in ("id", "signed_up_at"):
                fields.pop(name, None)
            fields |= _brought(table, outcomes)
            return Role(table=table, sureness=Sureness.LIKELY, fields=fields, outcomes=outcomes)
    return None


def _brought(table: Table, outcomes: Mapping[str, str]) -> dict[str, Pick]:
    """The column of the money that a row's user brought, where there is one."""
    scores = ranked(table, "events", "value", outcomes.values())
    if not scores:
        return {}
    name, score = next(iter(scores.items()))
    return {"value": Pick(column=name, sureness=Sureness.of(score), samples=samples(table[name]))}


def _outcomes(table: Table) -> dict[str, str]:
    """By action, the columns that count what a user did; the one that looks like buying first."""
    counted = [
        (score, column.name)
        for column in table.columns
        if (score := _like_outcome(column)) >= 0.6 and _counts(column)
    ]
    found: dict[str, str] = {}
    for _, name in sorted(counted, reverse=True):
        buys = likeness(name, (*names.BOUGHT, *names.VALUE)) >= 0.6
        found.setdefault("bought" if buys else "_".join(words(name)), name)
    return found


def _like_outcome(column: Column) -> float:
    """How much a column is an outcome by its name; `revenue`, yes or no, is one too."""
    known = (*names.OUTCOMES, *names.VALUE) if is_yes_or_no(column) else names.OUTCOMES
    return likeness(column.name, known)


def _counts(column: Column) -> bool:
    few = len(column.distinct) <= 20 and is_whole(column)
    return is_yes_or_no(column) or (few and min(float(value) for value in column.distinct) >= 0)


# -- items -------------------------------------------------------------------------------------


def _items(tables: Sequence[Table], events: Role | None) -> Role | None:
    """What events refer to as an item, or a table that is called so."""
    if events is None or "item_id" not in events.fields:
        return None
    column = events.table[events.fields["item_id"].column]
    for table in tables:
        key = _key_of(table, tables, events)
        if key is None or table.name == events.table.name:
            continue
        declared = column.refers_to == (table.name, key.column)
        alike = set(words(column.name)) & set(words(table.name.rpartition(".")[2])) - {"id"}
        named = _is_named(table, names.ITEMS) or alike
        if declared or (named and overlap(column, table[key.column]) >= 0.5):
            fields = columns(table, "items", lambda choice: choice.options[0].value, {"id": key})
            sureness = Sureness.SURE if declared else Sureness.LIKELY
            return Role(table=table, sureness=sureness, fields=fields)
    return None


# -- the web -----------------------------------------------------------------------------------


def _web(name: str, known: Sequence[str], tables: Sequence[Table]) -> Role | None:
    needed = {
        "visits": {"user_id"},
        "sessions": {"started_at", "visitor"},
        "requests": {"occurred_at", "page"},
    }[name]
    for table in tables:
        if not (_is_named(table, known) or (name == "requests" and _is_web(table))):
            continue
        fields = columns(table, name, lambda choice: choice.options[0].value)
        if needed <= set(fields) and (
            name != "visits" or {"occurred_at", "duration"} & set(fields)
        ):
            return Role(table=table, sureness=Sureness.LIKELY, fields=fields)
    return None


def _is_web(table: Table) -> bool:
    """Whether rows are hits of a web site: a page, and its answer or who asked."""
    told = ("page", "status", "agent", "method", "bytes")
    found = [
        each for each in told if max(ranked(table, "requests", each).values(), default=0) > 0.6
    ]
    return "page" in found and len(found) >= 3


def _is_named(table: Table, known: Sequence[str]) -> bool:
    """Whether the last word of a table's name, or all of it, is one of a list."""
    own = words(table.name.rpartition(".")[2])
    meant = [each for each in own if not each.isdigit() and each not in _EMPTY_WORDS]
    return bool(meant) and (
        likeness(table.name.rpartition(".")[2], known) == 1
        or any(speaks_of(each, known) for each in ("_".join(meant[-1:]), "_".join(meant[-2:])))
    )


_EMPTY_WORDS = {
    "data",
    "table",
    "tbl",
    "dim",
    "fact",
    "fct",
    "stg",
    "all",
    "line",
    "raw",
    "v",
    "view",
}


def _settled(
    role: str,
    question: str,
    tables: Sequence[Table],
    scores: Mapping[str, float],
    settle: Settle,
) -> tuple[Table | None, Sureness]:
    """The table for a role, as settled, and how sure it is; None where none plays it."""
    by_name = {table.name: table for table in tables}
    likely = sorted((name for name in by_name if scores[name] >= _LEAST), key=lambda n: -scores[n])
    if not likely:
        return None, Sureness.UNSURE
    runner_up = scores[likely[1]] if len(likely) > 1 else 0.0
    sureness = Sureness.of(min(1.0, scores[likely[0]]), min(1.0, runner_up))
    if sureness is not Sureness.UNSURE:
        return by_name[likely[0]], sureness
    shown = [
        Option(value=name, name=name, shown=", ".join(c.name for c in by_name[name].columns[:6]))
        for name in likely
    ]
    none = Option(value=None, name="none of them")
    chosen = settle(
        Choice(about=role, question=question, options=[*shown, none], sureness=sureness)
    )
    return (by_name[chosen] if chosen else None), sureness
