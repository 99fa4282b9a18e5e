"""A config written down in a test, loaded, or the lines that say what is wrong with it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from growthml.config.load import load
from growthml.config.schema import Config
from growthml.errors import ConfigError

FILE = Path("config/weekly.yml")


class Options(BaseModel):
    """A section without options."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ChurnOptions(Options):
    """Who has left."""

    inactive_days: int = Field(default=90, ge=1)
    """Days without a sign of life."""
    eligible: Literal["old_enough", "all"] = "old_enough"
    horizon: int | Literal["open"] = "open"


class SqlOptions(Options):
    """A query of one's own."""

    id: str
    title: str
    query: str


class TrafficOptions(Options):
    """A web log."""

    source: str | None = None


SECTIONS: dict[str, type[BaseModel]] = {
    "summary": Options,
    "churn": ChurnOptions,
    "sql": SqlOptions,
    "traffic": TrafficOptions,
}


@pytest.fixture
def sections() -> dict[str, type[BaseModel]]:
    """The sections these tests know, with their options."""
    return SECTIONS


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Config]:
    """`config(yaml, *overrides, **environment)`: the config of that text."""
    monkeypatch.chdir(tmp_path)
    FILE.parent.mkdir()

    def read(text: str | bytes, *overrides: str, **environ: str) -> Config:
        content = text if isinstance(text, bytes) else textwrap.dedent(text).encode()
        FILE.write_bytes(content)
        return load(
            FILE,
            options=SECTIONS,
            overrides=overrides,
            environ=environ,
            default_sections=["summary", "churn", "sql"],
        )

    return read


@pytest.fixture
def problems(config: Callable[..., Config]) -> Callable[..., list[str]]:
    """`problems(yaml, *overrides, **environment)`: what is wrong with that text, line by line."""

    def read(text: str | bytes, *overrides: str, **environ: str) -> list[str]:
        with pytest.raises(ConfigError) as error:
            config(text, *overrides, **environ)
        return str(error.value).splitlines()

    return read
