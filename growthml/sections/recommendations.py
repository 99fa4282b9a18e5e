"""What to show whom, and does knowing a user's taste beat showing everybody what is popular?

Collaborative filters on implicit feedback, item to item (Sarwar et al. 2001) and factorised
(Cremonesi et al. 2010), against popularity and popularity in the user's channel, on each user's
newest item held out. Lists come from a filter only where it beats popularity by that trial.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from growthml.analysis.recommendation_columns import BY_CHANNEL, BY_USER, CATEGORIES, EVALUATION
from growthml.errors import NotEnoughData
from growthml.parts import Answer, Context, Facts, Options, Section, batches
from growthml.words import N_, _

if TYPE_CHECKING:
    from growthml.analysis.shown import Shown
    from growthml.analysis.trial import Trial


class RecommendationOptions(Options):
    """Options of `recommendations`."""

    weights: dict[str, Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]] = Field(
        default_factory=dict
    )
    """How much each action says of a taste: `{like: 1, share: 2, bought: 3}`. An action not named
    counts 1, the response 3; 0 leaves an action out of tastes."""
    k: int = Field(default=10, ge=1, le=100)
    """How long the lists are that methods are judged by."""
    per_user: int = Field(default=5, ge=1, le=50)
    """How many items each user's list holds."""
    most_users: int = Field(default=10_000, ge=1, le=100_000)
    """How many users of a campaign get a list of their own, the most active first."""
    repeats: bool = False
    """Whether what a user has bought already may be recommended again."""


def compute(facts: Facts, context: Context, options: RecommendationOptions) -> Answer:
    """Every method on items held out, then lists by channel and by user from the best of them."""
    from growthml.analysis import shown, shown_tables
    from growthml.analysis.touches import catalogue, touches
    from growthml.analysis.trial import corrected, tried
    from growthml.analysis.trial_chart import trial_charts
    from growthml.analysis.trial_tables import evaluation_table
    from growthml.analysis.trial_words import caveats, findings, headline

    known = [
        catalogue(facts["item_actions"], facts["item_users"], campaign, context, options.weights)
        for campaign in context.campaigns
    ]
    known = [each for each in known if len(each.items) and each.points.any()]
    if not known:
        raise NotEnoughData(_("nobody did anything that counts to an item; idle actions do not"))
    found = touches(batches(facts, "interactions"), known, context)
    trials = [
        tried(things, mine, context, options.k, options.repeats)
        for things, mine in zip(known, found, strict=True)
    ]
    trials = corrected(trials, context)
    lists = [_shown(facts, each, context) for each in trials]
    by_user = shown.by_user(
        batches(facts, "user_items"), lists, options.per_user, options.repeats, context
    )
    by_channel, kinds = shown.by_channel(lists), shown.categories(lists)
    pairs = shown_tables.pairs_table(trials, context)
    return Answer(
        headline=headline(trials, context),
        blocks=[
            *trial_charts(trials, context),
            evaluation_table(trials, context),
            shown_tables.channels_table(by_channel, kinds, lists, context),
            shown_tables.users_table(by_user, trials, context, options.per_user),
            shown_tables.categories_table(kinds),
            *([pairs] if pairs else []),
        ],
        findings=findings(trials, by_channel, context),
        caveats=[
            *(
                _(
                    "{campaign} is left out: nobody did anything that counts to an item.",
                    campaign=each.label,
                )
                for each in context.campaigns
                if each not in [found.campaign for found in trials]
            ),
            *caveats(trials, lists, by_user, context, options.weights, options.repeats),
        ],
        definitions=[
            (
                _("Hit rate at k"),
                _("share of users whose held-out item is among the first k of their list"),
            ),
            (
                _("NDCG at k"),
                _("1 / log2(rank + 1) of the held-out item, 0 beyond rank k, averaged over users"),
            ),
            (
                _("Coverage at k"),
                _("share of all items that stand in at least one judged user's list"),
            ),
            (
                _("Touch"),
                _(
                    "a user's action on an item, counted once however often it was done; idle"
                    " actions are none"
                ),
            ),
            (
                _("Likeliest action"),
                _(
                    "the action with the largest share of touches; a user's are drawn towards the"
                    " channel's on that item, and those towards the channel's on all items"
                ),
            ),
        ],
    )


def _shown(facts: Facts, found: Trial, context: Context) -> Shown:
    """What lists are made of, the winning method fitted to everything there is."""
    from growthml.analysis import orders, shown
    from growthml.analysis.orders import IN_CHANNEL, POPULARITY
    from growthml.analysis.trial import fitted

    things, method = found.catalogue, found.method(context)
    popular = orders.in_channel(things.points, len(things.named))
    keys = {IN_CHANNEL: popular.keys, POPULARITY: orders.popularity(things.points).keys}
    taste = fitted(method, found.touches.matrix(len(things.items)), found.factors)
    fallback = found.reference.method if taste else method
    return shown.Shown(
        catalogue=things,
        order=orders.Order(method=method, keys=keys[fallback], taste=taste),
        fallback=fallback,
        popular=popular,
        cold=shown.cold_users(facts["totals"], facts["item_users"], things),
    )


SECTION = Section(
    id="recommendations",
    title=N_("Recommendations"),
    question=N_(
        "What should each network and each user be shown, and does knowing their taste beat showing"
        " everybody what is popular?"
    ),
    facts=("totals", "interactions", "item_actions", "item_users", "user_items:{most_users}"),
    tables={
        "evaluation": EVALUATION,
        "by_channel": BY_CHANNEL,
        "by_user": BY_USER,
        "categories": CATEGORIES,
    },
    compute=compute,
    options=RecommendationOptions,
)
