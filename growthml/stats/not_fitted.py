"""What a model of buyers answers when the data cannot carry it."""

from __future__ import annotations

from dataclasses import dataclass

from growthml.words import _

FEWEST_REPEAT_BUYERS = 100
"""Below this many buyers with a repeat purchase no model of buying is fitted."""


@dataclass(frozen=True, kw_only=True)
class NotFitted:
    """No model, and why in words. users, repeat_buyers: how many there were to learn from."""

    reason: str
    users: int
    repeat_buyers: int


def too_few(users: int, repeat_buyers: int) -> NotFitted:
    """The refusal for want of repeat buyers."""
    return NotFitted(
        reason=_(
            "too little data for a forecast: {n} repeat buyers, at least {fewest} needed",
            n=repeat_buyers,
            fewest=FEWEST_REPEAT_BUYERS,
        ),
        users=users,
        repeat_buyers=repeat_buyers,
    )
