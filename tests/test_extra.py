"""Sections from outside the package: files of one's own, and installed packages."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from growthml import plan
from growthml.cli import main
from growthml.errors import ConfigError, UsageError
from growthml.extra import from_file
from growthml.parts import Status
from growthml.progress import Progress
from growthml.run import Outcome, run
from tests.sites import config_of, write_pair

HEADS = '''
"""How many people there are, counted head by head."""
import sqlalchemy as sa
from growthml.facts import Fact
from growthml.parts import Answer, Column, Options, Section, Table


class HeadsOptions(Options):
    at_least: int = 1


def people(relations):
    users = relations.users
    return sa.select(users.c.campaign, sa.func.count().label("people")).group_by(users.c.campaign)


def compute(facts, context, options):
    frame = facts["heads"][["campaign", "people"]]
    {body}
    return Answer(
        headline="Heads were counted.",
        blocks=[Table(id="{table}", title="Heads", frame=frame, columns=[
            Column(name="campaign", head="Campaign"),
            Column(name="people", head="People", kind="{kind}"),
        ])],
    )


SECTION = Section(
    id="{id}", title="Heads", question="How many?", facts=("heads",), compute=compute,
    tables={{"count": ("campaign", "people")}}, options=HeadsOptions,
    own_facts=(Fact(name="heads", says="people", query=people),),
)
'''


def heads(folder: Path, name: str = "heads.py", **changes: str) -> Path:
    """A file whose section counts heads: four in Spring, five in Summer."""
    words = {"id": "heads", "table": "count", "kind": "count", "body": ""} | changes
    path = folder / name
    path.write_text(HEADS.format(**words).lstrip(), encoding="utf-8")
    return path


def report(folder: Path, *files: Path, **keys: Any) -> Path:
    """A config with these files on Spring and Summer, whose databases are written once."""
    write = config_of if (folder / "spring.db").exists() else write_pair
    return write(
        folder, **{"sections": ["summary", "heads"], "extra_sections": [*map(str, files)]} | keys
    )


def ran(config: Path, **options: Any) -> Outcome:
    quiet = Progress(quiet=True)
    return run(plan.read_config(config), formats=["html"], progress=quiet, **options)


def ended(outcome: Outcome) -> dict[str, tuple[Status, str]]:
    return {each.section.id: (each.status, each.reason) for each in outcome.run.sections}


def line_of(text: str, config: Path) -> int:
    return 1 + config.read_text().partition(text)[0].count("\n")


def problems(config: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        plan.read_config(config)
    return [str(each) for each in caught.value.problems]


def test_a_file_brings_a_section_and_its_fact(tmp_path: Path) -> None:
    done = ran(report(tmp_path, heads(tmp_path)))
    with (done.folder / "tables" / "heads.count.csv").open() as file:
        assert list(csv.DictReader(file)) == [
            {"campaign": "baseline", "people": "4"},
            {"campaign": "new", "people": "5"},
        ]
    manifest = json.loads((done.folder / "run.json").read_text())
    asked = [each for each in manifest["facts"] if each["name"] == "heads"]
    assert [each["campaign"] for each in asked] == ["baseline", "new"]
    assert manifest["versions"]["heads.py"].startswith("sha256:")
    page = (done.folder / "report.html").read_text()
    assert "Heads were counted." in page


def test_a_path_is_relative_to_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads(tmp_path)
    config = report(tmp_path / "elsewhere", Path("heads.py"))
    monkeypatch.chdir(tmp_path)
    assert ended(ran(config))["heads"] == (Status.OK, "")


def test_it_runs_where_the_config_names_no_sections(tmp_path: Path) -> None:
    assert "heads" in ended(ran(report(tmp_path, heads(tmp_path), sections=None)))


def test_it_can_be_the_only_one(tmp_path: Path) -> None:
    assert list(ended(ran(report(tmp_path, heads(tmp_path)), only=["heads"]))) == ["heads"]


def test_the_run_id_knows_the_files_content_and_not_its_folder(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    config = report(tmp_path, heads(tmp_path / "a"))
    first = ran(config)
    assert ran(report(tmp_path, heads(tmp_path / "b"))).run.run_id == first.run.run_id
    heads(tmp_path / "a", body="pass")
    assert ran(report(tmp_path, tmp_path / "a" / "heads.py")).run.run_id != first.run.run_id


def test_a_stored_run_is_rendered_without_the_file(tmp_path: Path) -> None:
    file = heads(tmp_path)
    done = ran(report(tmp_path, file))
    file.unlink()
    out = tmp_path / "again"
    assert main(["render", str(done.folder), "--out", str(out), "--format", "html"]) == 0
    assert (out / "report.html").read_bytes() == (done.folder / "report.html").read_bytes()


def test_its_options_are_checked_like_any_others(tmp_path: Path) -> None:
    config = report(tmp_path, heads(tmp_path), sections=[{"heads": {"at_leest": 2}}])
    assert problems(config) == [
        f"{config}:{line_of('at_leest', config)}:5: sections.heads: unknown key 'at_leest'"
        " (did you mean 'at_least'?)"
    ]


def test_the_schema_for_editors_knows_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["schema", str(report(tmp_path, heads(tmp_path)))]) == 0
    name, described = json.loads(capsys.readouterr().out)["properties"]["sections"]["items"][
        "anyOf"
    ]
    assert "heads" in str(name)
    assert "at_least" in described["properties"]["heads"]["properties"]


# -- what can be wrong -------------------------------------------------------------------------


def test_every_file_that_is_no_good_is_told_with_both_places(tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("one = 1\nif one\n")
    raising = tmp_path / "raising.py"
    raising.write_text("half = 1 // 2\nhalf / 0\n")
    leaving = tmp_path / "leaving.py"
    leaving.write_text("raise SystemExit(3)\n")
    empty = tmp_path / "empty.py"
    empty.write_text("")
    config = report(tmp_path, broken, raising, leaving, empty, tmp_path / "gone.py")
    first = line_of("broken.py", config)
    where = [f"{config}:{first + place}:3: extra_sections.{place}:" for place in range(5)]
    assert problems(config) == [
        f"{where[0]} broken.py:2: SyntaxError: expected ':'",
        f"{where[1]} raising.py:2: ZeroDivisionError: division by zero",
        f"{where[2]} leaving.py:1: SystemExit: 3",
        f"{where[3]} empty.py defines no section; write SECTION = Section(id=..., ...)",
        f"{where[4]} {tmp_path}/gone.py cannot be read: No such file or directory;"
        " relative paths start in the folder the command runs in",
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"id": "churn"},
            "heads.py defines the section 'churn', which is one of growthml's own already;"
            " give it another id",
        ),
        (
            {"id": "../heads"},
            "heads.py: the id '../heads' names files; use lower-case letters, digits and _",
        ),
    ],
)
def test_a_name_must_be_free_and_fit_for_files(
    tmp_path: Path, changes: dict[str, str], said: str
) -> None:
    config = report(tmp_path, heads(tmp_path, **changes), sections=["summary"])
    [problem] = problems(config)
    assert problem.endswith(said)


def test_two_files_cannot_bring_one_section_or_one_fact(tmp_path: Path) -> None:
    one, two = heads(tmp_path), heads(tmp_path, "more.py")
    [problem] = problems(report(tmp_path, one, two))
    assert "more.py defines the section 'heads', which is that of heads.py already" in problem
    heads(tmp_path, "more.py", id="more")
    config = plan.read_config(report(tmp_path, one, two, sections=["heads", "more"]))
    with pytest.raises(UsageError, match=r"more\.py and heads\.py both bring a fact 'heads'"):
        run(config, formats=["html"], progress=Progress(quiet=True))


def test_a_fact_must_be_there_and_its_name_free(tmp_path: Path) -> None:
    path = heads(tmp_path)
    path.write_text(path.read_text().replace('facts=("heads",)', 'facts=("head",)'))
    with pytest.raises(UsageError, match=r"asks for a fact 'head' that is not there \(did you"):
        from_file(path)
    path.write_text(path.read_text().replace('name="heads"', 'name="span"'))
    with pytest.raises(UsageError, match="the fact 'span' is there already"):
        from_file(path)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"body": "1 / 0"}, "(ZeroDivisionError: division by zero, at heads.py:18)"),
        ({"body": "return None"}, "(TypeError: compute returned a NoneType instead of an Answer)"),
        ({"body": "frame['x'] = [lambda: 1] * 2"}, "(TypeError: a run holds a function"),
        ({"body": "del frame['people']"}, "lacks its column 'people'"),
        ({"table": "../../../count"}, "(ValueError: '../../../count' names a file"),
        ({"body": "frame['people'] = 'many'"}, "(ValueError: could not convert string to float"),
    ],
)
def test_whatever_it_does_the_report_goes_on(
    tmp_path: Path, changes: dict[str, str], said: str
) -> None:
    done = ran(report(tmp_path, heads(tmp_path, **changes)))
    assert done.exit_code == 1
    assert ended(done)["summary"][0] is Status.OK
    status, reason = ended(done)["heads"]
    assert status is Status.FAILED
    assert said in reason
    assert "Mend heads.py and run again." in (done.folder / "report.html").read_text()


def test_a_fact_that_breaks_says_on_which_line(tmp_path: Path) -> None:
    path = heads(tmp_path)
    path.write_text(path.read_text().replace("users = relations.users", "users = relations.heads"))
    reason = ended(ran(report(tmp_path, path)))["heads"][1]
    assert reason.startswith("the fact 'heads' has a fault of its own: AttributeError:")
    assert reason.endswith(", at heads.py:12")


# -- packages ----------------------------------------------------------------------------------


def package(folder: Path, point: str, **changes: str) -> Path:
    """A distribution `growthml-heads` whose entry point names the section; installed for real."""
    source = folder / "source"
    (source / "growthml_heads").mkdir(parents=True)
    heads(source / "growthml_heads", "__init__.py", **changes)
    (source / "pyproject.toml").write_text(
        textwrap.dedent(
            f"""
            [build-system]
            requires = ["hatchling"]
            build-backend = "hatchling.build"
            [project]
            name = "growthml-heads"
            version = "1.2"
            [project.entry-points."growthml.sections"]
            heads = "{point}"
            """
        )
    )
    target = folder / "installed"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    alone = ["--no-index", "--no-deps", "--no-build-isolation", "--target", str(target)]
    subprocess.run([*pip, *alone, str(source)], check=True)
    return target


def growthml(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).parents[1]
    paths = os.pathsep.join([str(root), str(installed)])
    return subprocess.run(
        [sys.executable, "-m", "growthml", *arguments],
        env={**os.environ, "PYTHONPATH": paths},
        cwd=installed,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("point", ["growthml_heads", "growthml_heads:SECTION"])
def test_an_installed_package_brings_a_section(tmp_path: Path, point: str) -> None:
    installed = package(tmp_path, point)
    explained = growthml(installed, "sections", "heads")
    assert explained.returncode == 0, explained.stderr
    assert "How many people there are" in explained.stdout
    assert "From growthml-heads." in explained.stdout
    config = write_pair(tmp_path, sections=["heads"])
    made = growthml(installed, "run", str(config), "--quiet")
    assert made.returncode == 0, made.stderr
    [table] = tmp_path.glob("reports/tiny/*/tables/heads.count.csv")
    assert table.read_text() == "campaign,people\nbaseline,4\nnew,5\n"
    versions = json.loads((table.parents[1] / "run.json").read_text())["versions"]
    assert versions["growthml-heads"].startswith("1.2 sha256:")


def test_a_broken_package_is_told_and_left_out(tmp_path: Path) -> None:
    installed = package(tmp_path, "growthml_heads:NOTHING")
    config = write_pair(tmp_path, sections=["summary"])
    made = growthml(installed, "run", str(config), "--format", "html")
    assert made.returncode == 0, made.stderr
    assert "the installed section heads" in made.stderr
    assert "is left out: AttributeError" in made.stderr
