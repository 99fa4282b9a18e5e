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
from growthml.words import _, n_, within

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
            told.append(
                _(
                    "only {counted} {campaign} users responded in the test, too few to say how well"
                    " a model tells who will",
                    **_counted(each, context),
                )
            )
        elif each.used.helps:
            held = formats.share(_first_tenth(each))
            told.append(
                _(
                    "the likeliest tenth of {label} users held {held} of the responders",
                    label=label,
                    held=held,
                )
            )
        else:
            told.append(
                _("no evidence that a model tells who will respond in {label}", label=label)
            )
    words = "; ".join(told)
    return f"{words[:1].upper()}{words[1:]}."


def _counted(each: Answered, context: Context) -> dict[str, str]:
    counted = shape.part_of(each.trial.responders, len(each.trial.test), context)
    return {"counted": counted, "campaign": each.trial.campaign.label}


def _first_tenth(each: Answered) -> float | None:
    from growthml.stats.gains import gains_curve

    return gains_curve(each.used.ranking).gain_at(FIRST)


def models_note(found: Sequence[Answered], horizon_days: int, context: Context) -> str:
    """What was learnt from whom, how it was judged, and whether boosting earns its keep."""
    formats = context.formats
    words = [_how(each, horizon_days, context) for each in found]
    for each in found:
        earns = each.earns
        if earns.difference is None or earns.ci_low is None:
            continue
        interval = _(
            "{ci_low} to {ci_high}",
            ci_low=formats.number(earns.ci_low, 3),
            ci_high=formats.number(earns.ci_high, 3),
        )
        told = {
            "campaign": each.trial.campaign.label,
            "difference": formats.number(earns.difference, 3, signed=True),
            "interval": interval,
            "p": formats.p(earns.p_value),
        }
        words.append(
            _(
                "{campaign}: boosting's AUC less logistic's {difference} ({interval}, p {p}), so"
                " boosting is used.",
                **told,
            )
            if each.used.model == "gradient_boosting"
            else _(
                "{campaign}: boosting's AUC less logistic's {difference} ({interval}, p {p}), no"
                " evidence that the complicated model earns its keep.",
                **told,
            )
        )
    return " ".join(words)


def _how(each: Answered, horizon_days: int, context: Context) -> str:
    formats, trial = context.formats, each.trial
    label, users = trial.campaign.label, formats.count(len(trial.test))
    if trial.how == "timeless":
        return _(
            "{label}: nothing says when, so each of {users} users is scored by models that have"
            " not seen them ({folds} folds).",
            label=label,
            users=users,
            folds=FOLDS,
        )
    last = cut_off(trial.campaign, context, horizon_days)
    if trial.how == "folds":
        return n_(
            "{label}: the history is too short to test on the future; each of {users} users"
            " known by {last} is scored by models that have not seen them ({folds} folds), on"
            " the {n} day after.",
            "{label}: the history is too short to test on the future; each of {users} users"
            " known by {last} is scored by models that have not seen them ({folds} folds), on"
            " the {n} days after.",
            horizon_days,
            label=label,
            users=users,
            last=formats.date(last),
            folds=FOLDS,
            n=formats.count(horizon_days),
        )
    before = last - timedelta(days=horizon_days)
    return n_(
        "{label}: learnt from {learnt} users known by {before} and the {n} day after, judged on"
        " {users} known by {last} and the {n} day after that.",
        "{label}: learnt from {learnt} users known by {before} and the {n} days after, judged on"
        " {users} known by {last} and the {n} days after that.",
        horizon_days,
        label=label,
        learnt=formats.count(len(trial.train)),
        before=formats.date(before),
        n=formats.count(horizon_days),
        users=users,
        last=formats.date(last),
    )


def why_not(each: NoTrial, horizon_days: int, context: Context) -> str:
    """Why no model can be tried on a campaign."""
    formats = context.formats
    if not each.users:
        return n_(
            "no {campaign} user was known {n} day before the end of what is seen",
            "no {campaign} user was known {n} days before the end of what is seen",
            horizon_days,
            campaign=each.campaign.label,
            n=formats.count(horizon_days),
        )
    if each.featureless:
        return _(
            "nothing is known of the users of {campaign} to learn from; name columns of theirs"
            " under 'features'",
            campaign=each.campaign.label,
        )
    told = {
        "part": shape.part_of(each.responders, each.users, context),
        "campaign": each.campaign.label,
        "fewest": FEWEST,
    }
    if each.timeless:
        return _(
            "{part} {campaign} users responded; at least {fewest} who did, and as many who did"
            " not, are needed to learn from and to judge by",
            **told,
        )
    return n_(
        "{part} {campaign} users responded in the last {n} day of what is seen; at least {fewest}"
        " who did, and as many who did not, are needed to learn from and to judge by",
        "{part} {campaign} users responded in the last {n} days of what is seen; at least {fewest}"
        " who did, and as many who did not, are needed to learn from and to judge by",
        horizon_days,
        n=formats.count(horizon_days),
        **told,
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
                _(
                    "Only {part} {label} users responded in the test: too few to judge a model by,"
                    " so no curve is drawn. Odds ratios and the list are a first guess, rates by"
                    " channel are what was counted.",
                    part=shape.part_of(trial.responders, len(trial.test), context),
                    label=label,
                )
            )
        words += [
            _(
                "Left out as a leak: {column} ranks {label} users with an AUC of {alone} on its"
                " own, and all other columns reach {without_it} instead of {with_it} without it. It"
                " seems to be known only with the outcome.",
                column=said(leak.column, context),
                label=label,
                alone=formats.statistic(leak.alone),
                without_it=formats.statistic(leak.without_it),
                with_it=formats.statistic(leak.with_it),
            )
            for leak in trial.leaks
        ]
        if len(trial.test) < trial.population:
            words.append(
                _(
                    "Fitted on {n} of {population} {label} users, drawn by a hash of their ids.",
                    n=formats.count(len(trial.test)),
                    population=formats.count(trial.population),
                    label=label,
                )
            )
        if each.drivers.reason:
            words.append(
                _(
                    "No odds ratios for {label}: {reason}.",
                    label=label,
                    reason=_(each.drivers.reason),
                )
            )
    dropped = {
        name: why
        for each in found
        for name, why in each.trial.encoding.dropped.items()
        if name.startswith("users.") and why != "known only with the outcome"
    }
    if dropped:
        listed = formats.join(
            [f"{said(name, context)} ({_(why)})" for name, why in dropped.items()]
        )
        words.append(_("Columns that tell nothing are left out: {listed}.", listed=listed))
    words.append(
        _(
            "A model says who responds, not who responds because they are reached: only a test with"
            " a control group can show that."
        )
    )
    return words


# -- rates by channel --------------------------------------------------------------------------


def rates_table(found: Sequence[Answered], horizon_days: int, context: Context) -> Table:
    """Response by channel among the test users, each beside all others."""
    import pandas as pd

    rows = [row for each in found for row in _rates(each, context)]
    frame = pd.DataFrame(rows, columns=[*RATES])
    days = context.formats.count(horizon_days)
    timeless = all(each.trial.how == "timeless" for each in found)
    return Table(
        id="rates",
        title=_("Who responded")
        if timeless
        else n_(
            "Who responded within {n} day", "Who responded within {n} days", horizon_days, n=days
        ),
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
                [Column(name="campaign", head=_("Campaign"), role="campaign")]
                if len(found) > 1
                else []
            ),
            Column(name="channel", head=_("Channel"), role="channel"),
            Column(name="users", head=_("Users"), kind="count"),
            Column(name="responders", head=_("Responders"), kind="count"),
            Column(name="rate", head=_("Rate"), kind="rate"),
            Column(name="times", head=_("Times the others")),
            Column(
                name="interval",
                head=_(
                    "{confidence} interval", confidence=context.formats.share(context.confidence)
                ),
            ),
        ],
        order=_("by rate"),
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
    measured = _(
        "AUC {value}, {interval}", value=formats.statistic(used.auc.value), interval=interval
    )
    evidence = Evidence(table="models", row={"campaign": campaign.key, "model": used.model})
    if each.trial.responders < FEWEST_DRAWN:
        return Finding(
            heading=_("Too few to judge a model"),
            text=_(
                "Only {counted} {campaign} users responded in the test, too few to say how well"
                " users are ranked: anything from {ci_low} to {ci_high} fits the AUC.",
                **_counted(each, context),
                ci_low=formats.statistic(used.auc.ci_low),
                ci_high=formats.statistic(used.auc.ci_high),
            ),
            evidence=evidence,
            weight=0.1,
        )
    if not used.helps:
        return Finding(
            heading=_("Propensity: no evidence"),
            text=_(
                "No evidence that {model} ranks {campaign} users above chance ({measured}).",
                model=within(_(NAMES[used.model])),
                campaign=campaign.label,
                measured=measured,
            ),
            evidence=evidence,
            weight=0.1,
        )
    return Finding(
        heading=_("Who will respond"),
        text=_(
            "The likeliest tenth of {n} {campaign} users held {share} of {responders} responders"
            " ({measured}).",
            n=formats.count(len(each.trial.test)),
            campaign=campaign.label,
            share=formats.share(_first_tenth(each)),
            responders=formats.count(each.trial.responders),
            measured=measured,
        ),
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
            heading=_("{channel} responds most", channel=name)[:30],
            text=_(
                "{channel} users of {campaign} were {ratio} times as likely to respond"
                " ({interval}): {rate} against {others} of the others.",
                channel=name,
                campaign=each.trial.campaign.label,
                ratio=formats.ratio(top["ratio"]),
                interval=interval,
                rate=formats.rate(top["rate"]),
                others=formats.rate(responded / others),
            ),
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
        worth = (
            _(" and {value} after contact costs", value=formats.money(value))
            if value == value
            else ""
        )
        told.append(
            Finding(
                heading=_("Whom to reach"),
                text=_(
                    "{n} of {users} {campaign} users are listed; the model expects {brings} of"
                    " {expected} responders among them{worth}.",
                    n=formats.count(len(found.rows)),
                    users=formats.count(found.users),
                    campaign=campaign.label,
                    brings=formats.count(round(brings)),
                    expected=formats.count(round(found.expected)),
                    worth=worth,
                ),
                evidence=Evidence(table="targets", row={"campaign": campaign.key, "rank": 1}),
                weight=0.2,
            )
        )
    return told
