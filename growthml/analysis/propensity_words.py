"""Propensity in words: what was tried on whom, what was found, what was left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.analysis.propensity import FEWEST_DRAWN, NAMES, Answered
from growthml.models.drivers import said
from growthml.models.order import cut_off
from growthml.models.propensity import FEWEST, FOLDS, NoTrial
from growthml.parts import Campaign, Column, Context, Evidence, Finding, Table

if TYPE_CHECKING:
    from growthml.models.targets import Targets

RATES = ("campaign", "channel", "users", "responders", "rate", "ratio", "ci_low", "ci_high")
FEWEST_RESPONDERS = 5
"""A channel with fewer responders is never a finding."""
FIRST = 0.1


def headline(found: Sequence[Answered], context: Context) -> str:
    """Whether who will respond can be told beforehand."""
    formats = context.formats
    told = []
    for each in found:
        label = each.trial.campaign.label
        if each.trial.responders < FEWEST_DRAWN:
            told.append(f"{_too_few(each, context)} to say how well a model tells who will")
        elif each.used.helps:
            held = formats.share(_first_tenth(each))
            told.append(f"the likeliest tenth of {label} users held {held} of the responders")
        else:
            told.append(f"no evidence that a model tells who will respond in {label}")
    words = "; ".join(told)
    return f"{words[:1].upper()}{words[1:]}."


def _too_few(each: Answered, context: Context) -> str:
    counted = shape.part_of(each.trial.responders, len(each.trial.test), context)
    return f"only {counted} {each.trial.campaign.label} users responded in the test, too few"


def _first_tenth(each: Answered) -> float | None:
    from growthml.stats.gains import gains_curve

    return gains_curve(each.used.ranking).gain_at(FIRST)


def models_note(found: Sequence[Answered], horizon_days: int, context: Context) -> str:
    """What was learnt from whom, how it was judged, and whether boosting earns its keep."""
    formats = context.formats
    days = formats.plural(horizon_days, "day", "days")
    words = [_how(each, days, horizon_days, context) for each in found]
    for each in found:
        earns = each.earns
        if earns.difference is None or earns.ci_low is None:
            continue
        interval = f"{formats.number(earns.ci_low, 3)} to {formats.number(earns.ci_high, 3)}"
        words.append(
            f"{each.trial.campaign.label}: boosting's AUC less logistic's"
            f" {formats.number(earns.difference, 3, signed=True)} ({interval}, p"
            f" {formats.p(earns.p_value)}),"
            + (
                " so boosting is used."
                if each.used.model == "gradient_boosting"
                else " no evidence that the complicated model earns its keep."
            )
        )
    return " ".join(words)


def _how(each: Answered, days: str, horizon_days: int, context: Context) -> str:
    formats, trial = context.formats, each.trial
    label, users = trial.campaign.label, formats.count(len(trial.test))
    if trial.how == "timeless":
        return (
            f"{label}: nothing says when, so each of {users} users is scored by models that have"
            f" not seen them ({FOLDS} folds)."
        )
    last = cut_off(trial.campaign, context, horizon_days)
    if trial.how == "folds":
        return (
            f"{label}: the history is too short to test on the future; each of {users} users known"
            f" by {formats.date(last)} is scored by models that have not seen them ({FOLDS} folds),"
            f" on the {days} after."
        )
    before = last - timedelta(days=horizon_days)
    return (
        f"{label}: learnt from {formats.count(len(trial.train))} users known by"
        f" {formats.date(before)} and the {days} after, judged on {users} known by"
        f" {formats.date(last)} and the {days} after that."
    )


def why_not(each: NoTrial, horizon_days: int, context: Context) -> str:
    """Why no model can be tried on a campaign."""
    formats = context.formats
    if not each.users:
        days = formats.plural(horizon_days, "day", "days")
        return f"no {each.campaign.label} user was known {days} before the end of what is seen"
    within = (
        ""
        if each.timeless
        else f" in the last {formats.plural(horizon_days, 'day', 'days')} of what is seen"
    )
    return (
        f"{shape.part_of(each.responders, each.users, context)} {each.campaign.label} users"
        f" responded{within}; at least {FEWEST} who did, and as many who did not, are needed to"
        " learn from and to judge by"
    )


def caveats(
    found: Sequence[Answered], failed: Sequence[NoTrial], horizon_days: int, context: Context
) -> list[str]:
    """What a reader must not conclude, and what was left out."""
    formats = context.formats
    words = [f"{why_not(each, horizon_days, context)}." for each in failed]
    for each in found:
        trial, label = each.trial, each.trial.campaign.label
        if trial.responders < FEWEST_DRAWN:
            words.append(
                f"Only {shape.part_of(trial.responders, len(trial.test), context)} {label} users"
                " responded in the test: too few to judge a model by, so no curve is drawn. Odds"
                " ratios and the list are a first guess, rates by channel are what was counted."
            )
        words += [
            f"Left out as a leak: {said(leak.column, context)} ranks {label} users with an AUC of"
            f" {formats.statistic(leak.alone)} on its own, and all other columns reach"
            f" {formats.statistic(leak.without_it)} instead of {formats.statistic(leak.with_it)}"
            " without it. It seems to be known only with the outcome."
            for leak in trial.leaks
        ]
        if len(trial.test) < trial.population:
            words.append(
                f"Fitted on {formats.count(len(trial.test))} of {formats.count(trial.population)}"
                f" {label} users, drawn by a hash of their ids."
            )
        if each.drivers.reason:
            words.append(f"No odds ratios for {label}: {each.drivers.reason}.")
    dropped = {
        name: why
        for each in found
        for name, why in each.trial.encoding.dropped.items()
        if name.startswith("users.") and why != "known only with the outcome"
    }
    if dropped:
        listed = formats.join([f"{said(name, context)} ({why})" for name, why in dropped.items()])
        words.append(f"Columns that tell nothing are left out: {listed}.")
    words.append(
        "A model says who responds, not who responds because they are reached: only a test with a"
        " control group can show that."
    )
    return words


# -- rates by channel --------------------------------------------------------------------------


def rates_table(found: Sequence[Answered], horizon_days: int, context: Context) -> Table:
    """Response by channel among the test users, each beside all others."""
    import pandas as pd

    rows = [row for each in found for row in _rates(each, context)]
    frame = pd.DataFrame(rows, columns=[*RATES])
    days = context.formats.plural(horizon_days, "day", "days")
    timeless = all(each.trial.how == "timeless" for each in found)
    return Table(
        id="rates",
        title="Who responded" if timeless else f"Who responded within {days}",
        frame=frame,
        view=frame.assign(
            times=[context.formats.ratio(each) for each in frame["ratio"]],
            interval=[
                context.formats.interval(row.ci_low, row.ci_high, "ratio", signed=False)
                for row in frame.itertuples()
            ],
        ),
        columns=[
            *(
                [Column(name="campaign", head="Campaign", role="campaign")]
                if len(found) > 1
                else []
            ),
            Column(name="channel", head="Channel", role="channel"),
            Column(name="users", head="Users", kind="count"),
            Column(name="responders", head="Responders", kind="count"),
            Column(name="rate", head="Rate", kind="rate"),
            Column(name="times", head="Times the others"),
            Column(name="interval", head=f"{context.formats.share(context.confidence)} interval"),
        ],
        order="by rate",
    )


def _rates(each: Answered, context: Context) -> list[dict[str, Any]]:
    from growthml.stats.proportions import relative_lift

    test = each.trial.test
    grouped = test.groupby("channel", dropna=False)["responded"].agg(["size", "sum"])
    users, responders = len(test), each.trial.responders
    rows = []
    for channel, n, x in zip(grouped.index, grouped["size"], grouped["sum"], strict=True):
        others = users - int(n)
        ratio = (
            relative_lift(responders - int(x), others, int(x), int(n), context.confidence)
            if others
            else None
        )
        rows.append(
            {
                "campaign": each.trial.campaign.key,
                "channel": channel,
                "users": int(n),
                "responders": int(x),
                "rate": int(x) / int(n),
                "ratio": ratio.ratio if ratio else None,
                "ci_low": ratio.ci_low if ratio else None,
                "ci_high": ratio.ci_high if ratio else None,
            }
        )
    return sorted(rows, key=lambda row: (-row["rate"], str(row["channel"])))


# -- findings ----------------------------------------------------------------------------------


def findings(found: Sequence[Answered], rates: Table, context: Context) -> list[Finding]:
    """How well users are ranked, and which channel's users respond most."""
    told = []
    for each in found:
        told.append(_ranking(each, context))
        told += _channel(each, rates, context)
    return told


def _ranking(each: Answered, context: Context) -> Finding:
    formats, used, campaign = context.formats, each.used, each.trial.campaign
    interval = formats.interval(used.auc.ci_low, used.auc.ci_high, "number", signed=False)
    measured = f"AUC {formats.statistic(used.auc.value)}, {interval}"
    evidence = Evidence(table="models", row={"campaign": campaign.key, "model": used.model})
    if each.trial.responders < FEWEST_DRAWN:
        few = _too_few(each, context)
        return Finding(
            heading="Too few to judge a model",
            text=f"{few[:1].upper()}{few[1:]} to say how well users are ranked: anything from"
            f" {formats.statistic(used.auc.ci_low)} to {formats.statistic(used.auc.ci_high)} fits"
            " the AUC.",
            evidence=evidence,
            weight=0.1,
        )
    if not used.helps:
        return Finding(
            heading="Propensity: no evidence",
            text=f"No evidence that {NAMES[used.model].lower()} ranks {campaign.label} users above"
            f" chance ({measured}).",
            evidence=evidence,
            weight=0.1,
        )
    return Finding(
        heading="Who will respond",
        text=f"The likeliest tenth of {formats.count(len(each.trial.test))} {campaign.label} users"
        f" held {formats.share(_first_tenth(each))} of {formats.count(each.trial.responders)}"
        f" responders ({measured}).",
        evidence=evidence,
        weight=0.25 + 0.4 * ((used.auc.value or 0.5) - 0.5),
    )


def _channel(each: Answered, rates: Table, context: Context) -> list[Finding]:
    mine = rates.frame[rates.frame["campaign"] == each.trial.campaign.key]
    sure = mine[(mine["responders"] >= FEWEST_RESPONDERS) & (mine["ci_low"] > 1)]
    if sure.empty:
        return []
    top = sure.iloc[0]
    formats, name = context.formats, context.label("channel", top["channel"])
    others = int(mine["users"].sum() - top["users"])
    responded = int(mine["responders"].sum() - top["responders"])
    interval = formats.interval(top["ci_low"], top["ci_high"], "ratio", signed=False)
    return [
        Finding(
            heading=f"{name} responds most"[:30],
            text=f"{name} users of {each.trial.campaign.label} were"
            f" {formats.ratio(top['ratio'])} times as likely to respond ({interval}):"
            f" {formats.rate(top['rate'])} against {formats.rate(responded / others)} of the"
            " others.",
            evidence=Evidence(
                table="rates",
                row={"campaign": each.trial.campaign.key, "channel": top["channel"]},
            ),
            weight=0.3,
        )
    ]


def target_words(
    lists: Mapping[str, Targets], campaigns: Sequence[Campaign], context: Context
) -> list[Finding]:
    """How many users are worth reaching, and what they are expected to bring."""
    formats, told = context.formats, []
    for campaign in campaigns:
        found = lists.get(campaign.key)
        if found is None or not len(found.rows):
            continue
        brings = float(found.rows["probability"].sum())
        value = found.rows["expected_value"].sum()
        worth = f" and {formats.money(value)} after contact costs" if value == value else ""
        told.append(
            Finding(
                heading="Whom to reach",
                text=f"{formats.count(len(found.rows))} of {formats.count(found.users)}"
                f" {campaign.label} users are listed; the model expects"
                f" {formats.count(round(brings))} of {formats.count(round(found.expected))}"
                f" responders among them{worth}.",
                evidence=Evidence(table="targets", row={"campaign": campaign.key, "rank": 1}),
                weight=0.2,
            )
        )
    return told
