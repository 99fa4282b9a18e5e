"""A section of one's own, from its skeleton to a report."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from growthml.cli import main
from tests.sites import write_pair

ROOT = Path(__file__).parents[2]


def test_what_is_written_passes_its_test_and_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new-section", "first_touch", "--dir", str(tmp_path / "own")]) == 0
    section, test = tmp_path / "own" / "first_touch.py", tmp_path / "own" / "test_first_touch.py"
    assert capsys.readouterr().out.splitlines()[:2] == [str(section), str(test)]
    assert "my_section" not in (section.read_text() + test.read_text()).lower()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", str(test)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout
    config = write_pair(tmp_path, sections=["first_touch"], extra_sections=[str(section)])
    assert main(["check", str(config)]) == 0
    assert main(["run", str(config), "--quiet"]) == 0
    [table] = tmp_path.glob("reports/tiny/*/tables/first_touch.by_channel.csv")
    # Spring: users 1 and 2 from FB, 3 and 4 from PI. Summer: 1 and 5 from FB, 2, 3 and 4 from PI.
    assert table.read_text().splitlines() == [
        "campaign,channel,users,share",
        "baseline,FB,2,0.5",
        "baseline,PI,2,0.5",
        "new,FB,2,0.4",
        "new,PI,3,0.6",
    ]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Über", "'Über' cannot name a section; use lower-case letters, digits and _"),
        ("churn", "there is a section 'churn' already; choose another name"),
    ],
)
def test_a_name_must_be_fit_and_free(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, said: str
) -> None:
    assert main(["new-section", name, "--dir", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"growthml: {said}\n"
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "test_mine.py").write_text("precious")
    assert main(["new-section", "mine", "--dir", str(tmp_path)]) == 2
    assert "test_mine.py is there already" in capsys.readouterr().err
    assert [each.name for each in tmp_path.iterdir()] == ["test_mine.py"]


def test_sections_of_a_config_are_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["new-section", "mine", "--dir", str(tmp_path)])
    config = write_pair(tmp_path, extra_sections=[str(tmp_path / "mine.py")])
    capsys.readouterr()
    assert main(["sections", "--config", str(config)]) == 0
    assert "mine             Where do users come from?" in capsys.readouterr().out
    assert main(["sections", "mine", "--config", str(config)]) == 0
    said = capsys.readouterr().out
    assert "fewest (default 1): Channels of fewer users" in said
    assert "mine.by_channel: campaign, channel, users, share" in said
    assert main(["sections", "mine"]) == 2
    assert "--config CONFIG adds those of its extra_sections" in capsys.readouterr().err
