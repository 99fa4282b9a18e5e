"""The baseline against each campaign, row by row of a query of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.analysis.own_query import CompareOptions, Rows
from growthml.charts import Unit
from growthml.parts import Context, Verdict
from growthml.words import _

if TYPE_CHECKING:
    import pandas as pd

    from growthml.stats.comparison import Comparison

COMPARISON = (
    *("campaign", "key", "baseline_n", "n", "baseline_value", "value", "difference"),
    *("relative_difference", "ci_low", "ci_high", "p_value", "q_value", "verdict", "reason"),
)


def comparison(rows: Rows, compare: CompareOptions) -> pd.DataFrame:
    """COMPARISON, a row for each compared campaign and name; one family of the correction.

    reason: why there is no interval, where there is none.
    """
    import pandas as pd

    from growthml.stats.corrections import adjust

    context = rows.context
    found = [
        {"campaign": campaign.key, "key": rows.label(key) if rows.x else ""}
        | _compared(
            rows.by_key.get((context.baseline.key, key)),
            rows.by_key.get((campaign.key, key)),
            compare,
            context,
        )
        for campaign in context.compared
        for key in rows.keys()  # noqa: SIM118 - not a dict
    ]
    q_values = adjust([row["p_value"] for row in found], context.correction)
    for row, q_value in zip(found, q_values, strict=True):
        row["q_value"] = q_value
        row["verdict"] = str(_verdict(row, compare, context))
    frame = pd.DataFrame(found, columns=list(COMPARISON))
    numbers = [name for name in COMPARISON[2:] if name not in ("verdict", "reason")]
    return frame.astype(dict.fromkeys(numbers, "float64"))


def unit_of(rows: Rows, compare: CompareOptions) -> Unit:
    """The unit of what is compared."""
    return "rate" if compare.successes else rows.unit(compare.column)


def measure(rows: Rows, compare: CompareOptions) -> str:
    """What is compared, in words."""
    if compare.name or not compare.successes:
        return compare.name or rows.head(compare.column)
    return _("{part}, share of {whole}", part=rows.head(compare.column), whole=_n(rows, compare))


def _n(rows: Rows, compare: CompareOptions) -> str:
    name = rows.head(compare.n or "")
    return name[:1].lower() + name[1:]


def _verdict(row: Mapping[str, Any], compare: CompareOptions, context: Context) -> Verdict:
    if row["p_value"] is None:
        return Verdict.NOT_TESTED
    if not shape.passes(row["q_value"], context):
        return Verdict.NO_EVIDENCE
    rose = row["difference"] > 0
    return Verdict.BETTER if rose == (compare.better == "higher") else Verdict.WORSE


def _compared(
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    compare: CompareOptions,
    context: Context,
) -> dict[str, Any]:
    lacking = _lacking(before, after, compare, context)
    baseline_n, baseline = _level(before, compare)
    n, value = _level(after, compare)
    found = None
    if not lacking and before and after:
        try:
            found = _tested(before, after, compare, context)
        except ValueError as error:
            lacking = str(error)
    return {
        "baseline_n": baseline_n,
        "n": n,
        "baseline_value": baseline,
        "value": value,
        "difference": found.difference if found else None,
        "relative_difference": found.relative_difference if found else None,
        "ci_low": found.ci_low if found else None,
        "ci_high": found.ci_high if found else None,
        "p_value": found.p_value if found else None,
        "reason": lacking or (found.reason if found else ""),
    }


def _lacking(
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    compare: CompareOptions,
    context: Context,
) -> str:
    if before is None:
        return _("not in {campaign}", campaign=context.baseline.label)
    if after is None:
        return _("not in this campaign")
    asked = [e for e in (compare.column, compare.n, compare.sd) if e]
    for name in asked:
        if any(shape.known(row[name]) is None for row in (before, after)):
            return _("{column} is missing", column=name)
    return ""


def _level(
    row: Mapping[str, Any] | None, compare: CompareOptions
) -> tuple[float | None, float | None]:
    """n and the value of a row, as far as they are known."""
    if row is None:
        return None, None
    n = shape.known(row[compare.n]) if compare.n else None
    value = shape.known(row[compare.column])
    if compare.successes and value is not None:
        return n, shape.share(value, n) if n else None
    return n, value


def _tested(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    compare: CompareOptions,
    context: Context,
) -> Comparison:
    """Raises ValueError where successes and n are no counts of users."""
    from growthml.stats.comparison import Comparison, relative_difference
    from growthml.stats.means import Estimate, compare_estimates
    from growthml.stats.proportions import compare_proportions

    if compare.successes and compare.n:
        counts = [int(row[name]) for row in (before, after) for name in (compare.column, compare.n)]
        return compare_proportions(counts[0], counts[1], counts[2], counts[3], context.confidence)
    if compare.sd and compare.n:
        arms = [
            Estimate(int(row[compare.n]), row[compare.column], row[compare.sd] ** 2)
            if row[compare.n]
            else None
            for row in (before, after)
        ]
        return compare_estimates(arms[0], arms[1], context.confidence)
    baseline, value = float(before[compare.column]), float(after[compare.column])
    return Comparison(
        difference=value - baseline,
        relative_difference=relative_difference(baseline, value),
        reason=_("an interval needs successes and n, or mean, sd and n"),
    )
