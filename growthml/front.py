"""The front page in rows: KPIs, and what the report covers.

Nothing is claimed here that `growthml.metrics` did not test.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from growthml.metrics import Measured, Sums
from growthml.parts import Campaign, Context, Facts, KpiRow
from growthml.shape import users_said
from growthml.words import _, isolated, n_

if TYPE_CHECKING:
    import pandas as pd

    from growthml.formats import Formats

LEADING = ("conversion_rate", "revenue_per_user", "activation_rate")
LEADING_ORDERS = ("revenue_per_user", "average_order_value", "purchases_per_buyer")
"""Where users are seen only once they respond."""
CLOSING = ("users", "buyers", "purchases", "revenue")
WITH_COSTS = ("roi", "profit")
MOST_ROWS = 8
FEWEST_FOR_PERCENT = 20
"""Below this many in the baseline a total's change is a number, not a per cent."""


def kpi_rows(measured: Sequence[Measured], context: Context) -> list[KpiRow]:
    """The front page's rows, tested metrics first; one group a compared campaign."""
    shown = context.compared or context.campaigns
    wanted = _wanted(len(shown), measured, context)
    scales = _strip_scales([each for each in measured if each.metric.id in wanted])
    by_key = {(each.campaign, each.metric.id): each for each in measured}
    return [
        _kpi_row(by_key[campaign.key, metric], context, scales)
        for campaign in shown
        for metric in wanted
    ]


def _wanted(groups: int, measured: Sequence[Measured], context: Context) -> list[str]:
    has = {each.metric.id for each in measured if each.value is not None}
    costs = WITH_COSTS if context.metrics.costs else ()
    leading = LEADING_ORDERS if context.metrics.orders_alone else LEADING
    targets = [metric for metric in context.metrics.targets if metric not in leading]
    wanted = [*leading, *costs[:1], *targets, *CLOSING, *costs[1:]]
    room = max(2, MOST_ROWS // groups)
    return [metric for metric in dict.fromkeys(wanted) if metric in has][:room]


def _strip_scales(measured: Sequence[Measured]) -> dict[str, float]:
    """Half the width of each strip, in its unit: rates share one scale, others have their own."""
    scales: dict[str, float] = {}
    for each in measured:
        compared = each.comparison
        if compared is None or compared.ci_low is None or compared.ci_high is None:
            continue
        largest = max(abs(compared.ci_low), abs(compared.ci_high)) * 1.1
        scales[_scale(each)] = max(scales.get(_scale(each), 0.0), largest)
    return scales


def _scale(each: Measured) -> str:
    return "rates" if each.metric.kind == "proportion" else each.metric.id


def _kpi_row(each: Measured, context: Context, scales: Mapping[str, float]) -> KpiRow:
    formats, metric, compared = context.formats, each.metric, each.comparison
    rate = metric.unit == "rate"
    change = interval = "–"
    if compared is not None and metric.kind == "total":
        change = _total_change(each, formats)
    elif compared is not None:
        change = formats.difference(compared.difference, metric.unit)
        interval = formats.interval(compared.ci_low, compared.ci_high, metric.unit)
    target = context.metrics.targets.get(metric.id)
    alone = each.campaign == context.baseline.key
    before = each.value if alone else each.baseline_value
    return KpiRow(
        metric=metric.id,
        campaign=each.campaign,
        name=metric.name,
        baseline=formats.value(before, metric.unit, symbol=False),
        value=formats.value(each.value, metric.unit, symbol=False),
        unit="%" if rate else "",
        change=change,
        change_unit=_("pp") if rate and compared is not None else "",
        interval=interval,
        verdict=each.verdict,
        strip=_strip(each, scales),
        target="" if target is None else formats.value(target, metric.unit),
        on_target=each.on_target,
    )


def _total_change(each: Measured, formats: Formats) -> str:
    compared = each.comparison
    assert compared is not None
    enough = abs(each.baseline_value or 0) >= FEWEST_FOR_PERCENT
    if enough and compared.relative_difference is not None:
        return formats.relative(compared.relative_difference)
    return formats.difference(compared.difference, each.metric.unit)


def _strip(each: Measured, scales: Mapping[str, float]) -> tuple[float, float, float] | None:
    """(low, estimate, high) on -1..1, better to the right; None without an interval."""
    compared = each.comparison
    if compared is None or compared.ci_low is None or compared.ci_high is None:
        return None
    scale = scales.get(_scale(each)) or 1.0
    sign = 1 if each.metric.higher_is_better else -1
    low, high = sorted((sign * compared.ci_low / scale, sign * compared.ci_high / scale))
    return low, sign * (compared.difference or 0.0) / scale, high


def note(context: Context) -> str:
    """What the KPI table's columns mean, in one line."""
    if not context.compared:
        return _("Nothing is tested: there is only one campaign.")
    level = context.formats.share(context.confidence)
    return _(
        "Rates, means per user and ratios have an interval ({level}); totals follow from how many"
        " signed up and are not tested. pp = percentage points.",
        level=level,
    )


def coverage(facts: Facts, campaigns: Mapping[str, Sums], context: Context) -> str:
    """What the report covers: dates, zone, users, events, how fresh, what is flagged, how drawn."""
    formats, span = context.formats, facts["span"]
    rows = {row.campaign: row for row in span.itertuples()}
    dated = [
        f"{formats.dates(*days)} ({isolated(campaign.label)})"
        for campaign in context.campaigns
        if (row := rows.get(campaign.key)) and (days := _days(row, campaign))
    ]
    users = sum(each.users for each in campaigns.values())
    events = int(span["events"].sum())
    newest = max((row.last_event for row in rows.values() if is_time(row.last_event)), default=None)
    pieces = [
        f"{', '.join(dated)}, {context.timezone}" if dated else _("no dates in the data"),
        f"{users_said(users, formats)}, {_events(events, formats)}",
    ]
    if newest is not None:
        pieces.append(_("newest event {moment}", moment=formats.instant(newest)))
    if "event_quality" in facts:
        pieces += _flagged(facts["event_quality"], context)
    if context.compared:
        pieces.append(
            _("users were randomised")
            if context.randomised
            else _("users were not randomised: a difference is not proof of cause")
        )
    return " · ".join(pieces)


def _events(n: int, formats: Formats) -> str:
    return n_("{n} event", "{n} events", n, n=formats.count(n))


def _flagged(quality: pd.DataFrame, context: Context) -> list[str]:
    """Events that are not what they seem, and what became of them."""
    count = context.formats.count
    early = int(quality["event_before_signup"].sum())
    lost = int(quality.loc[quality["orphan"].astype(bool), "events"].sum())
    pieces = []
    if early:
        pieces.append(
            n_(
                "{n} event before sign-up kept and flagged",
                "{n} events before sign-up kept and flagged",
                early,
                n=count(early),
            )
        )
    if lost:
        pieces.append(
            n_(
                "{n} event of unknown users left out",
                "{n} events of unknown users left out",
                lost,
                n=count(lost),
            )
        )
    return pieces


def _days(row: object, campaign: Campaign) -> tuple[datetime, datetime] | None:
    """First and last day of a campaign's users and events, inside its window."""
    names = ("first_signup", "first_event", "last_signup", "last_event")
    seen = [moment for name in names if is_time(moment := getattr(row, name))]
    if not seen:
        return None
    first, last = min(seen), max(seen)
    if campaign.start is not None:
        first = max(first, datetime.combine(campaign.start, datetime.min.time()))
    return min(first, last), last


def is_time(value: object) -> bool:
    """Whether a fact's value is a moment rather than missing."""
    return isinstance(value, datetime) and value == value
