"""What `check` warns of: a language without words, letters that no font has."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from growthml import plan
from growthml.config.doubts import doubts
from tests.sites import config_of, write_pair

with_fonts = pytest.mark.skipif(
    not (shutil.which("fc-list") and shutil.which("fc-query")), reason="there is no fontconfig"
)


def doubted(folder: Path, **keys: object) -> list[str]:
    return list(doubts(plan.read_config(config_of(folder, **keys))))


def labelled(label: str) -> dict[str, object]:
    return {
        "baseline": {"source": "spring", "label": "Frühling für α"},
        "new": {"source": "summer", "label": label},
    }


@with_fonts
def test_a_letter_that_no_font_has_is_named_by_its_key(tmp_path: Path) -> None:
    # U+0378 is no character, and none will be where it stands; so no font has it.
    [said] = doubted(tmp_path, campaigns=labelled("Summer \u0378"))
    assert said.startswith("campaigns.new.label: no font has \u0378 (U+0378)")


@with_fonts
def test_letters_of_our_typeface_and_signs_without_width_are_no_doubt(tmp_path: Path) -> None:
    assert doubted(tmp_path, campaigns=labelled("Été \u2013 лето \u2068e\u0301\u2069")) == []


def test_a_language_without_words_is_told_before_the_report(tmp_path: Path) -> None:
    [said] = doubted(tmp_path, report={"name": "tiny", "locale": "he_IL"})
    assert said.startswith("report.locale: there are no words in 'he' yet")
    assert doubted(tmp_path, report={"name": "tiny", "locale": "de_AT"}) == []


def test_check_says_so_and_accepts_the_config_without_drawing_anything(tmp_path: Path) -> None:
    config = write_pair(
        tmp_path, campaigns=labelled("קיץ"), report={"name": "tiny", "locale": "he_IL"}
    )
    script = (
        "import sys; from growthml.cli import main; code = main(sys.argv[1:]);"
        "print(*{'matplotlib', 'weasyprint', 'pandas', 'sklearn'} & set(sys.modules)); exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "check", str(config)],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    *_, warned, good, imported = done.stdout.splitlines()
    assert warned.startswith("Warning: report.locale")
    assert good.endswith(": good")
    assert imported == ""
