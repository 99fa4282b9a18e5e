"""Archive: the cost of adding a run among 10, 500 and 1,000 (bar: no growth beyond a page)."""

from __future__ import annotations

import json
import shutil
import tempfile
from datetime import date, timedelta
from pathlib import Path
from statistics import median

from benchmarks.measure import Stopwatch
from growthml import plan
from growthml.archive import index
from growthml.archive.store import files_of, keep
from growthml.config.schema import Config
from growthml.run import run as run_report
from growthml.simulate import simulate

RUNS = 1000
AROUND = 5
"""Each figure is the median of the additions this far around the run it is told for."""

CONFIG = """
report: {name: weekly-growth}
sources: {spring: {url: "sqlite:///SPRING"}, summer: {url: "sqlite:///SUMMER"}}
campaigns: {baseline: {source: spring, label: Spring}, new: {source: summer, label: Summer}}
sections: [summary]
"""


def run() -> None:
    """Print time and bytes of adding the 10th, 100th, 500th and 1,000th run, and their ratio."""
    with tempfile.TemporaryDirectory() as name:
        archive = Path(name) / "reports"
        config = _config(Path(name))
        watch = Stopwatch()
        real = run_report(config, archive=Path(name) / "real", formats=["html"]).folder
        whole = watch.wall
        costs = [_added(archive, _copy(real, archive, i)) for i in range(RUNS + AROUND)]
    told = {at: _around(costs, at) for at in (10, 100, RUNS // 2, RUNS)}
    for at, (seconds, written) in told.items():
        print(f"  run {at:>5,}  {seconds * 1000:6.1f} ms  {written / 1024:6.0f} KB written")
    for what, i in (("time", 0), ("bytes", 1)):
        ratio = told[RUNS][i] / told[10][i]
        full = told[RUNS][i] / told[RUNS // 2][i]
        print(f"  {what}: {full:.2f} of run {RUNS // 2}'s, {ratio:.1f} of run 10's (a page of 10)")
    late, early = whole + told[RUNS][0], whole + told[10][0]
    print(
        f"  with the report itself, of one section ({whole:.1f} s): {late / early:.2f} of run 10's"
    )


def _config(folder: Path) -> Config:
    """A report on two simulated campaigns."""
    text = CONFIG
    for seed, campaign in enumerate(("SPRING", "SUMMER"), start=1):
        path = folder / f"{campaign.lower()}.db"
        simulate(path, users=1000, seed=seed)
        text = text.replace(campaign, str(path))
    config = folder / "weekly.yml"
    config.write_text(text, encoding="utf-8")
    return plan.read_config(config)


def _copy(real: Path, archive: Path, i: int) -> Path:
    """The run again, as of `i` days later."""
    day = (date(2020, 1, 1) + timedelta(days=i)).isoformat()
    folder = archive / "weekly-growth" / f"{day}-{i:012x}"
    shutil.copytree(real, folder)
    manifest = json.loads((real / "run.json").read_bytes())
    manifest |= {"run_id": folder.name, "as_of": day}
    (folder / "run.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def _added(archive: Path, folder: Path) -> tuple[float, int]:
    """Wall seconds of putting one more run in place, and bytes of the index's pages written."""
    before = _stamps(archive)
    files = {name: (folder / name).read_bytes() for name in files_of(folder)}
    shutil.rmtree(folder)
    watch = Stopwatch()
    index.announce(archive, folder)
    keep(folder, files)
    index.add(archive, folder)
    seconds = watch.wall
    after = _stamps(archive)
    return seconds, sum(
        size for path, (when, size) in after.items() if before.get(path) != (when, size)
    )


def _stamps(archive: Path) -> dict[Path, tuple[int, int]]:
    """When each page of the index was written, and its bytes; SQLite writes only its own pages."""
    pages = [archive / "index.html", *(archive / "index").glob("[ap]*.*")]
    stats = {path: path.stat() for path in pages if path.is_file()}
    return {path: (found.st_mtime_ns, found.st_size) for path, found in stats.items()}


def _around(costs: list[tuple[float, int]], at: int) -> tuple[float, float]:
    near = costs[at - 1 - AROUND : at + AROUND]
    return median(each[0] for each in near), median(each[1] for each in near)
