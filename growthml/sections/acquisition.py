"""Who came, from where, and when? Did the campaigns draw the same kind of user?

Users by channel and sign-ups over time, and a chi-square test of the channel mix: two campaigns
that drew different users differ for that reason alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.analysis import signups as over_time
from growthml.charts import BarPanel, Bars
from growthml.errors import NotEnoughData
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
)
from growthml.words import N_, _

if TYPE_CHECKING:
    import pandas as pd

    from growthml.stats.association import Association

MIX_COLUMNS = ("campaign", "chi2", "dof", "p_value", "cramers_v")


def compute(facts: Facts, context: Context, options: Options) -> Answer:
    """Users by channel, the mix test, sign-ups over time."""
    users = _users_by_channel(facts["totals"], context)
    if not users["users"].sum():
        raise NotEnoughData(_("there are no users in any campaign"))
    channels = shape.order(users, "channel", "users", context)
    if channels == [None]:
        raise NotEnoughData(
            _(
                "this needs the field users.channel, which the schema does not map or which is"
                " empty for every user"
            ),
            missing="users.channel",
        )
    mixes = {c.key: _mix(users, channels, c, context) for c in context.compared}
    signups = facts.get("signups")
    blocks: list[Any] = []
    if len(channels) > 1:
        blocks.append(_users_chart(users, mixes, context))
    if signups is not None and (chart := over_time.chart(signups, context)):
        blocks.append(chart)
    blocks += [
        Table(id="users_by_channel", title=_("Users by channel"), frame=users),
        _mix_table(mixes, context),
    ]
    if signups is not None:
        blocks.append(_signup_table(signups))
    return Answer(
        headline=_headline(users, channels, mixes, context),
        blocks=blocks,
        findings=_findings(users, channels, mixes, context),
        caveats=_caveats(mixes),
        definitions=[
            (
                _("Mix test"),
                _(
                    "chi-square of users by channel, baseline against new; Cramér's V runs from 0"
                    " (same mix) to 1"
                ),
            )
        ],
    )


def _users_by_channel(totals: pd.DataFrame, context: Context) -> pd.DataFrame:
    frame = totals[["campaign", "channel", "n"]].rename(columns={"n": "users"})
    whole = frame.groupby("campaign")["users"].transform("sum")
    shares = frame.assign(share=frame["users"] / whole)
    return shape.arranged(shares, ["users", "channel"], context, falling=["users"])


def _mix(
    users: pd.DataFrame, channels: Sequence[Any], campaign: Campaign, context: Context
) -> Association:
    from growthml.stats.association import association

    count = shape.lookup(users, ["campaign", "channel"], "users")
    return association(
        [
            [count.get((key, channel), 0) for channel in channels]
            for key in (context.baseline.key, campaign.key)
        ]
    )


def _headline(
    users: pd.DataFrame, channels: Sequence[Any], mixes: dict[str, Association], context: Context
) -> str:
    changed = [c.label for c in context.compared if shape.passes(mixes[c.key].p_value, context)]
    if changed:
        join = context.formats.join
        return _(
            "{changed} drew another mix of users than {baseline}.",
            changed=join(changed),
            baseline=context.baseline.label,
        )
    largest = _largest(users, channels, context)
    if not context.compared:
        return _("{largest}.", largest=largest)
    return _("{largest}; no evidence that the mix changed.", largest=largest)


def _largest(users: pd.DataFrame, channels: Sequence[Any], context: Context) -> str:
    share = shape.lookup(users, ["campaign", "channel"], "share")
    first = share.get((context.baseline.key, channels[0]))
    label, formats = context.label("channel", channels[0]), context.formats
    if len(channels) == 1:
        return _("All users came from {channel}", channel=label)
    return _(
        "{channel} brought {share} of {baseline} users, the most of {n} channels",
        channel=label,
        share=formats.share(first),
        baseline=context.baseline.label,
        n=formats.count(len(channels)),
    )


def _users_chart(users: pd.DataFrame, mixes: dict[str, Association], context: Context) -> Bars:
    formats = context.formats
    rows = shape.rows(users, "channel", "users", "channel", context)
    values = rows.values(users, "channel", "users", context)
    counts = [[formats.count(n) for n in row] for row in values]
    sizes = shape.per_campaign(shape.sums(users, "campaign", "users"), context)
    tests = [mix for mix in mixes.values() if mix.p_value is not None]
    names = formats.join([c.label for c in context.campaigns])
    told = shape.told(rows.labels, counts, context)
    subtitle = _("Users by channel, count; {sizes} users", sizes=sizes)
    alt = _("Bar chart of users by channel, {names}: {told}.", names=names, told=told)
    if len(tests) == 1:
        p = formats.p(tests[0].p_value)
        subtitle = _("Users by channel, count; {sizes} users, p {p}", sizes=sizes, p=p)
        alt = " ".join([alt, _("Mix test p {p}.", p=p)])
    return Bars(
        id="users",
        title=_mix_title(mixes, context),
        subtitle=subtitle,
        alt=alt,
        table="users_by_channel",
        rows=rows.labels,
        series=shape.series(context),
        panels=[BarPanel(title="", values=values)],
        unit="count",
    )


def _mix_title(mixes: dict[str, Association], context: Context) -> str:
    if not mixes:
        return _("Users by channel")
    if any(shape.passes(mix.p_value, context) for mix in mixes.values()):
        return _("The mix of channels changed")
    return _("No evidence that the mix changed")


# -- tables, findings --------------------------------------------------------------------------


def _mix_table(mixes: dict[str, Association], context: Context) -> Table:
    import pandas as pd

    rows = [
        {
            "campaign": key,
            "chi2": mix.chi2,
            "dof": mix.dof,
            "p_value": mix.p_value,
            "cramers_v": mix.cramers_v,
            "method": mix.method,
        }
        for key, mix in mixes.items()
    ]
    return Table(
        id="mix_test",
        title=_("Test of the channel mix"),
        frame=pd.DataFrame(rows, columns=[*MIX_COLUMNS, "method"]),
        columns=(
            Column(name="campaign", head=_("Campaign"), role="campaign"),
            Column(name="chi2", head=_("Chi-square"), kind="number"),
            Column(name="dof", head=_("Degrees of freedom"), kind="count"),
            Column(name="p_value", head="p", kind="p"),
            Column(name="cramers_v", head=_("Cramér's V"), kind="statistic"),
        )
        if len(rows) > 1
        else (),
    )


def _signup_table(signups: pd.DataFrame) -> Table:
    return Table(
        id="signups",
        title=_("Sign-ups by period and channel"),
        frame=signups[["campaign", "period", "channel", "users"]],
    )


def _findings(
    users: pd.DataFrame, channels: Sequence[Any], mixes: dict[str, Association], context: Context
) -> list[Finding]:
    findings = [
        _mix_finding(users, channels, mixes[campaign.key], campaign, context)
        for campaign in context.compared
        if shape.passes(mixes[campaign.key].p_value, context)
    ]
    if len(channels) > 1:
        findings.append(_largest_finding(users, channels, context))
    return findings


def _largest_finding(users: pd.DataFrame, channels: Sequence[Any], context: Context) -> Finding:
    baseline = context.baseline.key
    mine = shape.lookup(users, ["campaign", "channel"], "users").get((baseline, channels[0]), 0)
    whole = shape.sums(users, "campaign", "users").get(baseline, 0)
    return Finding(
        heading=_("Where users come from"),
        text=f"{_largest(users, channels, context)} ({shape.part_of(mine, whole, context)}).",
        evidence=Evidence(
            table="users_by_channel", row={"campaign": baseline, "channel": channels[0]}
        ),
        weight=0.15,
    )


def _mix_finding(
    users: pd.DataFrame,
    channels: Sequence[Any],
    mix: Association,
    campaign: Campaign,
    context: Context,
) -> Finding:
    """The channel that moved most (largest adjusted residual) tells the difference."""
    formats = context.formats
    moved = max(range(len(channels)), key=lambda i: abs(shape.known(mix.residuals[1][i]) or 0.0))
    share = shape.lookup(users, ["campaign", "channel"], "share")
    before = share.get((context.baseline.key, channels[moved]), 0.0)
    after = share.get((campaign.key, channels[moved]), 0.0)
    return Finding(
        heading=_("Another kind of user"),
        text=_(
            "{channel} brought {after} of {campaign} users against {before} of {baseline} (mix test"
            " p {p}): part of any difference may come from who came.",
            channel=context.label("channel", channels[moved]),
            after=formats.rate(after),
            campaign=campaign.label,
            before=formats.rate(before),
            baseline=context.baseline.label,
            p=formats.p(mix.p_value),
        ),
        evidence=Evidence(table="mix_test", row={"campaign": campaign.key}),
        kind="risk",
        weight=0.4 + 0.5 * (mix.cramers_v or 0.0),
    )


def _caveats(mixes: dict[str, Association]) -> list[str]:
    if any(mix.small for mix in mixes.values()):
        return [_("Some channels are too small for the chi-square test; its p-value is simulated.")]
    return []


SECTION = Section(
    id="acquisition",
    title=N_("Acquisition"),
    question=N_("Who came, from where, and when?"),
    facts=("totals", "signups?"),
    tables={
        "users_by_channel": ("campaign", "channel", "users", "share"),
        "mix_test": MIX_COLUMNS,
        "signups": ("campaign", "period", "channel", "users"),
    },
    compute=compute,
)
