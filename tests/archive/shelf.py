"""An archive of made-up runs, each number of which is written down where it is made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from growthml.archive.store import keep

COLUMNS = (
    "metric,unit,campaign,n,value,baseline_value,difference,relative_difference,"
    "ci_low,ci_high,p_value,q_value,verdict,target,on_target"
)

CONFIG: dict[str, Any] = {
    "report": {"name": "weekly", "currency": "USD", "locale": "en_US", "timezone": "UTC"},
    "sources": {"shop": {"schema": None, "timezone": "UTC"}},
    "campaigns": {
        "baseline": {"source": "shop", "where": {}, "population": "seen"},
        "new": {"source": "shop", "where": {}, "population": "seen"},
    },
    "period": "last_week",
    "metrics": {"response": "bought", "idle": ["nothing"], "costs": {"FB": 0.4}, "targets": {}},
    "statistics": {"confidence": 0.95},
}

FACTS = {"totals": "SELECT 1", "actions": "SELECT 2"}


def rate(metric: str, campaign: str, x: int, n: int, **columns: object) -> str:
    """A row of `summary.kpis` for a rate of x of n."""
    return row(metric, "rate", campaign, n, x / n, **columns)


def row(metric: str, unit: str, campaign: str, n: int, value: float, **columns: object) -> str:
    """A row of `summary.kpis`."""
    cells = {"metric": metric, "unit": unit, "campaign": campaign, "n": n, "value": value}
    cells |= {"verdict": "not_tested"} | columns
    return ",".join(str(cells.get(name, "")) for name in COLUMNS.split(","))


def kpis(buyers: int = 60, users: int = 845, revenue: float = 1.21) -> list[str]:
    """The workshop's baseline (60 of 879), and what is said of the new campaign."""
    tested = {"difference": 0.0027, "ci_low": -0.021, "ci_high": 0.027}
    return [
        rate("conversion_rate", "baseline", 60, 879),
        rate("conversion_rate", "new", buyers, users, **tested, verdict="no_evidence"),
        row("users", "count", "new", users, users),
        row("revenue_per_user", "money", "new", users, revenue, verdict="no_evidence"),
    ]


def stored(
    archive: Path,
    as_of: str = "2014-04-20",
    *,
    digits: str = "0" * 12,
    report: str = "weekly",
    rows: Sequence[str] | None = None,
    sentence: str = "No evidence that Summer converts better or worse than Spring.",
    verdict: str | None = "no_evidence",
    facts: Mapping[str, str] = FACTS,
    config: Mapping[str, Any] = CONFIG,
    campaigns: Sequence[Mapping[str, Any]] | None = None,
    files: Mapping[str, bytes] | None = None,
    **manifest: Any,
) -> Path:
    """Put a run into an archive as `growthml run` does; its folder."""
    run_id = f"{as_of}-{digits}"
    table = "\n".join([COLUMNS, *(kpis() if rows is None else rows)]) + "\n"
    outputs = {
        "report.html": f"<p>{run_id}</p>\n".encode(),
        "report.pdf": b"%PDF-1.7\n",
        "tables/summary.kpis.csv": table.encode(),
        "figures/summary.kpis.svg": b"<svg/>\n",
    } | dict(files or {})
    document: dict[str, Any] = {
        "schema_version": 1,
        "run_id": run_id,
        "report": {"name": report, "title": report.capitalize()},
        "as_of": as_of,
        "status": "ok",
        "started": f"{as_of} 06:00:00+00:00",
        "front": {"verdict": sentence, "lede": "", "coverage": "", "banners": []},
        "verdict": verdict,
        "period": None,
        "campaigns": campaigns
        or [
            {"key": "baseline", "label": "Spring", "baseline": True},
            {"key": "new", "label": "Summer", "baseline": False},
        ],
        "sections": [
            {
                "id": "summary",
                "title": "Summary",
                "status": "ok",
                "error": None,
                "facts": list(facts),
            }
        ],
        "facts": [
            {"name": name, "campaign": campaign, "sql": sql}
            for name, sql in facts.items()
            for campaign in ("baseline", "new")
        ],
        "config": config,
        "definition": "one",
        "outputs": [
            {"file": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in sorted(outputs.items())
        ],
    }
    content = json.dumps(document | manifest, indent=1).encode()
    folder = archive / report / run_id
    keep(folder, outputs | {"run.json": content})
    return folder
