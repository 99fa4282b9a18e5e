"""What was known of five users by 1 March, and what they did in March, on every kind of source.

The last day seen is 31 March; with a horizon of 30 days features end with 1 March. Ann (FB, since
1 January) liked twice and bought thai food for 8 before, and buys again on 2 March. Bob (FB, since
1 January) did nothing before, and buys on the last day. Cat (PI, since 1 March, late) liked on the
cut-off day itself. Dan (PI) signed up on 2 March: too late. Eve (PI, since 1 January) only buys
after the last day seen. Fay and Gil (TW, since 20 February) never do anything.
"""

from __future__ import annotations

import pytest

from growthml.config.source import SourceConfig
from growthml.facts import FACTS
from growthml.facts.relations import Relations
from growthml.sources.source import Source
from tests.facts.market import (
    BACKENDS,
    Question,
    Rows,
    Table,
    at,
    in_order,
    rows,
    schema_of,
    write,
)

ANN, BOB, CAT, DAN, EVE, FAY, GIL = range(1, 8)

TABLES = (
    Table(
        name="users",
        columns={"id": "INTEGER", "channel": "VARCHAR", "signed_up_at": "TIMESTAMP"},
        rows=[
            (ANN, "FB", at("2025-01-01 09:00")),
            (BOB, "FB", at("2025-01-01 23:00")),
            (CAT, "PI", at("2025-03-01 20:00")),
            (DAN, "PI", at("2025-03-02 00:00")),
            (EVE, "PI", at("2025-01-01 09:00")),
            (FAY, "TW", at("2025-02-20 09:00")),
            (GIL, "TW", at("2025-02-20 10:00")),
        ],
    ),
    Table(
        name="items",
        columns={"id": "INTEGER", "category": "VARCHAR", "price": "DOUBLE"},
        rows=[(10, "thai", 8.0), (11, "greek", 20.0)],
    ),
    Table(
        name="events",
        columns={
            "id": "INTEGER",
            "user_id": "INTEGER",
            "item_id": "INTEGER",
            "action": "VARCHAR",
            "occurred_at": "TIMESTAMP",
        },
        rows=[
            (1, ANN, 10, "like", at("2025-01-10 10:00")),
            (2, ANN, 11, "like", at("2025-02-20 10:00")),
            (3, ANN, 10, "bought", at("2025-01-11 10:00")),
            (4, ANN, 10, "bought", at("2025-03-02 00:00")),
            (5, BOB, 10, "bought", at("2025-03-31 23:59")),
            (6, BOB, 10, "nothing", at("2025-02-27 10:00")),
            (7, CAT, 10, "like", at("2025-03-01 23:59")),
            (8, EVE, 10, "bought", at("2025-04-01 00:00")),
            (9, DAN, 10, "bought", at("2025-03-05 10:00")),
            (10, EVE, 10, "like", None),
        ],
    ),
)


@pytest.fixture(scope="module", params=BACKENDS)
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Question:
    folder = tmp_path_factory.mktemp(request.param)
    return Question(url=write(request.param, folder, TABLES), schema=schema_of())


def asked(question: Question, name: str, *arguments: str) -> Rows:
    with Source("shop", SourceConfig.model_validate({"url": question.url})) as source:
        mapped, _ = source.map(question.schema, stored_zone="UTC", report_zone="UTC")
        relations = Relations(mapped, question.cuts, question.counting)
        return rows(source.read(FACTS[name].query(relations, *arguments)))


def told(found: Rows, columns: str) -> Rows:
    return in_order([{name: row[name] for name in columns.split()} for row in found])
