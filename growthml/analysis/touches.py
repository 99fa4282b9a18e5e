"""What users did to items, as matrices: one campaign's catalogue, popularity and weights.

A touch is a user's action on an item, once. Its weight says how much it speaks for a taste.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from growthml import shape
from growthml.parts import Campaign, Context

if TYPE_CHECKING:
    import pandas as pd
    from scipy.sparse import csr_matrix

RESPONSE_WEIGHT = 3.0
MOST_ACTIONS = 10
"""Of more actions the commonest are named as what a user may do."""
MOST_A_USER = 300
"""A user's taste is read from so many of their newest items."""
_CODED = ["user_id", "item", "channel", "weight", "response", "at", "population"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Catalogue:
    """A campaign's items, and what everybody did to them; codes are places in these arrays.

    items, categories: by item, in the order of ids. in_all: how many items were touched, kept or
    not. channels: their raw values, None (not known, or a small one) last if there is any.
    points: channels by items, the weights of everybody's touches. counts: channels by items by
    actions, touches. users: by channel, users who touched anything.
    """

    campaign: Campaign
    items: pd.Index[Any]
    categories: np.ndarray
    in_all: int
    channels: Sequence[Any]
    actions: Sequence[str]
    points: np.ndarray
    counts: np.ndarray
    users: np.ndarray
    weights: Mapping[str, float]

    @property
    def named(self) -> Sequence[Any]:
        """The channels that are known."""
        return [channel for channel in self.channels if channel is not None]

    @cached_property
    def place(self) -> Mapping[Any, int]:
        """The code of a channel."""
        return {channel: place for place, channel in enumerate(self.channels)}

    def channel_codes(self, channels: pd.Series[Any]) -> np.ndarray:
        """By row, the code of its channel; -1 where there is none such."""
        unknown = self.place.get(None, -1)
        found = channels.map({key: code for key, code in self.place.items() if key is not None})
        return np.array(found.fillna(unknown), dtype=int)

    def weigh(self, actions: pd.Series[Any]) -> np.ndarray:
        """By row, what its action weighs."""
        return np.array(actions.map(self.weights), dtype=float)


@dataclass(frozen=True, kw_only=True, eq=False)
class Touches:
    """Sampled users' touches as codes, one row a touch. users: how many; population: of how many
    they are a sample. at: int64, NEVER where not known."""

    ids: pd.Index[Any]
    user: np.ndarray
    item: np.ndarray
    channel: np.ndarray
    weight: np.ndarray
    response: np.ndarray
    at: np.ndarray
    population: int

    @property
    def users(self) -> int:
        """How many users there are."""
        return len(self.ids)

    @property
    def user_channel(self) -> np.ndarray:
        """By user, the code of their channel."""
        codes = np.full(self.users, -1)
        codes[self.user] = self.channel
        return codes

    def matrix(self, items: int, rows: np.ndarray | None = None) -> csr_matrix:
        """Users by items, the summed weights of each user's newest MOST_A_USER items."""
        kept = _newest(self, rows)
        return _matrix(self.weight[kept], self.user[kept], self.item[kept], (self.users, items))

    def responses(self, items: int, rows: np.ndarray | None = None) -> csr_matrix:
        """Users by items, where the user responded to the item."""
        kept = self.response if rows is None else self.response & rows
        ones = np.ones(int(kept.sum()))
        return _matrix(ones, self.user[kept], self.item[kept], (self.users, items))


def catalogue(
    item_actions: pd.DataFrame,
    item_users: pd.DataFrame,
    campaign: Campaign,
    context: Context,
    weights: Mapping[str, float],
) -> Catalogue:
    """A campaign's catalogue from the facts; without items if nobody touched any."""
    import pandas as pd

    mine = item_actions[item_actions["campaign"] == campaign.key]
    items = pd.Index(mine["item_id"].unique()).sort_values()
    code = items.get_indexer(mine["item_id"])
    categories = np.full(len(items), None, dtype=object)
    categories[code] = [shape.known(each) for each in mine["category"]]
    told = mine.groupby("action")["users"].sum()
    actions = sorted(told.index, key=lambda action: (-told[action], action))
    channels = _channels(mine, item_users, campaign)
    weighed = {each: _weight(each, context, weights) for each in actions}
    place = {channel: number for number, channel in enumerate(channels)}
    row = np.array([place[shape.known(each)] for each in mine["channel"]], dtype=int)
    action = mine["action"].map({each: n for n, each in enumerate(actions)}).to_numpy(dtype=int)
    users = mine["users"].to_numpy(dtype=float)
    points = np.zeros((len(channels), len(items)))
    np.add.at(points, (row, code), users * mine["action"].map(weighed).to_numpy(dtype=float))
    counts = np.zeros((len(channels), len(items), min(len(actions), MOST_ACTIONS)))
    named = action < MOST_ACTIONS
    np.add.at(counts, (row[named], code[named], action[named]), users[named])
    return Catalogue(
        campaign=campaign,
        items=items,
        categories=categories,
        in_all=int(mine["items"].max()) if len(mine) else 0,
        channels=channels,
        actions=actions[:MOST_ACTIONS],
        points=points,
        counts=counts,
        users=_users(item_users, campaign, place),
        weights=weighed,
    )


def touches(
    interactions: Iterable[pd.DataFrame], catalogues: Sequence[Catalogue], context: Context
) -> list[Touches]:
    """By catalogue, the sampled users' touches of its items, users in the order of their ids."""
    coded: dict[str, list[pd.DataFrame]] = {each.campaign.key: [] for each in catalogues}
    known = {each.campaign.key: each for each in catalogues}
    for frame in interactions:
        for key, mine in frame.groupby("campaign", sort=False):
            if found := known.get(str(key)):
                coded[str(key)].append(_coded(mine, found, context))
    return [_touches(coded.pop(each.campaign.key)) for each in catalogues]


def _coded(rows: pd.DataFrame, catalogue: Catalogue, context: Context) -> pd.DataFrame:
    """The touches that say something of a taste, as codes; users by their ids still."""
    import pandas as pd

    from growthml.stats.held_out import NEVER

    response = rows["action"] == context.metrics.response
    counted = (catalogue.weigh(rows["action"]) > 0) | response
    mine = rows[counted]
    at = mine["first_at"].to_numpy(dtype="datetime64[us]")
    columns = (
        mine["user_id"],
        catalogue.items.get_indexer(mine["item_id"]).astype(np.int32),
        catalogue.channel_codes(mine["channel"]).astype(np.int32),
        catalogue.weigh(mine["action"]),
        response[counted],
        np.where(np.isnat(at), NEVER, at.astype("int64")),
        mine["population"],
    )
    return pd.DataFrame(dict(zip(_CODED, columns, strict=True)))


def _touches(coded: list[pd.DataFrame]) -> Touches:
    import pandas as pd

    rows = pd.concat(coded or [pd.DataFrame(columns=_CODED)], ignore_index=True)
    ids = pd.Index(rows["user_id"].unique()).sort_values()
    return Touches(
        ids=ids,
        user=ids.get_indexer(rows["user_id"]),
        item=rows["item"].to_numpy(dtype=np.int32),
        channel=rows["channel"].to_numpy(dtype=np.int32),
        weight=rows["weight"].to_numpy(dtype=float),
        response=rows["response"].to_numpy(dtype=bool),
        at=rows["at"].to_numpy(dtype="int64"),
        population=int(rows["population"].max()) if len(rows) else 0,
    )


def _weight(action: str, context: Context, weights: Mapping[str, float]) -> float:
    usual = RESPONSE_WEIGHT if action == context.metrics.response else 1.0
    return float(weights.get(action, usual))


def _channels(mine: pd.DataFrame, item_users: pd.DataFrame, campaign: Campaign) -> list[Any]:
    """Channels by users who touched something, unknown and small ones last as None."""
    people = item_users[item_users["campaign"] == campaign.key]
    sizes = shape.sums(people, "channel", "users")
    known = {shape.known(each) for each in mine["channel"].unique()}
    named = sorted(known - {None}, key=lambda each: (-sizes.get(each, 0.0), str(each)))
    return [*named, None] if None in known else named


def _users(item_users: pd.DataFrame, campaign: Campaign, place: Mapping[Any, int]) -> np.ndarray:
    people = item_users[item_users["campaign"] == campaign.key]
    users = np.zeros(len(place))
    for channel, number in shape.sums(people, "channel", "users").items():
        users[place.get(channel, place.get(None, -1))] += number
    return users


def _newest(found: Touches, rows: np.ndarray | None) -> np.ndarray:
    """The rows of each user's newest MOST_A_USER items, an item as old as its first touch."""
    index = np.arange(len(found.user)) if rows is None else np.flatnonzero(rows)
    pairs = found.user[index].astype(np.int64) * (found.item.max(initial=0) + 1) + found.item[index]
    _, pair = np.unique(pairs, return_inverse=True)
    first = np.full(pair.max(initial=-1) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, pair, found.at[index])
    owner = np.zeros(len(first), dtype=np.int64)
    owner[pair] = found.user[index]
    if np.bincount(owner, minlength=1).max() <= MOST_A_USER:
        return index
    order = np.lexsort((-first, owner))
    starts = np.r_[0, np.cumsum(np.bincount(owner))[:-1]]
    place = np.empty(len(first), dtype=np.int64)
    place[order] = np.arange(len(first)) - starts[owner[order]]
    return index[place[pair] < MOST_A_USER]


def _matrix(
    values: np.ndarray, rows: np.ndarray, columns: np.ndarray, size: tuple[int, int]
) -> csr_matrix:
    from scipy.sparse import coo_matrix

    found = coo_matrix((values, (rows, columns)), shape=size).tocsr()
    found.eliminate_zeros()
    return found
