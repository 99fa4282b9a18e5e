"""`config/weekly.yml` as it stands, on simulated data and a real mail server."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from growthml.cli import main
from growthml.simulate import simulate
from tests.deliver.post_office import Office, opened

ROOT = Path(__file__).resolve().parents[1]
CONFIG = ROOT / "config" / "weekly.yml"
SHORT = ["--format", "html", "--quiet"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("site") / "site.db"
    simulate(path, users=3000, seed=2)
    return path


@pytest.fixture
def place(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SITE_URL", f"sqlite:///{site}")
    monkeypatch.delenv("SMTP_URL", raising=False)
    return tmp_path


def run(*arguments: str) -> int:
    return main(["run", str(CONFIG), *SHORT, *arguments])


def all_files(folder: Path) -> dict[str, str]:
    """Every file of the archive that says what was found and sent, and its digest."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix not in (".db", ".lock", "")
    }


def test_two_mondays_are_two_mails_each_of_its_own_week(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(Office()) as office:
        monkeypatch.setenv("SMTP_URL", f"smtp://127.0.0.1:{office.port}")
        assert run("--as-of", "2025-06-02") == 0
        assert run("--as-of", "2025-06-09") == 0
        assert run("--as-of", "2025-06-09") == 0
        first, second = office.taken
    subjects = [str(each["Subject"]) for each in (first, second)]
    assert subjects[0].endswith("Weekly growth report 2 Jun 2025")
    assert subjects[1].endswith("Weekly growth report 9 Jun 2025")
    text = [each.get_body(("plain",)) for each in (first, second)]
    said = [each.get_content() if each else "" for each in text]
    assert "26 May 2025 - 1 Jun 2025 (Week 22)" in " ".join(said[0].split())
    assert "2 Jun 2025 - 8 Jun 2025 (Week 23)" in " ".join(said[1].split())
    assert first["Message-ID"] != second["Message-ID"]


def test_as_it_stands_it_mails_into_a_folder(place: Path) -> None:
    assert run("--as-of", "2025-06-02") == 0
    (mail,) = (place / "outbox").glob("*.eml")
    kept = place / "reports" / "deliveries" / mail.name
    assert kept.read_bytes() == mail.read_bytes()


def test_no_send_sends_nothing_and_a_later_run_does(place: Path) -> None:
    assert run("--as-of", "2025-06-02", "--no-send") == 0
    assert not (place / "outbox").exists()
    assert run("--as-of", "2025-06-02") == 0
    assert len(list((place / "outbox").glob("*.eml"))) == 1


def test_a_preview_looks_back_and_leaves_the_archive_alone(place: Path) -> None:
    assert run("--as-of", "2025-06-02") == 0
    before = all_files(place / "reports")
    arguments = ["preview", str(CONFIG), "--as-of", "2025-06-09", "--out", "look", "--quiet"]
    assert main(arguments) == 0
    page = (place / "look" / "report.html").read_text(encoding="utf-8")
    assert "Too early for a usual range: 1 earlier report of the 8 it takes." in page
    assert all_files(place / "reports") == before
    assert len(list((place / "outbox").glob("*.eml"))) == 1
    assert run("--from", "2025-06-16", "--to", "2025-06-16") == 0
    (found,) = (place / "reports" / "weekly").glob("2025-06-16*")
    assert "1 earlier report of" in (found / "report.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_twelve_weeks_are_made_up_for_once(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weeks = ("--from", "2025-07-01", "--to", "2025-09-22")
    assert run(*weeks) == 0
    first = capsys.readouterr().out.splitlines()
    assert len(first) == 12
    assert not any("was there" in line for line in first)
    before = all_files(place / "reports")
    assert run(*weeks) == 0
    again = capsys.readouterr().out.splitlines()
    assert again == [f"{line}, was there" for line in first]
    assert all_files(place / "reports") == before
    assert not (place / "outbox").exists()
    days = [line[:10] for line in first]
    assert (days[0], days[-1]) == ("2025-07-07", "2025-09-22")
    assert main(["archive", "verify"]) == 0
    capsys.readouterr()
    last, before_last = (first[-1].partition(":")[0], first[-2].partition(":")[0])
    assert main(["archive", "compare", before_last, last, "--json"]) == 0
    moved = json.loads(capsys.readouterr().out)
    assert moved
    page = (place / "reports" / "weekly" / last / "report.html").read_text(encoding="utf-8")
    assert "since the report of 15 Sep 2025" in page


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--from", "2025-07-01"], "--from and --to go together"),
        (["--from", "2025-07-01", "--to", "2025-07-02"], "no week ended between"),
        (["--from", "2025-07-01", "--to", "2025-07-20", "--as-of", "2025-07-08"], "leave out"),
        (["--postmortem"], "needs a campaign with a hypothesis"),
        (
            ["--from=2025-07-01", "--to=2025-07-20", "--set=period=all", "--set=baseline=week"],
            "need a period that ends",
        ),
    ],
)
def test_what_cannot_be_made_up_for_is_said(
    place: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert run(*arguments) == 2
    assert words in capsys.readouterr().err
    assert not (place / "reports" / "weekly").exists()
