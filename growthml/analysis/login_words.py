"""Log-ins on a page: how well they are foretold, everybody's chance, and what cannot be told."""

from __future__ import annotations

from dataclasses import replace

from growthml.analysis.logins import CALIBRATION, LOGIN, NAMES, SCORES, Logins
from growthml.analysis.propensity import FEWEST_DRAWN, calibration_folded
from growthml.analysis.propensity_charts import calibration_chart
from growthml.charts import Chart
from growthml.models.propensity import NoTrial
from growthml.parts import Column, Context, Evidence, Finding, Table
from growthml.words import _, n_


def chart(found: Logins | None, context: Context) -> list[Chart]:
    """Predicted and observed, of the latest campaign with enough users who came back."""
    drawn = [
        each
        for each in (found.found if found else ())
        if min(each.trial.responders, len(each.trial.test) - each.trial.responders) >= FEWEST_DRAWN
    ]
    if not drawn:
        return []
    each, formats = drawn[-1], context.formats
    assert found is not None
    days = formats.count(found.horizon)
    return [
        replace(
            calibration_chart(each, context),
            id="login_calibration",
            table="login_calibration",
            subtitle=n_(
                "Users who logged in within {days} day, by predicted probability; {n} users",
                "Users who logged in within {days} days, by predicted probability; {n} users",
                found.horizon,
                days=days,
                n=formats.count(len(each.trial.test)),
            )[:110],
        )
    ]


def tables(found: Logins | None, context: Context) -> list[Table]:
    """The models, their calibration, and every user's chance; empty ones where nobody logs in."""
    import pandas as pd

    if found is None:
        return [
            Table(id=name, title=_("Log-ins"), frame=pd.DataFrame(columns=[*columns]))
            for name, columns in (
                ("login", ("source", "campaign", *LOGIN[1:])),
                ("login_scores", SCORES),
            )
        ]
    return [
        _models_table(found, context),
        _calibration_table(found, context),
        _scores_table(found, context),
    ]


def _models_table(found: Logins, context: Context) -> Table:
    import pandas as pd

    rows = [
        {
            "source": each.trial.campaign.source,
            "campaign": each.trial.campaign.key,
            "model": name,
            "test_users": len(each.trial.test),
            "base_rate": each.trial.responders / len(each.trial.test),
            "roc_auc": model.auc.value,
            "brier": model.calibration.brier,
            "roc_auc_ci_low": model.auc.ci_low,
            "roc_auc_ci_high": model.auc.ci_high,
            "mcfadden": found.mcfadden[each.trial.campaign.key] if name == "logistic" else None,
            "tested": each.trial.how,
            "name": _(NAMES[name]),
        }
        for each in found.found
        for name, model in each.models.items()
    ]
    frame = pd.DataFrame(rows, columns=["source", "campaign", *LOGIN[1:], "tested", "name"])
    formats = context.formats
    view = frame.assign(
        interval=[
            formats.interval(row.roc_auc_ci_low, row.roc_auc_ci_high, "number", signed=False)
            for row in frame.itertuples()
        ]
    )
    days = formats.count(found.horizon)
    return Table(
        id="login",
        title=n_(
            "Who logs in again within {n} day",
            "Who logs in again within {n} days",
            found.horizon,
            n=days,
        ),
        frame=frame.drop(columns="name"),
        view=view,
        columns=[
            Column(name="name", head=_("Model")),
            Column(name="test_users", head=_("Users"), kind="count"),
            Column(name="base_rate", head=_("Came back"), kind="rate"),
            Column(name="roc_auc", head=_("AUC"), kind="statistic"),
            Column(
                name="interval",
                head=_("{confidence} interval", confidence=formats.share(context.confidence)),
            ),
            Column(name="brier", head=_("Brier score"), kind="number"),
            Column(name="mcfadden", head=_("McFadden R²"), kind="statistic"),
        ]
        if rows
        else (),
        note=_how(found, context),
    )


def _how(found: Logins, context: Context) -> str:
    formats = context.formats
    days = formats.count(found.horizon)
    words = []
    for each in found.found:
        label, n = each.trial.campaign.label, formats.count(len(each.trial.test))
        if each.trial.how == "future":
            words.append(
                n_(
                    "{label}: learnt from {learnt} users and the {days} day after an earlier day,"
                    " judged on {n} users and the last {days} day.",
                    "{label}: learnt from {learnt} users and the {days} days after an earlier day,"
                    " judged on {n} users and the last {days} days.",
                    found.horizon,
                    label=label,
                    learnt=formats.count(len(each.trial.train)),
                    days=days,
                    n=n,
                )
            )
        else:
            words.append(
                _(
                    "{label}: the log is too short to test on the future; each of {n} users is"
                    " scored by a model that has not seen them.",
                    label=label,
                    n=n,
                )
            )
    words.append(
        _(
            "McFadden R² is how much likelier the model makes what happened than the mean alone:"
            " 0.2 to 0.4 is a very good fit."
        )
    )
    return " ".join(words)


def _calibration_table(found: Logins, context: Context) -> Table:
    import pandas as pd

    rows = [
        {
            "source": each.trial.campaign.source,
            "campaign": each.trial.campaign.key,
            "bin": row.bin,
            "users": row.users,
            "mean_predicted": row.mean_predicted,
            "observed_rate": row.observed_rate,
            "ci_low": row.ci_low,
            "ci_high": row.ci_high,
        }
        for each in found.found
        for row in each.models["logistic"].calibration.bins
    ]
    frame = pd.DataFrame(rows, columns=[*CALIBRATION, "ci_low", "ci_high"])
    table = Table(id="login_calibration", title=_("Log-ins predicted and observed"), frame=frame)
    return calibration_folded(table, context)


def _scores_table(found: Logins, context: Context) -> Table:
    formats = context.formats
    days = formats.count(found.horizon)
    return Table(
        id="login_scores",
        title=n_(
            "Users likeliest to log in within the next {n} day",
            "Users likeliest to log in within the next {n} days",
            found.horizon,
            n=days,
        ),
        frame=found.scores.reset_index(drop=True),
        view=found.scores.head(10),
        columns=[
            Column(name="user_id", head=_("User")),
            Column(name="probability", head=_("Will log in"), kind="rate"),
        ]
        if len(found.scores)
        else (),
        order=_("by probability"),
        note=_(
            "All {users} users scored as of {as_of}; {n} listed.",
            users=formats.count(found.users),
            as_of=formats.date(context.as_of),
            n=formats.count(len(found.scores)),
        ),
    )


def findings(found: Logins | None, context: Context) -> list[Finding]:
    """Whether who comes back can be told."""
    told = []
    for each in found.found if found else ():
        model, campaign, formats = each.models["logistic"], each.trial.campaign, context.formats
        interval = formats.interval(model.auc.ci_low, model.auc.ci_high, "number", signed=False)
        assert found is not None
        days = formats.count(found.horizon)
        tells = (
            _("past log-ins tell who")
            if model.helps
            else _("no evidence that past log-ins tell who")
        )
        told.append(
            Finding(
                heading=_("Who logs in again"),
                text=n_(
                    "{rate} of {n} {campaign} users logged in again within {days} day; {tells}:"
                    " AUC {auc} ({interval}).",
                    "{rate} of {n} {campaign} users logged in again within {days} days; {tells}:"
                    " AUC {auc} ({interval}).",
                    found.horizon,
                    rate=formats.rate(each.trial.responders / len(each.trial.test)),
                    n=formats.count(len(each.trial.test)),
                    campaign=campaign.label,
                    days=days,
                    tells=tells,
                    auc=formats.statistic(model.auc.value),
                    interval=interval,
                ),
                evidence=Evidence(
                    table="login", row={"campaign": campaign.key, "model": "logistic"}
                ),
                weight=0.2 if model.helps else 0.1,
            )
        )
    return told


def caveats(found: Logins | None, context: Context) -> list[str]:
    """Logs that are too short, and the longest horizon they allow."""
    return [_too_short(each, found, context) for each in (found.failed if found else ())]


def _too_short(each: NoTrial, found: Logins | None, context: Context) -> str:
    assert found is not None
    formats, campaign = context.formats, each.campaign
    days, horizon = found.days.get(campaign.key, 0), found.horizon
    longest = days // 2
    if not each.users and longest < horizon and longest >= 1:
        spans = n_(
            "{campaign}'s log spans {n} day: too short to learn who logs in within {horizon} days.",
            "{campaign}'s log spans {n} days: too short to learn who logs in within {horizon}"
            " days.",
            days,
            campaign=campaign.label,
            n=formats.count(days),
            horizon=formats.count(horizon),
        )
        longest_that_leaves = n_(
            "The longest horizon that leaves as much history before it is {n} day"
            " (horizon_days: {n}).",
            "The longest horizon that leaves as much history before it is {n} days"
            " (horizon_days: {n}).",
            longest,
            n=longest,
        )
        return f"{spans} {longest_that_leaves}"
    return _(
        "Who logs in again cannot be learnt from {campaign}: {responders} of {users} users"
        " known by the cut-off did; at least 10 who did, and as many who did not, are needed.",
        campaign=campaign.label,
        responders=formats.count(each.responders),
        users=formats.count(each.users),
    )
