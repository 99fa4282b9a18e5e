"""Simulator: seconds for a million events in each format."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.measure import Stopwatch
from growthml.simulate import simulate


def run() -> None:
    """Print wall seconds by format."""
    with tempfile.TemporaryDirectory() as name:
        for out in ("parquet", "campaign.duckdb", "campaign.db"):
            watch = Stopwatch()
            made = simulate(Path(name) / out, users=50_000, events=1_000_000)
            print(f"  {out:16} {made.events:>9,} events {watch.wall:6.2f} s")
