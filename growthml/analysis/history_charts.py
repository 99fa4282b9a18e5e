"""A small chart a KPI: its values report by report, and its usual range."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

from growthml import charts
from growthml.analysis.history import LEADING, Series
from growthml.charts import CurvePanel, Curves, Dot, Line, Reference
from growthml.parts import Context
from growthml.stats.control import FEWEST
from growthml.words import _

HEIGHT = 26.0
MOST_POINTS = 52


def kpi_charts(found: Sequence[Series], context: Context) -> list[Curves]:
    """The charts of the first campaign that is compared, at most eight."""
    first = found[0].campaign.key if found else ""
    mine = {each.metric.id: each for each in found if each.campaign.key == first}
    shown = [mine[name] for name in LEADING if name in mine]
    explained = next((each.metric.id for each in shown if each.usual), "")
    return [_chart(each, context, explain=each.metric.id == explained) for each in shown]


def _chart(each: Series, context: Context, *, explain: bool) -> Curves:
    formats, unit = context.formats, each.metric.unit
    points = [(kpi.as_of, kpi.value) for kpi in (*each.older, *each.earlier)][-MOST_POINTS:]
    points.append((context.as_of, each.value))
    x, y = _with_gaps(points)
    value = formats.value(each.value, unit)
    muted = charts.Series(label=each.metric.name, colour="muted")
    last = charts.Series(label=each.campaign.label, colour="new")
    marked = [
        Dot(x=kpi.as_of, y=kpi.value, label="", colour="warning")
        for kpi in each.earlier[-MOST_POINTS:]
        if each.usual and kpi.value is not None and not each.usual.holds(kpi.value)
    ]
    return Curves(
        id=f"kpi_{each.metric.id}",
        title=_title(each),
        subtitle=_subtitle(each, len(points), context),
        alt=_alt(each, len(points), context),
        how_to_read=_(
            "One point a report. Dashed: the usual range of the reports before this one (mean ±"
            " 2.66 mean moving ranges). The axis need not begin at 0."
        )
        if explain
        else "",
        table="kpis",
        height=HEIGHT,
        panels=[
            CurvePanel(
                lines=[
                    Line(series=muted, x=x, y=y),
                    Line(series=last, x=[context.as_of], y=[each.value], end=value),
                ],
                dots=[*marked, Dot(x=context.as_of, y=each.value, label="", colour="new")],
                references=_references(each),
                x_axis="date",
                y_unit=unit,
                from_zero=False,
            )
        ],
    )


def _with_gaps(
    points: Sequence[tuple[date, float | None]],
) -> tuple[list[date], list[float | None]]:
    """The points, and a break where a report is missing."""
    usual = median([(b[0] - a[0]).days for a, b in pairwise(points)]) if len(points) > 2 else 0
    x: list[date] = []
    y: list[float | None] = []
    for day, value in points:
        if x and usual and (day - x[-1]).days > 1.5 * usual:
            x.append(x[-1] + timedelta(days=int(usual)))
            y.append(None)
        x.append(day)
        y.append(value)
    return x, y


def _references(each: Series) -> list[Reference]:
    found = []
    if each.usual:
        found += [
            Reference(kind="horizontal", at=each.usual.high, label=_("usual range")),
            Reference(kind="horizontal", at=each.usual.low),
        ]
    if each.older and each.earlier:
        day = each.earlier[0].as_of
        found.append(Reference(kind="vertical", at=day, label=_("definition changed")))
    return found


def _title(each: Series) -> str:
    name = _(each.metric.name)
    if each.outside:
        return _("{name} left its usual range", name=name)
    if each.signal == "run":
        return _("{name}: {run} reports on one side of the mean", name=name, run=each.run)
    return (
        _("{name} within its usual range", name=name)
        if each.usual
        else _("{name}, report by report", name=name)
    )


def _subtitle(each: Series, points: int, context: Context) -> str:
    what = _("{campaign}, {points} reports", campaign=each.campaign.label, points=points)
    if each.usual is None:
        return _(
            "{what}; a usual range takes {fewest} earlier ones of the same definition",
            what=what,
            fewest=FEWEST,
        )
    low, high = each.usual.low, each.usual.high
    span = context.formats.interval(low, high, each.metric.unit, signed=False)
    return _("{what}; usual range {span}", what=what, span=span)


def _alt(each: Series, points: int, context: Context) -> str:
    formats, unit = context.formats, each.metric.unit
    text = _(
        "Line of {points} reports: last {value}",
        points=points,
        value=formats.value(each.value, unit),
    )
    if each.usual is None:
        return _("{text}; too few reports for a usual range.", text=text)
    span = formats.interval(each.usual.low, each.usual.high, unit, signed=False)
    signal = {
        "outside": _("the last lies outside"),
        "run": _("{run} on one side", run=each.run),
        "": _("no signal"),
    }[each.signal]
    return _("{text}, usual range {span}, {signal}.", text=text, span=span, signal=signal)
