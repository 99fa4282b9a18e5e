"""Runs that are killed at any moment leave an archive that is whole."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from growthml.archive.runs import scan
from growthml.cli import main
from tests.sites import write_pair

MOMENTS = 20


@pytest.mark.slow
def test_an_archive_survives_twenty_kills(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = write_pair(
        tmp_path,
        delivery={
            "email": {
                "smtp": f"file:{tmp_path / 'outbox'}",
                "from": "growth@example.com",
                "to": ["team@example.com"],
            }
        },
    )
    archive = tmp_path / "reports"

    def start(day: int) -> subprocess.Popen[bytes]:
        arguments = ["run", str(config), "--as-of", f"2025-03-{day:02}", "--quiet"]
        return subprocess.Popen(
            [sys.executable, "-m", "growthml", *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def verified() -> bool:
        code = main(["archive", "verify", "--archive", str(archive)])
        said = capsys.readouterr()
        assert code == 0, said.out + said.err
        return True

    started = time.monotonic()
    assert start(1).wait() == 0
    whole = time.monotonic() - started
    assert verified()
    moments = random.Random(20250301)
    survived = 0
    for day in range(2, 2 + MOMENTS):
        process = start(day)
        # Most of a run is imports and counting: more often it is killed near its end.
        time.sleep(whole * moments.triangular(0.2, 1.1, 0.95))
        process.kill()
        survived += process.wait() == 0
        assert verified()
    assert survived < MOMENTS
    for day in range(2, 2 + MOMENTS):
        assert start(day).wait() in (0, 4)
        if day % 5 == 0:
            assert verified()
    runs = scan(archive).runs
    assert [run.as_of for run in runs] == [f"2025-03-{day:02}" for day in range(21, 0, -1)]
    page = (archive / "index.html").read_text(encoding="utf-8")
    assert all(f"tiny/{run.run_id}/report.html" in page for run in runs)
    mails = [path.read_bytes() for path in (tmp_path / "outbox").glob("*.eml")]
    assert len(mails) == len(set(mails)) <= 21
    assert verified()
