"""Which column of a table is which field: by its name, its values and its foreign keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from growthml.guess import names
from growthml.guess.choice import Choice, Option, Settle, Sureness
from growthml.guess.names import likeness, speaks_of
from growthml.guess.values import (
    is_few_words,
    is_flag,
    is_key,
    is_number,
    is_text,
    is_time,
    is_unique,
    is_whole,
    samples,
)
from growthml.sources.survey import Column, Table

LEAST = 0.3
"""A column less like a field than this is not taken for it."""


@dataclass(frozen=True, kw_only=True)
class Pick:
    """A column taken for a field, and how sure that is. samples: some of its values."""

    column: str
    sureness: Sureness
    samples: str = ""
    asked: bool = False

    @property
    def why(self) -> str:
        """How sure, and what was seen, in a few words."""
        sureness = "your choice" if self.asked else str(self.sureness)
        return f"{sureness}; {self.samples}" if self.samples else sureness


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A field: what its column is usually called, and whether values can be its own.

    asks: the question where it is unsure; without one the likeliest column is taken, or none.
    alone: the score of the only column that fits, whatever its name.
    """

    known: Sequence[str]
    fits: Callable[[Column], bool]
    asks: str = ""
    alone: float = 0.0
    least: float = LEAST


def _empty_or(fits: Callable[[Column], bool]) -> Callable[[Column], bool]:
    """A column of an empty table is judged by its name alone; one of NULLs alone is none."""
    return lambda column: fits(column) if column.values else not column.nulls


def _is_when(column: Column) -> bool:
    return is_time(column) and not speaks_of(column.name, names.NOT_WHEN)


def _is_kind(column: Column) -> bool:
    return is_few_words(column) and not is_time(column) and not is_flag(column)


def _tells_apart(column: Column) -> bool:
    return len(column.distinct) > 1 or len(column.values) == 1


def _is_money(column: Column) -> bool:
    return is_number(column) and not column.primary and column.refers_to is None


_KEY = _empty_or(is_key)
_TIME = _empty_or(_is_when)
_WORD = _empty_or(_is_kind)
_GROUP = _empty_or(lambda column: _is_kind(column) and _tells_apart(column))
_ITEM = _empty_or(lambda column: is_key(column) and _tells_apart(column))
_AMOUNT = _empty_or(_is_money)

FIELDS: Mapping[str, Mapping[str, Wanted]] = {
    "users": {
        "id": Wanted(known=(*names.ID[:3], *names.USER_ID, *names.ID), fits=_KEY),
        "channel": Wanted(
            known=names.CHANNEL, fits=_GROUP, asks="says where a user came from", least=0.4
        ),
        "signed_up_at": Wanted(
            known=names.SIGNED_UP, fits=_TIME, asks="says when a user signed up", alone=0.45
        ),
    },
    "items": {
        "id": Wanted(known=(*names.ID[:3], *names.ITEM_ID, *names.ID), fits=_KEY),
        "category": Wanted(known=names.CATEGORY, fits=_WORD),
        "price": Wanted(known=names.PRICE, fits=_AMOUNT, asks="is an item's price"),
    },
    "events": {
        "user_id": Wanted(known=names.USER_ID, fits=_KEY, asks="says who did it"),
        "item_id": Wanted(known=names.ITEM_ID, fits=_ITEM),
        "action": Wanted(known=names.ACTION, fits=_WORD, asks="says what a user did"),
        "occurred_at": Wanted(known=names.OCCURRED, fits=_TIME, asks="says when", alone=0.45),
        "order": Wanted(known=names.ORDER, fits=_KEY, least=0.6),
        "quantity": Wanted(known=names.QUANTITY, fits=_empty_or(is_whole), least=0.5),
        "value": Wanted(known=names.VALUE, fits=_AMOUNT, asks="is the money of one row", least=0.5),
        "price": Wanted(known=names.PRICE, fits=_AMOUNT, least=0.5),
        "category": Wanted(known=names.CATEGORY, fits=_WORD, least=0.5),
        "id": Wanted(known=("id", "event_id", "uuid", "row_id", *names.ID), fits=_KEY),
    },
    "visits": {
        "user_id": Wanted(known=names.USER_ID, fits=_KEY),
        "occurred_at": Wanted(known=names.OCCURRED, fits=_TIME, alone=0.45),
        "duration": Wanted(known=names.DURATION, fits=_AMOUNT, least=0.5),
    },
    "requests": {
        "occurred_at": Wanted(known=names.OCCURRED, fits=_TIME, alone=0.45),
        "visitor": Wanted(known=names.ADDRESS, fits=_KEY),
        "user_id": Wanted(known=names.USER_ID[:40], fits=_KEY, least=0.8),
        "page": Wanted(known=names.PAGE, fits=_empty_or(is_text)),
        "referrer": Wanted(known=names.REFERRER, fits=_empty_or(is_text), least=0.5),
        "status": Wanted(known=names.STATUS, fits=_empty_or(is_whole), least=0.5),
        "agent": Wanted(known=names.AGENT, fits=_empty_or(is_text), least=0.5),
        "method": Wanted(known=names.METHOD, fits=_empty_or(is_text), least=0.5),
        "bytes": Wanted(known=names.BYTES, fits=_empty_or(is_whole), least=0.5),
        "line": Wanted(known=names.LINE, fits=_empty_or(is_whole), least=0.5),
    },
    "sessions": {
        "id": Wanted(known=("session_id", "id", "visit_id"), fits=_KEY),
        "visitor": Wanted(known=names.ADDRESS, fits=_KEY),
        "user_id": Wanted(known=names.USER_ID[:40], fits=_KEY, least=0.8),
        "started_at": Wanted(known=names.OCCURRED, fits=_TIME, alone=0.45),
        "duration": Wanted(known=names.DURATION, fits=_AMOUNT, least=0.5),
        "pages": Wanted(known=names.PAGES, fits=_empty_or(is_whole), least=0.5),
        "referrer": Wanted(known=names.REFERRER, fits=_empty_or(is_text), least=0.5),
        "entry_page": Wanted(known=names.ENTRY_PAGE, fits=_empty_or(is_text), least=0.5),
        "bounced": Wanted(known=names.BOUNCED, fits=_empty_or(is_flag), least=0.5),
    },
}
"""By role, its fields, those that are surest to find first: a column is taken for one field."""


def ranked(table: Table, role: str, field: str, taken: Iterable[str] = ()) -> dict[str, float]:
    """The columns that may be a field, the likeliest first, each with a score from 0 to 1."""
    wanted = FIELDS[role][field]
    free = [column for column in table.columns if column.name not in set(taken)]
    fitting = [column for column in free if wanted.fits(column)]
    scores = {column.name: _score(column, table, role, field) for column in fitting}
    if wanted.alone and max(scores.values(), default=0) < LEAST:
        timed = [column.name for column in fitting if column.values]
        scores |= dict.fromkeys(timed, wanted.alone)
    kept = {name: score for name, score in scores.items() if score >= wanted.least}
    return dict(sorted(kept.items(), key=lambda pair: -pair[1]))


def _score(column: Column, table: Table, role: str, field: str) -> float:
    wanted = FIELDS[role][field]
    score = likeness(column.name, wanted.known, table.name)
    if field == "id":
        if column.primary:
            return 1.0
        return 0.9 * score if is_unique(column) else 0.0
    if field in ("user_id", "item_id") and column.refers_to is not None:
        words = names.USERS if field == "user_id" else names.ITEMS
        return 1.0 if speaks_of(column.refers_to[0], words) else score
    if field == "channel" and column.values:
        score += 0.3 * _share(column, names.KNOWN_CHANNELS)
        score *= 1.0 if is_text(column) else 0.4
    if field == "action" and column.values:
        score = _acting(column, score)
    return min(1.0, score)


_DEEDS = (*names.BOUGHT, *names.IDLE, "view", "click", "like", "share", "login", "cart")


def _acting(column: Column, named: float) -> float:
    """How much a column is one of actions, by its name and by how many of its kinds are deeds."""
    told = sum(speaks_of(str(kind), _DEEDS) for kind in column.distinct) / len(column.distinct)
    if named:
        return 0.8 * named + 0.4 * told
    return 0.3 + 0.15 * told if told >= 0.25 else 0.0


def _share(column: Column, known: Iterable[str]) -> float:
    """Which share of the column's kinds are known by name."""
    kinds = {str(value).lower().strip() for value in column.distinct}
    return len(kinds & set(known)) / len(kinds)


def pick(
    table: Table, role: str, field: str, settle: Settle, taken: Iterable[str] = ()
) -> Pick | None:
    """The column for a field, as settled; None where there is none, or none is wanted."""
    scores = ranked(table, role, field, taken)
    if not scores:
        return None
    likeliest, *others = scores.items()
    sureness = Sureness.of(likeliest[1], others[0][1] if others else 0.0)
    name: str | None = likeliest[0]
    asked = False
    asks = FIELDS[role][field].asks
    if asks and sureness is Sureness.UNSURE:
        name = settle(_question(table, role, field, asks, list(scores)))
        asked = name != likeliest[0]
    if name is None:
        return None
    return Pick(column=name, sureness=sureness, samples=samples(table[name]), asked=asked)


def _question(table: Table, role: str, field: str, asks: str, found: Sequence[str]) -> Choice:
    options = [Option(value=name, name=name, shown=samples(table[name])) for name in found]
    return Choice(
        about=f"{role}.{field}",
        question=f"Which column of {table.name} {asks}?",
        options=[*options, Option(value=None, name="none of them")],
        sureness=Sureness.UNSURE,
    )


def columns(
    table: Table, role: str, settle: Settle, given: Mapping[str, Pick] | None = None
) -> dict[str, Pick]:
    """The fields of a role that the table has, each with its column.

    given: fields that are known already.
    """
    found = dict(given or {})
    for field in FIELDS[role]:
        if field not in found:
            taken = [each.column for each in found.values()]
            if (picked := pick(table, role, field, settle, taken)) is not None:
                found[field] = picked
    return found
