"""Who tends to do what?

Actions by channel, categories by channel, and a test of association for every pair of columns:
`growthml.analysis.leanings` counts and `growthml.analysis.pairs` tests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.analysis import leanings, pairs
from growthml.analysis.pair_grid import category_grid
from growthml.analysis.pairs import Pair
from growthml.charts import BarPanel, Bars, Grid
from growthml.errors import NotEnoughData
from growthml.parts import (
    Answer,
    Column,
    Context,
    Evidence,
    Facts,
    Finding,
    Options,
    Section,
    Table,
)
from growthml.words import N_, _

if TYPE_CHECKING:
    import pandas as pd

MOST_ACTIONS = 6
MOST_GRIDS = 2
STRONG = 0.3
"""From this Cramér's V on an association is worth a callout."""


def compute(facts: Facts, context: Context, options: Options) -> Answer:
    """Actions and categories by channel, every pair tested."""
    actions = leanings.actions_by_channel(facts["actions"], facts["totals"], context)
    if actions.empty:
        raise NotEnoughData(_("there are no events in any campaign"))
    categories = facts.get("categories")
    found = pairs.pairs(facts["actions"], categories, context)
    if not any(pair.test.p_value is not None for pair in found):
        raise NotEnoughData(
            _("there is only one channel, one action or one category, so that none can lean"),
            unasked=True,
        )
    return Answer(
        headline=_headline(found, context),
        blocks=[
            *_actions_chart(actions, context),
            *_grids(found, context),
            _associations_table(found, context),
            Table(id="actions_by_channel", title=_("Actions by channel"), frame=actions),
            *_category_tables(categories, context),
        ],
        findings=_findings(actions, found, context),
        caveats=_caveats(found, context),
        definitions=[
            (
                _("Index"),
                _(
                    "share of a channel's events that are this action (or category), divided by its"
                    " share of all events, x 100"
                ),
            ),
            (_("Cramér's V"), _("strength of an association from 0 (none) to 1 (complete)")),
        ],
    )


# -- charts ------------------------------------------------------------------------------------


def _actions_chart(actions: pd.DataFrame, context: Context) -> list[Bars]:
    channels = shape.order(actions, "channel", "events", context)
    names = _ordered_actions(actions, context)
    if len(channels) < 2 or len(names) < 2:
        return []
    leading = leanings.leading(actions, context)
    channels.sort(key=lambda channel: names.index(leading[channel][0]))
    rows = shape.folded(channels, shape.sums(actions, "channel", "events"), "channel", context)
    amounts = shape.sums(actions, "action", "events")
    shown = shape.folded(names, amounts, "action", context, MOST_ACTIONS)
    events = shape.lookup(actions, ["campaign", "channel", "action"], "events")

    def summed(campaign: str, channels: Sequence[Any], names: Sequence[Any]) -> float:
        return float(sum(events.get((campaign, c, a), 0) for c in channels for a in names))

    panels = [
        BarPanel(
            title=label.capitalize(),
            values=[
                [
                    shape.share(summed(each.key, row, members), summed(each.key, row, names))
                    for row in rows.members
                ]
                for each in context.campaigns
            ],
        )
        for label, members in zip(shown.labels, shown.members, strict=True)
    ]
    counted = shape.per_campaign(shape.sums(actions, "campaign", "events"), context)
    return [
        Bars(
            id="actions",
            title=_actions_title(leading, context),
            subtitle=_("Share of each channel's own events, %; {counted} events", counted=counted),
            alt=_actions_alt(rows.labels, panels, context),
            half=False,
            table="actions_by_channel",
            rows=rows.labels,
            series=shape.series(context),
            panels=panels,
            unit="share",
            limit=1.0,
        )
    ]


def _ordered_actions(actions: pd.DataFrame, context: Context) -> list[Any]:
    """Actions that do something first, idle ones last, each by events."""
    by_events = shape.order(actions, "action", "events", context)
    return sorted(by_events, key=lambda action: action in context.metrics.idle)


def _actions_title(leading: Mapping[Any, tuple[Any, float]], context: Context) -> str:
    title = _("What users of each channel do")
    if 2 <= len(leading) <= 4 and all(share > 0.5 for _, share in leading.values()):
        listed = ", ".join(
            f"{context.label('channel', channel)} {context.label('action', action)}"
            for channel, (action, _) in leading.items()
        )
        longer = _("Each channel's commonest action: {listed}", listed=listed)
        return longer if len(longer) <= 80 else title
    return title


def _actions_alt(rows: Sequence[str], panels: Sequence[BarPanel], context: Context) -> str:
    formats = context.formats
    phrases = []
    for i, row in enumerate(rows[:4]):
        best = max(panels, key=lambda panel: panel.values[0][i] or 0.0)
        shares = formats.join([formats.share(values[i]) for values in best.values])
        phrases.append(f"{row} {best.title.lower()} {shares}")
    names = ", ".join(c.label for c in context.campaigns)
    return _(
        "Bar panels, share of each channel's events: {phrases} ({names}).",
        phrases="; ".join(phrases),
        names=names,
    )


def _grids(found: Sequence[Pair], context: Context) -> list[Grid]:
    tested = [pair for pair in found if (pair.x, pair.y) == ("channel", "category")]
    grids = [category_grid(pair, context) for pair in tested[:MOST_GRIDS]]
    return [grid for grid in grids if grid]


# -- tables ------------------------------------------------------------------------------------


def _associations_table(found: Sequence[Pair], context: Context) -> Table:
    frame = pairs.frame(found)
    return Table(
        id="associations",
        title=_("Which columns go together"),
        frame=frame,
        view=frame.assign(x=[_(each) for each in frame["x"]], y=[_(each) for each in frame["y"]]),
        columns=(
            Column(name="campaign", head=_("Campaign"), role="campaign"),
            Column(name="x", head=_("Column")),
            Column(name="y", head=_("With")),
            Column(name="n", head=_("Events"), kind="count"),
            Column(name="chi2", head=_("Chi-square"), kind="number"),
            Column(name="cramers_v", head=_("Cramér's V"), kind="statistic"),
            Column(name="p_value", head="p", kind="p"),
            Column(name="q_value", head="q", kind="p"),
        ),
        note=_("q: p corrected by {correction} over all rows.", correction=context.corrected_by),
    )


def _category_tables(categories: pd.DataFrame | None, context: Context) -> list[Table]:
    if categories is None:
        return []
    return [
        Table(
            id="categories_by_channel",
            title=_("Categories by channel"),
            frame=leanings.categories_by_channel(categories, context),
        ),
        Table(
            id="categories_by_action",
            title=_("Categories by action"),
            frame=leanings.categories_by_action(categories, context),
        ),
    ]


# -- words -------------------------------------------------------------------------------------


def _headline(found: Sequence[Pair], context: Context) -> str:
    tested = pairs.between(found, "channel", "action")
    if not tested:
        return _("Too few channels or actions to say who tends to do what.")
    passed = [pair for pair in tested if pair.passes(context)]
    if not passed:
        return _("No evidence that what users do depends on the channel they came from.")
    where = _where(passed, context)
    strong = all(pair.strength >= STRONG for pair in passed)
    if not where:
        return (
            _("Each channel's users lean towards an action of their own.")
            if strong
            else _("What users do depends a little on the channel they came from.")
        )
    if strong:
        return _("Each channel's users lean towards an action of their own, {where}.", where=where)
    return _("What users do depends a little on the channel they came from, {where}.", where=where)


def _where(passed: Sequence[Pair], context: Context) -> str:
    if len(context.campaigns) == 1:
        return ""
    if len(passed) == len(context.campaigns) == 2:
        return _("in both campaigns")
    labels = [pair.campaign.label for pair in passed]
    return _("in {campaigns}", campaigns=context.formats.join(labels))


def _findings(actions: pd.DataFrame, found: Sequence[Pair], context: Context) -> list[Finding]:
    findings = []
    lean = [p for p in pairs.between(found, "channel", "action") if p.passes(context)]
    if lean:
        findings.append(_lean_finding(actions, lean, context))
    for x in ("channel", "action"):
        tested = pairs.between(found, x, "category")
        if tested:
            findings.append(_pair_finding(tested, context))
    return findings


def _lean_finding(actions: pd.DataFrame, lean: Sequence[Pair], context: Context) -> Finding:
    formats = context.formats
    leading = list(leanings.leading(actions, context).items())[:4]
    listed = ", ".join(
        _(
            "{channel} “{action}” {share}",
            channel=context.label("channel", channel),
            action=context.label("action", action),
            share=formats.share(share),
        )
        for channel, (action, share) in leading
    )
    strength = formats.join([formats.statistic(pair.test.cramers_v) for pair in lean])
    return Finding(
        heading=_("Each channel has its action"),
        text=_(
            "Of each channel's events, {baseline}: {listed} (Cramér's V {strength}).",
            baseline=context.baseline.label,
            listed=listed,
            strength=strength,
        ),
        evidence=Evidence(
            table="associations",
            row={"campaign": lean[0].campaign.key, "x": "channel", "y": "action"},
        ),
        weight=0.2 + 0.5 * max(pair.strength for pair in lean),
    )


_CLAIMS = {
    "channel": (
        N_("Category by channel"),
        N_("Category depends on channel ({measured})."),
        N_("No evidence that category depends on channel ({measured})."),
    ),
    "action": (
        N_("Category by action"),
        N_("Category depends on action ({measured})."),
        N_("No evidence that category depends on action ({measured})."),
    ),
}
"""By what categories may depend on: the heading, and either answer."""


def _pair_finding(tested: Sequence[Pair], context: Context) -> Finding:
    formats, first = context.formats, tested[0]

    passed = [pair for pair in tested if pair.passes(context)]
    measured = formats.join(
        [
            _(
                "{campaign} V {cramers_v}, p {p}",
                campaign=pair.campaign.label,
                cramers_v=formats.statistic(pair.test.cramers_v),
                p=formats.p(pair.test.p_value),
            )
            for pair in (passed or tested)
        ]
    )
    heading, depends, no_evidence = _CLAIMS[first.x]
    return Finding(
        heading=_(heading),
        text=_(depends if passed else no_evidence, measured=measured),
        evidence=Evidence(
            table="associations",
            row={"campaign": first.campaign.key, "x": first.x, "y": first.y},
        ),
        weight=0.2 + 0.5 * max(pair.strength for pair in passed) if passed else 0.05,
    )


def _caveats(found: Sequence[Pair], context: Context) -> list[str]:
    caveats = [
        _(
            "Several events can come from one user; the tests treat them as independent, so their"
            " p-values are too small."
        )
    ]
    small = [
        _("{x} with {y} in {campaign}", x=_(p.x), y=_(p.y), campaign=p.campaign.label)
        for p in found
        if p.test.small
    ]
    if small:
        listed = context.formats.join(list(dict.fromkeys(small)))
        caveats.append(_("Small counts: the p-value of {listed} is simulated.", listed=listed))
    return caveats


SECTION = Section(
    id="tendencies",
    title=N_("Tendencies"),
    question=N_("Who tends to do what?"),
    facts=("actions", "totals", "categories?"),
    tables={
        "actions_by_channel": leanings.ACTIONS,
        "categories_by_channel": leanings.CATEGORIES,
        "categories_by_action": leanings.CATEGORIES_BY_ACTION,
        "associations": pairs.COLUMNS,
    },
    compute=compute,
)
