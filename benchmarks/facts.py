"""Facts of the campaign report against SQL written by hand: CPU and wall, by engine (bar: 1.5).

All sections but models. `expert.sql` holds one plain statement a fact, run straight on the engine;
its figures must be ours. CPU is that of both processes, ours and the server's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import duckdb
import pandas as pd
import psycopg

from benchmarks.data import CAMPAIGNS, SIZES, campaigns, repeats
from benchmarks.measure import Stopwatch
from benchmarks.postgres import served
from benchmarks.report import SECTIONS
from growthml import plan
from growthml.answers import wanted
from growthml.facts.count import Counts
from growthml.reading import OpenSources
from growthml.sources.servers import DEFAULT_MEMORY
from tests.servers import PostgreSQL

EXPERT = Path(__file__).with_name("expert.sql")
TODAY = date(2026, 1, 1)
KNOWN = {"end": datetime(2026, 1, 1), "cutoff": datetime(2025, 10, 3)}
MOST_ON_POSTGRESQL = 10_000_000

Frames = Mapping[str, pd.DataFrame]


def run() -> None:
    """Print CPU and wall seconds of both at each size, and their ratios."""
    for size in SIZES:
        with campaigns(size, "duckdb") as folder:
            against("DuckDB", size, lambda: ours(folder / "campaigns.yml"), lambda: _duckdb(folder))
            if size > MOST_ON_POSTGRESQL:
                continue
            with served(folder) as server:
                against(
                    "PostgreSQL",
                    size,
                    lambda: ours(folder / "postgres.yml"),
                    lambda: _postgresql(server),
                    server.process,
                )


def against(
    engine: str,
    size: int,
    ours: Callable[[], Frames],
    theirs: Callable[[], Frames],
    *servers: int,
    times: int = 0,
) -> None:
    """Print what both cost; raises AssertionError where their figures differ.

    servers: the processes whose CPU counts too. times: how often each is measured; left out, as
    often as the size allows.
    """
    pairs = [
        _compared(_cost(ours, *servers), _cost(theirs, *servers))
        for _ in range(times or repeats(size))
    ]
    mine, hand = ([median(each[side][i] for each in pairs) for i in (0, 1)] for side in (0, 1))
    for what, a, b in zip(("CPU", "wall"), mine, hand, strict=True):
        told = f"ours {a:7.2f} s, by hand {b:7.2f} s, ratio {a / b:5.2f}"
        print(f"  {size:>11,} events {engine:10} {what:4} {told}")


class _Cost(NamedTuple):
    """CPU and wall seconds, and what they were spent on."""

    cpu: float
    wall: float
    frames: Frames


def _cost(work: Callable[[], Frames], *servers: int) -> _Cost:
    watch = Stopwatch(*servers)
    frames = work()
    return _Cost(watch.cpu, watch.wall, frames)


def _compared(ours: _Cost, theirs: _Cost) -> tuple[tuple[float, float], tuple[float, float]]:
    """CPU and wall seconds of both; raises AssertionError unless their figures are the same."""
    _compare(ours.frames, theirs.frames)
    return ours[:2], theirs[:2]


def ours(file: Path) -> Frames:
    config = plan.read_config(file)
    chosen = plan.choose(config, SECTIONS)
    with OpenSources(config, plan.campaigns(config, TODAY, chosen)) as sources:
        readings = sources.readings(seen_until=date(2025, 12, 31), today=TODAY)
        counts = Counts()
        for section in chosen:
            for name, _ in wanted(section):
                counts.count(name, readings)
        return {name.partition(":")[0]: counts[name] for name in counts}


# -- by hand -----------------------------------------------------------------------------------


def _duckdb(folder: Path) -> Frames:
    def answer(connection: Any, statement: str) -> pd.DataFrame:
        used = {key: value for key, value in KNOWN.items() if f":{key}" in statement}
        statement = re.sub(r":(end|cutoff)\b", r"$\1", statement)
        found: pd.DataFrame = connection.execute(statement, used).to_arrow_table().to_pandas()
        return found

    def connect(campaign: str) -> Any:
        return duckdb.connect(str(folder / f"{campaign}.duckdb"), read_only=True)

    return by_hand(connect, answer)


def _postgresql(server: PostgreSQL) -> Frames:
    """With the memory that we ask for."""

    def answer(connection: Any, statement: str) -> pd.DataFrame:
        statement = re.sub(r":(end|cutoff)\b", r"%(\1)s", statement.replace("%", "%%"))
        found = connection.execute(statement, KNOWN)
        return pd.DataFrame(found.fetchall(), columns=[each.name for each in found.description])

    def connect(campaign: str) -> Any:
        settings = f"-c search_path={campaign} -c work_mem={DEFAULT_MEMORY}"
        return server.connect(options=settings, cursor_factory=psycopg.ClientCursor)

    return by_hand(connect, answer)


def by_hand(
    connect: Callable[[str], Any],
    answer: Callable[[Any, str], pd.DataFrame],
    in_other_words: Mapping[str, str] | None = None,
) -> Frames:
    """What each statement answers; some may be given in other words, which the engine asks for."""
    asked = dict(statements(EXPERT)) | dict(in_other_words or {})
    told = []
    for campaign in CAMPAIGNS:
        with connect(campaign) as connection:
            told.append(
                {
                    name: answer(connection, statement).assign(campaign=campaign)
                    for name, statement in asked.items()
                }
            )
    return {name: pd.concat([each[name] for each in told], ignore_index=True) for name in told[0]}


def statements(file: Path) -> Sequence[tuple[str, str]]:
    """The name and the text of each statement."""
    parts = re.split(r"^-- (\w+)\n", file.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


def _compare(ours: Frames, theirs: Frames) -> None:
    """Raises AssertionError unless every figure of ours is found by hand too."""
    assert set(ours) == set(theirs), set(ours) ^ set(theirs)
    for name, frame in ours.items():
        columns = ["campaign", *(each for each in theirs[name] if each != "campaign")]
        pd.testing.assert_frame_equal(
            _plain(frame[columns]),
            _plain(theirs[name][columns]),
            check_dtype=False,
            rtol=1e-9,
            obj=name,
        )


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows in one order, numbers as doubles and all else as text."""

    def same(column: pd.Series[Any]) -> pd.Series[Any]:
        try:
            return column.astype("float64")
        except (TypeError, ValueError):
            return column.astype("str")

    return frame.apply(same).sort_values(list(frame.columns), ignore_index=True)
