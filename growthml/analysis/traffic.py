"""Web traffic as counted: each metric of each campaign, its interval, its change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.charts import Unit
from growthml.errors import NotEnoughData
from growthml.parts import Campaign, Context, Facts, Verdict
from growthml.words import N_, _

if TYPE_CHECKING:
    import pandas as pd

    from growthml.stats.comparison import Comparison, Interval
    from growthml.stats.durations import Durations
    from growthml.stats.means import Estimate

STREAMED = "current_logins"
"""The one fact that is no frame."""
FEWEST_VISITS = 20
"""A mean or a rate of fewer visits is not compared."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """What is measured of traffic. longer_is_better: None where neither way is better."""

    name: str
    unit: Unit
    higher_is_better: bool | None = None


METRICS: Mapping[str, Metric] = {
    "requests": Metric(name=N_("Requests"), unit="count"),
    "page_views": Metric(name=N_("Page views"), unit="count"),
    "visitors": Metric(name=N_("Visitors"), unit="count"),
    "sessions": Metric(name=N_("Visits"), unit="count"),
    "bounce_rate": Metric(name=N_("Bounce rate"), unit="rate", higher_is_better=False),
    "duration_mean": Metric(name=N_("Mean visit"), unit="seconds", higher_is_better=True),
    "duration_geometric_mean": Metric(name=N_("Mean on the log scale"), unit="seconds"),
    "duration_median": Metric(name=N_("Median visit"), unit="seconds"),
    "duration_p95": Metric(name=N_("95th percentile"), unit="seconds"),
    "zero_length_share": Metric(name=N_("Visits of zero length"), unit="rate"),
    "pages_per_session": Metric(name=N_("Pages per visit"), unit="number", higher_is_better=True),
    "bot_requests": Metric(name=N_("Requests of bots"), unit="count"),
    "malformed_lines": Metric(name=N_("Lines not readable"), unit="count"),
}

SUMMARY = (
    *("source", "campaign", "metric", "unit", "value", "ci_low", "ci_high", "n"),
    *("baseline_value", "difference", "difference_ci_low", "difference_ci_high"),
    *("p_value", "q_value", "verdict"),
)


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A metric of one campaign: its value (None: not known), limits, and how many it rests on."""

    value: float | None
    limits: Interval | None = None
    n: int = 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Traffic:
    """What was counted. context: its campaigns are those whose traffic is counted, the baseline
    first. facts: their rows only. durations, measures: by campaign key."""

    context: Context
    facts: Facts
    durations: Mapping[str, Durations]
    measures: Mapping[str, Mapping[str, Measure]]
    summary: pd.DataFrame

    def measure(self, campaign: Campaign, metric: str) -> Measure:
        """A metric of a campaign."""
        return self.measures[campaign.key][metric]

    def value(self, campaign: Campaign, metric: str) -> float:
        """A metric's value, 0 where it is not known."""
        return self.measure(campaign, metric).value or 0.0

    def row(self, campaign: Campaign, metric: str) -> Any:
        """A metric's row in the summary."""
        rows = self.summary
        mine = (rows["campaign"] == campaign.key) & (rows["metric"] == metric)
        return next(rows[mine].itertuples())


def of_traffic(context: Context, source: str | None) -> Context:
    """The context with the campaigns whose traffic is counted: the web logs, if there are any.

    source: only campaigns of this source. Raises NotEnoughData where none is left.
    """
    campaigns = context.logs or context.campaigns
    if source is not None:
        campaigns = [each for each in (*context.campaigns, *context.logs) if each.source == source]
        campaigns = list({(each.source, each.key): each for each in campaigns}.values())
    if not campaigns:
        raise NotEnoughData(
            _("no campaign of this report reads the source '{source}'", source=source)
        )
    return replace(context, campaigns=campaigns)


def count(facts: Facts, context: Context) -> Traffic:
    """Traffic from the facts `traffic` and `traffic_durations`, more tables from those there are.

    context: as `of_traffic` gives it. Raises NotEnoughData where there are no visits.
    """
    mine = {name: _mine(frame, context) for name, frame in facts.items() if name != STREAMED}
    totals = {row["campaign"]: row for row in mine["traffic"].to_dict("records")}
    present = [each for each in context.campaigns if totals.get(each.key, {}).get("sessions")]
    if not present:
        raise NotEnoughData(_("there is not one visit in the days looked at"))
    context = replace(context, campaigns=present)
    durations = {each.key: _durations(mine["traffic_durations"], each) for each in present}
    unread = mine.get("traffic_malformed")
    measures = {
        each.key: _measures(
            totals[each.key], durations[each.key], _unread(unread, each), context.confidence
        )
        for each in present
    }
    return Traffic(
        context=context,
        facts=mine,
        durations=durations,
        measures=measures,
        summary=_summary(measures, totals, durations, context),
    )


def _mine(frame: pd.DataFrame, context: Context) -> pd.DataFrame:
    """The rows of the campaigns, in their order."""
    import pandas as pd

    keys = {(each.source, each.key) for each in context.campaigns}
    pairs = zip(frame["source"], frame["campaign"], strict=True)
    kept = frame.loc[pd.Series([pair in keys for pair in pairs], index=frame.index, dtype=bool)]
    place = {each.key: number for number, each in enumerate(context.campaigns)}
    order = kept["campaign"].map(place).sort_values(kind="stable").index
    return kept.loc[order].reset_index(drop=True)


def durations_of(frame: pd.DataFrame, count: str = "sessions") -> Durations:
    """The lengths in rows of (seconds, how many); unknown ones are left out."""
    from growthml.stats.durations import Durations

    known = frame[frame["seconds"].notna()]
    return Durations.of(known["seconds"].to_numpy(float), known[count].to_numpy(float))


def _durations(frame: pd.DataFrame, campaign: Campaign) -> Durations:
    return durations_of(frame[frame["campaign"] == campaign.key])


def _unread(frame: pd.DataFrame | None, campaign: Campaign) -> int | None:
    if frame is None:
        return None
    return int(frame.loc[frame["campaign"] == campaign.key, "lines"].sum())


def _measures(
    totals: Mapping[str, Any], lengths: Durations, unread: int | None, confidence: float
) -> dict[str, Measure]:
    from growthml.stats.means import interval

    sessions = int(totals["sessions"])
    pages = pages_per_visit(totals)
    judged, bounced = int(totals["judged"]), int(totals["bounced"])
    counts = {name: shape.known(totals[name]) for name in ("requests", "page_views")}
    counts |= {"visitors": totals["visitors"] or None, "sessions": sessions}
    counts |= {"bot_requests": shape.known(totals["bot_requests"]), "malformed_lines": unread}
    measured = {name: Measure(value=value, n=sessions) for name, value in counts.items()}
    measured["bounce_rate"] = _rate(bounced, judged, confidence)
    measured["zero_length_share"] = _rate(lengths.zeros, lengths.n, confidence)
    measured["pages_per_session"] = Measure(
        value=pages.value if pages else None,
        limits=interval(pages, confidence),
        n=pages.n if pages else 0,
    )
    measured |= _lengths(lengths, confidence)
    return {name: measured[name] for name in METRICS}


def _lengths(lengths: Durations, confidence: float) -> dict[str, Measure]:
    n = lengths.n
    return {
        "duration_mean": Measure(value=lengths.mean, limits=lengths.mean_interval(confidence), n=n),
        "duration_geometric_mean": Measure(
            value=lengths.geometric_mean(),
            limits=lengths.geometric_interval(confidence),
            n=n - lengths.zeros,
        ),
        "duration_median": Measure(
            value=lengths.quantile(0.5), limits=lengths.quantile_interval(0.5, confidence), n=n
        ),
        "duration_p95": Measure(
            value=lengths.quantile(0.95), limits=lengths.quantile_interval(0.95, confidence), n=n
        ),
    }


def _rate(part: int, whole: int, confidence: float) -> Measure:
    from growthml.stats.proportions import wilson

    return Measure(value=shape.share(part, whole), limits=wilson(part, whole, confidence), n=whole)


def pages_per_visit(totals: Mapping[str, Any]) -> Estimate | None:
    """Page views a visit, with their variance; None where no visit says."""
    from growthml.stats.means import Estimate

    n = int(totals["paged"])
    if not n:
        return None
    total, squares = int(totals["pages"]), int(totals["pages_squared"])
    # Whole numbers: nothing is lost to rounding.
    variance = (squares * n - total * total) / (n * (n - 1)) if n > 1 else float("nan")
    return Estimate(n, total / n, variance)


# -- the summary, compared -----------------------------------------------------------------------


def _summary(
    measures: Mapping[str, Mapping[str, Measure]],
    totals: Mapping[str, Mapping[str, Any]],
    durations: Mapping[str, Durations],
    context: Context,
) -> pd.DataFrame:
    import pandas as pd

    from growthml.stats.corrections import adjust

    base = context.baseline.key
    rows, found = [], []
    for campaign in context.campaigns:
        compared = _compare(campaign.key, base, totals, durations, context)
        for name, measure in measures[campaign.key].items():
            rows.append((campaign, name, measure))
            found.append(compared.get(name))
    q_values = adjust([each.p_value if each else None for each in found], context.correction)
    return pd.DataFrame(
        [
            _row(campaign, name, measure, measures[base][name].value, comparison, q, context)
            for (campaign, name, measure), comparison, q in zip(rows, found, q_values, strict=True)
        ],
        columns=list(SUMMARY),
    )


def _compare(
    key: str,
    base: str,
    totals: Mapping[str, Mapping[str, Any]],
    durations: Mapping[str, Durations],
    context: Context,
) -> dict[str, Comparison]:
    """A campaign's tests against the baseline, by metric."""
    from growthml.stats.means import compare_estimates
    from growthml.stats.proportions import compare_proportions

    if key == base or min(int(totals[each]["sessions"]) for each in (key, base)) < FEWEST_VISITS:
        return {}
    rates = [(int(totals[each]["bounced"]), int(totals[each]["judged"])) for each in (base, key)]
    compared = {
        "bounce_rate": compare_proportions(*rates[0], *rates[1], context.confidence),
        "duration_mean": compare_estimates(
            durations[base].estimate(), durations[key].estimate(), context.confidence
        ),
        "pages_per_session": compare_estimates(
            pages_per_visit(totals[base]), pages_per_visit(totals[key]), context.confidence
        ),
    }
    return {name: each for name, each in compared.items() if each.difference is not None}


def _row(
    campaign: Campaign,
    name: str,
    measure: Measure,
    before: float | None,
    compared: Comparison | None,
    q_value: float | None,
    context: Context,
) -> dict[str, Any]:
    alone = campaign.key == context.baseline.key
    return {
        "source": campaign.source,
        "campaign": campaign.key,
        "metric": name,
        "unit": METRICS[name].unit,
        "value": measure.value,
        "ci_low": measure.limits.low if measure.limits else None,
        "ci_high": measure.limits.high if measure.limits else None,
        "n": measure.n,
        "baseline_value": None if alone else before,
        "difference": compared.difference if compared else None,
        "difference_ci_low": compared.ci_low if compared else None,
        "difference_ci_high": compared.ci_high if compared else None,
        "p_value": compared.p_value if compared else None,
        "q_value": q_value,
        "verdict": str(_verdict(METRICS[name], compared, q_value, context)),
    }


def _verdict(
    metric: Metric, compared: Comparison | None, q_value: float | None, context: Context
) -> Verdict:
    if compared is None or compared.p_value is None:
        return Verdict.NOT_TESTED
    if not shape.passes(q_value, context):
        return Verdict.NO_EVIDENCE
    rose = (compared.difference or 0) > 0
    return Verdict.BETTER if rose == metric.higher_is_better else Verdict.WORSE


def passed(traffic: Traffic) -> Sequence[Any]:
    """The summary's rows whose change is evidence."""
    found = {str(Verdict.BETTER), str(Verdict.WORSE)}
    return [row for row in traffic.summary.itertuples() if row.verdict in found]
