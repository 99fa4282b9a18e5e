"""Propensity drawn: the ROC curve, calibration, odds ratios, importances."""

from __future__ import annotations

from growthml import shape
from growthml.analysis.propensity import (
    FEWEST_DRAWN,
    MOST_SHOWN,
    NAMES,
    SHORT,
    Answered,
    Judged,
    feature_words,
    shown_odds,
)
from growthml.charts import (
    BarPanel,
    Bars,
    Chart,
    CurvePanel,
    Curves,
    IntervalPanel,
    IntervalRow,
    Intervals,
    Line,
    Points,
    Reference,
    Series,
)
from growthml.models.drivers import Driver, said
from growthml.parts import Context
from growthml.words import _, within

HEIGHT = 58.0
MOST_RESIDUALS = 5_000
"""Of more users so many are drawn, evenly spaced."""
LEAST = 0.005
"""Columns whose loss is smaller than this are not worth a bar."""
MOST_POINTS = 200
"""A curve of more points is thinned: the eye sees no more."""


def curves(each: Answered, context: Context) -> list[Chart]:
    """How well one campaign's users are told apart; none of a test with too few responders."""
    if each.trial.responders < FEWEST_DRAWN:
        return []
    return [roc_chart(each, context), calibration_chart(each, context)]


def driver_charts(each: Answered, context: Context) -> list[Chart]:
    """What goes with one campaign's responses, and what amounts leave unexplained, as far as
    either can be told."""
    found = (
        odds_chart(each, context),
        importance_chart(each, context),
        residual_chart(each, context),
    )
    return [chart for chart in found if chart is not None]


def _id(name: str, each: Answered, context: Context) -> str:
    return name if len(context.compared) < 2 else f"{name}_{each.trial.campaign.key}"


def _tested_on(each: Answered, context: Context) -> str:
    formats, trial = context.formats, each.trial
    return _(
        "{n} {campaign} users, {responders} responders",
        n=formats.count(len(trial.test)),
        campaign=trial.campaign.label,
        responders=formats.count(trial.responders),
    )


def roc_chart(each: Answered, context: Context) -> Curves:
    """F16, left: responders reached against others reached in vain, for both models."""
    formats, used = context.formats, each.used
    lines = [
        _roc_line(model, each, context) for name, model in each.models.items() if name != "dummy"
    ]
    interval = formats.interval(used.auc.ci_low, used.auc.ci_high, "number", signed=False)
    return Curves(
        id=_id("roc", each, context),
        title=_("Ranked above chance")
        if used.helps
        else _("No evidence of a ranking above chance"),
        subtitle=_("Responders by others reached; {users}", users=_tested_on(each, context))[:110],
        alt=_(
            "ROC curve, {model}: AUC {value} ({interval}) on {users}; by chance 0.50.",
            model=within(_(NAMES[used.model])),
            value=formats.statistic(used.auc.value),
            interval=interval,
            users=_tested_on(each, context),
        )[:400],
        how_to_read=_(
            "The AUC is the chance that a responder is ranked above another user: the further the"
            " curve lies from the dashed line, the better the order."
        ),
        table="models",
        panels=[
            CurvePanel(
                lines=lines,
                x_axis="share",
                y_unit="share",
                references=[Reference(kind="diagonal", label=_("by chance"))],
            )
        ],
        height=HEIGHT,
    )


def _roc_line(model: Judged, each: Answered, context: Context) -> Line:
    import numpy as np

    ranking = model.ranking
    others = ranking.users - ranking.positives
    x = np.concatenate([[0.0], np.cumsum(others) / others.sum()])
    y = np.concatenate([[0.0], np.cumsum(ranking.positives) / ranking.positives.sum()])
    if len(x) > MOST_POINTS:
        kept = np.unique(np.linspace(0, len(x) - 1, MOST_POINTS).round().astype(int))
        x, y = x[kept], y[kept]
    is_used = model is each.used
    return Line(
        series=Series(
            label=_(NAMES[model.model]),
            colour=each.trial.campaign.colour if is_used else "muted",
        ),
        x=x.tolist(),
        y=y.tolist(),
        end=f"{_(SHORT[model.model])} {context.formats.statistic(model.auc.value)}",
        dashed=not is_used,
    )


def calibration_chart(each: Answered, context: Context) -> Curves:
    """F16, right: what was predicted and what came of it, in bins of equal users."""
    formats, bins = context.formats, each.used.calibration.bins
    inside = sum(row.ci_low <= row.mean_predicted <= row.ci_high for row in bins)
    top = max(max(row.mean_predicted for row in bins), max(row.ci_high for row in bins))
    colour = each.trial.campaign.colour
    return Curves(
        id=_id("calibration", each, context),
        title=_("{inside} of {n} bins as predicted", inside=inside, n=len(bins)),
        subtitle=_(
            "Rate that responded by predicted probability, {confidence} range; {users}",
            confidence=formats.share(context.confidence),
            users=_tested_on(each, context),
        )[:110],
        alt=_(
            "Calibration of {model}: {inside} of {n} bins of users hold the prediction within their"
            " interval; the highest bin predicted {mean_predicted}, {observed_rate} responded.",
            model=within(_(NAMES[each.used.model])),
            inside=inside,
            n=len(bins),
            mean_predicted=formats.rate(bins[-1].mean_predicted),
            observed_rate=formats.rate(bins[-1].observed_rate),
        )[:400],
        how_to_read=_(
            "On the dashed line predictions come true: of users given 20 %, a fifth respond. Where"
            " the shade leaves the line, probabilities are too high or too low."
        ),
        table="calibration",
        panels=[
            CurvePanel(
                lines=[
                    Line(
                        series=Series(label=_("as predicted"), colour="muted"),
                        x=[0.0, top],
                        y=[0.0, top],
                        dashed=True,
                    ),
                    Line(
                        series=Series(label=_("observed"), colour=colour),
                        x=[row.mean_predicted for row in bins],
                        y=[row.observed_rate for row in bins],
                        low=[row.ci_low for row in bins],
                        high=[row.ci_high for row in bins],
                    ),
                ],
                x_axis="number",
                x_unit="share",
                y_unit="share",
            )
        ],
        height=HEIGHT,
    )


def odds_chart(each: Answered, context: Context) -> Intervals | None:
    """F17: the factor on the odds to respond, column by column."""
    shown = shown_odds(each)
    told = [driver for driver in shown if driver.effect]
    if not told:
        return None
    formats = context.formats
    crossing = sum(_crosses(driver) for driver in told)
    first = told[0]
    references = formats.join([said(name, context) for name in each.drivers.references])
    rest = len(each.drivers.odds) - len(shown)
    return Intervals(
        id=_id("drivers", each, context),
        title=_("What goes with responding, other columns held equal"),
        subtitle=_("Odds to respond, times; {users}", users=_tested_on(each, context))[:110],
        alt=_(
            "Odds ratio plot, {n} features: {feature} {effect} ({interval}); {crossing} intervals"
            " cross 1.",
            n=len(told),
            feature=feature_words(first, context),
            effect=formats.ratio(first.effect),
            interval=_interval(first, context),
            crossing=crossing,
        )[:400],
        how_to_read=_(
            "Times the odds to respond, all other columns equal: 2 doubles the odds, 1 is no"
            " change. It says what goes together, not what would happen if one were changed."
        )
        + (_(" Compared with {references}.", references=references) if references else "")
        + (_(" The {rest} weakest are in the table.", rest=rest) if rest > 0 else ""),
        half=False,
        table="drivers",
        panels=[
            IntervalPanel(
                rows=[_row(driver, context) for driver in shown],
                unit="ratio",
                limit=max(max(each.effect or 1.0, 1 / (each.effect or 1.0)) for each in told),
            )
        ],
        log=True,
        lower=_("less likely"),
        higher=_("likelier"),
    )


def _row(driver: Driver, context: Context) -> IntervalRow:
    words = feature_words(driver, context)
    if not driver.effect:
        return IntervalRow(
            name=words,
            estimate=None,
            low=None,
            high=None,
            right=_("cannot be estimated: {reason}", reason=_(driver.reason)),
            verdict="",
        )
    return IntervalRow(
        name=words,
        estimate=driver.effect,
        low=driver.ci_low,
        high=driver.ci_high,
        right=_(
            "{ratio}x ({interval})",
            ratio=context.formats.ratio(driver.effect),
            interval=_interval(driver, context),
        ),
        verdict="",
        muted=_crosses(driver),
    )


def _interval(driver: Driver, context: Context) -> str:
    return context.formats.interval(driver.ci_low, driver.ci_high, "ratio", signed=False)


def _crosses(driver: Driver) -> bool:
    return driver.ci_low is None or driver.ci_high is None or driver.ci_low <= 1 <= driver.ci_high


def residual_chart(each: Answered, context: Context) -> Points | None:
    """What the better model of amounts leaves unexplained, over what it predicts."""
    import numpy as np

    told = {name: fit.r2 for name, fit in each.spend.items() if name != "dummy_spend" and fit.r2}
    if not told:
        return None
    name = max(told, key=lambda model: (told[model] or 0.0, model))
    predicted, formats = each.trial.predicted[name], context.formats
    error = each.trial.test["revenue"].to_numpy(float) - predicted
    step = max(1, -(-len(error) // MOST_RESIDUALS))
    shown = len(error[::step])
    above = float((error > 0).mean())
    users = shape.part_of(shown, len(error), context) if step > 1 else formats.count(shown)
    return Points(
        id=_id("residuals", each, context),
        title=_("Spent less predicted, by what was predicted"),
        subtitle=_(
            "{model}, {currency}; {users} {campaign} users",
            model=_(NAMES[name]),
            currency=formats.currency,
            users=users,
            campaign=each.trial.campaign.label,
        )[:110],
        alt=_(
            "Cloud of residuals of {model}: {above} of {n} users spent more than predicted, the"
            " others less; the largest miss is {max}.",
            model=within(_(NAMES[name])),
            above=formats.share(above),
            n=formats.count(len(error)),
            max=formats.money(float(np.abs(error).max())),
        )[:400],
        how_to_read=_(
            "On the dashed line the prediction is right. The slope below it are users who spent"
            " nothing; points far above it are the few who spent much."
        ),
        table="spend",
        x=np.round(predicted[::step], 2).tolist(),
        y=np.round(error[::step], 2).tolist(),
        x_unit="money",
        y_unit="money",
        colour=each.trial.campaign.colour,
        references=[Reference(kind="horizontal", at=0.0)],
    )


def importance_chart(each: Answered, context: Context) -> Bars | None:
    """What boosting leans on: the AUC it loses without a column, of those it would miss."""
    missed = [
        driver
        for driver in each.drivers.importances
        if driver.ci_low is not None and driver.ci_low > 0 and (driver.importance or 0) >= LEAST
    ][:MOST_SHOWN]
    if len(missed) < 2:
        return None
    formats, colour = context.formats, each.trial.campaign.colour
    words = [feature_words(driver, context) for driver in missed]
    first = missed[0]
    low, high = (formats.number(limit, 3) for limit in (first.ci_low, first.ci_high))
    return Bars(
        id=_id("importance", each, context),
        title=_("What gradient boosting leans on"),
        subtitle=_("AUC lost when a column is shuffled; those it would miss"),
        alt=_(
            "Bar chart, AUC lost by gradient boosting without a column: {column} {importance}"
            " ({low} to {high}); {n} columns lose more than chance would.",
            column=words[0],
            importance=formats.number(first.importance, 3),
            low=low,
            high=high,
            n=len(missed),
        )[:400],
        how_to_read=_("Columns that tell the same stand in for one another: each may look small."),
        table="drivers",
        rows=words,
        series=[Series(label=each.trial.campaign.label, colour=colour)],
        panels=[BarPanel(title="", values=[[driver.importance for driver in missed]])],
        unit="number",
    )
