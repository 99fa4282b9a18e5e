"""A campaign's postmortem as a page, and the list of all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from growthml.archive import definition
from growthml.archive.pages import set_page
from growthml.archive.postmortem import SLOTS, SO_FAR, moved
from growthml.archive.sparkline import expectation
from growthml.formats import DASH, Formats
from growthml.metrics import STANDARD, Metric, action_metric
from growthml.words import N_, _, speaking

FITS, BEATEN, MISSED, NOT_JUDGED, NOT_YET = "fits", "beaten", "missed", "not_judged", "not_yet"
WORDS = {
    FITS: ("○", N_("fits")),
    BEATEN: ("●", N_("beaten")),
    MISSED: ("■", N_("missed")),
    NOT_JUDGED: ("–", N_("not judged")),
    NOT_YET: ("–", N_("not yet")),
}
DECISIONS = {"open": N_("open"), "keep": N_("keep"), "stop": N_("stop"), "repeat": N_("repeat")}

_WORST_FIRST = (MISSED, BEATEN, FITS, NOT_JUDGED)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one run measured of one metric. low, high: its interval, or None with a reason."""

    value: float
    low: float | None
    high: float | None
    fit: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A measure as the page shows it; empty text where it is not measured yet."""

    head: str
    text: str = ""
    interval: str = ""
    drawing: str = ""
    fit: str = NOT_YET
    when: str = ""

    @property
    def mark(self) -> str:
        """The verdict's mark."""
        return WORDS[self.fit][0]

    @property
    def word(self) -> str:
        """The verdict's word."""
        return _(WORDS[self.fit][1])


@dataclass(frozen=True, kw_only=True)
class Column:
    """One day of measuring. link: the run, relative to the archive; None before it is there."""

    head: str
    when: str
    link: str | None
    summary: str


@dataclass(frozen=True, kw_only=True)
class MetricRow:
    """One metric with an expectation."""

    name: str
    expected: str
    cells: Sequence[Cell]


def outcome(
    kpi: Mapping[str, Any], expected: float, metric: Metric, confidence: float = 0.95
) -> Outcome:
    """An outcome judged by an expectation: it fits inside the outcome's interval, and is missed
    or beaten outside it, by the metric's direction; not judged without an interval."""
    low, high, reason = _interval(kpi, confidence)
    if low is None or high is None:
        fit = NOT_JUDGED
    elif low <= expected <= high:
        fit = FITS
    else:
        fit = BEATEN if (kpi["value"] > expected) == metric.higher_is_better else MISSED
    return Outcome(value=kpi["value"], low=low, high=high, fit=fit, reason=reason)


def metric_of(name: str, idle: Sequence[str] = ()) -> Metric:
    """A metric by its id; `<action>_rate` for any that is not standard."""
    for metric in STANDARD:
        if metric.id == name:
            return metric
    action = name.removesuffix("_rate")
    return action_metric(action, action.replace("_", " ").capitalize(), idle=action in idle)


def page(case: Mapping[str, Any]) -> bytes:
    """A campaign's page, in its report's language. case: as `archive.postmortem` keeps it."""
    with speaking(_language(case)):
        return _page(case)


def _page(case: Mapping[str, Any]) -> bytes:
    formats = _formats(case)
    firsts = _firsts(case)
    slots = _slots(case)
    rows = [
        _row(metric, float(expected), case, firsts, slots, formats)
        for metric, expected in (case.get("expected") or {}).items()
    ]
    return set_page(
        "archive/postmortem.html.j2",
        _language(case),
        decision=_decision(case),
        case=case,
        label=case.get("label") or case["campaign"],
        days=_days(case, formats),
        rows=rows,
        columns=[_column(case, slot, firsts.get(slot), rows, i, formats) for i, slot in _i(slots)],
        again=_again(case, firsts, formats),
        changes=_changes(case, formats),
        root="../",
    )


def overview(cases: Sequence[Mapping[str, Any]], names: Sequence[str]) -> bytes:
    """The list of all postmortems, the campaign that ended last first, in the language of the
    report that was told of last. names: of their pages."""
    language = _language(max(cases, key=lambda case: str(case["told"]), default={}))
    with speaking(language):
        return _overview(cases, names, language)


def _overview(cases: Sequence[Mapping[str, Any]], names: Sequence[str], language: str) -> bytes:
    lines = [
        {
            "page": name,
            "label": case.get("label") or case["campaign"],
            "hypothesis": case.get("hypothesis") or "",
            "report": case["report"],
            "owner": case.get("owner") or "",
            "days": _days(case, _formats(case)),
            "decision": _decision(case),
            "channels": case.get("channels") or [],
            "verdict": verdict(case),
            "mark": WORDS[verdict(case)][0],
            "word": _(WORDS[verdict(case)][1]),
            "told": _told(case),
            "facets": {
                "channel": case.get("channels") or [],
                "verdict": [verdict(case)],
                "owner": [case["owner"]] if case.get("owner") else [],
            },
            "key": (case.get("end") or "9999", case["told"], name),
        }
        for case, name in zip(cases, names, strict=True)
    ]
    lines.sort(key=lambda line: line["key"], reverse=True)
    return set_page("archive/postmortems.html.j2", language, lines=lines, root="../")


def verdict(case: Mapping[str, Any]) -> str:
    """The worst of what the last measures say of the expectations."""
    expected = case.get("expected") or {}
    measures = list(_firsts(case).values())
    if not expected or not measures:
        return NOT_JUDGED if measures else NOT_YET
    found = [_judged(measures[-1], name, float(hoped)) for name, hoped in expected.items()]
    fits = [each.fit for each in found if each]
    return next((each for each in _WORST_FIRST if each in fits), NOT_JUDGED)


def _told(case: Mapping[str, Any]) -> str:
    """The last measures in words."""
    measures = list(_firsts(case).values())
    formats, parts = _formats(case), []
    for name, hoped in (case.get("expected") or {}).items():
        found = _judged(measures[-1], name, float(hoped)) if measures else None
        if found is not None:
            metric = metric_of(name)
            parts.append(
                _(
                    "{metric} {value}, expected {expected}",
                    metric=metric.name,
                    value=formats.value(found.value, metric.unit),
                    expected=formats.value(hoped, metric.unit),
                )
            )
    return "; ".join(parts)


def _judged(measure: Mapping[str, Any], name: str, expected: float) -> Outcome | None:
    kpi = measure["kpis"].get(name)
    if kpi is None:
        return None
    return outcome(kpi, expected, metric_of(name, measure["idle"]), measure["confidence"])


def _interval(kpi: Mapping[str, Any], confidence: float) -> tuple[float | None, float | None, str]:
    """The interval of an outcome, or why it has none."""
    if kpi.get("successes") is not None and kpi["n"]:
        from growthml.stats.proportions import wilson

        found = wilson(kpi["successes"], kpi["n"], confidence)
        if found is not None:
            return found.low, found.high, ""
    if kpi.get("std_error") is not None:
        from growthml.stats.comparison import normal_quantile

        half = normal_quantile(confidence) * kpi["std_error"]
        return kpi["value"] - half, kpi["value"] + half, ""
    if kpi.get("total"):
        return None, None, _("no interval: a total")
    return None, None, _("no interval: its spread is not stored")


def _firsts(case: Mapping[str, Any]) -> dict[int, Mapping[str, Any]]:
    """The first measure of each day; the measures stand in order."""
    found: dict[int, Mapping[str, Any]] = {}
    for each in case["measures"]:
        found.setdefault(each["days"], each)
    return found


def _slots(case: Mapping[str, Any]) -> list[int]:
    measured = {each["days"] for each in case["measures"]}
    if measured == {SO_FAR}:
        return [SO_FAR]
    return sorted({*SLOTS, *measured} - {SO_FAR})


def _i(slots: Sequence[int]) -> list[tuple[int, int]]:
    return list(enumerate(slots))


def _head(slot: int) -> str:
    if slot == SO_FAR:
        return _("so far")
    return _("at the end") if slot == 0 else _("+{days} days", days=slot)


def _row(
    name: str,
    expected: float,
    case: Mapping[str, Any],
    firsts: Mapping[int, Mapping[str, Any]],
    slots: Sequence[int],
    formats: Formats,
) -> MetricRow:
    metric = metric_of(name)
    found = {slot: _judged(each, name, expected) for slot, each in firsts.items()}
    ends = [expected]
    for each in found.values():
        ends += [x for x in (each.value, each.low, each.high) if x is not None] if each else []
    cells = [
        _cell(
            slot, slot in firsts, found.get(slot), expected, (min(ends), max(ends)), metric, formats
        )
        for slot in slots
    ]
    return MetricRow(name=metric.name, expected=formats.value(expected, metric.unit), cells=cells)


def _cell(
    slot: int,
    measured: bool,
    found: Outcome | None,
    expected: float,
    span: tuple[float, float],
    metric: Metric,
    formats: Formats,
) -> Cell:
    if found is None:
        if not measured:
            return Cell(head=_head(slot))
        return Cell(head=_head(slot), text=DASH, interval=_("not counted"), fit=NOT_JUDGED)
    known = found.low is not None
    interval = formats.interval(found.low, found.high, metric.unit, signed=False)
    text = formats.value(found.value, metric.unit)
    alt = _(
        "{value}, {interval}; expected {expected}",
        value=text,
        interval=interval if known else found.reason,
        expected=formats.value(expected, metric.unit),
    )
    return Cell(
        head=_head(slot),
        text=text,
        interval=interval if known else found.reason,
        drawing=expectation(found.value, found.low, found.high, expected, span, alt),
        fit=found.fit,
    )


def _column(
    case: Mapping[str, Any],
    slot: int,
    measure: Mapping[str, Any] | None,
    rows: Sequence[MetricRow],
    i: int,
    formats: Formats,
) -> Column:
    if measure is None:
        due = moved(case["end"], slot) if case.get("end") else None
        when = _("due {day}", day=formats.date(date.fromisoformat(due))) if due else ""
        return Column(head=_head(slot), when=when, link=None, summary=_("not yet"))
    counts = Counter(row.cells[i].word for row in rows)
    told = ", ".join(f"{n} {word}" if len(rows) > 1 else word for word, n in counts.items())
    return Column(
        head=_head(slot),
        when=_("as of {day}", day=formats.date(date.fromisoformat(measure["as_of"]))),
        link=_link(measure),
        summary=told,
    )


def _link(measure: Mapping[str, Any]) -> str:
    return f"{measure['report']}/{measure['run_id']}/{measure['page']}"


def _again(
    case: Mapping[str, Any], firsts: Mapping[int, Mapping[str, Any]], formats: Formats
) -> list[dict[str, str]]:
    """Measures of a day that was measured before."""
    found = []
    for each in case["measures"]:
        if firsts[each["days"]] is each:
            continue
        values = [
            f"{metric_of(name).name} {formats.value(kpi['value'], kpi['unit'])}"
            for name, kpi in each["kpis"].items()
        ]
        found.append(
            {
                "head": _head(each["days"]).capitalize(),
                "text": formats.join(values) or _("nothing counted"),
                "day": formats.date(date.fromisoformat(each["as_of"])),
                "run_id": each["run_id"],
                "link": _link(each),
            }
        )
    return found


def _changes(case: Mapping[str, Any], formats: Formats) -> list[dict[str, str]]:
    """What defines the numbers otherwise than in the first measure, by run."""
    found = []
    firsts: dict[bool, Mapping[str, str]] = {}
    for each in case["measures"]:
        # Days on, the same users are followed longer, by other SQL: like is compared with like.
        kind = each["days"] > 0
        first = firsts.setdefault(kind, each["definition"])
        keys = definition.changes(case["measures"][0]["definition"], each["definition"])
        changed = [key for key in keys if not key.startswith(definition.FACT)]
        queries = definition.changes(first, each["definition"])
        changed += [key for key in queries if key.startswith(definition.FACT)]
        if changed:
            day = formats.date(date.fromisoformat(each["as_of"]))
            run_id, text = each["run_id"], ", ".join(changed)
            found.append({"day": day, "run_id": run_id, "text": text, "link": _link(each)})
    return found


def _days(case: Mapping[str, Any], formats: Formats) -> str:
    """The days of a campaign in words, its last day included."""
    start, end = case.get("start"), case.get("end")
    first = date.fromisoformat(start) if start else None
    last = date.fromisoformat(moved(end, -1)) if end else None
    if first and last:
        return formats.dates(first, last)
    if first or last:
        if first:
            return _("from {day}", day=formats.date(first))
        return _("until {day}", day=formats.date(last))
    return _("no end set")


def _decision(case: Mapping[str, Any]) -> str:
    """What was decided: a word of ours, or the owner's own."""
    decision = str(case.get("decision") or "open")
    return _(DECISIONS.get(decision, decision))


def _language(case: Mapping[str, Any]) -> str:
    last = case["measures"][-1] if case.get("measures") else {}
    return str(last.get("locale", "en_US")).partition("_")[0]


def _formats(case: Mapping[str, Any]) -> Formats:
    last = case["measures"][-1] if case["measures"] else {}
    return Formats(last.get("locale", "en_US"), last.get("currency", "USD"))
