"""The guide is true: its commands run, one after the other, in one folder."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)


def commands(guide: str) -> list[list[str]]:
    """What the guide tells to type, line by line."""
    lines = [line for block in BLOCK.findall(guide) for line in block.splitlines()]
    return [shlex.split(line, comments=True) for line in lines if line.strip()]


@pytest.mark.slow
def test_every_command_of_the_guide_ends_well(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
    typed = commands(guide)
    assert [line[1] for line in typed[:5]] == ["simulate", "simulate", "init", "check", "run"]
    for program, *arguments in typed:
        assert program == "growthml"
        done = subprocess.run(
            [sys.executable, "-m", "growthml", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"growthml {shlex.join(arguments)}\n{done.stderr}"
    shown = re.findall(r"^```yaml\n(.*?)^```", guide, re.DOTALL | re.MULTILINE)
    assert shown[0] in (tmp_path / "growthml.yml").read_text(encoding="utf-8")
    [report] = tmp_path.glob("reports/growthml/*/report.pdf")
    assert report.is_file()
