"""Campaigns to measure with: two simulated ones of one size, in the format asked for.

SIZES counts the events of both together and comes from the environment: `SIZES="1e5 1e6 1e7"`, as
does REPEATS, where the medians are to be over fewer runs than they should be.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from growthml.simulate import simulate

SIZES = [int(float(size)) for size in os.environ.get("SIZES", "1e5 1e6").split()]
CAMPAIGNS = ("spring", "summer")
EVENTS_PER_USER = 20

_CONFIG = """
report: {name: campaigns, title: Campaign report, currency: USD}
sources:
  spring: {url: "{spring}"}
  summer: {url: "{summer}"}
campaigns:
  spring: {source: spring, label: Spring}
  summer: {source: summer, label: Summer}
"""
_ENDINGS = {"duckdb": ".duckdb", "sqlite": ".db", "parquet": ""}


def repeats(events: int) -> int:
    """How often a size is measured: the median of five to a million events, of three above."""
    if "REPEATS" in os.environ:
        return int(os.environ["REPEATS"])
    return 5 if events <= 1_000_000 else 3 if events <= 10_000_000 else 1


@contextmanager
def campaigns(events: int, kind: str) -> Iterator[Path]:
    """A folder with `spring` and `summer` and `campaigns.yml`; gone when the block ends.

    kind: `duckdb`, `sqlite` or `parquet`. In summer Pinterest's users are 1.3 times as likely to
    buy.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = _CONFIG
        for seed, campaign in enumerate(CAMPAIGNS, start=1):
            out = folder / f"{campaign}{_ENDINGS[kind]}"
            url = str(out) if kind == "parquet" else f"{kind}:///{out}"
            simulate(
                out,
                users=events // 2 // EVENTS_PER_USER,
                events=events // 2,
                seed=seed,
                effects={"PI": 1.3} if campaign == "summer" else {},
            )
            config = config.replace(f"{{{campaign}}}", url)
        (folder / "campaigns.yml").write_text(config, encoding="utf-8")
        yield folder
