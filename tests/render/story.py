"""A run told by hand: the workshop's two campaigns, with numbers everybody can look up."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pandas as pd

from growthml.charts import (
    BarPanel,
    Bars,
    Cell,
    CurvePanel,
    Curves,
    Dot,
    Grid,
    IntervalPanel,
    IntervalRow,
    Intervals,
    Line,
    Reference,
    Series,
)
from growthml.formats import Formats
from growthml.parts import (
    Answer,
    Campaign,
    Column,
    Context,
    Evidence,
    FactRun,
    Finding,
    Front,
    KpiRow,
    Metrics,
    Run,
    Section,
    SectionRun,
    SourceRun,
    Status,
    Table,
    Verdict,
)

SPRING = Campaign(
    key="baseline",
    label="Spring",
    source="spring",
    colour="baseline",
    start=date(2013, 4, 22),
    end=date(2014, 4, 21),
)
SUMMER = Campaign(
    key="new",
    label="Summer",
    source="summer",
    colour="new",
    start=date(2013, 4, 21),
    end=date(2014, 4, 21),
)
SERIES = (Series(label="Spring", colour="baseline"), Series(label="Summer", colour="new"))
NETWORKS = ("Facebook", "Twitter", "Pinterest", "Reddit")


def context(*campaigns: Campaign) -> Context:
    return Context(
        campaigns=campaigns or (SPRING, SUMMER),
        as_of=date(2014, 4, 20),
        timezone="UTC",
        metrics=Metrics(response="bought", idle=frozenset({"nothing"})),
        formats=Formats(),
        labels={"channel": {"FB": "Facebook", "TW": "Twitter", "PI": "Pinterest", "RE": "Reddit"}},
    )


def tested(metric: str, name: str, *texts: str, strip: tuple[float, float, float], **more: Any):
    baseline, value, change, interval = texts
    return KpiRow(
        metric=metric,
        campaign=more.pop("campaign", "new"),
        name=name,
        baseline=baseline,
        value=value,
        change=change,
        interval=interval,
        verdict=more.pop("verdict", Verdict.NO_EVIDENCE),
        strip=strip,
        **more,
    )


def total(metric: str, name: str, baseline: str, value: str, change: str, campaign: str = "new"):
    return KpiRow(
        metric=metric,
        campaign=campaign,
        name=name,
        baseline=baseline,
        value=value,
        change=change,
        interval="–",
        verdict=Verdict.NOT_TESTED,
        change_unit="" if change == "0" else "%",
    )


RATE = {"unit": "%", "change_unit": "pp"}
KPIS = (
    tested(
        "conversion_rate", "Conversion rate", "6.83", "7.10", "+0.27", "−2.1 to +2.7",
        strip=(-0.47, 0.06, 0.61), **RATE,
    ),
    tested(
        "revenue_per_user", "Revenue per user", "$1.24", "$1.21", "−$0.04", "−0.57 to +0.50",
        strip=(-0.91, -0.06, 0.8),
    ),
    tested(
        "activation_rate", "Activation rate", "18.9", "19.1", "+0.17", "−3.5 to +3.9",
        strip=(-0.79, 0.04, 0.88), **RATE,
    ),
    tested(
        "share_rate", "Share rate", "5.35", "7.22", "+1.87", "−0.4 to +4.2",
        strip=(-0.09, 0.42, 0.95), **RATE,
    ),
    total("users", "Users", "879", "845", "−3.9"),
    total("buyers", "Buyers", "60", "60", "0"),
    total("purchases", "Purchases", "111", "100", "−9.9"),
    total("revenue", "Revenue", "$1,093", "$1,019", "−6.8"),
)  # fmt: skip

FRONT = Front(
    verdict="No evidence that Summer converts better or worse than Spring.",
    lede="7.10\u202f% of 845 Summer users bought, against 6.83\u202f% of 879 Spring users: +0.27 "
    "points, and anything from −2.1 to +2.7 fits the data. This sample could only have shown "
    "about 3.5 points or more.",
    kpis=KPIS,
    coverage="22 Apr 2013 – 20 Apr 2014 (Spring), 21 Apr 2013 – 20 Apr 2014 (Summer), UTC · 1,724 "
    "users, 759 events · newest event 20 Apr 2014, 00:02 · 1 event before sign-up kept and "
    "flagged · users were not randomised: a difference is not proof of cause.",
    note="Rates and revenue per user have an interval; totals follow from how many signed up and "
    "are not tested. pp = percentage points.",
    hero=("tendencies", "actions"),
)

ACTIONS = Bars(
    id="actions",
    title="Facebook likes, Reddit shares, Pinterest buys, Twitter does nothing",
    subtitle="Share of each network’s events, %; 386 Spring and 373 Summer events",
    alt="Four bar panels, share of each network's events: Facebook likes 92 and 90 %, Reddit "
    "shares 91 and 95 %, Pinterest buys 96 and 95 %, Twitter nothing 93 and 90 % (Spring, Summer).",
    half=False,
    table="actions_by_channel",
    rows=("Facebook", "Reddit", "Pinterest", "Twitter"),
    series=SERIES,
    panels=(
        BarPanel(title="Like", values=((0.92, 0.01, 0.01, 0.04), (0.90, 0.02, 0, 0))),
        BarPanel(title="Share", values=((0.03, 0.91, 0.01, 0), (0.04, 0.95, 0.02, 0.08))),
        BarPanel(title="Buy", values=((0.02, 0.05, 0.96, 0.02), (0.04, 0.02, 0.95, 0.03))),
        BarPanel(title="Nothing", values=((0.04, 0.02, 0.02, 0.93), (0.01, 0.01, 0.03, 0.90))),
    ),
    unit="share",
    limit=1.0,
)
USERS = Bars(
    id="users",
    title="No evidence that the mix of networks changed",
    subtitle="Users by network, count; 879 and 845 users, p 0.10",
    alt="Bar chart of users by network, Spring and Summer: Facebook 235 and 190, Twitter 226 and "
    "216, Pinterest 217 and 246, Reddit 201 and 193. Mix test p 0.10: no evidence of a change.",
    table="users_by_channel",
    rows=NETWORKS,
    series=SERIES,
    panels=(BarPanel(title="", values=((235, 226, 217, 201), (190, 216, 246, 193))),),
    unit="count",
)
_MONTHS = [date(2013 + (m > 12), (m - 1) % 12 + 1, 1) for m in range(4, 17)]
SIGNUPS = Curves(
    id="signups",
    title="Sign-ups per month",
    subtitle="Users signed up per month, count; * month not complete. The header of this half "
    "figure runs over two lines",
    alt="Line chart of sign-ups per month, April 2013 to April 2014: Spring from 7 to 148 in "
    "March, Summer from 12 to 141; April incomplete (117 and 121).",
    how_to_read="The last month had not ended: its points are hollow.",
    panels=(
        CurvePanel(
            lines=(
                Line(
                    series=SERIES[0],
                    x=_MONTHS,
                    y=(7, 38, 34, 33, 24, 50, 54, 62, 88, 88, 133, 148, 117),
                    end="Spring 117*",
                    incomplete=True,
                ),
                Line(
                    series=SERIES[1],
                    x=_MONTHS,
                    y=(12, 26, 34, 29, 33, 42, 59, 46, 88, 103, 110, 141, 121),
                    end="Summer 121*",
                    incomplete=True,
                ),
            ),
            x_axis="date",
            y_unit="count",
        ),
    ),
)
_CUISINES = ("Japanese", "Vietnamese", "Italian", "Chinese", "Mexican", "French", "German")
_INDEX = (
    ("119 23", "89 17", "102 17", "120 19", "103 14", "67 8", "85 9"),
    ("88 17", "79 15", "121 20", "89 14", "89 12", "135 16", "115 12"),
    ("121 18", "116 17", "71 9", "107 13", "86 9", "120 11", "62 5"),
    ("73 12", "123 20", "99 14", "82 11", "121 14", "79 8", "134 12"),
)
CUISINE = Grid(
    id="cuisine",
    title="No evidence that cuisine depends on network (Cramér’s V 0.12, p 0.63)",
    subtitle="Spring. Index: 100 = the site’s average; coloured only beyond chance. n = events",
    alt="Table of indices, 4 networks by 7 cuisines, Spring; from 62 (Reddit, German, n 5) to 135 "
    "(Facebook, French, n 16); none differs by more than chance.",
    how_to_read="120 means one fifth more of this cuisine than the site’s average. With n under "
    "20 an index moves by tens from chance alone.",
    half=False,
    rows=("Pinterest", "Facebook", "Reddit", "Twitter"),
    columns=_CUISINES,
    cells=[
        [Cell(text=index, note=f"n {n}") for index, n in (cell.split() for cell in row)]
        for row in _INDEX
    ],
)


def _interval(name: str, left: str, right: str, low: float, mid: float, high: float):
    points = (value / 100 for value in (low, mid, high))
    low, mid, high = points
    return IntervalRow(name=name, estimate=mid, low=low, high=high, left=left, right=right)


DIFFERENCES = Intervals(
    id="differences",
    title="No rate shows evidence of a difference",
    subtitle="Share of users, Summer minus Spring, with 95 % interval; n = 879 and 845 users",
    alt="Interval plot, Summer minus Spring in points: conversion +0.27 (−2.1 to +2.7), share rate "
    "+1.87 (−0.4 to +4.2), like rate −1.01 (−3.4 to +1.4); every interval crosses zero.",
    how_to_read="A line that crosses zero fits both a rise and a fall.",
    half=False,
    table="kpis",
    panels=(
        IntervalPanel(
            title="percentage points",
            unit="rate",
            rows=(
                _interval("Conversion", "6.8 % → 7.1 %", "+0.27 (−2.1 to +2.7)", -2.1, 0.27, 2.7),
                _interval("Like rate", "7.2 % → 6.2 %", "−1.01 (−3.4 to +1.4)", -3.4, -1.01, 1.4),
                _interval("Share rate", "5.3 % → 7.2 %", "+1.87 (−0.4 to +4.2)", -0.4, 1.87, 4.2),
            ),
        ),
    ),
    lower="lower in Summer",
    higher="higher in Summer",
)
REVENUE = Bars(
    id="revenue",
    title="Pinterest earns $1,008 of Spring’s $1,093",
    subtitle="Revenue by network, $",
    alt="Bar chart of revenue, Spring and Summer: Pinterest $1,008 and $931, Reddit $47 and $19, "
    "Twitter $21 and $21, Facebook $17 and $48.",
    table="by_channel",
    rows=("Pinterest", "Reddit", "Twitter", "Facebook"),
    series=SERIES,
    panels=(BarPanel(title="", values=((1008, 47, 21, 17), (931, 19, 21, 48))),),
    unit="money",
)
_SHARES = [n / 10 for n in range(11)]
CONCENTRATION = Curves(
    id="concentration",
    title="A fifth of buyers bring 44 % of revenue",
    subtitle="Cumulative share of revenue, %, highest spender first; 60 buyers, Gini 0.35",
    alt="Lorenz curve, 60 buyers: the top 12 bring 44 % of Spring's revenue; Gini 0.35.",
    panels=(
        CurvePanel(
            lines=(
                Line(
                    series=SERIES[0],
                    x=_SHARES,
                    y=(0, 0.26, 0.44, 0.56, 0.67, 0.76, 0.83, 0.89, 0.94, 0.98, 1.0),
                    end="Spring",
                ),
            ),
            x_axis="share",
            y_unit="share",
            dots=(Dot(x=0.2, y=0.44, label="top 20 %: 44 %", colour="baseline"),),
            references=(Reference(kind="diagonal", label="if all spent alike"),),
        ),
    ),
)

BY_CHANNEL = Table(
    id="by_channel",
    title="Money by network",
    frame=pd.DataFrame(
        {
            "campaign": ["baseline"] * 4 + ["new"] * 4,
            "channel": ["PI", "RE", "TW", "FB"] * 2,
            "users": [217, 201, 226, 235, 246, 193, 216, 190],
            "buyers": [52, 4, 2, 2, 52, 2, 2, 4],
            "conversion_rate": [0.2396, 0.0199, 0.0088, 0.0085, 0.2114, 0.0104, 0.0093, 0.0211],
            "average_order_value": [9.79, 9.40, 10.50, 8.50, 10.12, 9.50, 10.50, 12.00],
            "revenue": [1008.0, 47, 21, 17, 931, 19, 21, 48],
            "roi": [None] * 8,
        }
    ),
    columns=(
        Column(name="campaign", head="Campaign"),
        Column(name="channel", head="Network", role="channel"),
        Column(name="users", head="Users", kind="count"),
        Column(name="buyers", head="Buyers", kind="count"),
        Column(name="conversion_rate", head="Conversion", kind="rate"),
        Column(name="average_order_value", head="Order value", kind="money"),
        Column(name="revenue", head="Revenue", kind="money", bar=True),
        Column(name="roi", head="ROI", kind="ratio"),
    ),
    order="revenue",
)  # fmt: skip
TOP_USERS = Table(
    id="top_users",
    title="Users by revenue",
    frame=pd.DataFrame(
        {
            "rank": range(1, 846),
            "user_id": [f"user-{n}" for n in range(1, 846)],
            "channel": ["PI"] * 845,
            "revenue": [max(0.0, 46.5 - n / 2) for n in range(845)],
        }
    ),
    columns=(
        Column(name="rank", head="Rank", kind="count"),
        Column(name="user_id", head="User"),
        Column(name="channel", head="Network", role="channel"),
        Column(name="revenue", head="Revenue", kind="money", bar=True),
    ),
    order="by revenue",
)
ASSOCIATIONS = Table(
    id="associations",
    title="What goes with what",
    frame=pd.DataFrame(
        {
            "x": ["channel", "channel"],
            "y": ["action", "category"],
            "n": [386, 386],
            "cramers_v": [0.91, 0.12],
            "p_value": [1e-90, 0.63],
        }
    ),
    columns=(
        Column(name="x", head="Of"),
        Column(name="y", head="With"),
        Column(name="n", head="Events", kind="count"),
        Column(name="cramers_v", head="Cramér’s V", kind="number"),
        Column(name="p_value", head="p", kind="p"),
    ),
)
ATTACHED = Table(
    id="actions_by_channel",
    title="Actions by network",
    frame=pd.DataFrame(
        {"channel": ["FB", "RE"], "action": ["like", "share"], "share": [0.92, 0.91], "n": [90, 88]}
    ),
)
KPI_TABLE = Table(
    id="kpis", title="KPIs", frame=pd.DataFrame({"metric": ["users"], "value": [845.0]})
)


def section(name: str, title: str, question: str, *facts: str) -> Section:
    return Section(
        id=name,
        title=title,
        question=question,
        facts=facts,
        tables={},
        compute=lambda facts, context, options: Answer(headline=""),
    )


def finding(heading: str, text: str, weight: float, **more: Any) -> Finding:
    return Finding(
        heading=heading, text=text, weight=weight, evidence=Evidence(table="by_channel"), **more
    )


SUMMARY = SectionRun(
    section=section("summary", "Summary", "Did the new campaign do better?", "user_totals"),
    status=Status.OK,
    seconds=0.1,
    answer=Answer(
        headline="No rate shows evidence of a difference between Summer and Spring.",
        front=FRONT,
        blocks=(DIFFERENCES, KPI_TABLE),
        definitions=(("Conversion rate", "buyers / users."),),
    ),
)
TENDENCIES = SectionRun(
    section=section("tendencies", "Tendencies", "Who tends to do what?", "events_by_channel"),
    status=Status.OK,
    seconds=0.1,
    answer=Answer(
        headline="Each network’s users lean towards one action, in both campaigns alike.",
        blocks=(ACTIONS, USERS, SIGNUPS, CUISINE, ASSOCIATIONS, ATTACHED),
        findings=(
            finding(
                "Each network does one thing",
                "Facebook likes, Reddit shares, Pinterest buys, Twitter does nothing (Cramér’s V "
                "0.91).",
                0.9,
            ),
            finding("Taste", "No evidence that taste depends on network (p 0.63).", 0.2),
        ),
        caveats=(
            "Several actions can come from one user; the test treats events as independent, so "
            "its p-value is too small.",
        ),
        definitions=(("Index", "100 x share of the channel / share of all."),),
    ),
)
PROFITABILITY = SectionRun(
    section=section(
        "profitability",
        "Profitability",
        "Where does the money come from, and did it change?",
        "events_by_channel",
        "user_totals",
    ),
    status=Status.OK,
    seconds=0.1,
    answer=Answer(
        headline="Pinterest buyers bring nine dollars in ten; revenue per user shows no evidence "
        "of a change.",
        blocks=(REVENUE, CONCENTRATION, BY_CHANNEL, TOP_USERS),
        findings=(
            finding(
                "Pinterest is the shop",
                "103 of 111 Spring purchases and 92 of 100 in Summer came from Pinterest.",
                0.95,
            ),
            finding(
                "One network",
                "92\u202f% of Spring and 91\u202f% of Summer revenue came from 52 Pinterest buyers "
                "in each.",
                0.8,
                kind="risk",
            ),
        ),
        caveats=("Only 8 of 60 buyers came from elsewhere.",),
    ),
)
COHORTS = SectionRun(
    section=section("cohorts", "Cohorts", "Do users come back?", "activity"),
    status=Status.OK,
    seconds=0.1,
    answer=Answer(
        headline="About one user in ten is active the month after signing up.",
        findings=(
            finding(
                "Few users do anything",
                "19\u202f% were active at all in either campaign: 166 of 879 and 161 of 845.",
                0.5,
            ),
        ),
    ),
)
CHURN = SectionRun(
    section=section("churn", "Churn", "Who stays away?", "activity"),
    status=Status.FAILED,
    seconds=0.1,
    reason="The table of visits could not be read.",
    advice="Ask the owner of the source for access to it.",
)
LTV = SectionRun(
    section=section("ltv", "Lifetime value", "What is a buyer worth?"),
    status=Status.EMPTY,
    seconds=0.1,
    reason="No prices are mapped: schema.items.price is missing.",
)


def fact(name: str, campaign: str, sql: str) -> FactRun:
    return FactRun(
        name=name,
        campaign=campaign,
        source="spring",
        dialect="sqlite",
        sql=sql,
        parameters={"as_of": date(2014, 4, 20)},
        rows=8,
        seconds=0.25,
    )


SQL = "SELECT channel, count(*) AS users\nFROM users\nWHERE signed_up_at < :as_of\nGROUP BY channel"


def story(*sections: SectionRun, **changes: Any) -> Run:
    """The workshop's run; sections or fields may be given in place of its own."""
    run = Run(
        run_id="2014-04-20-8f3c12ab90de",
        name="weekly-growth",
        title="Weekly growth report",
        context=context(),
        sections=sections or (SUMMARY, TENDENCIES, PROFITABILITY, COHORTS),
        facts=[
            fact(name, campaign, f"{SQL}\n-- {name}")
            for name in ("user_totals", "events_by_channel", "activity")
            for campaign in ("baseline", "new")
        ],
        sources=[
            SourceRun(
                name="spring",
                url="sqlite:///campaign-1.db",
                dialect="sqlite",
                rows={"users": 879, "events": 386},
                latest_event=datetime(2014, 4, 20, 0, 2),
            )
        ],
        versions={"growthml": "0.1.0", "weasyprint": "70.0"},
    )
    return replace(run, **changes)


def with_front(part: SectionRun, **changes: Any) -> SectionRun:
    """The summary with another front page."""
    answer = part.answer
    assert answer is not None
    assert answer.front is not None
    return replace(part, answer=replace(answer, front=replace(answer.front, **changes)))


def three_arms() -> Run:
    """Two campaigns compared with one baseline, four KPI lines each."""
    autumn = replace(SUMMER, key="autumn", label="Autumn", colour="c1")
    kpis = (
        total("users", "Users", "879", "845", "−3.9"),
        *KPIS[:3],
        *(replace(row, campaign="autumn") for row in (*KPIS[:3], KPIS[4])),
    )
    return story(
        with_front(SUMMARY, kpis=kpis),
        TENDENCIES,
        PROFITABILITY,
        context=context(SPRING, SUMMER, autumn),
    )


def tables_of(run: Run) -> dict[str, bytes]:
    """Every table's CSV by file name."""
    return {
        f"{part.section.id}.{block.id}.csv": block.frame.to_csv(index=False).encode()
        for part in run.sections
        for block in (part.answer.blocks if part.answer else ())
        if isinstance(block, Table)
    }
