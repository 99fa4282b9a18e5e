"""Peak memory of the report of all sections but models, HTML only, by size (bar: 1.3 of 10^5's).

Each campaign's DuckDB is held to 512 MB, which the ratio leaves out.
"""

from __future__ import annotations

from benchmarks.data import CAMPAIGNS, SIZES, campaigns
from benchmarks.measure import command
from benchmarks.report import SECTIONS

ENGINE = 512


def run() -> None:
    """Print wall, CPU and peak memory at each size."""
    only = [word for name in SECTIONS for word in ("--only", name)]
    arguments = ["-m", "growthml", "run", "campaigns.yml", "--quiet", "--format", "html", *only]
    for size in SIZES:
        with campaigns(size, "duckdb") as folder:
            config = folder / "campaigns.yml"
            text = config.read_text(encoding="utf-8")
            config.write_text(text.replace('.duckdb"', f'.duckdb", memory_limit: {ENGINE}MB'))
            cost = command([*arguments, "--archive", "{fresh}"], folder=folder, repeats=1)
        told = f"{cost.wall:7.1f} s {cost.cpu:7.1f} s CPU {cost.megabytes:6.0f} MB"
        engines = len(CAMPAIGNS) * ENGINE
        print(f"  {size:>11,} events {told}, at most {engines} MB of them the engines'")
