"""What to show: lists of items and categories by channel, lists of items by user.

Every list says which action is likeliest. A channel's mix of actions on an item is drawn towards
its mix on all items, a user's towards the channel's on the item: what is known from a wider group
counts as PRIOR touches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from growthml import shape
from growthml.analysis import orders
from growthml.analysis.orders import IN_CHANNEL, POPULARITY, Order
from growthml.analysis.recommendation_columns import BY_CHANNEL, BY_USER, CATEGORIES
from growthml.analysis.touches import Catalogue
from growthml.parts import Context
from growthml.stats.taste import DIGITS

if TYPE_CHECKING:
    import pandas as pd

MOST_ITEMS = 10
PRIOR = 5.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Shown:
    """What a campaign's lists are made of. order: of users' lists; fallback: which popularity its
    keys are; popular: of channels' lists; cold: users who touched nothing, by the channel whose
    list they are shown."""

    catalogue: Catalogue
    order: Order
    fallback: str
    popular: Order
    cold: Mapping[Any, int]

    @property
    def channels(self) -> Sequence[Any]:
        """The channels that have a list; None is everybody's, where somebody needs it."""
        named = list(self.catalogue.named)
        unknown = None in self.catalogue.channels or self.cold.get(None, 0) or not named
        return [*named, None] if unknown else named

    def code(self, channel: Any) -> int:
        """Where a channel's counts stand; -1 for everybody's."""
        return -1 if channel is None else self.catalogue.place[channel]

    @cached_property
    def mixes(self) -> np.ndarray:
        """Channels (everybody last) by items by actions: the share of each action, 0..1."""
        counts = self.catalogue.counts
        everybody = counts.sum(axis=0)
        overall = _shares(everybody.sum(axis=0))
        own = _towards(overall, counts.sum(axis=1))
        by_item = _towards(own[:, None, :], counts)
        mixes: np.ndarray = np.concatenate([by_item, _towards(overall, everybody)[None]])
        return mixes

    @cached_property
    def scores(self) -> np.ndarray:
        """Channels (everybody last) by items: mean weight of a user who touched anything."""
        points = np.vstack([self.catalogue.points, self.catalogue.points.sum(axis=0)])
        users = np.append(self.catalogue.users, self.catalogue.users.sum())
        means: np.ndarray = points / np.maximum(users, 1.0)[:, None]
        return means


def _shares(counts: np.ndarray) -> np.ndarray:
    shares: np.ndarray = counts / max(1.0, counts.sum())
    return shares


def _towards(prior: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The shares of counts (last axis), as if PRIOR more had been seen that are as `prior` says."""
    mixed: np.ndarray = (counts + PRIOR * prior) / (counts.sum(axis=-1, keepdims=True) + PRIOR)
    return mixed


def cold_users(
    totals: pd.DataFrame, item_users: pd.DataFrame, catalogue: Catalogue
) -> dict[Any, int]:
    """Users who touched nothing, by the channel whose list they are shown; None: everybody's."""
    key = catalogue.campaign.key
    cold: dict[Any, int] = {}
    everybody = shape.sums(totals[totals["campaign"] == key], "channel", "n")
    active = shape.sums(item_users[item_users["campaign"] == key], "channel", "users")
    for channel, users in everybody.items():
        place = channel if channel in catalogue.named else None
        cold[place] = cold.get(place, 0) + int(users - active.get(channel, 0.0))
    return cold


def by_channel(found: Sequence[Shown], most: int = MOST_ITEMS) -> pd.DataFrame:
    """The items of each channel, the most popular in it first; ties and gaps by everybody's."""
    import pandas as pd

    rows = []
    for shown in found:
        things = shown.catalogue
        for channel in shown.channels:
            code = shown.code(channel)
            for rank, item in enumerate(np.argsort(-shown.popular.keys[code])[:most], start=1):
                own = channel is not None and things.points[code, item] > 0
                place = code if own else -1
                action = int(shown.mixes[code, item].argmax())
                rows.append(
                    {
                        "campaign": things.campaign.key,
                        "channel": channel,
                        "rank": rank,
                        "item_id": things.items[item],
                        "category": things.categories[item],
                        "score": round(float(shown.scores[place, item]), 6),
                        "action": things.actions[action],
                        "action_share": round(float(shown.mixes[code, item, action]), 6),
                        "method": IN_CHANNEL if own else POPULARITY,
                        "cold_users": shown.cold.get(channel, 0),
                    }
                )
    return pd.DataFrame(rows, columns=list(BY_CHANNEL))


def categories(found: Sequence[Shown], most: int = MOST_ITEMS) -> pd.DataFrame:
    """The categories of each channel by the weight of its touches; items without one left out."""
    import pandas as pd

    rows = []
    for shown in found:
        things = shown.catalogue
        names = sorted({each for each in things.categories if each is not None}, key=str)
        member = np.array([[each == name for each in things.categories] for name in names])
        for channel in shown.channels if names else ():
            code = shown.code(channel)
            points = things.points.sum(axis=0) if channel is None else things.points[code]
            counts = things.counts.sum(axis=0) if channel is None else things.counts[code]
            mix = _towards(_shares(counts.sum(axis=0)), np.zeros(counts.shape[-1]))
            weight = np.array([points[each].sum() for each in member])
            order = [n for n in np.lexsort((np.arange(len(names)), -weight)) if weight[n] > 0]
            for rank, place in enumerate(order[:most], start=1):
                touches = counts[member[place]].sum(axis=0)
                rows.append(
                    {
                        "campaign": things.campaign.key,
                        "channel": channel,
                        "rank": rank,
                        "category": names[place],
                        "share": round(float(weight[place] / points.sum()), 6),
                        "touches": int(touches.sum()),
                        "action": things.actions[int(_towards(mix, touches).argmax())],
                    }
                )
    return pd.DataFrame(rows, columns=list(CATEGORIES))


def by_user(
    batches: Iterable[pd.DataFrame],
    found: Sequence[Shown],
    per_user: int,
    repeats: bool,
    context: Context,
) -> pd.DataFrame:
    """The lists of the streamed users, campaign by campaign, the most active user first."""
    import pandas as pd

    shown = {each.catalogue.campaign.key: each for each in found}
    lists = [
        _lists(rows, shown[key], per_user, repeats, context)
        for key, rows in _whole_users(batches)
        if key in shown
    ]
    frame = pd.concat(lists, ignore_index=True) if lists else pd.DataFrame(columns=list(BY_USER))
    return shape.arranged(frame, [], context) if lists else frame


def _whole_users(batches: Iterable[pd.DataFrame]) -> Iterator[tuple[str, pd.DataFrame]]:
    """The rows of whole users of one campaign at a time; a user's rows follow one another."""
    import pandas as pd

    left: pd.DataFrame | None = None
    for frame in batches:
        if not len(frame):
            continue
        if left is not None and left["source"].iloc[0] == frame["source"].iloc[0]:
            frame, left = pd.concat([left, frame], ignore_index=True), None
        if left is not None:
            yield str(left["campaign"].iloc[0]), left
        last = frame.iloc[-1]
        same = (frame["campaign"] == last["campaign"]) & (frame["place"] == last["place"])
        left = frame[same]
        yield from ((str(key), part) for key, part in frame[~same].groupby("campaign", sort=False))
    if left is not None:
        yield str(left["campaign"].iloc[0]), left


def _lists(
    rows: pd.DataFrame, shown: Shown, per_user: int, repeats: bool, context: Context
) -> pd.DataFrame:
    import pandas as pd
    from scipy.sparse import coo_matrix

    things = shown.catalogue
    rows = rows[rows["item_id"].isin(things.items)]  # others were touched before the window only
    user, _ = pd.factorize(rows["place"])
    people = rows.drop_duplicates("place")
    item, size = things.items.get_indexer(rows["item_id"]), (len(people), len(things.items))
    inside = (rows["inside"] == 1).to_numpy(dtype=bool)
    weight = np.where(inside, things.weigh(rows["action"]), 0.0)
    matrix = coo_matrix((weight, (user, item)), shape=size).tocsr()
    response = (rows["action"] == context.metrics.response).to_numpy(dtype=bool)
    bought = coo_matrix((response * 1.0, (user, item)), shape=size).tocsr()
    bought.eliminate_zeros()
    own = np.zeros((len(people), len(things.actions)))
    action = pd.Index(things.actions).get_indexer(rows["action"])
    named = inside & (action >= 0)
    np.add.at(own, (user[named], action[named]), 1.0)
    channels = things.channel_codes(people["channel"])
    channels[channels >= len(things.named)] = -1
    parts = []
    for part in orders.parts(*size):
        keys = shown.order.of(matrix[part], channels[part])
        if not repeats:
            orders.hide(keys, bought[part])
        best = orders.first(keys, per_user)
        parts.append(_rows(best, keys, own[part], channels[part], people.iloc[part], shown))
    return pd.concat(parts, ignore_index=True)


def _rows(
    best: np.ndarray,
    keys: np.ndarray,
    own: np.ndarray,
    channels: np.ndarray,
    people: pd.DataFrame,
    shown: Shown,
) -> pd.DataFrame:
    import pandas as pd

    things = shown.catalogue
    user, place = np.nonzero(best >= 0)
    item, code = best[user, place], channels[user]
    mix = _towards(shown.mixes[code, item], own[user])
    action = mix.argmax(axis=1)
    tasted = (keys[user, item] >= 10.0**-DIGITS) & (shown.order.taste is not None)
    own_channel = (shown.fallback == IN_CHANNEL) & (code >= 0) & (things.points[code, item] > 0)
    popular = np.where(own_channel, shown.scores[code, item], shown.scores[-1, item])
    fallback = np.where(own_channel, IN_CHANNEL, POPULARITY)
    return pd.DataFrame(
        {
            "campaign": things.campaign.key,
            "user_id": people["user_id"].to_numpy()[user],
            "rank": place + 1,
            "item_id": things.items.to_numpy()[item],
            "category": things.categories[item],
            "score": np.round(np.where(tasted, keys[user, item], popular), 6),
            "action": np.array(things.actions, dtype=object)[action],
            "action_share": np.round(mix[np.arange(len(user)), action], 6),
            "method": np.where(tasted, shown.order.method, fallback),
            "channel": people["channel"].to_numpy()[user],
        }
    )
