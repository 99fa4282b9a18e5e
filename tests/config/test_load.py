"""Whole files: what is read, and what is said of files that are wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from growthml.config.load import extra_sections, load
from growthml.config.schema import Config
from growthml.errors import ConfigError
from growthml.secrets import redact

Read = Callable[..., Config]
Problems = Callable[..., list[str]]

SHORTEST = """\
sources: {shop: {url: shop.db}}
campaigns: {only: {source: shop}}
"""

MANUAL = """\
report:
  {name: weekly-growth, title: Weekly growth report, currency: USD, locale: en_US, timezone: UTC}
sources:
  spring: {url: "sqlite:///data/campaign-1.db"}
  summer: {url: "${WAREHOUSE_URL}"}
schema:
  users:  {table: Users, id: id, channel: Campaign_ID, signed_up_at: date}
  items:  {table: Meal,  id: id, category: Type, price: price}
  events:
    {table: Event, id: id, user_id: User_Id, item_id: Meal_Id, action: Type, occurred_at: date}
  visits: {table: visit, user_id: user_id, occurred_at: date, duration: visit_duration}
campaigns:
  baseline: {source: spring, label: Spring}
  new:
    source: summer
    label: Summer
    window: {from: 2013-04-21, to: 2014-04-21}
    where: {channel: [FB, PI]}
baseline: baseline
period: all
randomised: false
allocation: {baseline: 1, new: 1}
metrics:
  response: bought
  idle: [nothing]
  value: price
  costs: {FB: 0.45, TW: 0.25, RE: 0.35, PI: 0.55}
  targets: {conversion_rate: 0.08}
labels: {channel: {FB: Facebook, TW: Twitter, RE: Reddit, PI: Pinterest}}
statistics: {confidence: 0.95, correction: benjamini-hochberg}
sections:
  - summary
  - churn: {inactive_days: 90, required: true, on_failure: hold}
  - sql: {id: refunds, title: Refunds, query: "select ..."}
output: {archive: reports, formats: [html, pdf, xlsx], templates: templates}
delivery:
  email:
    smtp: "${SMTP_URL}"
    from: "Growth <growth@example.com>"
    to: [team@example.com]
    when: always
alerts:
  - {metric: conversion_rate, below: 0.05}
"""


def test_six_mistakes_are_six_lines(problems: Problems) -> None:
    text = """\
    report: {name: weekly, currency: dollars}
    sources:
      spring: {url: "sqlite:///spring.db"}
    campaigns:
      baseline: {source: sprng}
      new:
        source: spring
        window: {from: 2014-04-21, to: 2013-04-21}
    metrics: {vlaue: 1.0}
    statistics: {confidence: 95}
    sections:
      - summary
      - churn: {inactive_day: 90}
    """
    assert problems(text) == [
        "config/weekly.yml:1:34: report.currency: expected a currency's three-letter code"
        " such as USD, got 'dollars'",
        "config/weekly.yml:5:22: campaigns.baseline.source: unknown source 'sprng'"
        " (did you mean 'spring'?)",
        "config/weekly.yml:8:13: campaigns.new.window: 'from' (2014-04-21) must be before 'to'"
        " (2013-04-21), the first day outside",
        "config/weekly.yml:9:11: metrics: unknown key 'vlaue' (did you mean 'value'?)",
        "config/weekly.yml:10:26: statistics.confidence: expected a fraction between 0 and 1,"
        " got 95; 95 % is 0.95",
        "config/weekly.yml:13:13: sections.churn: unknown key 'inactive_day'"
        " (did you mean 'inactive_days'?)",
    ]


def test_the_manual_is_a_config(config: Read) -> None:
    found = config(
        MANUAL, WAREHOUSE_URL="postgresql://ann@db/shop", SMTP_URL="smtps://mail.example.com"
    )
    assert found.title == "Weekly growth report"
    assert found.sources["summer"].url.reveal() == "postgresql://ann@db/shop"
    assert found.campaigns["new"].where == {"channel": ("FB", "PI")}
    assert [choice.name for choice in found.sections] == ["summary", "churn", "sql"]
    assert found.sections[1].required
    assert found.sections[1].on_failure == "hold"
    assert found.delivery.email is not None
    assert found.delivery.email.sender == "Growth <growth@example.com>"
    assert found.alerts[0].below == 0.05


def test_the_shortest_config_names_sources_and_campaigns(config: Read) -> None:
    found = config(SHORTEST)
    assert found.report.name == "weekly"
    assert found.title == "Weekly"
    assert [choice.name for choice in found.sections] == ["summary", "churn"]
    assert all(choice.by_default for choice in found.sections)
    assert found.output.archive == "reports"


def test_sections_that_are_named_are_not_there_by_default(config: Read) -> None:
    found = config(SHORTEST + "sections: [summary]\n")
    assert [(choice.name, choice.by_default) for choice in found.sections] == [("summary", False)]


def test_a_key_with_nothing_after_it_counts_as_left_out(config: Read) -> None:
    found = config(SHORTEST + "metrics:\n#  response: like\nsections:\n#  - churn\n")
    assert found.metrics.response == "bought"
    assert len(found.sections) == 2


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (
            "",
            "config/weekly.yml:1:1: the file is empty; the shortest config names its sources"
            " and campaigns",
        ),
        (
            "# nothing yet\n",
            "config/weekly.yml:1:1: the file is empty; the shortest config names its sources"
            " and campaigns",
        ),
        (
            "- sources\n",
            "config/weekly.yml:1:1: expected keys such as 'sources:' and 'campaigns:', got a list",
        ),
        (
            b"sources:\n  caf\xe9: {}\n",
            "config/weekly.yml:2:6: not UTF-8 text; save the file in the encoding UTF-8",
        ),
        (
            "sources:\n\tshop: 1\n",
            "config/weekly.yml:2:1: not valid YAML: a tab; indent with spaces",
        ),
        (
            "report: {title: a}: b\n",
            "config/weekly.yml:1:19: not valid YAML: unexpected ': '; check the indentation, or"
            " put the value in quotes",
        ),
        (
            "sources: {shop: {url: ${SHOP_URL}}}\n",
            "config/weekly.yml:1:24: not valid YAML: expected ',' or the closing bracket;"
            ' put "${...}" in quotes',
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_one_problem(
    problems: Problems, content: str | bytes, line: str
) -> None:
    assert problems(content) == [line]


def test_a_file_that_is_not_there(sections: dict[str, type], tmp_path: Path) -> None:
    path = tmp_path / "none.yml"
    with pytest.raises(ConfigError) as error:
        load(path, options=sections)
    assert str(error.value) == f"{path}: there is no such file; `growthml init` writes one"


def test_a_byte_order_mark_is_no_part_of_the_first_key(config: Read) -> None:
    assert "shop" in config(b"\xef\xbb\xbf" + SHORTEST.encode()).sources


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("metrics: {value: prise}", "3:18: metrics.value: expected price, event or a number of"
         " at least 0, got 'prise' (did you mean 'price'?)"),
        ("metrics: {value: -1}", "3:18: metrics.value: expected price, event or a number of"
         " at least 0, got -1"),
        ("metrics: {costs: {FB: cheap}}",
         "3:23: metrics.costs.FB: expected a number, got 'cheap'"),
        ("metrics: {costs: {FB: true}}", "3:23: metrics.costs.FB: expected a number, got true"),
        ("metrics: {idle: nothing}", "3:17: metrics.idle: expected a list, got 'nothing'"),
        ("metrics: [bought]", "3:10: metrics: expected a mapping (key: value), got a list"),
        ("metrics: {targets: {conversion_rat: 1}}", "3:21: metrics.targets.conversion_rat:"
         " unknown metric 'conversion_rat' (did you mean 'conversion_rate'?)"),
        ("report: {timezone: Europe/Berln}", "3:20: report.timezone: unknown time zone"
         " 'Europe/Berln' (did you mean 'Europe/Berlin'?)"),
        ("report: {locale: xx_YY_zz}",
         "3:18: report.locale: unknown locale 'xx_YY_zz'; write one such as en_US"),
        ("report: {name: my report}", "3:16: report.name: 'my report' cannot name a folder;"
         " use letters, digits, '-' and '_': 'my-report'"),
        ("report: {title: true}",
         "3:17: report.title: expected text, got true; put it in quotes"),
        ("period: last_weak",
         "3:9: period: unknown period 'last_weak' (did you mean 'last_week'?)"),
        ("period: fortnight", "3:9: period: unknown period 'fortnight'; expected all, last_week,"
         " last_month, last_quarter, last_year or last_28_days (any number)"),
        ("baseline: [only]", "3:11: baseline: expected a campaign, previous_period,"
         " same_period_last_year or {mean_of_last: 4}, got a list"),
        ("baseline: {mean_of_lst: 4}",
         "3:12: baseline: unknown key 'mean_of_lst' (did you mean 'mean_of_last'?)"),
        ("baseline: onyl", "3:11: baseline: unknown campaign 'onyl' (did you mean 'only'?)"),
        ("baseline: previous_period", "3:11: baseline: an earlier period as baseline needs a"
         " period to come before; set 'period', such as last_week"),
        ("allocation: {onyl: 1, only: 1}",
         "3:14: allocation.onyl: unknown campaign 'onyl' (did you mean 'only'?)"),
        ("max_age: 3",
         "3:10: max_age: expected a length of time such as 90m, 36h or 2d, got 3"),
        ("alerts: [{metric: roi}]",
         "3:10: alerts.0: needs 'below' or 'above', the bound that makes it fire"),
        ("alerts: [{metric: roi, below: 1, campaign: x}]",
         "3:44: alerts.0.campaign: unknown campaign 'x' (expected only)"),
        ("output: {formats: [html, docx]}",
         "3:26: output.formats.1: expected html, pdf, xlsx or parquet, got 'docx'"),
        ("schema: {}", "3:9: schema: maps no table; map 'users', 'items' and 'events', as far as"
         " you have them"),
        ("schema: {users: {table: u}}", "3:17: schema.users: needs 'id', the column of the"
         " user's id (or 'outcomes': a row per user)"),
        ("schema: {events: {table: e, user_id: u}}",
         "3:9: schema: needs 'events.action' (or 'users', with its 'id')"),
        ("schema: {events: {user_id: u, action: a, occurred_at: t}}",
         "3:10: schema.events: missing key 'table'"),
        ("schema: {events: {table: e, user_id: u, occurred_at: t, action: {konstant: x}}}",
         "3:66: schema.events.action: unknown key 'konstant' (did you mean 'constant'?)"),
        ("schema: {events: {table: e, user_id: u, occurred_at: t, action: 3}}", "3:65:"
         " schema.events.action: expected a column's name or {constant: bought}, got 3"),
        ("traffic: {source: shop}", "3:1: unknown key 'traffic'"),
        ("delivery: {email: {smtp: 'http://h', from: a@b.c, to: [a@b.c]}}", "3:26:"
         " delivery.email.smtp: expected smtps://host or smtp://host, such as"
         " smtps://me:${SMTP_PASSWORD}@host, or file:outbox for a folder"),
        ("delivery: {email: {smtp: 'smtp://h', from: nobody, to: [a@b.c]}}", "3:44:"
         " delivery.email.from: expected an address such as team@example.com, got 'nobody'"),
        ("delivery: {email: {smtp: 'smtp://h', from: a@b.c, to: []}}",
         "3:55: delivery.email.to: expected at least 1 entry, got an empty list"),
        ("delivery: {email: {smtp: 'smtp://h', form: a@b.c, to: [a@b.c]}}",
         "3:38: delivery.email: unknown key 'form' (did you mean 'from'?)"),
        ("delivery: {domains: [a@b.c]}",
         "3:22: delivery.domains.0: expected a domain such as example.com, got 'a@b.c'"),
        ("delivery: {link: 'http://h'}",
         "3:18: delivery.link: expected an address that begins with https://, got 'http://h'"),
        ("delivery: {webhook: {url: 'https://chat.example.com/T/B'}}", "3:27:"
         ' delivery.webhook.url: holds a secret in clear; write "${CHAT_WEBHOOK}" and export'
         " CHAT_WEBHOOK"),
        ("zzz: 1", "3:1: unknown key 'zzz'"),
        ("True: 1", "3:1: unknown key 'True'"),
    ],
)  # fmt: skip
def test_one_mistake_is_one_line(problems: Problems, text: str, line: str) -> None:
    assert problems(f"{SHORTEST}{text}\n") == [f"config/weekly.yml:{line}"]


@pytest.mark.parametrize(
    ("campaign", "line"),
    [
        ("{}", "2:13: campaigns.new: missing key 'source'"),
        ("{sorce: shop}", "2:19: campaigns.new: unknown key 'sorce' (did you mean 'source'?)"),
        ("{source: shop, where: {chanel: FB}}", "2:41: campaigns.new.where.chanel:"
         " unknown filter 'chanel' (did you mean 'channel'?)"),
        ("{source: shop, where: {users.: FB}}", "2:41: campaigns.new.where.users.: unknown"
         " filter 'users.' (did you mean 'user'?)"),
        ("{source: shop, where: {users.age: {mn: 1}}}", "2:52: campaigns.new.where.users.age:"
         " expected a value, a list of values, or a range {min: 1, max: 5}"),
        ("{source: shop, where: {channel: []}}", "2:50: campaigns.new.where.channel:"
         " expected a value, a list of values, or a range {min: 1, max: 5}"),
        ("{source: shop, window: {from: 2014-02-30}}",
         "2:48: campaigns.new.window.from: expected a day such as 2025-04-21, got '2014-02-30'"),
        ("{source: shop, window: {from: 2014-04-21 10:00}}", "2:48: campaigns.new.window.from:"
         " expected a day such as 2025-04-21, got 2014-04-21 10:00:00"),
        ("{source: shop, population: old}",
         "2:45: campaigns.new.population: expected seen, new or all, got 'old'"),
        ("{source: shop, decision: kepe}", "2:43: campaigns.new.decision: expected open, keep,"
         " stop or repeat, got 'kepe' (did you mean 'keep'?)"),
    ],
)  # fmt: skip
def test_one_mistake_in_a_campaign_is_one_line(
    problems: Problems, campaign: str, line: str
) -> None:
    text = f"sources: {{shop: {{url: shop.db}}}}\ncampaigns: {{new: {campaign}}}\n"
    assert problems(text) == [f"config/weekly.yml:{line}"]


def test_a_campaign_needs_tables_with_users(problems: Problems) -> None:
    text = """\
    sources:
      log: {url: access.log}
      web: {url: web.db, schema: {sessions: {table: sessions}}}
    campaigns:
      one: {source: log}
      two: {source: web}
    """
    assert problems(text) == [
        "config/weekly.yml:5:17: campaigns.one.source: source 'log' is an access log; a campaign"
        " needs tables",
        "config/weekly.yml:6:17: campaigns.two.source: the schema of source 'web' maps neither"
        " 'users' nor 'events'; a campaign needs one of them",
    ]


def test_a_report_on_a_log_alone_needs_no_campaigns(config: Read) -> None:
    assert config("sources: {log: {url: access.log.gz}}").campaigns == {}
    named = "sources: {log: {url: access.log}, shop: {url: shop.db}}\nsections: [traffic]\n"
    assert config(named).baseline_key is None


@pytest.mark.parametrize("sections", ["", "sections: [traffic, churn]\n"])
def test_any_other_report_needs_campaigns(problems: Problems, sections: str) -> None:
    assert problems("sources: {shop: {url: shop.db}}\n" + sections) == [
        "config/weekly.yml:1:1: missing key 'campaigns'; only a report whose every section reads"
        " a log can do without"
    ]


def test_a_campaign_cannot_be_called_like_a_period(problems: Problems) -> None:
    text = "sources: {shop: {url: shop.db}}\ncampaigns: {previous_period: {source: shop}}\n"
    assert problems(text) == [
        "config/weekly.yml:2:13: campaigns.previous_period: 'previous_period' means a period as a"
        " baseline; give the campaign another key"
    ]


def test_an_experiment_plans_a_share_for_every_campaign(problems: Problems) -> None:
    text = """\
    sources: {shop: {url: shop.db}}
    campaigns: {a: {source: shop}, b: {source: shop}}
    allocation: {a: 1}
    """
    assert problems(text) == ["config/weekly.yml:3:1: allocation: lacks the planned share of 'b'"]


def test_an_earlier_period_may_come_before_a_window(config: Read) -> None:
    text = """\
    sources: {shop: {url: shop.db}}
    campaigns: {new: {source: shop, window: {from: 2025-01-01, to: 2025-02-01}}}
    baseline: previous_period
    """
    assert config(text).baseline == "previous_period"


@pytest.mark.parametrize(
    ("url", "line"),
    [
        ("postgresql://ann:hunter2hunter2@db.example.com/shop",
         "write postgresql://ann:${DB_PASSWORD}@db.example.com/shop and export DB_PASSWORD"),
        ("postgresql://ann:${DB_PASSWORD:-hunter2hunter2}@db/shop",
         "write scheme://user:${DB_PASSWORD}@host and export DB_PASSWORD"),
        ("${SHOP_URL:-postgresql://ann:hunter2hunter2@db/shop}",
         "write scheme://user:${DB_PASSWORD}@host and export DB_PASSWORD"),
        ("mysql://db/shop?user=ann&password=hunter2hunter2",
         "write scheme://user:${DB_PASSWORD}@host and export DB_PASSWORD"),
    ],
)  # fmt: skip
def test_a_password_in_the_file_is_refused_and_not_repeated(
    problems: Problems, url: str, line: str
) -> None:
    text = f'sources: {{shop: {{url: "{url}"}}}}\ncampaigns: {{only: {{source: shop}}}}\n'
    assert problems(text) == [
        f"config/weekly.yml:1:23: sources.shop.url: holds a password in clear; {line}"
    ]


def test_a_password_for_the_mail_server_is_refused_too(problems: Problems) -> None:
    email = "{smtp: 'smtps://ann:hunter2hunter2@mail', from: a@b.c, to: [a@b.c]}"
    assert problems(f"{SHORTEST}delivery: {{email: {email}}}\n") == [
        "config/weekly.yml:3:26: delivery.email.smtp: holds a password in clear; write"
        " smtps://ann:${SMTP_PASSWORD}@mail and export SMTP_PASSWORD"
    ]


def test_a_password_from_the_environment_is_redacted_from_then_on(config: Read) -> None:
    text = """\
    sources:
      shop: {url: "postgresql://ann:${DB_PASSWORD}@db/shop"}
      other: {url: "${OTHER_URL}"}
    campaigns: {only: {source: shop}}
    delivery: {webhook: {url: "${CHAT_WEBHOOK}"}}
    """
    config(
        text,
        DB_PASSWORD="swordfish@1",
        OTHER_URL="mysql://bob:open%20sesame@db/x",
        CHAT_WEBHOOK="https://chat.example.com/T01/B02/s3cr3t",
    )
    said = redact("swordfish@1 | open sesame | open%20sesame | T01/B02/s3cr3t | shop")
    assert said == "*** | *** | *** | *** | shop"


def test_extra_sections_are_known_before_the_rest_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "own.yml"
    path.write_text("sections: [mine]\nextra_sections: ['${HERE}/mine.py', 3]\n")
    assert extra_sections(path, environ={"HERE": "sections"}) == ["sections/mine.py"]
    assert extra_sections(path, overrides=["extra_sections=[b.py]"], environ={"HERE": ""}) == [
        "b.py"
    ]
    path.write_text("sections: [summary]\n")
    assert extra_sections(path) == []
