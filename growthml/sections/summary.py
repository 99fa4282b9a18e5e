"""Did the new campaign do better, and how sure are we?

Every KPI of every campaign, compared with the baseline: rates by Newcombe's interval and a
chi-square test, means per user by Welch, ratios by the delta method, Benjamini-Hochberg over all
tested rows. The section writes the front page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from growthml.charts import IntervalPanel, IntervalRow, Intervals
from growthml.errors import NotEnoughData
from growthml.front import Story, coverage, kpi_rows, note
from growthml.metrics import COLUMNS, Measured, Sums, frame, measure, sums
from growthml.parts import (
    Answer,
    Column,
    Context,
    Evidence,
    Facts,
    Finding,
    Front,
    Options,
    Section,
    Status,
    Table,
    Verdict,
)

if TYPE_CHECKING:
    from growthml.charts import Unit
    from growthml.stats.sample_ratio import SampleRatio

MUCH_OVERLAP = 0.01


def compute(facts: Facts, context: Context, options: Options) -> Answer:
    """The KPI table, its interval plot, findings that passed their test, and the front page."""
    campaigns = sums(facts["totals"], facts.get("actions"), context)
    if not any(each.users for each in campaigns.values()):
        raise NotEnoughData("there are no users in any campaign")
    measured = measure(campaigns, context)
    story = Story(campaigns, measured, context)
    ratio = _sample_ratio(campaigns, context)
    charts = [chart] if (chart := _differences(measured, context)) else []
    return Answer(
        headline=story.verdict(),
        blocks=[*charts, _kpi_table(measured, context)],
        findings=_findings(measured, context),
        caveats=_caveats(measured, campaigns, context, facts, ratio),
        definitions=_definitions(context),
        status=Status.SUSPICIOUS if ratio and ratio.level == "banner" else Status.OK,
        reason=_ratio_words(ratio, campaigns, context) if ratio and ratio.level else "",
        front=Front(
            verdict=story.verdict(),
            lede=story.lede(),
            kpis=kpi_rows(measured, context),
            note=note(context),
            coverage=coverage(facts, campaigns, context),
            banners=[_ratio_words(ratio, campaigns, context)]
            if ratio and ratio.level == "banner"
            else [],
        ),
    )


# -- the KPI table -----------------------------------------------------------------------------


def _kpi_table(measured: Sequence[Measured], context: Context) -> Table:
    import pandas as pd

    raw = frame(measured)
    compared = [each for each in measured if each.campaign != context.baseline.key]
    response = f"{context.metrics.response}_rate"
    shown = [
        each
        for each in (compared or measured)
        if each.value is not None and each.metric.id != response
    ]
    formats = context.formats
    rows = [
        {
            "name": each.metric.name,
            "campaign": each.campaign,
            "unit": each.metric.unit,
            "baseline_value": each.baseline_value,
            "value": each.value,
            "difference": each.comparison.difference if each.comparison else None,
            "interval": formats.interval(
                each.comparison.ci_low, each.comparison.ci_high, each.metric.unit
            )
            if each.comparison
            else "–",
            "p_value": each.comparison.p_value if each.comparison else None,
            "q_value": each.q_value,
            "verdict": str(each.verdict),
        }
        for each in shown
    ]
    several = len(context.compared) > 1
    new = context.compared[0].label if len(context.compared) == 1 else "Value"
    columns = [
        Column(name="name", head="KPI"),
        *([Column(name="campaign", head="Campaign", role="campaign")] if several else []),
        *(
            [Column(name="baseline_value", head=context.baseline.label, kind="by_unit")]
            if compared
            else []
        ),
        Column(name="value", head=new, kind="by_unit"),
    ]
    if compared:
        columns += [
            Column(name="difference", head="Difference", kind="change"),
            Column(name="interval", head=f"{formats.share(context.confidence)} interval"),
            *([] if several else [Column(name="p_value", head="p", kind="p")]),
            Column(name="q_value", head="q", kind="p"),
            Column(name="verdict", head="Verdict", kind="verdict"),
        ]
    return Table(
        id="kpis",
        title="All KPIs",
        frame=raw,
        view=pd.DataFrame(rows),
        columns=columns,
        note=f"q: p corrected by {context.correction} over all tested rows."
        if context.compared
        else "",
    )


# -- the interval plot -------------------------------------------------------------------------

_UNIT_TITLES: dict[Unit, str] = {
    "rate": "Percentage points",
    "money": "Money",
    "ratio": "Number",
}
MOST_FINDINGS = 6
MOST_INTERVALS = 10
DRAWN_FIRST = ("conversion_rate", "revenue_per_user", "activation_rate", "average_order_value")
WEIGHTS = {"revenue_per_user": 0.75, "activation_rate": 0.7, "conversion_rate": 0.5, "roi": 0.5}
"""How heavy a passed test is before its size counts; the verdict tells the conversion already."""


def _differences(measured: Sequence[Measured], context: Context) -> Intervals | None:
    if not context.compared:
        return None
    response = f"{context.metrics.response}_rate"
    tested = [
        each
        for each in measured
        if each.campaign != context.baseline.key
        and each.metric.kind != "total"
        and each.metric.id != response
        and each.comparison is not None
        and each.comparison.difference is not None
    ]
    panels = []
    drawn = _drawn(tested, len(context.compared))
    for unit, title in _UNIT_TITLES.items():
        rows = [_interval_row(each, context) for each in drawn if each.metric.unit == unit]
        if unit == "money":
            title = f"Money, {context.formats.currency}"
        if any(row.estimate is not None for row in rows):
            panels.append(IntervalPanel(rows=rows, unit=unit, title=title))
    if not panels:
        return None
    new = context.compared[0].label if len(context.compared) == 1 else "the campaign"
    passed = [e for e in tested if e.verdict in (Verdict.BETTER, Verdict.WORSE)]
    return Intervals(
        id="differences",
        title=_differences_title(passed, tested),
        subtitle=_differences_subtitle(context, measured),
        alt=_differences_alt(tested, context),
        how_to_read="A line that crosses zero fits both a rise and a fall; the line is the"
        f" {context.formats.share(context.confidence)} interval, uncorrected, the verdict follows"
        " the corrected test.",
        half=False,
        table="kpis",
        panels=panels,
        lower=f"lower in {new}",
        higher=f"higher in {new}",
    )


def _drawn(tested: Sequence[Measured], groups: int) -> list[Measured]:
    """The tested rows that fit one figure, by what matters most, in the table's order."""
    metrics = list(dict.fromkeys(each.metric.id for each in tested))
    ranked = sorted(metrics, key=lambda m: DRAWN_FIRST.index(m) if m in DRAWN_FIRST else 99)
    kept = set(ranked[: max(1, MOST_INTERVALS // groups)])
    return [each for each in tested if each.metric.id in kept]


def _differences_title(passed: Sequence[Measured], tested: Sequence[Measured]) -> str:
    if not passed:
        return "No rate or mean shows evidence of a difference"
    names = list(dict.fromkeys(each.metric.name for each in passed))
    if len(names) > 2:
        return (
            f"{len(names)} of {len({e.metric.id for e in tested})} KPIs differ by more than chance"
        )
    verb = "differs" if len(names) == 1 else "differ"
    return f"{' and '.join(names)} {verb} by more than chance"


def _differences_subtitle(context: Context, measured: Sequence[Measured]) -> str:
    users = {e.campaign: e.value for e in measured if e.metric.id == "users"}
    sizes = context.formats.join([context.formats.count(users[c.key]) for c in context.campaigns])
    if len(context.compared) == 1:
        what = f"{context.compared[0].label} minus {context.baseline.label}"
    else:
        what = f"Each campaign minus {context.baseline.label}"
    return f"{what}, with {context.formats.share(context.confidence)} interval; {sizes} users"


def _interval_row(each: Measured, context: Context) -> IntervalRow:
    formats, compared = context.formats, each.comparison
    assert compared is not None
    name = each.metric.name
    if len(context.compared) > 1:
        label = next(c.label for c in context.compared if c.key == each.campaign)
        name = f"{name}, {label}"
    difference = formats.difference(compared.difference, each.metric.unit)
    interval = formats.interval(compared.ci_low, compared.ci_high, each.metric.unit)
    return IntervalRow(
        name=name,
        estimate=compared.difference if compared.ci_low is not None else None,
        low=compared.ci_low,
        high=compared.ci_high,
        left=f"{formats.value(each.baseline_value, each.metric.unit)} → "
        f"{formats.value(each.value, each.metric.unit)}",
        right=f"{difference} ({interval})" if compared.ci_low is not None else "",
        verdict=str(each.verdict),
    )


def _differences_alt(tested: Sequence[Measured], context: Context) -> str:
    formats = context.formats
    phrases = []
    for each in tested[:4]:
        compared = each.comparison
        assert compared is not None
        effect = formats.difference(compared.difference, each.metric.unit)
        interval = formats.interval(compared.ci_low, compared.ci_high, each.metric.unit)
        phrases.append(f"{each.metric.name.lower()} {effect} ({interval})")
    crossing = sum(each.verdict is Verdict.NO_EVIDENCE for each in tested)
    return (
        f"Interval plot of {formats.plural(len(tested), 'difference', 'differences')} from"
        f" {context.baseline.label}: {'; '.join(phrases)}. {crossing} of {len(tested)} show no"
        " evidence of a difference."
    )[:400]


# -- findings, caveats, coverage ---------------------------------------------------------------


def _findings(measured: Sequence[Measured], context: Context) -> list[Finding]:
    """One finding for each test that passed; a missed target is one too."""
    response = f"{context.metrics.response}_rate"
    findings = []
    for each in measured:
        if each.metric.id == response or each.comparison is None:
            continue
        if each.verdict in (Verdict.BETTER, Verdict.WORSE):
            findings.append(_difference_finding(each, context))
    findings += [
        _target_finding(each, context)
        for each in measured
        if each.on_target is not None and each.campaign != context.baseline.key
    ]
    return sorted(findings, key=lambda finding: -finding.weight)[:MOST_FINDINGS]


def _difference_finding(each: Measured, context: Context) -> Finding:
    formats, compared = context.formats, each.comparison
    assert compared is not None
    new = next(c.label for c in context.compared if c.key == each.campaign)
    effect = formats.difference(compared.difference, each.metric.unit)
    unit = " points" if each.metric.unit == "rate" else ""
    rose = (compared.difference or 0) > 0
    return Finding(
        heading=f"{each.metric.name} {'up' if rose else 'down'}"[:30],
        text=f"{each.metric.name} was {formats.value(each.value, each.metric.unit)} in {new}"
        f" against {formats.value(each.baseline_value, each.metric.unit)} in"
        f" {context.baseline.label}: {effect}{unit}"
        f" ({formats.interval(compared.ci_low, compared.ci_high, each.metric.unit)}).",
        evidence=Evidence(table="kpis", row={"metric": each.metric.id, "campaign": each.campaign}),
        direction="better" if each.verdict is Verdict.BETTER else "worse",
        weight=WEIGHTS.get(each.metric.id, 0.6)
        + 0.2 * min(1.0, abs(compared.relative_difference or 0.0)),
    )


def _target_finding(each: Measured, context: Context) -> Finding:
    formats = context.formats
    new = next(c.label for c in context.campaigns if c.key == each.campaign)
    met = bool(each.on_target)
    return Finding(
        heading=f"Target {'met' if met else 'missed'}",
        text=f"{each.metric.name} of {new} is {formats.value(each.value, each.metric.unit)};"
        f" the target is {formats.value(each.target, each.metric.unit)}.",
        evidence=Evidence(table="kpis", row={"metric": each.metric.id, "campaign": each.campaign}),
        direction="better" if met else "worse",
        weight=0.5,
    )


def _sample_ratio(campaigns: Mapping[str, Sums], context: Context) -> SampleRatio | None:
    """For experiments: whether the arms have the sizes that were planned."""
    from growthml.stats.sample_ratio import sample_ratio

    if not context.randomised or not context.compared:
        return None
    keys = [campaign.key for campaign in context.campaigns]
    weights = [context.allocation.get(key, 1.0) for key in keys]
    return sample_ratio([campaigns[key].users for key in keys], weights)


def _ratio_words(ratio: SampleRatio | None, campaigns: Mapping[str, Sums], context: Context) -> str:
    if ratio is None or not ratio.level:
        return ""
    sizes = context.formats.join(
        [context.formats.count(campaigns[campaign.key].users) for campaign in context.campaigns]
    )
    return (
        f"The arms are not the sizes that were planned ({sizes} users,"
        f" p {context.formats.p(ratio.p_value)}): something decided who is in which arm."
        " Do not trust the comparison before it is found."
    )


def _caveats(
    measured: Sequence[Measured],
    campaigns: Mapping[str, Sums],
    context: Context,
    facts: Facts,
    ratio: SampleRatio | None,
) -> list[str]:
    caveats = []
    if context.compared and not context.randomised:
        caveats.append("Users were not randomised: a difference may come from time, mix or season.")
    if ratio is not None and ratio.level == "note":
        caveats.append(_ratio_words(ratio, campaigns, context))
    elif ratio is not None and ratio.p_value is not None and not ratio.level:
        caveats.append(
            f"Arms have the sizes that were planned (sample-ratio check p"
            f" {context.formats.p(ratio.p_value)})."
        )
    disagreeing = [each.metric.name for each in measured if _disagrees(each)]
    if disagreeing:
        caveats.append(
            f"The uncorrected interval of {context.formats.join(disagreeing)} leaves out zero, but"
            " the corrected test does not pass: among this many tests that happens by chance."
        )
    overlap = facts.get("overlap")
    if overlap is not None:
        for campaign in context.campaigns:
            rows = overlap[overlap["campaign"] == campaign.key]
            shared, users = int(rows["in_several"].sum()), int(rows["users"].sum())
            if users and shared / users >= MUCH_OVERLAP:
                caveats.append(
                    f"{context.formats.count(shared)} of {context.formats.count(users)}"
                    f" {campaign.label} users are in another campaign too."
                )
    return caveats


def _disagrees(each: Measured) -> bool:
    """Whether the interval would have said yes where the corrected test says no."""
    compared = each.comparison
    if each.verdict is not Verdict.NO_EVIDENCE or compared is None:
        return False
    if compared.ci_low is None or compared.ci_high is None:
        return False
    return compared.ci_low > 0 or compared.ci_high < 0


def _definitions(context: Context) -> list[tuple[str, str]]:
    idle = context.formats.join([f"“{a}”" for a in sorted(context.metrics.idle)])
    response = context.metrics.response
    return [
        ("Active", f"a user with at least one action other than {idle or 'idle ones'}"),
        ("Buyer", f"a user with at least one “{response}”"),
        ("Conversion rate", "buyers / users"),
        ("Revenue per user", "value of all responses / users; users who did not buy count as 0"),
        ("Average order value", "revenue / purchases; interval by the delta method over users"),
        (
            "Interval of a rate's difference",
            "Newcombe 1998, method 10; test: chi-square without correction, Fisher's exact test"
            " where an expected count is below 5",
        ),
        ("Interval of a mean's difference", "Welch's t"),
        (
            "q value",
            f"the p-value corrected by {context.correction} over all tested KPIs; better or worse"
            f" when q is at most {context.formats.number(1 - context.confidence, 2)}",
        ),
        (
            "Smallest difference",
            "what this sample would have found in 8 of 10 cases (power 0.8)",
        ),
    ]


SECTION = Section(
    id="summary",
    title="Summary",
    question="Did the new campaign do better, and how sure are we?",
    facts=("span", "totals", "actions?", "overlap?", "event_quality?"),
    tables={"kpis": COLUMNS},
    compute=compute,
)
