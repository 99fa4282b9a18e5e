"""Did the new campaign do better, and does ranking its users help?

The first part compares response rates as ratios with a log interval (Katz et al. 1978), channel
by channel and overall, and money per user by Welch's t. The second learns from the baseline who
responds, puts the new campaign's users in that order, and draws how many responders the first
tenth, fifth … hold: features from before the cut-off, responses from after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import Field

from growthml import shape
from growthml.charts import IntervalPanel, IntervalRow, Intervals
from growthml.errors import NotEnoughData
from growthml.metrics import Sums, sums
from growthml.models.judged import (
    GAINS,
    MODELS,
    Judged,
    gains_chart,
    gains_table,
    judge,
    models_table,
    ranking_caveats,
    ranking_findings,
)
from growthml.models.order import how_tested, ordered
from growthml.parts import (
    Answer,
    Campaign,
    Column,
    Context,
    Evidence,
    Facts,
    Finding,
    Options,
    Section,
    Table,
    Verdict,
)

if TYPE_CHECKING:
    import pandas as pd

    from growthml.stats.comparison import Comparison, Lift

ALL = "all"
FEWEST_RESPONDERS = 5
"""A channel with fewer in either campaign is shown, but muted and never a finding."""

CAMPAIGN = (
    "campaign",
    "channel",
    "baseline_users",
    "baseline_responders",
    "users",
    "responders",
    "baseline_rate",
    "rate",
    "lift",
    "ci_low",
    "ci_high",
    "p_value",
    "q_value",
)
INCREMENTAL = ("campaign", "metric", "per_user", "ci_low", "ci_high", "total")


class LiftOptions(Options):
    """response: the action compared, the report's own if empty. horizon_days: length of what the
    response model predicts."""

    response: str = ""
    horizon_days: int = Field(default=90, ge=1, le=3650)


def compute(facts: Facts, context: Context, options: LiftOptions) -> Answer:
    """Lift by channel, incremental value, and what a response model would have gained."""
    if not context.compared:
        raise NotEnoughData("lift compares campaigns, and this report has one")
    if not facts["totals"]["n"].sum():
        raise NotEnoughData("there are no users in any campaign")
    response = options.response or context.metrics.response
    lifts = _lifts(facts, response, context)
    if not any(each.responders + each.baseline_responders for each in lifts):
        raise NotEnoughData(_nobody(lifts, response, context))
    values = _values(facts["totals"], context)
    orders = ordered(facts, context.compared, context, options.horizon_days)
    judged = judge(orders, context)
    used = [context.baseline, *(each.order.campaign for each in judged)]
    tested = how_tested(facts, used, context, options.horizon_days) if judged else ""
    blocks: list[Any] = []
    for campaign in context.compared:
        if chart := _forest(lifts, campaign, response, context):
            blocks.append(chart)
    blocks += [_campaign_table(lifts, context), _value_table(values, context)]
    for each in judged:
        if not each.order.few:
            blocks.append(gains_chart(each, context))
    blocks += [gains_table(judged, tested, context), models_table(judged, context)]
    return Answer(
        headline=_headline(lifts, judged, response, context),
        blocks=blocks,
        findings=[
            *_lift_findings(lifts, response, context),
            *_value_findings(values, context),
            *ranking_findings(judged, context),
        ],
        caveats=[*_caveats(lifts, values, context), *ranking_caveats(orders, context)],
        definitions=[
            ("Lift", "rate of the new campaign divided by the baseline's; 1 is no change"),
            (
                "Incremental value",
                "difference per user from the baseline, times the users of the new campaign",
            ),
            ("Gain", "share of all responders among the users that a ranking puts first"),
            (
                "AUC",
                "chance that a responder is ranked above another user: 0.5 by chance, 1 at best",
            ),
        ],
    )


def _nobody(lifts: Sequence[_Row], response: str, context: Context) -> str:
    count, overall = context.formats.count, [each for each in lifts if each.channel == ALL]
    counted = [overall[0].baseline_users, *(each.users for each in overall)]
    listed = ", ".join(f"0 of {count(n)}" for n in counted)
    return f"no user did “{context.label('action', response)}” in any campaign ({listed})"


# -- did it do better? -------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Row:
    """One channel (or all) of one campaign beside the baseline."""

    campaign: Campaign
    channel: Any
    baseline_users: int
    baseline_responders: int
    users: int
    responders: int
    lift: Lift
    p_value: float | None
    q_value: float | None = None

    @property
    def few(self) -> bool:
        """Whether too few responded to read much into it."""
        return min(self.baseline_responders, self.responders) < FEWEST_RESPONDERS

    @property
    def change(self) -> float:
        """The difference of the rates; 0 where there are no users."""
        old = self.baseline_responders / self.baseline_users if self.baseline_users else 0.0
        return (self.responders / self.users if self.users else old) - old


def _lifts(facts: Facts, response: str, context: Context) -> list[_Row]:
    """Every compared campaign: its channels by users, then all. The channels are corrected as one
    family; `all` is a test of its own, corrected over campaigns only."""
    users, responders = _counts(facts, response, context)
    channels = shape.order(users, "channel", "n", context)
    n_of = shape.lookup(users, ["campaign", "channel"], "n")
    base = context.baseline.key
    rows = []
    for campaign in context.compared:
        counted = [
            tuple(
                int(counts.get((key, channel), 0))
                for key in (base, campaign.key)
                for counts in (n_of, responders)
            )
            for channel in channels
        ]
        here = [
            (channel, cells) for channel, cells in zip(channels, counted, strict=True) if any(cells)
        ]
        whole = [sum(each) for each in zip(*counted, strict=True)]
        rows += [_row(campaign, channel, cells, context) for channel, cells in here]
        rows.append(_row(campaign, ALL, whole, context))
    return _corrected(rows, context)


def _counts(
    facts: Facts, response: str, context: Context
) -> tuple[pd.DataFrame, dict[tuple[Any, ...], Any]]:
    """Users by campaign and channel, and how many of them responded."""
    totals = facts["totals"]
    if response == context.metrics.response:
        return totals, shape.lookup(totals, ["campaign", "channel"], "buyers")
    actions = facts["actions"]
    mine = actions[actions["action"] == response]
    return totals, shape.lookup(mine, ["campaign", "channel"], "users")


def _row(campaign: Campaign, channel: Any, cells: Sequence[int], context: Context) -> _Row:
    from growthml.stats.proportions import compare_proportions, relative_lift

    baseline_users, baseline_responders, users, responders = cells
    counts = (baseline_responders, baseline_users, responders, users)
    tested = baseline_responders or responders
    return _Row(
        campaign=campaign,
        channel=channel,
        baseline_users=baseline_users,
        baseline_responders=baseline_responders,
        users=users,
        responders=responders,
        lift=relative_lift(*counts, context.confidence),
        p_value=compare_proportions(*counts, context.confidence).p_value if tested else None,
    )


def _corrected(rows: Sequence[_Row], context: Context) -> list[_Row]:
    from dataclasses import replace

    from growthml.stats.corrections import adjust

    corrected: dict[int, float | None] = {}
    for overall in (False, True):
        family = [i for i, row in enumerate(rows) if (row.channel == ALL) == overall]
        q_values = adjust([rows[i].p_value for i in family], context.correction)
        corrected |= dict(zip(family, q_values, strict=True))
    return [replace(row, q_value=corrected[i]) for i, row in enumerate(rows)]


def _verdict(row: _Row, response: str, context: Context) -> Verdict:
    if row.q_value is None:
        return Verdict.NOT_TESTED
    if not _passes(row.q_value, context) or not row.change:
        return Verdict.NO_EVIDENCE
    wanted = response not in context.metrics.idle
    return Verdict.BETTER if (row.change > 0) == wanted else Verdict.WORSE


def _passes(q_value: float | None, context: Context) -> bool:
    return q_value is not None and q_value <= 1 - context.confidence + 1e-12


# -- what was it worth? ------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Value:
    """Profit or revenue per user, new less baseline, and over all users of the campaign."""

    campaign: Campaign
    metric: str
    users: int
    compared: Comparison
    q_value: float | None = None


def _values(totals: pd.DataFrame, context: Context) -> list[_Value]:
    from dataclasses import replace

    from growthml.stats.corrections import adjust

    campaigns = sums(totals, None, context)
    values = [
        _value(campaign, metric, campaigns, context)
        for campaign in context.compared
        for metric in ("profit", "revenue")
    ]
    known = [each for each in values if each is not None and each.compared.difference is not None]
    # Without costs profit is revenue: the same test is not counted twice.
    tested = [
        each for each in known if each.metric == "revenue" or any(context.metrics.costs.values())
    ]
    q_values = adjust([each.compared.p_value for each in tested], context.correction)
    q_of = dict(zip([(e.campaign.key, e.metric) for e in tested], q_values, strict=True))
    return [
        replace(
            each,
            q_value=q_of.get(
                (each.campaign.key, each.metric), q_of.get((each.campaign.key, "revenue"))
            ),
        )
        for each in known
    ]


def _value(
    campaign: Campaign, metric: str, campaigns: dict[str, Sums], context: Context
) -> _Value | None:
    from growthml.stats.means import compare_means

    old, new = campaigns[context.baseline.key], campaigns[campaign.key]
    if old.revenue is None or new.revenue is None or not (old.moments and new.moments):
        return None
    return _Value(
        campaign=campaign,
        metric=metric,
        users=new.users,
        compared=compare_means(old.moments, new.moments, metric, context.confidence),
    )


# -- charts ------------------------------------------------------------------------------------


def _forest(
    lifts: Sequence[_Row], campaign: Campaign, response: str, context: Context
) -> Intervals | None:
    mine = [row for row in lifts if row.campaign == campaign]
    channels, overall = mine[:-1], mine[-1]
    if len(channels) < 2:
        return None
    formats = context.formats
    shown = _folded(channels, context)
    rows = [_interval_row(name, row, response, context) for name, row in shown]
    last = _interval_row("All channels", overall, response, context)
    return Intervals(
        id="forest" if len(context.compared) == 1 else f"forest_{campaign.key}",
        title=_forest_title(channels, campaign, response, context),
        subtitle=f"{_rate_name(response, context)}, {campaign.label} over"
        f" {context.baseline.label}, times; {formats.count(overall.users)} and"
        f" {formats.count(overall.baseline_users)} users"[:110],
        alt=_forest_alt(channels, overall, campaign, response, context),
        how_to_read=f"1 is no change, 2 twice the rate of {context.baseline.label}. A line that"
        " crosses 1 fits both a rise and a fall; the verdict follows the corrected test.",
        half=False,
        table="campaign",
        panels=[IntervalPanel(rows=rows, unit="ratio"), IntervalPanel(rows=[last], unit="ratio")],
        log=True,
        lower=f"lower in {campaign.label}",
        higher=f"higher in {campaign.label}",
    )


def _folded(channels: Sequence[_Row], context: Context) -> list[tuple[str, _Row]]:
    """The channels as rows of a chart, by users; the tail of a long list as one row."""
    sizes = {row.channel: float(row.users + row.baseline_users) for row in channels}
    shown = shape.top([row.channel for row in channels], sizes)
    named = [
        (context.label("channel", row.channel), row) for row in channels if row.channel in shown
    ]
    tail = [row for row in channels if row.channel not in shown]
    if tail:
        cells = [
            sum(getattr(row, name) for row in tail)
            for name in ("baseline_users", "baseline_responders", "users", "responders")
        ]
        whole = _row(tail[0].campaign, shape.OTHER, cells, context)
        named.append((shape.name(context, "channel", shape.OTHER, len(tail)), whole))
    return named


def _interval_row(name: str, row: _Row, response: str, context: Context) -> IntervalRow:
    formats = context.formats
    return IntervalRow(
        name=name,
        estimate=row.lift.ratio,
        low=row.lift.ci_low,
        high=row.lift.ci_high,
        left=f"{_of(row.baseline_responders, row.baseline_users, context)} →"
        f" {_of(row.responders, row.users, context)}",
        right=row.lift.reason
        if row.lift.ratio is None
        else f"{formats.ratio(row.lift.ratio)}x ({_interval(row.lift, context)})",
        verdict=str(_verdict(row, response, context)),
        muted=row.few,
    )


def _interval(lift: Lift, context: Context) -> str:
    return context.formats.interval(lift.ci_low, lift.ci_high, "ratio", signed=False)


def _of(part: int, whole: int, context: Context) -> str:
    return f"{context.formats.count(part)} of {context.formats.count(whole)}"


def _rate_name(response: str, context: Context) -> str:
    if response == context.metrics.response:
        return "Conversion"
    return f"Users who did “{context.label('action', response)}”"


def _forest_title(
    channels: Sequence[_Row], campaign: Campaign, response: str, context: Context
) -> str:
    passed = _passed(channels, context)
    what = _rate_name(response, context).lower() if response == context.metrics.response else "rate"
    if not passed:
        return f"No channel's {what} shows evidence of a change"
    first = passed[0]
    name = context.label("channel", first.channel)
    more = f" and {len(passed) - 1} more" if len(passed) > 1 else ""
    changed = "higher" if first.change > 0 else "lower"
    title = (
        f"{name}: {what} {changed} in {campaign.label},"
        f" {context.formats.ratio(first.lift.ratio)} times {context.baseline.label}'s{more}"
    )
    return title if len(title) <= 80 else f"{len(passed)} of {len(channels)} channels changed"


def _passed(channels: Sequence[_Row], context: Context) -> list[_Row]:
    """Channels whose change passed its corrected test on enough responders, largest first."""
    from math import log

    passed = [row for row in channels if not row.few and _passes(row.q_value, context)]
    return sorted(passed, key=lambda row: -abs(log(row.lift.ratio or 1.0)))


def _forest_alt(
    channels: Sequence[_Row], overall: _Row, campaign: Campaign, response: str, context: Context
) -> str:
    formats = context.formats
    estimated = sorted(
        (row for row in channels if row.lift.ratio is not None and not row.few),
        key=lambda row: -(row.responders + row.baseline_responders),
    )
    told = "; ".join(
        f"{context.label('channel', row.channel)} {formats.ratio(row.lift.ratio)}"
        f" ({_interval(row.lift, context)}), {formats.count(row.baseline_responders)} and"
        f" {formats.count(row.responders)} responders"
        for row in estimated[:2]
    )
    passed = len(_passed(channels, context))
    return (
        f"Ratio plot, {campaign.label} over {context.baseline.label},"
        f" {_rate_name(response, context).lower()}: all {formats.ratio(overall.lift.ratio)}"
        f" ({_interval(overall.lift, context)}){'; ' if told else ''}{told}."
        f" {passed} of {len(channels)} channels changed by more than chance."
    )[:400]


# -- tables ------------------------------------------------------------------------------------


def _campaign_table(lifts: Sequence[_Row], context: Context) -> Table:
    import pandas as pd

    rows = [
        {
            "campaign": row.campaign.key,
            "channel": row.channel,
            "baseline_users": row.baseline_users,
            "baseline_responders": row.baseline_responders,
            "users": row.users,
            "responders": row.responders,
            "baseline_rate": shape.share(row.baseline_responders, row.baseline_users),
            "rate": shape.share(row.responders, row.users),
            "lift": row.lift.ratio,
            "ci_low": row.lift.ci_low,
            "ci_high": row.lift.ci_high,
            "p_value": row.p_value,
            "q_value": row.q_value,
            "reason": row.lift.reason,
        }
        for row in lifts
    ]
    frame = pd.DataFrame(rows, columns=[*CAMPAIGN, "reason"])
    several = len(context.compared) > 1
    interval = [_interval(row.lift, context) for row in lifts]
    columns = [
        *([Column(name="campaign", head="Campaign", role="campaign")] if several else []),
        Column(name="channel", head="Channel", role="channel"),
        Column(name="baseline_rate", head=context.baseline.label, kind="rate"),
        Column(name="rate", head="Rate" if several else context.compared[0].label, kind="rate"),
        Column(name="lift", head="Lift", kind="ratio"),
        Column(name="interval", head=f"{context.formats.share(context.confidence)} interval"),
        Column(name="p_value", head="p", kind="p"),
        Column(name="q_value", head="q", kind="p"),
    ]
    return Table(
        id="campaign",
        title="Response by channel",
        frame=frame,
        view=frame.assign(
            interval=interval,
            channel=["All channels" if row.channel == ALL else row.channel for row in lifts],
        ),
        columns=columns,
        order="by users",
        note=f"q: p corrected by {context.correction} over the channels; “all” is a test of its"
        " own" + (", corrected over the campaigns." if several else "."),
        total=not several,
    )


def _value_table(values: Sequence[_Value], context: Context) -> Table:
    import pandas as pd

    rows = [
        {
            "campaign": each.campaign.key,
            "metric": each.metric,
            "per_user": each.compared.difference,
            "ci_low": each.compared.ci_low,
            "ci_high": each.compared.ci_high,
            "total": (each.compared.difference or 0.0) * each.users,
            "total_ci_low": _times(each.compared.ci_low, each.users),
            "total_ci_high": _times(each.compared.ci_high, each.users),
            "users": each.users,
            "p_value": each.compared.p_value,
            "q_value": each.q_value,
        }
        for each in values
    ]
    extra = ["total_ci_low", "total_ci_high", "users", "p_value", "q_value"]
    frame = pd.DataFrame(rows, columns=[*INCREMENTAL, *extra])
    if not rows:
        return Table(id="incremental_value", title="Incremental value", frame=frame)
    money = context.formats.interval
    view = frame.assign(
        metric=[each.metric.capitalize() for each in values],
        interval=[
            money(low, high, "money")
            for low, high in zip(frame["ci_low"], frame["ci_high"], strict=True)
        ],
        total_interval=[
            money(low, high, "money")
            for low, high in zip(frame["total_ci_low"], frame["total_ci_high"], strict=True)
        ],
    )
    several = len(context.compared) > 1
    share = context.formats.share(context.confidence)
    return Table(
        id="incremental_value",
        title="Value beyond the baseline",
        frame=frame,
        view=view,
        columns=[
            *([Column(name="campaign", head="Campaign", role="campaign")] if several else []),
            Column(name="metric", head="Difference in"),
            Column(name="per_user", head="Per user", kind="money"),
            Column(name="interval", head=f"{share} interval"),
            Column(name="total", head="In total", kind="money"),
            Column(name="total_interval", head=f"{share} interval"),
            Column(name="q_value", head="q", kind="p"),
        ],
        note=f"New campaign less {context.baseline.label}, per user by Welch's t; the total is that"
        " times the new campaign's users.",
    )


def _times(value: float | None, users: int) -> float | None:
    return None if value is None else value * users


# -- words -------------------------------------------------------------------------------------


def _headline(
    lifts: Sequence[_Row], judged: Sequence[Judged], response: str, context: Context
) -> str:
    words = _better_or_worse(lifts, response, context)
    if len(judged) != 1 or len(context.compared) > 1:
        return f"{words}."
    if judged[0].older.helps:
        return f"{words}; ranking its users helps."
    return (
        f"{words}, or that ranking its users helps."
        if words.startswith("No evidence")
        else (f"{words}; no evidence that ranking its users helps.")
    )


def _better_or_worse(lifts: Sequence[_Row], response: str, context: Context) -> str:
    overall = [row for row in lifts if row.channel == ALL]
    passed = [row for row in overall if _passes(row.q_value, context) and row.change]
    base, formats = context.baseline.label, context.formats
    converts = response == context.metrics.response
    if not passed:
        names = formats.join([row.campaign.label for row in overall], "or")
        told = _told(overall[0], context) if len(overall) == 1 else ""
        if converts:
            return f"No evidence that {names} converts better or worse than {base}{told}"
        action = context.label("action", response)
        return f"No evidence that {names} users do “{action}” more or less than {base}'s{told}"
    phrases = []
    for row in passed:
        more = row.change > 0
        verb = (
            f"converts {'better' if more else 'worse'} than {base}"
            if converts
            else f"brought “{context.label('action', response)}” from"
            f" {'more' if more else 'fewer'} of its users than {base}"
        )
        phrases.append(f"{row.campaign.label} {verb}{_told(row, context)}")
    rest = [row.campaign.label for row in overall if row not in passed]
    tail = f"; no evidence for {formats.join(rest, 'or')}" if rest else ""
    return f"{'; '.join(phrases)}{tail}"


def _told(row: _Row, context: Context) -> str:
    if row.lift.ratio is None:
        return ""
    return f" ({context.formats.ratio(row.lift.ratio)}x, {_interval(row.lift, context)})"


def _lift_findings(lifts: Sequence[_Row], response: str, context: Context) -> list[Finding]:
    findings = []
    for campaign in context.compared:
        channels = [row for row in lifts if row.campaign == campaign and row.channel != ALL]
        passed = _passed(channels, context)
        findings += [_channel_finding(row, response, context) for row in passed[:3]]
        if not passed and len(channels) > 1:
            findings += _no_channel(channels, campaign, response, context)
    return findings


def _channel_finding(row: _Row, response: str, context: Context) -> Finding:
    name = context.label("channel", row.channel)
    verdict = _verdict(row, response, context)
    return Finding(
        heading=f"{name} {'rose' if row.change > 0 else 'fell'}"[:30],
        text=f"{_of(row.responders, row.users, context)} {row.campaign.label} users from {name}"
        f" responded, against {_of(row.baseline_responders, row.baseline_users, context)} of"
        f" {context.baseline.label}{_told(row, context)}.",
        evidence=Evidence(
            table="campaign", row={"campaign": row.campaign.key, "channel": row.channel}
        ),
        direction="better" if verdict is Verdict.BETTER else "worse",
        weight=0.6 + 0.3 * min(1.0, abs((row.lift.ratio or 1.0) - 1.0)),
    )


def _no_channel(
    channels: Sequence[_Row], campaign: Campaign, response: str, context: Context
) -> list[Finding]:
    estimated = [row for row in channels if row.lift.ratio is not None and not row.few]
    if not estimated:
        return []
    largest = max(estimated, key=lambda row: row.responders + row.baseline_responders)
    name = context.label("channel", largest.channel)
    return [
        Finding(
            heading="No channel stands out",
            text=f"No evidence that any channel of {campaign.label} changed; {name}, with the most"
            f" responders, stands at {context.formats.ratio(largest.lift.ratio)} times"
            f" {context.baseline.label}'s rate ({_interval(largest.lift, context)}).",
            evidence=Evidence(
                table="campaign", row={"campaign": campaign.key, "channel": largest.channel}
            ),
            weight=0.15,
        )
    ]


def _value_findings(values: Sequence[_Value], context: Context) -> list[Finding]:
    findings, formats = [], context.formats
    told = "profit" if any(context.metrics.costs.values()) else "revenue"
    for each in values:
        if each.metric != told or not each.compared.difference:
            continue
        if not _passes(each.q_value, context):
            continue
        more = each.compared.difference > 0
        low, high = each.compared.ci_low, each.compared.ci_high
        findings.append(
            Finding(
                heading=f"{each.metric.capitalize()} per user"[:30],
                text=f"{each.campaign.label} brought"
                f" {formats.money(abs(each.compared.difference))}"
                f" {'more' if more else 'less'} {each.metric} per user than"
                f" {context.baseline.label} ({formats.interval(low, high, 'money')}),"
                f" {formats.money(each.compared.difference * each.users, signed=True)} over"
                f" {formats.plural(each.users, 'user', 'users')}.",
                evidence=Evidence(
                    table="incremental_value",
                    row={"campaign": each.campaign.key, "metric": each.metric},
                ),
                direction="better" if more else "worse",
                weight=0.65,
            )
        )
    return findings


def _caveats(lifts: Sequence[_Row], values: Sequence[_Value], context: Context) -> list[str]:
    caveats = []
    if not context.randomised:
        caveats.append("Users were not randomised: a difference may come from time, mix or season.")
    if _windows_differ(context):
        caveats.append(
            "The campaigns cover stretches of different length: a shorter one leaves less time to"
            " respond."
        )
    few = [row for row in lifts if row.few and row.channel != ALL]
    if few:
        listed = context.formats.join(
            list(dict.fromkeys(context.label("channel", row.channel) for row in few))[:6]
        )
        caveats.append(
            f"Fewer than {FEWEST_RESPONDERS} responders in a campaign: {listed}. Their lifts are"
            " shown in grey and say little."
        )
    if not values:
        caveats.append("Responses have no price here: no value beyond the baseline is given.")
    return caveats


def _windows_differ(context: Context) -> bool:
    lengths = {
        each.end - each.start if each.start and each.end else None for each in context.campaigns
    }
    return len(lengths) > 1


SECTION = Section(
    id="lift",
    title="Lift",
    question="Did the new campaign do better, and does ranking its users help?",
    facts=(
        "actions",
        "totals",
        "features:{horizon_days}:{response}?",
        "feature_actions:{horizon_days}?",
    ),
    tables={
        "campaign": CAMPAIGN,
        "incremental_value": INCREMENTAL,
        "gains": GAINS,
        "models": MODELS,
    },
    compute=compute,
    options=LiftOptions,
)
