"""The plot of all differences from the baseline that were tested, with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from growthml import shape
from growthml.charts import IntervalPanel, IntervalRow, Intervals
from growthml.metrics import Measured
from growthml.parts import Context, Verdict

if TYPE_CHECKING:
    from growthml.charts import Unit

MOST_ROWS = 10
DRAWN_FIRST = ("conversion_rate", "revenue_per_user", "activation_rate", "average_order_value")


def chart(compared: Sequence[Measured], users: str, context: Context) -> Intervals | None:
    """The differences of rates, means and ratios; None where none has an interval.

    users: how many each campaign has, in words.
    """
    tested = [
        each
        for each in compared
        if each.metric.kind != "total"
        and each.comparison is not None
        and each.comparison.difference is not None
    ]
    panels = _panels(_drawn(tested, len(context.compared)), context) if tested else []
    if not panels:
        return None
    level = context.formats.share(context.confidence)
    only = context.compared[0].label if len(context.compared) == 1 else ""
    new, what = only or "the campaign", only or "Each campaign"
    return Intervals(
        id="differences",
        title=_title(tested),
        subtitle=f"{what} minus {context.baseline.label}, with {level} interval; {users} users",
        alt=_alt(tested, context),
        how_to_read="A line that crosses zero fits both a rise and a fall; the line is the"
        f" {level} interval, uncorrected, the verdict follows the corrected test.",
        half=False,
        table="kpis",
        panels=panels,
        lower=f"lower in {new}",
        higher=f"higher in {new}",
    )


def _panels(drawn: Sequence[Measured], context: Context) -> list[IntervalPanel]:
    titles: dict[Unit, str] = {
        "rate": "Percentage points",
        "money": f"Money, {context.formats.currency}",
        "ratio": "Number",
    }
    panels = [
        IntervalPanel(
            rows=[_row(each, context) for each in drawn if each.metric.unit == unit],
            unit=unit,
            title=title,
        )
        for unit, title in titles.items()
    ]
    return [panel for panel in panels if any(row.estimate is not None for row in panel.rows)]


def _drawn(tested: Sequence[Measured], groups: int) -> list[Measured]:
    """The tested rows that fit one figure, by what matters most, in the table's order."""
    metrics = list(dict.fromkeys(each.metric.id for each in tested))
    ranked = sorted(metrics, key=lambda m: DRAWN_FIRST.index(m) if m in DRAWN_FIRST else 99)
    kept = set(ranked[: max(1, MOST_ROWS // groups)])
    return [each for each in tested if each.metric.id in kept]


def _title(tested: Sequence[Measured]) -> str:
    passed = [each for each in tested if each.verdict in (Verdict.BETTER, Verdict.WORSE)]
    names = list(dict.fromkeys(each.metric.name for each in passed))
    if not names:
        return "No rate or mean shows evidence of a difference"
    if len(names) > 2:
        metrics = {each.metric.id for each in tested}
        return f"{len(names)} of {len(metrics)} KPIs differ by more than chance"
    verb = "differs" if len(names) == 1 else "differ"
    return f"{' and '.join(names)} {verb} by more than chance"


def _row(each: Measured, context: Context) -> IntervalRow:
    formats, compared = context.formats, each.comparison
    assert compared is not None
    name = each.metric.name
    if len(context.compared) > 1:
        name = f"{name}, {shape.campaign_label(each.campaign, context)}"
    difference = formats.difference(compared.difference, each.metric.unit)
    interval = formats.interval(compared.ci_low, compared.ci_high, each.metric.unit)
    return IntervalRow(
        name=name,
        estimate=compared.difference if compared.ci_low is not None else None,
        low=compared.ci_low,
        high=compared.ci_high,
        left=f"{formats.value(each.baseline_value, each.metric.unit)} → "
        f"{formats.value(each.value, each.metric.unit)}",
        right=f"{difference} ({interval})" if compared.ci_low is not None else "",
        verdict=str(each.verdict),
    )


def _alt(tested: Sequence[Measured], context: Context) -> str:
    formats = context.formats
    phrases = []
    for each in tested[:4]:
        compared = each.comparison
        assert compared is not None
        effect = formats.difference(compared.difference, each.metric.unit)
        interval = formats.interval(compared.ci_low, compared.ci_high, each.metric.unit)
        phrases.append(f"{each.metric.name.lower()} {effect} ({interval})")
    crossing = sum(each.verdict is Verdict.NO_EVIDENCE for each in tested)
    return (
        f"Interval plot of {formats.plural(len(tested), 'difference', 'differences')} from"
        f" {context.baseline.label}: {'; '.join(phrases)}. {crossing} of {len(tested)} show no"
        " evidence of a difference."
    )[:400]
