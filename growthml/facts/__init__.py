"""Named aggregates over campaigns; `FACTS` holds them all, by name."""

from __future__ import annotations

from growthml.facts import (
    actions,
    behaviour,
    churn,
    cohorts,
    features,
    interactions,
    lifetimes,
    logins,
    money,
    quality,
    session_sample,
    traffic,
    users,
    visits,
)
from growthml.facts.fact import Fact

FACTS: dict[str, Fact] = {
    fact.name: fact
    for module in (
        *(users, actions, features, behaviour, interactions, lifetimes),
        *(money, quality, cohorts, churn, traffic, visits, session_sample, logins),
    )
    for fact in module.FACTS
}

__all__ = ["FACTS", "Fact"]
