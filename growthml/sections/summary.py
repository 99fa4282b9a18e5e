"""Did the new campaign do better, and how sure are we?

Every KPI of every campaign, compared with the baseline: rates by Newcombe's interval and a
chi-square test, means per user by Welch, ratios by the delta method, Benjamini-Hochberg over all
tested rows. The section writes the front page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.analysis import kpi_intervals
from growthml.errors import NotEnoughData
from growthml.front import coverage, kpi_rows, note
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
from growthml.story import story_of
from growthml.words import N_, _

if TYPE_CHECKING:
    import pandas as pd

    from growthml.stats.sample_ratio import SampleRatio

MUCH_OVERLAP = 0.01
MOST_FINDINGS = 6
WEIGHTS = {"revenue_per_user": 0.75, "activation_rate": 0.7, "conversion_rate": 0.5, "roi": 0.5}
"""How heavy a passed test is before its size counts; the verdict tells the conversion already."""


def compute(facts: Facts, context: Context, options: Options) -> Answer:
    """The KPI table, its interval plot, findings that passed their test, and the front page."""
    campaigns = sums(facts["totals"], facts.get("actions"), context)
    if not any(each.users for each in campaigns.values()):
        raise NotEnoughData(_("there are no users in any campaign"))
    measured = measure(campaigns, context)
    story = story_of(campaigns, measured, context)
    sizes = shape.per_campaign({key: each.users for key, each in campaigns.items()}, context)
    ratio = _sample_ratio(campaigns, context)
    doubt = _ratio_words(ratio, sizes, context) if ratio and ratio.level else ""
    held = ratio is not None and ratio.level == "banner"
    compared = [each for each in measured if each.campaign != context.baseline.key]
    told = _told(compared or measured, context)
    chart = kpi_intervals.chart(told, sizes, context)
    return Answer(
        headline=story.verdict(),
        blocks=[*([chart] if chart else []), _kpi_table(measured, told, context)],
        findings=_findings(compared, context),
        caveats=[
            *shape.comparison_caveats(context),
            *shape.orders_alone_caveats(context),
            *_ratio_caveats(ratio, doubt, context),
            *_disagreements(measured, context),
            *_pooled(context),
            *_overlaps(facts.get("overlap"), context),
        ],
        definitions=_definitions(context),
        status=Status.SUSPICIOUS if held else Status.OK,
        reason=doubt,
        front=Front(
            verdict=story.verdict(),
            lede=story.lede(),
            kpis=kpi_rows(measured, context),
            note=note(context),
            coverage=coverage(facts, campaigns, context),
            banners=[doubt] if held else [],
        ),
    )


def _told(measured: Sequence[Measured], context: Context) -> list[Measured]:
    """Without the response's own rate, which repeats the conversion rate: only the CSV has it."""
    return [each for each in measured if each.metric.id != f"{context.metrics.response}_rate"]


# -- the KPI table -----------------------------------------------------------------------------


def _kpi_table(measured: Sequence[Measured], told: Sequence[Measured], context: Context) -> Table:
    import pandas as pd

    return Table(
        id="kpis",
        title=_("All KPIs"),
        frame=frame(measured),
        view=pd.DataFrame([_kpi(each, context) for each in told if each.value is not None]),
        columns=_kpi_columns(context),
        note=_(
            "q: p corrected by {correction} over all tested rows.", correction=context.corrected_by
        )
        if context.compared
        else "",
    )


def _kpi(each: Measured, context: Context) -> dict[str, Any]:
    metric, compared = each.metric, each.comparison
    interval = context.formats.interval
    return {
        "name": _(metric.name),
        "campaign": each.campaign,
        "unit": metric.unit,
        "baseline_value": each.baseline_value,
        "value": each.value,
        "difference": compared.difference if compared else None,
        "interval": interval(compared.ci_low, compared.ci_high, metric.unit) if compared else "–",
        "p_value": compared.p_value if compared else None,
        "q_value": each.q_value,
        "verdict": str(each.verdict),
    }


def _kpi_columns(context: Context) -> list[Column]:
    name = Column(name="name", head=_("KPI"))
    if not context.compared:
        return [name, Column(name="value", head=_("Value"), kind="by_unit")]
    several = len(context.compared) > 1
    new = _("Value") if several else context.compared[0].label
    return [
        name,
        *shape.campaign_column(context),
        Column(name="baseline_value", head=context.baseline.label, kind="by_unit"),
        Column(name="value", head=new, kind="by_unit"),
        Column(name="difference", head=_("Difference"), kind="change"),
        Column(
            name="interval",
            head=_("{confidence} interval", confidence=context.formats.share(context.confidence)),
        ),
        *([] if several else [Column(name="p_value", head="p", kind="p")]),
        Column(name="q_value", head="q", kind="p"),
        Column(name="verdict", head=_("Verdict"), kind="verdict"),
    ]


# -- findings, caveats, coverage ---------------------------------------------------------------


def _findings(compared: Sequence[Measured], context: Context) -> list[Finding]:
    """One finding for each test that passed; a target is one too, met or missed."""
    findings = [
        *(
            _difference_finding(each, context)
            for each in _told(compared, context)
            if each.verdict in (Verdict.BETTER, Verdict.WORSE)
        ),
        *(_target_finding(each, context) for each in compared if each.on_target is not None),
    ]
    return sorted(findings, key=lambda finding: -finding.weight)[:MOST_FINDINGS]


def _difference_finding(each: Measured, context: Context) -> Finding:
    formats, compared = context.formats, each.comparison
    assert compared is not None
    new = shape.campaign_label(each.campaign, context)
    effect = formats.difference(compared.difference, each.metric.unit)
    name, rose = _(each.metric.name), (compared.difference or 0) > 0
    return Finding(
        heading=(_("{metric} up", metric=name) if rose else _("{metric} down", metric=name))[:30],
        text=_(
            "{metric} was {value} in {new} against {baseline_value} in {baseline}: {effect}"
            " ({interval}).",
            metric=name,
            value=formats.value(each.value, each.metric.unit),
            new=new,
            baseline_value=formats.value(each.baseline_value, each.metric.unit),
            baseline=context.baseline.label,
            effect=_("{effect} points", effect=effect) if each.metric.unit == "rate" else effect,
            interval=formats.interval(compared.ci_low, compared.ci_high, each.metric.unit),
        ),
        evidence=Evidence(table="kpis", row={"metric": each.metric.id, "campaign": each.campaign}),
        direction="better" if each.verdict is Verdict.BETTER else "worse",
        weight=WEIGHTS.get(each.metric.id, 0.6)
        + 0.2 * min(1.0, abs(compared.relative_difference or 0.0)),
    )


def _target_finding(each: Measured, context: Context) -> Finding:
    formats = context.formats
    new = shape.campaign_label(each.campaign, context)
    met = bool(each.on_target)
    return Finding(
        heading=_("Target met") if met else _("Target missed"),
        text=_(
            "{metric} of {new} is {value}; the target is {target}.",
            metric=_(each.metric.name),
            new=new,
            value=formats.value(each.value, each.metric.unit),
            target=formats.value(each.target, each.metric.unit),
        ),
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


def _ratio_words(ratio: SampleRatio, sizes: str, context: Context) -> str:
    return _(
        "The arms are not the sizes that were planned ({sizes} users, p {p}): something decided"
        " who is in which arm. Do not trust the comparison before it is found.",
        sizes=sizes,
        p=context.formats.p(ratio.p_value),
    )


def _ratio_caveats(ratio: SampleRatio | None, doubt: str, context: Context) -> list[str]:
    """A doubt too small for a banner, or that there is none."""
    if ratio is None or ratio.level == "banner" or ratio.p_value is None:
        return []
    p = context.formats.p(ratio.p_value)
    return [doubt or _("Arms have the sizes that were planned (sample-ratio check p {p}).", p=p)]


def _pooled(context: Context) -> list[str]:
    """What a baseline of several periods is, where there is one."""
    periods = context.baseline.periods
    if periods == 1:
        return []
    return [
        _(
            "{baseline}: rates and means are over the users of all {periods} periods together, a"
            " user seen in several counting once in each, and totals are divided by {periods}. The"
            " other sections compare with the period before alone.",
            baseline=context.baseline.label,
            periods=periods,
        )
    ]


def _disagreements(measured: Sequence[Measured], context: Context) -> list[str]:
    names = [_(each.metric.name) for each in measured if _disagrees(each)]
    if not names:
        return []
    return [
        _(
            "The uncorrected interval of {names} leaves out zero, but the corrected test does not"
            " pass: among this many tests that happens by chance.",
            names=context.formats.join(names),
        )
    ]


def _disagrees(each: Measured) -> bool:
    """Whether the interval would have said yes where the corrected test says no."""
    compared = each.comparison
    if each.verdict is not Verdict.NO_EVIDENCE or compared is None:
        return False
    if compared.ci_low is None or compared.ci_high is None:
        return False
    return compared.ci_low > 0 or compared.ci_high < 0


def _overlaps(overlap: pd.DataFrame | None, context: Context) -> list[str]:
    if overlap is None:
        return []
    shared = shape.sums(overlap, "campaign", "in_several")
    users = shape.sums(overlap, "campaign", "users")
    return [
        _(
            "{part} {campaign} users are in another campaign too.",
            part=shape.part_of(shared[campaign.key], users[campaign.key], context),
            campaign=campaign.label,
        )
        for campaign in context.campaigns
        if users.get(campaign.key) and shared[campaign.key] / users[campaign.key] >= MUCH_OVERLAP
    ]


def _definitions(context: Context) -> list[tuple[str, str]]:
    names = [context.label("action", action) for action in sorted(context.metrics.idle)]
    idle = context.formats.join([_("“{name}”", name=name) for name in names])
    response = context.label("action", context.metrics.response)
    return [
        (
            _("Active"),
            _("a user with at least one action other than {idle}", idle=idle)
            if idle
            else _("a user with at least one action other than idle ones"),
        ),
        (_("Buyer"), _("a user with at least one “{response}”", response=response)),
        (_("Conversion rate"), _("buyers / users")),
        (
            _("Revenue per user"),
            _("value of all responses / users; users who did not buy count as 0"),
        ),
        (
            _("Average order value"),
            _("revenue / purchases; interval by the delta method over users"),
        ),
        (
            _("Interval of a rate's difference"),
            _(
                "Newcombe 1998, method 10; test: chi-square without correction, Fisher's exact test"
                " where an expected count is below 5"
            ),
        ),
        (_("Interval of a mean's difference"), _("Welch's t")),
        (
            _("q value"),
            _(
                "the p-value corrected by {correction} over all tested KPIs; better or worse when q"
                " is at most {level}",
                correction=context.corrected_by,
                level=context.formats.number(1 - context.confidence, 2),
            ),
        ),
        (
            _("Smallest difference"),
            _("what this sample would have found in 8 of 10 cases (power 0.8)"),
        ),
    ]


SECTION = Section(
    id="summary",
    title=N_("Summary"),
    question=N_("Did the new campaign do better, and how sure are we?"),
    facts=("span", "totals", "actions?", "overlap?", "event_quality?"),
    tables={"kpis": COLUMNS},
    compute=compute,
    pools=True,
)
