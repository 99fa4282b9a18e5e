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
from growthml.formats import Formats
from growthml.metrics import COLUMNS, Measured, Sums, frame, measure, sums
from growthml.parts import (
    Answer,
    Campaign,
    Column,
    Context,
    Evidence,
    Facts,
    Finding,
    Front,
    KpiRow,
    Options,
    Section,
    Status,
    Table,
    Verdict,
)

if TYPE_CHECKING:
    import pandas as pd

    from growthml.stats.sample_ratio import SampleRatio

LEADING = ("conversion_rate", "revenue_per_user", "activation_rate", "roi")
CLOSING = ("users", "buyers", "purchases", "revenue", "profit")
MOST_ROWS = 8
FEWEST_RESPONDERS = 5
MUCH_OVERLAP = 0.01


def compute(facts: Facts, context: Context, options: Options) -> Answer:
    """The KPI table, its interval plot, findings that passed their test, and the front page."""
    campaigns = sums(facts["totals"], facts.get("actions"), context)
    if not any(each.users for each in campaigns.values()):
        raise NotEnoughData("there are no users in any campaign")
    measured = measure(campaigns, context)
    story = _Story(campaigns, measured, context)
    ratio = _sample_ratio(campaigns, context)
    charts = [chart] if (chart := _differences(measured, context)) else []
    return Answer(
        headline=story.verdict(),
        blocks=[*charts, _kpi_table(measured, context)],
        findings=_findings(measured, context),
        caveats=_caveats(context, facts, ratio),
        definitions=_definitions(context),
        status=Status.SUSPICIOUS if ratio and ratio.level == "banner" else Status.OK,
        reason=_ratio_words(ratio, campaigns, context) if ratio and ratio.level else "",
        front=Front(
            verdict=story.verdict(),
            lede=story.lede(),
            kpis=_kpi_rows(measured, context),
            note=_note(context),
            coverage=_coverage(facts, campaigns, context),
            banners=[_ratio_words(ratio, campaigns, context)]
            if ratio and ratio.level == "banner"
            else [],
        ),
    )


class _Story:
    """The verdict and the lede: the conversion of each compared campaign, in words."""

    def __init__(
        self,
        campaigns: Mapping[str, Sums],
        measured: Sequence[Measured],
        context: Context,
    ) -> None:
        self.campaigns = campaigns
        self.context = context
        self.formats = context.formats
        self.rows = {
            each.campaign: each for each in measured if each.metric.id == "conversion_rate"
        }

    def verdict(self) -> str:
        """One sentence, no numbers."""
        context = self.context
        if not context.compared:
            return f"{context.baseline.label} stands alone: there is nothing to compare it with."
        if len(context.compared) == 1:
            return self._verdict_of(context.compared[0])
        return self._joint_verdict()

    def _verdict_of(self, campaign: Campaign) -> str:
        old, new = self.context.baseline.label, campaign.label
        reason = self._untestable(campaign)
        if reason:
            return reason
        match self.rows[campaign.key].verdict:
            case Verdict.BETTER:
                return f"{new} converts better than {old}."
            case Verdict.WORSE:
                return f"{new} converts worse than {old}."
        if self._alike(self.rows[campaign.key]):
            within = self.formats.number((self.context.smallest_effect or 0) * 100)
            return f"{new} and {old} convert alike to within {within} points."
        return f"No evidence that {new} converts better or worse than {old}."

    def _joint_verdict(self) -> str:
        old = self.context.baseline.label
        groups: dict[Verdict, list[str]] = {}
        for campaign in self.context.compared:
            verdict = self.rows[campaign.key].verdict
            if verdict is Verdict.NOT_TESTED:
                verdict = Verdict.NO_EVIDENCE
            groups.setdefault(verdict, []).append(campaign.label)
        join = self.formats.join
        clauses = []
        for verdict, word in ((Verdict.BETTER, "better"), (Verdict.WORSE, "worse")):
            if names := groups.get(verdict):
                verb = "converts" if len(names) == 1 else "convert"
                clauses.append(f"{join(names)} {verb} {word} than {old}")
        if not clauses:
            return f"No evidence that any campaign converts better or worse than {old}."
        if names := groups.get(Verdict.NO_EVIDENCE):
            clauses.append(f"no evidence for {join(names)}")
        return "; ".join(clauses) + "."

    def _untestable(self, campaign: Campaign) -> str:
        baseline, new = self.campaigns[self.context.baseline.key], self.campaigns[campaign.key]
        for label, each in ((self.context.baseline.label, baseline), (campaign.label, new)):
            if not each.users:
                return f"{label} has no users: there is nothing to compare."
        if baseline.buyers is None or new.buyers is None:
            return "Nothing to compare: the data do not say what users did."
        if baseline.buyers + new.buyers < FEWEST_RESPONDERS:
            count = self.formats.count
            return (
                f"Too few buyers to compare ({count(baseline.buyers)} of {count(baseline.users)},"
                f" {count(new.buyers)} of {count(new.users)})."
            )
        return ""

    def _alike(self, row: Measured) -> bool:
        margin, compared = self.context.smallest_effect, row.comparison
        if margin is None or compared is None or compared.ci_low is None:
            return False
        return -margin < compared.ci_low and (compared.ci_high or 0.0) < margin

    def lede(self) -> str:
        """The numbers behind the verdict, their interval, what the sample could have seen."""
        context, formats = self.context, self.formats
        baseline = self.campaigns[context.baseline.key]
        if not context.compared:
            rate = formats.rate(self.rows[context.baseline.key].value)
            if baseline.buyers is None:
                return f"{formats.count(baseline.users)} users; what they did is not in the data."
            return f"{formats.count(baseline.buyers)} of {formats.count(baseline.users)} users bought ({rate})."
        if len(context.compared) > 1:
            return " ".join(
                [self._against(context.compared[0]), *map(self._beside, context.compared[1:])]
            )
        return self._against(context.compared[0]) + self._power(context.compared[0])

    def _did(self) -> str:
        response = self.context.metrics.response
        label = self.context.label("action", response)
        return "bought" if response == "bought" else f"did “{label}”"

    def _against(self, campaign: Campaign) -> str:
        row, formats = self.rows[campaign.key], self.formats
        baseline = self.campaigns[self.context.baseline.key]
        if row.value is None or row.baseline_value is None or row.comparison is None:
            return self._counts_alone(campaign)
        return (
            f"{formats.rate(row.value)} of {formats.count(row.n)} {campaign.label} users"
            f" {self._did()}, against {formats.rate(row.baseline_value)} of"
            f" {formats.count(baseline.users)} {self.context.baseline.label} users:"
            f" {self._effect(row)}."
        )

    def _beside(self, campaign: Campaign) -> str:
        row, formats = self.rows[campaign.key], self.formats
        if row.value is None or row.comparison is None:
            return self._counts_alone(campaign)
        return (
            f"{campaign.label}: {formats.rate(row.value)} of {formats.count(row.n)},"
            f" {self._effect(row)}."
        )

    def _counts_alone(self, campaign: Campaign) -> str:
        baseline, new = self.campaigns[self.context.baseline.key], self.campaigns[campaign.key]
        count = self.formats.count
        return (
            f"{campaign.label} has {count(new.users)} users,"
            f" {self.context.baseline.label} {count(baseline.users)}."
        )

    def _effect(self, row: Measured) -> str:
        compared, formats = row.comparison, self.formats
        assert compared is not None
        points = formats.points(compared.difference)
        interval = formats.interval(compared.ci_low, compared.ci_high, "rate")
        if row.verdict in (Verdict.BETTER, Verdict.WORSE):
            return f"{points} points ({interval})"
        return f"{points} points, and anything from {interval} fits the data"

    def _power(self, campaign: Campaign) -> str:
        row = self.rows[campaign.key]
        if row.verdict is not Verdict.NO_EVIDENCE or row.smallest_detectable is None:
            return ""
        least = self.formats.number(row.smallest_detectable * 100, 1)
        return f" This sample could only have shown about {least} points or more."


def _note(context: Context) -> str:
    tests = "Rates, means per user and ratios have an interval" if context.compared else ""
    if not tests:
        return "Nothing is tested: there is only one campaign."
    level = context.formats.share(context.confidence)
    return (
        f"{tests} ({level}); totals follow from how many signed up and are not tested."
        " pp = percentage points."
    )


# -- the KPI table -----------------------------------------------------------------------------


def _kpi_table(measured: Sequence[Measured], context: Context) -> Table:
    return Table(
        id="kpis",
        title="All KPIs",
        frame=frame(measured),
        columns=(
            Column(name="metric", head="KPI", role="metric"),
            Column(name="campaign", head="Campaign", role="campaign"),
            Column(name="n", head="n", kind="count"),
            Column(name="value", head="Value", kind="by_unit"),
            Column(name="difference", head="Difference", kind="change"),
            Column(name="p_value", head="p", kind="p"),
            Column(name="q_value", head="q", kind="p"),
            Column(name="verdict", head="Verdict", kind="verdict"),
        ),
        note=f"q: p corrected by {context.correction} over all tested rows."
        if context.compared
        else "",
    )


def _kpi_rows(measured: Sequence[Measured], context: Context) -> list[KpiRow]:
    if not context.compared:
        return [
            _kpi_row(each, context, {}) for each in measured if each.metric.id in _wanted(1, measured, context)
        ]
    wanted = _wanted(len(context.compared), measured, context)
    scales = _strip_scales(measured)
    by_key = {(each.campaign, each.metric.id): each for each in measured}
    return [
        _kpi_row(by_key[campaign.key, metric], context, scales)
        for campaign in context.compared
        for metric in wanted
    ]


def _wanted(groups: int, measured: Sequence[Measured], context: Context) -> list[str]:
    """Metric ids of the front page, tested first, so that all groups fit in eight rows."""
    has = {each.metric.id for each in measured if each.value is not None}
    roi = ("roi",) if context.metrics.costs else ()
    targets = tuple(metric for metric in context.metrics.targets if metric not in LEADING)
    leading = [m for m in (*LEADING[:3], *roi, *targets) if m in has]
    closing = [m for m in CLOSING if m in has and (m != "profit" or context.metrics.costs)]
    room = max(2, MOST_ROWS // groups)
    return [*leading, *closing][:room]


def _strip_scales(measured: Sequence[Measured]) -> dict[str, float]:
    """Half the width of the interval strip: all rates share one scale, other metrics their own."""
    scales: dict[str, float] = {}
    for each in measured:
        compared = each.comparison
        if compared is None or compared.ci_low is None or compared.ci_high is None:
            continue
        key = _scale_key(each)
        largest = max(abs(compared.ci_low), abs(compared.ci_high)) * 1.1
        if each.metric.id in LEADING or each.metric.id in CLOSING:
            scales[key] = max(scales.get(key, 0.0), largest)
        else:
            scales.setdefault(f"{key}/other", largest)
    return scales


def _scale_key(each: Measured) -> str:
    return "rate" if each.metric.kind == "proportion" else each.metric.id


def _kpi_row(each: Measured, context: Context, scales: Mapping[str, float]) -> KpiRow:
    formats, metric, compared = context.formats, each.metric, each.comparison
    total = metric.kind == "total"
    change = interval = ""
    if compared is not None:
        change = (
            _total_change(each, formats) if total else formats.difference(compared.difference, metric.unit)
        )
        if compared.ci_low is not None and not total:
            interval = formats.interval(compared.ci_low, compared.ci_high, metric.unit)
    target = context.metrics.targets.get(metric.id)
    return KpiRow(
        metric=metric.id,
        campaign=each.campaign,
        name=metric.name,
        baseline=formats.value(each.baseline_value, metric.unit, symbol=False),
        value=formats.value(each.value, metric.unit, symbol=False),
        unit="%" if metric.unit == "rate" else "",
        change=change or "–",
        change_unit="pp" if metric.unit == "rate" and not total else "",
        interval=interval or "–",
        verdict=each.verdict,
        strip=_strip(each, scales),
        target="" if target is None else formats.value(target, metric.unit),
        on_target=each.on_target,
    )


def _total_change(each: Measured, formats: Formats) -> str:
    compared = each.comparison
    if compared is None or compared.difference is None:
        return "–"
    if compared.difference == 0:
        return "0"
    enough = (each.baseline_value or 0) >= 20
    if enough and compared.relative_difference is not None:
        return formats.relative(compared.relative_difference)
    return formats.difference(compared.difference, each.metric.unit)


def _strip(each: Measured, scales: Mapping[str, float]) -> tuple[float, float, float] | None:
    compared = each.comparison
    if compared is None or compared.ci_low is None or compared.ci_high is None:
        return None
    if compared.difference is None or each.metric.kind == "total":
        return None
    key = _scale_key(each)
    scale = scales.get(key) or scales.get(f"{key}/other") or 1.0
    sign = 1 if each.metric.higher_is_better else -1
    ends = sorted((sign * compared.ci_low / scale, sign * compared.ci_high / scale))
    return ends[0], sign * compared.difference / scale, ends[1]


# -- the interval plot -------------------------------------------------------------------------

_UNIT_TITLES = {"rate": "Percentage points", "money": "Money", "ratio": "Number"}


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
    if not tested:
        return None
    panels = []
    for unit, title in _UNIT_TITLES.items():
        rows = [_interval_row(each, context) for each in tested if each.metric.unit == unit]
        if unit == "money":
            title = f"Money, {context.formats.currency}"
        if rows:
            panels.append(IntervalPanel(rows=rows, unit=tested[0].metric.unit if False else unit, title=title))  # type: ignore[arg-type]
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
        lower=f"← lower in {new}",
        higher=f"higher in {new} →",
    )


def _differences_title(passed: Sequence[Measured], tested: Sequence[Measured]) -> str:
    if not passed:
        return "No rate or mean shows evidence of a difference"
    names = list(dict.fromkeys(each.metric.name for each in passed))
    if len(names) > 2:
        return f"{len(names)} of {len({e.metric.id for e in tested})} KPIs differ by more than chance"
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
    findings += [_target_finding(each, context) for each in measured if each.on_target is not None and each.campaign != context.baseline.key]
    return findings


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
        evidence=Evidence(
            table="kpis", row={"metric": each.metric.id, "campaign": each.campaign}
        ),
        direction="better" if each.verdict is Verdict.BETTER else "worse",
        weight=0.7 + 0.3 * min(1.0, abs(compared.relative_difference or 0.0)),
    )


def _target_finding(each: Measured, context: Context) -> Finding:
    formats = context.formats
    new = next(c.label for c in context.campaigns if c.key == each.campaign)
    met = bool(each.on_target)
    return Finding(
        heading=f"Target {'met' if met else 'missed'}",
        text=f"{each.metric.name} of {new} is {formats.value(each.value, each.metric.unit)};"
        f" the target is {formats.value(each.target, each.metric.unit)}.",
        evidence=Evidence(
            table="kpis", row={"metric": each.metric.id, "campaign": each.campaign}
        ),
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


def _ratio_words(
    ratio: SampleRatio | None, campaigns: Mapping[str, Sums], context: Context
) -> str:
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


def _caveats(context: Context, facts: Facts, ratio: SampleRatio | None) -> list[str]:
    caveats = []
    if context.compared and not context.randomised:
        caveats.append(
            "Users were not randomised: a difference may come from time, mix or season."
        )
    if ratio is not None and ratio.p_value is not None and not ratio.level:
        caveats.append(
            f"Arms have the sizes that were planned (sample-ratio check p"
            f" {context.formats.p(ratio.p_value)})."
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


def _coverage(facts: Facts, campaigns: Mapping[str, Sums], context: Context) -> str:
    """What the report covers: dates, zone, users, events, how fresh the data are."""
    formats, span = context.formats, facts["span"].set_index("campaign")
    spans = []
    newest = None
    for campaign in context.campaigns:
        if campaign.key not in span.index:
            continue
        row = span.loc[campaign.key]
        seen = [t for t in (row["first_signup"], row["first_event"], row["last_signup"], row["last_event"]) if _is_time(t)]
        first = campaign.start or (min(seen).date() if seen else None)
        last = max(seen).date() if seen else None
        if first and last:
            spans.append(f"{formats.dates(first, last)} ({campaign.label})")
        if _is_time(row["last_event"]):
            newest = max(newest, row["last_event"]) if newest else row["last_event"]
    users = sum(each.users for each in campaigns.values())
    events = int(span["events"].sum())
    pieces = [", ".join([*spans, context.timezone]) if spans else "no dates in the data"]
    pieces.append(
        f"{formats.plural(users, 'user', 'users')}, {formats.plural(events, 'event', 'events')}"
    )
    if newest is not None:
        pieces.append(f"newest event {formats.instant(newest)}")
    if context.compared:
        pieces.append(
            "users were randomised"
            if context.randomised
            else "users were not randomised: a difference is not proof of cause"
        )
    return " · ".join(pieces)


def _is_time(value: object) -> bool:
    return value is not None and value == value


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
    facts=("span", "totals", "actions?", "overlap?"),
    tables={"kpis": COLUMNS},
    compute=compute,
)
