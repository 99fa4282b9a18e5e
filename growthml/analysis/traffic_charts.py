"""Charts of web traffic: how long visits last, when they come, from where, and their trend."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.analysis.traffic import FEWEST_VISITS, Traffic
from growthml.analysis.traffic_tables import OWN, WEEKDAYS, network_name
from growthml.charts import (
    BarPanel,
    Bars,
    Chart,
    CurvePanel,
    Curves,
    Histogram,
    Hours,
    Line,
    Reference,
    Series,
)
from growthml.parts import Campaign
from growthml.words import _, n_

if TYPE_CHECKING:
    import pandas as pd

    from growthml.stats.control import UsualRange

FEWEST_DAYS = 14
"""Of fewer days no weekday can be told from another."""
DAILY_UP_TO = 92
"""A trend of more days is drawn by week."""
TICKS = (
    *((1.0, "1 s"), (10.0, "10 s"), (60.0, "1 min"), (600.0, "10 min")),
    *((3_600.0, "1 h"), (36_000.0, "10 h"), (360_000.0, "100 h")),
)


def charts(traffic: Traffic, networks: pd.DataFrame) -> list[Chart]:
    """The charts the data are enough for."""
    found = [
        duration_chart(traffic),
        network_chart(traffic, networks),
        *hour_charts(traffic),
        trend_chart(traffic),
    ]
    return [chart for chart in found if chart is not None]


def duration_chart(traffic: Traffic) -> Histogram | None:
    """How long visits last, zeros apart (F21)."""
    import numpy as np

    from growthml.stats.durations import doubling

    context = traffic.context
    lengths = {c.key: traffic.durations[c.key] for c in context.campaigns}
    longest = max(float(each.seconds[-1]) for each in lengths.values() if each.n)
    if longest < 1 or min(each.n for each in lengths.values()) < FEWEST_VISITS:
        return None
    edges = doubling(longest)
    shares = [
        (lengths[c.key].binned(np.array(edges)) / lengths[c.key].n).tolist()
        for c in context.campaigns
    ]
    zeros = [lengths[c.key].zeros / lengths[c.key].n for c in context.campaigns]
    sizes = shape.per_campaign({key: each.n for key, each in lengths.items()}, context)
    told = "; ".join(_told_length(traffic, campaign) for campaign in context.campaigns)
    return Histogram(
        id="duration",
        title=_duration_title(traffic),
        subtitle=_("Visits by length, share of all, log scale; {sizes} visits", sizes=sizes)[:110],
        alt=_("Histogram of {sizes} visit durations: {told}.", sizes=sizes, told=told)[:400],
        how_to_read=_(
            "Each bar covers twice the time of the one before. A visit of one request has no"
            " length: its true time is not known, and 0 is too low."
        ),
        table="summary",
        series=shape.series(context),
        edges=edges,
        values=shares,
        zeros=zeros,
        zero_label="0 s",
        ticks=[tick for tick in TICKS if edges[0] <= tick[0] <= edges[-1]],
        marks=_marks(traffic, edges[0]),
    )


def _told_length(traffic: Traffic, campaign: Campaign) -> str:
    formats = traffic.context.formats
    mean, tail = (traffic.value(campaign, m) for m in ("duration_mean", "duration_p95"))
    zero = formats.share(traffic.value(campaign, "zero_length_share"))
    name = f"{campaign.label} " if traffic.context.compared else ""
    return _(
        "{name}mean {mean}, 95th percentile {tail}, {zero} zero",
        name=name,
        mean=formats.seconds(mean),
        tail=formats.seconds(tail),
        zero=zero,
    )


def _duration_title(traffic: Traffic) -> str:
    context, formats = traffic.context, traffic.context.formats
    if context.compared:
        return _("How long visits last")
    mean, median = (
        traffic.value(context.baseline, m) for m in ("duration_mean", "duration_median")
    )
    if median < mean:
        return _(
            "Mean visit {mean}, but half end by {median}",
            mean=formats.seconds(mean),
            median=formats.seconds(median),
        )
    return _("The mean visit lasts {mean}", mean=formats.seconds(mean))


def _marks(traffic: Traffic, first: float) -> list[tuple[float, str]]:
    """Hairlines: of one campaign median, mean and p95, of several each one's median."""
    context = traffic.context
    wanted = [
        ("duration_median", _("median")),
        ("duration_mean", _("mean")),
        ("duration_p95", "p95"),
    ]
    if context.compared:
        wanted = wanted[:1]
    found = []
    for campaign in context.campaigns:
        for metric, word in wanted:
            at = traffic.value(campaign, metric)
            name = f"{word} {campaign.label}" if context.compared else word
            if at >= first:
                found.append((at, f"{name} {context.formats.seconds(at)}"))
    return found


def network_chart(traffic: Traffic, networks: pd.DataFrame) -> Bars | None:
    """Visits by the network that brought them."""
    context, formats = traffic.context, traffic.context.formats
    if networks["network"].nunique() < 2 or networks["sessions"].sum() < FEWEST_VISITS:
        return None
    rows = shape.rows(networks, "network", "sessions", "network", context)
    visits = rows.values(networks, "network", "sessions", context)
    counted = [[formats.count(each) for each in campaign] for campaign in visits]
    names = formats.join([campaign.label for campaign in context.campaigns])
    largest = rows.labels[0]
    labels = [network_name(each) for each in rows.labels]
    share = shape.share(visits[0][0], sum(visits[0]))
    return Bars(
        id="networks",
        title=_("{share} of visits are {network}", share=formats.share(share), network=labels[0])
        if not context.compared and largest in OWN
        else _("Visits by network"),
        subtitle=_("Referrer of the first request, visits, {names}", names=names)[:110],
        alt=_(
            "Bar chart of visits by network, {names}: {told}.",
            names=names,
            told=shape.told(labels, counted, context),
        )[:400],
        table="networks",
        rows=labels,
        series=shape.series(context),
        panels=[BarPanel(title="", values=visits)],
        unit="count",
    )


def hour_charts(traffic: Traffic) -> list[Hours]:
    """When visits begin: one chart a campaign (F20)."""
    hours, days = traffic.facts.get("traffic_hours"), traffic.facts.get("traffic_days")
    if hours is None or days is None:
        return []
    found = [
        _hours_of(campaign, hours, days, traffic)
        for campaign in traffic.context.campaigns
        if traffic.value(campaign, "sessions") >= FEWEST_VISITS
    ]
    return [chart for chart in found if chart is not None]


def _hours_of(
    campaign: Campaign, hours: pd.DataFrame, days: pd.DataFrame, traffic: Traffic
) -> Hours | None:
    context, formats = traffic.context, traffic.context.formats
    mine = hours[hours["campaign"] == campaign.key]
    if not len(mine):
        return None
    dates = sorted(_day(each) for each in days.loc[days["campaign"] == campaign.key, "day"])
    span = (dates[-1] - dates[0]).days + 1
    counts = [[0] * 24 for _weekday in WEEKDAYS]
    for row in mine.itertuples():
        counts[row.weekday - 1][row.hour] = row.sessions
    total = sum(map(sum, counts))
    by_hour = [sum(each) for each in zip(*counts, strict=True)]
    weekly = span >= FEWEST_DAYS
    most, fewest = _extremes(counts if weekly else [by_hour], formats, weekly)
    told = {
        "most": most,
        "fewest": fewest,
        "total": formats.count(total),
        "span": formats.count(span),
    }
    name = f", {campaign.label}" if len(context.campaigns) > 1 else ""
    extra = "" if campaign.key == context.baseline.key else f"_{_place(campaign, context)}"
    return Hours(
        id=f"hours{extra}",
        title=((_("Visits by weekday and hour") if weekly else _("Visits by hour")) + name)[:80],
        subtitle=n_(
            "Visits that began in each hour, {timezone}; {visits} in {n} day",
            "Visits that began in each hour, {timezone}; {visits} in {n} days",
            span,
            timezone=context.timezone,
            visits=n_("{n} visit", "{n} visits", total, n=formats.count(total)),
            n=formats.count(span),
        )[:110],
        alt=(
            _(
                "Heatmap of visits by weekday and hour: most {most}, fewest {fewest};"
                " {total} visits in {span} days.",
                **told,
            )
            if weekly
            else _(
                "Bar chart of visits by hour of the day: most {most}, fewest {fewest};"
                " {total} visits in {span} days.",
                **told,
            )
        )[:400],
        half=not weekly,
        table="hours",
        rows=[_(day) for day in WEEKDAYS] if weekly else (_("All days"),),
        counts=counts if weekly else [by_hour],
        edges=_edges(int(hours["sessions"].max())) if weekly else (),
    )


def _place(campaign: Campaign, context: Any) -> str:
    """A campaign as part of a file name: its place, since a key may hold anything."""
    return str([each.key for each in context.campaigns].index(campaign.key) + 1)


def _extremes(counts: Sequence[Sequence[int]], formats: Any, weekly: bool) -> tuple[str, str]:
    cells = [(n, -row, -hour) for row, each in enumerate(counts) for hour, n in enumerate(each)]

    def told(cell: tuple[int, int, int]) -> str:
        n, row, hour = cell
        day = f"{_(WEEKDAYS[-row])} " if weekly else ""
        return f"{day}{-hour}:00 ({formats.count(n)})"

    return told(max(cells)), told(min(cells))


def _edges(largest: int) -> list[float]:
    """Six round edges that cut 0 to the largest count into seven classes."""
    for power in range(12):
        for digit in (1, 2, 5):
            step = digit * 10**power
            if step * 7 > largest:
                return [float(step * n) for n in range(1, 7)]
    return []


def trend_chart(traffic: Traffic) -> Curves | None:
    """Visits by day (or week), with the range that routine alone explains (F24)."""
    days = traffic.facts.get("traffic_days")
    if days is None:
        return None
    context = traffic.context
    series = {
        campaign.key: _by_period(days[days["campaign"] == campaign.key])
        for campaign in context.campaigns
    }
    if max((len(points) for _, points in series.values()), default=0) < 3:
        return None
    word = _("week") if any(weekly for weekly, _days in series.values()) else _("day")
    usual, outside = _usual(series[context.baseline.key][1], context.baseline)
    if context.compared:
        usual, outside = None, []
    lines = [_line(campaign, *series[campaign.key], traffic) for campaign in context.campaigns]
    return Curves(
        id="trend",
        title=_trend_title(usual, outside, word, traffic),
        subtitle=_(
            "Visits that began each {word}, {timezone}", word=word, timezone=context.timezone
        )
        + (_(", counted from each period's first day") if context.compared else ""),
        alt=_trend_alt(series, word, usual, traffic),
        how_to_read=_(
            "The usual range is the mean and 2.66 mean steps from one point to the next on either"
            " side; first and last {word} are left out of it.",
            word=word,
        )
        if usual
        else "",
        table="trend",
        panels=[
            CurvePanel(
                lines=lines,
                x_axis="number" if context.compared else "date",
                x_unit="days",
                y_unit="count",
                references=[
                    Reference(kind="horizontal", at=usual.low, label=_("usual range")),
                    Reference(kind="horizontal", at=usual.high),
                ]
                if usual
                else [],
            )
        ],
        height=26.0,
    )


def _day(value: Any) -> date:
    return date.fromisoformat(value[:10]) if isinstance(value, str) else value


def _by_period(days: pd.DataFrame) -> tuple[bool, list[tuple[date, int | None]]]:
    """Whether by week, and each period's first day and visits; None where nothing was logged."""
    found = {_day(day): int(n) for day, n in zip(days["day"], days["sessions"], strict=True)}
    if not found:
        return False, []
    first, last = min(found), max(found)
    weekly = (last - first).days + 1 > DAILY_UP_TO
    if weekly:
        sums: dict[date, int] = {}
        for day, visits in found.items():
            monday = day - timedelta(days=day.weekday())
            sums[monday] = sums.get(monday, 0) + visits
        found, first = sums, min(sums)
    step = timedelta(days=7 if weekly else 1)
    points: list[tuple[date, int | None]] = []
    while first <= last:
        points.append((first, found.get(first)))
        first += step
    return weekly, points


def _usual(
    points: Sequence[tuple[date, int | None]], campaign: Campaign
) -> tuple[UsualRange | None, list[tuple[date, int]]]:
    """The usual range, from whole periods only, and the points outside it."""
    from growthml.stats.control import usual_range

    inner = points[1:-1] if campaign.start is None else points[:-1]
    whole = [(day, n) for day, n in inner if n is not None]
    usual = usual_range([float(n) for _, n in whole])
    return usual, [(day, n) for day, n in whole if usual and not usual.holds(n)]


def _line(
    campaign: Campaign, weekly: bool, points: Sequence[tuple[date, int | None]], traffic: Traffic
) -> Line:
    context = traffic.context
    known = [n for _, n in points if n is not None]
    several = bool(context.compared)
    begin = campaign.start or (points[0][0] if points else None)
    return Line(
        series=Series(label=campaign.label, colour=campaign.colour if several else "new"),
        x=[(day - begin).days + 1 if several and begin else day for day, _ in points],
        y=[None if n is None else float(n) for _, n in points],
        end=campaign.label if several else context.formats.count(known[-1]) if known else "",
        incomplete=campaign.end is None,
    )


def _trend_title(
    usual: UsualRange | None, outside: Sequence[tuple[date, int]], word: str, traffic: Traffic
) -> str:
    if usual is None:
        return _("Visits per {word}", word=word)
    if not outside:
        return _("Every {word} lies in the usual range", word=word)
    n = traffic.context.formats.count(len(outside))
    if word == _("week"):
        return n_(
            "{n} week outside the usual range",
            "{n} weeks outside the usual range",
            len(outside),
            n=n,
        )
    return n_(
        "{n} day outside the usual range", "{n} days outside the usual range", len(outside), n=n
    )


def _trend_alt(series: Any, word: str, usual: UsualRange | None, traffic: Traffic) -> str:
    formats = traffic.context.formats
    told = []
    for campaign in traffic.context.campaigns:
        known = [(day, n) for day, n in series[campaign.key][1] if n is not None]
        if known:
            low, high = min(n for _, n in known), max(n for _, n in known)
            told.append(
                _(
                    "{campaign} from {low} to {high}, {dates}",
                    campaign=campaign.label,
                    low=formats.count(low),
                    high=formats.count(high),
                    dates=formats.dates(known[0][0], known[-1][0]),
                )
            )
    span = (
        _("; usual range {interval}", interval=formats.interval(usual.low, usual.high, "count"))
        if usual
        else ""
    )
    return _(
        "Line chart of visits per {word}: {told}{span}.", word=word, told="; ".join(told), span=span
    )[:400]
