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
                title="Retention by cohort",
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
            ("Cohort", f"users by the calendar {words.unit} of {words.began}"),
            (
                "Retention",
                f"share of a cohort who {words.act} in a given {words.unit} (bounded); a user"
                f" counts once a {words.unit}. Unbounded, in the table attached: in that"
                f" {words.unit} or later",
            ),
        ],
    )


def _curve_table(cohorts: Cohorts) -> Table:
    curve, words, context = cohorts.curve, cohorts.words, cohorts.context
    columns = [
        Column(name="users", head="Users", kind="count"),
        Column(name="retention", head="Retained", kind="rate"),
    ]
    if curve["cumulative_revenue_per_user"].notna().any():
        columns.append(
            Column(name="cumulative_revenue_per_user", head="Revenue per user", kind="money")
        )
    view, shown = shape.beside(
        curve[curve["month"] <= MOST_AGES],
        Column(name="month", head=words.unit.capitalize(), kind="count"),
        columns,
        context,
    )
    tested = int(curve["p_value"].notna().sum())
    return Table(
        id="curve",
        title=f"Retention and revenue by {words.unit}s since {words.began}",
        frame=curve,
        view=view,
        columns=shown if len(curve) else (),
        order="by age",
        note=f"Cohorts that lived the whole {words.unit}, pooled. Revenue is cumulated."
        + (
            f" {context.formats.plural(tested, 'age', 'ages')} tested, corrected by"
            f" {context.correction}."
            if tested
            else ""
        ),
    )


def _revenue_table(cohorts: Cohorts) -> Table:
    """The revenue of cohorts; no rows where nothing gives a response a worth."""
    cells = cohorts.cells
    frame = cells.loc[cells["revenue"].notna(), [*REVENUE]].reset_index(drop=True)
    return Table(id="revenue", title="Revenue by cohort", frame=frame)


def _headline(cohorts: Cohorts) -> str:
    words, formats, known = cohorts.words, cohorts.context.formats, cohorts.pooled(NEXT)
    if not known:
        return f"No cohort has lived a whole {words.unit} after {words.start} yet."
    if len(known) == 1:
        campaign, row = known[0]
        return (
            f"{formats.share(row.retention)} of {campaign.label} users {words.acted} in the"
            f" {words.unit} after {words.start}."
        )
    told = formats.join([f"{formats.share(row.retention)} of {c.label}" for c, row in known])
    return (
        f"In the {words.unit} after {words.start}, {told} users {words.acted}{_elsewhere(cohorts)}."
    )


def _elsewhere(cohorts: Cohorts) -> str:
    """What the tests say of other ages than the next."""
    curve, context = cohorts.curve, cohorts.context
    ages = ages_passed(curve, context)
    if NEXT in ages or not curve["q_value"].notna().any():
        return ""
    if not ages:
        return "; no evidence that retention differs"
    told = context.formats.join([str(age) for age in ages[:3]])
    return f"; retention differs in {cohorts.words.unit} {told}"


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
            f"{formats.count(row.active_users)} of {formats.count(row.users)} {campaign.label}"
            f" users ({formats.rate(row.retention)},"
            f" {formats.interval(row.ci_low, row.ci_high, 'rate', signed=False)})"
            for campaign, row in rows
        ]
    )
    finding = Finding(
        heading=f"The {words.unit} after",
        text=f"{told} {words.acted} in the {words.unit} after {words.start}.",
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
        heading="Users stay longer" if higher else "Users stay less long",
        text=f"In {words.unit} {row.month}, {formats.rate(row.retention)} of {campaign.label} users"
        f" {words.acted} against {formats.rate(before.retention)} of {context.baseline.label}:"
        f" {formats.points(row.difference)} points"
        f" ({formats.interval(row.difference_ci_low, row.difference_ci_high, 'rate')}).",
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
    told = formats.join([f"{formats.money(amount)} a {label} user" for label, amount in amounts])
    finding = Finding(
        heading="Revenue at equal age",
        text=f"By {words.unit} {age} after {words.start}, cohorts had brought {told} (not tested).",
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
            f"{formats.count(small)} of {formats.plural(len(sizes), 'cohort', 'cohorts')} have"
            f" fewer than {FEWEST_USERS} users: one user more or less moves them by more than"
            f" {formats.number(100 / FEWEST_USERS)} points."
        )
    few = [
        f"{formats.count(row.active_users)} of {formats.count(row.users)} {campaign.label} users"
        for campaign, row in cohorts.pooled(NEXT)
        if row.active_users < FEWEST_ACTIVE
    ]
    if few:
        caveats.append(
            f"Only {formats.join(few)} {words.acted} in the {words.unit} after: too few for curves"
            " to be read point by point."
        )
    return caveats


def _time_caveats(cohorts: Cohorts) -> list[str]:
    words, caveats = cohorts.words, []
    if cohorts.cells["partial"].any():
        caveats.append(
            f"The {words.unit} in progress is marked * in the grids and left out of the curves."
        )
    if cohorts.early:
        times = cohorts.context.formats.plural(cohorts.early, "time a user was", "times users were")
        caveats.append(
            f"{times} active in a {words.unit} before that of {words.began}: left out here."
        )
    return caveats


SECTION = Section(
    id="cohorts",
    title="Cohorts",
    question="Do users stay, and what do they bring as they grow older?",
    facts=("cohort_sizes:{by}:{grain}", "cohort_activity:{by}:{activity}:{grain}"),
    tables={
        "curve": CURVE,
        "retention": RETENTION,
        "revenue": REVENUE,
    },
    compute=compute,
    options=CohortsOptions,
)
