"""What a database says of itself."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from growthml.sources.catalogue import Catalogue
from growthml.sources.connect import engine_for

TABLES = (
    "CREATE TABLE Users (Id INTEGER PRIMARY KEY, name VARCHAR)",
    "CREATE TABLE likes (who INTEGER, what INTEGER, PRIMARY KEY (who, what))",
    "CREATE SCHEMA shop",
    "CREATE TABLE shop.users (id INTEGER, name VARCHAR PRIMARY KEY)",
)


@pytest.mark.parametrize(
    ("table", "column", "known"),
    [
        ("Users", "Id", True),
        ("users", "ID", True),
        ("users", "name", False),
        ("likes", "who", False),
        ("shop.users", "name", True),
        ("shop.users", "id", False),
    ],
)
def test_duckdb_says_what_is_a_key(table: str, column: str, known: bool, tmp_path: Path) -> None:
    import duckdb

    with duckdb.connect(str(tmp_path / "site.duckdb")) as database:
        for statement in TABLES:
            database.execute(statement)
    with engine_for("shop", f"duckdb:///{tmp_path / 'site.duckdb'}").connect() as connection:
        catalogue = Catalogue(connection)
        found = catalogue.table(table)
        assert isinstance(found, sa.TableClause)
        assert catalogue.is_key(found, column) is known
