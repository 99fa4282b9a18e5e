"""A million users modelled: propensity, segments and recommendations, each alone and together.

The bar is 2 GB of memory for the three together. Beside them, in the same run, the report's five
first sections on the same data, whose work is counting.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import command
from growthml.simulate import simulate

USERS = int(os.environ.get("BENCH_USERS", "1000000"))
CONFIG = """
report: {name: models}
sources: {site: {url: "duckdb:///site.duckdb", memory_limit: 512MB}}
campaigns: {all: {source: site, label: Everybody}}
"""
COUNTING = ("summary", "acquisition", "tendencies", "profitability", "data_quality")
MODELLING = ("propensity", "segments", "recommendations")


def run() -> None:
    """Print wall seconds, CPU seconds and peak memory of each."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        simulated = simulate(folder / "site.duckdb", users=USERS, events=4 * USERS)
        (folder / "models.yml").write_text(CONFIG)
        print(f"  {simulated.users:,} users, {simulated.events:,} events, DuckDB held to 512 MB")
        for sections in (COUNTING, *((each,) for each in MODELLING), MODELLING):
            _print_cost(sections, folder)


def _print_cost(sections: Sequence[str], folder: Path) -> None:
    only = [word for name in sections for word in ("--only", name)]
    arguments = ["-m", "growthml", "run", "models.yml", "--quiet", "--format", "html", *only]
    kept = ["--archive", f"archive-{'-'.join(sections)}"]
    cost = command([*arguments, *kept], folder=folder, repeats=1)
    label = " + ".join(sections) if len(sections) <= 3 else f"{len(sections)} counting sections"
    print(f"  {label:46} {cost.wall:6.1f} s {cost.cpu:6.1f} s CPU {cost.megabytes:6.0f} MB")
