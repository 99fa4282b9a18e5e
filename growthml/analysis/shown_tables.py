"""The tables of what to show: by channel, by user, by category, and items that go together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.analysis.orders import NAMES
from growthml.analysis.shown import Shown
from growthml.analysis.trial import Trial
from growthml.parts import Column, Context, Table
from growthml.words import _

if TYPE_CHECKING:
    import pandas as pd

SHOWN_ITEMS, SHOWN_CATEGORIES, SHOWN_USERS = 5, 2, 5
FEWEST_BOTH = 5
"""A pair of items needs so many users who did something to both."""
MOST_PAIRS = 50


def channels_table(
    frame: pd.DataFrame, kinds: pd.DataFrame, found: Sequence[Shown], context: Context
) -> Table:
    """Ten items a channel; pages show a line a channel: items, categories, the likeliest action."""
    import pandas as pd

    rows = []
    for each in found:
        for channel in each.channels:
            mine = _of(frame, each, channel)
            rows.append(
                {
                    "campaign": each.catalogue.campaign.key,
                    "channel": _("Everybody else") if channel is None else channel,
                    "items": _items(mine.head(SHOWN_ITEMS), context),
                    "categories": _named(_of(kinds, each, channel), context),
                    "action": mine["action"].mode().sort_values().iloc[0],
                    "cold_users": each.cold.get(channel, 0),
                }
            )
    several = [Column(name="campaign", head=_("Campaign"), role="campaign")]
    columns = [
        Column(name="channel", head=_("Channel"), role="channel"),
        *(several if len(found) > 1 else []),
        Column(name="items", head=_("Items to show first")),
        Column(name="categories", head=_("Categories")),
        Column(name="action", head=_("Action"), role="action"),
        Column(name="cold_users", head=_("Users shown it"), kind="count"),
    ]
    if not any(row["categories"] for row in rows):
        columns = [column for column in columns if column.name != "categories"]
    return Table(
        id="by_channel",
        title=_("What to show each channel"),
        frame=frame,
        view=pd.DataFrame(rows),
        columns=columns,
        note=_(
            "The {shown} items that weigh most in the channel; ten of each, with their scores"
            " and actions, in {file}. Action: the likeliest. Users shown it: those who have done"
            " nothing to an item yet.",
            shown=SHOWN_ITEMS,
            file="recommendations.by_channel.csv",
        ),
    )


def users_table(
    frame: pd.DataFrame, trials: Sequence[Trial], context: Context, per_user: int
) -> Table:
    """A list a user; pages show the most active users' as a line each."""
    import pandas as pd

    rows = []
    for each in trials:
        mine = frame[frame["campaign"] == each.campaign.key].head(SHOWN_USERS * per_user)
        for _user, items in mine.groupby("user_id", sort=False):
            first, method = items.iloc[0], items["method"].iloc[0]
            rows.append(
                {
                    "campaign": each.campaign.key,
                    "user_id": first["user_id"],
                    "channel": first["channel"],
                    "items": _items(items, context),
                    "action": items["action"].mode().sort_values().iloc[0],
                    "method": _(NAMES[method]),
                }
            )
    rows = [row for each in trials for row in _first_of(rows, each.campaign.key)]
    several = [Column(name="campaign", head=_("Campaign"), role="campaign")]
    return Table(
        id="by_user",
        title=_("What to show the most active users"),
        frame=frame,
        view=pd.DataFrame(
            rows, columns=["campaign", "user_id", "channel", "items", "action", "method"]
        ),
        columns=[
            Column(name="user_id", head=_("User")),
            *(several if len(trials) > 1 else []),
            Column(name="channel", head=_("Channel"), role="channel"),
            Column(name="items", head=_("Items to show")),
            Column(name="action", head=_("Action"), role="action"),
            Column(name="method", head=_("List by")),
        ],
        note=_(
            "Action: the likeliest. All {n} rows in {file}.",
            n=context.formats.count(len(frame)),
            file="recommendations.by_user.csv",
        ),
    )


def categories_table(frame: pd.DataFrame) -> Table:
    """The categories of each channel; attached only."""
    return Table(id="categories", title=_("Categories by channel"), frame=frame)


def pairs_table(trials: Sequence[Trial], context: Context) -> Table | None:
    """The items most alike by the users they share, or None where no pair has enough of them."""
    import pandas as pd

    from growthml.stats.similarity import item_pairs

    frames = []
    for each in trials:
        things = each.catalogue
        matrix = each.touches.matrix(len(things.items))
        found = item_pairs(matrix, FEWEST_BOTH, MOST_PAIRS)
        for side in ("a", "b"):
            code = found[f"item_{side}"].to_numpy(dtype=int)
            found[f"category_{side}"] = things.categories[code]
            found[f"item_{side}"] = things.items.to_numpy()[code]
        found.insert(0, "campaign", each.campaign.key)
        frames.append(found)
    frames = [each for each in frames if len(each)]
    if not frames:
        return None
    frame = pd.concat(frames, ignore_index=True)
    several = [Column(name="campaign", head=_("Campaign"), role="campaign")]
    return Table(
        id="pairs",
        title=_("Items that share their users"),
        frame=frame,
        view=frame.groupby("campaign", sort=False).head(5).reset_index(drop=True),
        columns=[
            *(several if len(frames) > 1 else []),
            Column(name="item_a", head=_("Item"), role="item"),
            Column(name="item_b", head=_("and item"), role="item"),
            Column(name="both", head=_("Users of both"), kind="count"),
            Column(name="cosine", head=_("Cosine"), kind="statistic"),
            Column(name="jaccard", head=_("Jaccard"), kind="statistic"),
            Column(name="lift", head=_("Times by chance"), kind="ratio"),
        ],
        note=_(
            "Pairs that at least {fewest} users did something to both of, by cosine; up to {most}"
            " of each campaign in {file}.",
            fewest=FEWEST_BOTH,
            most=MOST_PAIRS,
            file="recommendations.pairs.csv",
        ),
    )


def item_name(item: Any, category: Any, context: Context) -> str:
    """An item as pages call it: "44 (italian)"."""
    name = context.label("item", item)
    known = shape.known(category)
    return name if known is None else f"{name} ({context.label('category', known)})"


def _items(rows: pd.DataFrame, context: Context) -> str:
    return ", ".join(
        item_name(item, category, context)
        for item, category in zip(rows["item_id"], rows["category"], strict=True)
    )


def _named(kinds: pd.DataFrame, context: Context) -> str:
    return ", ".join(
        context.label("category", each) for each in kinds["category"][:SHOWN_CATEGORIES]
    )


def _of(frame: pd.DataFrame, found: Shown, channel: Any) -> pd.DataFrame:
    mine = frame[frame["campaign"] == found.catalogue.campaign.key]
    return shape.having(mine, "channel", channel)


def _first_of(rows: Sequence[dict[str, Any]], campaign: str) -> list[dict[str, Any]]:
    return [row for row in rows if row["campaign"] == campaign][:SHOWN_USERS]
