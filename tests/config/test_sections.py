"""The list of sections: names, options, and what may be said of any of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from growthml.config.schema import Config

SHORTEST = "sources: {shop: {url: shop.db}}\ncampaigns: {only: {source: shop}}\n"

Read = Callable[..., Config]
Problems = Callable[..., list[str]]


def test_a_name_or_a_name_with_options(config: Read) -> None:
    text = """\
    sources: {shop: {url: shop.db}}
    campaigns: {only: {source: shop}}
    sections:
      - churn: {inactive_days: 30, horizon: 12, on_failure: skip}
      - summary
      - traffic:
      - sql: {id: a, title: A, query: select 1}
      - sql: {id: b, title: B, query: select 2}
    """
    found = config(text).sections
    assert [choice.name for choice in found] == ["churn", "summary", "traffic", "sql", "sql"]
    assert found[0].options.model_dump() == {
        "inactive_days": 30,
        "eligible": "old_enough",
        "horizon": 12,
    }
    assert (found[0].on_failure, found[0].required) == ("skip", False)
    assert found[1].on_failure is None


def test_a_section_that_needs_options_is_not_there_by_default(config: Read) -> None:
    assert [choice.name for choice in config(SHORTEST).sections] == ["summary", "churn"]
    added = [f"sections.sql={{id: a, title: A, query: select {number}}}" for number in (1, 2)]
    assert [choice.name for choice in config(SHORTEST, *added).sections][2:] == ["sql"]


@pytest.mark.parametrize(
    ("sections", "line"),
    [
        ("[chrun]", "3:12: sections: unknown section 'chrun' (did you mean 'churn'?)"),
        ("[weather]", "3:12: sections: unknown section 'weather'"
         " (expected churn, sql, summary or traffic)"),
        ("[chrun: {}]", "3:12: sections.chrun: unknown section 'chrun' (did you mean 'churn'?)"),
        ("[churn: {required: perhaps}]",
         "3:30: sections.churn.required: expected true or false, got 'perhaps'"),
        ("[churn: {requird: true}]",
         "3:20: sections.churn: unknown key 'requird' (did you mean 'required'?)"),
        ("[churn: {on_failure: hide}]",
         "3:32: sections.churn.on_failure: expected hold, partial or skip, got 'hide'"),
        ("[churn: {inactive_days: 0}]",
         "3:35: sections.churn.inactive_days: expected a number of at least 1, got 0"),
        ("[churn: {eligible: al}]", "3:30: sections.churn.eligible: expected old_enough or all,"
         " got 'al' (did you mean 'all'?)"),
        ("[churn: {horizon: never}]",
         "3:29: sections.churn.horizon: expected a whole number or open, got 'never'"),
        ("[churn: 90]", "3:19: sections.churn: expected the options of 'churn' as a mapping"
         " (key: value), got 90"),
        ("[{churn: , inactive_days: 90}]", "3:22: sections.inactive_days: 'inactive_days' stands"
         " beside 'churn'; indent the options of 'churn' below it"),
        ("[churn, summary, churn]",
         "3:28: sections.churn: section 'churn' is in the list twice; only 'sql' may be repeated"),
        ("[sql: {id: a, title: A}]", "3:12: sections.sql: missing key 'query'"),
        ("[sql: {id: a, title: A, query: x}, sql: {id: a, title: B, query: y}]",
         "3:46: sections.sql: a second 'sql' section with the id 'a'; give each its own id"),
        ("[traffic: {source: shp}]",
         "3:30: sections.traffic.source: unknown source 'shp' (did you mean 'shop'?)"),
        ("[3]", "3:12: sections: expected a section's name, or a name with options such as"
         " churn: {inactive_days: 90}, got 3"),
        ("[]", "3:11: sections: names no section; leave the key out for all of them"),
        ("{churn: {}}", "3:11: sections: expected a list of sections, got a mapping"),
    ],
)  # fmt: skip
def test_one_mistake_is_one_line(problems: Problems, sections: str, line: str) -> None:
    assert problems(f"{SHORTEST}sections: {sections}\n") == [f"config/weekly.yml:{line}"]
