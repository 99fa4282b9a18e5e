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
from growthml.words import N_, _, n_

if TYPE_CHECKING:
    pass

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
        raise NotEnoughData(_("this is the first report: there is no earlier one"), unasked=True)
    measured = measure(sums(facts["totals"], facts.get("actions"), context), context)
    found = [each for each in series(measured, context) if each.before is not None]
    if not found:
        raise NotEnoughData(_("no earlier report has these campaigns"))
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
            _kpis(found, context),
        ],
        findings=[
            *_restated_findings(corrected, context),
            *(_signal_finding(each, context) for each in signals[:MOST_SIGNALS]),
            *(_verdict_finding(each, context) for each in told if verdict_changed(each)),
        ],
        caveats=_caveats(found, context),
        definitions=[
            (
                _("Usual range"),
                _(
                    "mean ± 2.66 mean moving ranges of at least {fewest} earlier reports of the"
                    " same definition; a value outside it, or {long_run} reports on one side of the"
                    " mean, is a signal (Wheeler 1993)",
                    fewest=FEWEST,
                    long_run=LONG_RUN,
                ),
            ),
            (
                _("Restated"),
                _(
                    "the same window, counted by the same definition, gives another number than it"
                    " did when it was first reported: rows came late or were corrected"
                ),
            ),
        ],
        status=Status.SUSPICIOUS if jumps else Status.OK,
        reason=_outside(jumps[0], context) if jumps else "",
    )


# -- words -------------------------------------------------------------------------------------


def _headline(told: Sequence[Series], corrected: Sequence[Restated], context: Context) -> str:
    before = max(each.before.as_of for each in told if each.before) if told else context.as_of
    late = [_("Numbers reported earlier have changed.")] if corrected else []
    return " ".join([_ranges(told, context.formats.date(before), context), *late])


def _ranges(told: Sequence[Series], before: str, context: Context) -> str:
    names = list(dict.fromkeys(_(each.metric.name) for each in told if each.outside))
    if names:
        return _(
            "Outside the usual range since the report of {before}: {names}.",
            before=before,
            names=context.formats.join(names),
        )
    if not any(each.usual for each in told):
        have = max((len(each.earlier) for each in told), default=0)
        return n_(
            "Too early for a usual range: {n} earlier report of the {fewest} it takes.",
            "Too early for a usual range: {n} earlier reports of the {fewest} it takes.",
            have,
            n=context.formats.count(have),
            fewest=FEWEST,
        )
    return _("No metric left its usual range since the report of {before}.", before=before)


def _outside(each: Series, context: Context) -> str:
    assert each.usual is not None
    formats, unit = context.formats, each.metric.unit
    span = formats.interval(each.usual.low, each.usual.high, unit, signed=False)
    return _(
        "{metric} of {campaign}: {value}, outside the usual range of {n} earlier reports ({span})",
        metric=_(each.metric.name),
        campaign=each.campaign.label,
        value=formats.value(each.value, unit),
        n=len(each.earlier),
        span=span,
    )


def _signal_finding(each: Series, context: Context) -> Finding:
    assert each.usual is not None
    formats, unit = context.formats, each.metric.unit
    higher = each.value > each.usual.centre
    text = f"{_outside(each, context)}."
    if each.signal == "run":
        told = {
            "metric": _(each.metric.name),
            "campaign": each.campaign.label,
            "centre": formats.value(each.usual.centre, unit),
            "run": each.run,
        }
        text = (
            _(
                "{metric} of {campaign} lay above its mean of {centre} in the last {run} reports.",
                **told,
            )
            if higher
            else _(
                "{metric} of {campaign} lay below its mean of {centre} in the last {run} reports.",
                **told,
            )
        )
    good = higher == each.metric.higher_is_better
    return Finding(
        heading=_("{metric} unusual", metric=_(each.metric.name))[:30],
        text=text,
        evidence=_evidence(each),
        direction="better" if good else "worse",
        weight=0.75 if each.outside else 0.55,
        caveat=_("What is usual is judged by earlier reports alone; the cause is not tested."),
    )


def _verdict_finding(each: Series, context: Context) -> Finding:
    assert each.before is not None
    words = {"better": _("better"), "worse": _("worse"), "no_evidence": _("no evidence")}
    then, now = words[each.before.verdict], words[str(each.now.verdict)]
    return Finding(
        heading=_("Another verdict than before"),
        text=_(
            "{metric} of {campaign}: {now} at {value}, where the report of {as_of} said {then}.",
            metric=_(each.metric.name),
            campaign=each.campaign.label,
            now=now,
            value=context.formats.value(each.value, each.metric.unit),
            as_of=context.formats.date(each.before.as_of),
            then=then,
        ),
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
    told = {
        "metric": _(each.metric.name),
        "window": _window(campaign, context),
        "value": formats.value(each.reported.value, unit),
        "as_of": formats.date(each.reported.as_of),
        "today": formats.value(each.today, unit),
        "n": formats.count(len(found) - 1),
    }
    return Finding(
        heading=_("{metric} restated", metric=_(each.metric.name))[:30],
        text=_(
            "{metric} of {window} was reported as {value} on {as_of} and is {today} today.", **told
        )
        if len(found) == 1
        else n_(
            "{metric} of {window} was reported as {value} on {as_of} and is {today} today;"
            " {n} other number of these days changed too.",
            "{metric} of {window} was reported as {value} on {as_of} and is {today} today;"
            " {n} other numbers of these days changed too.",
            len(found) - 1,
            **told,
        ),
        evidence=Evidence(
            table="restatements", row={"campaign": campaign.key, "metric": each.metric.id}
        ),
        weight=0.7 + min(0.2, _relative(each)),
        caveat=_("Rows came late or were corrected since."),
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
        _(
            "Definition changed after the report of {day} (source, filter, schema or metrics):"
            " earlier values are drawn, and not compared.",
            day=context.formats.date(day),
        )
    ]


# -- tables ------------------------------------------------------------------------------------


def _kpis(found: Sequence[Series], context: Context) -> Table:
    """Every value of every report; the rows of this one have no run id yet."""
    import pandas as pd

    shown = {(each.campaign.key, each.metric.id) for each in found}
    rows: list[tuple[Any, ...]] = [
        (each.run_id, each.as_of, each.campaign, each.metric, each.value)
        for each in context.past
        if (each.campaign, each.metric) in shown
    ]
    rows += [("", context.as_of, e.campaign.key, e.metric.id, e.value) for e in found]
    frame = pd.DataFrame(rows, columns=list(KPIS))
    metrics = {each.metric.id: each.metric for each in found}
    return Table(
        id="kpis",
        title=_("All reports"),
        frame=frame,
        view=frame.assign(
            name=[_(metrics[name].name) for name in frame["metric"]],
            unit=[metrics[name].unit for name in frame["metric"]],
        ),
        folded=[
            Column(name="as_of", head=_("As of"), kind="date"),
            *campaign_column(context),
            Column(name="name", head=_("KPI")),
            Column(name="value", head=_("Value"), kind="by_unit"),
        ],
    )


def _changes(found: Sequence[Series], told: Sequence[Series], context: Context) -> Table:
    import pandas as pd

    return Table(
        id="changes",
        title=_("Since the report before"),
        frame=pd.DataFrame([_change(each) for each in found], columns=list(CHANGES)),
        view=pd.DataFrame([_shown(each, context) for each in told]),
        columns=[
            Column(name="name", head=_("KPI")),
            *campaign_column(context),
            Column(name="before", head=_("Before"), kind="by_unit"),
            Column(name="now", head=_("Now"), kind="by_unit"),
            Column(name="difference", head=_("Change"), kind="change"),
            Column(name="usual", head=_("Usual range")),
            Column(name="signal", head=_("Signal")),
        ],
        note=_("A change between two reports is not tested: the usual range says what to expect."),
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
    words = {"outside": _("outside"), "run": _("{run} on one side", run=each.run), "": "–"}
    span = "–"
    if each.usual:
        low, high = each.usual.low, each.usual.high
        span = context.formats.interval(low, high, each.metric.unit, signed=False)
    return _change(each) | {
        "name": _(each.metric.name),
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
    names = [_(each.metric.name) for each in corrected]
    windows = [_window(each.campaign, context) for each in corrected]
    return Table(
        id="restatements",
        title=_("Restated since they were reported"),
        frame=frame,
        view=frame.assign(name=names, window=windows) if corrected else None,
        columns=[
            Column(name="name", head=_("KPI")),
            Column(name="window", head=_("Of")),
            Column(name="reported_as_of", head=_("Reported"), kind="date"),
            Column(name="reported", head=_("Then"), kind="by_unit"),
            Column(name="today", head=_("Today"), kind="by_unit"),
            Column(name="difference", head=_("Change"), kind="change"),
        ]
        if corrected
        else (),
    )


SECTION = Section(
    id="history",
    title=N_("History"),
    question=N_("What changed since the last report, and is it more than the usual ups and downs?"),
    facts=("totals", "actions?"),
    tables={"kpis": KPIS, "changes": CHANGES, "restatements": RESTATEMENTS},
    compute=compute,
)
