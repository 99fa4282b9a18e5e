"""Which columns of a visit go together, and what visit time and pages hang on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.analysis.traffic_tables import OWN, network_name
from growthml.parts import Campaign, Column, Context, Evidence, Finding, Table
from growthml.words import N_, _, within

if TYPE_CHECKING:
    import pandas as pd

    from growthml.stats.correlation import Correlation
    from growthml.stats.ols import Ols

CORRELATIONS = ("source", "x", "y", "n", "pearson", "spearman", "p_value")
REGRESSION = (
    *("source", "model", "term", "coefficient", "std_error", "ci_low", "ci_high", "p_value"),
)
COLUMNS = ("column", "good_for", "misleads")
NAMES = {
    "duration": N_("Visit time"),
    "hits": N_("Requests"),
    "pages": N_("Pages"),
    "bounced": N_("Bounced"),
    "hour": N_("Hour of day"),
}
MODELS = {
    "duration": N_("Visit time, seconds"),
    "pages": N_("Pages"),
    "log_duration": N_("log(1 + seconds)"),
}
FEWEST = 30


@dataclass(frozen=True, kw_only=True, eq=False)
class Sessions:
    """One campaign's sampled sessions and what was made of them. pairs: with corrected p-values."""

    campaign: Campaign
    rows: pd.DataFrame
    population: int
    pairs: Sequence[tuple[str, str, Correlation, float | None]]
    models: Mapping[str, Ols]


def sessions(sample: pd.DataFrame | None, context: Context) -> list[Sessions]:
    """Every campaign with enough visits, correlated and fitted."""
    if sample is None:
        return []
    parts = [(each, sample[sample["campaign"] == each.key]) for each in context.campaigns]
    return [
        _made(campaign, rows.reset_index(drop=True), context)
        for campaign, rows in parts
        if len(rows) >= FEWEST
    ]


def _made(campaign: Campaign, rows: pd.DataFrame, context: Context) -> Sessions:
    from growthml.stats.corrections import adjust
    from growthml.stats.correlation import correlation

    by = [str(name) for name in rows.columns if name != "population"]
    rows = rows.sort_values(by, kind="stable", ignore_index=True)
    there = [name for name in NAMES if rows[name].nunique() > 1]
    found = [
        (
            x,
            y,
            correlation(rows[x].to_numpy(float), rows[y].to_numpy(float), context.confidence),
        )
        for x, y in combinations(there, 2)
    ]
    q_values = adjust([each.p_value for _, _, each in found], context.correction)
    return Sessions(
        campaign=campaign,
        rows=rows,
        population=int(rows["population"].max()),
        pairs=[(*pair, q) for pair, q in zip(found, q_values, strict=True)],
        models=_models(rows, context),
    )


def _models(rows: pd.DataFrame, context: Context) -> dict[str, Ols]:
    """Visit time in seconds and on the log scale, and pages, on the columns there are."""
    import numpy as np

    from growthml.stats.ols import ols

    found: dict[str, Ols] = {}
    for model in MODELS:
        outcome = "duration" if model == "log_duration" else model
        design = design_of(rows, outcome)
        kept = rows[outcome].notna() & design.notna().all(axis=1)
        y = rows.loc[kept, outcome].to_numpy(float)
        fitted = ols(
            design[kept], np.log1p(y) if model == "log_duration" else y, context.confidence
        )
        if fitted is not None:
            found[model] = fitted
    return found


def design_of(rows: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """Columns a visit brings or shows; requests and bounces are pages told again."""
    from growthml.stats.encoding import encoding

    columns = rows[["network"]].assign(
        weekend=rows["weekday"].where(rows["weekday"].isna(), (rows["weekday"] >= 6).astype(float)),
        evening=rows["hour"].where(rows["hour"].isna(), (rows["hour"] >= 18).astype(float)),
    )
    if outcome == "duration":
        columns = columns.assign(pages=rows["pages"])
    return encoding(columns, list(columns.columns), []).matrix(columns)


# -- tables ------------------------------------------------------------------------------------


def correlations_table(found: Sequence[Sessions], context: Context) -> Table:
    """Every pair of columns."""
    import pandas as pd

    rows = [
        {
            "source": each.campaign.source,
            "campaign": each.campaign.key,
            "x": x,
            "y": y,
            "n": pair.n,
            "pearson": pair.pearson,
            "spearman": pair.spearman,
            "p_value": pair.p_value,
            "q_value": q,
            "pearson_ci_low": pair.pearson_low,
            "pearson_ci_high": pair.pearson_high,
            "spearman_ci_low": pair.low,
            "spearman_ci_high": pair.high,
        }
        for each in found
        for x, y, pair, q in each.pairs
    ]
    extra = ("q_value", "pearson_ci_low", "pearson_ci_high", "spearman_ci_low", "spearman_ci_high")
    frame = pd.DataFrame(rows, columns=["source", "campaign", *CORRELATIONS[1:], *extra])
    formats = context.formats
    view = frame.assign(
        pair=[
            _("{x} and {y}", x=_(NAMES[row.x]), y=within(_(NAMES[row.y])))
            for row in frame.itertuples()
        ],
        interval=[
            formats.interval(row.spearman_ci_low, row.spearman_ci_high, "number", signed=False)
            for row in frame.itertuples()
        ],
    )
    several = len(found) > 1
    return Table(
        id="correlations",
        title=_("Which columns of a visit go together"),
        frame=frame,
        view=view,
        columns=[
            *([Column(name="campaign", head=_("Campaign"), role="campaign")] if several else []),
            Column(name="pair", head=_("Columns")),
            Column(name="spearman", head=_("Spearman"), kind="statistic"),
            Column(
                name="interval",
                head=_("{confidence} interval", confidence=formats.share(context.confidence)),
            ),
            Column(name="pearson", head=_("Pearson"), kind="statistic"),
            Column(name="q_value", head="q", kind="p"),
        ]
        if rows
        else (),
        note=_(
            "Spearman goes by ranks, Pearson by amounts, which a few long visits can rule. q:"
            " corrected by {correction} over the pairs.",
            correction=context.corrected_by,
        ),
    )


def columns_tables(found: Sequence[Sessions], context: Context) -> list[Table]:
    """One line a column: what it is good for, and where it misleads; none without visits."""
    import pandas as pd

    if not found:
        return []
    formats = context.formats
    each = found[-1]
    rows = each.rows
    zero = formats.share(float((rows["duration"] == 0).mean()))
    single = formats.share(float((rows["pages"] <= 1).mean()))
    words = {
        "duration": (
            _("how long visits hold attention"),
            _("the last page is not timed: {zero} last 0 seconds", zero=zero),
        ),
        "pages": (
            _("how deep visits go"),
            _("one long read is one page: {single} see at most one", single=single),
        ),
        "hits": (_("load on the server"), _("a page with many images counts many times")),
        "bounced": (
            _("whether the first page leads on"),
            _("a reader who found it all bounces too"),
        ),
        "hour": (_("when to publish"), _("the server's clock, not the visitor's")),
    }
    told = [
        {"column": _(NAMES[name]), "good_for": good, "misleads": bad}
        for name, (good, bad) in words.items()
        if rows[name].notna().any()
    ]
    return [
        Table(
            id="columns",
            title=_("What each column is good for, and where it misleads"),
            frame=pd.DataFrame(told, columns=[*COLUMNS]),
            columns=[
                Column(name="column", head=_("Column")),
                Column(name="good_for", head=_("Good for")),
                Column(name="misleads", head=_("Misleads")),
            ],
        )
    ]


def regression_table(found: Sequence[Sessions], context: Context) -> Table:
    """Coefficients of every model, then R², adjusted R² and n."""
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for each in found:
        for name, model in each.models.items():
            head = {"source": each.campaign.source, "campaign": each.campaign.key, "model": name}
            rows += [
                {
                    **head,
                    "term": term,
                    "coefficient": slope.coefficient,
                    "std_error": slope.std_error,
                    "ci_low": slope.ci_low,
                    "ci_high": slope.ci_high,
                    "p_value": slope.p_value,
                }
                for term, slope in model.terms.items()
            ]
            whole = {"r2": model.r2, "adjusted_r2": model.adjusted_r2, "n": float(model.n)}
            rows += [{**head, "term": term, "coefficient": of} for term, of in whole.items()]
    frame = pd.DataFrame(rows, columns=["source", "campaign", *REGRESSION[1:]])
    formats = context.formats
    limits = zip(frame["ci_low"], frame["ci_high"], strict=True)
    view = frame.assign(
        model=[_(MODELS[name]) for name in frame["model"]],
        term=[said(term) for term in frame["term"]],
        unit=["count" if term == "n" else "number" for term in frame["term"]],
        interval=[formats.interval(low, high, "number", signed=False) for low, high in limits],
    )
    return Table(
        id="regression",
        title=_("What visit time and pages hang on"),
        frame=frame,
        view=view,
        folded=[
            *shape.campaign_column(context),
            Column(name="model", head=_("Outcome")),
            Column(name="term", head=_("Term")),
            Column(name="coefficient", head=_("Coefficient"), kind="by_unit"),
            Column(name="std_error", head=_("Std. error"), kind="by_unit"),
            Column(
                name="interval",
                head=_("{confidence} interval", confidence=formats.share(context.confidence)),
            ),
            Column(name="p_value", head="p", kind="p"),
        ],
    )


# -- words -------------------------------------------------------------------------------------


def findings(found: Sequence[Sessions], context: Context) -> list[Finding]:
    """The strongest pair that passed its test, of the latest campaign."""
    if not found:
        return []
    each, formats = found[-1], context.formats
    passed = [pair for pair in each.pairs if shape.passes(pair[3], context) and pair[2].spearman]
    telling = [pair for pair in passed if {pair[0], pair[1]} - {"hits", "bounced"} != set()]
    telling = [pair for pair in telling if not {"hits", "bounced"} & {pair[0], pair[1]}]
    if not telling:
        return []
    x, y, best, _q = max(telling, key=lambda pair: abs(pair[2].spearman or 0.0))
    interval = formats.interval(best.low, best.high, "number", signed=False)
    return [
        Finding(
            heading=_("What goes together"),
            text=_(
                "{x} and {y} go together: Spearman {spearman} ({interval}) over {n} visits.",
                x=_(NAMES[x]),
                y=within(_(NAMES[y])),
                spearman=formats.statistic(best.spearman),
                interval=interval,
                n=formats.count(best.n),
            ),
            evidence=Evidence(
                table="correlations", row={"campaign": each.campaign.key, "x": x, "y": y}
            ),
            weight=0.1,
        )
    ]


def caveats(found: Sequence[Sessions], context: Context) -> list[str]:
    """Samples, and columns that were left out."""
    formats = context.formats
    words = [
        _(
            "Correlations and regressions rest on {n} of {population} {campaign} visits, drawn by a"
            " hash.",
            n=formats.count(len(each.rows)),
            population=formats.count(each.population),
            campaign=each.campaign.label,
        )
        for each in found
        if len(each.rows) < each.population
    ]
    left = {
        term: why
        for each in found
        for model in each.models.values()
        for term, why in model.left_out.items()
    }
    if left:
        listed = formats.join([f"{said(term)} ({_(why)})" for term, why in left.items()])
        words.append(_("Left out of the regressions: {listed}.", listed=listed))
    return words


def said(term: str) -> str:
    """A term of a regression in a reader's words."""
    if term.startswith("network: "):
        network = term.removeprefix("network: ")
        name = network_name(network)
        return name.capitalize() if network in OWN else _("From {network}", network=name)
    return {
        "const": _("Intercept"),
        "r2": "R²",
        "adjusted_r2": _("Adjusted R²"),
        "n": _("Visits"),
        "pages": _("One more page"),
        "weekend": _("At the weekend"),
        "evening": _("From 18:00"),
    }.get(term, term)
