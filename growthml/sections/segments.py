"""Who behaves alike, how many are they, and what are they worth?

k-means on what active users did, all campaigns together; the number of segments by the
silhouette, and none at all where shuffled columns do as well or redrawn users give other segments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from growthml import shape
from growthml.analysis.segment_charts import profile_grid, silhouette_chart
from growthml.analysis.segments import (
    NEVER,
    PROFILES,
    SELECTION,
    Segments,
    numbers,
    profiles,
    profiles_table,
    segments,
    selection_table,
)
from growthml.errors import NotEnoughData
from growthml.parts import Answer, Context, Evidence, Facts, Finding, Options, Section
from growthml.words import N_, _

if TYPE_CHECKING:
    import pandas as pd


def compute(facts: Facts, context: Context, options: Options) -> Answer:
    """Segments with their sizes, habits and worth; or that there are none."""
    if facts["features"].empty:
        raise NotEnoughData(_("there are no users in any campaign"))
    found = segments(facts, context)
    if found.choice is None:
        raise NotEnoughData(_too_few(found, context))
    frame = profiles(found, context)
    charts = [profile_grid(found, context)] if found.found else []
    curve = silhouette_chart(found, context)
    return Answer(
        headline=_headline(found, context),
        blocks=[
            *charts,
            *([curve] if curve else []),
            profiles_table(frame, found, context),
            selection_table(found, context),
        ],
        findings=_findings(found, frame, context),
        caveats=_caveats(found, context),
        definitions=[
            (
                _("Silhouette"),
                _(
                    "how much nearer a user is to their own segment than to the next one; 1 at"
                    " best, 0 on the border"
                ),
            ),
            (
                _("Adjusted Rand index"),
                _(
                    "how far two ways of sorting users agree beyond chance; 1 when they are the"
                    " same"
                ),
            ),
        ],
    )


def _too_few(found: Segments, context: Context) -> str:
    active = found.users() - found.users(segment=NEVER)
    return _(
        "{part} users ever did anything, or all of those did the same: at least 20 who differ"
        " are needed to look for segments",
        part=shape.part_of(active, found.users(), context),
    )


def _headline(found: Segments, context: Context) -> str:
    choice, formats = found.choice, context.formats
    assert choice is not None
    if found.found:
        names = [found.names[number] for number in numbers(found) if number != NEVER]
        listed = _(
            "Active users fall into {n} segments: {names}.", n=len(names), names=formats.join(names)
        )
        if len(listed) <= 100:
            return listed
        return _(
            "Active users fall into {n} segments; the largest are {first}.",
            n=len(names),
            first=names[0],
        )
    if choice.stability is None:
        return _(
            "Active users show no groups: their silhouette rises {excess} above that of"
            " shuffled columns, which alone differ by up to {chance}.",
            excess=formats.number(choice.excess, 3),
            chance=formats.number(choice.chance, 3),
        )
    return _(
        "Active users show no groups that last: redrawn users agree to {stability} (adjusted"
        " Rand).",
        stability=formats.statistic(choice.stability),
    )


def _findings(found: Segments, frame: pd.DataFrame, context: Context) -> list[Finding]:
    formats, told = context.formats, []
    campaign = context.compared[-1] if context.compared else context.baseline
    mine = frame[(frame["campaign"] == campaign.key) & (frame["segment"] != NEVER)]
    if found.found and "spend" in found.behaviours and mine["revenue_share"].notna().any():
        top = mine.loc[mine["revenue_share"].idxmax()]
        interval = formats.interval(top["share_ci_low"], top["share_ci_high"], "rate", signed=False)
        told.append(
            Finding(
                heading=_("Where the money sits"),
                text=_(
                    "{name}: {share} of {campaign} users ({interval}) and {revenue_share} of what"
                    " was spent.",
                    name=top["name"],
                    share=formats.share(top["share"]),
                    campaign=campaign.label,
                    interval=interval,
                    revenue_share=formats.share(top["revenue_share"]),
                ),
                evidence=_row(campaign.key, top),
                weight=0.3,
            )
        )
    changed = [
        row
        for row in frame.to_dict("records")
        if shape.passes(row["q_value"], context) and row["users"] >= shape.MOST_ROWS
    ]
    changed.sort(key=lambda row: -abs(row["share_difference"]))
    for row in changed[:2]:
        label = shape.campaign_label(row["campaign"], context)
        interval = formats.interval(row["difference_low"], row["difference_high"], "rate")
        told.append(
            Finding(
                heading=_("A segment grew")
                if row["share_difference"] > 0
                else _("A segment shrank"),
                text=_(
                    "{name}: {share} of {label} users, {share_difference} points from {baseline}"
                    " ({interval}).",
                    name=row["name"],
                    share=formats.rate(row["share"]),
                    label=label,
                    share_difference=formats.points(row["share_difference"]),
                    baseline=context.baseline.label,
                    interval=interval,
                ),
                evidence=_row(row["campaign"], row),
                weight=0.25,
            )
        )
    return told


def _row(campaign: str, row: object) -> Evidence:
    from typing import Any, cast

    segment = int(cast("Any", row)["segment"])
    return Evidence(table="profiles", row={"campaign": campaign, "segment": segment})


def _caveats(found: Segments, context: Context) -> list[str]:
    formats, choice = context.formats, found.choice
    assert choice is not None
    never = found.users(segment=NEVER)
    words = []
    if never:
        words.append(
            _(
                "{part} users never did anything but idle actions: they are set apart, and only the"
                " active are sorted.",
                part=shape.part_of(never, found.users(), context),
            )
        )
    if found.found and choice.stability is not None:
        words.append(
            _(
                "Segments come back when users are drawn anew (adjusted Rand {stability}); the"
                " number was chosen on {users} active users. A segment describes; it is no reason.",
                stability=formats.statistic(choice.stability),
                users=formats.count(choice.users),
            )
        )
    if not found.found:
        words.append(
            _(
                "Groups are claimed only where they beat shuffled columns and last when users are"
                " drawn anew; a single behaviour that splits users by itself is not a group here."
            )
        )
    words += [
        _(
            "Sorted are {users} of {population} {campaign} users, drawn by a hash of their ids:"
            " shares are estimates.",
            users=formats.count(found.users(campaign)),
            population=formats.count(found.population[campaign.key]),
            campaign=campaign.label,
        )
        for campaign in context.campaigns
        if found.users(campaign) < found.population.get(campaign.key, 0)
    ]
    return [*words, *shape.comparison_caveats(context)]


SECTION = Section(
    id="segments",
    title=N_("Segments"),
    question=N_("Who behaves alike, how many are they, and what are they worth?"),
    facts=("features:0:", "feature_actions:0"),
    tables={"selection": SELECTION, "profiles": PROFILES},
    compute=compute,
)
