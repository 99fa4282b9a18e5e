"""Who falls silent, how fast, and does the new campaign keep its users better?

A user has churned when their last action that is not idle (their sign-up, if there is none) lies
strictly more than `inactive_days` before the last day seen; only users who signed up more than
that many days ago can have (`eligible: old_enough`). Rates carry Wilson intervals, differences
Newcombe's. Survival is Kaplan-Meier's share of users active beyond a day after sign-up. A user who
has not churned is followed up to `inactive_days` before the last day seen: a silence that began
later cannot be told from a pause yet (censoring). The log-rank test compares channels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from growthml import shape
from growthml.charts import (
    BarPanel,
    Bars,
    CurvePanel,
    Curves,
    IntervalPanel,
    IntervalRow,
    Intervals,
    Line,
    Reference,
    Series,
)
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
    Verdict,
)

if TYPE_CHECKING:
    import pandas as pd

    from growthml.stats.survival import Survival

    Curve = Mapping[tuple[str, Any], Survival]

FEWEST_AT_RISK = 20
FEWEST_USERS = 20
FEWEST_LEFT = 5
"""A share beyond a day is printed, with its interval, down to so many users left."""

MOST_LINES = 4
PANELS = 2
COLOURS = ("c1", "c2", "c3", "c4", "c5")
TYPICAL = 0.95
"""Nearly all pauses are at most as long as this quantile of them."""

NEVER = "never acted"
MOSTLY = "mostly "

RATES = ("users", "churned", "churn_rate", "ci_low", "ci_high")
TESTED = ("difference", "difference_ci_low", "difference_ci_high", "p_value", "q_value", "verdict")
SURVIVAL = ("campaign", "channel", "day", "at_risk", "events", "survival", "ci_low", "ci_high")
TESTS = ("campaign", "test", "n", "chi2", "dof", "p_value", "q_value")
STILL_ACTIVE = ("campaign", "channel", "users", "day", "survival", "ci_low", "ci_high", "median")


class ChurnOptions(Options):
    """inactive_days: silence longer than this is churn. eligible: whose silence can be judged."""

    inactive_days: int = Field(default=90, ge=1, le=3650)
    eligible: Literal["old_enough", "all"] = "old_enough"


def compute(facts: Facts, context: Context, options: ChurnOptions) -> Answer:
    """Churn overall, by channel and by behaviour; survival by channel."""
    silences = _silences(facts["churn"], context)
    eligible = silences if options.eligible == "all" else silences[silences["old_enough"] == 1]
    if not eligible["users"].sum():
        raise NotEnoughData(_nobody(silences, context, options))
    overall = _overall(silences, eligible, facts.get("gaps"), context)
    channels = _rates(eligible, "channel", context)
    behaviours = _rates(eligible, "behaviour", context)
    curves = _survivals(silences, context)
    names = _line_names(silences, context)
    drawn = _survivals(_folded(silences, names), context)
    tests = _tests(silences, eligible, context)
    still = _still_active(curves, context, options)
    blocks: list[Any] = [
        *_rate_charts(channels, behaviours, context, options),
        *_difference_charts(channels, overall, context, options),
        _rates_table("by_channel", "channel", channels, context),
        *_survival_charts(drawn, names, tests, context, options),
        _still_table(still, context, options),
        _rates_table("by_behaviour", "behaviour", behaviours, context),
        _overall_table(overall, context, options),
        Table(id="survival", title="Survival by channel", frame=_survival_frame(curves)),
        _tests_table(tests, context),
    ]
    return Answer(
        headline=_headline(overall, context, options),
        blocks=blocks,
        findings=[
            *_overall_findings(overall, context, options),
            *_changed_findings(channels, "by_channel", "channel", context),
            *_changed_findings(behaviours, "by_behaviour", "behaviour", context),
            *_channel_findings(channels, tests, drawn, names, context, options),
            *_behaviour_findings(behaviours, tests, context),
        ],
        caveats=_caveats(overall, behaviours, context, options),
        definitions=_definitions(context, options),
    )


def _nobody(silences: pd.DataFrame, context: Context, options: ChurnOptions) -> str:
    formats = context.formats
    if not silences["users"].sum():
        return "no user signed up at a known time"
    days = formats.plural(options.inactive_days, "day", "days")
    return (
        f"no user signed up more than {days} before {formats.date(context.as_of)}, so nobody can"
        f" have been silent that long yet ({formats.count(int(silences['users'].sum()))} users)"
    )


# -- counting ----------------------------------------------------------------------------------


def _silences(churn: pd.DataFrame, context: Context) -> pd.DataFrame:
    """The fact with the behaviour in words, campaigns in the report's order."""
    place = {campaign.key: number for number, campaign in enumerate(context.campaigns)}
    behaviour = [_behaviour(shape.known(action), context) for action in churn["action"]]
    channel = [shape.known(each) for each in churn["channel"]]
    return (
        churn.assign(
            channel=_objects(channel, churn.index),
            behaviour=behaviour,
            place=churn["campaign"].map(place),
        )
        .sort_values("place", kind="stable")
        .drop(columns="place")
        .reset_index(drop=True)
    )


def _objects(values: Sequence[Any], index: Any) -> pd.Series[Any]:
    import pandas as pd

    return pd.Series(values, index=index, dtype=object)


def _behaviour(action: Any, context: Context) -> str:
    if action is None:
        return NEVER
    return str(action) if action in context.metrics.idle else f"{MOSTLY}{action}"


def _behaviour_label(behaviour: str, context: Context) -> str:
    if behaviour.startswith(MOSTLY):
        return f"{MOSTLY}{context.label('action', behaviour.removeprefix(MOSTLY))}".capitalize()
    if behaviour == NEVER:
        return NEVER.capitalize()
    return f"Mostly “{context.label('action', behaviour)}”"


def _counts(rows: pd.DataFrame) -> tuple[int, int]:
    """Users who churned, and users."""
    return int(rows.loc[rows["churned"] == 1, "users"].sum()), int(rows["users"].sum())


def _rates(eligible: pd.DataFrame, column: str, context: Context) -> pd.DataFrame:
    """Churn by a column with its interval, each value tested against the baseline's."""
    import pandas as pd

    values = shape.order(eligible, column, "users", context)
    rows = []
    for campaign in context.campaigns:
        mine = eligible[eligible["campaign"] == campaign.key]
        for value in values:
            same = mine[[shape.known(each) == value for each in mine[column]]]
            if len(same):
                rows.append({"campaign": campaign.key, column: value, **_rate(same, context)})
    frame = pd.DataFrame(rows, columns=["campaign", column, *RATES])
    frame[column] = frame[column].astype(object)
    return _with_tests(frame, column, context)


def _rate(rows: pd.DataFrame, context: Context) -> dict[str, Any]:
    from growthml.stats.proportions import wilson

    churned, users = _counts(rows)
    interval = wilson(churned, users, context.confidence)
    return {
        "users": users,
        "churned": churned,
        "churn_rate": shape.share(churned, users),
        "ci_low": interval.low if interval else None,
        "ci_high": interval.high if interval else None,
    }


def _with_tests(frame: pd.DataFrame, column: str, context: Context) -> pd.DataFrame:
    """Differences from the baseline where both have enough users; one table is one family."""
    from growthml.stats.corrections import adjust
    from growthml.stats.proportions import compare_proportions

    keys = [(row["campaign"], shape.known(row[column])) for _, row in frame.iterrows()]
    counts = dict(zip(keys, zip(frame["churned"], frame["users"], strict=True), strict=True))
    found = []
    for campaign, value in keys:
        churned, users = counts[campaign, value]
        base = counts.get((context.baseline.key, value))
        both = campaign != context.baseline.key and base is not None
        fit = both and base is not None and min(base[1], users) >= FEWEST_USERS
        certain = fit and base is not None and churned == users and base[0] == base[1]
        found.append(
            compare_proportions(
                int(base[0]), int(base[1]), int(churned), int(users), context.confidence
            )
            if fit and base is not None and not certain
            else None
        )
    q_values = adjust([each.p_value if each else None for each in found], context.correction)
    return frame.assign(
        difference=[each.difference if each else None for each in found],
        difference_ci_low=[each.ci_low if each else None for each in found],
        difference_ci_high=[each.ci_high if each else None for each in found],
        p_value=[each.p_value if each else None for each in found],
        q_value=q_values,
        verdict=[
            str(_verdict(each.difference if each else None, q, context))
            for each, q in zip(found, q_values, strict=True)
        ],
    )


def _verdict(difference: float | None, q_value: float | None, context: Context) -> Verdict:
    """Less churn is better."""
    if q_value is None or difference is None:
        return Verdict.NOT_TESTED
    if q_value > 1 - context.confidence + 1e-12 or difference == 0:
        return Verdict.NO_EVIDENCE
    return Verdict.BETTER if difference < 0 else Verdict.WORSE


def _overall(
    silences: pd.DataFrame, eligible: pd.DataFrame, gaps: pd.DataFrame | None, context: Context
) -> pd.DataFrame:
    """One row a campaign: churn, how many users are old enough, and how long pauses are."""
    import pandas as pd

    rows = []
    for campaign in context.campaigns:
        seen = silences[silences["campaign"] == campaign.key]
        rows.append(
            {
                "campaign": campaign.key,
                "all_users": int(seen["users"].sum()),
                "old_enough": int(seen.loc[seen["old_enough"] == 1, "users"].sum()),
                **_rate(eligible[eligible["campaign"] == campaign.key], context),
                "gap_p95": None if gaps is None else _typical_gap(gaps, campaign),
                "all": "all",
            }
        )
    return _with_tests(pd.DataFrame(rows), "all", context).drop(columns="all")


def _typical_gap(gaps: pd.DataFrame, campaign: Campaign) -> int | None:
    """The smallest pause that at least 95 % of pauses do not exceed (nearest rank), in days."""
    mine = gaps[gaps["campaign"] == campaign.key].sort_values("days")
    if not mine["gaps"].sum():
        return None
    enough = mine["gaps"].cumsum() >= TYPICAL * mine["gaps"].sum()
    return int(mine.loc[enough, "days"].iloc[0])


# -- survival ----------------------------------------------------------------------------------


def _survivals(silences: pd.DataFrame, context: Context) -> dict[tuple[str, Any], Survival]:
    """A curve a campaign and channel, over the users old enough to have churned."""
    from growthml.stats.survival import kaplan_meier

    followed = silences[silences["old_enough"] == 1]
    curves = {}
    for campaign in context.campaigns:
        mine = followed[followed["campaign"] == campaign.key]
        for channel in shape.order(followed, "channel", "users", context):
            same = mine[[shape.known(each) == channel for each in mine["channel"]]]
            if len(same):
                curves[campaign.key, channel] = kaplan_meier(
                    same["days"], same["churned"], same["users"], context.confidence
                )
    return curves


def _line_names(silences: pd.DataFrame, context: Context) -> dict[Any, str]:
    """The channels that get a line of their own, with their names; the others share one."""
    channels = shape.order(silences[silences["old_enough"] == 1], "channel", "users", context)
    names = {each: context.label("channel", each) for each in channels[:MOST_LINES]}
    if len(channels) > MOST_LINES:
        names[shape.OTHER] = f"Other ({len(channels) - MOST_LINES})"
    return names


def _folded(silences: pd.DataFrame, names: Mapping[Any, str]) -> pd.DataFrame:
    """Channels without a line of their own as one."""
    known = [shape.known(each) for each in silences["channel"]]
    folded = [each if each in names else shape.OTHER for each in known]
    return silences.assign(channel=_objects(folded, silences.index))


def _survival_frame(curves: Curve) -> pd.DataFrame:
    import pandas as pd

    frames = [
        pd.DataFrame(
            {
                "campaign": campaign,
                "channel": channel,
                "day": curve.durations.astype(int),
                "at_risk": curve.at_risk.round().astype(int),
                "events": curve.churned.round().astype(int),
                "survival": curve.survival,
                "ci_low": curve.ci_low,
                "ci_high": curve.ci_high,
            },
            columns=list(SURVIVAL),
        )
        for (campaign, channel), curve in curves.items()
    ]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(SURVIVAL))


def _still_active(curves: Curve, context: Context, options: ChurnOptions) -> pd.DataFrame:
    """The share of users active beyond `inactive_days` after sign-up."""
    import pandas as pd

    day, rows = options.inactive_days, []
    for (campaign, channel), curve in curves.items():
        known = curve.users_at_risk(day) >= FEWEST_LEFT
        interval = curve.interval_at(day) if known else None
        rows.append(
            {
                "campaign": campaign,
                "channel": channel,
                "users": curve.users,
                "day": day,
                "survival": curve.at(day) if known else None,
                "ci_low": interval.low if interval else None,
                "ci_high": interval.high if interval else None,
                "median": curve.median,
            }
        )
    return pd.DataFrame(rows, columns=list(STILL_ACTIVE))


def _tests(silences: pd.DataFrame, eligible: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Whether channels and behaviours differ within each campaign; one family."""
    import pandas as pd

    from growthml.stats.association import association
    from growthml.stats.corrections import adjust
    from growthml.stats.survival import log_rank

    rows = []
    for campaign in context.campaigns:
        followed = silences[(silences["campaign"] == campaign.key) & (silences["old_enough"] == 1)]
        if followed["channel"].nunique(dropna=False) > 1:
            names = [str(shape.known(each)) for each in followed["channel"]]
            test = log_rank(names, followed["days"], followed["churned"], followed["users"])
            n = int(followed["users"].sum())
            rows.append(_test(campaign, "survival_by_channel", n, test))
        acted = eligible[
            (eligible["campaign"] == campaign.key) & eligible["behaviour"].str.startswith(MOSTLY)
        ]
        if acted["behaviour"].nunique() > 1:
            counted = [
                (churned, users - churned)
                for _, same in acted.groupby("behaviour")
                for churned, users in [_counts(same)]
            ]
            found = association(counted)
            rows.append(_test(campaign, "churn_by_behaviour", found.n, found))
    frame = pd.DataFrame(rows, columns=list(TESTS[:-1]))
    p_values = [shape.known(p) for p in frame["p_value"]]
    return frame.assign(q_value=adjust(p_values, context.correction))


def _test(campaign: Campaign, name: str, n: int, found: Any) -> dict[str, Any]:
    return {
        "campaign": campaign.key,
        "test": name,
        "n": n,
        "chi2": found.chi2,
        "dof": found.dof,
        "p_value": found.p_value,
    }


def _passes(tests: pd.DataFrame, campaign: Campaign, name: str, context: Context) -> bool:
    mine = tests[(tests["campaign"] == campaign.key) & (tests["test"] == name)]
    return bool((mine["q_value"].astype(float) <= 1 - context.confidence + 1e-12).any())


# -- bars --------------------------------------------------------------------------------------


def _rate_charts(
    channels: pd.DataFrame, behaviours: pd.DataFrame, context: Context, options: ChurnOptions
) -> list[Bars]:
    charts: list[Bars] = []
    if channels.groupby("campaign")["users"].sum().max() < FEWEST_USERS:
        return charts
    if channels["channel"].nunique(dropna=False) > 1:
        role = context.label("role", "channel")
        charts.append(_bars("channels", "by_channel", "channel", role, channels, context, options))
    if behaviours["behaviour"].nunique() > 1:
        charts.append(
            _bars(
                "behaviours",
                "by_behaviour",
                "behaviour",
                "commonest action",
                behaviours,
                context,
                options,
            )
        )
    return charts


def _bars(
    id: str,
    table: str,
    column: str,
    by: str,
    rates: pd.DataFrame,
    context: Context,
    options: ChurnOptions,
) -> Bars:
    formats = context.formats
    rows = shape.rows(rates, column, "users", column, context)
    churned = rows.values(rates, column, "churned", context)
    users = rows.values(rates, column, "users", context)
    labels = [
        _behaviour_label(members[0], context)
        if column == "behaviour" and len(members) == 1
        else label
        for label, members in zip(rows.labels, rows.members, strict=True)
    ]
    values = [
        [shape.share(part, whole) for part, whole in zip(parts, wholes, strict=True)]
        for parts, wholes in zip(churned, users, strict=True)
    ]
    counted = [
        [f"{formats.count(x)} of {formats.count(n)}" for x, n in zip(xs, ns, strict=True)]
        for xs, ns in zip(churned, users, strict=True)
    ]
    sizes = formats.join([formats.count(sum(each)) for each in users])
    names = formats.join([campaign.label for campaign in context.campaigns])
    return Bars(
        id=id,
        title=f"Churn by {by}",
        subtitle=f"Silent for more than {options.inactive_days} days, %; {sizes} users",
        alt=f"Bar chart of churn by {by}, {names}: {shape.told(labels, counted, context)}."[:400],
        table=table,
        rows=labels,
        series=shape.series(context),
        panels=[BarPanel(title="", values=values)],
        unit="share",
        limit=1.0,
    )


def _difference_charts(
    channels: pd.DataFrame, overall: pd.DataFrame, context: Context, options: ChurnOptions
) -> list[Intervals]:
    """One chart a compared campaign: churn by channel less the baseline's, all users last."""
    charts = []
    for campaign in context.compared:
        mine = channels[channels["campaign"] == campaign.key]
        rows = [
            _interval_row(row, context.label("channel", row.channel), base, context)
            for row in mine.head(shape.MOST_ROWS).itertuples()
            if (base := _same(channels, "channel", row.channel, context)) is not None
        ]
        whole = next(overall[overall["campaign"] == campaign.key].itertuples())
        before = next(overall[overall["campaign"] == context.baseline.key].itertuples())
        everyone = _interval_row(whole, "All users", before, context)
        if everyone.estimate is None or len(rows) < 2:
            continue
        charts.append(_intervals(campaign, rows, everyone, context, options))
    return charts


def _same(rates: pd.DataFrame, column: str, value: Any, context: Context) -> Any | None:
    base = rates[rates["campaign"] == context.baseline.key]
    same = base[[shape.known(each) == shape.known(value) for each in base[column]]]
    return None if same.empty else next(same.itertuples())


def _interval_row(row: Any, name: str, base: Any, context: Context) -> IntervalRow:
    formats = context.formats
    left = f"{formats.rate(base.churn_rate)} → {formats.rate(row.churn_rate)}"
    if shape.known(row.p_value) is None:
        return IntervalRow(
            name=name, estimate=None, low=None, high=None, left=left, verdict=row.verdict
        )
    interval = formats.interval(row.difference_ci_low, row.difference_ci_high, "rate")
    return IntervalRow(
        name=name,
        estimate=row.difference,
        low=row.difference_ci_low,
        high=row.difference_ci_high,
        left=left,
        right=f"{formats.points(row.difference)} ({interval})",
        verdict=row.verdict,
    )


def _intervals(
    campaign: Campaign,
    rows: Sequence[IntervalRow],
    everyone: IntervalRow,
    context: Context,
    options: ChurnOptions,
) -> Intervals:
    passed = [row.name for row in rows if row.verdict in (Verdict.BETTER, Verdict.WORSE)]
    by = context.label("role", "channel")
    title = (
        f"Churn differs from {context.baseline.label}'s: {context.formats.join(passed)}"
        if passed
        else f"No {by}'s churn shows evidence of a difference"
    )
    told = ", ".join(f"{row.name} {row.right}" for row in [*rows[:4], everyone] if row.right)
    extra = "" if len(context.compared) == 1 else f"_{campaign.key}"
    return Intervals(
        id=f"differences{extra}",
        title=title if len(title) <= 80 else f"Churn of {len(passed)} {by}s differs",
        subtitle=f"Silent for more than {options.inactive_days} days, {campaign.label} less"
        f" {context.baseline.label}, percentage points"[:110],
        alt=f"Interval plot of churn, {campaign.label} less {context.baseline.label} in points:"
        f" {told}."[:400],
        how_to_read="Left of the line fewer users churned. A line that crosses it fits both a rise"
        " and a fall.",
        half=False,
        table="by_channel",
        panels=[
            IntervalPanel(rows=list(rows), unit="rate", title="percentage points"),
            IntervalPanel(rows=[everyone], unit="rate"),
        ],
        lower=f"lower in {campaign.label}",
        higher=f"higher in {campaign.label}",
    )


# -- curves ------------------------------------------------------------------------------------


def _survival_charts(
    curves: Curve,
    names: Mapping[Any, str],
    tests: pd.DataFrame,
    context: Context,
    options: ChurnOptions,
) -> list[Curves]:
    if len(names) == 1:
        panel = _one_panel(curves, context, options)
        return [_one_chart(panel, curves, context, options)] if _has_shares(panel) else []
    charts = []
    for start in range(0, len(context.campaigns), PANELS):
        shown = context.campaigns[start : start + PANELS]
        panels = [
            panel
            for campaign in shown
            if _has_shares(panel := _panel(campaign, names, curves, context, options))
        ]
        if panels:
            extra = f"_{start // PANELS + 1}" if start else ""
            charts.append(_chart(extra, panels, shown, curves, names, tests, context, options))
    return charts


def _has_shares(panel: CurvePanel) -> bool:
    return any(share for line in panel.lines for share in line.y)


def _line(curve: Survival, series: Series, end: str, *, band: bool = False) -> Line | None:
    """The steps while enough users are at risk; None where there are none, or nobody churned."""
    enough = curve.at_risk >= FEWEST_AT_RISK
    if not enough.any() or not curve.churned.sum():
        return None
    last = int(enough.sum())
    # The share holds until the day of the next step, even where that one is drawn no more.
    places = [*range(last), last - 1] if last < len(enough) else [*range(last)]

    def values(column: Any) -> list[float | None]:
        return [shape.known(float(column[place])) for place in places]

    return Line(
        series=series,
        x=[float(day) for day in curve.durations[: len(places)]],
        y=values(curve.survival),
        low=values(curve.ci_low) if band else (),
        high=values(curve.ci_high) if band else (),
        end=end,
        step=True,
    )


def _panel(
    campaign: Campaign,
    names: Mapping[Any, str],
    curves: Curve,
    context: Context,
    options: ChurnOptions,
) -> CurvePanel:
    """One line a channel."""
    lines = [
        line
        for (channel, name), colour in zip(names.items(), COLOURS, strict=False)
        if (curve := curves.get((campaign.key, channel))) is not None
        if (line := _line(curve, Series(label=name, colour=colour), name)) is not None
    ]
    return CurvePanel(
        lines=lines,
        x_axis="number",
        x_unit="count",
        y_unit="share",
        title=campaign.label if len(context.campaigns) > 1 else "",
        references=_mark(lines, options),
    )


def _mark(lines: Sequence[Line], options: ChurnOptions) -> list[Reference]:
    """The hairline at `inactive_days`, where a line reaches it."""
    day = options.inactive_days
    ends = [float(line.x[-1]) for line in lines if isinstance(line.x[-1], float)]
    if not ends or max(ends) < day:
        return []
    return [Reference(kind="vertical", at=float(day), label=f"{day} days")]


def _one_panel(curves: Curve, context: Context, options: ChurnOptions) -> CurvePanel:
    """Without channels to compare, one line a campaign."""
    found = {campaign: curve for (campaign, _), curve in curves.items()}
    banded = len(context.campaigns) <= PANELS
    lines = [
        line
        for campaign, series in zip(context.campaigns, shape.series(context), strict=True)
        if campaign.key in found
        if (line := _line(found[campaign.key], series, series.label, band=banded)) is not None
    ]
    return CurvePanel(
        lines=lines,
        x_axis="number",
        x_unit="count",
        y_unit="share",
        references=_mark(lines, options),
    )


_READ = (
    "A line falls on each day by the share of users whose last action was that day; it starts at"
    " the share who acted again after the day they signed up, and ends where fewer than"
    f" {FEWEST_AT_RISK} users are left."
)


def _chart(
    extra: str,
    panels: Sequence[CurvePanel],
    shown: Sequence[Campaign],
    curves: Curve,
    names: Mapping[Any, str],
    tests: pd.DataFrame,
    context: Context,
    options: ChurnOptions,
) -> Curves:
    formats = context.formats
    p_values = [
        formats.p(row.p_value)
        for campaign in shown
        for row in tests[tests["campaign"] == campaign.key].itertuples()
        if row.test == "survival_by_channel" and shape.known(row.p_value) is not None
    ]
    p = f"; log-rank p {formats.join(p_values)}" if p_values else ""
    told = "; ".join(
        f"{campaign.label} {phrase}"
        for campaign in shown
        if (phrase := _told_at(campaign, curves, names, context, options))
    )
    return Curves(
        id=f"survival{extra}",
        title=_survival_title(shown, curves, names, tests, context, options),
        subtitle=f"Users still active, %, by days since sign-up{p}",
        alt=f"Survival curves by channel, share active beyond {options.inactive_days} days:"
        f" {told or 'too few users are left by then'}."[:400],
        how_to_read=_READ,
        half=False,
        table="survival",
        panels=list(panels),
        height=58.0,
    )


def _told_at(
    campaign: Campaign,
    curves: Curve,
    names: Mapping[Any, str],
    context: Context,
    options: ChurnOptions,
) -> str:
    day = options.inactive_days
    return ", ".join(
        f"{names[channel]} {context.formats.share(curve.at(day))}"
        + _limits(curve, context, options)
        for (key, channel), curve in curves.items()
        if key == campaign.key and curve.users_at_risk(day) >= FEWEST_LEFT
    )


def _limits(curve: Survival, context: Context, options: ChurnOptions) -> str:
    interval = curve.interval_at(options.inactive_days)
    if interval is None:
        return ""
    return f" ({context.formats.interval(interval.low, interval.high, 'rate', signed=False)})"


def _survival_title(
    shown: Sequence[Campaign],
    curves: Curve,
    names: Mapping[Any, str],
    tests: pd.DataFrame,
    context: Context,
    options: ChurnOptions,
) -> str:
    role = context.label("role", "channel")
    passed = [c for c in shown if _passes(tests, c, "survival_by_channel", context)]
    if not passed:
        tested = tests[tests["test"] == "survival_by_channel"]
        if not tested["p_value"].notna().any():
            return "How long users stay active"
        return f"No evidence that {role}s differ in how long users stay"
    first = {_quickest(campaign, curves, options) for campaign in passed}
    if len(first) == 1 and len(passed) == len(shown) and shape.OTHER not in first:
        title = f"{names[first.pop()]} users go quiet first"
        if len(title) <= 80:
            return title
    where = "" if len(passed) == len(shown) else f" in {passed[0].label}"
    return f"How long users stay depends on {role}{where}"[:80]


def _quickest(campaign: Campaign, curves: Curve, options: ChurnOptions) -> Any:
    """The channel that keeps fewest users up to the last day every channel can be read."""
    mine = {channel: curve for (key, channel), curve in curves.items() if key == campaign.key}
    ends = [curve.durations[curve.at_risk >= FEWEST_AT_RISK] for curve in mine.values()]
    day = min([float(each[-1]) for each in ends if len(each)] + [float(options.inactive_days)])
    return min(mine, key=lambda channel: (_share_at(mine[channel], day), str(channel)))


def _share_at(curve: Survival, day: float) -> float:
    share = curve.at(day)
    return 1.0 if share is None else share


def _one_chart(
    panel: CurvePanel,
    curves: Curve,
    context: Context,
    options: ChurnOptions,
) -> Curves:
    formats, day = context.formats, options.inactive_days
    known = [
        (campaign.label, curve)
        for campaign in context.campaigns
        for (key, _), curve in curves.items()
        if key == campaign.key and curve.users_at_risk(day) >= FEWEST_LEFT
    ]
    told = ", ".join(
        f"{label} {formats.share(curve.at(day))}{_limits(curve, context, options)}"
        for label, curve in known
    )
    title = "How long users stay active"
    if len(known) == 1:
        title = f"{formats.share(known[0][1].at(day))} stay active beyond day {day}"
    return Curves(
        id="survival",
        title=title,
        subtitle="Users still active, %, by days since sign-up",
        alt=f"Survival curves, share of users active beyond {day} days after sign-up:"
        f" {told or 'too few users are left by then'}.",
        how_to_read=_READ,
        half=False,
        table="survival",
        panels=[panel],
    )


# -- tables ------------------------------------------------------------------------------------


def _overall_table(overall: pd.DataFrame, context: Context, options: ChurnOptions) -> Table:
    columns = [
        Column(name="campaign", head="Campaign", role="campaign"),
        Column(name="users", head="Could have churned", kind="count"),
        Column(name="churned", head="Churned", kind="count"),
        Column(name="churn_rate", head="Churn", kind="rate"),
        Column(name="interval", head=f"{context.formats.share(context.confidence)} interval"),
    ]
    if overall["gap_p95"].notna().any():
        columns.append(Column(name="gap_p95", head="95 % of pauses up to, days", kind="days"))
    return Table(
        id="overall",
        title=f"Silent for more than {options.inactive_days} days",
        frame=overall,
        view=overall.assign(interval=_interval_texts(overall, "churn_rate", context)),
        columns=columns,
        note="A pause is the time between two days on which a user did something.",
    )


def _interval_texts(frame: pd.DataFrame, value: str, context: Context) -> list[str]:
    return [
        context.formats.interval(row["ci_low"], row["ci_high"], "rate", signed=False)
        if shape.known(row[value]) is not None
        else ""
        for _, row in frame.iterrows()
    ]


def _rates_table(id: str, column: str, rates: pd.DataFrame, context: Context) -> Table:
    named = rates
    if column == "behaviour":
        named = rates.assign(behaviour=[_behaviour_label(b, context) for b in rates["behaviour"]])
    key = Column(
        name=column,
        head="Channel" if column == "channel" else "Commonest action",
        role="channel" if column == "channel" else "",
    )
    view, columns = shape.beside(
        named.assign(interval=_interval_texts(rates, "churn_rate", context)),
        key,
        (
            Column(name="users", head="Users", kind="count"),
            Column(name="churn_rate", head="Churn", kind="rate"),
            Column(name="interval", head=f"{context.formats.share(context.confidence)} interval"),
        ),
        context,
    )
    tested = int(rates["p_value"].notna().sum())
    return Table(
        id=id,
        title="Churn by channel" if column == "channel" else "Churn by commonest action",
        frame=rates,
        view=view,
        columns=columns if rates[column].nunique(dropna=False) > 1 else (),
        order="by users",
        note=f"Compared with {context.baseline.label} in"
        f" {context.formats.plural(tested, 'test', 'tests')}, corrected by {context.correction}."
        if tested
        else "",
    )


def _still_table(still: pd.DataFrame, context: Context, options: ChurnOptions) -> Table:
    view, columns = shape.beside(
        still.assign(interval=_interval_texts(still, "survival", context)),
        Column(name="channel", head="Channel", role="channel"),
        (
            Column(name="survival", head="Active", kind="rate"),
            Column(name="interval", head=f"{context.formats.share(context.confidence)} interval"),
        ),
        context,
    )
    known = still["survival"].notna().any() and still["channel"].nunique(dropna=False) > 1
    return Table(
        id="still_active",
        title=f"Active beyond {options.inactive_days} days after sign-up",
        frame=still,
        view=view,
        columns=columns if known else (),
        order="by users",
        note=f"Kaplan-Meier; a dash where fewer than {FEWEST_LEFT} users are left.",
    )


def _tests_table(tests: pd.DataFrame, context: Context) -> Table:
    return Table(id="tests", title="Do channels and behaviours differ?", frame=tests)


# -- words -------------------------------------------------------------------------------------


def _headline(overall: pd.DataFrame, context: Context, options: ChurnOptions) -> str:
    formats = context.formats
    known = [
        (campaign, row)
        for campaign in context.campaigns
        for row in overall[overall["campaign"] == campaign.key].itertuples()
        if row.users
    ]
    told = formats.join([f"{formats.share(row.churn_rate)} of {c.label} users" for c, row in known])
    verdicts = [(c, row.verdict) for c, row in known if row.verdict != Verdict.NOT_TESTED]
    changed = [c.label for c, verdict in verdicts if verdict != Verdict.NO_EVIDENCE]
    tail = ""
    if verdicts and not changed:
        tail = "; no evidence of a difference"
    elif len(changed) < len(verdicts):
        tail = f"; only {formats.join(changed)} differs"
    return f"{told} have been silent for more than {options.inactive_days} days{tail}."


def _overall_findings(
    overall: pd.DataFrame, context: Context, options: ChurnOptions
) -> list[Finding]:
    formats = context.formats
    known = [row for row in overall.itertuples() if row.users]
    labels = {campaign.key: campaign.label for campaign in context.campaigns}
    told = formats.join(
        [
            f"{formats.count(row.churned)} of {formats.count(row.users)} {labels[row.campaign]}"
            f" users ({formats.rate(row.churn_rate)})"
            for row in known
        ]
    )
    findings = [
        Finding(
            heading="Who has gone quiet",
            text=f"{told} did nothing for more than {options.inactive_days} days.",
            evidence=Evidence(table="overall", row={"campaign": known[0].campaign}),
            weight=0.2,
        )
    ]
    for row in known:
        if row.verdict in (Verdict.BETTER, Verdict.WORSE):
            findings.append(
                Finding(
                    heading="Fewer users churn" if row.difference < 0 else "More users churn",
                    text=f"{labels[row.campaign]} against {context.baseline.label}:"
                    f" {_points(row, context)}.",
                    evidence=Evidence(table="overall", row={"campaign": row.campaign}),
                    direction="better" if row.difference < 0 else "worse",
                    weight=min(0.8, 0.4 + abs(row.difference)),
                )
            )
    return findings


def _points(row: Any, context: Context) -> str:
    formats = context.formats
    interval = formats.interval(row.difference_ci_low, row.difference_ci_high, "rate")
    return f"churn {formats.points(row.difference)} points ({interval})"


def _changed_findings(
    rates: pd.DataFrame, table: str, column: str, context: Context
) -> list[Finding]:
    formats, findings = context.formats, []
    for _, row in rates.iterrows():
        if row["verdict"] not in (Verdict.BETTER, Verdict.WORSE):
            continue
        value = shape.known(row[column])
        base = _same(rates, column, value, context)
        assert base is not None
        label = (
            context.label("channel", value)
            if column == "channel"
            else _behaviour_label(value, context)
        )
        campaign = next(c for c in context.campaigns if c.key == row["campaign"])
        findings.append(
            Finding(
                heading=f"{label}: churn changed"[:30],
                text=f"{label}: {formats.rate(row['churn_rate'])} of {campaign.label} users churned"
                f" against {formats.rate(base.churn_rate)} of {context.baseline.label},"
                f" {_points(row, context)}.",
                evidence=Evidence(table=table, row={"campaign": row["campaign"], column: value}),
                direction="better" if row["difference"] < 0 else "worse",
                weight=min(0.7, 0.3 + abs(row["difference"])),
            )
        )
    return findings


def _channel_findings(
    channels: pd.DataFrame,
    tests: pd.DataFrame,
    curves: Curve,
    names: Mapping[Any, str],
    context: Context,
    options: ChurnOptions,
) -> list[Finding]:
    """Channels differ where the log-rank test says so; the first campaign that passes tells."""
    formats = context.formats
    for campaign in context.campaigns:
        if not _passes(tests, campaign, "survival_by_channel", context):
            continue
        first = _quickest(campaign, curves, options)
        mine = channels[channels["campaign"] == campaign.key].sort_values(
            ["churn_rate", "users"], ascending=False
        )
        told = ", ".join(
            f"{context.label('channel', row.channel)} {formats.count(row.churned)} of"
            f" {formats.count(row.users)}"
            for row in mine.head(4).itertuples()
        )
        row = tests[(tests["campaign"] == campaign.key) & (tests["test"] == "survival_by_channel")]
        named = first != shape.OTHER
        return [
            Finding(
                heading=f"{names[first]} goes quiet first"[:30] if named else "Channels differ",
                text=f"Churned, {campaign.label}: {told} (log-rank"
                f" p {formats.p(row['p_value'].iloc[0])}).",
                evidence=Evidence(
                    table="tests",
                    row={"campaign": campaign.key, "test": "survival_by_channel"},
                ),
                weight=0.35,
            )
        ]
    return []


def _behaviour_findings(
    behaviours: pd.DataFrame, tests: pd.DataFrame, context: Context
) -> list[Finding]:
    """What active users mostly do, where its test says that it matters; else that none does."""
    formats = context.formats
    labels = {campaign.key: campaign.label for campaign in context.campaigns}
    tested = tests[(tests["test"] == "churn_by_behaviour") & tests["p_value"].notna()]
    passed = [
        campaign
        for campaign in context.campaigns
        if _passes(tests, campaign, "churn_by_behaviour", context)
    ]
    if tested.empty:
        return []
    if not passed:
        p_values = formats.join(
            [f"{labels[row.campaign]} p {formats.p(row.p_value)}" for row in tested.itertuples()]
        )
        return [
            Finding(
                heading="Churn by what users do",
                text=f"No evidence that churn depends on what active users mostly do ({p_values}).",
                evidence=Evidence(
                    table="tests",
                    row={"campaign": tested["campaign"].iloc[0], "test": "churn_by_behaviour"},
                ),
                weight=0.05,
            )
        ]
    return [_behaviour_finding(behaviours, campaign, context) for campaign in passed]


def _behaviour_finding(behaviours: pd.DataFrame, campaign: Campaign, context: Context) -> Finding:
    formats = context.formats
    mine = behaviours[
        (behaviours["campaign"] == campaign.key) & behaviours["behaviour"].str.startswith(MOSTLY)
    ]
    told = ", ".join(
        f"{_behaviour_label(row.behaviour, context).lower()} {formats.count(row.churned)} of"
        f" {formats.count(row.users)}"
        for row in mine.sort_values("churn_rate").head(4).itertuples()
    )
    return Finding(
        heading="Churn by what users do",
        text=f"Churn depends on what active users mostly do, {campaign.label}: {told}.",
        evidence=Evidence(
            table="tests", row={"campaign": campaign.key, "test": "churn_by_behaviour"}
        ),
        weight=0.3,
    )


def _caveats(
    overall: pd.DataFrame, behaviours: pd.DataFrame, context: Context, options: ChurnOptions
) -> list[str]:
    formats, caveats = context.formats, []
    k = options.inactive_days
    labels = {campaign.key: campaign.label for campaign in context.campaigns}
    young = [row for row in overall.itertuples() if row.old_enough < row.all_users]
    if young:
        told = formats.join(
            [
                f"{formats.count(row.all_users - row.old_enough)} of"
                f" {formats.count(row.all_users)} {labels[row.campaign]} users"
                for row in young
            ]
        )
        left_out = options.eligible == "old_enough"
        caveats.append(
            f"{told} signed up too recently to have been silent for {k} days; they are"
            f" {'left out' if left_out else 'counted as not churned'}."
        )
    pauses = [
        f"{formats.count(row.gap_p95)} days or more in {labels[row.campaign]}"
        for row in overall.itertuples()
        if shape.known(row.gap_p95) is not None and k < row.gap_p95
    ]
    if pauses:
        caveats.append(
            f"{k} days are shorter than many pauses: {formats.share(1 - TYPICAL)} of them last"
            f" {formats.join(pauses)}, so some users counted as churned will come back."
        )
    if behaviours["behaviour"].eq(NEVER).any() and options.eligible == "old_enough":
        caveats.append(
            "Users who never did anything but idle have all churned by definition: their silence"
            " began at sign-up."
        )
    few = [row for row in overall.itertuples() if 0 < row.users < FEWEST_USERS]
    caveats += [
        f"Only {formats.plural(row.users, 'user', 'users')} of {labels[row.campaign]} can be"
        " judged: too few to compare."
        for row in few
    ]
    if context.compared and not context.randomised:
        caveats.append("Users were not randomised: a difference may come from time, mix or season.")
    return caveats


def _definitions(context: Context, options: ChurnOptions) -> list[tuple[str, str]]:
    k, formats = options.inactive_days, context.formats
    who = (
        f"users who signed up more than {k} days before"
        if options.eligible == "old_enough"
        else "all users"
    )
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
            f" {formats.share(context.confidence)} log-log interval); users who have not churned"
            f" are followed up to {k} days before the end, when a later silence could not yet show",
        ),
    ]


def _last_days(context: Context) -> str:
    """The last day seen, of every campaign where they differ."""
    days = {campaign.label: _last_day(campaign, context) for campaign in context.campaigns}
    if len(set(days.values())) == 1:
        return context.formats.date(next(iter(days.values())))
    return context.formats.join(
        [f"{context.formats.date(day)} ({label})" for label, day in days.items()]
    )


def _last_day(campaign: Campaign, context: Context) -> date:
    if campaign.end is None:
        return context.as_of
    return min(context.as_of, campaign.end - timedelta(days=1))


SECTION = Section(
    id="churn",
    title="Churn",
    question="Who falls silent, how fast, and did it change?",
    facts=("churn:{inactive_days}", "gaps?"),
    tables={
        "overall": ("campaign", "all_users", "old_enough", *RATES, "gap_p95", *TESTED),
        "by_channel": ("campaign", "channel", *RATES, *TESTED),
        "by_behaviour": ("campaign", "behaviour", *RATES, *TESTED),
        "survival": SURVIVAL,
        "still_active": STILL_ACTIVE,
        "tests": TESTS,
    },
    compute=compute,
    options=ChurnOptions,
)
