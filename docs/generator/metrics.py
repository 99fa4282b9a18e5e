"""The page of the metrics: every KPI of a report, and of its web traffic."""

from __future__ import annotations

from docs.generator.markdown import code, page, table
from growthml.analysis.traffic import METRICS as TRAFFIC
from growthml.metrics import STANDARD, Metric

_INTRO = """\
The ids that `summary.kpis`, `metrics.targets`, `alerts` and `expected` know. Beside them there is
`<action>_rate` for every action of the data: the share of users who did it at least once. It is
compared like a rate; of the actions in `metrics.idle` fewer are better. That of the response
repeats `conversion_rate` and is not tested twice.

How each is compared, with its sources: [Numbers](../numbers.md)."""
_COMPARED = {
    "total": "not tested",
    "proportion": "chi-square test, Newcombe's interval",
    "mean": "Welch's t",
    "ratio": "delta method over users",
}
_NAMES = {"active": "active users", "buyer": "buyers", "cost": "acquisition cost"}


def metrics_page() -> str:
    """Every metric with its formula, unit, test and direction."""
    rows = [
        (
            code(each.id),
            each.name,
            _formula(each),
            each.unit,
            _COMPARED[each.kind],
            _way(each.higher_is_better),
        )
        for each in STANDARD
    ]
    standard = table(("Id", "Name", "Is", "Unit", "Compared by", "Better"), rows)
    traffic = table(
        ("Id", "Name", "Unit", "Better"),
        (
            (code(key), each.name, each.unit, _way(each.higher_is_better))
            for key, each in TRAFFIC.items()
        ),
    )
    words = (
        "Of visits to a web site, in `traffic.summary`; see [Numbers](../numbers.md#web-traffic)."
    )
    return page("Metrics", _INTRO, standard, "## Web traffic", words, traffic)


def _formula(metric: Metric) -> str:
    above, below = (_NAMES.get(each, each) for each in (metric.count, metric.per))
    return above if metric.kind == "total" else f"{above} / {below}"


def _way(higher_is_better: bool | None) -> str:
    return {True: "higher", False: "lower", None: "–"}[higher_is_better]
