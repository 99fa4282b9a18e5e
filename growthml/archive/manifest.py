"""run.json: what was run, on what, how it ended, and what it left behind."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from growthml.charts import Chart
from growthml.parts import FactRun, Run, SectionRun, SourceRun, Table
from growthml.secrets import redact

SCHEMA_VERSION = 1


def manifest(run: Run, outputs: Mapping[str, bytes], *, config: Mapping[str, Any]) -> bytes:
    """The manifest of a run whose files are `outputs`; JSON in UTF-8 with a stable key order."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "run_id": run.run_id,
        "report": {"name": run.name, "title": run.title},
        "as_of": run.context.as_of,
        "status": run.status,
        "timezone": run.context.timezone,
        "randomised": run.context.randomised,
        "campaigns": [_campaign(run, key) for key in range(len(run.context.campaigns))],
        "sources": [_source(source) for source in run.sources],
        "sections": [_section(section) for section in run.sections],
        "facts": [_fact(fact) for fact in run.facts],
        "config": config,
        "versions": dict(run.versions),
        "outputs": [
            {"file": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in sorted(outputs.items())
        ],
    }
    text = json.dumps(document, indent=1, ensure_ascii=False, default=_plain)
    return (redact(text) + "\n").encode()


def _campaign(run: Run, place: int) -> dict[str, Any]:
    campaign = run.context.campaigns[place]
    return {
        "key": campaign.key,
        "label": campaign.label,
        "source": campaign.source,
        "start": campaign.start,
        "end": campaign.end,
        "baseline": place == 0,
    }


def _source(source: SourceRun) -> dict[str, Any]:
    return {
        "name": source.name,
        "url": source.url,
        "dialect": source.dialect,
        "rows": dict(source.rows),
        "latest_event": source.latest_event,
        "campaigns": list(source.campaigns),
    }


def _section(run: SectionRun) -> dict[str, Any]:
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
        "findings": [
            {
                "heading": finding.heading,
                "text": finding.text,
                "direction": finding.direction,
                "kind": finding.kind,
                "weight": round(finding.weight, 4),
                "evidence": {
                    "table": f"{run.section.id}.{finding.evidence.table}",
                    "row": dict(finding.evidence.row),
                },
                "caveat": finding.caveat or None,
            }
            for finding in (answer.findings if answer else ())
        ],
        "facts": list(run.facts),
    }


def _fact(fact: FactRun) -> dict[str, Any]:
    return {
        "name": fact.name,
        "campaign": fact.campaign,
        "source": fact.source,
        "dialect": fact.dialect,
        "sql": fact.sql,
        "parameters": dict(fact.parameters),
        "rows": fact.rows,
        "seconds": round(fact.seconds, 4),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "item"):
        return value.item()
    return str(value)
