"""The config, key by key: with the files it imports its manual, which the reference is made from.

Every class is a mapping of the YAML file, every attribute a key, the text beneath it what the key
means. A key without a default must be given; an unknown key is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from growthml import words
from growthml.config.campaigns import PERIOD_BASELINES, Baseline, CampaignConfig, MeanOfLast
from growthml.config.choice import SectionChoice
from growthml.config.delivery import DeliveryConfig
from growthml.config.look import ThemeConfig
from growthml.config.metrics import AlertConfig, LabelsConfig, MetricsConfig, StatisticsConfig
from growthml.config.model import Model
from growthml.config.source import SourceConfig
from growthml.config.tables import FOOD_SITE, WEB_LOG, Schema
from growthml.config.types import (
    Amount,
    Currency,
    Duration,
    Locale,
    Memory,
    Path,
    PeriodName,
    ReportName,
    Text,
    Zone,
)
from growthml.config.url import Url


class ReportConfig(Model):
    """What the report is called and the language, money and clock it speaks in."""

    name: ReportName = "growth-report"
    """Names its folder in the archive. Left out: the name of the config file."""
    title: Text | None = None
    """What stands on the front page. Left out: the name in words."""
    currency: Currency = "USD"
    """The currency of all money, as its three-letter code."""
    locale: Locale = "en_US"
    """How numbers and dates are written, and in which language, if there is a catalogue of it."""
    timezone: Zone = "UTC"
    """The time zone that days, weeks and months are cut in."""


class OutputConfig(Model):
    """What is written, and where."""

    archive: Path = "reports"
    """The folder of all runs."""
    formats: tuple[Literal["html", "pdf", "xlsx", "parquet"], ...] = ("html", "pdf")
    """What is made of every run: `html`, `pdf`, `xlsx` (every table on a sheet), and `parquet`
    (every table, typed, beside its CSV)."""
    templates: Path | None = None
    """A folder of templates that win over ours, file by file."""
    history: Url | None = None
    """The database of every run's metrics. Left out: `history.db` in the archive."""
    pdf_timeout: Duration = timedelta(minutes=10)
    """How long setting the PDF may take before it is stopped, such as `10m`."""
    pdf_memory: Memory = "4GB"
    """How much memory setting the PDF may take before it is stopped (Linux)."""


class Config(Model):
    """A report's config. Only `sources` and, unless every section reads a log, `campaigns`
    must be given."""

    report: ReportConfig = ReportConfig()
    """Name, title, currency, language, time zone."""
    sources: Annotated[Mapping[Text, SourceConfig], Field(min_length=1)]
    """Where data come from, each under a name of your choice."""
    schema_: Schema | None = Field(default=None, alias="schema")
    """How your tables map onto ours. Left out: the simulator's tables."""
    campaigns: Mapping[Text, CampaignConfig] = Field(default_factory=dict)
    """The groups of users that are compared, each under a key of your choice."""
    baseline: Baseline | None = None
    """What the campaigns are compared with: a campaign, `previous_period`,
    `same_period_last_year`, or `{mean_of_last: 4}`. Left out: the campaign called `baseline`, else
    the first."""
    period: PeriodName = "all"
    """The days looked at: `all`, `last_week`, `last_month`, `last_quarter`, `last_year`, or
    `last_28_days` (any number)."""
    overlap: Literal["count", "exclude"] | None = None
    """Users in several campaigns: `count` them and say so, or `exclude` them. Left out: `exclude`
    where `randomised` is true, else `count`."""
    randomised: bool = False
    """True only for an experiment, where chance decided who is in which campaign."""
    allocation: Mapping[Text, Amount] = Field(default_factory=dict)
    """The planned shares of an experiment, by campaign: `{baseline: 1, new: 1}`."""
    metrics: MetricsConfig = MetricsConfig()
    """What counts, what it is worth and costs."""
    labels: LabelsConfig = LabelsConfig()
    """What pages print for raw values."""
    statistics: StatisticsConfig = StatisticsConfig()
    """How sure the report must be."""
    sections: tuple[SectionChoice, ...] = ()
    """The report's sections, in its order: a name, or a name with options. Left out: all whose
    data are there."""
    extra_sections: tuple[Path, ...] = ()
    """Python files with sections of your own."""
    for_each: Literal["channel"] | None = None
    """One more report for each channel, from the same run."""
    theme: ThemeConfig = ThemeConfig()
    """Your own colours, logo, typefaces, paper."""
    max_age: Duration | None = None
    """How old the latest event may be, such as `36h` or `2d`, before the report is held back."""
    wait_for: Duration | None = None
    """How long a run waits for younger data before it gives up, such as `3h`."""
    alerts: tuple[AlertConfig, ...] = ()
    """Bounds on metrics."""
    output: OutputConfig = OutputConfig()
    """What is written, and where."""
    delivery: DeliveryConfig = DeliveryConfig()
    """Who gets it."""

    @property
    def title(self) -> str:
        """What stands on the front page."""
        name = self.report.name.replace("-", " ").replace("_", " ")
        return self.report.title or name[:1].upper() + name[1:]

    @property
    def language(self) -> str:
        """The language of the words, such as `de`: the theme's, else that of the locale, else
        English where there is no catalogue of that."""
        language = self.theme.language or self.report.locale.partition("_")[0]
        return language if words.has(language) else words.SOURCE_LANGUAGE

    @property
    def baseline_key(self) -> str | None:
        """The key of the campaign the others are compared with.

        None where the baseline is a period, which `baseline` then says, or where there are no
        campaigns.
        """
        if isinstance(self.baseline, MeanOfLast) or self.baseline in PERIOD_BASELINES:
            return None
        if self.baseline is not None:
            return self.baseline
        return "baseline" if "baseline" in self.campaigns else next(iter(self.campaigns), None)

    @property
    def excludes_overlap(self) -> bool:
        """Whether users in several campaigns are left out."""
        return self.overlap == "exclude" or (self.overlap is None and self.randomised)

    def label_of(self, campaign: str) -> str:
        """What pages call a campaign."""
        return self.campaigns[campaign].label or campaign

    def schema_of(self, source: str) -> Schema:
        """The schema of a source: its own; else, of an access log, `WEB_LOG`; else the config's or
        the simulator's."""
        own = self.sources[source]
        if own.schema_ is None and own.url.is_log:
            return WEB_LOG
        return own.schema_ or self.schema_ or FOOD_SITE

    def is_traffic(self, source: str) -> bool:
        """Whether a source is an access log, or maps web traffic and neither users nor events."""
        if self.sources[source].url.is_log:
            return True
        schema = self.schema_of(source)
        return (schema.requests or schema.sessions) is not None and not (
            schema.users or schema.events
        )

    def fingerprint(self) -> dict[str, Any]:
        """The config as plain data, for the run id: all that bears on what is computed.

        Without output, delivery, the theme's files (which count by what they hold), caches and
        clocks (`max_age`, `wait_for`); addresses as
        `Url.stored` gives them, so that neither passwords nor absolute paths tell two runs apart.
        """
        without: Any = dict.fromkeys(("output", "delivery", "max_age", "wait_for"), True)
        without["theme"] = {"logo", "fonts"}
        without["sources"] = {"__all__": {"cache"}}
        return self.model_dump(mode="json", by_alias=True, exclude=without)
