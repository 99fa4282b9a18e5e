"""PostgreSQL with the simulated campaigns in it, each in a schema of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from benchmarks.data import CAMPAIGNS
from tests.servers import PostgreSQL

_AT_ONCE = 200_000


@contextmanager
def served(folder: Path) -> Iterator[PostgreSQL]:
    """A server with what the DuckDB files of a folder hold; `postgres.yml` there reads it."""
    server = PostgreSQL()
    server.initialise()
    server.serve(shared_buffers="1GB", max_wal_size="8GB")
    config = (folder / "campaigns.yml").read_text(encoding="utf-8")
    try:
        for name in CAMPAIGNS:
            file = folder / f"{name}.duckdb"
            _load(server, name, file)
            config = config.replace(f"duckdb:///{file}", server.url(name))
        with server.connect() as connection:
            connection.execute("ANALYZE")
        (folder / "postgres.yml").write_text(config, encoding="utf-8")
        yield server
    finally:
        server.stop()


def _load(server: PostgreSQL, name: str, file: Path) -> None:
    """The tables with the keys their owner would have given them."""
    from adbc_driver_postgresql import dbapi

    with duckdb.connect(str(file), read_only=True) as there, dbapi.connect(server.url()) as here:
        with here.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA {name}")
            for (table,) in there.execute("SHOW TABLES").fetchall():
                rows = there.execute(f'FROM "{table}"').to_arrow_reader(_AT_ONCE)
                cursor.adbc_ingest(table, rows, mode="create", db_schema_name=name)
            cursor.execute(f'ALTER TABLE {name}."Users" ADD PRIMARY KEY (id)')
            cursor.execute(f'ALTER TABLE {name}."Meal" ADD PRIMARY KEY (id)')
            cursor.execute(f'CREATE INDEX ON {name}."Event" ("User_Id")')
        here.commit()
