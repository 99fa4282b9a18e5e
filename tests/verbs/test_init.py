"""`growthml init`: from a database nobody described to a config that check accepts."""

from __future__ import annotations

import csv
import json
import os
import pty
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from growthml import cli
from tests.backends import Table, write
from tests.sites import SPRING, SUMMER, Site

ROOT = Path(__file__).parents[2]
Says = Callable[..., tuple[int, str, str]]


@pytest.fixture
def says(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Says:
    """`says("init", "--url", url)` is the command's exit code, output and errors, in an empty
    folder."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = cli.main([str(each) for each in arguments])
        except SystemExit as ended:
            code = int(str(ended.code))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def database(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path)) as made, made:
        made.executescript(";".join(statements))
    return path


def written(path: Path = Path("growthml.yml")) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


# -- what is found -----------------------------------------------------------------------------


def test_two_databases_are_compared_the_baseline_first(says: Says) -> None:
    SPRING.write(Path("spring.db"))
    SUMMER.write(Path("summer.db"))
    code, out, _ = says("init", "--url", "sqlite:///spring.db", "--url", "sqlite:///summer.db")
    assert code == 0
    config = written()
    assert config["schema"] == {
        "users": {
            "table": "Users",
            "id": "id",
            "channel": "Campaign_ID",
            "signed_up_at": "Created_Date",
        },
        "items": {"table": "Meal", "id": "id", "category": "Type", "price": "price"},
        "events": {
            "table": "Event",
            "id": "id",
            "user_id": "User_Id",
            "item_id": "Meal_Id",
            "action": "Type",
            "occurred_at": "date",
        },
    }
    assert config["campaigns"] == {
        "baseline": {"source": "spring", "label": "Spring"},
        "new": {"source": "summer", "label": "Summer"},
    }
    assert config["metrics"] == {"response": "bought", "idle": ["nothing"], "value": "price"}
    assert "Written: growthml.yml" in out
    assert says("check", "growthml.yml")[0] == 0


def test_a_report_without_a_hand_edit(says: Says) -> None:
    SPRING.write(Path("spring.db"))
    SUMMER.write(Path("summer.db"))
    says("init", "--url", "spring.db", "--url", "summer.db")
    code, out, _ = says(
        "run", "growthml.yml", "--json", "--only", "summary", "--only", "profitability",
        "--format", "html",
    )  # fmt: skip
    assert code == 0
    assert json.loads(out)["status"] == "ok"
    kpis = Path(json.loads(out)["folder"]) / "tables" / "summary.kpis.csv"
    rows = [line.split(",") for line in kpis.read_text().splitlines()]
    at = rows[0].index("value")
    revenue = {row[2]: float(row[at]) for row in rows[1:] if row[0] == "revenue"}
    assert revenue == {"baseline": 30.0, "new": 40.0}  # 10 and 20; twice 20


@pytest.mark.parametrize("server", ["postgresql", "mariadb"])
def test_two_databases_of_a_server_need_no_hand_edit(says: Says, server: str) -> None:
    def tables(site: Site) -> list[Table]:
        users = [(user, channel, f"{day} 09:00:00") for user, channel, day in site.users]
        deeds = [(n, *each) for n, each in enumerate(site.events, start=1)]
        return [
            Table(
                name="Users",
                columns={"id": "INTEGER", "Campaign_ID": "VARCHAR", "created_at": "TIMESTAMP"},
                rows=users,
                key="id",
            ),
            Table(
                name="Event",
                columns={
                    **{"id": "INTEGER", "User_Id": "INTEGER", "Type": "VARCHAR"},
                    **{"date": "DATE", "Meal_Id": "INTEGER"},
                },
                rows=deeds,
                key="id",
            ),
        ]

    urls = [write(server, Path(), tables(site)) for site in (SPRING, SUMMER)]
    code, out, err = says("init", "--url", urls[0], "--url", urls[1], "--yes")
    assert code == 0, out + err
    assert written()["schema"]["events"]["occurred_at"] == "date"
    assert says("check", "growthml.yml")[0] == 0
    code, out, _ = says("run", "growthml.yml", "--json", "--only", "summary", "--format", "html")
    assert (code, json.loads(out)["status"]) == (0, "ok")
    with (Path(json.loads(out)["folder"]) / "tables" / "summary.kpis.csv").open() as file:
        kpis = {(row["metric"], row["campaign"]): row["value"] for row in csv.DictReader(file)}
    assert kpis["users", "baseline"] == "4"
    assert kpis["users", "new"] == "5"


# -- secrets -----------------------------------------------------------------------------------


def test_a_password_is_written_nowhere(says: Says, tmp_path: Path) -> None:
    canary = "c4nary-in-the-mine"
    code, out, err = says("init", "--url", f"postgresql://app:{canary}@127.0.0.1:1/shop")
    assert code == 3
    assert canary not in out + err
    assert not list(tmp_path.glob("*.yml"))


def test_the_config_names_a_variable_and_init_says_which(says: Says, monkeypatch: Any) -> None:
    canary = "c4nary-in-the-mine"
    SPRING.write(Path("spring.db"))
    code, out, err = says("init", "--url", f"sqlite:///spring.db?token={canary}")
    assert code == 0
    assert canary not in out + err + Path("growthml.yml").read_text()
    assert "export SPRING_PASSWORD=" in out
    assert written()["sources"]["spring"]["url"] == "sqlite:///spring.db?token=${SPRING_PASSWORD}"
    assert says("check", "growthml.yml")[0] == 2
    monkeypatch.setenv("SPRING_PASSWORD", canary)
    assert says("check", "growthml.yml")[0] == 0


def test_json_is_one_document(says: Says) -> None:
    SPRING.write(Path("spring.db"))
    code, out, err = says(
        "init", "reports/weekly", "--url", "spring.db", "--json", "--name", "shop"
    )
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert found["config"] == "reports/weekly/shop.yml"
    assert found["sources"][0]["roles"]["events"]["fields"]["action"] == {
        "column": "Type",
        "sureness": "sure",
        "samples": "like, nothing, bought",
    }
    assert (found["todo"], found["problem"]) == ([], None)
    assert written(Path("reports/weekly/shop.yml"))["report"] == {"name": "shop"}


# -- what stops it -----------------------------------------------------------------------------


def test_a_file_that_is_there_is_kept(says: Says) -> None:
    SPRING.write(Path("spring.db"))
    Path("growthml.yml").write_text("mine")
    code, _, err = says("init", "--url", "spring.db")
    assert code == 2
    assert "--force" in err
    assert Path("growthml.yml").read_text() == "mine"
    assert says("init", "--url", "spring.db", "--force")[0] == 0
    assert "campaigns" in written()


def test_without_a_url_and_without_a_terminal_it_names_the_option(says: Says) -> None:
    code, _, err = says("init")
    assert code == 2
    assert "--url" in err


def test_a_database_without_a_table(says: Says, tmp_path: Path) -> None:
    database(Path("empty.db"), "CREATE TABLE t (a)", "DROP TABLE t")
    code, _, err = says("init", "--url", "sqlite:///empty.db")
    assert code == 2
    assert "no table" in err
    assert not list(tmp_path.glob("*.yml"))


def test_a_table_that_is_nobodys_says_which_line_to_fill_in(says: Says) -> None:
    database(
        Path("weather.db"),
        "CREATE TABLE weather (day TEXT, rain REAL)",
        "INSERT INTO weather VALUES ('2025-01-01', 1.5), ('2025-01-02', 0.5), ('2025-01-03', 0.5)",
    )
    code, out, _ = says("init", "--url", "sqlite:///weather.db")
    assert code == 2
    [line] = [
        number
        for number, text in enumerate(Path("growthml.yml").read_text().splitlines(), start=1)
        if "TODO" in text
    ]
    assert f"growthml.yml:{line}: to be filled in: the column of the user's id" in out
    code, _, err = says("check", "growthml.yml")
    assert code == 2
    assert f"growthml.yml:{line}:" in err


# -- a person at a terminal --------------------------------------------------------------------


def typed(answers: str, *arguments: str, cwd: Path) -> tuple[int, str]:
    """The command at a terminal of its own, answers typed ahead; its exit code and the screen."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "growthml", *arguments],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    os.close(follower)
    os.write(leader, answers.encode())
    screen = b""
    try:
        while part := os.read(leader, 4096):
            screen += part
    except OSError:  # the other end is closed
        pass
    finally:
        os.close(leader)
    return process.wait(timeout=60), screen.decode()


def visits_to_a_shop(path: Path) -> Path:
    """Three people; neither of two actions speaks of buying, so that somebody must be asked."""
    rows = [
        "(1, 'looked', '2025-01-01')",
        "(2, 'waved', '2025-01-02')",
        "(3, 'looked', '2025-01-03')",
    ]
    return database(
        path,
        "CREATE TABLE events (user_id INTEGER, action TEXT, at TEXT)",
        f"INSERT INTO events VALUES {', '.join([*rows, *rows])}",
    )


def test_a_person_is_asked_and_obeyed(tmp_path: Path) -> None:
    visits_to_a_shop(tmp_path / "shop.db")
    code, screen = typed("2\n", "init", "--url", "shop.db", cwd=tmp_path)
    assert code == 0, screen
    assert "Which action are the campaigns for?" in screen
    assert written(tmp_path / "growthml.yml")["metrics"]["response"] == "looked"


def test_a_person_who_leaves_leaves_nothing_behind(tmp_path: Path) -> None:
    visits_to_a_shop(tmp_path / "shop.db")
    code, screen = typed("\x04", "init", "--url", "shop.db", cwd=tmp_path)
    assert code == 2
    assert "Nothing was written" in screen
    assert not list(tmp_path.glob("*.yml"))


def test_yes_asks_nobody(tmp_path: Path) -> None:
    visits_to_a_shop(tmp_path / "shop.db")
    code, screen = typed("", "init", "--yes", "--url", "shop.db", cwd=tmp_path)
    assert code == 0, screen
    assert "?" not in screen
    assert written(tmp_path / "growthml.yml")["metrics"]["response"] == "waved"


def test_a_person_without_a_url_is_asked_for_it(tmp_path: Path) -> None:
    visits_to_a_shop(tmp_path / "shop.db")
    code, screen = typed("shop.db\n\n\n", "init", cwd=tmp_path)
    assert code == 0, screen
    assert written(tmp_path / "growthml.yml")["sources"] == {"shop": {"url": "sqlite:///shop.db"}}


# -- published data beside the checkout --------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("workshop", ["campaign-1.db", "campaign-2.db"]),
        ("workshop", ["campaign-1.db"]),
        ("online_retail", ["data.csv.gz"]),
        ("online_retail", ["orders.csv"]),
        ("hillstrom", ["data.csv"]),
        ("cdnow", ["data.csv"]),
        ("cdnow_master_cohorts", ["data.csv"]),
        ("bank_marketing", ["data.csv"]),
        ("online_shoppers", ["data.csv"]),
        ("toy_hand_checked", ["data.csv"]),
        ("web_apache_logs", ["access.log"]),
        ("web_apache_logs", ["data.csv"]),
    ],
)
def test_check_accepts_what_is_written(
    says: Says, shared: Callable[[str], Path], name: str, files: list[str]
) -> None:
    urls = [each for file in files for each in ("--url", shared(name) / file)]
    code, out, err = says("init", *urls)
    assert code == 0, out + err
    assert "TODO" not in Path("growthml.yml").read_text()
    assert says("check", "growthml.yml")[0] == 0


@pytest.mark.slow
def test_the_raw_lines_of_online_retail_end_in_their_published_revenue(
    says: Says, shared: Callable[[str], Path]
) -> None:
    says("init", "--url", shared("online_retail") / "data.csv.gz")
    config = yaml.safe_load(Path("growthml.yml").read_text())
    config["campaigns"] = {"baseline": {"source": "data"}}
    Path("growthml.yml").write_text(yaml.safe_dump(config))
    _, out, _ = says("run", "growthml.yml", "--json", "--only", "summary", "--format", "html")
    kpis = Path(json.loads(out)["folder"]) / "tables" / "summary.kpis.csv"
    [revenue] = [line for line in kpis.read_text().splitlines() if line.startswith("revenue,")]
    assert float(revenue.split(",")[4]) == pytest.approx(8911407.904, rel=1e-9)
