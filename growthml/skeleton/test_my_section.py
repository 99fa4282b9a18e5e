"""`my_section` on a story small enough to count on one's fingers, and on a database."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from growthml.errors import NotEnoughData
from growthml.extra import from_file
from growthml.formats import Formats
from growthml.parts import Campaign, Context, Metrics, Status, Table
from growthml.plan import read_config
from growthml.run import run
from growthml.simulate import simulate

FILE = Path(__file__).with_name("my_section.py")
SECTION = from_file(FILE)

CONTEXT = Context(
    campaigns=[
        Campaign(key="spring", label="Spring", source="site", colour="baseline"),
        Campaign(key="summer", label="Summer", source="site", colour="new"),
    ],
    as_of=date(2025, 3, 1),
    timezone="UTC",
    metrics=Metrics(response="bought", idle=frozenset({"nothing"})),
    formats=Formats(),
    labels={"campaign": {"spring": "Spring", "summer": "Summer"}},
)

COUNTED = pd.DataFrame(
    {
        "campaign": ["spring", "spring", "summer"],
        "channel": ["FB", "PI", "FB"],
        "users": [1, 3, 2],
    }
)
"""Four people came in spring, three of them from PI; two came in summer, both from FB."""


def test_shares_are_of_the_campaigns_own_users() -> None:
    answer = SECTION.compute({"my_section_users": COUNTED}, CONTEXT, SECTION.options())
    [table] = [block for block in answer.blocks if isinstance(block, Table)]
    assert list(table.frame["share"]) == [1 / 4, 3 / 4, 2 / 2]
    assert answer.headline == "100\u202f% of Summer users came from FB."


def test_small_channels_are_left_out() -> None:
    with pytest.raises(NotEnoughData, match="no channel has 4 users or more"):
        SECTION.compute(
            {"my_section_users": COUNTED}, CONTEXT, SECTION.options.model_validate({"fewest": 4})
        )


def test_it_runs_on_a_database(tmp_path: Path) -> None:
    simulate(tmp_path / "site.db", users=100, seed=1)
    config = tmp_path / "report.yml"
    config.write_text(
        f"sources: {{site: {{url: 'sqlite:///{tmp_path}/site.db'}}}}\n"
        "campaigns: {spring: {source: site}}\n"
        f"extra_sections: ['{FILE}']\n"
        "sections: [my_section]\n"
    )
    done = run(read_config(config), archive=tmp_path / "reports", formats=["html"])
    assert [(each.section.id, each.status) for each in done.run.sections] == [
        ("my_section", Status.OK)
    ]
    assert sum(each.rows for each in done.run.facts if each.name == "my_section_users") > 1
