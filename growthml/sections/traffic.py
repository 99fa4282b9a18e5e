"""How long do visits last, where do they come from, and did it change?

A visit is the requests of one visitor with at most `gap_minutes` between one and the next
(GA4, Adobe and Matomo: 30); it lasts from its first request to its last, so that a single request
lasts 0 seconds and every mean is too low. The mean has a bootstrap interval over visits, the
median and the 95th percentile one between order statistics, the mean on the log scale a t
interval. Two periods or logs are compared as campaigns are: bounces by Newcombe's interval and a
chi-square test, means by Welch, corrected together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from growthml import shape
from growthml.analysis import (
    login_words,
    logins,
    session_charts,
    session_models,
    time_on_site,
    traffic_charts,
    traffic_findings,
    traffic_tables,
)
from growthml.analysis.traffic import SUMMARY, count, of_traffic
from growthml.charts import Chart
from growthml.errors import NotEnoughData
from growthml.parts import Answer, Context, Facts, Options, Section, Table
from growthml.words import N_, _

RULES = "{visitor}:{hits}:{bots}:{gap_minutes}:{site}:{bot_words}"


class TrafficOptions(Options):
    """Options of `traffic`."""

    source: str | None = None
    """The log it reads. Left out: every log that no campaign reads, or else the campaigns."""
    visitor: Literal["ip_agent", "ip", "user", "id"] = "ip_agent"
    """What tells visitors apart: address and browser, the address alone, the user where one was
    logged in, or the column mapped as `visitor`."""
    hits: Literal["all", "page_views"] = "all"
    """Which requests make visits."""
    bots: Literal["exclude", "include"] = "exclude"
    """Whether requests that name a bot as their user agent are left out of all but their count."""
    gap_minutes: float = Field(default=30, gt=0, le=1440)
    """A gap of more minutes than this starts a new visit."""
    site: str = Field(default="", pattern=r"^[A-Za-z0-9.-]*$")
    """The site's own host: its pages are no referrers. Left out: the host that refers most."""
    bot_words: str = Field(default="", pattern=r"^[^:]*$")
    """More words in the user agent of a bot, separated by spaces."""
    horizon_days: int = Field(default=182, ge=1, le=3650)
    """How many days ahead log-ins are foretold: six months."""
    login_path: str = Field(default="/login", pattern=r"^/[^:]*$")
    """What is asked for when a user logs in."""
    most_scores: int = Field(default=10_000, ge=1, le=1_000_000)
    """How many users' chances to log in again are listed."""


def compute(facts: Facts, context: Context, options: TrafficOptions) -> Answer:
    """Traffic in numbers, its networks, pages and hours; time on site of a campaign's users."""
    stays = time_on_site.time_on_site(facts.get("time_on_site"), context)
    if "traffic" not in facts:
        return _visits_only(stays, context)
    traffic = count(facts, of_traffic(context, options.source))
    networks = traffic_tables.networks_frame(traffic)
    charts = traffic_charts.charts(traffic, networks)
    visits = session_models.sessions(traffic.facts.get("session_sample"), traffic.context)
    back = logins.logins(facts, traffic.context, options.horizon_days, options.most_scores)
    alone = [each.key for each in context.logs] == [each.key for each in context.campaigns]
    return Answer(
        headline=traffic_findings.headline(traffic),
        blocks=[
            traffic_tables.summary_table(traffic),
            *charts,
            traffic_tables.networks_table(networks, traffic.context),
            traffic_tables.pages_table(traffic),
            traffic_tables.referrers_table(traffic),
            *(stays.blocks if stays else []),
            *_model_blocks(visits, back, traffic.context),
            *traffic_tables.small_tables(traffic),
        ],
        findings=[
            *traffic_findings.findings(traffic, networks),
            *(stays.findings() if stays else []),
            *session_models.findings(visits, traffic.context),
            *login_words.findings(back, traffic.context),
        ],
        caveats=[
            *traffic_findings.caveats(traffic, options),
            *session_models.caveats(visits, traffic.context),
            *login_words.caveats(back, traffic.context),
        ],
        definitions=[
            *traffic_findings.definitions(traffic, options),
            *([stays.definition] if stays else []),
        ],
        front=traffic_findings.front(traffic) if alone else None,
    )


def _model_blocks(
    visits: Sequence[session_models.Sessions], back: logins.Logins | None, context: Context
) -> list[Chart | Table]:
    """What goes together, what visit time hangs on, and who will log in again."""
    return [
        session_models.correlations_table(visits, context),
        *session_models.columns_tables(visits, context),
        *session_charts.charts(visits, context),
        session_models.regression_table(visits, context),
        *login_words.chart(back, context),
        *login_words.tables(back, context),
    ]


def _visits_only(stays: time_on_site.Stays | None, context: Context) -> Answer:
    """Where the schema maps visits, but no web traffic."""
    if stays is None:
        raise NotEnoughData(
            _(
                "this needs web traffic: an access log as a source, or requests, sessions or visits"
                " mapped in the schema"
            ),
            missing="requests",
        )
    return Answer(
        headline=stays.headline(),
        blocks=stays.blocks,
        findings=stays.findings(),
        caveats=shape.comparison_caveats(context),
        definitions=[stays.definition],
    )


SECTION = Section(
    id="traffic",
    title=N_("Web traffic"),
    question=N_("How long do visits last, where do they come from, and did it change?"),
    facts=(
        f"traffic:{RULES}?",
        f"traffic_durations:{RULES}?",
        f"traffic_pages:{RULES}?",
        f"traffic_referrers:{RULES}?",
        f"traffic_hours:{RULES}?",
        f"traffic_days:{RULES}?",
        f"traffic_statuses:{RULES}?",
        f"traffic_bots:{RULES}?",
        "traffic_malformed?",
        "traffic_span?",
        "time_on_site?",
        f"session_sample:{RULES}?",
        f"earlier_logins:{{horizon_days}}:{{login_path}}:{RULES}?",
        f"logins:{{horizon_days}}:{{login_path}}:{RULES}?",
        f"current_logins:{{horizon_days}}:{{login_path}}:{RULES}?",
    ),
    tables={
        "summary": SUMMARY,
        "networks": traffic_tables.NETWORKS,
        "pages": traffic_tables.PAGES,
        "referrers": traffic_tables.REFERRERS,
        "correlations": session_models.CORRELATIONS,
        "regression": session_models.REGRESSION,
        "login": logins.LOGIN,
        "login_scores": logins.SCORES,
    },
    compute=compute,
    options=TrafficOptions,
)
