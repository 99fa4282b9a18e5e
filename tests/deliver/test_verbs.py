"""`growthml preview` and `growthml send`, from the command line to a mail server."""

from __future__ import annotations

import email
import email.policy
import socket
from pathlib import Path
from typing import Any

import pytest

from growthml import cli, plan
from growthml.deliver.channels import outcome as outcomes
from growthml.deliver.preview import preview
from growthml.errors import UsageError
from growthml.progress import Progress
from growthml.run import Outcome, run
from tests.deliver.mailed import NOON, config_of, folder_of
from tests.deliver.post_office import Office, free_port, opened
from tests.render.story import story
from tests.sites import write_pair

MAIL = {"from": "Growth <growth@example.com>", "to": ["ann@example.com", "bob@example.com"]}


def config_file(place: Path, port: int, **delivery: Any) -> Path:
    wanted = {"email": MAIL | {"smtp": f"smtp://127.0.0.1:{port}"}} | delivery
    return write_pair(place, delivery=wanted)


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here may reach for the network."""

    class Forbidden(socket.socket):
        def __init__(self, *_: object, **__: object) -> None:
            raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", Forbidden)


def test_a_preview_is_the_mail_its_body_and_the_rooms_text(
    tmp_path: Path, no_sockets: None
) -> None:
    run = story()
    config = config_of(webhook={"url": "https://chat.example.com/secret"})
    written = preview(run, folder_of(run, tmp_path), config, tmp_path / "out", now=lambda: NOON)
    assert [path.name for path in written] == ["mail.eml", "mail.html", "chat.txt"]
    message = email.message_from_bytes(written[0].read_bytes(), policy=email.policy.default)
    assert message["To"] == "ann@example.com"
    assert len(list(message.iter_attachments())) == 3
    page = written[1].read_text(encoding="utf-8")
    assert 'src="data:image/png;base64,' in page
    assert "cid:" not in page
    assert "No evidence that Summer converts" in written[2].read_text(encoding="utf-8")
    assert not (tmp_path / "deliveries").exists()


def test_there_is_nothing_to_preview_where_nothing_is_sent(tmp_path: Path) -> None:
    run = story()
    with pytest.raises(UsageError, match=r"neither delivery\.email nor delivery\.webhook"):
        preview(run, folder_of(run, tmp_path), config_of(email=False), tmp_path / "out")


def test_preview_writes_everything_and_opens_no_socket(
    tmp_path: Path, no_sockets: None, capsys: pytest.CaptureFixture[str]
) -> None:
    config = config_file(tmp_path, 1, folder=str(tmp_path / "shared"))
    out = tmp_path / "look"
    assert cli.main(["preview", str(config), "--out", str(out), "--quiet"]) == 0
    assert sorted(path.name for path in out.iterdir()) == ["mail.eml", "mail.html", "report.html"]
    assert capsys.readouterr().out.splitlines()[-1] == "Nothing was sent"
    assert not (tmp_path / "reports").exists()
    assert not (tmp_path / "shared").exists()


def stored(config: Path, archive: Path) -> Outcome:
    """The run in the archive, delivered to nobody."""
    nobody = plan.read_config(config, ["delivery={}"])
    return run(nobody, archive=archive, progress=Progress(quiet=True))


def test_send_delivers_a_stored_run_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "reports"
    with opened(Office()) as office:
        config = config_file(tmp_path, office.port)
        made = stored(config, archive)
        send = ["send", made.run.run_id, "--config", str(config), "--archive", str(archive)]
        assert cli.main([*send, "--quiet"]) == 0
        assert cli.main([*send, "--quiet"]) == 0
        assert cli.main([*send, "--resend", "--quiet"]) == 0
        assert cli.main([*send, "--resend", "--to", "bob@example.com", "--quiet"]) == 0
    assert office.readers() == ["ann@example.com", "bob@example.com", "bob@example.com"]
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == [
        "email to ann@example.com: sent",
        "email to bob@example.com: sent",
        "email to ann@example.com: was sent already",
        "email to bob@example.com: was sent already",
    ]
    assert "Nothing is unclear; --to READER sends it again to a reader who has it" in lines
    assert lines[-1] == "email to bob@example.com: sent"
    assert str(office.taken[2]["Subject"]).startswith("[sent again] ")
    body = office.taken[0].get_body(("html",))
    assert body is not None
    assert made.run.run_id in body.get_content()
    assert [p.get_filename() for p in office.taken[0].iter_attachments()] == [
        "tiny-2025-02-18-kpis.csv"
    ]


def test_send_exits_with_4_where_somebody_got_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(outcomes, "WAITS", (0.0, 0.0))
    config = config_file(tmp_path, free_port())
    made = stored(config, tmp_path / "reports")
    assert cli.main(["send", str(made.folder), "--config", str(config), "--quiet"]) == 4
    assert "email to ann@example.com: not sent: 127.0.0.1:" in capsys.readouterr().out


def test_send_writes_its_ledger_where_the_run_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with opened(Office()) as office:
        config = config_file(tmp_path, office.port)
        made = stored(config, tmp_path / "elsewhere")
        assert cli.main(["send", str(made.folder), "--config", str(config), "--quiet"]) == 0
    assert (tmp_path / "elsewhere" / "deliveries" / "ledger.db").is_file()
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no-such-run"], "holds no runs"),
        (["../etc"], "holds no runs"),
        (["no-such-run", "--to", "ann@example.com"], "--to goes with --resend"),
    ],
)
def test_what_cannot_be_sent_is_said(
    tmp_path: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["send", *arguments, "--archive", str(tmp_path)]) == 2
    assert message in capsys.readouterr().err


def test_the_config_is_found_by_the_reports_name_or_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with opened(Office()) as office:
        config = config_file(tmp_path, office.port)
        made = stored(config, tmp_path / "reports")
        assert cli.main(["send", made.run.run_id]) == 2
        assert "config/tiny.yml nor tiny.yml; name it with --config" in capsys.readouterr().err
        config.rename(tmp_path / "tiny.yml")
        assert cli.main(["send", made.run.run_id, "--quiet"]) == 0
        other = ["--set", "report.name=other", "--config", "tiny.yml"]
        assert cli.main(["send", made.run.run_id, *other]) == 2
    assert len(office.taken) == 2


def test_a_subject_that_does_not_work_is_found_before_anything_is_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = config_file(tmp_path, 1)
    setting = "delivery.email.subject='{{ verdct }}'"
    assert cli.main(["check", str(config), "--set", setting]) == 2
    assert "delivery.email.subject: 'verdct' is undefined" in capsys.readouterr().err
