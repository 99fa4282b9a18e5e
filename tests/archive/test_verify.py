from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from growthml.archive import index
from growthml.archive.verify import problems
from growthml.deliver.ledger import Key, Ledger, State
from tests.archive.shelf import stored


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Two runs in the index, and one mail that was sent."""
    for day, digits in (("2014-04-13", "1" * 12), ("2014-04-20", "2" * 12)):
        folder = stored(tmp_path, day, digits=digits)
        index.announce(tmp_path, folder)
        index.add(tmp_path, folder)
    send(tmp_path, "<one@example.com>", b"Subject: one\r\n")
    return tmp_path


def send(archive: Path, message_id: str, content: bytes) -> None:
    """Send the one reader a mail, again if need be."""
    ann = Key(report="weekly", period="2014-04-20", channel="email", recipient="ann@example.com")
    with Ledger(archive, lambda: datetime(2014, 4, 21, tzinfo=UTC)) as ledger:
        claimed = ledger.claim(
            ann,
            run_id="",
            message_id=message_id,
            sha256=hashlib.sha256(content).hexdigest(),
            again={State.SENT},
        )
        ledger.keep(claimed, content)
        ledger.settle(claimed, State.SENT)


RUN = f"weekly/2014-04-13-{'1' * 12}"

KINDS = (
    f"{RUN}/run.json",
    f"{RUN}/report.html",
    f"{RUN}/report.pdf",
    f"{RUN}/tables/summary.kpis.csv",
    f"{RUN}/figures/summary.kpis.svg",
    "deliveries/one@example.com.eml",
    "index.html",
    "index/archive.css",
    "index/archive.js",
)


def test_an_archive_that_is_whole(archive: Path) -> None:
    assert problems(archive) == []


@pytest.mark.parametrize("name", KINDS)
def test_a_changed_byte_is_found_in_each_kind_of_file(archive: Path, name: str) -> None:
    path = archive / name
    content = bytearray(path.read_bytes())
    middle = content.index(b"i") if name.endswith("run.json") else len(content) // 2
    content[middle] ^= 1
    path.write_bytes(bytes(content))
    (found,) = problems(archive)
    assert str(path) in found
    assert "; " in found


@pytest.mark.parametrize("name", [name for name in KINDS if "run.json" not in name])
def test_a_missing_file_is_found(archive: Path, name: str) -> None:
    (archive / name).unlink()
    (found,) = problems(archive)
    assert str(archive / name) in found
    assert "is missing" in found


def test_a_longer_file_and_a_foreign_one(archive: Path) -> None:
    with (archive / RUN / "report.pdf").open("ab") as file:
        file.write(b"more")
    (archive / RUN / "notes.txt").write_text("mine")
    longer, foreign = problems(archive)
    assert "has 13 bytes and was written with 9" in longer
    assert "notes.txt: belongs to no run" in foreign


def test_a_run_whose_manifest_is_gone(archive: Path) -> None:
    (archive / RUN / "run.json").unlink()
    (found,) = problems(archive)
    assert "has no run.json" in found


def test_a_run_in_another_runs_place(archive: Path) -> None:
    (archive / RUN).rename(archive / RUN.replace("04-13", "04-14"))
    found = "\n".join(problems(archive))
    assert "put it back in its place" in found


def test_rows_without_runs_and_runs_without_rows(archive: Path) -> None:
    (archive / RUN).rename(archive / "elsewhere")
    stored(archive, "2014-05-04", digits="3" * 12)
    new, gone = problems(archive)
    assert "2014-05-04-333333333333: is not in the index" in new
    assert f"{RUN}: is in the index and not there" in gone


def test_half_built_folders_are_no_problem(archive: Path) -> None:
    (archive / "weekly" / f".2014-05-04-{'3' * 12}.0a1b").mkdir()
    assert problems(archive) == []


def test_rebuilding_the_index_does_not_bless_a_changed_manifest(archive: Path) -> None:
    path = archive / RUN / "run.json"
    path.write_bytes(path.read_bytes().replace(b'"no_evidence"', b'"better"'))
    index.rebuild(archive)
    (found,) = problems(archive)
    assert f"{path}: is not what was written" in found


def test_a_mail_sent_again_is_kept_beside_the_first_and_watched_like_it(archive: Path) -> None:
    send(archive, "<again@example.com>", b"Subject: sent again\r\n")
    assert problems(archive) == []
    first, second = sorted((archive / "deliveries").glob("*.eml"), reverse=True)
    first.unlink()
    second.write_bytes(b"Subject: changed\r\n")
    changed, missing = problems(archive)
    assert "again@example.com-2.eml: is not what was sent" in changed
    assert "one@example.com.eml: is missing" in missing


def test_a_mail_that_is_in_no_ledger(archive: Path) -> None:
    (archive / "deliveries" / "two@example.com.eml").write_bytes(b"Subject: two\r\n")
    (found,) = problems(archive)
    assert "two@example.com.eml: is not in the ledger" in found


@pytest.mark.parametrize(
    ("name", "advice"),
    [("index/rows.db", "growthml archive index"), ("deliveries/ledger.db", "restore it")],
)
def test_a_broken_database_is_a_line_not_a_crash(archive: Path, name: str, advice: str) -> None:
    (archive / name).write_bytes(b"no database" * 100)
    (found,) = problems(archive)
    assert f"{archive / name}: cannot be read" in found
    assert advice in found


def test_an_archive_without_deliveries_and_index(tmp_path: Path) -> None:
    stored(tmp_path)
    (found,) = problems(tmp_path)
    assert "rows.db: is missing" in found
    index.rebuild(tmp_path)
    assert problems(tmp_path) == []
