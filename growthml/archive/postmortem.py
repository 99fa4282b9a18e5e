"""What was expected of a campaign beside what came of it: at its end and 30, 60, 90 days on.

A campaign with a hypothesis or an expectation has a page, `postmortems/<report>--<campaign>.html`,
made from what its runs measured. Measures are appended beside the page and never overwritten; a
later one of the same day stands beside the first.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from growthml.archive import definition, index
from growthml.archive.lock import locked, put
from growthml.archive.rows import slice_of
from growthml.archive.runs import StoredRun, every, read

FOLDER = "postmortems"
SLOTS = (0, 30, 60, 90)
"""Days after a campaign's end at which it is measured."""
SO_FAR = -1
"""Stands for the days of a measure of a campaign that has no end."""

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_KEPT = ("hypothesis", "owner", "decision", "learned", "expected", "label")


def update(archive: Path, folder: Path) -> list[Path]:
    """Put what a stored run measured onto its campaigns' pages; the pages that changed.

    A run that ends before its campaign, and one of a campaign without hypothesis and expectation,
    changes nothing. Raises GrowthError when the run cannot be read.
    """
    return _update(archive, [read(folder)])


def rebuild(archive: Path) -> list[Path]:
    """Make the pages anew, from all stored runs and what is kept beside the pages already."""
    found = _update(archive, list(reversed(every(archive))))
    with locked(archive):
        _write_pages(archive, _cases(archive))
    return found


def measured_by(archive: Path) -> set[str]:
    """The ids of the runs that some postmortem measures by."""
    return {each["run_id"] for case in _cases(archive) for each in case["measures"]}


def _update(archive: Path, runs: Sequence[StoredRun]) -> list[Path]:
    runs = [run for run in runs if any(_has_page(each) for each in run.campaigns)]
    if not runs:
        return []
    with locked(archive):
        changed = {}
        for run in runs:
            for campaign in run.campaigns:
                case = _measured(archive, run, campaign) if _has_page(campaign) else None
                if case is not None:
                    put(_data(archive, case), _json(case), durable=True)
                    changed[_data(archive, case)] = case
        if not changed:
            return []
        first = not (archive / FOLDER / "index.html").is_file()
        _write_pages(archive, list(changed.values()))
    if first:
        index.refresh(archive)
    return [path.with_suffix(".html") for path in changed]


def _has_page(campaign: Mapping[str, Any]) -> bool:
    return bool(campaign.get("hypothesis") or campaign.get("expected"))


def _measured(archive: Path, run: StoredRun, campaign: Mapping[str, Any]) -> dict[str, Any] | None:
    """The campaign's case with this run's measure; None when the run adds nothing to it."""
    case = _case(archive, run, campaign)
    days = _days(run, campaign, any(each["days"] == 0 for each in case["measures"]))
    if days is None:
        return None
    measure = _measure(run, campaign, days)
    before = json.dumps(case, sort_keys=True)
    if days == SO_FAR:
        # Not a measure at a set day, only where an open campaign stands: the newest is enough.
        newer = [each for each in case["measures"] if each["as_of"] > run.as_of]
        case["measures"] = newer[-1:] or [measure]
    elif not any(_same(each, measure) for each in case["measures"]):
        case["measures"] = [each for each in case["measures"] if each["days"] != SO_FAR]
        case["measures"].append(measure)
        case["measures"].sort(key=lambda each: (each["days"], each["as_of"], each["started"]))
    if run.as_of >= case["told"]:
        case |= {"told": run.as_of, "title": run.title}
        case |= {key: campaign.get(key) for key in _KEPT}
        case |= {"start": _window(run, campaign).get("from"), "end": _end(run, campaign)}
        case["channels"] = _channels(run, campaign)
    return case if json.dumps(case, sort_keys=True) != before else None


def _days(run: StoredRun, campaign: Mapping[str, Any], ended: bool) -> int | None:
    """Which measure a run is: days after the end, or None where it is none of this campaign.

    ended: whether the campaign's end is measured already; then only a run that comes soon after
    it, such as one over late data, measures it again.
    """
    asked = run.manifest.get("postmortem")
    if asked and asked.get("days"):
        return int(asked["days"]) if asked.get("campaign") == campaign["key"] else None
    end = _end(run, campaign)
    if end is None:
        return SO_FAR
    late = ended and run.as_of >= moved(end, SLOTS[1] - 1)
    return 0 if run.as_of >= moved(end, -1) and not late else None


def _end(run: StoredRun, campaign: Mapping[str, Any]) -> str | None:
    """The first day after a campaign, from its own window; None while it has no end.

    A report's period is no end: it moves on from week to week.
    """
    return _window(run, campaign).get("to")


def _window(run: StoredRun, campaign: Mapping[str, Any]) -> Mapping[str, str | None]:
    config = (run.manifest.get("config") or {}).get("campaigns") or {}
    return (config.get(campaign["key"]) or {}).get("window") or {}


def _same(known: Mapping[str, Any], measure: Mapping[str, Any]) -> bool:
    """Whether a measure says what is known: the same run, or the same figures once more."""
    if known["run_id"] == measure["run_id"]:
        return True
    told = ("days", "kpis", "definition")
    return all(known[key] == measure[key] for key in told)


def _measure(run: StoredRun, campaign: Mapping[str, Any], days: int) -> dict[str, Any]:
    kpis = {}
    for metric in campaign.get("expected") or {}:
        kpi = run.kpi(metric, campaign["key"])
        if kpi is not None and kpi.value is not None:
            kpis[metric] = {
                "unit": kpi.unit,
                "value": kpi.value,
                "n": kpi.n,
                "successes": kpi.successes,
                "std_error": kpi.std_error,
                "total": kpi.is_total,
            }
    config = run.manifest.get("config") or {}
    return {
        "days": days,
        "run_id": run.run_id,
        "report": run.report,
        "as_of": run.as_of,
        "started": run.started,
        "confidence": run.confidence,
        "idle": (config.get("metrics") or {}).get("idle") or [],
        "locale": (config.get("report") or {}).get("locale") or "en_US",
        "currency": (config.get("report") or {}).get("currency") or "USD",
        "page": "report.html" if "report.html" in run.files else "run.json",
        "definition": definition.definition(run.manifest),
        "kpis": kpis,
    }


def _channels(run: StoredRun, campaign: Mapping[str, Any]) -> list[str]:
    """The channels a campaign is about, in the report's words; none where it is about all."""
    config = run.manifest.get("config") or {}
    entry = (config.get("campaigns") or {}).get(campaign["key"]) or {}
    asked = (entry.get("where") or {}).get("channel")
    raw = [asked] if isinstance(asked, str) else asked if isinstance(asked, list) else []
    labels = (config.get("labels") or {}).get("channel") or {}
    found = [str(labels.get(each, each)) for each in raw]
    return found or ([slice_of(run.manifest)] if slice_of(run.manifest) else [])


def _case(archive: Path, run: StoredRun, campaign: Mapping[str, Any]) -> dict[str, Any]:
    new = {"report": run.report, "campaign": campaign["key"], "told": "", "measures": []}
    with suppress(FileNotFoundError):
        found: dict[str, Any] = json.loads(_data(archive, new).read_bytes())
        return found
    return new


def _cases(archive: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_bytes()) for path in sorted((archive / FOLDER).glob("*.json"))]


def _data(archive: Path, case: Mapping[str, Any]) -> Path:
    """Where a case is kept; its page has the same name."""
    name = str(case["campaign"])
    if not _PLAIN.fullmatch(name):
        tail = hashlib.sha256(name.encode()).hexdigest()[:8]
        name = f"{re.sub('[^A-Za-z0-9._-]+', '-', name).strip('-.')[:40]}-{tail}"
    return archive / FOLDER / f"{case['report']}--{name}.json"


def _write_pages(archive: Path, changed: Sequence[Mapping[str, Any]]) -> None:
    from growthml.archive import pages, postmortem_pages

    cases = _cases(archive)
    if not cases:
        return
    for name, content in pages.shared().items():
        if not (archive / "index" / name).is_file():
            put(archive / "index" / name, content)
    for case in changed:
        page = _data(archive, case).with_suffix(".html")
        put(page, postmortem_pages.page(case))
    names = [_data(archive, case).with_suffix(".html").name for case in cases]
    put(archive / FOLDER / "index.html", postmortem_pages.overview(cases, names))


def moved(day: str, days: int) -> str:
    """An ISO date some days later."""
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def _json(case: Mapping[str, Any]) -> bytes:
    return (json.dumps(case, indent=1, ensure_ascii=False) + "\n").encode()
