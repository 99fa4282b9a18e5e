"""Access log: seconds, lines a second and peak memory, ours and GoAccess's, on the same file.

Its size in megabytes is WEBLOG_MB, 200 where it is not set.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

from growthml.simulate_web import simulate_web

_OURS = """
import sys
from pathlib import Path
from growthml.sources.log_cache import cached
from growthml.sources.weblog import Parser
with Parser() as parser:
    cached(Path(sys.argv[1]), Path(sys.argv[2]), parser)
"""

_PROBE = """
import resource, subprocess, sys, time
started = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
wall = time.perf_counter() - started
print(wall, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
"""


def run() -> None:
    """Print what each takes."""
    megabytes = int(os.environ.get("WEBLOG_MB", "200"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = folder / "access.log"
        lines = _generate(log, megabytes)
        print(f"  {log.stat().st_size / 1e6:,.0f} MB, {lines:,} lines")
        ours = [sys.executable, "-c", _OURS, str(log), str(folder / "cache")]
        _measure("growthml, first run", ours, lines)
        _measure("growthml, cached", ours, lines)
        if shutil.which("goaccess") is None:
            print("  goaccess is not installed; skipped")
            return
        theirs = ["goaccess", str(log), "--log-format=COMBINED", "--no-progress"]
        _measure("goaccess", [*theirs, "-o", str(folder / "report.json")], lines)


def _generate(log: Path, megabytes: int) -> int:
    """Campaigns of a million requests or fewer, one after another, until the size is reached."""
    part, lines, start = log.with_name("part.log"), 0, date(2020, 1, 1)
    with log.open("wb") as whole:
        while whole.tell() < megabytes * 1_000_000:
            left = megabytes * 1_000_000 - whole.tell()
            events = max(20_000, min(1_000_000, left // 200))
            made = simulate_web(
                part, users=events // 100, events=events, seed=lines, start=start, overwrite=True
            )
            with part.open("rb") as file:
                shutil.copyfileobj(file, whole)
            lines, start = lines + made.requests, start + timedelta(days=546)
    part.unlink()
    return lines


def _measure(name: str, command: list[str], lines: int) -> None:
    told = subprocess.run(
        [sys.executable, "-c", _PROBE, *command], check=True, capture_output=True, text=True
    )
    wall, peak = map(float, told.stdout.split())
    print(f"  {name:20} {wall:7.1f} s {lines / wall:>12,.0f} lines/s {peak:6.0f} MB")
