from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from growthml import plan
from growthml.archive.stored import FILE, load_run, stored
from growthml.cli import main
from growthml.errors import GrowthError
from growthml.progress import Progress
from growthml.run import Outcome, run
from growthml.secrets import remember
from growthml.simulate import simulate
from tests.sites import config_of

PAGES = ("report.html", "report.pdf", "summary.pdf")


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """A run with every section that two simulated campaigns can answer."""
    folder = tmp_path_factory.mktemp("stored")
    for name, seed in (("spring", 1), ("summer", 2)):
        simulate(folder / f"{name}.db", users=600, seed=seed)
    output = {"archive": str(folder / "reports"), "formats": ["html", "pdf"]}
    config = config_of(folder, sections=None, output=output)
    return run(plan.read_config(config), progress=Progress(quiet=True))


def test_pages_made_again_are_the_same_bytes(outcome: Outcome, tmp_path: Path) -> None:
    out = tmp_path / "again"
    assert main(["render", str(outcome.folder), "--out", str(out), "--quiet"]) == 0
    for name in PAGES:
        assert (out / name).read_bytes() == (outcome.folder / name).read_bytes(), name


def test_a_stored_run_stores_to_the_same_bytes_again(outcome: Outcome) -> None:
    assert stored(load_run(outcome.folder)) == (outcome.folder / FILE).read_bytes()


def test_pages_are_made_without_the_sources(outcome: Outcome, tmp_path: Path) -> None:
    sources = list(outcome.folder.parents[2].glob("*.db"))
    assert len(sources) == 2
    for source in sources:
        source.rename(source.with_suffix(".gone"))
    try:
        arguments = ["render", str(outcome.folder), "--out", str(tmp_path / "x"), "--quiet"]
        assert main([*arguments, "--format", "html"]) == 0
    finally:
        for source in sources:
            source.with_suffix(".gone").rename(source)
    assert [each.name for each in (tmp_path / "x").iterdir()] == ["report.html"]


def test_new_templates_say_the_same_numbers_in_another_way(
    outcome: Outcome, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "report.html.j2").write_text("<p>{{ front.verdict }}</p>", encoding="utf-8")
    arguments = ["render", str(outcome.folder), "--out", str(tmp_path / "x"), "--quiet"]
    assert main([*arguments, "--format", "html", "--templates", str(own)]) == 0
    front = outcome.run.sections[0].answer
    assert front is not None
    text = (tmp_path / "x" / "report.html").read_text(encoding="utf-8")
    assert text == f"<p>{front.headline}</p>"


def test_the_run_itself_never_changes(outcome: Outcome, capsys: pytest.CaptureFixture[str]) -> None:
    inside = outcome.folder / "again"
    assert main(["render", str(outcome.folder), "--out", str(inside), "--quiet"]) == 2
    assert not inside.exists()
    assert "never changes" in capsys.readouterr().err


def test_secrets_are_masked(outcome: Outcome) -> None:
    remember("canary-7f3a9c")
    from dataclasses import replace

    told = replace(outcome.run, title="Report of canary-7f3a9c")
    text = gzip.decompress(stored(told)).decode()
    assert "canary-7f3a9c" not in text
    assert "Report of ***" in text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"not gzip", "cannot be read"),
        (gzip.compress(b"{}"), "another version"),
        (gzip.compress(b'{"schema_version": 1, "run": {"$": "Rum"}}'), "cannot be read"),
    ],
    ids=["no archive", "no version", "no class"],  # gzip writes the time of day into its bytes
)
def test_a_broken_file_is_said_to_be(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(GrowthError, match=words):
        load_run(tmp_path)


def test_a_folder_without_pages_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(GrowthError, match="holds no pages"):
        load_run(tmp_path)


def test_nothing_in_the_file_names_code(outcome: Outcome) -> None:
    document = json.loads(gzip.decompress((outcome.folder / FILE).read_bytes()))
    sections = document["run"]["sections"]
    assert {frozenset(each["section"]) for each in sections} == {
        frozenset({"$", "id", "title", "question", "facts"})
    }
