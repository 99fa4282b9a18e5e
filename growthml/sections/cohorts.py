"""Do users stay, and what do they bring, month after month?

A cohort is the users who signed up (or first responded) in one calendar month or ISO week. Month k
counts calendar months since. Retention is bounded: the share of a cohort active in that month; the
table carries the unbounded share too (active in that month or later, so the newest months are
biased down). The month in progress is counted and flagged; months not begun are absent. Curves
pool cohorts that have lived the whole month: sum of active users / sum of cohort sizes (Amplitude's
weighted average), never a mean of percentages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal

from growthml import shape
from growthml.charts import Cell, CurvePanel, Curves, Grid, Line
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

FEWEST_USERS = 20
"""Cohorts below this are not coloured, pooled curves end where fewer are left."""

FEWEST_ACTIVE = 10
MOST_COHORTS, LATEST_COHORTS = 15, 12
MOST_AGES = 24
EDGES = (0.05, 0.10, 0.15, 0.20, 0.30, 0.45)
NEXT = 1
"""The age most sentences are about: the month after."""

RETENTION = ("campaign", "cohort", "cohort_users", "month", "active_users", "retention")
REVENUE = ("campaign", "cohort", "month", "revenue", "cumulative_revenue_per_user")
CURVE = ("campaign", "month", "users", "active_users", "retention", "ci_low", "ci_high")
MORE_RETENTION = ("partial", "unbounded_users", "unbounded_retention")
MORE_REVENUE = ("cohort_users", "partial")
MORE_CURVE = (
    "revenue",
    "cumulative_revenue_per_user",
    "reached_users",
    "reached_active",
    "reached_retention",
)
TESTED = ("difference", "difference_ci_low", "difference_ci_high", "p_value", "q_value")


class CohortsOptions(Options):
    """by: what starts a user's life. activity: what counts as coming back. grain: of cohorts."""

    by: Literal["signup", "first_response"] = "signup"
    activity: Literal["active", "response"] = "active"
    grain: Literal["month", "week"] = "month"


@dataclass(frozen=True)
class Words:
    """How the options read in a sentence."""

    unit: str
    start: str
    began: str
    act: str
    acted: str
    starts_active: bool

    @property
    def first_age(self) -> int:
        """The first age worth drawing: at age 0 everybody is active where that defines a cohort."""
        return 1 if self.starts_active else 0


def compute(facts: Facts, context: Context, options: CohortsOptions) -> Answer:
    """Retention and revenue by cohort and age, and pooled by age."""
    sizes, activity = facts["cohort_sizes"], facts["cohort_activity"]
    if not sizes["users"].sum():
        raise NotEnoughData(
            "no user signed up at a known time"
            if options.by == "signup"
            else f"no user has a response (“{context.metrics.response}”) at a known time"
        )
    words = _words(context, options)
    cells = _cells(sizes, activity, context, words)
    curve = _curve(cells, words, context)
    return Answer(
        headline=_headline(curve, words, context),
        blocks=[
            *_curve_charts(curve, words, context),
            *_grids(cells, curve, words, context),
            _curve_table(curve, words, context),
            Table(
                id="retention",
                title="Retention by cohort",
                frame=cells[[*RETENTION, *MORE_RETENTION]],
            ),
            Table(id="revenue", title="Revenue by cohort", frame=_revenue(cells)),
        ],
        findings=_findings(curve, words, context),
        caveats=_caveats(cells, curve, activity, words, context),
        definitions=_definitions(words),
    )


def _words(context: Context, options: CohortsOptions) -> Words:
    response = f"“{context.label('action', context.metrics.response)}”"
    by_response = options.by == "first_response"
    if options.activity == "active":
        act, acted = "are active", "were active"
    elif by_response:
        act, acted = "come back", "came back"
    else:
        act, acted = f"respond ({response})", f"responded ({response})"
    idle = context.metrics.response in context.metrics.idle
    return Words(
        unit=options.grain,
        start=f"their first {response}" if by_response else "signing up",
        began=f"first {response}" if by_response else "sign-up",
        act=act,
        acted=acted,
        starts_active=by_response and (options.activity == "response" or not idle),
    )


# -- counting ----------------------------------------------------------------------------------


def _cells(
    sizes: pd.DataFrame, activity: pd.DataFrame, context: Context, words: Words
) -> pd.DataFrame:
    """One row a campaign, cohort and age that has begun."""
    import pandas as pd

    counted = {
        (each.campaign, each.cohort, _age(each.cohort, each.period, words.unit)): each
        for each in activity.itertuples()
    }
    rows = [
        row
        for campaign in context.campaigns
        for each in sizes[sizes["campaign"] == campaign.key].sort_values("cohort").itertuples()
        for row in _life(campaign, each.cohort, int(each.users), counted, context, words)
    ]
    columns = [*RETENTION, *MORE_RETENTION, "revenue", "cumulative_revenue"]
    columns += ["cumulative_revenue_per_user", "began"]
    return pd.DataFrame(rows, columns=columns)


def _life(
    campaign: Campaign,
    cohort: date,
    users: int,
    counted: Mapping[tuple[str, date, int], Any],
    context: Context,
    words: Words,
) -> list[dict[str, Any]]:
    last_day = _last_day(campaign, context)
    ages = range(_age(cohort, last_day, words.unit) + 1)
    found = [counted.get((campaign.key, cohort, age)) for age in ages]
    still = sum(int(each.last_users) for each in found if each)
    cumulated, rows = 0.0, []
    for age, each in zip(ages, found, strict=True):
        active = int(each.active_users) if each else 0
        # Revenue is unknown (NaN) where nothing gives a response a worth.
        revenue = float(each.revenue) if each else 0.0
        cumulated += revenue
        rows.append(
            {
                "campaign": campaign.key,
                "cohort": cohort.isoformat()[:7] if words.unit == "month" else str(cohort),
                "cohort_users": users,
                "month": age,
                "active_users": active,
                "retention": active / users,
                "partial": last_day < _start(cohort, age + 1, words.unit) - timedelta(days=1),
                "unbounded_users": still,
                "unbounded_retention": still / users,
                "revenue": revenue,
                "cumulative_revenue": cumulated,
                "cumulative_revenue_per_user": cumulated / users,
                "began": cohort,
            }
        )
        still -= int(each.last_users) if each else 0
    return rows


def _last_day(campaign: Campaign, context: Context) -> date:
    if campaign.end is None:
        return context.as_of
    return min(context.as_of, campaign.end - timedelta(days=1))


def _age(cohort: date, day: date, grain: str) -> int:
    """Whole calendar months (or weeks) from a cohort's first day to the one that holds a day."""
    if grain == "month":
        return (day.year - cohort.year) * 12 + day.month - cohort.month
    return (day - cohort).days // 7


def _start(cohort: date, age: int, grain: str) -> date:
    """The first day of a cohort's month (or week) of this age."""
    if grain == "week":
        return cohort + timedelta(weeks=age)
    months = cohort.year * 12 + cohort.month - 1 + age
    return date(months // 12, months % 12 + 1, 1)


def _curve(cells: pd.DataFrame, words: Words, context: Context) -> pd.DataFrame:
    """Cohorts pooled by age, with intervals, and tested against the baseline at equal age."""
    import pandas as pd

    from growthml.stats.proportions import wilson

    sums = ["cohort_users", "active_users", "cumulative_revenue"]
    keys = ["campaign", "month"]
    reached = cells.groupby(keys)[sums].sum()
    complete = cells[~cells["partial"].astype(bool)].groupby(keys)[sums].sum()
    rows = []
    for campaign in context.campaigns:
        for (key, age), each in complete.iterrows():
            if key != campaign.key:
                continue
            users, active = int(each["cohort_users"]), int(each["active_users"])
            interval = wilson(active, users, context.confidence)
            begun = reached.loc[(key, age)]
            rows.append(
                {
                    "campaign": key,
                    "month": age,
                    "users": users,
                    "active_users": active,
                    "retention": active / users,
                    "ci_low": interval.low if interval else None,
                    "ci_high": interval.high if interval else None,
                    "revenue": each["cumulative_revenue"],
                    "cumulative_revenue_per_user": each["cumulative_revenue"] / users,
                    "reached_users": int(begun["cohort_users"]),
                    "reached_active": int(begun["active_users"]),
                    "reached_retention": begun["active_users"] / begun["cohort_users"],
                }
            )
    frame = pd.DataFrame(rows, columns=[*CURVE, *MORE_CURVE])
    return _tested(frame, words, context)


def _tested(curve: pd.DataFrame, words: Words, context: Context) -> pd.DataFrame:
    from growthml.stats.corrections import adjust
    from growthml.stats.proportions import compare_proportions

    counts = {
        (row.campaign, row.month): (int(row.active_users), int(row.users))
        for row in curve.itertuples()
    }
    found = []
    for (campaign, age), (active, users) in counts.items():
        base = counts.get((context.baseline.key, age))
        fit = age >= words.first_age and campaign != context.baseline.key
        # Where nobody came back in either campaign there is nothing to compare.
        enough = base and min(base[1], users) >= FEWEST_USERS and base[0] + active
        found.append(
            compare_proportions(*base, active, users, context.confidence)
            if base and fit and enough
            else None
        )
    q_values = adjust([each.p_value if each else None for each in found], context.correction)
    return curve.assign(
        difference=[each.difference if each else None for each in found],
        difference_ci_low=[each.ci_low if each else None for each in found],
        difference_ci_high=[each.ci_high if each else None for each in found],
        p_value=[each.p_value if each else None for each in found],
        q_value=q_values,
    )


def _revenue(cells: pd.DataFrame) -> pd.DataFrame:
    """The revenue of cohorts; no rows where nothing gives a response a worth."""
    return cells.loc[cells["revenue"].notna(), [*REVENUE, *MORE_REVENUE]].reset_index(drop=True)


def _row(curve: pd.DataFrame, campaign: Campaign, age: int) -> Any | None:
    mine = curve[(curve["campaign"] == campaign.key) & (curve["month"] == age)]
    return None if mine.empty else next(mine.itertuples())


def _passed(curve: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Rows whose difference from the baseline is more than chance, after correction."""
    return curve[curve["q_value"].astype(float) <= 1 - context.confidence + 1e-12]


# -- curves ------------------------------------------------------------------------------------


def _curve_charts(curve: pd.DataFrame, words: Words, context: Context) -> list[Curves]:
    shown = _shown(curve, words)
    charts = []
    if shown["active_users"].sum() and shown.groupby("campaign").size().max() > 1:
        charts.append(_retention_chart(shown, words, context))
        money = shown[shown["cumulative_revenue_per_user"].notna()]
        if len(money) and money["revenue"].max() > 0:
            charts.append(_revenue_chart(money, words, context))
    return charts


def _shown(curve: pd.DataFrame, words: Words) -> pd.DataFrame:
    """The ages that can be read."""
    return curve[
        (curve["users"] >= FEWEST_USERS)
        & (curve["month"] >= words.first_age)
        & (curve["month"] <= MOST_AGES)
    ]


def _lines(
    shown: pd.DataFrame, value: str, context: Context, unit: Literal["share", "money"]
) -> list[Line]:
    lines = []
    for campaign, series in zip(context.campaigns, shape.series(context), strict=True):
        mine = shown[shown["campaign"] == campaign.key]
        if mine.empty:
            continue
        banded = value == "retention"
        last = context.formats.value(mine[value].iloc[-1], unit)
        lines.append(
            Line(
                series=series,
                x=[float(age) for age in mine["month"]],
                y=[float(y) for y in mine[value]],
                low=[float(y) for y in mine["ci_low"]] if banded else (),
                high=[float(y) for y in mine["ci_high"]] if banded else (),
                end=f"{series.label} {last}",
            )
        )
    return lines


def _retention_chart(shown: pd.DataFrame, words: Words, context: Context) -> Curves:
    formats = context.formats
    told = "; ".join(
        f"{campaign.label} "
        + ", ".join(
            f"{formats.share(row.retention)} in {words.unit} {row.month}"
            for row in shown[shown["campaign"] == campaign.key].itertuples()
            if row.month in (1, 3, 6)
        )
        for campaign in context.campaigns
        if (shown["campaign"] == campaign.key).any()
    )
    return Curves(
        id="curves",
        title=_curve_title(shown, words, context),
        subtitle=f"Users who {words.act}, %, by {words.unit}s since {words.began}",
        alt=f"Line chart of retention by {words.unit}s since {words.began}, cohorts pooled:"
        f" {told}."[:399],
        how_to_read=f"Each point pools every cohort that has lived that {words.unit} to its end;"
        f" shaded: {formats.share(context.confidence)} interval. The far end rests on the oldest"
        f" cohorts alone, and ends where fewer than {FEWEST_USERS} users are left.",
        table="curve",
        panels=[
            CurvePanel(
                lines=_lines(shown, "retention", context, "share"),
                x_axis="number",
                x_unit="count",
                y_unit="share",
            )
        ],
    )


def _curve_title(shown: pd.DataFrame, words: Words, context: Context) -> str:
    if not context.compared:
        first = _row(shown, context.baseline, NEXT)
        if first is None:
            return f"Retention by {words.unit}"
        return f"{context.formats.share(first.retention)} {words.act} in {words.unit} {NEXT}"[:48]
    if shown["q_value"].notna().sum() == 0:
        return f"Retention by {words.unit}"
    passed = sorted(set(_passed(shown, context)["month"]))
    if not passed:
        return "No evidence that retention differs"
    if len(passed) == 1:
        return f"Retention differs in {words.unit} {passed[0]}"
    return f"Retention differs in {len(passed)} {words.unit}s"


def _revenue_chart(shown: pd.DataFrame, words: Words, context: Context) -> Curves:
    formats = context.formats
    age, amounts = _equal_age(shown, context)
    told = formats.join([f"{label} {formats.money(amount)}" for label, amount in amounts])
    label, amount = amounts[0]
    title = f"By {words.unit} {age} a {label} user had brought {formats.money(amount)}"
    return Curves(
        id="revenue",
        title=title if len(title) <= 48 else f"Revenue per user by {words.unit} {age}",
        subtitle=f"Revenue per user so far, {formats.currency}, by {words.unit}s since"
        f" {words.began}",
        alt=f"Line chart of revenue per user, cumulated by {words.unit}s since {words.began}:"
        f" {told} by {words.unit} {age}.",
        how_to_read="At every age only cohorts that old count, so a line can fall where a cohort"
        " that spent much is too young for the next age.",
        table="curve",
        panels=[
            CurvePanel(
                lines=_lines(shown, "cumulative_revenue_per_user", context, "money"),
                x_axis="number",
                x_unit="count",
                y_unit="money",
            )
        ],
    )


def _equal_age(shown: pd.DataFrame, context: Context) -> tuple[int, list[tuple[str, float]]]:
    """The highest age half of every campaign's users have reached, and revenue per user by then."""
    youngest = shown.groupby("campaign")["users"].transform("max")
    reached = shown[shown["users"] >= youngest / 2]
    age = int(reached.groupby("campaign")["month"].max().min())
    return age, [
        (campaign.label, float(row.cumulative_revenue_per_user))
        for campaign in context.campaigns
        if (row := _row(shown, campaign, age)) is not None
    ]


# -- heatmaps ----------------------------------------------------------------------------------


def _grids(
    cells: pd.DataFrame,
    curve: pd.DataFrame,
    words: Words,
    context: Context,
) -> list[Grid]:
    grids = []
    for campaign in context.campaigns:
        mine = cells[cells["campaign"] == campaign.key]
        if mine["month"].nunique() > 1 and mine["active_users"].sum():
            pooled = curve[curve["campaign"] == campaign.key]
            grids.append(_grid(campaign, mine, pooled, words, context))
    return grids


def _grid(
    campaign: Campaign,
    cells: pd.DataFrame,
    pooled: pd.DataFrame,
    words: Words,
    context: Context,
) -> Grid:
    formats = context.formats
    cohorts = list(dict.fromkeys(cells["began"]))
    shown = cohorts if len(cohorts) <= MOST_COHORTS else cohorts[-LATEST_COHORTS:]
    mine = cells[cells["began"].isin(shown)]
    ages = [age for age in range(int(mine["month"].max()) + 1) if age < MOST_AGES]
    found = {(row.began, row.month): row for row in mine.itertuples()}
    rows = [[_cell(found.get((cohort, age)), words, context) for age in ages] for cohort in shown]
    names = [_cohort_name(cohort, context, words) for cohort in shown]
    sizes = {row.began: int(row.cohort_users) for row in cells.itertuples()}
    users = [formats.count(sizes[cohort]) for cohort in shown]
    if len(cohorts) > 1:
        together = {row.month: row for row in pooled.itertuples()}
        rows.append([_pooled_cell(together.get(age), words, context) for age in ages])
        names.append("All cohorts")
        users.append(formats.count(sum(sizes.values())))
    latest = "" if len(shown) == len(cohorts) else f"; latest {len(shown)} of {len(cohorts)}"
    return Grid(
        id=f"heatmap_{campaign.key}",
        title=_grid_title(campaign, pooled, words, context),
        subtitle=f"{campaign.label}: users who {words.act}, %, by {words.unit}s since"
        f" {words.began}{latest}"[:110],
        alt=_grid_alt(campaign, mine, pooled, words, context),
        how_to_read=f"A row is the users of one {words.unit} of {words.began}; along it, the share"
        f" who {words.act} that many {words.unit}s later. Open cells: fewer than {FEWEST_USERS}"
        f" users, or a {words.unit} in progress (*). Blank: not yet lived.",
        half=False,
        table="retention",
        rows=names,
        columns=[str(age) for age in ages],
        cells=rows,
        ramp="sequential",
        edges=EDGES,
        unit="share",
        lead=[("Users", users)],
        row_height=5.0,
    )


def _cell(row: Any | None, words: Words, context: Context) -> Cell | None:
    if row is None:
        return None
    text = context.formats.share(row.retention, symbol=False)
    if row.partial or row.cohort_users < FEWEST_USERS:
        return Cell(text=f"{text}*" if row.partial else text, open=True)
    return Cell(text=text, step=_step(row.retention, row.month, words))


def _pooled_cell(row: Any | None, words: Words, context: Context) -> Cell | None:
    if row is None:
        return None
    text = context.formats.share(row.retention, symbol=False)
    if row.users < FEWEST_USERS:
        return Cell(text=text, open=True)
    return Cell(text=text, step=_step(row.retention, row.month, words))


def _step(retention: float, age: int, words: Words) -> int | None:
    return None if age < words.first_age else sum(retention >= edge for edge in EDGES)


def _cohort_name(cohort: date, context: Context, words: Words) -> str:
    if words.unit == "month":
        return context.formats.month(cohort, full_year=True)
    return context.formats.date(cohort)


def _grid_title(campaign: Campaign, pooled: pd.DataFrame, words: Words, context: Context) -> str:
    first = _row(pooled, campaign, NEXT)
    if first is None:
        return f"Retention by {words.unit} of {words.began}"[:80]
    share = context.formats.share(first.retention)
    after = f"users {words.act} the {words.unit} after {words.start}"
    title = f"{share} of {campaign.label} {after}"
    return title if len(title) <= 80 else f"{share} of {after}"[:80]


def _grid_alt(
    campaign: Campaign,
    cells: pd.DataFrame,
    pooled: pd.DataFrame,
    words: Words,
    context: Context,
) -> str:
    formats = context.formats
    cohorts = cells["began"].nunique()
    start = (
        f"Retention grid, {campaign.label},"
        f" {formats.plural(cohorts, 'cohort', 'cohorts')} by {words.unit} of {words.began}"
    )
    first = _row(pooled, campaign, NEXT)
    if first is None:
        return f"{start}; none has lived a whole {words.unit} after its own."
    told = (
        f"{start}: {words.unit} {NEXT} pooled {formats.count(first.active_users)} of"
        f" {formats.count(first.users)} ({formats.share(first.retention)})"
    )
    large = cells[
        (cells["month"] == NEXT) & (cells["cohort_users"] >= FEWEST_USERS) & ~cells["partial"]
    ].sort_values(["retention", "began"])
    if len(large) < 2:
        return f"{told}."
    ends = " to ".join(
        f"{formats.share(row.retention)} ({_cohort_name(row.began, context, words)},"
        f" {formats.count(row.active_users)} of {formats.count(row.cohort_users)})"
        for row in large.iloc[[-1, 0]].itertuples()
    )
    return f"{told}; cohorts of {FEWEST_USERS} or more from {ends}."


# -- tables, words -----------------------------------------------------------------------------


def _curve_table(curve: pd.DataFrame, words: Words, context: Context) -> Table:
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


def _headline(curve: pd.DataFrame, words: Words, context: Context) -> str:
    formats = context.formats
    known = [
        (campaign, row)
        for campaign in context.campaigns
        if (row := _row(curve, campaign, NEXT)) is not None
    ]
    if not known:
        return f"No cohort has lived a whole {words.unit} after {words.start} yet."
    if len(known) == 1:
        campaign, row = known[0]
        return (
            f"{formats.share(row.retention)} of {campaign.label} users {words.acted} in the"
            f" {words.unit} after {words.start}."
        )
    told = formats.join([f"{formats.share(row.retention)} of {c.label}" for c, row in known])
    tail = ""
    if curve["q_value"].notna().any():
        passed = sorted(set(_passed(curve, context)["month"]))
        if not passed:
            tail = "; no evidence that retention differs"
        elif NEXT not in passed:
            ages = formats.join([str(age) for age in passed[:3]])
            tail = f"; retention differs in {words.unit} {ages}"
    return f"In the {words.unit} after {words.start}, {told} users {words.acted}{tail}."


def _findings(curve: pd.DataFrame, words: Words, context: Context) -> list[Finding]:
    findings = []
    if (finding := _next_finding(curve, words, context)) is not None:
        findings.append(finding)
    findings += [
        _difference_finding(row, curve, words, context) for row in _strongest(curve, context)
    ]
    if (finding := _revenue_finding(curve, words, context)) is not None:
        findings.append(finding)
    return findings


def _next_finding(curve: pd.DataFrame, words: Words, context: Context) -> Finding | None:
    formats = context.formats
    rows = [
        (campaign, row)
        for campaign in context.campaigns
        if (row := _row(curve, campaign, NEXT)) is not None and row.users >= FEWEST_USERS
    ]
    if not rows:
        return None
    told = formats.join(
        [
            f"{formats.count(row.active_users)} of {formats.count(row.users)} {campaign.label}"
            f" users ({formats.rate(row.retention)},"
            f" {formats.interval(row.ci_low, row.ci_high, 'rate', signed=False)})"
            for campaign, row in rows
        ]
    )
    return Finding(
        heading=f"The {words.unit} after",
        text=f"{told} {words.acted} in the {words.unit} after {words.start}.",
        evidence=Evidence(table="curve", row={"campaign": rows[0][0].key, "month": NEXT}),
        weight=0.15,
    )


def _strongest(curve: pd.DataFrame, context: Context) -> list[Any]:
    """For each campaign the age with the strongest evidence, where there is any."""
    passed = _passed(curve, context).sort_values(["q_value", "month"])
    rows = []
    for campaign in context.compared:
        mine = passed[passed["campaign"] == campaign.key]
        rows += list(mine.head(1).itertuples())
    return rows


def _difference_finding(row: Any, curve: pd.DataFrame, words: Words, context: Context) -> Finding:
    formats = context.formats
    campaign = next(c for c in context.campaigns if c.key == row.campaign)
    before = _row(curve, context.baseline, row.month)
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


def _revenue_finding(curve: pd.DataFrame, words: Words, context: Context) -> Finding | None:
    shown = _shown(curve, words)
    shown = shown[shown["cumulative_revenue_per_user"].notna()]
    if shown.empty or not shown["revenue"].max() > 0:
        return None
    formats = context.formats
    age, amounts = _equal_age(shown, context)
    told = formats.join([f"{formats.money(amount)} a {label} user" for label, amount in amounts])
    return Finding(
        heading="Revenue at equal age",
        text=f"By {words.unit} {age} after {words.start}, cohorts had brought {told} (not tested).",
        evidence=Evidence(table="curve", row={"campaign": context.baseline.key, "month": age}),
        weight=0.12,
    )


def _caveats(
    cells: pd.DataFrame,
    curve: pd.DataFrame,
    activity: pd.DataFrame,
    words: Words,
    context: Context,
) -> list[str]:
    formats, caveats = context.formats, []
    cohorts = cells.drop_duplicates(["campaign", "cohort"])
    small = int((cohorts["cohort_users"] < FEWEST_USERS).sum())
    if small:
        caveats.append(
            f"{formats.count(small)} of {formats.plural(len(cohorts), 'cohort', 'cohorts')} have"
            f" fewer than {FEWEST_USERS} users: one user more or less moves them by more than"
            f" {formats.number(100 / FEWEST_USERS)} points."
        )
    few = [
        f"{formats.count(row.active_users)} of {formats.count(row.users)} {campaign.label} users"
        for campaign in context.campaigns
        if (row := _row(curve, campaign, NEXT)) is not None and row.active_users < FEWEST_ACTIVE
    ]
    if few:
        caveats.append(
            f"Only {formats.join(few)} {words.acted} in the {words.unit} after: too few for curves"
            " to be read point by point."
        )
    if cells["partial"].any():
        caveats.append(
            f"The {words.unit} in progress is marked * in the grids and left out of the curves."
        )
    early = sum(
        int(row.active_users)
        for row in activity.itertuples()
        if _age(row.cohort, row.period, words.unit) < 0
    )
    if early:
        times = formats.plural(early, "time a user was", "times users were")
        caveats.append(
            f"{times} active in a {words.unit} before that of {words.began}: left out here."
        )
    if context.compared and not context.randomised:
        caveats.append("Users were not randomised: a difference may come from time, mix or season.")
    return caveats


def _definitions(words: Words) -> list[tuple[str, str]]:
    return [
        ("Cohort", f"users by the calendar {words.unit} of {words.began}"),
        (
            "Retention",
            f"share of a cohort who {words.act} in a given {words.unit} (bounded); a user counts"
            f" once a {words.unit}. Unbounded, in the table attached: in that {words.unit} or"
            " later",
        ),
    ]


SECTION = Section(
    id="cohorts",
    title="Cohorts",
    question="Do users stay, and what do they bring as they grow older?",
    facts=("cohort_sizes:{by}:{grain}", "cohort_activity:{by}:{activity}:{grain}"),
    tables={
        "curve": (*CURVE, *MORE_CURVE, *TESTED),
        "retention": (*RETENTION, *MORE_RETENTION),
        "revenue": (*REVENUE, *MORE_REVENUE),
    },
    compute=compute,
    options=CohortsOptions,
)
