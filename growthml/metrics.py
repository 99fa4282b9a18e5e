"""The metrics a campaign is judged by: what each is, which way is better, how it is compared.

A metric says whether it is a total (not tested), a proportion of users, a mean per user or a ratio
of two per-user sums; the test and the interval follow from that. definitions: Kohavi, Tang & Xu
2020, chapters 2 and 7; intervals and tests in `growthml.stats`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan, nan, sqrt
from typing import TYPE_CHECKING, Any, Literal

from growthml.parts import Verdict
from growthml.words import N_, _

if TYPE_CHECKING:
    import pandas as pd

    from growthml.charts import Unit
    from growthml.parts import Context
    from growthml.stats.comparison import Comparison
    from growthml.stats.moments import Moments


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One KPI.

    title: its name in English, or what the data call it. kind: how it is compared. count, per: the
    per-user quantity counted and what it is divided by (`users` for proportions and means).
    higher_is_better: which way its verdict points.
    """

    id: str
    title: str
    unit: Unit
    kind: Literal["total", "proportion", "mean", "ratio"]
    count: str
    per: str = "users"
    higher_is_better: bool = True

    @property
    def name(self) -> str:
        """What it is called in the language spoken."""
        return _(self.title)


STANDARD = (
    Metric(id="users", title=N_("Users"), unit="count", kind="total", count="users"),
    Metric(id="active_users", title=N_("Active users"), unit="count", kind="total", count="active"),
    Metric(
        id="activation_rate",
        title=N_("Activation rate"),
        unit="rate",
        kind="proportion",
        count="active",
    ),
    Metric(id="buyers", title=N_("Buyers"), unit="count", kind="total", count="buyers"),
    Metric(
        id="conversion_rate",
        title=N_("Conversion rate"),
        unit="rate",
        kind="proportion",
        count="buyers",
    ),
    Metric(id="purchases", title=N_("Purchases"), unit="count", kind="total", count="purchases"),
    Metric(
        id="purchases_per_buyer",
        title=N_("Purchases per buyer"),
        unit="ratio",
        kind="ratio",
        count="purchases",
        per="buyer",
    ),
    Metric(id="revenue", title=N_("Revenue"), unit="money", kind="total", count="revenue"),
    Metric(
        id="average_order_value",
        title=N_("Average order value"),
        unit="money",
        kind="ratio",
        count="revenue",
        per="purchases",
    ),
    Metric(
        id="revenue_per_user",
        title=N_("Revenue per user"),
        unit="money",
        kind="mean",
        count="revenue",
    ),
    Metric(id="profit", title=N_("Profit"), unit="money", kind="total", count="profit"),
    Metric(
        id="roi", title=N_("Return on cost"), unit="ratio", kind="ratio", count="profit", per="cost"
    ),
)


def action_metric(action: str, name: str, *, idle: bool) -> Metric:
    """The share of users who did an action at least once; fewer is better for idle ones."""
    return Metric(
        id=f"{action}_rate",
        title=_("{action} rate", action=name),
        unit="rate",
        kind="proportion",
        count=action,
        higher_is_better=not idle,
    )


@dataclass(frozen=True, kw_only=True)
class Sums:
    """What one campaign adds up to. acted: users who did each action; None where not counted.

    moments holds revenue, purchases, buyer, and profit and cost where there is money. periods: how
    many periods are added up; a user seen in several counts once in each.
    """

    users: int
    active: int | None = None
    buyers: int | None = None
    purchases: int | None = None
    revenue: float | None = None
    cost: float = 0.0
    moments: Moments | None = None
    acted: Mapping[str, int] = field(default_factory=dict)
    periods: int = 1

    @property
    def profit(self) -> float | None:
        """Revenue less acquisition cost; None without money."""
        return None if self.revenue is None else self.revenue - self.cost

    def amount(self, name: str) -> float | None:
        """A total by its name in a metric."""
        if name in self.acted:
            return self.acted[name]
        if name == "buyer":
            return self.buyers
        found: float | None = getattr(self, name, None)
        return found


def sums(totals: pd.DataFrame, actions: pd.DataFrame | None, context: Context) -> dict[str, Sums]:
    """Each campaign's sums, from the facts `totals` and `actions`; campaigns without users too.

    An action that nobody of a campaign did counts 0 there.
    """
    from dataclasses import replace

    found = {
        campaign.key: replace(
            _sums_of(
                totals[totals["campaign"] == campaign.key],
                None if actions is None else actions[actions["campaign"] == campaign.key],
                context,
            ),
            periods=campaign.periods,
        )
        for campaign in context.campaigns
    }
    none = {action: 0 for each in found.values() for action in each.acted}
    return {key: replace(each, acted={**none, **each.acted}) for key, each in found.items()}


def _sums_of(totals: pd.DataFrame, actions: pd.DataFrame | None, context: Context) -> Sums:
    from growthml.stats.moments import Moments

    users = int(totals["n"].sum())
    if "active" not in totals.columns:
        return Sums(users=users)
    costs = totals["channel"].map(lambda channel: cost_of(channel, context)).astype(float)
    revenue = float(totals["revenue"].sum()) if totals["revenue"].notna().any() else None
    acted = {} if actions is None else actions.groupby("action")["users"].sum()
    return Sums(
        users=users,
        active=int(totals["active"].sum()),
        buyers=int(totals["buyers"].sum()),
        purchases=int(totals["purchases"].sum()),
        revenue=revenue if len(totals) else None,
        cost=float((costs * totals["n"]).sum()),
        moments=Moments.of_rows(_with_profit(totals, costs)),
        acted={str(action): int(n) for action, n in acted.items()},
    )


def cost_of(channel: object, context: Context) -> float:
    """What acquiring one user of a channel costs; 0 where the config gives no cost."""
    return float(context.metrics.costs.get(str(channel), 0.0))


def _with_profit(totals: pd.DataFrame, costs: pd.Series[float]) -> pd.DataFrame:
    """Profit and cost per user: cost is the same for all users of a channel, so that only means
    shift and every second moment of profit is that of revenue."""
    profit = totals["mean_revenue"] - costs
    return totals.assign(
        mean_profit=profit,
        m2_profit=totals["m2_revenue"],
        mean_cost=costs,
        m2_cost=0.0,
        m2_profit_cost=0.0,
    )


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A metric in one campaign, compared with the baseline (no comparison for the baseline).

    n: how many it is measured over. value, baseline_value: None where it cannot be given.
    std_error: of a mean or a ratio over users, None otherwise; a rate's follows from value and n.
    """

    metric: Metric
    campaign: str
    n: int
    value: float | None
    baseline_value: float | None = None
    comparison: Comparison | None = None
    smallest_detectable: float | None = None
    q_value: float | None = None
    verdict: Verdict = Verdict.NOT_TESTED
    target: float | None = None
    std_error: float | None = None

    @property
    def on_target(self) -> bool | None:
        """Whether the value is at its target or better; None without target or value."""
        if self.target is None or self.value is None:
            return None
        return (
            self.value >= self.target if self.metric.higher_is_better else self.value <= self.target
        )


def metrics_of(campaigns: Mapping[str, Sums], context: Context) -> list[Metric]:
    """The standard metrics and one `<action>_rate` for every action seen, in a stable order."""
    seen = {action for each in campaigns.values() for action in each.acted}
    extra = [
        action_metric(
            action,
            context.label("action", action).capitalize(),
            idle=action in context.metrics.idle,
        )
        for action in sorted(seen)
    ]
    return [*STANDARD, *extra]


def measure(campaigns: Mapping[str, Sums], context: Context) -> list[Measured]:
    """Every metric in every campaign, tested against the baseline and corrected as one family."""
    from dataclasses import replace

    from growthml.stats.corrections import adjust

    baseline = campaigns[context.baseline.key]
    measured = [
        _measure(metric, campaign.key, campaigns[campaign.key], baseline, context)
        for metric in metrics_of(campaigns, context)
        for campaign in context.campaigns
    ]
    response_rate = f"{context.metrics.response}_rate"
    family = [each for each in measured if each.metric.id != response_rate]
    q_values = adjust(
        [each.comparison.p_value if each.comparison else None for each in family],
        context.correction,
    )
    q_of = {(each.metric.id, each.campaign): q for each, q in zip(family, q_values, strict=True)}

    def judged(each: Measured) -> Measured:
        # The response's own rate repeats conversion_rate: same counts, not tested twice.
        repeated = each.metric.id == response_rate
        q = q_of["conversion_rate" if repeated else each.metric.id, each.campaign]
        return replace(each, q_value=q, verdict=verdict_of(each, q, context))

    return [judged(each) for each in measured]


def verdict_of(each: Measured, q_value: float | None, context: Context) -> Verdict:
    """better or worse when q <= 1 - confidence, signed by the metric's direction."""
    if q_value is None or each.comparison is None or each.comparison.difference is None:
        return Verdict.NOT_TESTED
    if q_value > 1 - context.confidence + 1e-12 or each.comparison.difference == 0:
        return Verdict.NO_EVIDENCE
    better = (each.comparison.difference > 0) == each.metric.higher_is_better
    return Verdict.BETTER if better else Verdict.WORSE


def _measure(
    metric: Metric, campaign: str, new: Sums, baseline: Sums, context: Context
) -> Measured:
    value = value_of(metric, new)
    n = int(new.amount(metric.per) or 0) if metric.kind == "ratio" else new.users
    if metric.per == "cost":
        n = new.users
    common: dict[str, Any] = {
        "metric": metric,
        "campaign": campaign,
        "n": n,
        "value": value,
        "target": context.metrics.targets.get(metric.id),
        "std_error": _std_error(metric, new),
    }
    if campaign == context.baseline.key:
        return Measured(**common)
    if context.metrics.orders_alone and metric.kind == "proportion":
        return Measured(**common, baseline_value=value_of(metric, baseline))
    return Measured(
        **common,
        baseline_value=value_of(metric, baseline),
        comparison=_compare(metric, baseline, new, context.confidence),
        smallest_detectable=_detectable(metric, baseline, new, context.confidence),
    )


def value_of(metric: Metric, campaign: Sums) -> float | None:
    """A metric's value in one campaign; None where it is not counted or divides by nothing.

    A total over several periods is the mean of them.
    """
    amount = campaign.amount(metric.count)
    if amount is None:
        return None
    if metric.kind == "total":
        return amount if campaign.periods == 1 else amount / campaign.periods
    below = campaign.amount(metric.per)
    return amount / below if below else None


def _std_error(metric: Metric, campaign: Sums) -> float | None:
    """How far a mean or a ratio would vary over samples of users; None where it cannot be told."""
    from growthml.stats.ratios import ratio

    moments = campaign.moments
    if moments is None or campaign.users < 2 or value_of(metric, campaign) is None:
        return None
    if metric.kind == "mean":
        variance = moments.var(metric.count)
    elif metric.kind == "ratio":
        found = ratio(moments, metric.count, metric.per)
        variance = found.variance if found else nan
    else:
        return None
    return None if isnan(variance) else sqrt(variance / campaign.users)


def _compare(metric: Metric, baseline: Sums, new: Sums, confidence: float) -> Comparison | None:
    from growthml.stats import means, proportions, ratios
    from growthml.stats.comparison import Comparison, relative_difference

    old, now = value_of(metric, baseline), value_of(metric, new)
    if old is None or now is None:
        return None
    match metric.kind:
        case "total":
            return Comparison(
                difference=now - old, relative_difference=relative_difference(old, now)
            )
        case "proportion":
            return proportions.compare_proportions(
                int(baseline.amount(metric.count) or 0),
                baseline.users,
                int(new.amount(metric.count) or 0),
                new.users,
                confidence,
            )
        case "mean" if baseline.moments and new.moments:
            return means.compare_means(baseline.moments, new.moments, metric.count, confidence)
        case "ratio" if baseline.moments and new.moments:
            return ratios.compare_ratios(
                baseline.moments, new.moments, metric.count, metric.per, confidence
            )
    return None


def _detectable(metric: Metric, baseline: Sums, new: Sums, confidence: float) -> float | None:
    from growthml.stats import power

    if metric.kind == "proportion" and baseline.users and new.users:
        pooled = ((baseline.amount(metric.count) or 0) + (new.amount(metric.count) or 0)) / (
            baseline.users + new.users
        )
        return power.detectable_rate_difference(pooled, baseline.users, new.users, confidence)
    if metric.kind == "mean" and baseline.moments and new.moments:
        variances = [each.moments.var(metric.count) for each in (baseline, new) if each.moments]
        if not any(isnan(variance) for variance in variances):
            return power.detectable_mean_difference(
                variances[0], baseline.users, variances[1], new.users, confidence
            )
    return None


COLUMNS = (
    "metric",
    "unit",
    "campaign",
    "n",
    "value",
    "baseline_value",
    "difference",
    "relative_difference",
    "ci_low",
    "ci_high",
    "p_value",
    "q_value",
    "verdict",
    "target",
    "on_target",
)


def frame(measured: Sequence[Measured]) -> pd.DataFrame:
    """The rows as `summary.kpis` prints them; untested rows leave interval, p and q empty."""
    import pandas as pd

    rows = [_row(each) for each in measured]
    return pd.DataFrame(
        rows, columns=[*COLUMNS, "std_error", "smallest_detectable", "method", "reason"]
    )


def _row(each: Measured) -> dict[str, Any]:
    compared = each.comparison
    tested = each.verdict is not Verdict.NOT_TESTED
    return {
        "metric": each.metric.id,
        "unit": each.metric.unit,
        "campaign": each.campaign,
        "n": each.n,
        "value": each.value,
        "baseline_value": each.baseline_value,
        "difference": compared.difference if compared else None,
        "relative_difference": compared.relative_difference if compared else None,
        "ci_low": compared.ci_low if compared and tested else None,
        "ci_high": compared.ci_high if compared and tested else None,
        "p_value": compared.p_value if compared and tested else None,
        "q_value": each.q_value,
        "verdict": str(each.verdict),
        "target": each.target,
        "on_target": each.on_target,
        "std_error": each.std_error,
        "smallest_detectable": each.smallest_detectable if tested else None,
        "method": compared.method if compared and tested else "",
        "reason": compared.reason if compared else "",
    }
