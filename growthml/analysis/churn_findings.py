"""What churn says: who fell silent, what changed, and whether channels and behaviours matter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.analysis.churn import (
    BEHAVIOURS_CHURN,
    CHANNELS_SURVIVE,
    MOSTLY,
    Churn,
    baseline_row,
    label,
)
from growthml.analysis.rates import FEWEST_USERS
from growthml.parts import Campaign, Context, Evidence, Finding, Verdict
from growthml.shape import campaign_label
from growthml.words import _

if TYPE_CHECKING:
    import pandas as pd

_CHANGED = (str(Verdict.BETTER), str(Verdict.WORSE))


def findings(churn: Churn) -> list[Finding]:
    """Overall first, then what changed by channel and behaviour, then what churn depends on."""
    return [
        _overall(churn),
        *_overall_changes(churn),
        *_changes(churn.channels, "channel", churn.context),
        *_changes(churn.behaviours, "behaviour", churn.context),
        *_channels(churn),
        *_behaviours(churn),
    ]


def _overall(churn: Churn) -> Finding:
    formats = churn.context.formats
    known = [row for row in churn.overall.itertuples() if row.users]
    told = formats.join(
        [
            _(
                "{churned} of {users} {campaign} users ({churn_rate})",
                churned=formats.count(row.churned),
                users=formats.count(row.users),
                campaign=campaign_label(row.campaign, churn.context),
                churn_rate=formats.rate(row.churn_rate),
            )
            for row in known
        ]
    )
    return Finding(
        heading=_("Who has gone quiet"),
        text=_("{told} did nothing for more than {days} days.", told=told, days=churn.days),
        evidence=Evidence(table="overall", row={"campaign": known[0].campaign}),
        weight=0.2,
    )


def _overall_changes(churn: Churn) -> list[Finding]:
    return [
        Finding(
            heading=_("Fewer users churn") if row.difference < 0 else _("More users churn"),
            text=_(
                "{campaign} against {baseline}: {change}.",
                campaign=campaign_label(row.campaign, churn.context),
                baseline=churn.context.baseline.label,
                change=_points(row, churn.context),
            ),
            evidence=Evidence(table="overall", row={"campaign": row.campaign}),
            direction="better" if row.difference < 0 else "worse",
            weight=min(0.8, 0.4 + abs(row.difference)),
        )
        for row in churn.overall.itertuples()
        if row.verdict in _CHANGED
    ]


def _points(row: Any, context: Context) -> str:
    formats = context.formats
    interval = formats.interval(row.difference_ci_low, row.difference_ci_high, "rate")
    return _(
        "churn {difference} points ({interval})",
        difference=formats.points(row.difference),
        interval=interval,
    )


def _changes(rates: pd.DataFrame, column: str, context: Context) -> list[Finding]:
    formats, found = context.formats, []
    for row in rates[rates["verdict"].isin(_CHANGED)].itertuples():
        value = shape.known(getattr(row, column))
        base = baseline_row(rates, column, value, context)
        assert base is not None
        name = label(column, value, context)
        found.append(
            Finding(
                heading=_("{name}: churn changed", name=name)[:30],
                text=_(
                    "{name}: {churn_rate} of {campaign} users churned against {before} of"
                    " {baseline}, {change}.",
                    name=name,
                    churn_rate=formats.rate(row.churn_rate),
                    campaign=campaign_label(row.campaign, context),
                    before=formats.rate(base.churn_rate),
                    baseline=context.baseline.label,
                    change=_points(row, context),
                ),
                evidence=Evidence(
                    table=f"by_{column}", row={"campaign": row.campaign, column: value}
                ),
                direction="better" if row.difference < 0 else "worse",
                weight=min(0.7, 0.3 + abs(row.difference)),
            )
        )
    return found


def _channels(churn: Churn) -> list[Finding]:
    """Channels differ where the log-rank test says so; the first campaign that passes tells."""
    passed = [c for c in churn.context.campaigns if churn.differs(c, CHANNELS_SURVIVE)]
    return [_channel_finding(campaign, churn) for campaign in passed[:1]]


def _channel_finding(campaign: Campaign, churn: Churn) -> Finding:
    first = churn.lines.quickest(campaign, churn.days)
    mine = _large_enough(churn.channels[churn.channels["campaign"] == campaign.key]).sort_values(
        ["churn_rate", "users"], ascending=False
    )
    names = [churn.context.label("channel", each) for each in mine["channel"]]
    told = _told(mine, names, churn.context)
    tests = churn.tests[churn.tests["test"] == CHANNELS_SURVIVE].set_index("campaign")
    return Finding(
        heading=_("Channels differ")
        if first == shape.OTHER
        else _("{channel} goes quiet first", channel=churn.lines.names[first])[:30],
        text=_(
            "Churned, {campaign}: {told} (log-rank p {p}).",
            campaign=campaign.label,
            told=told,
            p=churn.context.formats.p(tests.loc[campaign.key, "p_value"]),
        ),
        evidence=_test_row(campaign.key, CHANNELS_SURVIVE),
        weight=0.35,
    )


def _large_enough(rates: pd.DataFrame) -> pd.DataFrame:
    """Rows of enough users to be named in a sentence; all of them where none has enough."""
    large = rates[rates["users"] >= FEWEST_USERS]
    return large if len(large) else rates


def _told(rates: pd.DataFrame, names: list[str], context: Context) -> str:
    """The first four rows in words: "Facebook 12 of 40, Twitter …"."""
    return ", ".join(
        f"{name} {shape.part_of(row.churned, row.users, context)}"
        for name, row in zip(names[:4], rates.head(4).itertuples(), strict=True)
    )


def _test_row(campaign: str, test: str) -> Evidence:
    return Evidence(table="tests", row={"campaign": campaign, "test": test})


def _behaviours(churn: Churn) -> list[Finding]:
    """What active users mostly do, where its test says that it matters; else that none does."""
    formats, context, tests = churn.context.formats, churn.context, churn.tests
    tested = tests[(tests["test"] == BEHAVIOURS_CHURN) & tests["p_value"].notna()]
    passed = [each for each in context.campaigns if churn.differs(each, BEHAVIOURS_CHURN)]
    if tested.empty or passed:
        return [_behaviour_finding(churn.behaviours, each, context) for each in passed]
    p_values = [
        _(
            "{campaign} p {p}",
            campaign=campaign_label(row.campaign, context),
            p=formats.p(row.p_value),
        )
        for row in tested.itertuples()
    ]
    return [
        Finding(
            heading=_("Churn by what users do"),
            text=_(
                "No evidence that churn depends on what active users mostly do ({p_values}).",
                p_values=formats.join(p_values),
            ),
            evidence=_test_row(tested["campaign"].iloc[0], BEHAVIOURS_CHURN),
            weight=0.05,
        )
    ]


def _behaviour_finding(behaviours: pd.DataFrame, campaign: Campaign, context: Context) -> Finding:
    mine = behaviours[
        (behaviours["campaign"] == campaign.key) & behaviours["behaviour"].str.startswith(MOSTLY)
    ]
    mine = _large_enough(mine).sort_values("churn_rate")
    names = [label("behaviour", each, context).lower() for each in mine["behaviour"]]
    told = _told(mine, names, context)
    return Finding(
        heading=_("Churn by what users do"),
        text=_(
            "Churn depends on what active users mostly do, {campaign}: {told}.",
            campaign=campaign.label,
            told=told,
        ),
        evidence=_test_row(campaign.key, BEHAVIOURS_CHURN),
        weight=0.3,
    )
