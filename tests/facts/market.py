"""A market of five users, told in rows one can count, and written to every kind of source.

Ann and Bob come from FB, Cat and Eve from PI, Dan from nowhere anyone knows. Ann buys thai food
for 8 in January and greek food for 20 in February; Cat buys thai food for 12, and something that
is not on the menu. Bob's second like is there twice. Dan liked something the day before he signed
up, Cat something an hour before. Somebody unknown buys once. Eve shares something at no known
time, does something without a name, likes something without an item, and buys in 2031.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from growthml.config.source import SourceConfig
from growthml.config.tables import Schema
from growthml.facts import FACTS
from growthml.facts.relations import Counting, Cut, Relations
from growthml.sources.source import Source
from tests.backends import BACKENDS, Table, as_text, write

__all__ = ["BACKENDS", "Table", "write"]

Rows = list[dict[str, Any]]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


ANN, BOB, CAT, DAN, EVE, NOBODY = 1, 2, 3, 4, 5, 77

USERS = [
    (ANN, "FB", at("2025-01-05 09:00")),
    (BOB, "FB", at("2025-01-10 12:00")),
    (CAT, "PI", at("2025-02-01 08:00")),
    (DAN, None, at("2025-02-20 10:00")),
    (EVE, "PI", at("2025-03-03 07:00")),
]
ITEMS = [(10, "thai", 8.0), (11, "thai", 12.0), (12, "greek", 20.0), (13, "greek", 0.0)]
EVENTS = [
    (1, ANN, 10, "bought", at("2025-01-06 10:00")),
    (2, ANN, 12, "bought", at("2025-02-06 10:00")),
    (3, ANN, 11, "like", at("2025-02-07 11:00")),
    (4, BOB, 10, "nothing", at("2025-01-11 10:00")),
    (5, BOB, 10, "like", at("2025-01-12 13:00")),
    (6, BOB, 10, "like", at("2025-01-12 13:00")),
    (7, CAT, 10, "like", at("2025-02-01 07:00")),
    (8, CAT, 11, "bought", at("2025-02-02 09:00")),
    (9, CAT, 99, "bought", at("2025-02-03 09:00")),
    (10, DAN, 12, "like", at("2025-02-19 18:00")),
    (11, NOBODY, 10, "bought", at("2025-02-05 10:00")),
    (12, EVE, 11, "share", None),
    (13, EVE, 12, None, at("2025-03-04 10:00")),
    (14, EVE, None, "like", at("2025-03-05 10:00")),
    (15, EVE, 10, "bought", at("2031-01-01 10:00")),
]


# -- How the same story may be stored ----------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One way to store the market. time: of a moment as it is stored, and its DuckDB type."""

    time: Callable[[datetime], Any] = lambda moment: moment
    time_type: str = "TIMESTAMP"
    id_type: str = "INTEGER"
    user_id: Callable[[int], Any] = int
    event_user_type: str = ""
    event_user: Callable[[int], Any] | None = None
    days_only: bool = False
    names: Mapping[str, str] = field(default_factory=dict)

    def name(self, ours: str) -> str:
        return self.names.get(ours, ours)

    def stored(self, moment: datetime | None) -> Any:
        return None if moment is None else self.time(moment)


def _epoch(factor: int) -> Callable[[datetime], int]:
    return lambda moment: int(moment.replace(tzinfo=UTC).timestamp() * factor)


def _with_offset(moment: datetime) -> str:
    return moment.replace(tzinfo=UTC).isoformat()


ODD = {
    "users": "order",
    "items": "Menu Card (2025)",
    "events": "Group By",
    "id": "select",
    "channel": "Came From",
    "signed_up_at": "date",
    "category": "100%",
    "price": "Price €",
    "user_id": "user",
    "item_id": 'the "item"',
    "action": "Type:of",
    "occurred_at": "when",
}
OURS = {"users": "campaign_users", "items": "items", "events": "campaign_events"}
RELATIONS = {"users": "known_users", "items": "listed", "events": "user_totals"}
TWISTED = {"users": "events", "items": "users", "events": "e"}

SHAPES = {
    "timestamps": Shape(),
    "text": Shape(time=as_text, time_type="VARCHAR"),
    "text with offset": Shape(time=_with_offset, time_type="VARCHAR"),
    "text dates": Shape(time=lambda m: str(m.date()), time_type="VARCHAR", days_only=True),
    "dates": Shape(time=lambda m: m.date(), time_type="DATE", days_only=True),
    "epoch seconds": Shape(time=_epoch(1), time_type="BIGINT"),
    "epoch milliseconds": Shape(time=_epoch(1000), time_type="BIGINT"),
    "zoned": Shape(time=_with_offset, time_type="TIMESTAMPTZ"),
    "text ids": Shape(id_type="VARCHAR", user_id=lambda user: f"u{user}"),
    "numbers meet text": Shape(event_user_type="VARCHAR", event_user=str, user_id=int),
    "odd names": Shape(names=ODD),
    "our names": Shape(names=OURS),
    "names of our relations": Shape(names=RELATIONS),
    "twisted names": Shape(names=TWISTED),
}


def market_tables(shape: Shape = SHAPES["timestamps"]) -> list[Table]:
    of_event = shape.event_user or shape.user_id
    name = shape.name
    return [
        Table(
            name=name("users"),
            columns={
                name("id"): shape.id_type,
                name("channel"): "VARCHAR",
                name("signed_up_at"): shape.time_type,
            },
            rows=[(shape.user_id(u), channel, shape.stored(t)) for u, channel, t in USERS],
        ),
        Table(
            name=name("items"),
            columns={name("id"): "INTEGER", name("category"): "VARCHAR", name("price"): "DOUBLE"},
            rows=ITEMS,
        ),
        Table(
            name=name("events"),
            columns={
                name("id"): "INTEGER",
                name("user_id"): shape.event_user_type or shape.id_type,
                name("item_id"): "INTEGER",
                name("action"): "VARCHAR",
                name("occurred_at"): shape.time_type,
            },
            rows=[(e, of_event(u), i, action, shape.stored(t)) for e, u, i, action, t in EVENTS],
        ),
    ]


ROLES = {
    "users": ("id", "channel", "signed_up_at"),
    "items": ("id", "category", "price"),
    "events": ("id", "user_id", "item_id", "action", "occurred_at"),
}


def schema_of(shape: Shape = SHAPES["timestamps"], **changes: Mapping[str, Any] | None) -> Schema:
    """The market's schema; `users={"signed_up_at": None}` takes a field out, `items=None` all."""
    roles: dict[str, Any] = {}
    for role, fields in ROLES.items():
        change = changes.get(role, {})
        if change is None:
            continue
        mapped = {"table": shape.name(role), **{f: shape.name(f) for f in fields}, **change}
        roles[role] = {key: value for key, value in mapped.items() if value is not None}
    return Schema.model_validate(roles)


# -- Asking ------------------------------------------------------------------------------------

COUNTING = Counting(
    response="bought",
    idle=frozenset({"nothing"}),
    value="price",
    seen_until=date(2025, 3, 31),
    today=date(2025, 4, 1),
)
ALL = Cut(key="all")


@dataclass(frozen=True, kw_only=True)
class Question:
    """A source at an address, and what is asked of it."""

    url: str
    schema: Schema
    cuts: Sequence[Cut] = (ALL,)
    counting: Counting = COUNTING
    stored_zone: str = "UTC"
    report_zone: str = "UTC"

    def but(self, **changes: Any) -> Question:
        """The same question with something else in it; what counts may be given by field."""
        counting = {key: changes.pop(key) for key in list(changes) if hasattr(COUNTING, key)}
        return replace(self, **changes, counting=replace(self.counting, **counting))

    def ask(self, *names: str) -> list[Rows]:
        """The rows of facts, in an order that does not depend on the engine."""
        with Source("market", SourceConfig.model_validate({"url": self.url})) as source:
            mapped, problems = source.map(
                self.schema, stored_zone=self.stored_zone, report_zone=self.report_zone
            )
            assert problems == []
            relations = Relations(mapped, self.cuts, self.counting)
            asked = [name.split(":") for name in names]
            return [
                rows(source.read(FACTS[fact].query(relations, *given))) for fact, *given in asked
            ]


def rows(frame: Any) -> Rows:
    """A fact's rows as plain Python values, NULL as None."""
    plain = frame.astype(object).where(frame.notna(), None)
    records = [
        {
            key: value.to_pydatetime() if hasattr(value, "to_pydatetime") else value
            for key, value in record.items()
        }
        for record in plain.to_dict("records")
    ]
    return in_order(records)


def in_order(records: Rows) -> Rows:
    """Rows sorted by what they print as."""
    return sorted(records, key=lambda record: [str(value) for value in record.values()])


def table_of(columns: str, *lines: Sequence[Any]) -> Rows:
    """Rows told as lines under their column names."""
    return [dict(zip(columns.split(), line, strict=True)) for line in lines]
