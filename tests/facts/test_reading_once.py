"""Campaigns of one source share the reading: one statement a fact, one scan a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from growthml.config.source import SourceConfig
from growthml.facts import FACTS, actions, money, quality, users
from growthml.facts.count import Counts, Reading
from growthml.facts.relations import Cut, Relations
from growthml.sources.connect import engine_for
from growthml.sources.source import Source
from tests.facts.market import COUNTING, market_tables, schema_of, write

NAMES = [fact.name for module in (users, actions, money, quality) for fact in module.FACTS]
OF_USERS_OR_ITEMS = ("channels", "signups", "overlap", "user_quality", "item_quality")
OF_EVENTS = [name for name in NAMES if name not in OF_USERS_OR_ITEMS]
THREE = [Cut(key=channel, where={"channel": (channel,)}) for channel in ("FB", "PI", "TW")]
SEEN = [
    Cut(key="winter", end=date(2025, 3, 1)),
    Cut(key="spring", start=date(2025, 3, 1)),
    Cut(key="buyers", where={"action": ("bought",)}),
]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write("sqlite", tmp_path_factory.mktemp("market"), market_tables())


@pytest.fixture(scope="module")
def source(url: str) -> Iterator[Source]:
    with Source("market", SourceConfig.model_validate({"url": url})) as source:
        yield source


def relations(source: Source, cuts: Sequence[Cut]) -> Relations:
    mapped, _ = source.map(schema_of(), stored_zone="UTC", report_zone="UTC")
    return Relations(mapped, cuts, COUNTING)


def scans(url: str, statement: Any) -> list[str]:
    """What SQLite reads from start to end or by key, by the names our tables have in SQL."""
    engine = engine_for("market", url)
    literal = {"literal_binds": True, "render_postcompile": True}
    text = str(statement.compile(dialect=engine.dialect, compile_kwargs=literal))
    with engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}").scalars("detail")
        return [step.split()[1] for step in plan if step.startswith(("SCAN", "SEARCH"))]


@pytest.mark.parametrize("name", NAMES)
def test_a_fact_of_three_campaigns_is_one_statement(source: Source, name: str) -> None:
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    reading = Reading(source, relations(source, THREE))
    sa.event.listen(sa.engine.Engine, "before_cursor_execute", note)
    try:
        counts = Counts()
        counts.count(name, [reading])
        counts.count(name, [reading])
    finally:
        sa.event.remove(sa.engine.Engine, "before_cursor_execute", note)
    assert len(statements) == 1
    assert [run.campaign for run in counts.runs] == ["FB", "PI", "TW"]


@pytest.mark.parametrize("name", NAMES)
def test_three_campaigns_scan_a_table_once(source: Source, url: str, name: str) -> None:
    read = scans(url, FACTS[name].query(relations(source, THREE)))
    assert read.count("u") == (0 if name == "item_quality" else 1)
    assert read.count("e") == (1 if name in OF_EVENTS else 0)
    assert read.count("i") <= 1


@pytest.mark.parametrize("name", OF_EVENTS)
def test_windows_scan_the_events_once_more_for_all_campaigns(
    source: Source, url: str, name: str
) -> None:
    read = scans(url, FACTS[name].query(relations(source, SEEN)))
    assert (read.count("u"), read.count("e")) == (1, 2)
