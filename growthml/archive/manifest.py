"""run.json: what was run, on what, how it ended, and what it left behind."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from growthml.archive import definition
from growthml.charts import Chart
from growthml.parts import (
    Campaign,
    FactRun,
    Finding,
    Front,
    Run,
    SectionRun,
    SourceRun,
    Table,
    rows_of,
)
from growthml.secrets import masked, redact
from growthml.tables import guarded_in

SCHEMA_VERSION = 1

_INTENT = ("hypothesis", "owner", "decision", "learned", "expected")


def manifest(
    run: Run, outputs: Mapping[str, bytes], *, config: Mapping[str, Any], started: datetime
) -> bytes:
    """The manifest of a run whose files are `outputs`; JSON in UTF-8 with a stable key order."""
    campaigns = run.context.campaigns
    front = next((s.answer.front for s in run.sections if s.answer and s.answer.front), None)
    entries = config.get("campaigns") or {}
    document = {
        "schema_version": SCHEMA_VERSION,
        "run_id": run.run_id,
        "report": {"name": run.name, "title": run.title},
        "as_of": run.context.as_of,
        "status": run.status,
        "started": started,
        "timezone": run.context.timezone,
        "randomised": run.context.randomised,
        "slice": run.part or None,
        "alerts": run.alerts,
        "postmortem": run.postmortem and {"campaign": run.postmortem[0], "days": run.postmortem[1]},
        "front": front and _front(front),
        "verdict": _verdict(run),
        "period": _period(run),
        "campaigns": [
            _campaign(each, baseline=each is campaigns[0]) | _intent(entries.get(each.key))
            for each in campaigns
        ],
        "sources": [_source(source) for source in run.sources],
        "sections": [section_entry(section) for section in run.sections],
        "facts": [fact_entry(fact) for fact in run.facts],
        "config": config,
        "versions": run.versions,
        "outputs": [
            {"file": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in sorted(outputs.items())
        ],
    }
    if guarded := guarded_in(run.sections):
        document["guarded"] = guarded
    document["definition"] = definition.digest(plain(document))
    return (json.dumps(plain(document), indent=1, ensure_ascii=False) + "\n").encode()


def _campaign(campaign: Campaign, *, baseline: bool) -> dict[str, Any]:
    return {
        "key": campaign.key,
        "label": campaign.label,
        "source": campaign.source,
        "start": campaign.start,
        "end": campaign.end,
        "baseline": baseline,
    }


def _intent(entry: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a campaign was for, as far as its config says; for its postmortem."""
    return {key: entry[key] for key in _INTENT if entry and entry.get(key)}


def _front(front: Front) -> dict[str, Any]:
    return {
        "verdict": front.verdict,
        "lede": front.lede,
        "coverage": front.coverage,
        "banners": front.banners,
    }


def _verdict(run: Run) -> str | None:
    """The verdict on conversion of the first compared campaign; None without KPIs of one."""
    if not run.context.compared:
        return None
    campaign = run.context.compared[0].key
    for row in rows_of(run.sections, "summary", "kpis"):
        if row["metric"] == "conversion_rate" and row["campaign"] == campaign:
            return str(row["verdict"])
    return None


def _period(run: Run) -> dict[str, Any] | None:
    """The window of the first compared campaign; None where there is none or it is open."""
    for campaign in run.context.compared[:1]:
        if campaign.start or campaign.end:
            return {"start": campaign.start, "end": campaign.end}
    return None


def _source(source: SourceRun) -> dict[str, Any]:
    return {
        "name": source.name,
        "url": source.url,
        "dialect": source.dialect,
        "rows": source.rows,
        "latest_event": source.latest_event,
        "campaigns": source.campaigns,
        "seconds_behind": source.behind,
    }


def section_entry(run: SectionRun) -> dict[str, Any]:
    """A section as it ended. error: why, where it is not `ok`."""
    answer = run.answer
    blocks = answer.blocks if answer else ()
    return {
        "id": run.section.id,
        "title": run.section.title,
        "status": run.status,
        "seconds": round(run.seconds, 4),
        "error": run.reason or None,
        "headline": answer.headline if answer else None,
        "tables": [f"{run.section.id}.{block.id}" for block in blocks if isinstance(block, Table)],
        "figures": [
            {"id": f"{run.section.id}.{block.id}", "title": block.title, "alt": block.alt}
            for block in blocks
            if isinstance(block, Chart)
        ],
        "findings": [_finding(run, each) for each in (answer.findings if answer else ())],
        "facts": run.facts,
    }


def _finding(run: SectionRun, finding: Finding) -> dict[str, Any]:
    return {
        "heading": finding.heading,
        "text": finding.text,
        "direction": finding.direction,
        "kind": finding.kind,
        "weight": round(finding.weight, 4),
        "evidence": {
            "table": f"{run.section.id}.{finding.evidence.table}",
            "row": finding.evidence.row,
        },
        "caveat": finding.caveat or None,
    }


def fact_entry(fact: FactRun) -> dict[str, Any]:
    """How one fact was counted for one campaign."""
    return {
        "name": fact.name,
        "campaign": fact.campaign,
        "source": fact.source,
        "dialect": fact.dialect,
        "sql": fact.sql,
        "parameters": fact.parameters,
        "rows": fact.rows,
        "seconds": round(fact.seconds, 4),
    }


def plain(value: Any) -> Any:
    """As JSON has it: secrets masked, ISO dates, and null for a number that is not there."""
    if isinstance(value, Mapping):
        # Patterns in a query may look like a password; those there are, are known.
        return {
            str(key): masked(each) if key == "sql" and isinstance(each, str) else plain(each)
            for key, each in value.items()
        }
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Sequence):
        return [plain(each) for each in value]
    if isinstance(value, datetime):
        return None if value != value else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "item"):
        return plain(value.item())
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    return redact(str(value))
