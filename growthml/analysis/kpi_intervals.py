"""The plot of all differences from the baseline that were tested, with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from growthml import shape
from growthml.charts import IntervalPanel, IntervalRow, Intervals
from growthml.metrics import Measured
from growthml.parts import Context, Verdict
from growthml.words import _, n_, within

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
    told = {"baseline": context.baseline.label, "level": level, "users": users}
    return Intervals(
        id="differences",
        title=_title(tested),
        subtitle=_(
            "{campaign} minus {baseline}, with {level} interval; {users} users",
            campaign=only,
            **told,
        )
        if only
        else _("Each campaign minus {baseline}, with {level} interval; {users} users", **told),
        alt=_alt(tested, context),
        how_to_read=_(
            "A line that crosses zero fits both a rise and a fall; the line is the {level}"
            " interval, uncorrected, the verdict follows the corrected test.",
            level=level,
        ),
        half=False,
        table="kpis",
        panels=panels,
        lower=_("lower in {campaign}", campaign=only) if only else _("lower in the campaign"),
        higher=_("higher in {campaign}", campaign=only) if only else _("higher in the campaign"),
    )


def _panels(drawn: Sequence[Measured], context: Context) -> list[IntervalPanel]:
    titles: dict[Unit, str] = {
        "rate": _("Percentage points"),
        "money": _("Money, {currency}", currency=context.formats.currency),
        "ratio": _("Number"),
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
    names = list(dict.fromkeys(_(each.metric.name) for each in passed))
    if not names:
        return _("No rate or mean shows evidence of a difference")
    if len(names) > 2:
        metrics = {each.metric.id for each in tested}
        return _("{n} of {all} KPIs differ by more than chance", n=len(names), all=len(metrics))
    if len(names) == 2:
        first, second = names
        return _("{first} and {second} differ by more than chance", first=first, second=second)
    return _("{name} differs by more than chance", name=names[0])


def _row(each: Measured, context: Context) -> IntervalRow:
    formats, compared = context.formats, each.comparison
    assert compared is not None
    name = _(each.metric.name)
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
        phrases.append(f"{within(_(each.metric.name))} {effect} ({interval})")
    crossing = sum(each.verdict is Verdict.NO_EVIDENCE for each in tested)
    return (
        n_(
            "Interval plot of {n} difference from {baseline}: {phrases}. {crossing} of {n} show no"
            " evidence of a difference.",
            "Interval plot of {n} differences from {baseline}: {phrases}. {crossing} of {n} show"
            " no evidence of a difference.",
            len(tested),
            n=formats.count(len(tested)),
            baseline=context.baseline.label,
            phrases="; ".join(phrases),
            crossing=crossing,
        )
    )[:400]
