"""Sections on tiny databases: what one of them says about a site."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from growthml import plan
from growthml.formats import Formats
from growthml.parts import Answer, Campaign, Context, Metrics, SectionRun, Table
from growthml.progress import Progress
from growthml.run import run
from tests.sites import SPRING, SUMMER, Site, write_pair


def section(
    name: str, folder: Path, baseline: Site = SPRING, new: Site = SUMMER, **keys: Any
) -> SectionRun:
    """A section of the report that compares two sites, as it ended."""
    config = write_pair(folder, baseline, new, sections=[name], **keys)
    done = run(plan.read_config(config), formats=["html"], progress=Progress(quiet=True))
    (found,) = [each for each in done.run.sections if each.section.id == name]
    return found


def answer(
    name: str, folder: Path, baseline: Site = SPRING, new: Site = SUMMER, **keys: Any
) -> Answer:
    """What a section that could answer says."""
    found = section(name, folder, baseline, new, **keys).answer
    assert found is not None
    return found


def frame(found: Answer, table: str) -> pd.DataFrame:
    """The raw rows of a table."""
    (block,) = [b for b in found.blocks if isinstance(b, Table) and b.id == table]
    return block.frame


def row(found: Answer, table: str, **keys: Any) -> dict[str, Any]:
    """The one row of a table that its keys name."""
    rows = frame(found, table)
    for column, value in keys.items():
        rows = rows[rows[column] == value]
    (one,) = rows.to_dict("records")
    return dict(one)


def charts(found: Answer) -> dict[str, Any]:
    """The charts by their ids."""
    return {block.id: block for block in found.blocks if not isinstance(block, Table)}


def headings(found: Answer) -> list[str]:
    """What the findings are called."""
    return [finding.heading for finding in found.findings]


def crowd(*groups: tuple[str | None, int, str | None, int]) -> Site:
    """Groups of users who all signed up on one day: channel, how many, what each does, to what."""
    people = [(channel, action, meal) for channel, n, action, meal in groups for _ in range(n)]
    return Site(
        users=[(n, channel, "2025-01-02") for n, (channel, _, _) in enumerate(people, start=1)],
        events=[
            (n, action, "2025-01-05", meal)
            for n, (_, action, meal) in enumerate(people, start=1)
            if action is not None
        ],
    )


def context(*campaigns: Campaign, **keys: Any) -> Context:
    """A context for computing from facts made by hand."""
    return Context(
        campaigns=campaigns,
        timezone="UTC",
        metrics=Metrics(response="bought", idle=frozenset({"nothing"})),
        formats=Formats(),
        **keys,
    )
