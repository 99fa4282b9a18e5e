"""The config, key by key: this file is its manual, and the reference page is made from it.

Every class is a mapping of the YAML file, every attribute a key, the text beneath it what the key
means. A key without a default must be given; an unknown key is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializeAsAny,
    Tag,
    field_validator,
    model_validator,
)

from growthml import words
from growthml.config.types import (
    Address,
    Amount,
    Colour,
    Condition,
    Currency,
    Day,
    Domain,
    Duration,
    HttpsUrl,
    Language,
    Locale,
    Memory,
    MetricName,
    Number,
    Path,
    PeriodName,
    ReportName,
    Share,
    SmtpUrl,
    Text,
    Token,
    WhereKey,
    WholeNumber,
    Worth,
    Zone,
    by_shape,
    problem,
)
from growthml.config.url import Url, Webhook
from growthml.palette import for_dark, unreadable

PERIOD_BASELINES = ("previous_period", "same_period_last_year")


class Model(BaseModel):
    """What all parts of the config share: unknown keys are refused, nothing changes once read."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        coerce_numbers_to_str=True,
        allow_inf_nan=False,
    )


# -- The user's tables ------------------------------------------------------------------------


class UsersTable(Model):
    """One row per user."""

    table: Text
    """The table's name; `schema.table` where it lies in a database schema."""
    id: Text | None = None
    """Column of the user's id. May be left out where `outcomes` is mapped: a row is a user then."""
    channel: Text | None = None
    """Column that says where the user came from."""
    signed_up_at: Text | None = None
    """Column of the sign-up's time. Left out: the first event is the sign-up."""
    outcomes: Mapping[Text, Text] = Field(default_factory=dict)
    """Action to column, for a table that holds what users did: `{bought: conversion}`. The column
    counts how often; 0 and 1 will do, and so will words: yes and no, true and false, ja and
    nein."""
    value: Text | None = None
    """Column of the money that the user's responses brought."""

    @model_validator(mode="after")
    def _needs_id(self) -> Self:
        if self.id is None and not self.outcomes:
            raise problem("needs 'id', the column of the user's id (or 'outcomes': a row per user)")
        return self


class ItemsTable(Model):
    """One row per item that users act on."""

    table: Text
    """The table's name."""
    id: Text
    """Column of the item's id."""
    category: Text | None = None
    """Column of the item's category."""
    price: Text | None = None
    """Column of the item's price, in the report's currency."""


class ConstantAction(Model):
    """Every row of the events table is this one action."""

    constant: Text
    """The action, such as `bought` for a table of orders."""


Action = Annotated[
    Annotated[Text, Tag("text")] | Annotated[ConstantAction, Tag("mapping")],
    by_shape("a column's name or {constant: bought}"),
]


class EventsTable(Model):
    """One row per action of a user."""

    table: Text
    """The table's name."""
    id: Text | None = None
    """Column of the event's id."""
    user_id: Text
    """Column of the user who acted."""
    item_id: Text | None = None
    """Column of the item acted on."""
    action: Action | None = None
    """Column that says what the user did, or `{constant: bought}` where every row is the same.
    Needed unless `users` is mapped."""
    occurred_at: Text | None = None
    """Column of the event's time. Needed unless `users` is mapped."""
    value: Text | None = None
    """Column of the money of this event; wins over the item's price."""
    order: Text | None = None
    """Column of the order's id: purchases are then distinct orders, not rows."""
    quantity: Text | None = None
    """Column of how many items; it multiplies the price."""
    price: Text | None = None
    """Column of the price of one item, where the event rather than the item carries it."""
    category: Text | None = None
    """Column of the category, where the event rather than the item carries it."""


class VisitsTable(Model):
    """One row per visit of a known user."""

    table: Text
    """The table's name."""
    user_id: Text
    """Column of the user who visited."""
    occurred_at: Text | None = None
    """Column of the visit's time."""
    duration: Text | None = None
    """Column of its length in seconds."""


class RequestsTable(Model):
    """One row per hit of a web site, exported from its log."""

    table: Text
    """The table's name."""
    occurred_at: Text
    """Column of the hit's time."""
    visitor: Text | None = None
    """Column that tells visitors apart: an id, a cookie or an address."""
    user_id: Text | None = None
    """Column of the user, where one was logged in."""
    page: Text | None = None
    """Column of the path asked for."""
    referrer: Text | None = None
    """Column of the page the visitor came from."""
    status: Text | None = None
    """Column of the HTTP status."""
    agent: Text | None = None
    """Column of the browser's name for itself (the user agent)."""
    method: Text | None = None
    """Column of the HTTP method."""
    bytes: Text | None = None
    """Column of the answer's size in bytes."""
    line: Text | None = None
    """Column that orders hits of the same moment, such as the line in the log."""
    malformed: Text | None = None
    """Table of the lines that could not be read, with columns `reason` and `sample`."""


class SessionsTable(Model):
    """One row per web session, exported from a web analytics tool."""

    table: Text
    """The table's name."""
    id: Text | None = None
    """Column of the session's id."""
    visitor: Text | None = None
    """Column that tells visitors apart."""
    user_id: Text | None = None
    """Column of the user, where one was logged in."""
    started_at: Text | None = None
    """Column of the session's first moment."""
    duration: Text | None = None
    """Column of its length in seconds."""
    pages: Text | None = None
    """Column of how many pages were seen."""
    referrer: Text | None = None
    """Column of the page the visitor came from."""
    entry_page: Text | None = None
    """Column of the first page seen."""
    bounced: Text | None = None
    """Column that is 1 where the visitor left after one page."""


class Schema(Model):
    """How your tables map onto ours: for each role a table, and its columns by our names.

    What sections lack is named in the report; nothing is guessed.
    """

    users: UsersTable | None = None
    """The users. Left out: whoever has an event is a user."""
    items: ItemsTable | None = None
    """What users act on."""
    events: EventsTable | None = None
    """What users did."""
    visits: VisitsTable | None = None
    """Visits of known users."""
    requests: RequestsTable | None = None
    """Hits of a web site, where they lie in a table rather than in a log file."""
    sessions: SessionsTable | None = None
    """Web sessions, where another tool has counted them."""

    @property
    def tables(self) -> list[str]:
        """The names of the tables that are mapped."""
        roles = [getattr(self, name) for name in type(self).model_fields]
        malformed = [self.requests.malformed] if self.requests and self.requests.malformed else []
        return [*(role.table for role in roles if role is not None), *malformed]

    @model_validator(mode="after")
    def _needs_a_table(self) -> Self:
        if not self.model_fields_set:
            raise problem(
                "maps no table; map 'users', 'items' and 'events', as far as you have them"
            )
        if self.events is not None and self.users is None:
            for field in ("action", "occurred_at"):
                if getattr(self.events, field) is None:
                    raise problem(f"needs 'events.{field}' (or 'users', with its 'id')")
        return self


FOOD_SITE = Schema(
    users=UsersTable(table="Users", id="id", channel="Campaign_ID", signed_up_at="date"),
    items=ItemsTable(table="Meal", id="id", category="Type", price="price"),
    events=EventsTable(
        table="Event",
        id="id",
        user_id="User_Id",
        item_id="Meal_Id",
        action="Type",
        occurred_at="date",
    ),
)
"""The schema where none is given: the simulator's."""

WEB_LOG = Schema(
    requests=RequestsTable(
        table="requests",
        occurred_at="occurred_at",
        visitor="ip",
        user_id="user_id",
        page="path",
        referrer="referrer",
        status="status",
        agent="agent",
        method="method",
        bytes="bytes",
        line="line",
        malformed="malformed",
    )
)
"""The schema of an access log that is given none: the columns it is read into."""


# -- Where data come from, and what is compared ------------------------------------------------


class SourceConfig(Model):
    """A database, a file or folder of tables, or an access log. It is only ever read."""

    url: Url
    """A SQLAlchemy URL (`sqlite:///data/shop.db`, `postgresql://app:${DB_PASSWORD}@host/shop`) or
    a path: `.parquet`, `.csv`, `.log`, `.log.1`, `.gz`, a folder of tables or logs. Relative paths
    are relative to the working directory. Passwords come from the environment: `${NAME}`."""
    schema_: Schema | None = Field(default=None, alias="schema")
    """The schema of this source, where it differs from the config's own."""
    timezone: Zone = "UTC"
    """The time zone of times stored here without one."""
    same_users: bool = False
    """Whether ids here mean the same people as in other sources with `same_users: true`."""
    memory_limit: Memory | None = None
    """The most memory the query engine may take, such as `2GB` (DuckDB, Parquet, CSV, logs, copies
    of SQLite files); what does not fit goes to the folder for temporary files. Left out: the
    sources of a report share `4GB`, or 80 % of the machine's memory where that is less."""
    threads: Annotated[WholeNumber, Field(ge=1)] | None = None
    """How many threads the query engine may use. Left out: as many as there are cores."""
    timeout: Annotated[Number, Field(gt=0)] | None = None
    """Seconds after which a query is given up. Left out: never."""
    cache: bool = True
    """Whether a large SQLite file (64 MB and more) is copied into DuckDB, beside the archive, and
    counted there: once for each state of the file, and only its new rows where some were added."""


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


# -- What is measured --------------------------------------------------------------------------


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


class SectionPolicy(Model):
    """What may be said of any section besides its own options."""

    required: bool = False
    """Whether the report is worthless without it: an empty answer then counts as a failure."""
    on_failure: Literal["hold", "partial", "skip"] | None = None
    """What a failure does: `hold` back the report, deliver it marked `partial`, or `skip` the
    section without a word on the front page. Left out: `hold` where it is required, else
    `partial`."""


class SectionChoice(SectionPolicy):
    """One section of the report: a bare name, or a name with its options."""

    name: str
    """Which section; `growthml sections` lists them."""
    options: SerializeAsAny[BaseModel]
    """Its options; `growthml sections NAME` explains them."""
    by_default: bool = False
    """True where the config names no sections: it is left out when its data are not there."""


# -- Where the report goes ---------------------------------------------------------------------


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


class Tones(Model):
    """A colour on the light page and on the dark one."""

    light: Colour
    """On white, as `#rrggbb`."""
    dark: Colour | None = None
    """On the dark page of HTML. Left out: the light one, lightened until it can be read."""


ColourChoice = Annotated[
    Annotated[Colour, Tag("text")] | Annotated[Tones, Tag("mapping")],
    by_shape("a colour such as '#0f5bb5' or {light: '#0f5bb5', dark: '#79b8ff'}"),
]


def shades_of(colours: Mapping[str, ColourChoice]) -> dict[str, tuple[str, str]]:
    """The light and the dark value of each colour of a theme."""
    tones = {
        token: Tones(light=chosen) if isinstance(chosen, str) else chosen
        for token, chosen in colours.items()
    }
    return {token: (each.light, each.dark or for_dark(each.light)) for token, each in tones.items()}


class FontsConfig(Model):
    """A typeface, as TrueType or OpenType files. They are embedded in HTML and PDF: see to it that
    their licence allows that."""

    regular: Path
    """The file of the text."""
    bold: Path | None = None
    """The file of headings and emphasis. Left out: `regular`."""


class ThemeConfig(Model):
    """The report's own look. Whatever is left out stays as it is."""

    logo: Path | None = None
    """A PNG, JPEG or SVG file; it stands at the head of the front page, 8 mm high."""
    colours: Mapping[Token, ColourChoice] = Field(default_factory=dict)
    """By what is coloured (`new`, `baseline`, `c1` to `c6` for channels, `ink`, `better`, `worse`
    …): `"#0f5bb5"`, or `{light: "#0f5bb5", dark: "#79b8ff"}`. Colours that could not be read are
    refused."""
    fonts: FontsConfig | None = None
    """Your own typeface."""
    paper: Literal["A4", "Letter"] = "A4"
    """The PDF's paper."""
    language: Language | None = None
    """The language of the words, such as `de`. Left out: that of `report.locale`."""

    @field_validator("colours")
    @classmethod
    def _can_be_read(cls, colours: Mapping[str, ColourChoice]) -> Mapping[str, ColourChoice]:
        for token, why in unreadable(shades_of(colours)):
            raise problem(f"{token}: {why}")
        return colours


When = Literal["always", "ok", "changed", "alert"]


class EmailConfig(Model):
    """The report as an e-mail."""

    smtp: SmtpUrl
    """The mail server: `smtps://user:${SMTP_PASSWORD}@host` (TLS) or `smtp://` (STARTTLS); or a
    folder that gets `.eml` files: `file:outbox`."""
    sender: Address = Field(alias="from")
    """Who it comes from: `Growth <growth@example.com>`."""
    to: Annotated[tuple[Address, ...], Field(min_length=1)]
    """Who gets it."""
    to_each: Mapping[Text, tuple[Address, ...]] = Field(default_factory=dict)
    """With `for_each`: who gets the report of one value, `{FB: [facebook@example.com]}`."""
    when: When = "always"
    """`always`; `ok`: only when no section failed; `changed`: only when a verdict is not that of
    the report before; `alert`: only when an alert fired."""
    subject: Text = "{{ verdict }} · {{ report }} {{ date }}"
    """Its subject, a Jinja2 template of `verdict`, `report`, `date`, `status` and `slice`."""
    attach: tuple[Literal["summary.pdf", "report.pdf", "report.xlsx", "tables"], ...] = (
        "summary.pdf",
        "report.pdf",
        "tables",
    )
    """What it carries besides the text: the front page alone, the whole report, its workbook
    (where `output.formats` has `xlsx`), and the table of all KPIs as CSV."""
    reply_to: Address | None = None
    """Where answers go."""
    unsubscribe: Address | None = None
    """Who is written to by a reader who wants no more of it. Left out: the sender."""
    unsubscribe_url: HttpsUrl | None = None
    """An address that takes a reader off the list by one POST (RFC 8058)."""


class WebhookConfig(Model):
    """A line in a chat room."""

    url: Webhook
    """The room's webhook; a secret, so it comes from the environment: `${CHAT_WEBHOOK}`."""
    when: When = "always"
    """As of an e-mail."""


class DeliveryConfig(Model):
    """Who gets the report once it is made. Left out: nobody, it stays in the archive."""

    email: EmailConfig | None = None
    """By e-mail."""
    webhook: WebhookConfig | None = None
    """To a chat room."""
    folder: Path | None = None
    """To a folder that readers can see: a copy of the finished run."""
    owner: Address | None = None
    """Who hears, by the same mail server, why a report was held back or not delivered. Left out:
    the sender."""
    on_hold: Literal["nothing", "line"] = "nothing"
    """What readers get of a report that is held back: `nothing`, or one `line` that it is late."""
    domains: tuple[Domain, ...] = ()
    """The only domains mail may go to. Left out: any."""
    link: HttpsUrl | None = None
    """Where readers find the archive, for chat and mail: `https://reports.example.com/`."""


# -- The whole ---------------------------------------------------------------------------------


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
