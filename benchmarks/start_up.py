"""Start-up: CPU seconds of commands that only read the config (bars: 0.3, 0.3 and 1.0)."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.measure import command
from growthml.simulate import simulate

CONFIG = Path(__file__).parents[1] / "config" / "demo.yml"


def run() -> None:
    """Print each command's CPU beside that of an empty Python process."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for campaign in ("spring", "summer"):
            (folder / "data").mkdir(exist_ok=True)
            simulate(folder / "data" / f"demo-{campaign}.db", users=200)
        empty = command(["-c", "pass"], folder=folder)
        print(f"  {'python -c pass':16} {empty.cpu:6.2f} s CPU")
        for arguments in (["--help"], ["schema"], ["check", str(CONFIG)]):
            cost = command(["-m", "growthml", *arguments], folder=folder)
            print(f"  {arguments[0]:16} {cost.cpu:6.2f} s CPU  {cost.megabytes:5.0f} MB")
