"""Named aggregates over campaigns; `FACTS` holds them all, by name."""

from __future__ import annotations

from growthml.facts import actions, money, quality, users
from growthml.facts.fact import Fact

FACTS: dict[str, Fact] = {
    fact.name: fact
    for module in (users, actions, money, quality)
    for fact in module.FACTS
}

__all__ = ["FACTS", "Fact"]
