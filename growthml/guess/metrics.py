"""Which action is the response, which mean nothing, and what a response is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from growthml.guess import names
from growthml.guess.choice import Choice, Option, Settle, Sureness
from growthml.guess.names import likeness, speaks_of
from growthml.guess.tables import Role, Roles


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What counts. value: `price`, `event`, or None where nothing is worth anything."""

    response: str
    sureness: Sureness
    actions: Sequence[str]
    idle: Sequence[str]
    value: str | None


def measured(roles: Roles, settle: Settle) -> Measured:
    """The response, idle actions and value of what was found."""
    actions = _actions(roles)
    response, sureness = _response(actions, roles, settle)
    return Measured(
        response=response,
        sureness=sureness,
        actions=actions,
        idle=[each for each in actions if likeness(each, names.IDLE) > 0.9 and each != response],
        value=_value(roles),
    )


def _actions(roles: Roles) -> list[str]:
    events, users = roles.get("events"), roles.get("users")
    if events is not None and "action" in events.fields:
        kinds = events.table[events.fields["action"].column].distinct
        return [str(each) for each in sorted(kinds, key=lambda kind: -kinds[kind])]
    if events is not None and events.action:
        return [events.action]
    return list(users.outcomes) if users is not None else []


def _response(actions: Sequence[str], roles: Roles, settle: Settle) -> tuple[str, Sureness]:
    """The action that looks like buying; else the one that brings most money; else the rarest."""
    if len(actions) < 2:
        return (actions[0] if actions else "bought"), Sureness.SURE
    buying = {each: _buys(each) for each in actions}
    money = _money_by_action(roles)
    rarity = {each: place for place, each in enumerate(actions)}
    ordered = sorted(
        actions, key=lambda each: (-buying[each], -money.get(each, 0.0), -rarity[each])
    )
    ordered.sort(key=lambda each: likeness(each, names.IDLE) > 0.9)
    sureness = Sureness.of(buying[ordered[0]], buying[ordered[1]])
    if sureness is Sureness.UNSURE:
        question = "Which action are the campaigns for?"
        options = [Option(value=each, name=each) for each in ordered]
        choice = Choice(
            about="metrics.response", question=question, options=options, sureness=sureness
        )
        return settle(choice), sureness
    return ordered[0], sureness


def _buys(action: str) -> float:
    """How much an action speaks of buying; `purchase_failed` does not."""
    if speaks_of(action, names.NEARLY):
        return 0.0
    return max(likeness(action, names.BOUGHT), 0.6 * speaks_of(action, names.BOUGHT))


def _money_by_action(roles: Roles) -> dict[str, float]:
    events = roles.get("events")
    if events is None or not {"action", "value"} <= set(events.fields):
        return {}
    action, value = events.fields["action"].column, events.fields["value"].column
    sums: dict[str, float] = {}
    for kind, worth in events.table.pairs(action, value):
        if kind is not None and worth is not None:
            sums[str(kind)] = sums.get(str(kind), 0.0) + float(worth)
    return sums


def _value(roles: Roles) -> str | None:
    def has(role: str, field: str) -> bool:
        found: Role | None = roles.get(role)
        return found is not None and field in found.fields

    priced = has("items", "price") and has("events", "item_id")
    if has("events", "price") or priced:
        return "price"
    return "event" if has("events", "value") or has("users", "value") else None


def label_of(code: Any) -> str:
    """What pages may call a channel: the network's name for a code that is known."""
    return names.NETWORKS.get(str(code).lower(), str(code))
