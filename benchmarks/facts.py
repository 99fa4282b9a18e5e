"""Facts of the campaign report against SQL written by hand: CPU and wall on DuckDB (bar: 1.5).

All sections but models. `expert.sql` holds one plain statement a fact, run straight on the engine;
its figures must be ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import pandas as pd

from benchmarks.data import CAMPAIGNS, SIZES, campaigns, repeats
from benchmarks.measure import Stopwatch
from benchmarks.report import SECTIONS
from growthml import plan
from growthml.answers import wanted
from growthml.facts.count import Counts
from growthml.reading import OpenSources

EXPERT = Path(__file__).with_name("expert.sql")
TODAY, END, CUTOFF = date(2026, 1, 1), datetime(2026, 1, 1), datetime(2025, 10, 3)

Frames = Mapping[str, pd.DataFrame]


def run() -> None:
    """Print CPU and wall seconds of both at each size, and their ratios."""
    for size in SIZES:
        with campaigns(size, "duckdb") as folder:
            _compare(_ours(folder), _theirs(folder))
            pairs = [(_cost(_ours, folder), _cost(_theirs, folder)) for _ in range(repeats(size))]
        ours, theirs = (
            [median(each[side][i] for each in pairs) for i in (0, 1)] for side in (0, 1)
        )
        for what, mine, hand in zip(("CPU", "wall"), ours, theirs, strict=True):
            told = f"ours {mine:7.2f} s, by hand {hand:7.2f} s, ratio {mine / hand:5.2f}"
            print(f"  {size:>11,} events {what:4} {told}")


def _cost(work: Callable[[Path], object], folder: Path) -> tuple[float, float]:
    """CPU and wall seconds."""
    watch = Stopwatch()
    work(folder)
    return watch.cpu, watch.wall


def _ours(folder: Path) -> Frames:
    config = plan.read_config(folder / "campaigns.yml")
    chosen = plan.choose(config, SECTIONS)
    with OpenSources(config, plan.campaigns(config, TODAY, chosen)) as sources:
        readings = sources.readings(seen_until=date(2025, 12, 31), today=TODAY)
        counts = Counts()
        for section in chosen:
            for name, _ in wanted(section):
                counts.count(name, readings)
        return {name.partition(":")[0]: counts[name] for name in counts}


def _theirs(folder: Path) -> Frames:
    told = [_by_hand(folder / f"{name}.duckdb", name) for name in CAMPAIGNS]
    return {name: pd.concat([each[name] for each in told], ignore_index=True) for name in told[0]}


def _by_hand(database: Path, campaign: str) -> Frames:
    known = {"end": END, "cutoff": CUTOFF}
    frames = {}
    with duckdb.connect(str(database), read_only=True) as connection:
        for name, statement in _statements():
            used = {key: value for key, value in known.items() if f"${key}" in statement}
            found = connection.execute(statement, used).to_arrow_table().to_pandas()
            frames[name] = found.assign(campaign=campaign)
    return frames


def _statements() -> Sequence[tuple[str, str]]:
    text = re.sub(r":(end|cutoff)\b", r"$\1", EXPERT.read_text(encoding="utf-8"))
    parts = re.split(r"^-- (\w+)\n", text, flags=re.MULTILINE)[1:]
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
