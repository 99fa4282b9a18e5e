"""Facts on Apache Spark, a master and two workers, against SQL written by hand (bar: 1.5).

CPU of all its processes, and wall. SPARK_SIZES="1e6 1e7" chooses how many events. Each side is
measured once, after both ran over a tenth of them, since what Java compiled by then is a matter of
half of its seconds.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from benchmarks.data import CAMPAIGNS, campaigns
from benchmarks.facts import KNOWN, Frames, against, by_hand, ours, statements
from tests.servers import Spark

SIZES = [int(float(size)) for size in os.environ.get("SPARK_SIZES", "1e6").split()]
Side = Callable[[], Frames]
IN_OTHER_WORDS = Path(__file__).with_name("expert_spark.sql")


def run() -> None:
    """Print CPU and wall seconds of both at each size, and their ratios."""
    for size in SIZES:
        server = Spark(memory="3g", partitions=16)
        try:
            with _sides(size // 10, server) as sides:
                for side in sides:
                    side()
            with _sides(size, server) as sides:
                against("Spark", size, *sides, *server.processes, times=1)
        finally:
            server.stop()


@contextmanager
def _sides(size: int, server: Spark) -> Iterator[tuple[Side, Side]]:
    """Our facts, and those by hand, over campaigns of so many events."""
    with campaigns(size, "duckdb") as folder:
        for name in CAMPAIGNS:
            _to_parquet(folder / f"{name}.duckdb", folder / name)
        config = _config(folder, server)
        yield (lambda: ours(config)), (lambda: _theirs(folder, server))


def _to_parquet(file: Path, folder: Path) -> None:
    folder.mkdir()
    with duckdb.connect(str(file), read_only=True) as database:
        for (table,) in database.execute("SHOW TABLES").fetchall():
            database.execute(f"COPY \"{table}\" TO '{folder / table}.parquet'")


def _config(folder: Path, server: Spark) -> Path:
    text = (folder / "campaigns.yml").read_text(encoding="utf-8")
    for name in CAMPAIGNS:
        text = text.replace(f"duckdb:///{folder / name}.duckdb", server.url(folder / name))
    file = folder / "spark.yml"
    file.write_text(text, encoding="utf-8")
    return file


def _theirs(folder: Path, server: Spark) -> Frames:
    def answer(session: Any, statement: str) -> pd.DataFrame:
        found: pd.DataFrame = session.sql(_spelt(statement)).toArrow().to_pandas()
        return found

    @contextmanager
    def connect(campaign: str) -> Iterator[Any]:
        from pyspark.sql.connect.session import SparkSession

        session = SparkSession.builder.remote(f"sc://127.0.0.1:{server.port}").create()
        for file in (folder / campaign).iterdir():
            session.read.parquet(str(file)).createTempView(file.stem)
        yield session
        session.stop()

    return by_hand(connect, answer, dict(statements(IN_OTHER_WORDS)))


def _spelt(statement: str) -> str:
    """Names in backticks, types as Spark calls them, moments written out."""
    statement = re.sub(r'"(\w+)"', r"`\1`", statement)
    statement = statement.replace("DOUBLE PRECISION", "DOUBLE")
    return re.sub(r":(end|cutoff)\b", lambda found: f"TIMESTAMP_NTZ '{KNOWN[found[1]]}'", statement)
