"""Response rates of the new campaigns beside the baseline's, channel by channel and overall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import log
from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.parts import Campaign, Context, Facts, Verdict

if TYPE_CHECKING:
    from growthml.stats.comparison import Lift

ALL = "all"
"""Stands for all channels together."""

FEWEST_RESPONDERS = 5
"""A channel with fewer in either campaign is shown, but muted and never a finding."""


@dataclass(frozen=True, kw_only=True)
class Lifted:
    """One channel (or all) of one campaign beside the baseline."""

    campaign: Campaign
    channel: Any
    baseline_users: int
    baseline_responders: int
    users: int
    responders: int
    lift: Lift
    p_value: float | None
    q_value: float | None = None

    @property
    def few(self) -> bool:
        """Whether too few responded to read much into it."""
        return min(self.baseline_responders, self.responders) < FEWEST_RESPONDERS

    @property
    def change(self) -> float:
        """The difference of the rates; 0 where there are no users."""
        old = self.baseline_responders / self.baseline_users if self.baseline_users else 0.0
        return (self.responders / self.users if self.users else old) - old


def lifts(facts: Facts, response: str, context: Context) -> list[Lifted]:
    """Every compared campaign: its channels by users, then all. The channels are corrected as one
    family; `all` is a test of its own, corrected over campaigns only."""
    channels = shape.order(facts["totals"], "channel", "n", context)
    users = shape.lookup(facts["totals"], ["campaign", "channel"], "n")
    responders = _responders(facts, response, context)
    base = context.baseline.key
    rows = []
    for campaign in context.compared:
        counted = [
            tuple(
                int(counts.get((key, channel), 0))
                for key in (base, campaign.key)
                for counts in (users, responders)
            )
            for channel in channels
        ]
        here = [
            (channel, cells)
            for channel, cells in zip(channels, counted, strict=True)
            if any(cells) and channels != [None]
        ]
        whole = [sum(each) for each in zip(*counted, strict=True)]
        rows += [lifted(campaign, channel, cells, context) for channel, cells in here]
        rows.append(lifted(campaign, ALL, whole, context))
    return _corrected(rows, context)


def _responders(facts: Facts, response: str, context: Context) -> Mapping[tuple[Any, ...], int]:
    """How many users responded, by campaign and channel."""
    if response == context.metrics.response:
        return shape.lookup(facts["totals"], ["campaign", "channel"], "buyers")
    mine = shape.having(facts["actions"], "action", response)
    return shape.lookup(mine, ["campaign", "channel"], "users")


def lifted(campaign: Campaign, channel: Any, cells: Sequence[int], context: Context) -> Lifted:
    """The row of four counts: the baseline's users and responders, then the campaign's."""
    from growthml.stats.proportions import compare_proportions, relative_lift

    baseline_users, baseline_responders, users, responders = cells
    counts = (baseline_responders, baseline_users, responders, users)
    tested = baseline_responders or responders
    return Lifted(
        campaign=campaign,
        channel=channel,
        baseline_users=baseline_users,
        baseline_responders=baseline_responders,
        users=users,
        responders=responders,
        lift=relative_lift(*counts, context.confidence),
        p_value=compare_proportions(*counts, context.confidence).p_value if tested else None,
    )


def _corrected(rows: Sequence[Lifted], context: Context) -> list[Lifted]:
    from growthml.stats.corrections import adjust

    corrected: dict[int, float | None] = {}
    for overall in (False, True):
        family = [i for i, row in enumerate(rows) if (row.channel == ALL) == overall]
        q_values = adjust([rows[i].p_value for i in family], context.correction)
        corrected |= dict(zip(family, q_values, strict=True))
    return [replace(row, q_value=corrected[i]) for i, row in enumerate(rows)]


def verdict(row: Lifted, response: str, context: Context) -> Verdict:
    """Better or worse where the corrected test finds a change; fewer idle actions are better."""
    if row.q_value is None:
        return Verdict.NOT_TESTED
    if not shape.passes(row.q_value, context) or not row.change:
        return Verdict.NO_EVIDENCE
    wanted = response not in context.metrics.idle
    return Verdict.BETTER if (row.change > 0) == wanted else Verdict.WORSE


def passed(channels: Sequence[Lifted], context: Context) -> list[Lifted]:
    """Channels whose change passed its corrected test on enough responders, largest first."""
    found = [row for row in channels if not row.few and shape.passes(row.q_value, context)]
    return sorted(found, key=lambda row: -abs(log(row.lift.ratio or 1.0)))


def interval(lift: Lift, context: Context) -> str:
    """ "0.82 to 1.35"."""
    return context.formats.interval(lift.ci_low, lift.ci_high, "ratio", signed=False)
