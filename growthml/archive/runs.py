"""Stored runs, read back: what is in the archive, and the run somebody means by a name."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

from growthml.errors import GrowthError, UsageError
from growthml.metrics import STANDARD
from growthml.tables import unguarded

RUN_ID = re.compile(r"\d{4}-\d\d-\d\d-[0-9a-f]{12}")
LATEST = "latest"

_ENOUGH = {"run_id", "report", "as_of", "status", "outputs"}
_AN_ID = re.compile(r"\d{4}-\d\d-\d\d-")


@dataclass(frozen=True)
class Kpi:
    """A row of `summary.kpis`: a metric of one campaign. None: not counted or not tested."""

    row: Mapping[str, str]

    @property
    def metric(self) -> str:
        """The metric's id."""
        return self.row["metric"]

    @property
    def campaign(self) -> str:
        """The campaign's key."""
        return self.row["campaign"]

    @property
    def unit(self) -> Any:
        """The metric's unit, as `growthml.charts.Unit` has it."""
        return self.row["unit"]

    @property
    def verdict(self) -> str:
        """better, worse, no_evidence or not_tested."""
        return self.row.get("verdict") or "not_tested"

    def number(self, column: str) -> float | None:
        """The number in a column; None where it is empty or the table has no such column."""
        text = self.row.get(column)
        return float(text) if text else None

    @property
    def value(self) -> float | None:
        """The metric's value, rates as fractions."""
        return self.number("value")

    @property
    def n(self) -> int:
        """How many it is measured over."""
        return round(self.number("n") or 0)

    @property
    def successes(self) -> int | None:
        """Of a rate, how many of the n did it; None for other units."""
        if self.unit != "rate" or self.value is None:
            return None
        return round(self.value * self.n)

    @property
    def std_error(self) -> float | None:
        """The standard error of the value, where the table holds it."""
        return self.number("std_error")

    @property
    def is_total(self) -> bool:
        """Whether it is a total, such as users or revenue, rather than a rate, mean or ratio."""
        return any(each.id == self.metric and each.kind == "total" for each in STANDARD)


@dataclass(frozen=True)
class StoredRun:
    """A run in the archive. manifest: its run.json."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def run_id(self) -> str:
        """Its id, which is its folder's name."""
        return str(self.manifest["run_id"])

    @property
    def report(self) -> str:
        """The report's name."""
        return str(self.manifest["report"]["name"])

    @property
    def title(self) -> str:
        """The report's title."""
        return str(self.manifest["report"]["title"])

    @property
    def as_of(self) -> str:
        """The last day seen, as an ISO date."""
        return str(self.manifest["as_of"])

    @property
    def started(self) -> str:
        """When it was computed; tells apart runs of one day."""
        return str(self.manifest.get("started") or "")

    @property
    def status(self) -> str:
        """ok, partial or held."""
        return str(self.manifest["status"])

    @property
    def verdict(self) -> str | None:
        """The verdict on conversion of the first compared campaign; None where nothing was."""
        return self.manifest.get("verdict")

    @property
    def part(self) -> str:
        """The channel a report of `for_each: channel` is about; empty for a whole report."""
        return str(self.manifest.get("slice") or "")

    def channel_label(self, channel: str) -> str:
        """The report's own word for a channel."""
        labels = (self.manifest.get("config") or {}).get("labels") or {}
        return str((labels.get("channel") or {}).get(channel, channel))

    @property
    def postmortem(self) -> int | None:
        """Of a postmortem, the days after its campaign's end; None for a report."""
        found = self.manifest.get("postmortem")
        return int(found["days"]) if found else None

    @property
    def files(self) -> Sequence[str]:
        """The files it left behind, relative to its folder."""
        return [each["file"] for each in self.manifest["outputs"]]

    @property
    def campaigns(self) -> Sequence[Mapping[str, Any]]:
        """Its campaigns as run.json has them, the baseline first."""
        found: Sequence[Mapping[str, Any]] = self.manifest.get("campaigns") or ()
        return found

    @property
    def confidence(self) -> float:
        """Of its intervals."""
        config = self.manifest.get("config") or {}
        return float((config.get("statistics") or {}).get("confidence", 0.95))

    @cached_property
    def kpis(self) -> Sequence[Kpi]:
        """The rows of `summary.kpis`; none where the run has no such table."""
        path = self.folder / "tables" / "summary.kpis.csv"
        if not path.is_file():
            return ()
        with path.open(encoding="utf-8", newline="") as file:
            return [
                Kpi({name: unguarded(value) for name, value in row.items()})
                for row in csv.DictReader(file)
            ]

    def kpi(self, metric: str, campaign: str) -> Kpi | None:
        """One metric of one campaign."""
        wanted = (metric, campaign)
        return next((each for each in self.kpis if (each.metric, each.campaign) == wanted), None)


@dataclass(frozen=True)
class Inventory:
    """All runs of an archive, newest first, and what is wrong with those that cannot be read."""

    runs: Sequence[StoredRun]
    unreadable: Sequence[str]


def read(folder: Path) -> StoredRun:
    """The run in a folder; raises GrowthError when its run.json is missing or no manifest."""
    path = folder / "run.json"
    try:
        manifest = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise GrowthError(f"{folder}: has no run.json, so it is no stored run") from None
    except (OSError, ValueError) as error:
        raise GrowthError(
            f"{path}: cannot be read ({error}); restore it from a copy or delete the folder"
        ) from None
    if not isinstance(manifest, dict) or not manifest.keys() >= _ENOUGH:
        raise GrowthError(f"{path}: is no manifest of a run; restore it from a copy")
    return StoredRun(folder, manifest)


def check(archive: Path) -> None:
    """Raise UsageError when there is no such archive."""
    if not archive.is_dir():
        raise UsageError(f"there is no archive {archive}; name one with --archive")


def every(archive: Path) -> list[StoredRun]:
    """The runs of an archive that can be read, newest as-of first."""
    return list(scan(archive).runs)


def scan(archive: Path) -> Inventory:
    """All runs, and a line for each that cannot be read; half-built and foreign folders are not
    runs. Raises UsageError when there is no such archive."""
    check(archive)
    runs, unreadable = [], []
    for folder in folders(archive):
        try:
            runs.append(read(folder))
        except GrowthError as error:
            unreadable.append(str(error))
    runs.sort(key=lambda run: (run.as_of, run.started, run.run_id), reverse=True)
    return Inventory(runs, unreadable)


def folders(archive: Path, report: str | None = None) -> Iterator[Path]:
    """Every folder that is named like a run, by report and id."""
    reports = [archive / report] if report else _folders_in(archive)
    for place in reports:
        yield from (each for each in _folders_in(place) if RUN_ID.fullmatch(each.name))


def find(archive: Path, wanted: str) -> StoredRun:
    """The run meant by a folder, a run id, `report/run id`, a report's name or `latest`.

    A name means the report's latest run. The latest is a whole report and no postmortem, where
    there is one. Raises UsageError with what comes nearest.
    """
    named = Path(wanted)
    if (named / "run.json").is_file():
        return read(named)
    check(archive)
    report, _, name = wanted.strip("/").rpartition("/")
    if not report and (archive / name).is_dir() and not RUN_ID.fullmatch(name):
        report, name = name, LATEST
    if name == LATEST:
        return _latest(archive, report, wanted)
    found = [each for each in folders(archive, report or None) if each.name == name]
    if len(found) > 1:
        choices = ", ".join(f"{each.parent.name}/{each.name}" for each in found)
        raise UsageError(f"'{wanted}' is more than one run: {choices}")
    if not found:
        raise _unknown(archive, wanted)
    return read(found[0])


def _latest(archive: Path, report: str, wanted: str) -> StoredRun:
    by_day: dict[str, list[Path]] = {}
    for folder in folders(archive, report or None):
        by_day.setdefault(folder.name[:10], []).append(folder)
    newest = None
    for day in sorted(by_day, reverse=True):
        runs = sorted(map(read, by_day[day]), key=lambda run: (not run.part, run.started))
        newest = newest or runs[-1]
        reports = [run for run in runs if run.postmortem is None]
        if reports:
            return reports[-1]
    if newest is None:
        raise _unknown(archive, wanted)
    return newest


def _unknown(archive: Path, wanted: str) -> UsageError:
    known = list(folders(archive))
    if not known:
        return UsageError(f"the archive {archive} holds no runs; `growthml run` makes one")
    names = {each.name for each in known} | {f"{each.parent.name}/{each.name}" for each in known}
    names |= {each.parent.name for each in known} | {LATEST}
    listed = "`growthml archive list` lists them"
    near = get_close_matches(wanted, sorted(names), n=3, cutoff=0.5)
    if not near and _AN_ID.match(wanted):
        near = sorted(each.name for each in known)[-1:]
    hint = f". Did you mean {' or '.join(near)}?" if near else ";"
    return UsageError(f"there is no run '{wanted}' in {archive}{hint} {listed}")


def _folders_in(place: Path) -> list[Path]:
    if not place.is_dir():
        return []
    return sorted(
        each
        for each in place.iterdir()
        if not each.name.startswith(".") and not each.is_symlink() and each.is_dir()
    )
