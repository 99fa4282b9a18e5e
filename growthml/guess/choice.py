"""A guess somebody may overrule: what it is of, what it could be, and how sure we are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Sureness(StrEnum):
    """How sure a guess is; what is `unsure` is asked about where there is somebody to ask."""

    SURE = "sure"
    LIKELY = "likely"
    UNSURE = "unsure"

    @classmethod
    def of(cls, score: float, runner_up: float = 0.0) -> Sureness:
        """From a score of 0 to 1, and that of the next best: a close second makes it unsure."""
        if score >= 0.75 and score - runner_up >= 0.1:
            return cls.SURE
        if score >= 0.5 and score - runner_up >= 0.04:
            return cls.LIKELY
        return cls.UNSURE


@dataclass(frozen=True, kw_only=True)
class Option:
    """One answer. shown: what a person reads of it beside its name."""

    value: Any
    name: str
    shown: str = ""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A question, its answers with the likeliest first, and how sure that one is.

    about: the config's key, such as `events.occurred_at`.
    """

    about: str
    question: str
    options: Sequence[Option]
    sureness: Sureness


Settle = Callable[[Choice], Any]
"""Who answers: gives the value of one of the choice's options."""


def best(choice: Choice) -> Any:
    """The likeliest answer, asking nobody."""
    return choice.options[0].value
