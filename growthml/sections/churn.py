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
from growthml.words import N_, _, n_

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
            Table(
                id="survival", title=_("Survival by channel"), frame=survival_frame(churn.curves)
            ),
            Table(id="tests", title=_("Do channels and behaviours differ?"), frame=churn.tests),
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
        Column(name="campaign", head=_("Campaign"), role="campaign"),
        Column(name="users", head=_("Could have churned"), kind="count"),
        Column(name="churned", head=_("Churned"), kind="count"),
        *_rate_columns("churn_rate", _("Churn"), churn.context),
    ]
    if churn.overall["gap_p95"].notna().any():
        columns.append(Column(name="gap_p95", head=_("95 % of pauses up to, days"), kind="days"))
    return Table(
        id="overall",
        title=_("Silent for more than {days} days", days=churn.days),
        frame=churn.overall,
        view=_with_intervals(churn.overall, "churn_rate", churn.context),
        columns=columns,
        note=_("A pause is the time between two days on which a user did something."),
    )


def _rate_columns(name: str, head: str, context: Context) -> list[Column]:
    interval = _("{confidence} interval", confidence=context.formats.share(context.confidence))
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
    named, key = rates, Column(name="channel", head=_("Channel"), role="channel")
    if column == "behaviour":
        named = rates.assign(behaviour=[label(column, each, context) for each in rates[column]])
        key = Column(name="behaviour", head=_("Commonest action"))
    view, columns = shape.beside(
        _with_intervals(named, "churn_rate", context),
        key,
        [
            Column(name="users", head=_("Users"), kind="count"),
            *_rate_columns("churn_rate", _("Churn"), context),
        ],
        context,
    )
    tested = int(rates["p_value"].notna().sum())
    return Table(
        id=f"by_{column}",
        title=_("Churn by channel") if column == "channel" else _("Churn by commonest action"),
        frame=rates,
        view=view,
        columns=columns if rates[column].nunique(dropna=False) > 1 else (),
        order=_("by users"),
        note=n_(
            "Compared with {baseline} in {n} test, corrected by {correction}.",
            "Compared with {baseline} in {n} tests, corrected by {correction}.",
            tested,
            baseline=context.baseline.label,
            n=context.formats.count(tested),
            correction=context.corrected_by,
        )
        if tested
        else "",
    )


def _still_table(churn: Churn) -> Table:
    still = still_active(churn.curves, churn.days)
    view, columns = shape.beside(
        _with_intervals(still, "survival", churn.context),
        Column(name="channel", head=_("Channel"), role="channel"),
        _rate_columns("survival", _("Active"), churn.context),
        churn.context,
    )
    known = still["survival"].notna().any() and still["channel"].nunique(dropna=False) > 1
    return Table(
        id="still_active",
        title=_("Active beyond {days} days after sign-up", days=churn.days),
        frame=still,
        view=view,
        columns=columns if known else (),
        order=_("by users"),
        note=_(
            "Kaplan-Meier; a dash where fewer than {fewest_left} users are left.",
            fewest_left=FEWEST_LEFT,
        ),
    )


def _headline(churn: Churn) -> str:
    formats = churn.context.formats
    # One row a campaign, in the report's order.
    rows = zip(churn.context.campaigns, churn.overall.itertuples(), strict=True)
    known = [(campaign.label, row) for campaign, row in rows if row.users]
    told = formats.join(
        [
            _("{churn_rate} of {name} users", churn_rate=formats.share(row.churn_rate), name=name)
            for name, row in known
        ]
    )
    tested = [(name, row.verdict) for name, row in known if row.verdict != Verdict.NOT_TESTED]
    changed = [name for name, verdict in tested if verdict != Verdict.NO_EVIDENCE]
    tail = ""
    if tested and not changed:
        tail = _("; no evidence of a difference")
    elif len(changed) < len(tested):
        tail = _("; only {changed} differs", changed=formats.join(changed))
    return _(
        "{told} have been silent for more than {days} days{tail}.",
        told=told,
        days=churn.days,
        tail=tail,
    )


def _young(churn: Churn, everybody: bool) -> list[str]:
    told = []
    for campaign, row in zip(churn.context.campaigns, churn.overall.itertuples(), strict=True):
        young = row.all_users - row.old_enough
        if young:
            part = shape.part_of(young, row.all_users, churn.context)
            told.append(_("{part} {campaign} users", part=part, campaign=campaign.label))
    if not told:
        return []
    users = churn.context.formats.join(told)
    return [
        _(
            "{users} signed up too recently to have been silent for {days} days; they are counted"
            " as not churned.",
            users=users,
            days=churn.days,
        )
        if everybody
        else _(
            "{users} signed up too recently to have been silent for {days} days; they are left"
            " out.",
            users=users,
            days=churn.days,
        )
    ]


def _pauses(churn: Churn) -> list[str]:
    formats = churn.context.formats
    longer = [
        _("{days} days or more in {campaign}", days=formats.count(days), campaign=campaign.label)
        for campaign, days in zip(churn.context.campaigns, churn.overall["gap_p95"], strict=True)
        if shape.known(days) is not None and churn.days < days
    ]
    if not longer:
        return []
    return [
        _(
            "{days} days are shorter than many pauses: {share} of them last {longer}, so some"
            " users counted as churned will come back.",
            days=churn.days,
            share=formats.share(1 - TYPICAL),
            longer=formats.join(longer),
        )
    ]


def _certain(churn: Churn, everybody: bool) -> list[str]:
    if everybody or not churn.behaviours["behaviour"].eq(NEVER).any():
        return []
    return [
        _(
            "Users who never did anything but idle have all churned by definition: their silence"
            " began at sign-up."
        )
    ]


def _few(churn: Churn) -> list[str]:
    return [
        n_(
            "Only {n} user of {campaign} can be judged: too few to compare.",
            "Only {n} users of {campaign} can be judged: too few to compare.",
            users,
            n=churn.context.formats.count(users),
            campaign=campaign.label,
        )
        for campaign, users in zip(churn.context.campaigns, churn.overall["users"], strict=True)
        if 0 < users < FEWEST_USERS
    ]


def _definitions(churn: Churn, everybody: bool) -> list[tuple[str, str]]:
    k, context = churn.days, churn.context
    who = _("all users") if everybody else _("users who signed up more than {k} days before", k=k)
    return [
        (
            _("Churn"),
            _(
                "share of {who} whose last action (their sign-up, if there is none) lies more than"
                " {k} days before {last_day}; idle actions do not count",
                who=who,
                k=k,
                last_day=_last_days(context),
            ),
        ),
        (
            _("Commonest action"),
            _(
                "the action a user did most often; of equally common ones the one that is not idle,"
                " then the first by name"
            ),
        ),
        (
            _("Survival"),
            _(
                "share of users whose last action came later than a day after sign-up"
                " (Kaplan-Meier, {confidence} log-log interval); users who have not churned are"
                " followed up to {k} days before the end, when a later silence could not yet show",
                confidence=context.formats.share(context.confidence),
                k=k,
            ),
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
    title=N_("Churn"),
    question=N_("Who falls silent, how fast, and did it change?"),
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
