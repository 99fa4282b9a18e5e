from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from growthml import cli
from growthml.config.json_schema import json_schema
from growthml.sections import all_sections
from tests.sites import SECTIONS, SPRING, config_of, write_pair

ROOT = Path(__file__).parents[1]
HEAVY = ("duckdb", "matplotlib", "numpy", "pandas", "pyarrow", "scipy", "sklearn", "weasyprint")


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A config that compares four Spring users with five Summer users."""
    return write_pair(tmp_path)


@pytest.fixture
def says(capsys: pytest.CaptureFixture[str]) -> Any:
    """`says("run", config)` is the command's exit code, standard output and standard error."""

    def call(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = cli.main([str(each) for each in arguments])
        except SystemExit as ended:
            code = int(str(ended.code))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def command(*arguments: object, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "growthml", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
        capture_output=True,
        text=True,
        check=False,
    )


# -- run ---------------------------------------------------------------------------------------


def test_run_prints_the_answer_and_where_it_lies(says: Any, tiny: Path) -> None:
    code, out, err = says("run", tiny)
    verdict, lede, path = out.splitlines()
    assert code == 0
    assert verdict == "Too few responses to compare (1 of 4, 2 of 5)."
    assert lede.startswith("40.0\u202f% of 5 Summer users bought, against 25.0\u202f% of 4 Spring")
    assert Path(path).is_file()
    assert err.splitlines() == [
        "Opening sources",
        "Summary",
        "Acquisition",
        "Tendencies",
        "Profitability",
        "Data quality",
        "Drawing figures",
        "Setting the HTML page",
    ]


def test_running_again_says_that_nothing_was_added(says: Any, tiny: Path) -> None:
    says("run", tiny)
    code, out, _ = says("run", tiny, "--format", "pdf")
    assert code == 0
    assert "was in the archive already; nothing was added" in out
    assert "It was made without pdf, and a run never changes" in out


def test_json_is_one_document_and_nothing_else(says: Any, tiny: Path) -> None:
    code, out, err = says("run", tiny, "--json")
    found = json.loads(out)
    assert code == found["exit_code"] == 0
    assert found["status"] == "ok"
    assert found["as_of"] == "2025-02-18"
    assert found["added"] is True
    assert [each["id"] for each in found["sections"]] == SECTIONS
    assert (Path(found["folder"]) / "report.html").is_file()
    assert "report.html" in found["outputs"]
    assert "Opening sources" in err


def test_json_of_a_failure_is_one_document_too(says: Any, tiny: Path) -> None:
    (tiny.parent / "spring.db").unlink()
    code, out, err = says("run", tiny, "--json")
    found = json.loads(out)
    assert code == found["exit_code"] == 3
    assert "sources.spring" in found["error"]
    assert "sources.spring" in err


def test_quiet_says_nothing_on_stderr(says: Any, tiny: Path) -> None:
    code, out, err = says("run", tiny, "--quiet", "--format", "html,pdf")
    assert (code, err) == (0, "")
    assert len(out.splitlines()) == 5


def test_a_label_that_cannot_be_printed_is_said_unless_quiet(says: Any, tmp_path: Path) -> None:
    party = replace(SPRING, users=[(n, f"\U0010fffd {n % 2}", "2025-01-02") for n in range(1, 5)])
    config = write_pair(tmp_path, baseline=party, new=party)
    _, out, err = says("run", config, "--quiet", "--only", "acquisition")
    assert "Acquisition: suspicious: a label cannot be printed: glyph U+10FFFD" in out
    assert err == ""
    _, _, err = says("run", config, "--only", "acquisition", "--archive", tmp_path / "other")
    assert "U+10FFFD" in err


def test_only_runs_what_is_named(says: Any, tiny: Path) -> None:
    _, out, _ = says("run", tiny, "--json", "--only", "acquisition", "--only", "summary")
    assert [each["id"] for each in json.loads(out)["sections"]] == ["acquisition", "summary"]


def test_set_wins_over_the_file(says: Any, tiny: Path) -> None:
    _, out, _ = says("run", tiny, "--json", "--set", "report.title=Ours", "--set", "period=all")
    assert json.loads(out)["report"] == {"name": "tiny", "title": "Ours"}


def test_as_of_and_archive(says: Any, tiny: Path, tmp_path: Path) -> None:
    _, out, _ = says("run", tiny, "--json", "--as-of", "2025-01-31", "--archive", tmp_path / "x")
    found = json.loads(out)
    assert found["as_of"] == "2025-01-31"
    assert Path(found["folder"]).parent == tmp_path / "x" / "tiny"


def test_explain_shows_each_fact_and_its_sql(says: Any, tiny: Path) -> None:
    _, out, _ = says("run", tiny, "--explain", "--only", "acquisition")
    assert "-- totals of baseline (spring, sqlite)" in out
    assert re.search(r"-- \d+ rows, \d\.\d{3} s, parameters \{", out)
    assert out.count("SELECT") > 2


def test_explain_in_json_is_part_of_the_document(says: Any, tiny: Path) -> None:
    _, out, _ = says("run", tiny, "--explain", "--json", "--only", "acquisition")
    assert {each["campaign"] for each in json.loads(out)["facts"]} == {"baseline", "new"}


def test_a_failing_section_shows_no_traceback_unless_asked(
    says: Any, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compute(*_: object) -> None:
        raise ZeroDivisionError("no user left")

    monkeypatch.setitem(vars(all_sections()["acquisition"]), "compute", compute)
    code, out, err = says("run", tiny)
    assert code == 1
    assert "Acquisition: failed: an error in the section itself" in out
    assert "Acquisition failed: an error in the section itself" in err
    assert "Traceback" not in out + err
    code, out, err = says("run", tiny, "--verbose", "--archive", tiny.parent / "other")
    assert code == 1
    assert "Traceback" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["frobnicate"],
        ["run"],
        ["run", "report.yml", "--frob"],
        ["run", "report.yml", "--as-of", "yesterday"],
        ["run", "report.yml", "--format", "docx"],
        ["run", "nowhere.yml"],
        ["check", "nowhere.yml"],
        ["sections", "sumary"],
        ["simulate", "x.db", "--effect", "PI"],
        [],
    ],
)
def test_bad_usage_exits_with_2(says: Any, arguments: list[str]) -> None:
    code, out, err = says(*arguments)
    assert code == 2
    assert out == ""
    assert err


# -- configs with mistakes ---------------------------------------------------------------------

SIX_MISTAKES = """\
report: {name: six, currency: dollars}
sources:
  spring: {url: "sqlite:///spring.db", threads: many}
campaigns:
  baseline: {source: sprong}
perriod: all
statistics: {confidence: 95}
sections:
  - sumary
"""


def test_six_mistakes_are_six_located_lines(says: Any, tmp_path: Path) -> None:
    config = tmp_path / "six.yml"
    config.write_text(SIX_MISTAKES, encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    code, out, err = says("run", config, "--archive", tmp_path / "reports")
    assert code == 2
    assert out == ""
    lines = err.removeprefix("growthml: ").splitlines()
    places = [re.match(rf"{re.escape(str(config))}:(\d+):\d+: ", line) for line in lines]
    assert [each and int(each[1]) for each in places] == [1, 3, 5, 6, 7, 9]
    assert "did you mean 'period'" in err
    assert "did you mean 'summary'" in err
    assert sorted(tmp_path.rglob("*")) == before


def test_check_names_each_missing_table_and_column(says: Any, tiny: Path) -> None:
    config = config_of(
        tiny.parent,
        schema={
            "users": {"table": "Users", "id": "id", "channel": "Campaign"},
            "items": {"table": "Meals", "id": "id"},
            "events": {"table": "Event", "user_id": "User", "action": "Type"},
        },
    )
    code, out, err = says("check", config)
    assert code == 2
    assert out == ""
    for source in ("spring", "summer"):
        assert f"sources.{source}: schema.users.channel: table 'Users' has no column 'Ca" in err
        assert f"sources.{source}: schema.items.table: there is no table 'Meals'" in err
        assert f"sources.{source}: schema.events.user_id: table 'Event' has no column 'Us" in err
    assert "(did you mean 'Meal'?)" in err


def test_check_of_a_good_config(says: Any, tiny: Path) -> None:
    code, out, _ = says("check", tiny)
    assert code == 0
    assert "spring: sqlite:///spring.db (sqlite), " in out
    assert f"{tiny}: good" in out
    code, out, _ = says("check", tiny, "--json")
    assert [each["source"] for each in json.loads(out)["sources"]] == ["spring", "summer"]
    assert not (tiny.parent / "reports").exists()


def test_check_of_a_source_that_is_not_there(says: Any, tiny: Path) -> None:
    (tiny.parent / "summer.db").unlink()
    code, _, err = says("check", tiny)
    assert code == 3
    assert "sources.summer" in err


# -- secrets -----------------------------------------------------------------------------------

CANARY = "c4nary-in-the-mine"


def test_a_password_stays_out_of_everything(tiny: Path) -> None:
    config = config_of(
        tiny.parent,
        sources={
            "spring": {"url": f"sqlite:///{tiny.parent / 'spring.db'}"},
            "summer": {"url": "postgresql://app:${DB_PASSWORD}@127.0.0.1:1/shop"},
        },
    )
    for verb in ("run", "check"):
        done = command(verb, config, "--json", "--verbose", cwd=tiny.parent, DB_PASSWORD=CANARY)
        assert done.returncode == 3
        assert "sources.summer" in done.stderr
        assert CANARY not in done.stdout + done.stderr
    assert not (tiny.parent / "reports").exists()


def test_a_password_of_a_mail_server_stays_out_of_every_file(tiny: Path) -> None:
    config = config_of(
        tiny.parent,
        delivery={
            "email": {
                "smtp": "smtps://app:${DB_PASSWORD}@localhost:9",
                "from": "growth@example.com",
                "to": ["team@example.com"],
            }
        },
        output={"archive": str(tiny.parent / "reports"), "formats": ["html", "pdf"]},
    )
    done = command("run", config, "--no-send", "--verbose", cwd=tiny.parent, DB_PASSWORD=CANARY)
    assert done.returncode == 0, done.stderr
    assert CANARY not in done.stdout + done.stderr
    written = [path for path in (tiny.parent / "reports").rglob("*") if path.is_file()]
    assert written
    assert [path for path in written if CANARY.encode() in path.read_bytes()] == []


# -- the other verbs ---------------------------------------------------------------------------


def test_sections_lists_every_section_with_its_question(says: Any) -> None:
    code, out, _ = says("sections")
    assert code == 0
    assert len(out.splitlines()) == len(all_sections())
    for name, section in all_sections().items():
        assert re.search(rf"^{name} +{re.escape(section.question)}$", out, re.MULTILINE)


def test_a_section_is_explained_with_its_options_and_tables(says: Any) -> None:
    code, out, _ = says("sections", "data_quality")
    assert code == 0
    assert "stale_days (default 7)" in out
    assert "data_quality.checks: campaign, check, rows_checked" in out


def test_schema_is_json_schema_that_names_every_section(says: Any) -> None:
    code, out, _ = says("schema")
    found = json.loads(out)
    assert code == 0
    options = {name: section.options for name, section in all_sections().items()}
    assert found == json_schema(options)
    for name in all_sections():
        assert f'"{name}"' in out


@pytest.mark.parametrize("path", sorted((ROOT / "config").glob("*.yml")), ids=lambda p: p.stem)
def test_schema_accepts_the_shipped_configs(says: Any, path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    _, out, _ = says("schema")
    found = json.loads(out)
    jsonschema.Draft202012Validator.check_schema(found)
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert list(jsonschema.Draft202012Validator(found).iter_errors(document)) == []
    wrong = {**document, "perriod": "all"}
    assert list(jsonschema.Draft202012Validator(found).iter_errors(wrong)) != []


def test_simulate_writes_a_database_and_says_what_is_in_it(says: Any, tmp_path: Path) -> None:
    out = tmp_path / "made.db"
    code, said, _ = says("simulate", out, "--users", 40, "--seed", 3, "--effect", "PI=1.5")
    assert code == 0
    assert said.startswith(f"{out}: 40 users, ")
    assert len(re.findall(r"planted conversion", said)) == 4
    assert says("simulate", out, "--users", 40)[0] == 2
    assert says("simulate", out, "--users", 40, "--force")[0] == 0


def test_demo_makes_its_data_and_its_report(
    says: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, _ = says("demo", "--users", 300, "--format", "html")
    assert code == 0
    assert (tmp_path / "data" / "demo-spring.db").is_file()
    assert (tmp_path / out.splitlines()[-1]).is_file()


def test_templates_are_exported_and_one_of_them_overridden(
    says: Any, tiny: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "ours"
    code, out, _ = says("templates", "--export", folder)
    assert code == 0
    assert str(folder / "report.html.j2") in out.splitlines()
    for path in folder.rglob("*"):
        if path.is_file() and path.name != "screen.css":
            path.unlink()
    style = folder / "screen.css"
    style.write_text(style.read_text(encoding="utf-8") + "/* house style */", encoding="utf-8")
    _, out, _ = says("run", tiny, "--json", "--set", f"output.templates={folder}")
    page = Path(json.loads(out)["folder"]) / "report.html"
    assert "/* house style */" in page.read_text(encoding="utf-8")


def test_templates_are_not_written_over(says: Any, tmp_path: Path) -> None:
    says("templates", "--export", tmp_path)
    assert says("templates", "--export", tmp_path)[0] == 2


# -- terminals and start-up --------------------------------------------------------------------


def test_a_bar_on_a_terminal(tiny: Path) -> None:
    try:
        ours, theirs = pty.openpty()
    except OSError:
        pytest.skip("this machine has no pseudo-terminals")
    done = subprocess.Popen(
        [sys.executable, "-m", "growthml", "run", str(tiny), "--only", "acquisition"],
        cwd=tiny.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    while chunk := _read(ours):
        shown += chunk
    os.close(ours)
    assert done.wait() == 0
    text = shown.decode()
    assert re.search(r"\[█+·+\] +\d+ s  Drawing figures", text)
    assert text.endswith("\r\x1b[2K")
    assert "\n" not in text


def _read(handle: int) -> bytes:
    try:
        return os.read(handle, 4096)
    except OSError:
        return b""


@pytest.mark.parametrize(
    ("arguments", "forbidden"),
    [
        (["--help"], (*HEAVY, "sqlalchemy", "pydantic")),
        (["schema"], (*HEAVY, "sqlalchemy", "yaml")),
        (["sections"], (*HEAVY, "sqlalchemy")),
        (["check", "report.yml"], tuple(name for name in HEAVY if name != "duckdb")),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_quick_verbs_leave_heavy_libraries_alone(
    tiny: Path, arguments: list[str], forbidden: tuple[str, ...]
) -> None:
    code = (
        "import contextlib, io, sys\n"
        "from growthml.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        f"    main({arguments!r})\n"
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tiny.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(forbidden) & set(done.stdout.split()) == set()
