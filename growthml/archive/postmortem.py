"""What was expected of a campaign beside what came of it: at its end and 30, 60, 90 days on.

A campaign with a hypothesis or an expectation has a page, `postmortems/<report>--<campaign>.html`,
made from what its runs measured. Measures are appended beside the page and never overwritten; a
later one of the same day stands beside the first.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from growthml.archive import definition
from growthml.archive.runs import StoredRun
from growthml.errors import GrowthError

FOLDER = "postmortems"
OVERVIEW = f"{FOLDER}/index.html"
SLOTS = (0, 30, 60, 90)
"""Days after a campaign's end at which it is measured."""
SO_FAR = -1
"""Stands for the days of a measure of a campaign that has no end."""

Case = dict[str, Any]

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_KEPT = ("hypothesis", "owner", "decision", "learned", "expected", "label")


Put = Callable[[str, bytes], None]
"""Writes a file of the archive, by its name in it."""


def take(archive: Path, runs: Iterable[StoredRun], put: Put) -> bool:
    """Put what stored runs measured onto their campaigns' pages; whether any page changed.

    A run that ends before its campaign, and one of a campaign without hypothesis and expectation,
    changes nothing. The caller holds the archive's lock.
    """
    changed: dict[str, Case] = {}
    for run in runs:
        for campaign in run.campaigns:
            if not _has_page(campaign):
                continue
            name = _name(run.report, str(campaign["key"]))
            known = changed.get(name) or _read(archive / FOLDER / f"{name}.json")
            case = _measured(known, run, campaign)
            if case is not None:
                changed[name] = case
    if changed:
        _put_all(archive, changed, put)
    return bool(changed)


def retake(archive: Path, runs: Sequence[StoredRun], put: Put) -> None:
    """Make all pages anew: from the runs there are, oldest first, and from what is kept beside
    the pages of those that are gone."""
    there = {run.run_id for run in runs}
    cases = {path.stem: _read(path) for path in _kept(archive)}
    for case in cases.values():
        assert case is not None
        case["told"] = ""
        case["measures"] = [each for each in case["measures"] if each["run_id"] not in there]
    for run in runs:
        for campaign in run.campaigns:
            if _has_page(campaign):
                name = _name(run.report, str(campaign["key"]))
                case = _measured(cases.get(name), run, campaign)
                if case is not None:
                    cases[name] = case
    if cases:
        _put_all(archive, {name: case for name, case in cases.items() if case}, put)


def measured_on(archive: Path, report: str, campaign: str) -> set[int]:
    """On which days after its end a campaign was measured, 0 being the end itself."""
    case = _read(archive / FOLDER / f"{_name(report, campaign)}.json")
    return {int(each["days"]) for each in case["measures"]} if case else set()


def measured_by(archive: Path) -> set[str]:
    """The ids of the runs that some postmortem measures by."""
    cases = [_read(path) for path in _kept(archive)]
    return {each["run_id"] for case in cases if case for each in case["measures"]}


def _put_all(archive: Path, changed: Mapping[str, Case], put: Put) -> None:
    from growthml.archive import postmortem_pages

    for name, case in sorted(changed.items()):
        put(f"{FOLDER}/{name}.json", _json(case))
        put(f"{FOLDER}/{name}.html", postmortem_pages.page(case))
    cases = {path.stem: changed.get(path.stem) or _read(path) for path in _kept(archive)}
    shown = {f"{name}.html": case for name, case in cases.items() if case}
    put(OVERVIEW, postmortem_pages.overview(list(shown.values()), list(shown)))


def _has_page(campaign: Mapping[str, Any]) -> bool:
    return bool(campaign.get("hypothesis") or campaign.get("expected"))


def _measured(known: Case | None, run: StoredRun, campaign: Mapping[str, Any]) -> Case | None:
    """A campaign's case with this run's measure; None when the run adds nothing to it."""
    case = deepcopy(known) if known else _new(run, campaign)
    days = _days(run, campaign, any(each["days"] == 0 for each in case["measures"]))
    if days is None:
        return None
    measure = _measure(run, campaign, days)
    if days == SO_FAR:
        # Not a measure at a set day, only where an open campaign stands: the newest is enough.
        newer = [each for each in case["measures"] if each["as_of"] > run.as_of]
        case["measures"] = newer[-1:] or [measure]
    elif not any(_same(each, measure) for each in case["measures"]):
        case["measures"] = [each for each in case["measures"] if each["days"] != SO_FAR]
        case["measures"].append(measure)
        case["measures"].sort(key=lambda each: (each["days"], each["as_of"], each["started"]))
    if run.as_of >= case["told"]:
        # A run days later is titled by its campaign; the page wants the report's own title.
        title = run.title if run.postmortem is None else case.get("title", run.report)
        case |= {"told": run.as_of, "title": title}
        case |= {key: campaign.get(key) for key in _KEPT}
        case |= {"start": _window(run, campaign).get("from"), "end": _end(run, campaign)}
        case["channels"] = _channels(run, campaign)
    return None if known and _json(case) == _json(known) else case


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
    raw = [run.part] if run.part else raw
    return [run.channel_label(each) for each in raw]


def _new(run: StoredRun, campaign: Mapping[str, Any]) -> Case:
    return {"report": run.report, "campaign": campaign["key"], "told": "", "measures": []}


def _kept(archive: Path) -> list[Path]:
    return sorted((archive / FOLDER).glob("[!.]*.json"))


def _read(path: Path) -> Case | None:
    """A case as it is kept; None where there is none yet."""
    try:
        found: Case = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise GrowthError(
            f"{path}: cannot be read ({error}); delete it and run `growthml archive index`"
        ) from None
    return found


def _name(report: str, campaign: str) -> str:
    """What a case's files are called."""
    return f"{report}--{_plain(campaign)}"


def _plain(key: str) -> str:
    """A key as part of a file's name, no two keys alike."""
    if _PLAIN.fullmatch(key) and "--" not in key:
        return key
    tail = hashlib.sha256(key.encode()).hexdigest()[:8]
    return f"{re.sub('[^A-Za-z0-9._]+', '-', key).strip('-.')[:40]}-{tail}"


def moved(day: str, days: int) -> str:
    """An ISO date some days later."""
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def _json(case: Mapping[str, Any]) -> bytes:
    return (json.dumps(case, indent=1, ensure_ascii=False) + "\n").encode()
