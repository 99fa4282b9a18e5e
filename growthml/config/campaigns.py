"""What is compared: campaigns, their windows and the baseline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, Tag, model_validator

from growthml.config.model import Model
from growthml.config.types import (
    Condition,
    Day,
    MetricName,
    Number,
    Text,
    WhereKey,
    WholeNumber,
    by_shape,
    problem,
)

PERIOD_BASELINES = ("previous_period", "same_period_last_year")


class CampaignWindow(Model):
    """The days [from, to) a campaign is seen in; either may be left open."""

    start: Day | None = Field(default=None, alias="from")
    """The first day."""
    end: Day | None = Field(default=None, alias="to")
    """The day after the last."""

    @model_validator(mode="after")
    def _runs_forward(self) -> Self:
        if self.start and self.end and self.start >= self.end:
            raise problem(
                f"'from' ({self.start}) must be before 'to' ({self.end}), the first day outside"
            )
        return self


class CampaignConfig(Model):
    """A group of users, seen through one source, window and filter."""

    source: Text
    """The name of the source it is read from."""
    label: Text | None = None
    """What pages call it. Left out: its key."""
    window: CampaignWindow | None = None
    """The days whose events count: `{from: 2025-01-01, to: 2025-04-01}`, `to` not included."""
    where: Mapping[WhereKey, Condition] = Field(default_factory=dict)
    """Which users or events it holds, by role (`channel`) or column (`users.country`): one value,
    a list of values, or a range `{min: 1, max: 5}`. All must hold."""
    population: Literal["seen", "new", "all"] = "seen"
    """Who belongs to a window: `seen` signed up or acted inside it, `new` signed up inside it,
    `all` signed up before its end."""
    hypothesis: Text | None = None
    """What the campaign was meant to do, in a sentence; for its postmortem."""
    owner: Text | None = None
    """Who answers for it."""
    decision: Literal["open", "keep", "stop", "repeat"] = "open"
    """What was decided afterwards."""
    learned: Text | None = None
    """What was learned, in at most three sentences by the owner."""
    expected: Mapping[MetricName, Number] = Field(default_factory=dict)
    """What was expected, metric by metric: `{conversion_rate: 0.08}`."""


class MeanOfLast(Model):
    """The mean of the periods before the report's."""

    mean_of_last: Annotated[WholeNumber, Field(ge=1, le=104)]
    """How many periods."""


Baseline = Annotated[
    Annotated[Text, Tag("text")] | Annotated[MeanOfLast, Tag("mapping")],
    by_shape("a campaign, previous_period, same_period_last_year or {mean_of_last: 4}"),
]
