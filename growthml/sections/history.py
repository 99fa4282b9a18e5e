"""What changed since the last report, and is it more than the usual ups and downs?

Every KPI beside its value in the report before and its usual range over earlier reports: limits at
2.66 mean moving ranges from the mean (Wheeler 1993, the XmR chart), from eight earlier reports of
the same definition on, never from the value under test. Windows that this report counts again are
compared with what was reported of them then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from growthml.analysis.history import (
    LEADING,
    VOLUME,
    Restated,
    Series,
    restated,
    series,
    verdict_changed,
)
from growthml.analysis.history_charts import kpi_charts
from growthml.errors import NotEnoughData
from growthml.metrics import measure, sums
from growthml.parts import (
    Answer,
    Column,
    Context,
    Evidence,
    Facts,
    Finding,
    Options,
    Section,
    Status,
    Table,
)
from growthml.shape import campaign_column
from growthml.stats.control import FEWEST, LONG_RUN

if TYPE_CHECKING:
    import pandas as pd

MOST_SIGNALS = 4
TOLD_FIRST = ("revenue", "purchases", "conversion_rate", "users")
"""Which of several restated numbers a finding names."""
KPIS = ("run_id", "as_of", "campaign", "metric", "value")
CHANGES = (
    "campaign",
    "metric",
    "unit",
    "before_as_of",
    "before",
    "now",
    "difference",
    "usual_low",
    "usual_high",
    "signal",
    "verdict_before",
    "verdict",
    "comparable",
)
RESTATEMENTS = (
    "campaign",
    "start",
    "end",
    "metric",
    "unit",
    "reported_as_of",
    "run_id",
    "reported",
    "today",
    "difference",
)


def compute(facts: Facts, context: Context, options: Options) -> Answer:
    """KPIs since the last report, their usual ranges, and restated numbers."""
    if not context.past:
        raise NotEnoughData("this is the first report: there is no earlier one", unasked=True)
    measured = measure(sums(facts["totals"], facts.get("actions"), context), context)
    found = [each for each in series(measured, context) if each.before is not None]
    if not found:
        raise NotEnoughData("no earlier report has these campaigns")
    corrected = restated(measured, context)
    told = [each for each in found if each.metric.id in LEADING]
    signals = sorted((e for e in told if e.signal), key=lambda each: not each.outside)
    jumps = [each for each in told if each.metric.id in VOLUME and each.outside]
    return Answer(
        headline=_headline(told, corrected, context),
        blocks=[
            *kpi_charts(found, context),
            _changes(found, told, context),
            _restatements(corrected, context),
            Table(id="kpis", title="All reports", frame=_kpis(found, context)),
        ],
        findings=[
            *_restated_findings(corrected, context),
            *(_signal_finding(each, context) for each in signals[:MOST_SIGNALS]),
            *(_verdict_finding(each, context) for each in told if verdict_changed(each)),
        ],
        caveats=_caveats(found, context),
        definitions=[
            (
                "Usual range",
                f"mean ± 2.66 mean moving ranges of at least {FEWEST} earlier reports of the same"
                f" definition; a value outside it, or {LONG_RUN} reports on one side of the mean,"
                " is a signal (Wheeler 1993)",
            ),
            (
                "Restated",
                "the same window, counted by the same definition, gives another number than it"
                " did when it was first reported: rows came late or were corrected",
            ),
        ],
        status=Status.SUSPICIOUS if jumps else Status.OK,
        reason=_outside(jumps[0], context) if jumps else "",
    )


# -- words -------------------------------------------------------------------------------------


def _headline(told: Sequence[Series], corrected: Sequence[Restated], context: Context) -> str:
    before = max(each.before.as_of for each in told if each.before) if told else context.as_of
    since = f"since the report of {context.formats.date(before)}"
    names = context.formats.join(list(dict.fromkeys(e.metric.name for e in told if e.outside)))
    late = " Numbers reported earlier have changed." if corrected else ""
    if names:
        return f"Outside the usual range {since}: {names}.{late}"
    if not any(each.usual for each in told):
        have = max((len(each.earlier) for each in told), default=0)
        plural = context.formats.plural(have, "earlier report", "earlier reports")
        return f"Too early for a usual range: {plural} of the {FEWEST} it takes.{late}"
    return f"No metric left its usual range {since}.{late}"


def _outside(each: Series, context: Context) -> str:
    assert each.usual is not None
    formats, unit = context.formats, each.metric.unit
    span = formats.interval(each.usual.low, each.usual.high, unit, signed=False)
    return (
        f"{each.metric.name} of {each.campaign.label}: {formats.value(each.value, unit)}, outside"
        f" the usual range of {len(each.earlier)} earlier reports ({span})"
    )


def _signal_finding(each: Series, context: Context) -> Finding:
    assert each.usual is not None
    formats, unit = context.formats, each.metric.unit
    higher = each.value > each.usual.centre
    text = f"{_outside(each, context)}."
    if each.signal == "run":
        side = "above" if higher else "below"
        text = (
            f"{each.metric.name} of {each.campaign.label} lay {side} its mean of"
            f" {formats.value(each.usual.centre, unit)} in the last {each.run} reports."
        )
    good = higher == each.metric.higher_is_better
    return Finding(
        heading=f"{each.metric.name} unusual"[:30],
        text=text,
        evidence=_evidence(each),
        direction="better" if good else "worse",
        weight=0.75 if each.outside else 0.55,
        caveat="What is usual is judged by earlier reports alone; the cause is not tested.",
    )


def _verdict_finding(each: Series, context: Context) -> Finding:
    assert each.before is not None
    words = {"better": "better", "worse": "worse", "no_evidence": "no evidence"}
    then, now = words[each.before.verdict], words[str(each.now.verdict)]
    return Finding(
        heading="Another verdict than before",
        text=f"{each.metric.name} of {each.campaign.label}: {now} at"
        f" {context.formats.value(each.value, each.metric.unit)}, where the report of"
        f" {context.formats.date(each.before.as_of)} said {then}.",
        evidence=_evidence(each),
        weight=0.6,
    )


def _evidence(each: Series) -> Evidence:
    return Evidence(table="changes", row={"campaign": each.campaign.key, "metric": each.metric.id})


def _restated_findings(corrected: Sequence[Restated], context: Context) -> list[Finding]:
    """One finding a window: its leading number, and how many more have changed."""
    windows: dict[str, list[Restated]] = {}
    for each in corrected:
        windows.setdefault(each.campaign.key, []).append(each)
    return [_restated_finding(found, context) for found in windows.values()]


def _restated_finding(found: Sequence[Restated], context: Context) -> Finding:
    by_metric = {each.metric.id: each for each in found}
    each = next((by_metric[name] for name in TOLD_FIRST if name in by_metric), found[0])
    formats, unit, campaign = context.formats, each.metric.unit, each.campaign
    more = formats.plural(len(found) - 1, "other number", "other numbers")
    also = f"; {more} of these days changed too" if len(found) > 1 else ""
    return Finding(
        heading=f"{each.metric.name} restated"[:30],
        text=f"{each.metric.name} of {_window(campaign, context)} was reported as"
        f" {formats.value(each.reported.value, unit)} on {formats.date(each.reported.as_of)} and"
        f" is {formats.value(each.today, unit)} today{also}.",
        evidence=Evidence(
            table="restatements", row={"campaign": campaign.key, "metric": each.metric.id}
        ),
        weight=0.7 + min(0.2, _relative(each)),
        caveat="Rows came late or were corrected since.",
    )


def _relative(each: Restated) -> float:
    reported = abs(each.reported.value or 0.0)
    return abs(each.today - (each.reported.value or 0.0)) / reported if reported else 1.0


def _window(campaign: Any, context: Context) -> str:
    from datetime import timedelta

    return context.formats.dates(campaign.start, campaign.end - timedelta(days=1))


def _caveats(found: Sequence[Series], context: Context) -> list[str]:
    redefined = [each for each in found if each.redefined]
    if not redefined:
        return []
    day = redefined[0].older[-1].as_of
    return [
        f"Definition changed after the report of {context.formats.date(day)} (source, filter,"
        " schema or metrics): earlier values are drawn, and not compared."
    ]


# -- tables ------------------------------------------------------------------------------------


def _kpis(found: Sequence[Series], context: Context) -> pd.DataFrame:
    """Every value of every report; the rows of this one have no run id yet."""
    import pandas as pd

    shown = {(each.campaign.key, each.metric.id) for each in found}
    rows: list[tuple[Any, ...]] = [
        (each.run_id, each.as_of, each.campaign, each.metric, each.value)
        for each in context.past
        if (each.campaign, each.metric) in shown
    ]
    rows += [("", context.as_of, e.campaign.key, e.metric.id, e.value) for e in found]
    return pd.DataFrame(rows, columns=list(KPIS))


def _changes(found: Sequence[Series], told: Sequence[Series], context: Context) -> Table:
    import pandas as pd

    return Table(
        id="changes",
        title="Since the report before",
        frame=pd.DataFrame([_change(each) for each in found], columns=list(CHANGES)),
        view=pd.DataFrame([_shown(each, context) for each in told]),
        columns=[
            Column(name="name", head="KPI"),
            *campaign_column(context),
            Column(name="before", head="Before", kind="by_unit"),
            Column(name="now", head="Now", kind="by_unit"),
            Column(name="difference", head="Change", kind="change"),
            Column(name="usual", head="Usual range"),
            Column(name="signal", head="Signal"),
        ],
        note="A change between two reports is not tested: the usual range says what to expect.",
    )


def _change(each: Series) -> dict[str, Any]:
    before = each.before
    assert before is not None
    comparable = bool(each.earlier)
    return {
        "campaign": each.campaign.key,
        "metric": each.metric.id,
        "unit": each.metric.unit,
        "before_as_of": before.as_of,
        "before": before.value,
        "now": each.value,
        "difference": each.value - (before.value or 0.0) if comparable else None,
        "usual_low": each.usual.low if each.usual else None,
        "usual_high": each.usual.high if each.usual else None,
        "signal": each.signal,
        "verdict_before": before.verdict,
        "verdict": str(each.now.verdict),
        "comparable": comparable,
    }


def _shown(each: Series, context: Context) -> dict[str, Any]:
    words = {"outside": "outside", "run": f"{each.run} on one side", "": "–"}
    span = "–"
    if each.usual:
        low, high = each.usual.low, each.usual.high
        span = context.formats.interval(low, high, each.metric.unit, signed=False)
    return _change(each) | {
        "name": each.metric.name,
        "usual": span,
        "signal": words[each.signal],
    }


def _restatements(corrected: Sequence[Restated], context: Context) -> Table:
    import pandas as pd

    rows = [
        {
            "campaign": each.campaign.key,
            "start": each.campaign.start,
            "end": each.campaign.end,
            "metric": each.metric.id,
            "unit": each.metric.unit,
            "reported_as_of": each.reported.as_of,
            "run_id": each.reported.run_id,
            "reported": each.reported.value,
            "today": each.today,
            "difference": each.today - (each.reported.value or 0.0),
        }
        for each in corrected
    ]
    frame = pd.DataFrame(rows, columns=list(RESTATEMENTS))
    names = [each.metric.name for each in corrected]
    windows = [_window(each.campaign, context) for each in corrected]
    return Table(
        id="restatements",
        title="Restated since they were reported",
        frame=frame,
        view=frame.assign(name=names, window=windows) if corrected else None,
        columns=[
            Column(name="name", head="KPI"),
            Column(name="window", head="Of"),
            Column(name="reported_as_of", head="Reported", kind="date"),
            Column(name="reported", head="Then", kind="by_unit"),
            Column(name="today", head="Today", kind="by_unit"),
            Column(name="difference", head="Change", kind="change"),
        ]
        if corrected
        else (),
    )


SECTION = Section(
    id="history",
    title="History",
    question="What changed since the last report, and is it more than the usual ups and downs?",
    facts=("totals", "actions?"),
    tables={"kpis": KPIS, "changes": CHANGES, "restatements": RESTATEMENTS},
    compute=compute,
)
