"""Who came, from where, and when? Did the campaigns draw the same kind of user?

Users by channel and sign-ups over time, and a chi-square test of the channel mix: two campaigns
that drew different users differ for that reason alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.charts import BarPanel, Bars, CurvePanel, Curves, Line, Series
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

if TYPE_CHECKING:
    import pandas as pd

    from growthml.stats.association import Association

MIX_COLUMNS = ("campaign", "chi2", "dof", "p_value", "cramers_v")


def compute(facts: Facts, context: Context, options: Options) -> Answer:
    """Users by channel, the mix test, sign-ups over time."""
    users = _users_by_channel(facts["totals"], context)
    if not users["users"].sum():
        raise NotEnoughData("there are no users in any campaign")
    channels = shape.order(users, "channel", "users", context)
    if channels == [None]:
        raise NotEnoughData(
            "this needs the field users.channel, which the schema does not map or which is empty"
            " for every user",
            missing="users.channel",
        )
    mixes = {c.key: _mix(users, channels, c, context) for c in context.compared}
    signups = facts.get("signups")
    blocks: list[Any] = []
    if len(channels) > 1:
        blocks.append(_users_chart(users, mixes, context))
    if signups is not None and len(signups) and (chart := _signup_chart(signups, context)):
        blocks.append(chart)
    blocks += [
        Table(id="users_by_channel", title="Users by channel", frame=users),
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
                "Mix test",
                "chi-square of users by channel, baseline against new; Cramér's V runs from 0"
                " (same mix) to 1",
            )
        ],
    )


def _users_by_channel(totals: pd.DataFrame, context: Context) -> pd.DataFrame:
    frame = totals[["campaign", "channel", "n"]].rename(columns={"n": "users"})
    whole = frame.groupby("campaign")["users"].transform("sum")
    place = {campaign.key: number for number, campaign in enumerate(context.campaigns)}
    return (
        frame.assign(share=frame["users"] / whole, place=frame["campaign"].map(place))
        .sort_values(["place", "users", "channel"], ascending=[True, False, True])
        .drop(columns="place")
        .reset_index(drop=True)
    )


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


def _differs(mix: Association, context: Context) -> bool:
    return mix.p_value is not None and mix.p_value <= 1 - context.confidence + 1e-12


def _headline(
    users: pd.DataFrame, channels: Sequence[Any], mixes: dict[str, Association], context: Context
) -> str:
    changed = [c.label for c in context.compared if _differs(mixes[c.key], context)]
    if changed:
        join = context.formats.join
        return f"{join(changed)} drew another mix of users than {context.baseline.label}."
    largest = _largest(users, channels, context)
    if not context.compared:
        return f"{largest}."
    return f"{largest}; no evidence that the mix changed."


def _largest(users: pd.DataFrame, channels: Sequence[Any], context: Context) -> str:
    share = shape.lookup(users, ["campaign", "channel"], "share")
    first = share.get((context.baseline.key, channels[0]))
    label, formats = context.label("channel", channels[0]), context.formats
    if len(channels) == 1:
        return f"All users came from {label}"
    return (
        f"{label} brought {formats.share(first)} of {context.baseline.label} users, the most of"
        f" {formats.plural(len(channels), 'channel', 'channels')}"
    )


def _users_chart(users: pd.DataFrame, mixes: dict[str, Association], context: Context) -> Bars:
    formats = context.formats
    rows = shape.rows(users, "channel", "users", "channel", context)
    values = rows.values(users, "channel", "users", context)
    counts = [[formats.count(n) for n in row] for row in values]
    sizes = formats.join([formats.count(sum(row)) for row in values])
    tests = [mix for mix in mixes.values() if mix.p_value is not None]
    p = f"p {formats.p(tests[0].p_value)}" if len(tests) == 1 else ""
    names = formats.join([c.label for c in context.campaigns])
    return Bars(
        id="users",
        title=_mix_title(mixes, context),
        subtitle=f"Users by channel, count; {sizes} users{p and f', {p}'}",
        alt=f"Bar chart of users by channel, {names}:"
        f" {shape.told(rows.labels, counts, context)}.{p and f' Mix test {p}.'}",
        table="users_by_channel",
        rows=rows.labels,
        series=shape.series(context),
        panels=[BarPanel(title="", values=values)],
        unit="count",
    )


def _mix_title(mixes: dict[str, Association], context: Context) -> str:
    if not mixes:
        return "Users by channel"
    if any(_differs(mix, context) for mix in mixes.values()):
        return "The mix of channels changed"
    return "No evidence that the mix changed"


# -- sign-ups over time ------------------------------------------------------------------------


def _signup_chart(signups: pd.DataFrame, context: Context) -> Curves | None:
    by_period = signups.groupby(["campaign", "period"], as_index=False)["users"].sum()
    periods = sorted(by_period["period"].unique())
    if len(periods) < 3:
        return None
    grain = _grain(periods)
    count = shape.lookup(by_period, ["campaign", "period"], "users")
    lines = []
    for campaign, each in zip(context.campaigns, shape.series(context), strict=True):
        line = _signup_line(campaign, each, periods, count, context, grain)
        if line is not None:
            lines.append(line)
    if not lines:
        return None
    incomplete = any(line.incomplete for line in lines)
    word = {"month": "month", "week": "week", "day": "day"}[grain]
    return Curves(
        id="signups",
        title=f"Sign-ups per {word}",
        subtitle=f"Users who signed up, count per {word}"
        + (f"; * {word} not complete" if incomplete else ""),
        alt=_signup_alt(lines, word, context),
        half=len(periods) <= 24,
        table="signups",
        panels=[CurvePanel(lines=lines, x_axis="date", y_unit="count")],
    )


def _grain(periods: Sequence[date]) -> str:
    gaps = [(later - earlier).days for earlier, later in pairwise(periods)]
    smallest = min(gaps)
    return "day" if smallest < 7 else "week" if smallest < 28 else "month"


def _next(period: date, grain: str) -> date:
    if grain == "month":
        return date(period.year + period.month // 12, period.month % 12 + 1, 1)
    return period + timedelta(days=7 if grain == "week" else 1)


def _signup_line(
    campaign: Campaign,
    each: Series,
    periods: Sequence[date],
    count: dict[Any, Any],
    context: Context,
    grain: str,
) -> Line | None:
    mine = [p for p in periods if (campaign.key, p) in count]
    if not mine:
        return None
    xs = [mine[0]]
    while xs[-1] < mine[-1]:
        xs.append(_next(xs[-1], grain))
    ys = [float(count.get((campaign.key, x), 0)) for x in xs]
    end = campaign.end or context.as_of + timedelta(days=1)
    incomplete = _next(xs[-1], grain) > end and len(xs) > 1
    last = context.formats.count(ys[-1]) + ("*" if incomplete else "")
    return Line(series=each, x=xs, y=ys, end=f"{each.label} {last}", incomplete=incomplete)


def _signup_alt(lines: Sequence[Line], word: str, context: Context) -> str:
    formats = context.formats
    phrases = []
    for line in lines:
        whole = [(x, y) for x, y in zip(line.x, line.y, strict=True) if y is not None]
        if line.incomplete:
            whole = whole[:-1]
        (first_x, first_y), (last_x, last_y) = whole[0], whole[-1]
        assert isinstance(first_x, date)
        assert isinstance(last_x, date)
        show = formats.month if word == "month" else formats.date
        phrases.append(
            f"{line.series.label} from {formats.count(first_y)} in {show(first_x)} to"
            f" {formats.count(last_y)} in {show(last_x)}"
        )
    partial = f"; the last {word} is incomplete" if any(x.incomplete for x in lines) else ""
    return f"Line chart of sign-ups per {word}: {'; '.join(phrases)}{partial}."


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
        title="Test of the channel mix",
        frame=pd.DataFrame(rows, columns=[*MIX_COLUMNS, "method"]),
        columns=(
            Column(name="campaign", head="Campaign", role="campaign"),
            Column(name="chi2", head="Chi-square", kind="number"),
            Column(name="dof", head="Degrees of freedom", kind="count"),
            Column(name="p_value", head="p", kind="p"),
            Column(name="cramers_v", head="Cramér's V", kind="statistic"),
        )
        if len(rows) > 1
        else (),
    )


def _signup_table(signups: pd.DataFrame) -> Table:
    return Table(
        id="signups",
        title="Sign-ups by period and channel",
        frame=signups[["campaign", "period", "channel", "users"]],
    )


def _findings(
    users: pd.DataFrame, channels: Sequence[Any], mixes: dict[str, Association], context: Context
) -> list[Finding]:
    formats = context.formats
    findings = []
    for campaign in context.compared:
        mix = mixes[campaign.key]
        if _differs(mix, context):
            findings.append(_mix_finding(users, channels, mix, campaign, context))
    if len(channels) > 1:
        findings.append(
            Finding(
                heading="Where users come from",
                text=f"{_largest(users, channels, context)}"
                f" ({formats.count(_users(users, context.baseline.key, channels[0]))} of"
                f" {formats.count(_users(users, context.baseline.key))}).",
                evidence=Evidence(
                    table="users_by_channel",
                    row={"campaign": context.baseline.key, "channel": channels[0]},
                ),
                weight=0.15,
            )
        )
    return findings


def _mix_finding(
    users: pd.DataFrame,
    channels: Sequence[Any],
    mix: Association,
    campaign: Campaign,
    context: Context,
) -> Finding:
    """The channel that moved most (largest adjusted residual) tells the difference."""
    formats = context.formats
    moved = max(range(len(channels)), key=lambda i: abs(_finite(mix.residuals[1][i])))
    share = shape.lookup(users, ["campaign", "channel"], "share")
    before = share.get((context.baseline.key, channels[moved]), 0.0)
    after = share.get((campaign.key, channels[moved]), 0.0)
    return Finding(
        heading="Another kind of user",
        text=f"{context.label('channel', channels[moved])} brought {formats.rate(after)} of"
        f" {campaign.label} users against {formats.rate(before)} of {context.baseline.label}"
        f" (mix test p {formats.p(mix.p_value)}): part of any difference may come from who came.",
        evidence=Evidence(table="mix_test", row={"campaign": campaign.key}),
        kind="risk",
        weight=0.4 + 0.5 * (mix.cramers_v or 0.0),
    )


def _finite(value: float) -> float:
    return float(value) if value == value else 0.0


def _users(users: pd.DataFrame, campaign: str, channel: Any = ...) -> int:
    mine = users[users["campaign"] == campaign]
    if channel is not ...:
        mine = mine[mine["channel"] == channel]
    return int(mine["users"].sum())


def _caveats(mixes: dict[str, Association]) -> list[str]:
    if any(mix.small for mix in mixes.values()):
        return ["Some channels are too small for the chi-square test; its p-value is simulated."]
    return []


SECTION = Section(
    id="acquisition",
    title="Acquisition",
    question="Who came, from where, and when?",
    facts=("totals", "signups?"),
    tables={
        "users_by_channel": ("campaign", "channel", "users", "share"),
        "mix_test": MIX_COLUMNS,
        "signups": ("campaign", "period", "channel", "users"),
    },
    compute=compute,
)
