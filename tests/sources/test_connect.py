"""Sources are only ever read, and what cannot be opened is said in words."""

from __future__ import annotations

import hashlib
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlalchemy.exc import DBAPIError

from growthml.config.source import SourceConfig
from growthml.config.types import megabytes
from growthml.errors import SourceError
from growthml.secrets import remember
from growthml.sources.connect import engine_for
from growthml.sources.source import Source
from tests.facts.market import BACKENDS, market_tables, write

WRITES = [
    "INSERT INTO users VALUES (9, 'FB', '2025-01-01')",
    "UPDATE users SET channel = 'PI'",
    "DELETE FROM users",
    "DROP TABLE users",
    "CREATE TABLE more (id INTEGER)",
    "CREATE TEMP TABLE more (id INTEGER)",
    "CREATE VIEW more AS SELECT 1",
    "ATTACH '{folder}/other.db' AS other",
]
OF_SQLITE = [
    "VACUUM INTO '{folder}/other.db'",
    "PRAGMA query_only = OFF",
    "PRAGMA user_version = 7",
]
OF_DUCKDB = [
    "COPY users TO '{folder}/other.csv'",
    "EXPORT DATABASE '{folder}/out'",
    "INSTALL httpfs",
]


def open_source(url: str) -> Source:
    return Source("shop", SourceConfig.model_validate({"url": url}))


def contents(folder: Path) -> dict[str, tuple[str, int]]:
    """Every file below a folder: a digest of its bytes and when it was last changed."""
    return {
        str(file.relative_to(folder)): (
            hashlib.sha256(file.read_bytes()).hexdigest(),
            file.stat().st_mtime_ns,
        )
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def attempts(backend: str) -> Iterator[str]:
    yield from WRITES
    yield from OF_SQLITE if backend == "sqlite" else OF_DUCKDB


@pytest.mark.parametrize(
    ("backend", "statement"), [(b, statement) for b in BACKENDS for statement in attempts(b)]
)
def test_nothing_can_be_written(backend: str, statement: str, tmp_path: Path) -> None:
    engine = engine_for("shop", write(backend, tmp_path, market_tables()))
    before = contents(tmp_path)
    with engine.connect() as connection:
        with pytest.raises((DBAPIError, SourceError)):
            connection.exec_driver_sql(statement.format(folder=tmp_path))
        connection.rollback()
        assert connection.exec_driver_sql("SELECT count(*) FROM users").scalar() == 5
    engine.dispose()
    assert contents(tmp_path) == before


@pytest.mark.parametrize("backend", BACKENDS)
def test_two_statements_are_no_way_round(backend: str, tmp_path: Path) -> None:
    engine = engine_for("shop", write(backend, tmp_path, market_tables()))
    before = contents(tmp_path)
    with engine.connect() as connection, pytest.raises((DBAPIError, SourceError)):
        connection.exec_driver_sql("SELECT 1; CREATE TABLE more (id INTEGER)")
    engine.dispose()
    assert contents(tmp_path) == before


def test_settings_reach_the_query_engine(tmp_path: Path) -> None:
    url = write("duckdb", tmp_path, market_tables())
    engine = engine_for("shop", url, settings={"threads": 1, "memory_limit": "512MB"})
    with engine.connect() as connection:
        threads = connection.exec_driver_sql("SELECT current_setting('threads')").scalar()
        memory = connection.exec_driver_sql("SELECT current_setting('memory_limit')").scalar()
    assert (threads, memory) == (1, "488.2 MiB")
    engine.dispose()


def setting(url: str, name: str, **settings: Any) -> Any:
    engine = engine_for("shop", url, settings=settings)
    with engine.connect() as connection:
        value = connection.exec_driver_sql(f"SELECT current_setting('{name}')").scalar()
    engine.dispose()
    return value


def test_an_engine_does_not_take_all_the_memory_there_is(tmp_path: Path) -> None:
    url = write("duckdb", tmp_path, market_tables())
    assert megabytes(setting(url, "memory_limit")) <= megabytes("4GB")
    assert setting(url, "memory_limit", memory_limit="5GB") == "4.6 GiB"


def test_sources_of_one_report_share_the_memory(tmp_path: Path) -> None:
    url = write("duckdb", tmp_path, market_tables())
    alone, of_two, of_ten = (
        megabytes(setting(url, "memory_limit", sharers=number)) for number in (1, 2, 10)
    )
    assert of_two == pytest.approx(alone / 2, rel=0.06)  # DuckDB tells it to a tenth of a GiB
    assert of_ten == pytest.approx(488.2)  # 512 MB, the least
    assert setting(url, "memory_limit", memory_limit="5GB", sharers=2) == "4.6 GiB"


def test_what_does_not_fit_into_the_memory_is_not_put_beside_the_users_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    place = setting(write("duckdb", tmp_path, market_tables()), "temp_directory")
    assert Path(place).parent == tmp_path / "scratch"


def test_one_file_may_be_two_sources(tmp_path: Path) -> None:
    url = write("duckdb", tmp_path, market_tables())
    first, second = engine_for("spring", url), engine_for("summer", url)
    with first.connect() as one, second.connect() as two:
        assert one.exec_driver_sql("SELECT 1").scalar() == two.exec_driver_sql("SELECT 1").scalar()
    first.dispose()
    second.dispose()


# -- What cannot be opened ---------------------------------------------------------------------


def refusal(url: str) -> str:
    with pytest.raises(SourceError) as failure:
        open_source(url)
    message = str(failure.value)
    assert message.startswith("sources.shop: ")
    assert "\n" not in message
    return message


@pytest.mark.parametrize("scheme", ["sqlite", "duckdb"])
def test_no_such_file(scheme: str, tmp_path: Path) -> None:
    assert refusal(f"{scheme}:///{tmp_path}/shop.db") == (
        f"sources.shop: there is no file {tmp_path}/shop.db"
        " (relative paths start in the folder the command runs in)"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("scheme", ["sqlite", "duckdb"])
def test_a_folder_is_no_database(scheme: str, tmp_path: Path) -> None:
    assert refusal(f"{scheme}:///{tmp_path}") == (
        f"sources.shop: {tmp_path} is a folder, not a database file"
    )


def test_a_url_without_a_file() -> None:
    assert refusal("sqlite://") == (
        "sources.shop: the URL names no file; write sqlite:///path/to/file.db"
    )


def test_no_such_path(tmp_path: Path) -> None:
    assert "there is no file or folder" in refusal(str(tmp_path / "data"))
    assert "no .parquet, .csv or .log files at" in refusal(str(tmp_path))


@pytest.mark.parametrize("scheme", ["sqlite", "duckdb"])
def test_a_text_file_called_a_database(scheme: str, tmp_path: Path) -> None:
    (tmp_path / "shop.db").write_text("id,channel\n1,FB\n" * 500)
    message = refusal(f"{scheme}:///{tmp_path}/shop.db")
    assert message.startswith(f"sources.shop: cannot open {scheme}:///shop.db: ")
    assert "not a" in message
    assert message.endswith("check the address, and that it can be read from here")
    assert str(tmp_path) not in message


def test_a_database_cut_off_in_its_first_page(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE users (id INTEGER)")
    database.close()
    path.write_bytes(path.read_bytes()[:200])
    assert "cannot open sqlite:///shop.db" in refusal(f"sqlite:///{path}")


def test_a_duckdb_file_of_another_version(tmp_path: Path) -> None:
    path = tmp_path / "shop.duckdb"
    duckdb.connect(str(path)).close()
    content = bytearray(path.read_bytes())
    content[12:20] = (999).to_bytes(8, "little")  # the storage version follows 8 + 4 bytes
    path.write_bytes(content)
    assert "cannot open duckdb:///shop.duckdb" in refusal(f"duckdb:///{path}")


def test_a_csv_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_bytes(b"\x00\x01\xff\xfe" * 100)
    message = refusal(str(tmp_path))
    assert message.startswith("sources.shop: cannot read the table 'users' from")
    assert "mend it" in message


def test_a_parquet_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "users.parquet").write_text("no")
    assert "cannot read the table 'users' from" in refusal(str(tmp_path))


def test_two_files_that_are_one_table(tmp_path: Path) -> None:
    (tmp_path / "Users.csv").write_text("id\n1\n")
    (tmp_path / "users.csv.gz").write_text("")
    assert refusal(str(tmp_path)) == (
        "sources.shop: Users.csv and users.csv.gz are both the table 'users'; rename one, or put"
        " the parts of one table into a folder of that name"
    )


def test_an_unknown_scheme() -> None:
    assert refusal("oracel://host/shop") == (
        "sources.shop: the driver for oracel:// is not installed; write sqlite://, duckdb://,"
        " postgresql:// or mysql://, or install the SQLAlchemy dialect of that name"
    )


@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
def test_a_driver_that_is_not_installed(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    remember("hunter2-hunter2")
    message = refusal(f"{scheme}://app:hunter2-hunter2@127.0.0.1:1/shop")
    assert message == (
        "sources.shop: the driver for postgresql+psycopg:// is not installed;"
        " pip install 'growthml[postgres]'"
    )


def test_what_is_no_url_keeps_its_password() -> None:
    message = refusal("postgresql://app:hunter2-hunter2@host:port/shop")
    assert "hunter2" not in message
    assert "neither a database URL nor a path" in message


# -- Files as tables ---------------------------------------------------------------------------


def test_a_sub_folder_is_one_table(tmp_path: Path) -> None:
    for year in (2024, 2025):
        (tmp_path / "orders").mkdir(exist_ok=True)
        (tmp_path / "orders" / f"{year}.csv").write_text(f"year\n{year}\n")
    (tmp_path / ".orders.csv").write_text("passed over")
    with engine_for("shop", str(tmp_path)).connect() as connection:
        years = connection.exec_driver_sql("SELECT year FROM orders ORDER BY 1").scalars().all()
    assert years == [2024, 2025]


def test_a_single_file_is_the_table_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "orders.2024.tsv").write_text("id\tprice\n1\t2.5\n")
    with engine_for("shop", str(tmp_path / "orders.2024.tsv")).connect() as connection:
        [row] = connection.exec_driver_sql('SELECT * FROM "orders.2024"').all()
    assert tuple(row) == (1, 2.5)
