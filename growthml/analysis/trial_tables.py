"""The table of a trial of recommenders, and what its test says of each method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from growthml import shape
from growthml.analysis.orders import NAMES, POPULARITY
from growthml.analysis.recommendation_columns import EVALUATION
from growthml.analysis.trial import Trial, Tried
from growthml.parts import Column, Context, Table, Verdict
from growthml.words import _


def evaluation_table(trials: Sequence[Trial], context: Context) -> Table:
    """Every method at every length; pages show the configured one."""
    import pandas as pd

    rows = [row for each in trials for row in _rows(each, context)]
    frame = pd.DataFrame(rows, columns=[*EVALUATION, "reason"])
    asked = [each for each in trials if each.tried]
    k = trials[0].k
    view = frame[(frame["k"] == k) & frame["reason"].isna()].reset_index(drop=True)
    tried = [row for each in asked for row in each.rows]
    view["method"] = [_(NAMES[each]) for each in view["method"]]
    view["told"] = [rate_told(each, context) for each in tried]
    view["against"] = [_against(each, context) for each in tried]
    campaign = Column(name="campaign", head=_("Campaign"), role="campaign")
    columns = [
        *([campaign] if len(asked) > 1 else []),
        Column(name="method", head=_("Lists by")),
        Column(name="told", head=_("Hit rate at {k} (interval)", k=k)),
        Column(name="ndcg", head=_("NDCG at {k}", k=k), kind="number"),
        Column(name="coverage", head=_("Coverage"), kind="share"),
        Column(name="against", head=_("More hits, pp")),
        Column(name="q_value", head="q", kind="p"),
    ]
    return Table(
        id="evaluation",
        title=_("Lists of {k}, judged by an item held out of each user", k=k),
        frame=frame,
        view=view,
        columns=columns if len(view) else (),
        note=_protocol(asked, context) if asked else "",
    )


def _rows(found: Trial, context: Context) -> list[dict[str, Any]]:
    if not found.tried:
        return [
            {
                "campaign": found.campaign.key,
                "method": POPULARITY,
                "k": found.k,
                "users": found.judged,
                "compared_with": None,
                "verdict": Verdict.NOT_TESTED.value,
                "reason": found.reason,
            }
        ]
    return [_row(each, context) for each in found.tried]


def _row(each: Tried, context: Context) -> dict[str, Any]:
    hits, gain = each.hits, each.gain
    return {
        "campaign": each.campaign.key,
        "method": each.method,
        "k": each.k,
        "users": each.users,
        "hit_rate": each.hit_rate.value,
        "hit_rate_ci_low": each.hit_rate.low,
        "hit_rate_ci_high": each.hit_rate.high,
        "ndcg": each.ndcg.value,
        "ndcg_ci_low": each.ndcg.low,
        "ndcg_ci_high": each.ndcg.high,
        "coverage": each.coverage.value,
        "coverage_ci_low": each.coverage.low,
        "coverage_ci_high": each.coverage.high,
        "compared_with": each.against or None,
        "hit_rate_difference": hits.difference if hits else None,
        "difference_ci_low": hits.ci_low if hits else None,
        "difference_ci_high": hits.ci_high if hits else None,
        "p_value": hits.p_value if hits else None,
        "q_value": each.q_value,
        "ndcg_difference": gain.difference if gain else None,
        "ndcg_difference_ci_low": gain.ci_low if gain else None,
        "ndcg_difference_ci_high": gain.ci_high if gain else None,
        "verdict": verdict(each, context).value,
        "reason": None,
    }


def verdict(each: Tried, context: Context) -> Verdict:
    """What the corrected test says of a method."""
    if each.hits is None:
        return Verdict.NOT_TESTED
    if each.beats(context):
        return Verdict.BETTER
    return Verdict.WORSE if each.loses(context) else Verdict.NO_EVIDENCE


def rate_told(each: Tried, context: Context) -> str:
    """ "5.66 % (4.8 to 6.6 %)"."""
    rate, formats = each.hit_rate, context.formats
    limits = formats.interval(rate.low, rate.high, "rate", signed=False)
    return f"{formats.rate(rate.value)} ({limits})"


def difference_told(each: Tried, context: Context) -> str:
    """ "+0.27 (−2.1 to +2.7)", in points; empty if it was compared with nothing."""
    if each.hits is None:
        return ""
    hits, formats = each.hits, context.formats
    limits = formats.interval(hits.ci_low, hits.ci_high, "rate")
    return f"{formats.points(hits.difference)} ({limits})"


def _against(each: Tried, context: Context) -> str | None:
    return difference_told(each, context) or None


def _protocol(asked: Sequence[Trial], context: Context) -> str:
    formats = context.formats
    drawn = [
        _(
            "all {n} {campaign} users who came to one item after another",
            n=formats.count(each.judged),
            campaign=each.campaign.label,
        )
        if each.rows[0].users == each.judged
        else _(
            "{part} {campaign} users who came to one item after another",
            part=shape.part_of(each.rows[0].users, each.judged, context),
            campaign=each.campaign.label,
        )
        for each in asked
    ]
    words = _(
        "Of each user the item they came to last is held out (of several at one instant the one"
        " with the smallest id), and nothing they did then or later is learnt from. Judged by"
        " {drawn}.",
        drawn=formats.join(drawn),
    )
    factors = [
        f"{each.factors} ({each.campaign.label})" if len(asked) > 1 else f"{each.factors}"
        for each in asked
        if each.factors
    ]
    if factors:
        words += _(
            " Factors: {factors}, chosen on the item before the one held out.",
            factors=formats.join(factors),
        )
    return _(
        "{words} Channel popularity is compared with everybody's, tastes with the better of the"
        " two (more hits): McNemar's test, q corrected by {correction}.",
        words=words,
        correction=context.corrected_by,
    )


def _judged(found: Trial, context: Context) -> str:
    if found.rows[0].users == found.judged:
        return _("all {judged}", judged=context.formats.count(found.judged))
    return shape.part_of(found.rows[0].users, found.judged, context)
