"""Relations kept in the engine: made once, nothing of the user's written to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import sqlalchemy as sa

from growthml.config.source import SourceConfig
from growthml.errors import FactError
from growthml.sources.connect import engine_for
from growthml.sources.kept import Kept
from growthml.sources.source import Source


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "shop.duckdb"
    with duckdb.connect(str(found)) as database:
        database.execute(
            "CREATE TABLE sales AS SELECT range AS id, range % 3 AS kind FROM range(9)"
        )
    return found


@pytest.fixture
def source(path: Path) -> Iterator[Source]:
    with Source("shop", SourceConfig.model_validate({"url": f"duckdb:///{path}"})) as found:
        yield found


SALES = sa.table("sales", sa.column("id", sa.Integer), sa.column("kind", sa.Integer))


def per_kind(above: int) -> sa.Select[tuple[int, int]]:
    counted = sa.func.count().label("n")
    return sa.select(SALES.c.kind, counted).where(SALES.c.id > above).group_by(SALES.c.kind)


def rows(source: Source, above: int) -> list[tuple[int, int]]:
    kept = source.keep("kinds", per_kind(above))
    frame = source.read(sa.select(kept.c.kind, kept.c.n).order_by(kept.c.kind))
    return list(zip(frame["kind"], frame["n"], strict=True))


def test_a_kept_relation_holds_what_its_query_says(source: Source) -> None:
    assert rows(source, -1) == [(0, 3), (1, 3), (2, 3)]
    assert rows(source, 6) == [(1, 1), (2, 1)]


def test_it_is_made_once_for_the_same_question(source: Source) -> None:
    first, again, other = (source.keep("kinds", per_kind(above)) for above in (-1, -1, 6))
    assert first is again
    assert first is not other
    tables = source.read(
        sa.select(sa.literal_column("table_name", sa.String()).label("name")).select_from(
            sa.text("duckdb_tables()")
        )
    )
    assert sorted(tables["name"]) == ["growthml_kinds_1", "growthml_kinds_2", "sales"]


def test_the_users_database_is_not_written_to(path: Path) -> None:
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    with Source("shop", SourceConfig.model_validate({"url": f"duckdb:///{path}"})) as source:
        rows(source, -1)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before
    assert [each.name for each in path.parent.iterdir()] == ["shop.duckdb"]


def test_another_connection_gets_all_that_was_kept(path: Path) -> None:
    engine = engine_for("shop", f"duckdb:///{path}")
    connections = [engine.connect(), engine.connect()]
    kept = Kept(engine.dialect, lambda table: connections[0].execute(table) and None)
    tables = [kept.table("kinds", per_kind(above)) for above in (-1, 6)]
    connections.pop(0).close()
    kept.make_again()
    with connections.pop() as second:
        held = [
            second.execute(sa.select(table.c.kind, table.c.n).order_by(table.c.kind)).all()
            for table in tables
        ]
    engine.dispose()
    assert held == [[(0, 3), (1, 3), (2, 3)], [(1, 1), (2, 1)]]


def test_it_survives_a_query_that_fails(source: Source) -> None:
    assert rows(source, 6) == [(1, 1), (2, 1)]
    with pytest.raises(FactError):
        source.read(sa.select(sa.literal_column("nothing", sa.Integer)).select_from(SALES))
    assert rows(source, 6) == [(1, 1), (2, 1)]


def test_a_query_that_cannot_be_kept_says_why(source: Source) -> None:
    with pytest.raises(FactError, match="shop"):
        source.keep("kinds", sa.select(sa.literal_column("nothing", sa.Integer).label("x")))


def test_other_engines_keep_nothing(tmp_path: Path) -> None:
    import sqlite3

    sqlite3.connect(tmp_path / "shop.db").close()
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    with Source("shop", SourceConfig.model_validate({"url": url})) as found:
        assert not found.keeps
