"""Honesty: how often 95 % intervals hold the planted truth, and how often no effect wins.

2,000 pairs of campaigns are drawn with a known effect and 2,000 without one; each pair is measured
as the summary section does it. Bars: intervals cover 93 to 97 % of the time; with no effect at most
6 % of reports call any KPI better or worse, after correction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date

import numpy as np

from growthml.formats import Formats
from growthml.metrics import Sums, measure
from growthml.parts import Campaign, Context, Metrics, Verdict
from growthml.stats.comparison import Lift
from growthml.stats.moments import Moments
from growthml.stats.proportions import relative_lift

PAIRS = 2_000
USERS = 1_500
CONVERSION = 0.08
EFFECT = 1.3
MORE_PURCHASES = 0.85
PRICES = np.arange(5, 16)
LIKE, SHARE = 0.15, 0.10


def run() -> None:
    """Print coverage by KPI with the effect, and the share of reports with a winner without it."""
    random = np.random.default_rng(2014)
    context = _context()
    covered: Counter[str] = Counter()
    counted: Counter[str] = Counter()
    for _ in range(PAIRS):
        pair = {
            "baseline": _campaign(random, CONVERSION),
            "new": _campaign(random, CONVERSION * EFFECT),
        }
        for each in measure(pair, context):
            truth = _truth().get(each.metric.id)
            compared = each.comparison
            if truth is None or compared is None or compared.ci_low is None:
                continue
            counted[each.metric.id] += 1
            covered[each.metric.id] += compared.ci_low <= truth <= (compared.ci_high or 0.0)
        lift = _lift(pair)
        if lift.ci_low is not None and lift.ci_high is not None:
            counted["lift of conversion"] += 1
            covered["lift of conversion"] += lift.ci_low <= EFFECT <= lift.ci_high
    winners = sum(_has_winner(random, context) for _ in range(PAIRS))
    print(f"  {PAIRS:,} pairs of 2 x {USERS:,} users; conversion {CONVERSION:.0%} x {EFFECT}")
    for metric, n in counted.items():
        print(f"  {metric:22} {covered[metric] / n:7.1%} of {n:,} intervals hold the truth")
    print(f"  no effect: {winners / PAIRS:.1%} of {PAIRS:,} reports call a winner")


def _lift(pair: Mapping[str, Sums]) -> Lift:
    old, new = pair["baseline"], pair["new"]
    return relative_lift(old.buyers or 0, old.users, new.buyers or 0, new.users)


def _has_winner(random: np.random.Generator, context: Context) -> bool:
    pair = {"baseline": _campaign(random, CONVERSION), "new": _campaign(random, CONVERSION)}
    found = {each.verdict for each in measure(pair, context)}
    return bool(found & {Verdict.BETTER, Verdict.WORSE})


def _campaign(random: np.random.Generator, conversion: float) -> Sums:
    """One campaign's sums: who buys, how often, at what price; likes and shares beside it."""
    buyer = (random.random(USERS) < conversion).astype(float)
    purchases = buyer * (1 + random.poisson(MORE_PURCHASES, USERS))
    revenue = np.zeros(USERS)
    for user in np.flatnonzero(purchases):
        revenue[user] = random.choice(PRICES, int(purchases[user])).sum()
    like, share = random.random(USERS) < LIKE, random.random(USERS) < SHARE
    return Sums(
        users=USERS,
        active=int(((buyer > 0) | like | share).sum()),
        buyers=int(buyer.sum()),
        purchases=int(purchases.sum()),
        revenue=float(revenue.sum()),
        moments=Moments.of_values({"revenue": revenue, "purchases": purchases, "buyer": buyer}),
        acted={"like": int(like.sum()), "share": int(share.sum())},
    )


def _truth() -> dict[str, float]:
    """The true differences, new less baseline."""
    more = CONVERSION * (EFFECT - 1)
    passive = (1 - LIKE) * (1 - SHARE)
    return {
        "conversion_rate": more,
        "activation_rate": more * passive,
        "revenue_per_user": more * (1 + MORE_PURCHASES) * float(PRICES.mean()),
        "purchases_per_buyer": 0.0,
        "average_order_value": 0.0,
        "like_rate": 0.0,
        "share_rate": 0.0,
    }


def _context() -> Context:
    return Context(
        campaigns=[
            Campaign(key="baseline", label="Baseline", source="made", colour="baseline"),
            Campaign(key="new", label="New", source="made", colour="new"),
        ],
        as_of=date(2014, 4, 20),
        timezone="UTC",
        metrics=Metrics(response="bought", idle=frozenset({"nothing"})),
        formats=Formats(),
    )
