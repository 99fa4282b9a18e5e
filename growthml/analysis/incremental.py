"""What the new campaigns brought beyond the baseline, in money per user and in all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from growthml import shape
from growthml.metrics import Sums, sums
from growthml.parts import Campaign, Column, Context, Evidence, Finding, Table
from growthml.words import N_, _

if TYPE_CHECKING:
    import pandas as pd

    from growthml.stats.comparison import Comparison

NAMES = {"profit": N_("Profit"), "revenue": N_("Revenue")}
INCREMENTAL = ("campaign", "metric", "per_user", "ci_low", "ci_high", "total")


@dataclass(frozen=True, kw_only=True)
class Incremental:
    """Profit or revenue per user, new less baseline, and over all users of the campaign."""

    campaign: Campaign
    metric: str
    users: int
    compared: Comparison
    q_value: float | None = None


def values(totals: pd.DataFrame, context: Context) -> list[Incremental]:
    """Profit and revenue of every compared campaign by Welch's t, corrected as one family."""
    from growthml.stats.corrections import adjust

    campaigns = sums(totals, None, context)
    compared = [
        _value(campaign, metric, campaigns, context)
        for campaign in context.compared
        for metric in ("profit", "revenue")
    ]
    known = [each for each in compared if each is not None and each.compared.difference is not None]
    # Without costs profit is revenue: the same test is not counted twice.
    tested = [
        each for each in known if each.metric == "revenue" or any(context.metrics.costs.values())
    ]
    q_values = adjust([each.compared.p_value for each in tested], context.correction)
    q_of = dict(zip([(e.campaign.key, e.metric) for e in tested], q_values, strict=True))
    return [
        replace(
            each,
            q_value=q_of.get(
                (each.campaign.key, each.metric), q_of.get((each.campaign.key, "revenue"))
            ),
        )
        for each in known
    ]


def _value(
    campaign: Campaign, metric: str, campaigns: Mapping[str, Sums], context: Context
) -> Incremental | None:
    from growthml.stats.means import compare_means

    old, new = campaigns[context.baseline.key], campaigns[campaign.key]
    if old.revenue is None or new.revenue is None or not (old.moments and new.moments):
        return None
    return Incremental(
        campaign=campaign,
        metric=metric,
        users=new.users,
        compared=compare_means(old.moments, new.moments, metric, context.confidence),
    )


def table(values: Sequence[Incremental], context: Context) -> Table:
    """The differences per user and in total; empty, and attached only, without money."""
    import pandas as pd

    rows = [
        {
            "campaign": each.campaign.key,
            "metric": each.metric,
            "per_user": each.compared.difference,
            "ci_low": each.compared.ci_low,
            "ci_high": each.compared.ci_high,
            "total": (each.compared.difference or 0.0) * each.users,
            "total_ci_low": _times(each.compared.ci_low, each.users),
            "total_ci_high": _times(each.compared.ci_high, each.users),
            "users": each.users,
            "p_value": each.compared.p_value,
            "q_value": each.q_value,
        }
        for each in values
    ]
    extra = ["total_ci_low", "total_ci_high", "users", "p_value", "q_value"]
    frame = pd.DataFrame(rows, columns=[*INCREMENTAL, *extra])
    if not rows:
        return Table(id="incremental_value", title=_("Incremental value"), frame=frame)

    def intervals(low: str, high: str) -> list[str]:
        return [
            context.formats.interval(*limits, "money")
            for limits in zip(frame[low], frame[high], strict=True)
        ]

    view = frame.assign(
        metric=[_(NAMES[each.metric]) for each in values],
        interval=intervals("ci_low", "ci_high"),
        total_interval=intervals("total_ci_low", "total_ci_high"),
    )
    share = context.formats.share(context.confidence)
    return Table(
        id="incremental_value",
        title=_("Value beyond the baseline"),
        frame=frame,
        view=view,
        columns=[
            *shape.campaign_column(context),
            Column(name="metric", head=_("Difference in")),
            Column(name="per_user", head=_("Per user"), kind="money"),
            Column(name="interval", head=_("{share} interval", share=share)),
            Column(name="total", head=_("In total"), kind="money"),
            Column(name="total_interval", head=_("{share} interval", share=share)),
            Column(name="q_value", head="q", kind="p"),
        ],
        note=_(
            "New campaign less {baseline}, per user by Welch's t; the total is that times the new"
            " campaign's users.",
            baseline=context.baseline.label,
        ),
    )


def _times(value: float | None, users: int) -> float | None:
    return None if value is None else value * users


CLAIMS = {
    ("profit", True): N_(
        "{campaign} brought {difference} more profit per user than {baseline} ({interval}),"
        " {total} over {n} users."
    ),
    ("profit", False): N_(
        "{campaign} brought {difference} less profit per user than {baseline} ({interval}),"
        " {total} over {n} users."
    ),
    ("revenue", True): N_(
        "{campaign} brought {difference} more revenue per user than {baseline} ({interval}),"
        " {total} over {n} users."
    ),
    ("revenue", False): N_(
        "{campaign} brought {difference} less revenue per user than {baseline} ({interval}),"
        " {total} over {n} users."
    ),
}
"""What was found, by metric and by whether there is more of it."""


def findings(values: Sequence[Incremental], context: Context) -> list[Finding]:
    """Campaigns whose users brought more or less: profit where there are costs, else revenue."""
    found, formats = [], context.formats
    told = "profit" if any(context.metrics.costs.values()) else "revenue"
    for each in values:
        if each.metric != told or not each.compared.difference:
            continue
        if not shape.passes(each.q_value, context):
            continue
        more = each.compared.difference > 0
        low, high = each.compared.ci_low, each.compared.ci_high
        found.append(
            Finding(
                heading=_("Profit per user") if told == "profit" else _("Revenue per user"),
                text=_(
                    CLAIMS[told, more],
                    campaign=each.campaign.label,
                    difference=formats.money(abs(each.compared.difference)),
                    baseline=context.baseline.label,
                    interval=formats.interval(low, high, "money"),
                    total=formats.money(each.compared.difference * each.users, signed=True),
                    n=formats.count(each.users),
                ),
                evidence=Evidence(
                    table="incremental_value",
                    row={"campaign": each.campaign.key, "metric": each.metric},
                ),
                direction="better" if more else "worse",
                weight=0.65,
            )
        )
    return found
