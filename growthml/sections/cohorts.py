"""Do users stay, and what do they bring, month after month?

A cohort is the users who signed up (or first responded) in one calendar month or ISO week. Month k
counts calendar months since. Retention is bounded: the share of a cohort active in that month; the
table carries the unbounded share too (active in that month or later, so the newest months are
biased down). The month in progress is counted and flagged; months not begun are absent. Curves
pool cohorts that have lived the whole month: sum of active users / sum of cohort sizes (Amplitude's
weighted average), never a mean of percentages.
"""

from __future__ import annotations

from typing import Any, Literal

from growthml import shape
from growthml.analysis.cohort_curves import curve_charts
from growthml.analysis.cohort_grid import grids
from growthml.analysis.cohorts import (
    CURVE,
    MOST_AGES,
    NEXT,
    RETENTION,
    REVENUE,
    Cohorts,
    ages_passed,
    count,
    equal_age,
    passed,
    row_of,
    words_of,
)
from growthml.analysis.rates import FEWEST_USERS
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
from growthml.words import N_, _, n_

FEWEST_ACTIVE = 10


class CohortsOptions(Options):
    """Options of `cohorts`."""

    by: Literal["signup", "first_response"] = "signup"
    """What starts a user's life: the sign-up, or the first response."""
    activity: Literal["active", "response"] = "active"
    """What counts as coming back: any action that is not idle, or a response."""
    grain: Literal["month", "week"] = "month"
    """How long a cohort's period is."""


def compute(facts: Facts, context: Context, options: CohortsOptions) -> Answer:
    """Retention and revenue by cohort and age, and pooled by age."""
    by_response = options.by == "first_response"
    words = words_of(context, by_response, options.activity, options.grain)
    cohorts = count(facts, words, context)
    return Answer(
        headline=_headline(cohorts),
        blocks=[
            *curve_charts(cohorts),
            *grids(cohorts),
            _curve_table(cohorts),
            Table(
                id="retention",
                title=_("Retention by cohort"),
                frame=cohorts.cells[[*RETENTION]],
            ),
            _revenue_table(cohorts),
        ],
        findings=_findings(cohorts),
        caveats=[
            *_small_caveats(cohorts),
            *_time_caveats(cohorts),
            *shape.comparison_caveats(context),
        ],
        definitions=[
            (
                _("Cohort"),
                _("users by the calendar {unit} of {began}", unit=words.noun, began=words.began),
            ),
            (
                _("Retention"),
                _(
                    "share of a cohort {who} in a given {unit} (bounded); a user counts once a"
                    " {unit}. Unbounded, in the table attached: in that {unit} or later",
                    who=words.who,
                    unit=words.noun,
                ),
            ),
        ],
    )


def _curve_table(cohorts: Cohorts) -> Table:
    curve, words, context = cohorts.curve, cohorts.words, cohorts.context
    columns = [
        Column(name="users", head=_("Users"), kind="count"),
        Column(name="retention", head=_("Retained"), kind="rate"),
    ]
    if curve["cumulative_revenue_per_user"].notna().any():
        columns.append(
            Column(name="cumulative_revenue_per_user", head=_("Revenue per user"), kind="money")
        )
    view, shown = shape.beside(
        curve[curve["month"] <= MOST_AGES],
        Column(name="month", head=words.noun.capitalize(), kind="count"),
        columns,
        context,
    )
    tested = int(curve["p_value"].notna().sum())
    return Table(
        id="curve",
        title=_(
            "Retention and revenue by {units} since {began}", units=words.units, began=words.began
        ),
        frame=curve,
        view=view,
        columns=shown if len(curve) else (),
        order=_("by age"),
        note=_(
            "Cohorts that lived the whole {unit}, pooled. Revenue is cumulated.", unit=words.noun
        )
        + (
            " "
            + n_(
                "{n} age tested, corrected by {correction}.",
                "{n} ages tested, corrected by {correction}.",
                tested,
                n=context.formats.count(tested),
                correction=context.corrected_by,
            )
            if tested
            else ""
        ),
    )


def _revenue_table(cohorts: Cohorts) -> Table:
    """The revenue of cohorts; no rows where nothing gives a response a worth."""
    cells = cohorts.cells
    frame = cells.loc[cells["revenue"].notna(), [*REVENUE]].reset_index(drop=True)
    return Table(id="revenue", title=_("Revenue by cohort"), frame=frame)


def _headline(cohorts: Cohorts) -> str:
    words, formats, known = cohorts.words, cohorts.context.formats, cohorts.pooled(NEXT)
    if not known:
        return _(
            "No cohort has lived a whole {unit} after {start} yet.",
            unit=words.noun,
            start=words.start,
        )
    if len(known) == 1:
        campaign, row = known[0]
        return _(
            "{retention} of {campaign} users {acted} in the {unit} after {start}.",
            retention=formats.share(row.retention),
            campaign=campaign.label,
            acted=words.acted,
            unit=words.noun,
            start=words.start,
        )
    told = formats.join(
        [
            _("{retention} of {campaign}", retention=formats.share(row.retention), campaign=c.label)
            for c, row in known
        ]
    )
    return _(
        "In the {unit} after {start}, {told} users {acted}{elsewhere}.",
        unit=words.noun,
        start=words.start,
        told=told,
        acted=words.acted,
        elsewhere=_elsewhere(cohorts),
    )


def _elsewhere(cohorts: Cohorts) -> str:
    """What the tests say of other ages than the next."""
    curve, context = cohorts.curve, cohorts.context
    ages = ages_passed(curve, context)
    if NEXT in ages or not curve["q_value"].notna().any():
        return ""
    if not ages:
        return _("; no evidence that retention differs")
    told = context.formats.join([str(age) for age in ages[:3]])
    return _("; retention differs in {unit} {told}", unit=cohorts.words.noun, told=told)


def _findings(cohorts: Cohorts) -> list[Finding]:
    return [
        *_next_finding(cohorts),
        *(_difference_finding(*each, cohorts) for each in _strongest(cohorts)),
        *_revenue_finding(cohorts),
    ]


def _next_finding(cohorts: Cohorts) -> list[Finding]:
    words, formats = cohorts.words, cohorts.context.formats
    rows = [(campaign, row) for campaign, row in cohorts.pooled(NEXT) if row.users >= FEWEST_USERS]
    if not rows:
        return []
    told = formats.join(
        [
            _(
                "{active_users} of {users} {campaign} users ({retention}, {interval})",
                active_users=formats.count(row.active_users),
                users=formats.count(row.users),
                campaign=campaign.label,
                retention=formats.rate(row.retention),
                interval=formats.interval(row.ci_low, row.ci_high, "rate", signed=False),
            )
            for campaign, row in rows
        ]
    )
    finding = Finding(
        heading=_("The {unit} after", unit=words.noun),
        text=_(
            "{told} {acted} in the {unit} after {start}.",
            told=told,
            acted=words.acted,
            unit=words.noun,
            start=words.start,
        ),
        evidence=Evidence(table="curve", row={"campaign": rows[0][0].key, "month": NEXT}),
        weight=0.15,
    )
    return [finding]


def _strongest(cohorts: Cohorts) -> list[tuple[Campaign, Any]]:
    """For each campaign the age with the strongest evidence, where there is any."""
    rows = passed(cohorts.curve, cohorts.context).sort_values(["q_value", "month"])
    return [
        (campaign, row)
        for campaign in cohorts.context.compared
        for row in rows[rows["campaign"] == campaign.key].head(1).itertuples()
    ]


def _difference_finding(campaign: Campaign, row: Any, cohorts: Cohorts) -> Finding:
    words, context, formats = cohorts.words, cohorts.context, cohorts.context.formats
    before = row_of(cohorts.curve, context.baseline, row.month)
    assert before is not None
    higher = row.difference > 0
    return Finding(
        heading=_("Users stay longer") if higher else _("Users stay less long"),
        text=_(
            "In {unit} {month}, {retention} of {campaign} users {acted} against {before} of"
            " {baseline}: {difference} points ({interval}).",
            unit=words.noun,
            month=row.month,
            retention=formats.rate(row.retention),
            campaign=campaign.label,
            acted=words.acted,
            before=formats.rate(before.retention),
            baseline=context.baseline.label,
            difference=formats.points(row.difference),
            interval=formats.interval(row.difference_ci_low, row.difference_ci_high, "rate"),
        ),
        evidence=Evidence(table="curve", row={"campaign": row.campaign, "month": row.month}),
        direction="better" if higher else "worse",
        weight=min(0.8, 0.4 + abs(row.difference)),
    )


def _revenue_finding(cohorts: Cohorts) -> list[Finding]:
    words, context, formats = cohorts.words, cohorts.context, cohorts.context.formats
    shown = cohorts.earning
    if shown.empty:
        return []
    age, amounts = equal_age(shown, context)
    told = formats.join(
        [
            _("{amount} a {label} user", amount=formats.money(amount), label=label)
            for label, amount in amounts
        ]
    )
    finding = Finding(
        heading=_("Revenue at equal age"),
        text=_(
            "By {unit} {age} after {start}, cohorts had brought {told} (not tested).",
            unit=words.noun,
            age=age,
            start=words.start,
            told=told,
        ),
        evidence=Evidence(table="curve", row={"campaign": context.baseline.key, "month": age}),
        weight=0.12,
    )
    return [finding]


def _small_caveats(cohorts: Cohorts) -> list[str]:
    words, formats, caveats = cohorts.words, cohorts.context.formats, []
    sizes = cohorts.cells.drop_duplicates(["campaign", "cohort"])["cohort_users"]
    small = int((sizes < FEWEST_USERS).sum())
    if small:
        caveats.append(
            n_(
                "{small} of {n} cohort have fewer than {fewest_users} users: one user more or less"
                " moves them by more than {points} points.",
                "{small} of {n} cohorts have fewer than {fewest_users} users: one user more or less"
                " moves them by more than {points} points.",
                len(sizes),
                small=formats.count(small),
                n=formats.count(len(sizes)),
                fewest_users=FEWEST_USERS,
                points=formats.number(100 / FEWEST_USERS),
            )
        )
    few = [
        _(
            "{active_users} of {users} {campaign} users",
            active_users=formats.count(row.active_users),
            users=formats.count(row.users),
            campaign=campaign.label,
        )
        for campaign, row in cohorts.pooled(NEXT)
        if row.active_users < FEWEST_ACTIVE
    ]
    if few:
        caveats.append(
            _(
                "Only {few} {acted} in the {unit} after: too few for curves to be read point by"
                " point.",
                few=formats.join(few),
                acted=words.acted,
                unit=words.noun,
            )
        )
    return caveats


def _time_caveats(cohorts: Cohorts) -> list[str]:
    words, caveats = cohorts.words, []
    if cohorts.cells["partial"].any():
        caveats.append(
            _(
                "The {unit} in progress is marked * in the grids and left out of the curves.",
                unit=words.noun,
            )
        )
    if cohorts.early:
        caveats.append(
            n_(
                "{n} time a user was active in a {unit} before that of {began}: left out here.",
                "{n} times users were active in a {unit} before that of {began}: left out here.",
                cohorts.early,
                n=cohorts.context.formats.count(cohorts.early),
                unit=words.noun,
                began=words.began,
            )
        )
    return caveats


SECTION = Section(
    id="cohorts",
    title=N_("Cohorts"),
    question=N_("Do users stay, and what do they bring as they grow older?"),
    facts=("cohort_sizes:{by}:{grain}", "cohort_activity:{by}:{activity}:{grain}"),
    tables={
        "curve": CURVE,
        "retention": RETENTION,
        "revenue": REVENUE,
    },
    compute=compute,
    options=CohortsOptions,
)
