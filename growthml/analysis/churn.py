"""Churn as counted: rates overall, by channel and by behaviour, survival, and their tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.analysis.rates import TESTED, Counts, limits, with_tests
from growthml.analysis.survival import Lines, curves_of, lines_of
from growthml.errors import NotEnoughData
from growthml.parts import Campaign, Context, Facts, Verdict
from growthml.words import _, n_

if TYPE_CHECKING:
    import pandas as pd

    from growthml.stats.survival import Survival

TYPICAL = 0.95
"""Nearly all pauses are at most as long as this quantile of them."""

NEVER = "never acted"
MOSTLY = "mostly "
CHANNELS_SURVIVE = "survival_by_channel"
BEHAVIOURS_CHURN = "churn_by_behaviour"

_RATES = ("users", "churned", "churn_rate", "ci_low", "ci_high")
OVERALL = ("campaign", "all_users", "old_enough", *_RATES, "gap_p95", *TESTED, "verdict")
BY_CHANNEL = ("campaign", "channel", *_RATES, *TESTED, "verdict")
BY_BEHAVIOUR = ("campaign", "behaviour", *_RATES, *TESTED, "verdict")
TESTS = ("campaign", "test", "n", "chi2", "dof", "p_value", "q_value")


@dataclass(frozen=True, kw_only=True, eq=False)
class Churn:
    """What was counted. days: silence longer than this is churn; lines: the curves as drawn."""

    context: Context
    days: int
    overall: pd.DataFrame
    channels: pd.DataFrame
    behaviours: pd.DataFrame
    tests: pd.DataFrame
    curves: Mapping[tuple[str, Any], Survival]
    lines: Lines

    def differs(self, campaign: Campaign, test: str) -> bool:
        """Whether a campaign's groups differ by more than chance, after correction."""
        mine = self.tests[self.tests["campaign"] == campaign.key]
        q_values = mine.loc[mine["test"] == test, "q_value"]
        return any(shape.passes(q_value, self.context) for q_value in q_values)


def count(facts: Facts, context: Context, days: int, *, everybody: bool) -> Churn:
    """Churn from the facts `churn` and, where there is one, `gaps`.

    everybody: users too young to have churned count as not churned, else they are left out. Raises
    NotEnoughData when nobody could have churned.
    """
    silences = _silences(facts["churn"], context)
    followed = silences[silences["old_enough"] == 1]
    eligible = silences if everybody else followed
    if not eligible["users"].sum():
        raise NotEnoughData(_nobody(int(silences["users"].sum()), context, days))
    return Churn(
        context=context,
        days=days,
        overall=_overall(silences, eligible, facts.get("gaps"), context),
        channels=_rates(eligible, "channel", context),
        behaviours=_rates(eligible, "behaviour", context),
        tests=_tests(followed, eligible, context),
        curves=curves_of(followed, context),
        lines=lines_of(followed, context),
    )


def _nobody(users: int, context: Context, days: int) -> str:
    formats = context.formats
    if not users:
        return _("no user signed up at a known time")
    return n_(
        "no user signed up more than {n} day before {as_of}, so nobody can have been silent that"
        " long yet ({users} users)",
        "no user signed up more than {n} days before {as_of}, so nobody can have been silent that"
        " long yet ({users} users)",
        days,
        n=formats.count(days),
        as_of=formats.date(context.as_of),
        users=formats.count(users),
    )


def _silences(churn: pd.DataFrame, context: Context) -> pd.DataFrame:
    """The fact with the behaviour in words, campaigns in the report's order."""
    import pandas as pd

    place = {campaign.key: number for number, campaign in enumerate(context.campaigns)}
    channel = [shape.known(each) for each in churn["channel"]]
    return churn.assign(
        channel=pd.Series(channel, index=churn.index, dtype=object),
        behaviour=[_behaviour(shape.known(action), context) for action in churn["action"]],
    ).sort_values("campaign", key=lambda keys: keys.map(place), kind="stable", ignore_index=True)


def _behaviour(action: Any, context: Context) -> str:
    if action is None:
        return NEVER
    return str(action) if action in context.metrics.idle else f"{MOSTLY}{action}"


def label(column: str, value: Any, context: Context) -> str:
    """The word a page prints for a channel or a behaviour."""
    if column == "channel":
        return context.label("channel", value)
    if value.startswith(MOSTLY):
        action = context.label("action", value.removeprefix(MOSTLY))
        return _("Mostly {action}", action=action.lower())
    if value == NEVER:
        return _("Never acted")
    return _("Mostly “{action}”", action=context.label("action", value))


def _rates(eligible: pd.DataFrame, column: str, context: Context) -> pd.DataFrame:
    """Churn by a column with its interval, each value tested against the baseline's."""
    import pandas as pd

    values = shape.order(eligible, column, "users", context)
    rows = []
    for campaign in context.campaigns:
        mine = eligible[eligible["campaign"] == campaign.key]
        for value in values:
            same = shape.having(mine, column, value)
            if len(same):
                rows.append({"campaign": campaign.key, column: value, **_rate(same, context)})
    frame = pd.DataFrame(rows, columns=["campaign", column, *_RATES])
    frame[column] = frame[column].astype(object)
    return _judged(frame, column, context)


def _rate(rows: pd.DataFrame, context: Context) -> dict[str, Any]:
    churned, users = _counts(rows)
    return {
        "users": users,
        "churned": churned,
        "churn_rate": shape.share(churned, users),
        **limits(churned, users, context),
    }


def _counts(rows: pd.DataFrame) -> Counts:
    return int(rows.loc[rows["churned"] == 1, "users"].sum()), int(rows["users"].sum())


def _judged(frame: pd.DataFrame, column: str, context: Context) -> pd.DataFrame:
    tested = with_tests(frame, column, "churned", _uncertain, context)
    pairs = zip(tested["difference"], tested["q_value"], strict=True)
    return tested.assign(verdict=[_verdict(*pair, context) for pair in pairs])


def _uncertain(_: Any, baseline: Counts, own: Counts) -> bool:
    """Where everybody churned in both campaigns there is nothing to compare."""
    return baseline[0] < baseline[1] or own[0] < own[1]


def _verdict(difference: Any, q_value: Any, context: Context) -> str:
    """Less churn is better."""
    if shape.known(q_value) is None:
        return str(Verdict.NOT_TESTED)
    if not shape.passes(q_value, context) or difference == 0:
        return str(Verdict.NO_EVIDENCE)
    return str(Verdict.BETTER if difference < 0 else Verdict.WORSE)


def _overall(
    silences: pd.DataFrame, eligible: pd.DataFrame, gaps: pd.DataFrame | None, context: Context
) -> pd.DataFrame:
    """One row a campaign: churn, how many users are old enough, and how long pauses are."""
    import pandas as pd

    rows = []
    for campaign in context.campaigns:
        seen = silences[silences["campaign"] == campaign.key]
        rows.append(
            {
                "campaign": campaign.key,
                "all_users": int(seen["users"].sum()),
                "old_enough": int(seen.loc[seen["old_enough"] == 1, "users"].sum()),
                **_rate(eligible[eligible["campaign"] == campaign.key], context),
                "gap_p95": None if gaps is None else _typical_gap(gaps, campaign),
                "who": "everybody",
            }
        )
    return _judged(pd.DataFrame(rows), "who", context).drop(columns="who")


def _typical_gap(gaps: pd.DataFrame, campaign: Campaign) -> int | None:
    """The smallest pause that at least 95 % of pauses do not exceed (nearest rank), in days."""
    mine = gaps[gaps["campaign"] == campaign.key].sort_values("days")
    if not mine["gaps"].sum():
        return None
    enough = mine["gaps"].cumsum() >= TYPICAL * mine["gaps"].sum()
    return int(mine.loc[enough, "days"].iloc[0])


def _tests(followed: pd.DataFrame, eligible: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Whether channels and behaviours differ within each campaign; one family."""
    import pandas as pd

    from growthml.stats.association import association
    from growthml.stats.corrections import adjust
    from growthml.stats.survival import log_rank

    rows = []
    for campaign in context.campaigns:
        mine = followed[followed["campaign"] == campaign.key]
        if mine["channel"].nunique(dropna=False) > 1:
            names = [str(shape.known(each)) for each in mine["channel"]]
            ranked = log_rank(names, mine["days"], mine["churned"], mine["users"])
            rows.append(_test(campaign, CHANNELS_SURVIVE, int(mine["users"].sum()), ranked))
        acted = eligible[
            (eligible["campaign"] == campaign.key) & eligible["behaviour"].str.startswith(MOSTLY)
        ]
        counts = [_counts(same) for _, same in acted.groupby("behaviour")]
        if len(counts) > 1:
            found = association([(churned, users - churned) for churned, users in counts])
            rows.append(_test(campaign, BEHAVIOURS_CHURN, found.n, found))
    frame = pd.DataFrame(rows, columns=list(TESTS[:-1]))
    p_values = [shape.known(p) for p in frame["p_value"]]
    return frame.assign(q_value=adjust(p_values, context.correction))


def _test(campaign: Campaign, name: str, n: int, found: Any) -> dict[str, Any]:
    return {
        "campaign": campaign.key,
        "test": name,
        "n": n,
        "chi2": found.chi2,
        "dof": found.dof,
        "p_value": found.p_value,
    }


def baseline_row(rates: pd.DataFrame, column: str, value: Any, context: Context) -> Any | None:
    """The baseline's row of a channel or a behaviour; None where it has none."""
    base = rates[rates["campaign"] == context.baseline.key]
    return next(shape.having(base, column, shape.known(value)).itertuples(), None)
