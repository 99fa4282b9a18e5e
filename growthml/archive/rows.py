"""A run's line in the archive's index, as plain data: told once, when the run is added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from growthml.archive.runs import Kpi, StoredRun
from growthml.formats import DASH, Formats
from growthml.words import _, speaking

Row = dict[str, Any]


def row_of(run: StoredRun) -> Row:
    """The line of a run: raw values to filter and draw by, and words in the report's locale."""
    with speaking(language_of(run)):
        return _row_of(run)


def _row_of(run: StoredRun) -> Row:
    manifest, formats = run.manifest, formats_of(run)
    day = date.fromisoformat(run.as_of)
    compared = _compared(run)
    conversion = run.kpi("conversion_rate", compared["key"]) if compared else None
    revenue = run.kpi("revenue_per_user", compared["key"]) if compared else None
    return {
        "report": run.report,
        "title": run.title,
        "run_id": run.run_id,
        "as_of": run.as_of,
        "language": language_of(run),
        "date": formats.date(day),
        "day": formats.day(day),
        "status": run.status,
        "reason": reason_of(run),
        "verdict": run.verdict,
        "sentence": sentence_of(run),
        "conversion": _conversion(conversion, formats),
        "revenue": formats.money(revenue.value) if revenue else DASH,
        "owners": sorted({each["owner"] for each in run.campaigns if each.get("owner")}),
        "channel": run.channel_label(run.part) if run.part else "",
        "postmortem": run.postmortem,
        "definition": manifest.get("definition"),
        "html": "report.html" in run.files,
        "pdf": "report.pdf" in run.files,
    }


def formats_of(run: StoredRun) -> Formats:
    """The formatter of the report's own locale and currency."""
    report = (run.manifest.get("config") or {}).get("report") or {}
    return Formats(report.get("locale", "en_US"), report.get("currency", "USD"))


def language_of(run: StoredRun) -> str:
    """The language of the report."""
    config = run.manifest.get("config") or {}
    chosen = (config.get("theme") or {}).get("language")
    return str(chosen or (config.get("report") or {}).get("locale", "en_US")).partition("_")[0]


def series_of(row: Row) -> str:
    """The row of reports a run belongs to: what it follows, and what may follow it."""
    if row["postmortem"] is not None:
        return f"{row['report']} postmortem {row['run_id']}"
    return f"{row['report']} {row['channel']}" if row["channel"] else str(row["report"])


def sentence_of(run: StoredRun) -> str:
    """The verdict in a sentence; else what the first section says, or why there is none."""
    front = run.manifest.get("front") or {}
    if front.get("verdict"):
        return str(front["verdict"])
    sections: Sequence[Mapping[str, Any]] = run.manifest.get("sections") or ()
    for section in sections:
        if section.get("headline"):
            return str(section["headline"])
    why = next((each["error"] for each in sections if each.get("error")), _("nothing was computed"))
    return _("No verdict: {why}", why=why)


def reason_of(run: StoredRun) -> str:
    """Why a run is held or partial: the sections that failed or that it cannot do without."""
    if run.status == "ok":
        return ""
    sections: Sequence[Mapping[str, Any]] = run.manifest.get("sections") or ()
    failed = [each["title"] for each in sections if each["status"] == "failed"]
    if not failed:
        config = run.manifest.get("config") or {}
        required = {each["name"] for each in config.get("sections") or () if each.get("required")}
        failed = [
            each["title"]
            for each in sections
            if each["status"] != "ok" and each["id"].partition(":")[0] in required
        ]
    return ", ".join(map(_, failed))


def _compared(run: StoredRun) -> Mapping[str, Any] | None:
    """The first compared campaign, or the only one."""
    others = [each for each in run.campaigns if not each.get("baseline")]
    return next(iter(others or run.campaigns), None)


def _conversion(kpi: Kpi | None, formats: Formats) -> dict[str, Any] | None:
    if kpi is None or kpi.value is None:
        return None
    return {
        "value": kpi.value,
        "text": formats.rate(kpi.value),
        "difference": kpi.number("difference"),
        "low": kpi.number("ci_low"),
        "high": kpi.number("ci_high"),
        "change": _change(kpi, formats),
    }


def _change(kpi: Kpi, formats: Formats) -> str:
    low, high = kpi.number("ci_low"), kpi.number("ci_high")
    if low is None or high is None:
        return ""
    return _(
        "{points} points, {interval}",
        points=formats.points(kpi.number("difference")),
        interval=formats.interval(low, high, "rate"),
    )
