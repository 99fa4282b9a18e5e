"""Facts are counted once for all sources, and one that cannot be counted says why."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date
from pathlib import Path

import pytest

from growthml.config.schema import SourceConfig
from growthml.errors import FactError, NotEnoughData
from growthml.facts.count import Counts, Reading
from growthml.facts.relations import Cut, Relations
from growthml.sources.source import Source
from tests.facts.market import COUNTING, Question, market_tables, schema_of, write


def reading(stack: ExitStack, question: Question, key: str, url: str) -> Reading:
    config = SourceConfig.model_validate({"url": url})
    source = stack.enter_context(Source(f"source of {key}", config))
    mapped, _ = source.map(question.schema, stored_zone="UTC", report_zone="UTC")
    cut = Cut(key=key, start=date(2025, 1, 1))
    return Reading(source, Relations(mapped, [cut], COUNTING))


def test_sources_are_put_together(tmp_path: Path) -> None:
    question = Question(url="", schema=schema_of())
    counts = Counts()
    with ExitStack() as stack:
        readings = []
        for key, backend in (("here", "sqlite"), ("there", "duckdb")):
            url = write(backend, tmp_path, market_tables())
            readings.append(reading(stack, question, key, url))
        counts.count("overlap", readings)
    assert counts["overlap"].to_dict("list") == {
        "campaign": ["here", "there"],
        "users": [5, 5],
        "in_several": [0, 0],
        "source": ["source of here", "source of there"],
    }
    here, there = counts.runs
    assert (here.campaign, here.source, here.dialect, here.rows) == (
        "here",
        "source of here",
        "sqlite",
        1,
    )
    assert there.dialect == "duckdb"
    assert "2025-01-01 00:00:00" in here.parameters.values()


def test_a_fact_without_its_field_raises_when_it_is_asked_for(tmp_path: Path) -> None:
    url = write("sqlite", tmp_path, market_tables())
    counts = Counts()
    with ExitStack() as stack:
        question = Question(url="", schema=schema_of(items=None))
        counts.count("item_quality", [reading(stack, question, "all", url)])
    assert "item_quality" not in counts
    with pytest.raises(NotEnoughData, match=r"items\.price"):
        counts["item_quality"]


def test_a_query_that_fails_raises_when_it_is_asked_for(tmp_path: Path) -> None:
    url = write("csv", tmp_path, market_tables())
    counts = Counts()
    with ExitStack() as stack:
        asked = reading(stack, Question(url="", schema=schema_of()), "all", url)
        (tmp_path / "events.csv").unlink()
        counts.count("actions", [asked])
    with pytest.raises(FactError, match="the query on source 'source of all' failed") as failure:
        counts["actions"]
    assert str(tmp_path) not in str(failure.value)
