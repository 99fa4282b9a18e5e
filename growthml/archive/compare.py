"""Two stored runs side by side: what moved, by how much, and what may not be compared at all.

A rate's difference has Newcombe's interval, from the two runs' own counts; other metrics have one
only where their table holds the spread. Nothing is corrected for the number of comparisons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from growthml.archive import definition
from growthml.archive.runs import Kpi, StoredRun

CHANGED = "definition changed: not comparable"
NO_SPREAD = "no interval: the stored tables do not hold its spread"
TOTAL = "a total: not tested"
NOT_COUNTED = "not counted in one of the runs"

_PROFIT = frozenset({"profit", "roi"})
_ONLY_JUDGE = ("statistics.",)
"""Keys that change verdicts and intervals but no value."""


@dataclass(frozen=True, kw_only=True)
class Move:
    """A metric of one campaign, then and now. difference: now minus then, in its own unit; None
    with a reason. low, high: of the difference, None with a reason. evidence: up, down,
    no_evidence or not_tested."""

    metric: str
    unit: Any
    campaign: str
    then: float | None
    now: float | None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    evidence: str = "not_tested"
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two runs compared. changes: parts of the definition that differ. overlapping: campaigns
    whose two windows share days, so that many people are counted twice."""

    then: StoredRun
    now: StoredRun
    moves: Sequence[Move]
    changes: Sequence[str] = ()
    gone: Sequence[str] = ()
    came: Sequence[str] = ()
    overlapping: Sequence[str] = ()
    sections: Sequence[tuple[str, str, str]] = field(default=())

    @property
    def comparable(self) -> bool:
        """Whether any value may be compared."""
        return any(each.reason != CHANGED for each in self.moves)


def compare(then: StoredRun, now: StoredRun) -> Comparison:
    """What moved from one run to another; pure but for reading their tables."""
    old, new = _campaigns(then), _campaigns(now)
    changes = _changes(then, now)
    both = [key for key in new if key in old]
    metrics = list(dict.fromkeys(each.metric for each in (*now.kpis, *then.kpis)))
    moves = [
        _move(before, after, _bar(changes, new[key], metric), now.confidence)
        for metric in metrics
        for key in both
        if (before := then.kpi(metric, key)) and (after := now.kpi(metric, key))
    ]
    return Comparison(
        then=then,
        now=now,
        moves=moves,
        changes=changes,
        gone=[key for key in old if key not in new],
        came=[key for key in new if key not in old],
        overlapping=[key for key in both if _overlap(old[key], new[key])],
        sections=_sections(then, now),
    )


def _changes(then: StoredRun, now: StoredRun) -> list[str]:
    def whole(run: StoredRun) -> dict[str, str]:
        return definition.definition(run.manifest) | definition.facts(run.manifest)

    return definition.changes(whole(then), whole(now))


def _bar(changes: Sequence[str], campaign: Mapping[str, Any], metric: str) -> bool:
    """Whether a change bears on the value of a metric of a campaign."""
    return any(_bears(change, campaign, metric) for change in changes)


def _bears(change: str, campaign: Mapping[str, Any], metric: str) -> bool:
    if change.startswith(_ONLY_JUDGE):
        return False
    if change.startswith(definition.FACT):
        return change.endswith(f" of {campaign['key']}")
    if change.startswith("campaigns."):
        return change.startswith(f"campaigns.{campaign['key']}.")
    if change.startswith("sources."):
        return change.startswith(f"sources.{campaign.get('source')}.")
    if change.startswith("metrics.costs"):
        return metric in _PROFIT
    return change != "baseline"


def _move(then: Kpi, now: Kpi, barred: bool, confidence: float) -> Move:
    common: dict[str, Any] = {
        "metric": now.metric,
        "unit": now.unit,
        "campaign": now.campaign,
        "then": then.value,
        "now": now.value,
    }
    if barred:
        return Move(**common, reason=CHANGED)
    if then.value is None or now.value is None:
        return Move(**common, reason=NOT_COUNTED)
    difference = now.value - then.value
    limits, reason = _limits(then, now, difference, confidence)
    if limits is None:
        return Move(**common, difference=difference, reason=reason)
    low, high = limits
    evidence = "up" if low > 0 else "down" if high < 0 else "no_evidence"
    return Move(**common, difference=difference, low=low, high=high, evidence=evidence)


def _limits(
    then: Kpi, now: Kpi, difference: float, confidence: float
) -> tuple[tuple[float, float] | None, str]:
    """The interval of a difference, or why there is none."""
    if now.unit == "rate" and then.unit == "rate":
        from growthml.stats.proportions import newcombe

        found = newcombe(then.successes or 0, then.n, now.successes or 0, now.n, confidence)
        return ((found.low, found.high), "") if found else (None, NOT_COUNTED)
    errors = (then.std_error, now.std_error)
    if errors[0] is not None and errors[1] is not None:
        from growthml.stats.comparison import normal_quantile

        half = normal_quantile(confidence) * float((errors[0] ** 2 + errors[1] ** 2) ** 0.5)
        return (difference - half, difference + half), ""
    return None, TOTAL if now.is_total else NO_SPREAD


def _overlap(then: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether two windows, [start, end) and open where None, share a day."""
    latest = max(then.get("start") or "", now.get("start") or "")
    ends = [each["end"] for each in (then, now) if each.get("end")]
    return all(latest < end for end in ends)


def _sections(then: StoredRun, now: StoredRun) -> list[tuple[str, str, str]]:
    old = {each["id"]: str(each["status"]) for each in then.manifest.get("sections") or ()}
    new = {each["id"]: str(each["status"]) for each in now.manifest.get("sections") or ()}
    names = dict.fromkeys((*new, *old))
    pairs = [(name, old.get(name, "not asked"), new.get(name, "not asked")) for name in names]
    return [each for each in pairs if each[1] != each[2]]


def _campaigns(run: StoredRun) -> dict[str, Mapping[str, Any]]:
    return {str(each["key"]): each for each in run.campaigns}
