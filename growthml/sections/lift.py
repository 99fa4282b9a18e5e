"""Did the new campaign do better, and does ranking its users help?

The first part compares response rates as ratios with a log interval (Katz et al. 1978), channel
by channel and overall, and money per user by Welch's t. The second learns from the baseline who
responds, puts the new campaign's users in that order, and draws how many responders the first
tenth, fifth … hold: features from before the cut-off, responses from after it.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from growthml import shape
from growthml.analysis import incremental
from growthml.analysis.incremental import INCREMENTAL, Incremental
from growthml.analysis.lift import ALL, FEWEST_RESPONDERS, Lifted, interval, lifts, passed, verdict
from growthml.analysis.lift_charts import forest
from growthml.errors import NotEnoughData
from growthml.models.gains import GAINS, gains_chart, gains_table
from growthml.models.judged import (
    MODELS,
    Judged,
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
from growthml.words import N_, _

CAMPAIGN = (
    *("campaign", "channel", "baseline_users", "baseline_responders", "users", "responders"),
    *("baseline_rate", "rate", "lift", "ci_low", "ci_high", "p_value", "q_value"),
)


class LiftOptions(Options):
    """Options of `lift`."""

    response: str = ""
    """The action compared, such as `like`. Left out: the report's own response."""
    horizon_days: int = Field(default=90, ge=1, le=3650)
    """How many days of responses the response model predicts; features come from before them."""


def compute(facts: Facts, context: Context, options: LiftOptions) -> Answer:
    """Lift by channel, incremental value, and what a response model would have gained."""
    if not context.compared:
        raise NotEnoughData(_("lift compares campaigns, and this report has one"), unasked=True)
    if not facts["totals"]["n"].sum():
        raise NotEnoughData(_("there are no users in any campaign"))
    response = options.response or context.metrics.response
    rows = lifts(facts, response, context)
    if not any(each.responders + each.baseline_responders for each in rows):
        raise NotEnoughData(_nobody(rows, response, context))
    if context.metrics.orders_alone and response == context.metrics.response:
        rows = []
    values = incremental.values(facts["totals"], context)
    orders = ordered(facts, context.compared, context, options.horizon_days)
    judged = judge(orders, context)
    used = [context.baseline, *(each.order.campaign for each in judged)]
    tested = how_tested(facts, used, context, options.horizon_days) if judged else ""
    charts = [forest(rows, each, response, context) for each in context.compared if rows]
    return Answer(
        headline=_headline(rows, judged, response, context),
        blocks=[
            *(chart for chart in charts if chart is not None),
            *([_campaign_table(rows, context)] if rows else []),
            incremental.table(values, context),
            *(gains_chart(each, context) for each in judged if not each.order.few),
            gains_table(judged, tested, context),
            models_table(judged, context),
        ],
        findings=[
            *_lift_findings(rows, response, context),
            *incremental.findings(values, context),
            *ranking_findings(judged, context),
        ],
        caveats=[*_caveats(rows, values, context), *ranking_caveats(orders, context)],
        definitions=[
            (_("Lift"), _("rate of the new campaign divided by the baseline's; 1 is no change")),
            (
                _("Incremental value"),
                _("difference per user from the baseline, times the users of the new campaign"),
            ),
            (_("Gain"), _("share of all responders among the users that a ranking puts first")),
            (
                _("AUC"),
                _("chance that a responder is ranked above another user: 0.5 by chance, 1 at best"),
            ),
        ],
    )


def _nobody(lifts: Sequence[Lifted], response: str, context: Context) -> str:
    overall = [each for each in lifts if each.channel == ALL]
    counted = [overall[0].baseline_users, *(each.users for each in overall)]
    listed = ", ".join(shape.part_of(0, n, context) for n in counted)
    return _(
        "no user did “{action}” in any campaign ({listed})",
        action=context.label("action", response),
        listed=listed,
    )


def _campaign_table(rows: Sequence[Lifted], context: Context) -> Table:
    import pandas as pd

    data = [
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
        for row in rows
    ]
    frame = pd.DataFrame(data, columns=[*CAMPAIGN, "reason"])
    several = len(context.compared) > 1
    intervals = [interval(row.lift, context) for row in rows]
    columns = [
        *shape.campaign_column(context),
        Column(name="channel", head=_("Channel"), role="channel"),
        Column(name="baseline_rate", head=context.baseline.label, kind="rate"),
        Column(name="rate", head=_("Rate") if several else context.compared[0].label, kind="rate"),
        Column(name="lift", head=_("Lift"), kind="ratio"),
        Column(
            name="interval",
            head=_("{confidence} interval", confidence=context.formats.share(context.confidence)),
        ),
        Column(name="p_value", head="p", kind="p"),
        Column(name="q_value", head="q", kind="p"),
    ]
    return Table(
        id="campaign",
        title=_("Response by channel"),
        frame=frame,
        view=frame.assign(
            interval=intervals,
            channel=[_("All channels") if row.channel == ALL else row.channel for row in rows],
        ),
        columns=columns,
        order=_("by users"),
        note=_(
            "q: p corrected by {correction} over the channels; “all” is a test of its own,"
            " corrected over the campaigns.",
            correction=context.corrected_by,
        )
        if several
        else _(
            "q: p corrected by {correction} over the channels; “all” is a test of its own.",
            correction=context.corrected_by,
        ),
        total=not several,
    )


# -- words ------------------------------------------------------------------------------------


def _headline(
    rows: Sequence[Lifted], judged: Sequence[Judged], response: str, context: Context
) -> str:
    if not rows:
        return _ranked(judged)
    changed = _changed(rows, context)
    words = (
        _changes(changed, rows, response, context)
        if changed
        else _no_evidence(rows, response, context)
    )
    if len(judged) != 1 or len(context.compared) > 1:
        return f"{words}."
    if judged[0].older.helps:
        return _("{words}; ranking its users helps.", words=words)
    return (
        _("{words}; no evidence that ranking its users helps.", words=words)
        if changed
        else _("{words}, or that ranking its users helps.", words=words)
    )


def _ranked(judged: Sequence[Judged]) -> str:
    """The headline where there is no lift to tell."""
    told = [each.older.helps for each in judged]
    if not told:
        return _("Users are seen only once they respond: there is no lift to measure.")
    if all(told):
        return _("There is no lift to measure, but ranking users helps.")
    if any(told):
        return _("There is no lift to measure; ranking users helps in some campaigns.")
    return _("There is no lift to measure, and no evidence that ranking users helps.")


def _changed(rows: Sequence[Lifted], context: Context) -> list[Lifted]:
    overall = [row for row in rows if row.channel == ALL]
    return [row for row in overall if shape.passes(row.q_value, context) and row.change]


def _no_evidence(rows: Sequence[Lifted], response: str, context: Context) -> str:
    overall = [row for row in rows if row.channel == ALL]
    told = {
        "names": context.formats.join([row.campaign.label for row in overall], "or"),
        "base": context.baseline.label,
        "told": _told(overall[0], context) if len(overall) == 1 else "",
    }
    if response == context.metrics.response:
        return _("No evidence that {names} converts better or worse than {base}{told}", **told)
    return _(
        "No evidence that {names} users do “{action}” more or less than {base}'s{told}",
        action=context.label("action", response),
        **told,
    )


def _changes(
    changed: Sequence[Lifted], rows: Sequence[Lifted], response: str, context: Context
) -> str:
    rest = [row.campaign.label for row in rows if row.channel == ALL and row not in changed]
    phrases = [_change(row, response, context) for row in changed]
    if rest:
        phrases.append(_("no evidence for {rest}", rest=context.formats.join(rest, "or")))
    return "; ".join(phrases)


def _change(row: Lifted, response: str, context: Context) -> str:
    told = {
        "campaign": row.campaign.label,
        "base": context.baseline.label,
        "told": _told(row, context),
        "action": context.label("action", response),
    }
    if response == context.metrics.response:
        if row.change > 0:
            return _("{campaign} converts better than {base}{told}", **told)
        return _("{campaign} converts worse than {base}{told}", **told)
    if row.change > 0:
        return _("{campaign} brought “{action}” from more of its users than {base}{told}", **told)
    return _("{campaign} brought “{action}” from fewer of its users than {base}{told}", **told)


def _told(row: Lifted, context: Context) -> str:
    if row.lift.ratio is None:
        return ""
    return _(
        " ({ratio}x, {interval})",
        ratio=context.formats.ratio(row.lift.ratio),
        interval=interval(row.lift, context),
    )


def _lift_findings(rows: Sequence[Lifted], response: str, context: Context) -> list[Finding]:
    findings = []
    for campaign in context.compared:
        channels = [row for row in rows if row.campaign == campaign and row.channel != ALL]
        changed = passed(channels, context)
        findings += [_channel_finding(row, response, context) for row in changed[:3]]
        if not changed and len(channels) > 1:
            findings += _no_channel(channels, campaign, response, context)
    return findings


def _channel_finding(row: Lifted, response: str, context: Context) -> Finding:
    name = context.label("channel", row.channel)
    return Finding(
        heading=(
            _("{channel} rose", channel=name)
            if row.change > 0
            else _("{channel} fell", channel=name)
        )[:30],
        text=_(
            "{part} {campaign} users from {channel} responded, against {before} of"
            " {baseline}{told}.",
            part=shape.part_of(row.responders, row.users, context),
            campaign=row.campaign.label,
            channel=name,
            before=shape.part_of(row.baseline_responders, row.baseline_users, context),
            baseline=context.baseline.label,
            told=_told(row, context),
        ),
        evidence=Evidence(
            table="campaign", row={"campaign": row.campaign.key, "channel": row.channel}
        ),
        direction="better" if verdict(row, response, context) is Verdict.BETTER else "worse",
        weight=0.6 + 0.3 * min(1.0, abs((row.lift.ratio or 1.0) - 1.0)),
    )


def _no_channel(
    channels: Sequence[Lifted], campaign: Campaign, response: str, context: Context
) -> list[Finding]:
    estimated = [row for row in channels if row.lift.ratio is not None and not row.few]
    if not estimated:
        return []
    largest = max(estimated, key=lambda row: row.responders + row.baseline_responders)
    name = context.label("channel", largest.channel)
    return [
        Finding(
            heading=_("No channel stands out"),
            text=_(
                "No evidence that any channel of {campaign} changed; {channel}, with the most"
                " responders, stands at {ratio} times {baseline}'s rate ({interval}).",
                campaign=campaign.label,
                channel=name,
                ratio=context.formats.ratio(largest.lift.ratio),
                baseline=context.baseline.label,
                interval=interval(largest.lift, context),
            ),
            evidence=Evidence(
                table="campaign", row={"campaign": campaign.key, "channel": largest.channel}
            ),
            weight=0.15,
        )
    ]


def _caveats(rows: Sequence[Lifted], values: Sequence[Incremental], context: Context) -> list[str]:
    caveats = [*shape.comparison_caveats(context), *shape.orders_alone_caveats(context)]
    if _windows_differ(context):
        caveats.append(
            _(
                "The campaigns cover stretches of different length: a shorter one leaves less time"
                " to respond."
            )
        )
    few = [row for row in rows if row.few and row.channel != ALL]
    if few:
        listed = context.formats.join(
            list(dict.fromkeys(context.label("channel", row.channel) for row in few))[:6]
        )
        caveats.append(
            _(
                "Fewer than {fewest_responders} responders in a campaign: {listed}. Their lifts are"
                " shown in grey and say little.",
                fewest_responders=FEWEST_RESPONDERS,
                listed=listed,
            )
        )
    if not values:
        caveats.append(_("Responses have no price here: no value beyond the baseline is given."))
    return caveats


def _windows_differ(context: Context) -> bool:
    lengths = {
        each.end - each.start if each.start and each.end else None for each in context.campaigns
    }
    return len(lengths) > 1


SECTION = Section(
    id="lift",
    title=N_("Lift"),
    question=N_("Did the new campaign do better, and does ranking its users help?"),
    facts=(
        *("actions", "totals"),
        *("features:{horizon_days}:{response}?", "feature_actions:{horizon_days}?"),
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
