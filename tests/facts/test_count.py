"""Facts are counted once for all sources, and one that cannot be counted says why."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy.sql.selectable import Select

from growthml.config.source import SourceConfig
from growthml.errors import FactError, NotEnoughData
from growthml.facts import FACTS, Fact, count
from growthml.facts.count import Counts, Reading
from growthml.facts.relations import Cut, Relations
from growthml.parts import batches
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


def test_long_facts_are_let_go_and_short_ones_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(count, "LONG", 1)
    url = write("sqlite", tmp_path, market_tables())
    counts = Counts()
    with ExitStack() as stack:
        readings = [reading(stack, Question(url="", schema=schema_of()), "here", url)]
        for name in ("overlap", "totals"):
            counts.count(name, readings)
        columns = list(counts["totals"].columns)
        counts.let_go(["overlap", "totals", "never counted"])
    assert len(counts["overlap"]) == 1
    assert counts["totals"].empty
    assert list(counts["totals"].columns) == columns
    assert "totals" in counts
    assert "never counted" not in counts
    assert [run.name for run in counts.runs] == ["overlap", "totals"]


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


def test_a_streamed_fact_is_read_in_batches_from_every_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("growthml.sources.fetch.BATCH_ROWS", 2)
    everyone = Fact(
        name="everyone", says="", query=lambda known: known.users.select(), streamed=True
    )
    monkeypatch.setitem(FACTS, "everyone", everyone)
    counts = Counts()
    with ExitStack() as stack:
        question = Question(url="", schema=schema_of())
        readings = [
            reading(stack, question, key, write(backend, tmp_path, market_tables()))
            for key, backend in (("here", "sqlite"), ("there", "duckdb"))
        ]
        counts.count("everyone", readings)
        assert counts.runs == []
        frames = list(batches(counts, "everyone"))
        next(iter(batches(counts, "everyone")))
        again = list(batches(counts, "everyone"))
    assert [len(frame) for frame in frames if frame["campaign"].iloc[0] == "here"] == [2, 2, 1]
    rows = pd.concat(frames)
    assert sorted(zip(rows["campaign"], rows["user_id"], rows["source"], strict=True)) == [
        (key, user, f"source of {key}") for key in ("here", "there") for user in range(1, 6)
    ]
    assert sum(map(len, again)) == 10
    assert [(run.campaign, run.rows) for run in counts.runs] == [("here", 5), ("there", 5)]


def test_a_streamed_fact_without_its_field_raises_when_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def priced(known: Relations) -> Select[Any]:
        known.need("items.price")
        return known.users.select()

    monkeypatch.setitem(FACTS, "priced", Fact(name="priced", says="", query=priced, streamed=True))
    url = write("sqlite", tmp_path, market_tables())
    counts = Counts()
    with ExitStack() as stack:
        question = Question(url="", schema=schema_of(items=None))
        counts.count("priced", [reading(stack, question, "all", url)])
    with pytest.raises(NotEnoughData, match=r"items\.price"):
        batches(counts, "priced")
