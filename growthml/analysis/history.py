"""A KPI's values report by report: its usual range, signals, and numbers that were restated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from growthml.metrics import Measured, Metric
from growthml.parts import Campaign, Context, PastKpi, Verdict
from growthml.stats.control import LONG_RUN, UsualRange, on_one_side, usual_range

LEADING = (
    "conversion_rate",
    "revenue_per_user",
    "activation_rate",
    "average_order_value",
    "users",
    "buyers",
    "purchases",
    "revenue",
)
"""What the report draws, in this order."""
VOLUME = ("users", "purchases")
"""How much data there is: a jump of these says more of the data than of the users."""


@dataclass(frozen=True, kw_only=True)
class Series:
    """A metric of one campaign over its reports. earlier: those of its present definition, oldest
    first; usual: their usual range, None for fewer than eight. redefined: when the definition
    changed last, None where it never did."""

    metric: Metric
    campaign: Campaign
    earlier: Sequence[PastKpi]
    before: PastKpi | None
    now: Measured
    usual: UsualRange | None
    older: Sequence[PastKpi] = ()

    @property
    def value(self) -> float:
        """The value of this report."""
        assert self.now.value is not None
        return self.now.value

    @property
    def redefined(self) -> bool:
        """Whether earlier reports meant something else by it."""
        return bool(self.older)

    @property
    def outside(self) -> bool:
        """Whether this report's value lies outside of the usual range."""
        return self.usual is not None and not self.usual.holds(self.value)

    @property
    def run(self) -> int:
        """How many reports, up to this one, lie on one side of the centre."""
        if self.usual is None:
            return 0
        values = [each.value for each in self.earlier if each.value is not None]
        return on_one_side([*values, self.value], self.usual.centre)

    @property
    def signal(self) -> str:
        """`outside`, `run`, or empty."""
        if self.outside:
            return "outside"
        return "run" if self.run >= LONG_RUN else ""


@dataclass(frozen=True, kw_only=True)
class Restated:
    """A number that is not what it was when it was reported."""

    metric: Metric
    campaign: Campaign
    reported: PastKpi
    today: float


def series(measured: Sequence[Measured], context: Context) -> list[Series]:
    """Every metric of every compared campaign (or of all, where none is) that has a value now."""
    shown = [campaign.key for campaign in context.compared or context.campaigns]
    campaigns = {campaign.key: campaign for campaign in context.campaigns}
    return [
        _series(each, campaigns[each.campaign], context)
        for each in measured
        if each.campaign in shown and each.value is not None
    ]


def _series(now: Measured, campaign: Campaign, context: Context) -> Series:
    past = [
        each
        for each in context.past
        if (each.campaign, each.metric) == (campaign.key, now.metric.id) and each.value is not None
    ]
    redefined = [place for place, each in enumerate(past) if each.definition != campaign.definition]
    start = redefined[-1] + 1 if redefined else 0
    earlier = past[start:]
    lowest = None if now.metric.id in ("profit", "roi") else 0.0
    values = [each.value for each in earlier if each.value is not None]
    return Series(
        metric=now.metric,
        campaign=campaign,
        earlier=earlier,
        older=past[:start],
        before=past[-1] if past else None,
        now=now,
        usual=usual_range(values, lowest),
    )


def restated(measured: Sequence[Measured], context: Context) -> list[Restated]:
    """What an earlier report said of a window that this one counts again, where it differs.

    Only windows that the earlier report had seen whole, counted by the same definition.
    """
    campaigns = {campaign.key: campaign for campaign in context.campaigns}
    return [
        found
        for each in measured
        if each.metric.id in LEADING and each.value is not None
        for found in _restated(each, campaigns[each.campaign], context)
    ]


def _restated(now: Measured, campaign: Campaign, context: Context) -> Iterator[Restated]:
    end = campaign.end
    if end is None or now.value is None:
        return
    for each in context.past:
        same = (each.start, each.end, each.metric) == (campaign.start, end, now.metric.id)
        if not same or each.definition != campaign.definition or each.value is None:
            continue
        if not _seen_whole(each.as_of, end):
            continue
        if abs(each.value - now.value) > 1e-9 * max(abs(each.value), abs(now.value), 1e-9):
            yield Restated(metric=now.metric, campaign=campaign, reported=each, today=now.value)
        return


def _seen_whole(as_of: date, end: date) -> bool:
    return (end - as_of).days <= 1


def verdict_changed(each: Series) -> bool:
    """Whether a test says something else than in the report before."""
    tested = {Verdict.BETTER, Verdict.WORSE, Verdict.NO_EVIDENCE}
    if each.before is None or not each.earlier or each.now.verdict not in tested:
        return False
    return (
        each.before.verdict in {str(v) for v in tested} and each.before.verdict != each.now.verdict
    )
