"""URLs as typed: known by what the file holds, written without their secrets."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import duckdb
import pytest

from growthml.config.environment import VariableError, substitute
from growthml.guess.address import addresses


def test_a_password_becomes_a_variable_and_comes_back(tmp_path: Path) -> None:
    url = "postgresql://app:app@db.example.com:5432/my-shop?sslmode=require"
    [found] = addresses([url], {})
    assert found.written == (
        "postgresql://app:${MY_SHOP_PASSWORD}@db.example.com:5432/my-shop?sslmode=require"
    )
    assert found.secrets == {"MY_SHOP_PASSWORD": "app"}
    assert found.real == substitute(found.written, found.secrets) == url
    assert "app:app" not in repr(found)


def test_a_token_in_the_query_is_a_secret_too() -> None:
    [found] = addresses(["duckdb:///md?token=hunter2hunter2"], {})
    assert found.written == "duckdb:///md?token=${MD_PASSWORD}"


def test_a_variable_is_kept_and_looked_up() -> None:
    [found] = addresses(["postgresql://app:${PW}@db/shop"], {"PW": "hunter2"})
    assert found.written == "postgresql://app:${PW}@db/shop"
    assert found.real == "postgresql://app:hunter2@db/shop"
    with pytest.raises(VariableError, match="PW"):
        addresses(["postgresql://app:${PW}@db/shop"], {})


def test_a_database_file_is_known_by_how_it_begins(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "a.data").execute("CREATE TABLE t (a)").connection.close()
    duckdb.connect(str(tmp_path / "b.data")).close()
    (tmp_path / "c.csv").write_text("a\n1\n")
    found = addresses([str(tmp_path / name) for name in ("a.data", "b.data", "c.csv")], {})
    schemes = [each.real.partition(str(tmp_path))[0] for each in found]
    assert schemes == ["sqlite:///", "duckdb:///", ""]


def test_each_source_has_a_name_of_its_own() -> None:
    urls = [
        "sqlite:///a/shop.db",
        "sqlite:///b/shop.db",
        "c/shop.parquet",
        "2024.csv",
        "/var/log/x",
    ]
    assert [each.key for each in addresses(urls, {})] == [
        "shop",
        "shop-2",
        "shop-3",
        "source-2024",
        "x",
    ]
