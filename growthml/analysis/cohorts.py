"""Cohorts as counted: one row a cohort and age, and cohorts pooled by age."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal

from growthml import shape
from growthml.analysis.rates import FEWEST_USERS, TESTED, Counts, limits, with_tests
from growthml.errors import NotEnoughData
from growthml.parts import Campaign, Context, Facts
from growthml.words import _

if TYPE_CHECKING:
    import pandas as pd

MOST_AGES = 24
NEXT = 1
"""The age most sentences are about: the month after."""

RETENTION = (
    "campaign",
    "cohort",
    "cohort_users",
    "month",
    "active_users",
    "retention",
    "partial",
    "unbounded_users",
    "unbounded_retention",
)
REVENUE = (
    "campaign",
    "cohort",
    "month",
    "revenue",
    "cumulative_revenue_per_user",
    "cohort_users",
    "partial",
)
_POOLED = (
    "campaign",
    "month",
    "users",
    "active_users",
    "retention",
    "ci_low",
    "ci_high",
    "revenue",
    "cumulative_revenue_per_user",
    "reached_users",
    "reached_active",
    "reached_retention",
)
CURVE = (*_POOLED, *TESTED)


@dataclass(frozen=True, kw_only=True)
class Words:
    """How the options read in a sentence. who: the users who act, as a clause."""

    unit: Literal["month", "week"]
    start: str
    began: str
    act: str
    acted: str
    who: str
    by_response: bool
    starts_active: bool

    @property
    def noun(self) -> str:
        """The unit as a sentence has it."""
        return _("month") if self.unit == "month" else _("week")

    @property
    def units(self) -> str:
        """Several of them."""
        return _("months") if self.unit == "month" else _("weeks")

    @property
    def first_age(self) -> int:
        """The first age worth drawing: at age 0 everybody is active where that defines a cohort."""
        return 1 if self.starts_active else 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Cohorts:
    """What was counted. early: times a user was active before their cohort's first day."""

    context: Context
    words: Words
    cells: pd.DataFrame
    curve: pd.DataFrame
    early: int

    def pooled(self, age: int) -> list[tuple[Campaign, Any]]:
        """The campaigns with a cohort that lived this age to its end, and their rows."""
        rows = (
            (campaign, row_of(self.curve, campaign, age)) for campaign in self.context.campaigns
        )
        return [(campaign, row) for campaign, row in rows if row is not None]

    @property
    def readable(self) -> pd.DataFrame:
        """The curve where enough users are left, from the first age worth drawing."""
        age = self.curve["month"]
        many = self.curve["users"] >= FEWEST_USERS
        return self.curve[many & (age >= self.words.first_age) & (age <= MOST_AGES)]

    @property
    def earning(self) -> pd.DataFrame:
        """The readable curve where revenue is known; empty where nobody brought any."""
        shown = self.readable
        known = shown[shown["cumulative_revenue_per_user"].notna()]
        return known if known["revenue"].max() > 0 else known.head(0)


def words_of(context: Context, by_response: bool, activity: str, unit: Any) -> Words:
    """The words for cohorts by sign-up or first response, and what counts as coming back."""
    response = _("“{name}”", name=context.label("action", context.metrics.response))
    if activity == "active":
        act, acted, who = _("are active"), _("were active"), _("who are active")
    elif by_response:
        act, acted, who = _("come back"), _("came back"), _("who come back")
    else:
        act, acted, who = (
            _("respond ({response})", response=response),
            _("responded ({response})", response=response),
            _("who respond ({response})", response=response),
        )
    idle = context.metrics.response in context.metrics.idle
    return Words(
        unit=unit,
        start=_("their first {response}", response=response) if by_response else _("signing up"),
        began=_("first {response}", response=response) if by_response else _("sign-up"),
        act=act,
        acted=acted,
        who=who,
        by_response=by_response,
        starts_active=by_response and (activity == "response" or not idle),
    )


def count(facts: Facts, words: Words, context: Context) -> Cohorts:
    """Cohorts from the facts `cohort_sizes` and `cohort_activity`.

    Raises NotEnoughData when no user has a cohort.
    """
    sizes, activity = facts["cohort_sizes"], facts["cohort_activity"]
    if not sizes["users"].sum():
        raise NotEnoughData(
            _(
                "no user has a response (“{response}”) at a known time",
                response=context.metrics.response,
            )
            if words.by_response
            else _("no user signed up at a known time")
        )
    cells = _cells(sizes, activity, words, context)
    early = sum(
        int(row.active_users)
        for row in activity.itertuples()
        if _age(row.cohort, row.period, words.unit) < 0
    )
    curve = _curve(cells, words, context)
    return Cohorts(context=context, words=words, cells=cells, curve=curve, early=early)


def _cells(
    sizes: pd.DataFrame, activity: pd.DataFrame, words: Words, context: Context
) -> pd.DataFrame:
    """One row a campaign, cohort and age that has begun."""
    import pandas as pd

    counted = {
        (each.campaign, each.cohort, _age(each.cohort, each.period, words.unit)): each
        for each in activity.itertuples()
    }
    rows = [
        {"campaign": campaign.key, **row}
        for campaign in context.campaigns
        for each in sizes[sizes["campaign"] == campaign.key].sort_values("cohort").itertuples()
        for row in _life(each, counted, words.unit, shape.last_day(campaign, context))
    ]
    extra = ["revenue", "cumulative_revenue", "cumulative_revenue_per_user", "began"]
    return pd.DataFrame(rows, columns=[*RETENTION, *extra])


def _life(
    size: Any, counted: Mapping[tuple[str, date, int], Any], unit: str, last_day: date
) -> Iterator[dict[str, Any]]:
    """A cohort's months, from its own to the one in progress."""
    cohort, users = size.cohort, int(size.users)
    ages = range(_age(cohort, last_day, unit) + 1)
    found = [counted.get((size.campaign, cohort, age)) for age in ages]
    still = sum(int(each.last_users) for each in found if each)
    cumulated = 0.0
    for age, each in zip(ages, found, strict=True):
        active = int(each.active_users) if each else 0
        # Revenue is unknown (NaN) where nothing gives a response a worth.
        revenue = float(each.revenue) if each else 0.0
        cumulated += revenue
        yield {
            "cohort": cohort.isoformat()[:7] if unit == "month" else str(cohort),
            "cohort_users": users,
            "month": age,
            "active_users": active,
            "retention": active / users,
            "partial": last_day < _start(cohort, age + 1, unit) - timedelta(days=1),
            "unbounded_users": still,
            "unbounded_retention": still / users,
            "revenue": revenue,
            "cumulative_revenue": cumulated,
            "cumulative_revenue_per_user": cumulated / users,
            "began": cohort,
        }
        still -= int(each.last_users) if each else 0


def _age(cohort: date, day: date, unit: str) -> int:
    """Whole calendar months (or weeks) from a cohort's first day to the one that holds a day."""
    if unit == "month":
        return (day.year - cohort.year) * 12 + day.month - cohort.month
    return (day - cohort).days // 7


def _start(cohort: date, age: int, unit: str) -> date:
    """The first day of a cohort's month (or week) of this age."""
    if unit == "week":
        return cohort + timedelta(weeks=age)
    months = cohort.year * 12 + cohort.month - 1 + age
    return date(months // 12, months % 12 + 1, 1)


def _curve(cells: pd.DataFrame, words: Words, context: Context) -> pd.DataFrame:
    """Cohorts pooled by age, with intervals, and tested against the baseline at equal age."""
    import pandas as pd

    sums = ["cohort_users", "active_users", "cumulative_revenue"]
    keys = ["campaign", "month"]
    reached = cells.groupby(keys)[sums].sum()
    complete = cells[~cells["partial"].astype(bool)].groupby(keys)[sums].sum()
    rows = [
        _pooled(key, age, each, reached.loc[(key, age)], context)
        for campaign in context.campaigns
        for (key, age), each in complete.iterrows()
        if key == campaign.key
    ]

    def comparable(age: int, baseline: Counts, own: Counts) -> bool:
        # Where nobody came back in either campaign there is nothing to compare.
        return age >= words.first_age and baseline[0] + own[0] > 0

    frame = pd.DataFrame(rows, columns=list(_POOLED))
    return with_tests(frame, "month", "active_users", comparable, context)


def _pooled(key: str, age: int, lived: Any, begun: Any, context: Context) -> dict[str, Any]:
    users, active = int(lived["cohort_users"]), int(lived["active_users"])
    return {
        "campaign": key,
        "month": age,
        "users": users,
        "active_users": active,
        "retention": active / users,
        **limits(active, users, context),
        "revenue": lived["cumulative_revenue"],
        "cumulative_revenue_per_user": lived["cumulative_revenue"] / users,
        "reached_users": int(begun["cohort_users"]),
        "reached_active": int(begun["active_users"]),
        "reached_retention": begun["active_users"] / begun["cohort_users"],
    }


def row_of(curve: pd.DataFrame, campaign: Campaign, age: int) -> Any | None:
    """A campaign's row of a curve at an age; None where it has none."""
    mine = curve[(curve["campaign"] == campaign.key) & (curve["month"] == age)]
    return next(mine.itertuples(), None)


def passed(curve: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Rows whose difference from the baseline is more than chance, after correction."""
    return curve.loc[[shape.passes(q_value, context) for q_value in curve["q_value"]]]


def ages_passed(curve: pd.DataFrame, context: Context) -> list[int]:
    """The ages at which a campaign differs from the baseline, ascending."""
    return sorted(set(passed(curve, context)["month"]))


def equal_age(shown: pd.DataFrame, context: Context) -> tuple[int, list[tuple[str, float]]]:
    """The highest age half of every campaign's users have reached, and revenue per user by then."""
    youngest = shown.groupby("campaign")["users"].transform("max")
    reached = shown[shown["users"] >= youngest / 2]
    age = int(reached.groupby("campaign")["month"].max().min())
    return age, [
        (campaign.label, float(row.cumulative_revenue_per_user))
        for campaign in context.campaigns
        if (row := row_of(shown, campaign, age)) is not None
    ]
