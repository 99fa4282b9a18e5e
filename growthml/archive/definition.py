"""What defines a run's numbers, told from its manifest: keys of the config and the facts' SQL.

Dates and labels are left out: two weeks of one report have the same definition. Parameters hold the
dates, the SQL text does not.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

FACT = "fact "
"""How the name of a part that is a fact begins, `fact totals of new`; others are config keys."""

_TOP = ("baseline", "period", "overlap", "randomised", "schema", "metrics", "statistics")
_OF_CAMPAIGNS = ("source", "where", "population")
_OF_SOURCES = ("schema", "timezone", "same_users")
_OF_REPORT = ("currency", "timezone")
_TARGETS = "metrics.targets"
_LIST_OF_VALUES = re.compile(r"\bIN \([^()]*\)")
"""As long as the data have values: not a part of what is asked."""


def definition(manifest: Mapping[str, Any]) -> dict[str, str]:
    """By dotted config key, or `fact NAME of CAMPAIGN`, what stands there, as JSON or a digest.

    manifest: a run's run.json. Of the facts only those that the KPIs are counted from, where the
    run has KPIs, so that one section more does not redefine the report.
    """
    config = manifest.get("config") or {}
    parts = dict(_leaves("", _defining(config)))
    if manifest.get("slice"):
        parts["slice"] = str(manifest["slice"])
    return parts | facts(manifest, of_kpis=True)


def facts(manifest: Mapping[str, Any], *, of_kpis: bool = False) -> dict[str, str]:
    """`fact NAME of CAMPAIGN` -> a digest of its SQL; all, or those that the KPIs stand on."""
    needed = _facts_of_kpis(manifest) if of_kpis else None
    return {
        f"{FACT}{each['name']} of {each['campaign']}": _sha256(
            _LIST_OF_VALUES.sub("IN ()", each["sql"])
        )[:16]
        for each in manifest.get("facts", ())
        if needed is None or each["name"] in needed
    }


def digest(manifest: Mapping[str, Any]) -> str:
    """A SHA-256 over the definition; equal for runs whose numbers may be compared."""
    return _sha256(json.dumps(definition(manifest), sort_keys=True))


def changes(then: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """The parts in which two definitions differ; a fact only where both have it."""
    found = [
        part
        for part in sorted(then.keys() | now.keys())
        if then.get(part) != now.get(part)
        and (not part.startswith(FACT) or (part in then and part in now))
    ]
    return sorted(found, key=lambda part: part.startswith(FACT))


def _defining(config: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: config[key] for key in _TOP if key in config}
    found["report"] = _chosen(config.get("report"), _OF_REPORT)
    for family, keys in (("campaigns", _OF_CAMPAIGNS), ("sources", _OF_SOURCES)):
        entries = config.get(family) or {}
        found[family] = {name: _chosen(each, keys) for name, each in entries.items()}
    return found


def _chosen(entry: Mapping[str, Any] | None, keys: Sequence[str]) -> dict[str, Any]:
    return {key: entry[key] for key in keys if entry and key in entry}


def _leaves(path: str, value: Any) -> Iterator[tuple[str, str]]:
    """Every value that is no mapping, by its dotted path."""
    if path == _TARGETS:
        return
    if not isinstance(value, Mapping):
        yield path, json.dumps(value, sort_keys=True, ensure_ascii=False)
        return
    for key, each in value.items():
        yield from _leaves(f"{path}.{key}" if path else str(key), each)


def _facts_of_kpis(manifest: Mapping[str, Any]) -> set[str] | None:
    for section in manifest.get("sections", ()):
        if section["id"] == "summary":
            return set(section.get("facts", ()))
    return None


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
