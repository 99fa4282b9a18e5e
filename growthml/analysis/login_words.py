"""Log-ins on a page: how well they are foretold, everybody's chance, and what cannot be told."""

from __future__ import annotations

from dataclasses import replace

from growthml.analysis.logins import CALIBRATION, LOGIN, NAMES, SCORES, Logins
from growthml.analysis.propensity import FEWEST_DRAWN
from growthml.analysis.propensity_charts import calibration_chart
from growthml.charts import Chart
from growthml.models.propensity import NoTrial
from growthml.parts import Column, Context, Evidence, Finding, Table


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
    days = formats.plural(found.horizon, "day", "days")
    return [
        replace(
            calibration_chart(each, context),
            id="login_calibration",
            table="login_calibration",
            subtitle=f"Users who logged in within {days}, by predicted probability;"
            f" {formats.count(len(each.trial.test))} users"[:110],
        )
    ]


def tables(found: Logins | None, context: Context) -> list[Table]:
    """The models, their calibration, and every user's chance; empty ones where nobody logs in."""
    import pandas as pd

    if found is None:
        return [
            Table(id=name, title="Log-ins", frame=pd.DataFrame(columns=[*columns]))
            for name, columns in (
                ("login", ("source", "campaign", *LOGIN[1:])),
                ("login_scores", SCORES),
            )
        ]
    return [_models_table(found, context), _calibration_table(found), _scores_table(found, context)]


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
            "name": NAMES[name],
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
    days = formats.plural(found.horizon, "day", "days")
    return Table(
        id="login",
        title=f"Who logs in again within {days}",
        frame=frame.drop(columns="name"),
        view=view,
        columns=[
            Column(name="name", head="Model"),
            Column(name="test_users", head="Users", kind="count"),
            Column(name="base_rate", head="Came back", kind="rate"),
            Column(name="roc_auc", head="AUC", kind="statistic"),
            Column(name="interval", head=f"{formats.share(context.confidence)} interval"),
            Column(name="brier", head="Brier score", kind="number"),
            Column(name="mcfadden", head="McFadden R²", kind="statistic"),
        ]
        if rows
        else (),
        note=_how(found, context),
    )


def _how(found: Logins, context: Context) -> str:
    formats = context.formats
    days = formats.plural(found.horizon, "day", "days")
    words = []
    for each in found.found:
        label, n = each.trial.campaign.label, formats.count(len(each.trial.test))
        if each.trial.how == "future":
            words.append(
                f"{label}: learnt from {formats.count(len(each.trial.train))} users and the {days}"
                f" after an earlier day, judged on {n} users and the last {days}."
            )
        else:
            words.append(
                f"{label}: the log is too short to test on the future; each of {n} users is scored"
                " by a model that has not seen them."
            )
    words.append(
        "McFadden R² is how much likelier the model makes what happened than the mean alone: 0.2 to"
        " 0.4 is a very good fit."
    )
    return " ".join(words)


def _calibration_table(found: Logins) -> Table:
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
    return Table(id="login_calibration", title="Log-ins predicted and observed", frame=frame)


def _scores_table(found: Logins, context: Context) -> Table:
    formats = context.formats
    days = formats.plural(found.horizon, "day", "days")
    return Table(
        id="login_scores",
        title=f"Users likeliest to log in within the next {days}",
        frame=found.scores.reset_index(drop=True),
        view=found.scores.head(10),
        columns=[
            Column(name="user_id", head="User"),
            Column(name="probability", head="Will log in", kind="rate"),
        ]
        if len(found.scores)
        else (),
        order="by probability",
        note=f"All {formats.count(found.users)} users scored as of {formats.date(context.as_of)};"
        f" {formats.count(len(found.scores))} listed.",
    )


def findings(found: Logins | None, context: Context) -> list[Finding]:
    """Whether who comes back can be told."""
    told = []
    for each in found.found if found else ():
        model, campaign, formats = each.models["logistic"], each.trial.campaign, context.formats
        interval = formats.interval(model.auc.ci_low, model.auc.ci_high, "number", signed=False)
        assert found is not None
        days = formats.plural(found.horizon, "day", "days")
        back = f"{formats.rate(each.trial.responders / len(each.trial.test))} of"
        told.append(
            Finding(
                heading="Who logs in again",
                text=f"{back} {formats.count(len(each.trial.test))} {campaign.label} users logged"
                f" in again within {days}; "
                + (
                    "past log-ins tell who: AUC"
                    if model.helps
                    else "no evidence that past log-ins tell who: AUC"
                )
                + f" {formats.statistic(model.auc.value)} ({interval}).",
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
        return (
            f"{campaign.label}'s log spans {formats.plural(days, 'day', 'days')}: too short to"
            f" learn who logs in within {formats.plural(horizon, 'day', 'days')}. The longest"
            " horizon that leaves as much history before it is"
            f" {formats.plural(longest, 'day', 'days')} (horizon_days: {longest})."
        )
    return (
        f"Who logs in again cannot be learnt from {campaign.label}:"
        f" {formats.count(each.responders)} of {formats.count(each.users)} users known by the"
        " cut-off did; at least 10 who did, and as many who did not, are needed."
    )
