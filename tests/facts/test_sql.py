"""The SQL of every fact as reviewed text, for the default schema and two campaigns.

After a change that is meant, write the files anew and read what changed:

    GROWTHML_WRITE_SQL=1 python -m pytest tests/facts/test_sql.py && git diff tests/facts/sql
"""

from __future__ import annotations

import os
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from duckdb_sqlalchemy import Dialect as DuckDB
from sqlalchemy.dialects import postgresql, sqlite

from growthml.config.tables import FOOD_SITE
from growthml.facts import FACTS, actions, money, quality, users
from growthml.facts.relations import Counting, Cut, Relations
from growthml.sources.mapping import Mapped, map_schema

REVIEWED = Path(__file__).parent / "sql"
NAMES = [fact.name for module in (users, actions, money, quality) for fact in module.FACTS]
DIALECTS = {
    "sqlite": sqlite.dialect(paramstyle="named"),
    "duckdb": DuckDB(paramstyle="named"),
    "postgresql": postgresql.dialect(paramstyle="named"),
}


COLUMNS = {
    "Users": ("id", "date", "Campaign_ID", "Created_Date"),
    "Meal": ("id", "Type", "date", "price"),
    "Event": ("id", "date", "User_Id", "Meal_Id", "Type"),
}
VALUES = {"Campaign_ID": "FB", "Type": "bought"}


class FoodSite:
    """A catalogue of the default schema as the simulator writes it: every id is a key."""

    def __init__(self, dialect: str) -> None:
        now = datetime(2025, 1, 1, 10)
        self.values = {**VALUES, "date": str(now) if dialect == "sqlite" else now}

    def table(self, name: str) -> Any:
        return sa.table(name, *(sa.column(column) for column in COLUMNS[name]))

    def sample(self, _table: Any, column: Any) -> list[Any]:
        return [self.values.get(column.name, 1)]

    def is_key(self, _table: Any, column: str) -> bool:
        return column == "id"


def food_site(dialect: str) -> Mapped:
    catalogue: Any = FoodSite(dialect)
    mapped, problems = map_schema(FOOD_SITE, catalogue, stored_zone="UTC", report_zone="UTC")
    assert problems == []
    return mapped


SPRING_AND_SUMMER = [
    Cut(key="spring", end=date(2025, 6, 1)),
    Cut(key="summer", start=date(2025, 6, 1), where={"channel": ("FB", "PI")}),
]
COUNTING = Counting(
    response="bought",
    idle=frozenset({"nothing"}),
    value="price",
    seen_until=date(2025, 8, 31),
    today=date(2025, 9, 1),
    known_actions=frozenset({"bought", "like", "share", "nothing"}),
)


def text_of(fact: str, dialect: str) -> str:
    relations = Relations(food_site(dialect), SPRING_AND_SUMMER, COUNTING)
    compiled = (
        FACTS[fact]
        .query(relations)
        .compile(dialect=DIALECTS[dialect], compile_kwargs={"render_postcompile": True})
    )
    lines = [line.rstrip() for line in str(compiled).strip().splitlines()]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("fact", NAMES)
def test_sql_is_as_reviewed(fact: str, dialect: str) -> None:
    file = REVIEWED / f"{fact}.{dialect}.sql"
    if os.environ.get("GROWTHML_WRITE_SQL"):
        REVIEWED.mkdir(exist_ok=True)
        file.write_text(text_of(fact, dialect), encoding="utf-8")
    assert text_of(fact, dialect) == file.read_text(encoding="utf-8")


def test_every_reviewed_text_is_a_facts() -> None:
    written = {file.name for file in REVIEWED.glob("*.sql")}
    assert written == {f"{fact}.{dialect}.sql" for fact in NAMES for dialect in DIALECTS}
