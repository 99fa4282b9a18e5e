"""Visits drawn: their columns against one another, what visit time hangs on, what is left over."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from growthml import shape
from growthml.analysis.session_models import NAMES, Sessions, design_of, said
from growthml.charts import (
    Chart,
    IntervalPanel,
    IntervalRow,
    Intervals,
    Points,
    Reference,
    ScatterMatrix,
)
from growthml.parts import Context
from growthml.words import _, within

MOST_POINTS = 5_000
"""Of more visits so many are drawn, evenly spaced."""


def charts(found: Sequence[Sessions], context: Context) -> list[Chart]:
    """Coefficients of visit time, and what they leave unexplained, of the latest campaign."""
    if not found or "duration" not in found[-1].models:
        return []
    each = found[-1]
    return [*_matrix(each, context), _coefficients(each, context), _residuals(each, context)]


def _matrix(each: Sessions, context: Context) -> list[Chart]:
    """F22: at most four columns against one another, long tails on a log scale; none below two."""
    import numpy as np

    told = {name for x, y, pair, _ in each.pairs if pair.spearman is not None for name in (x, y)}
    columns = [name for name in ("duration", "pages", "hits", "hour") if name in told]
    if len(columns) < 2:
        return []
    formats = context.formats
    rows = each.rows[columns].dropna()
    rows = rows.iloc[:: max(1, -(-len(rows) // MOST_POINTS))]
    found = {(x, y): (pair, q) for x, y, pair, q in each.pairs}
    coefficients = {}
    for i, j in combinations(range(len(columns)), 2):
        first, second = sorted((columns[i], columns[j]), key=list(NAMES).index)
        pair, q = found[first, second]
        coefficients[i, j] = (
            formats.statistic(pair.spearman),
            formats.interval(pair.low, pair.high, "number", signed=False),
            shape.passes(q, context),
        )
    strongest = max(
        ((x, y, pair) for x, y, pair, _ in each.pairs if x in columns and y in columns),
        key=lambda one: abs(one[2].spearman or 0.0),
    )
    interval = formats.interval(strongest[2].low, strongest[2].high, "number", signed=False)
    logged = [name for name in columns if name != "hour"]
    return [
        ScatterMatrix(
            id="scatter",
            title=_("Columns of a visit against one another"),
            subtitle=_(
                "{n} of {population} visits; {columns} as log(1 + x)",
                n=formats.count(len(rows)),
                population=formats.count(each.population),
                columns=formats.join([within(_(NAMES[name])) for name in logged]),
            )[:110],
            alt=_(
                "Scatter matrix of {n} columns, {visits} visits: strongest {x} with {y},"
                " Spearman {spearman} ({interval}).",
                n=len(columns),
                visits=formats.count(len(rows)),
                x=within(_(NAMES[strongest[0]])),
                y=within(_(NAMES[strongest[1]])),
                spearman=formats.statistic(strongest[2].spearman),
                interval=interval,
            )[:400],
            how_to_read=_(
                "Below the diagonal one cell holds the darker the more visits; above it stands"
                " Spearman's coefficient with its interval, bold where it passes the corrected"
                " test."
            ),
            half=False,
            table="correlations",
            columns=[_(NAMES[name]) for name in columns],
            values=[
                np.round(rows[name] if name == "hour" else np.log1p(rows[name]), 4).tolist()
                for name in columns
            ],
            coefficients=coefficients,
            colour=each.campaign.colour,
        )
    ]


def _coefficients(each: Sessions, context: Context) -> Intervals:
    """F23: seconds of visit time by column, the others held equal."""
    formats, model = context.formats, each.models["duration"]
    terms = {name: slope for name, slope in model.terms.items() if name != "const"}
    strongest = max(terms, key=lambda name: abs(terms[name].coefficient))
    first = terms[strongest]
    return Intervals(
        id="coefficients",
        title=_("Visit time by what a visit brings, others held equal"),
        subtitle=_(
            "Seconds per unit; R² {r2}, adjusted {adjusted_r2}; {n} visits",
            r2=formats.statistic(model.r2),
            adjusted_r2=formats.statistic(model.adjusted_r2),
            n=formats.count(model.n),
        )[:110],
        alt=_(
            "Interval plot of {n} coefficients: {term} {coefficient} seconds ({interval}); R²"
            " {r2}.",
            n=len(terms),
            term=said(strongest),
            coefficient=formats.number(first.coefficient, 1),
            interval=formats.interval(first.ci_low, first.ci_high, "number", signed=True),
            r2=formats.statistic(model.r2),
        )[:400],
        how_to_read=_(
            "Each line is how many seconds longer a visit lasts with one more of it, the others"
            " held equal. R² says that these columns tell {r2} of how visits differ in length;"
            " adjusted R² charges for each column. Neither says why.",
            r2=formats.share(model.r2),
        ),
        half=False,
        table="regression",
        panels=[
            IntervalPanel(
                rows=[
                    IntervalRow(
                        name=said(name),
                        estimate=slope.coefficient,
                        low=slope.ci_low,
                        high=slope.ci_high,
                        right=_(
                            "{coefficient} s ({ci_low} to {ci_high})",
                            coefficient=formats.number(slope.coefficient, 1, signed=True),
                            ci_low=formats.number(slope.ci_low, 1, signed=True),
                            ci_high=formats.number(slope.ci_high, 1, signed=True),
                        ),
                        verdict="",
                        muted=slope.ci_low <= 0 <= slope.ci_high,
                    )
                    for name, slope in terms.items()
                ],
                unit="number",
            )
        ],
        lower=_("shorter"),
        higher=_("longer"),
    )


def _residuals(each: Sessions, context: Context) -> Points:
    import numpy as np

    model, formats = each.models["duration"], context.formats
    design = design_of(each.rows, "duration")
    kept = each.rows["duration"].notna() & design.notna().all(axis=1)
    error = each.rows.loc[kept, "duration"].to_numpy(float) - model.fitted
    step = max(1, -(-len(error) // MOST_POINTS))
    spread = float(np.abs(error).max())
    return Points(
        id="residuals",
        title=_("What the columns leave unexplained"),
        subtitle=_(
            "Seconds of visit time above or below the fitted line; {n} of {all} visits",
            n=formats.count(len(error[::step])),
            all=formats.count(len(error)),
        )[:110],
        alt=_(
            "Cloud of residuals over fitted seconds: {share} of visits lie above the line, the"
            " furthest {spread} seconds away.",
            share=formats.share(float((error > 0).mean())),
            spread=formats.count(round(spread)),
        )[:400],
        how_to_read=_(
            "A cloud that widens to the right is why the intervals allow for uneven spread; its"
            " lower edge are visits of zero length."
        ),
        table="regression",
        x=np.round(model.fitted[::step], 1).tolist(),
        y=np.round(error[::step], 1).tolist(),
        x_unit="number",
        y_unit="number",
        colour=each.campaign.colour,
        references=[Reference(kind="horizontal", at=0.0)],
    )
