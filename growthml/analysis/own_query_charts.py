"""Charts of a query of one's own: bars, lines, intervals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.analysis.own_query import Rows
from growthml.analysis.own_query_tests import measure, unit_of
from growthml.charts import (
    BarPanel,
    Bars,
    Chart,
    CurvePanel,
    Curves,
    IntervalPanel,
    IntervalRow,
    Intervals,
    Line,
)
from growthml.errors import NotEnoughData
from growthml.parts import Campaign
from growthml.words import _

if TYPE_CHECKING:
    import pandas as pd

MOST = shape.MOST_ROWS
_MOST_POINTS = 4


def chart(rows: Rows, compared: pd.DataFrame | None) -> Sequence[Chart]:
    """The chart the options ask for; none where there is nothing to draw.

    Raises NotEnoughData where the columns are not what such a chart needs.
    """
    kind = rows.options.chart
    if kind == "none":
        return []
    if kind == "interval" and compared is not None:
        return [_differences(rows, compared)] if len(compared) else []
    if rows.y is None or not rows.is_number(rows.y):
        raise NotEnoughData(_("a chart needs a column of numbers, and the query has none for it"))
    if not rows.unique:
        raise NotEnoughData(
            _("“{column}” names several rows of a campaign; a chart needs one each", column=rows.x)
        )
    if kind == "line":
        return [_lines(rows, rows.y)]
    return [_levels(rows, rows.y)] if kind == "interval" else [_bars(rows, rows.y)]


def short(text: str, most: int) -> str:
    """A text that fits, its end left out where it must."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _about(rows: Rows, y: str) -> dict[str, Any]:
    """What all charts of one column say."""
    by = (
        _("{measure} by {name}", measure=rows.head(y), name=rows.head(rows.x).lower())
        if rows.x
        else rows.head(y)
    )
    said = [f"{name}: {text}" for name, text in _told(rows, y)[:_MOST_POINTS]]
    return {
        "title": short(by, 80),
        "alt": short(
            _("{chart} of {what}. {values}", chart=_kind(rows), what=by, values="; ".join(said)),
            399,
        ),
        "half": False,
        "table": "rows",
    }


def _kind(rows: Rows) -> str:
    match rows.options.chart:
        case "line":
            return _("Lines")
        case "interval":
            return _("Intervals")
        case _:
            return _("Bars")


def _told(rows: Rows, y: str) -> list[tuple[str, str]]:
    """By name of a row, its values in words."""
    join, label = rows.context.formats.join, rows.label
    return [
        (label(key) if rows.x else rows.head(y), join([rows.value(v, y) for v in values]))
        for key, values in _values(rows, y)
    ]


def _values(rows: Rows, y: str) -> list[tuple[Any, list[float | None]]]:
    """By name of a row, its value in each campaign."""
    return [
        (
            key,
            [
                shape.known(rows.by_key.get((campaign.key, key), {}).get(y))
                for campaign in rows.context.campaigns
            ],
        )
        for key in rows.keys()  # noqa: SIM118 - not a dict
    ]


def _subtitle(rows: Rows, shown: int, of: int) -> str:
    formats, title = rows.context.formats, rows.options.named_title
    if shown == of:
        return short(title, 110)
    first = _("first {shown} of {all} rows", shown=formats.count(shown), all=formats.count(of))
    return f"{short(title, 105 - len(first))}, {first}"


def _bars(rows: Rows, y: str) -> Bars:
    values = _values(rows, y)
    shown = values[:MOST]
    return Bars(
        id="chart",
        subtitle=_subtitle(rows, len(shown), len(values)),
        rows=[rows.label(key) if rows.x else rows.head(y) for key, _each in shown],
        series=shape.series(rows.context),
        panels=[
            BarPanel(
                title=rows.head(y),
                values=[
                    [each[place] for _key, each in shown]
                    for place in range(len(rows.context.campaigns))
                ],
            )
        ],
        unit=rows.unit(y),
        **_about(rows, y),
    )


def _lines(rows: Rows, y: str) -> Curves:
    places = {key: _place(key) for key in rows.keys() if key is not None}  # noqa: SIM118
    kinds = {isinstance(each, date) for each in places.values()}
    if rows.x is None or None in places.values() or len(kinds) != 1:
        raise NotEnoughData(_("a line needs dates or numbers in its column 'x'"))
    dated = kinds == {True}
    lines = [_line(rows, y, campaign, places) for campaign in rows.context.campaigns]
    return Curves(
        id="chart",
        subtitle=short(rows.options.named_title, 110),
        panels=[
            CurvePanel(
                lines=[line for line in lines if line.x],
                x_axis="date" if dated else "number",
                x_unit="number" if dated else rows.unit(rows.x),
                y_unit=rows.unit(y),
            )
        ],
        **_about(rows, y),
    )


def _line(rows: Rows, y: str, campaign: Campaign, places: dict[Any, Any]) -> Line:
    mine = sorted(
        (place, shape.known(rows.by_key[campaign.key, key][y]))
        for key, place in places.items()
        if (campaign.key, key) in rows.by_key
    )
    name = next(each for each in shape.series(rows.context) if each.label == campaign.label)
    return Line(
        series=name,
        x=[place for place, _value in mine],
        y=[value for _place, value in mine],
        end=campaign.label,
    )


def _place(key: Any) -> float | date | None:
    """Where a row stands on the axis: a number, a day, or a day as ISO text."""
    if hasattr(key, "date"):
        day: date = key.date()
        return day
    if isinstance(key, date):
        return key
    if isinstance(key, str):
        try:
            return date.fromisoformat(key[:10])
        except ValueError:
            return None
    return float(key)


def _levels(rows: Rows, y: str) -> Intervals:
    low, high = rows.options.low or "", rows.options.high or ""
    found = [
        IntervalRow(
            name=short(", ".join(_row_name(rows, campaign, key)), 40),
            estimate=shape.known(row[y]),
            low=shape.known(row[low]),
            high=shape.known(row[high]),
            right=f"{rows.value(row[y], y)} ({_limits(rows, row[low], row[high], y)})",
            verdict="",
        )
        for (campaign, key), row in list(rows.by_key.items())[:MOST]
    ]
    return Intervals(
        id="chart",
        subtitle=_subtitle(rows, len(found), len(rows.by_key)),
        panels=[IntervalPanel(rows=found, unit=rows.unit(y), title=rows.head(y))],
        **_about(rows, y),
    )


def _row_name(rows: Rows, campaign: str, key: Any) -> list[str]:
    """What tells a row from the others: its name, and its campaign where there are several."""
    several = len(rows.context.campaigns) > 1 or rows.x is None
    return [
        *([rows.label(key)] if rows.x else []),
        *([rows.context.label("campaign", campaign)] if several else []),
    ]


def _limits(rows: Rows, low: Any, high: Any, y: str) -> str:
    return rows.context.formats.interval(
        shape.known(low), shape.known(high), rows.unit(y), signed=False
    )


def _differences(rows: Rows, compared: pd.DataFrame) -> Intervals:
    assert rows.options.compare is not None
    compare, context = rows.options.compare, rows.context
    unit, name = unit_of(rows, compare), measure(rows, compare)
    formats, shown = context.formats, compared.head(MOST)
    found = []
    for row in shown.to_dict("records"):
        known = {key: shape.known(each) for key, each in row.items()}
        limits = formats.interval(known["ci_low"], known["ci_high"], unit)
        right = formats.difference(known["difference"], unit)
        label = [row["key"]] if rows.x else []
        if len(context.compared) > 1 or not rows.x:
            label.append(context.label("campaign", row["campaign"]))
        found.append(
            IntervalRow(
                name=short(", ".join(label), 40),
                estimate=known["difference"] if known["ci_low"] is not None else None,
                low=known["ci_low"],
                high=known["ci_high"],
                left=f"{formats.value(known['baseline_value'], unit)} →"
                f" {formats.value(known['value'], unit)}",
                right=f"{right} ({limits})" if known["ci_low"] is not None else row["reason"],
                verdict=row["verdict"],
            )
        )
    what = _("{measure}: difference from {baseline}", measure=name, baseline=context.baseline.label)
    values = "; ".join(f"{each.name} {each.right}" for each in found[:_MOST_POINTS])
    return Intervals(
        id="chart",
        title=short(what, 80),
        subtitle=_subtitle(rows, len(shown), len(compared)),
        alt=short(
            _("{chart} of {what}. {values}", chart=_("Intervals"), what=what, values=values), 399
        ),
        half=False,
        table="comparison",
        panels=[IntervalPanel(rows=found, unit=unit, title=name)],
    )
