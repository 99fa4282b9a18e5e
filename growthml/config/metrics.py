"""What is measured, how it is called and tested, and what alerts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from growthml.config.model import Model
from growthml.config.types import Amount, MetricName, Number, Share, Text, Worth, problem


class MetricsConfig(Model):
    """What counts, what it is worth, what it costs, and what is hoped for."""

    response: Text = "bought"
    """The action the campaigns are for."""
    idle: tuple[Text, ...] = ("nothing",)
    """Actions that mean the user did nothing."""
    value: Worth = "price"
    """What one response is worth: the item's `price`, the `event`'s own value, or a number."""
    costs: Mapping[Text, Amount] = Field(default_factory=dict)
    """What it cost to win one user, by channel."""
    targets: Mapping[MetricName, Number] = Field(default_factory=dict)
    """What a metric is hoped to reach, rates as fractions: `{conversion_rate: 0.08}`."""


class LabelsConfig(Model):
    """What pages print for raw values. Tables keep the raw values."""

    channel: Mapping[Text, Text] = Field(default_factory=dict)
    """Of channels: `{FB: Facebook}`."""
    action: Mapping[Text, Text] = Field(default_factory=dict)
    """Of actions."""
    category: Mapping[Text, Text] = Field(default_factory=dict)
    """Of categories."""


class StatisticsConfig(Model):
    """How sure the report must be."""

    confidence: Share = 0.95
    """Of every interval, between 0 and 1; a verdict needs a q-value of at most 1 - confidence."""
    correction: Literal["benjamini-hochberg", "holm", "bonferroni", "none"] = "benjamini-hochberg"
    """How p-values are corrected within one table, since many comparisons find something."""
    smallest_effect: Annotated[Number, Field(gt=0)] | None = None
    """The smallest difference of conversion rates that would matter, as a fraction: 0.01."""


class AlertConfig(Model):
    """A bound on a metric; when it is crossed the exit code says so."""

    metric: MetricName
    """The metric, such as `conversion_rate`."""
    below: Number | None = None
    """Fires when the metric is below this."""
    above: Number | None = None
    """Fires when the metric is above this."""
    falls_by: Share | None = None
    """Fires when the metric is lower than what it is compared with by at least this fraction."""
    rises_by: Annotated[Number, Field(gt=0)] | None = None
    """Fires when the metric is higher than what it is compared with by at least this fraction."""
    against: Literal["baseline", "last_report"] = "baseline"
    """What `falls_by` and `rises_by` compare with: the baseline of the same report, or the same
    campaign in the report before."""
    campaign: Text | None = None
    """The campaign it watches. Left out: every campaign but the baseline."""
    channel: Text | None = None
    """The channel it watches, by its raw value; `all` watches each. Left out: all together."""

    @model_validator(mode="after")
    def _has_a_bound(self) -> Self:
        if all(each is None for each in (self.below, self.above, self.falls_by, self.rises_by)):
            raise problem("needs 'below' or 'above', the bound that makes it fire")
        if self.channel is not None and self.against == "last_report":
            raise problem("'against: last_report' knows no channels; leave out 'channel'")
        return self
