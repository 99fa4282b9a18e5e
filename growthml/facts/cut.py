"""What is asked of the data: which users and events make a campaign, and what counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from growthml.config.types import Range, Scalar
from growthml.sources.dialect import Grain

Where = Mapping[str, "tuple[Scalar, ...] | Range"]
"""By role (`channel`) or column (`users.country`): the values that belong, or their range."""


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Which users and events of a source make one campaign: window [start, end), filters.

    population, where there is a window: `seen` signed up or acted inside it, `new` signed up
    inside it, `all` signed up before its end (or at no known time). until: events count up to that
    day where users are followed beyond the window's end. part: the campaigns of one part are
    compared with one another; users of several parts are not users of several campaigns.
    """

    key: str
    start: date | None = None
    end: date | None = None
    population: Literal["seen", "new", "all"] = "seen"
    where: Where = field(default_factory=dict)
    until: date | None = None
    part: str = ""

    @property
    def ends(self) -> date | None:
        """The first day whose events no longer count; None where it is open."""
        return self.until or self.end

    @property
    def windowed(self) -> bool:
        """Whether it is cut by time at all."""
        return self.start is not None or self.end is not None


@dataclass(frozen=True, kw_only=True)
class Counting:
    """What counts. value: `price`, `event`, or what one response is worth.

    seen_until: the last day seen. today: rows after it are future rows. exclude_overlap: users in
    several campaigns are left out. known_actions: every other action is unknown; empty: any.
    carried: columns of the users table that come along with a user, as they are stored.
    """

    response: str
    idle: frozenset[str]
    value: Literal["price", "event"] | float
    seen_until: date
    today: date
    exclude_overlap: bool = False
    known_actions: frozenset[str] = frozenset()
    grain: Grain = "month"
    carried: tuple[str, ...] = ()
