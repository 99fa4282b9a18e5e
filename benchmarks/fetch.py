"""500,000 rows of ten columns into Python against the engine's own Arrow fetch (bar: 2).

Ours ends in a typed DataFrame, theirs in an Arrow table.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

import duckdb
import sqlalchemy as sa
from adbc_driver_postgresql import dbapi

from benchmarks.measure import Stopwatch
from growthml.config.source import SourceConfig
from growthml.sources.source import Source
from tests.servers import PostgreSQL

ROWS, REPEATS = 500_000, 5
MAKE = f"""
CREATE TABLE totals AS
SELECT n AS user_id, CASE WHEN n % 3 = 0 THEN 'Facebook' ELSE 'Pinterest' END AS channel,
       n % 2 AS active, n % 7 AS purchases, CAST(n % 7 AS DOUBLE PRECISION) * 10.1 AS revenue,
       n % 5 AS likes, n % 4 AS shares, CAST(n AS DOUBLE PRECISION) / 3 AS mean_value,
       TIMESTAMP '2025-01-01' + n * INTERVAL '1 second' AS first,
       TIMESTAMP '2025-06-01' + n * INTERVAL '1 second' AS last
FROM generate_series(1, {ROWS}) AS series(n)
"""
STATEMENT = "SELECT * FROM totals"
COLUMNS = {
    "user_id": sa.BigInteger(),
    "channel": sa.String(),
    **dict.fromkeys(("active", "purchases", "likes", "shares"), sa.BigInteger()),
    **dict.fromkeys(("revenue", "mean_value"), sa.Double()),
    **dict.fromkeys(("first", "last"), sa.DateTime()),
}


def run() -> None:
    """Print wall and CPU seconds of both on DuckDB and PostgreSQL, and their ratios."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "totals.duckdb"
        with duckdb.connect(str(file)) as database:
            database.execute(MAKE)
        _against("DuckDB", f"duckdb:///{file}", lambda: _duckdb(file))
    server = PostgreSQL()
    try:
        server.initialise()
        server.serve()
        with server.connect() as database:
            database.execute(MAKE)
        _against("PostgreSQL", server.url(), lambda: _postgresql(server.url()))
    finally:
        server.stop()


def _duckdb(file: Path) -> tuple[float, float]:
    with duckdb.connect(str(file), read_only=True) as database:
        return _cost(lambda: database.execute(STATEMENT).to_arrow_table())


def _postgresql(url: str) -> tuple[float, float]:
    with dbapi.connect(url) as database, database.cursor() as cursor:
        return _cost(lambda: (cursor.execute(STATEMENT), cursor.fetch_arrow_table()))


def _ours(url: str) -> tuple[float, float]:
    columns = [sa.column(name, kind) for name, kind in COLUMNS.items()]
    with Source("totals", SourceConfig.model_validate({"url": url})) as source:
        return _cost(lambda: source.read(sa.select(*columns).select_from(sa.table("totals"))))


def _against(engine: str, url: str, theirs: Callable[[], tuple[float, float]]) -> None:
    mine, native = _ours(url), theirs()
    for what, a, b in zip(("wall", "CPU"), mine, native, strict=True):
        print(f"  {engine:10} {what:4} ours {a:5.2f} s, Arrow alone {b:5.2f} s, ratio {a / b:5.2f}")


def _cost(fetch: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU seconds, medians after a first fetch that nobody counts."""
    fetch()
    costs = []
    for _ in range(REPEATS):
        watch = Stopwatch()
        fetch()
        costs.append((watch.wall, watch.cpu))
    return median(wall for wall, _ in costs), median(cpu for _, cpu in costs)
