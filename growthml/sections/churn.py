"""Who falls silent, how fast, and does the new campaign keep its users better?

A user has churned when their last action that is not idle (their sign-up, if there is none) lies
strictly more than `inactive_days` before the last day seen; only users who signed up more than
that many days ago can have (`eligible: old_enough`). Rates carry Wilson intervals, differences
Newcombe's. Survival is Kaplan-Meier's share of users active beyond a day after sign-up. A user who
has not churned is followed up to `inactive_days` before the last day seen: a silence that began
later cannot be told from a pause yet (censoring). The log-rank test compares channels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from growthml import shape
from growthml.analysis.churn import (
    BY_BEHAVIOUR,
    BY_CHANNEL,
    NEVER,
    OVERALL,
    TESTS,
    TYPICAL,
    Churn,
    count,
    label,
)
from growthml.analysis.churn_charts import difference_charts, rate_charts
from growthml.analysis.churn_findings import findings
from growthml.analysis.rates import FEWEST_USERS
from growthml.analysis.survival import (
    FEWEST_LEFT,
    STILL_ACTIVE,
    SURVIVAL,
    still_active,
    survival_frame,
)
from growthml.analysis.survival_charts import survival_charts
from growthml.parts import Answer, Column, Context, Facts, Options, Section, Table, Verdict

if TYPE_CHECKING:
    import pandas as pd


class ChurnOptions(Options):
    """Options of `churn`."""

    inactive_days: int = Field(default=90, ge=1, le=3650)
    """Silence of more than this many days is churn."""
    eligible: Literal["old_enough", "all"] = "old_enough"
    """Whose silence is judged: users who signed up long enough ago to have churned, or all."""


def compute(facts: Facts, context: Context, options: ChurnOptions) -> Answer:
    """Churn overall, by channel and by behaviour; survival by channel."""
    everybody = options.eligible == "all"
    churn = count(facts, context, options.inactive_days, everybody=everybody)
    return Answer(
        headline=_headline(churn),
        blocks=[
            *rate_charts(churn),
            *difference_charts(churn),
            _rates_table("channel", churn.channels, context),
            *survival_charts(churn),
            _still_table(churn),
            _rates_table("behaviour", churn.behaviours, context),
            _overall_table(churn),
            Table(id="survival", title="Survival by channel", frame=survival_frame(churn.curves)),
            Table(id="tests", title="Do channels and behaviours differ?", frame=churn.tests),
        ],
        findings=findings(churn),
        caveats=[
            *_young(churn, everybody),
            *_pauses(churn),
            *_certain(churn, everybody),
            *_few(churn),
            *shape.comparison_caveats(context),
        ],
        definitions=_definitions(churn, everybody),
    )


def _overall_table(churn: Churn) -> Table:
    columns = [
        Column(name="campaign", head="Campaign", role="campaign"),
        Column(name="users", head="Could have churned", kind="count"),
        Column(name="churned", head="Churned", kind="count"),
        *_rate_columns("churn_rate", "Churn", churn.context),
    ]
    if churn.overall["gap_p95"].notna().any():
        columns.append(Column(name="gap_p95", head="95 % of pauses up to, days", kind="days"))
    return Table(
        id="overall",
        title=f"Silent for more than {churn.days} days",
        frame=churn.overall,
        view=_with_intervals(churn.overall, "churn_rate", churn.context),
        columns=columns,
        note="A pause is the time between two days on which a user did something.",
    )


def _rate_columns(name: str, head: str, context: Context) -> list[Column]:
    interval = f"{context.formats.share(context.confidence)} interval"
    return [Column(name=name, head=head, kind="rate"), Column(name="interval", head=interval)]


def _with_intervals(frame: pd.DataFrame, value: str, context: Context) -> pd.DataFrame:
    """The frame with its intervals in words, empty where the value is not known."""
    known = frame[value].notna()
    limits = zip(frame["ci_low"], frame["ci_high"], known, strict=True)
    return frame.assign(
        interval=[
            context.formats.interval(low, high, "rate", signed=False) if told else ""
            for low, high, told in limits
        ]
    )


def _rates_table(column: str, rates: pd.DataFrame, context: Context) -> Table:
    named, key = rates, Column(name="channel", head="Channel", role="channel")
    if column == "behaviour":
        named = rates.assign(behaviour=[label(column, each, context) for each in rates[column]])
        key = Column(name="behaviour", head="Commonest action")
    view, columns = shape.beside(
        _with_intervals(named, "churn_rate", context),
        key,
        [
            Column(name="users", head="Users", kind="count"),
            *_rate_columns("churn_rate", "Churn", context),
        ],
        context,
    )
    tested = int(rates["p_value"].notna().sum())
    return Table(
        id=f"by_{column}",
        title=f"Churn by {key.head.lower()}",
        frame=rates,
        view=view,
        columns=columns if rates[column].nunique(dropna=False) > 1 else (),
        order="by users",
        note=f"Compared with {context.baseline.label} in"
        f" {context.formats.plural(tested, 'test', 'tests')}, corrected by {context.correction}."
        if tested
        else "",
    )


def _still_table(churn: Churn) -> Table:
    still = still_active(churn.curves, churn.days)
    view, columns = shape.beside(
        _with_intervals(still, "survival", churn.context),
        Column(name="channel", head="Channel", role="channel"),
        _rate_columns("survival", "Active", churn.context),
        churn.context,
    )
    known = still["survival"].notna().any() and still["channel"].nunique(dropna=False) > 1
    return Table(
        id="still_active",
        title=f"Active beyond {churn.days} days after sign-up",
        frame=still,
        view=view,
        columns=columns if known else (),
        order="by users",
        note=f"Kaplan-Meier; a dash where fewer than {FEWEST_LEFT} users are left.",
    )


def _headline(churn: Churn) -> str:
    formats = churn.context.formats
    # One row a campaign, in the report's order.
    rows = zip(churn.context.campaigns, churn.overall.itertuples(), strict=True)
    known = [(campaign.label, row) for campaign, row in rows if row.users]
    told = formats.join([f"{formats.share(row.churn_rate)} of {name} users" for name, row in known])
    tested = [(name, row.verdict) for name, row in known if row.verdict != Verdict.NOT_TESTED]
    changed = [name for name, verdict in tested if verdict != Verdict.NO_EVIDENCE]
    tail = ""
    if tested and not changed:
        tail = "; no evidence of a difference"
    elif len(changed) < len(tested):
        tail = f"; only {formats.join(changed)} differs"
    return f"{told} have been silent for more than {churn.days} days{tail}."


def _young(churn: Churn, everybody: bool) -> list[str]:
    formats, told = churn.context.formats, []
    for campaign, row in zip(churn.context.campaigns, churn.overall.itertuples(), strict=True):
        young = row.all_users - row.old_enough
        if young:
            of = f"{formats.count(young)} of {formats.count(row.all_users)}"
            told.append(f"{of} {campaign.label} users")
    if not told:
        return []
    return [
        f"{formats.join(told)} signed up too recently to have been silent for"
        f" {churn.days} days; they are {'counted as not churned' if everybody else 'left out'}."
    ]


def _pauses(churn: Churn) -> list[str]:
    formats = churn.context.formats
    longer = [
        f"{formats.count(days)} days or more in {campaign.label}"
        for campaign, days in zip(churn.context.campaigns, churn.overall["gap_p95"], strict=True)
        if shape.known(days) is not None and churn.days < days
    ]
    if not longer:
        return []
    return [
        f"{churn.days} days are shorter than many pauses: {formats.share(1 - TYPICAL)} of them last"
        f" {formats.join(longer)}, so some users counted as churned will come back."
    ]


def _certain(churn: Churn, everybody: bool) -> list[str]:
    if everybody or not churn.behaviours["behaviour"].eq(NEVER).any():
        return []
    return [
        "Users who never did anything but idle have all churned by definition: their silence"
        " began at sign-up."
    ]


def _few(churn: Churn) -> list[str]:
    plural = churn.context.formats.plural
    return [
        f"Only {plural(users, 'user', 'users')} of {campaign.label} can be judged: too few to"
        " compare."
        for campaign, users in zip(churn.context.campaigns, churn.overall["users"], strict=True)
        if 0 < users < FEWEST_USERS
    ]


def _definitions(churn: Churn, everybody: bool) -> list[tuple[str, str]]:
    k, context = churn.days, churn.context
    who = "all users" if everybody else f"users who signed up more than {k} days before"
    return [
        (
            "Churn",
            f"share of {who} whose last action (their sign-up, if there is none) lies more than"
            f" {k} days before {_last_days(context)}; idle actions do not count",
        ),
        (
            "Commonest action",
            "the action a user did most often; of equally common ones the one that is not idle,"
            " then the first by name",
        ),
        (
            "Survival",
            "share of users whose last action came later than a day after sign-up (Kaplan-Meier,"
            f" {context.formats.share(context.confidence)} log-log interval); users who have not"
            f" churned are followed up to {k} days before the end, when a later silence could not"
            " yet show",
        ),
    ]


def _last_days(context: Context) -> str:
    """The last day seen, of every campaign where they differ."""
    date = context.formats.date
    days = {each.label: shape.last_day(each, context) for each in context.campaigns}
    if len(set(days.values())) == 1:
        return date(days[context.baseline.label])
    return context.formats.join([f"{date(day)} ({name})" for name, day in days.items()])


SECTION = Section(
    id="churn",
    title="Churn",
    question="Who falls silent, how fast, and did it change?",
    facts=("churn:{inactive_days}", "gaps?"),
    tables={
        "overall": OVERALL,
        "by_channel": BY_CHANNEL,
        "by_behaviour": BY_BEHAVIOUR,
        "survival": SURVIVAL,
        "still_active": STILL_ACTIVE,
        "tests": TESTS,
    },
    compute=compute,
    options=ChurnOptions,
)
