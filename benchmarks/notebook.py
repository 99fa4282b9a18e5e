"""The notebook of today against our HTML report of the same content, on the same DuckDB files.

pandas reads everything, draws the same 18 charts and fits the same models; papermill runs it and
nbconvert makes HTML. BENCH_PYTHON names an interpreter that has the extra `bench`. Bars: we take at
most 1/5 of its wall time to 10^6 events, and at 10^7 1/7 of its CPU and 1/5 of its memory.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from benchmarks.data import CAMPAIGNS, SIZES, campaigns, repeats
from benchmarks.measure import Cost, command

CELLS = Path(__file__).with_name("notebook_cells.py")
SECTIONS = ("summary", "acquisition", "tendencies", "profitability", "lift", "ltv", "cohorts")
PYTHON = os.environ.get("BENCH_PYTHON", sys.executable)

_MAKE = """
import sys, nbformat
notebook = nbformat.v4.new_notebook()
notebook.cells = [nbformat.v4.new_code_cell(each) for each in sys.argv[2:]]
notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
nbformat.write(notebook, sys.argv[1])
"""
_RUN = """
import subprocess, sys
for tool in ("papermill today.ipynb done.ipynb", "nbconvert --to html done.ipynb"):
    name, *arguments = tool.split()
    subprocess.run([sys.executable, "-m", name, *arguments], check=True)
"""


def run() -> None:
    """Print wall, CPU and memory of both at each size, and the notebook's over ours."""
    for size in SIZES:
        if size > 10_000_000:
            continue
        with campaigns(size, "duckdb") as folder:
            theirs = _notebook(folder, repeats(size))
            ours = _report(folder, repeats(size))
        for name, cost in (("notebook", theirs), ("report", ours)):
            print(
                f"  {size:>11,} events {name:8} {cost.wall:7.1f} s {cost.cpu:7.1f} s CPU"
                f" {cost.megabytes:6.0f} MB"
            )
        print(
            f"  {size:>11,} events ratio    {theirs.wall / ours.wall:7.1f}"
            f"   {theirs.cpu / ours.cpu:7.1f}       {theirs.megabytes / ours.megabytes:6.1f}"
        )


def _notebook(folder: Path, times: int) -> Cost:
    cells = re.split(r"^# %%.*\n", CELLS.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    command(["-c", _MAKE, "today.ipynb", *cells], folder=folder, repeats=1, python=PYTHON)
    databases = {name.upper(): f"duckdb:///{folder / name}.duckdb" for name in CAMPAIGNS}
    os.environ.update(databases)
    return command(["-c", _RUN], folder=folder, repeats=times, python=PYTHON)


def _report(folder: Path, times: int) -> Cost:
    only = [word for name in SECTIONS for word in ("--only", name)]
    arguments = ["-m", "growthml", "run", "campaigns.yml", "--quiet", "--format", "html", *only]
    return command([*arguments, "--archive", "{fresh}"], folder=folder, repeats=times)
