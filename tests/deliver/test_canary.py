"""A password and a webhook's key are in no file, ledger, mail, log or traceback."""

from __future__ import annotations

import gzip
import logging
from base64 import b64encode
from pathlib import Path
from urllib.parse import quote

import pytest

from growthml.deliver.post import deliver
from tests.deliver import post_office, room
from tests.deliver.mailed import NOON, PERIOD, READERS, config_of, folder_of, quick_story
from tests.deliver.post_office import Authority, Office
from tests.deliver.room import Room

PASSWORD = "kanarie/v0gel@%1"
KEY = "T0KANARIE/zingt"
FORMS = (
    PASSWORD,
    quote(PASSWORD, safe=""),
    b64encode(PASSWORD.encode()).decode(),
    b64encode(f"\0me\0{PASSWORD}".encode()).decode(),
    KEY,
)


def everything_in(folder: Path) -> str:
    """All files and their names."""
    texts = []
    for path in folder.rglob("*"):
        texts.append(str(path.relative_to(folder)))
        if path.is_file():
            content = path.read_bytes()
            texts.append(
                (gzip.decompress(content) if path.suffix == ".gz" else content).decode("latin-1")
            )
    return "\n".join(texts)


@pytest.mark.parametrize("story", ["taken", "wrong password", "no tls", "down", "echoed"])
def test_no_secret_is_anywhere(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    story: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    authority, plain = Authority(), b64encode(f"\0me\0{PASSWORD}".encode()).decode()
    monkeypatch.setenv("SSL_CERT_FILE", authority.write(tmp_path / "ca.pem"))
    echo = f"535 you said {PASSWORD} or {plain}"
    office = {
        "taken": Office(user="me", password=PASSWORD),
        "wrong password": Office(user="me", password="x", login_answer=echo),
        "no tls": Office(user="me", password=PASSWORD),
        "down": Office(),
        "echoed": Office(user="me", password=PASSWORD, answers=[f"554 {plain} {PASSWORD}"] * 9),
    }[story]
    archive = tmp_path / "archive"
    run = quick_story()
    with room.opened(Room(answers=[] if story == "taken" else [404])) as chat:
        tls = None if story == "no tls" else authority.server()
        with post_office.opened(office, tls=tls, clear_login=True):
            port = post_office.free_port() if story == "down" else office.port
            scheme = "smtp" if story == "no tls" else "smtps"
            if story == "no tls":
                monkeypatch.setattr(
                    "growthml.deliver.channels.smtp.is_loopback", lambda host: False
                )
            config = config_of(
                f"{scheme}://me:{quote(PASSWORD, safe='')}@localhost:{port}",
                webhook={"url": f"http://127.0.0.1:{chat.port}/hook/{KEY}"},
                folder=str(tmp_path / "shared"),
                owner="owner@example.com",
            )
            done = deliver(
                run,
                folder_of(run, archive),
                config,
                archive=archive,
                period=PERIOD,
                now=lambda: NOON,
                sleep=lambda _: None,
            )
    sent = [each.recipient for each in done if each.channel == "email" and not each.failed]
    assert sent == (list(READERS) if story == "taken" else [])
    printed = capfd.readouterr()
    ours = [each for each in caplog.records if not each.name.startswith("mail.")]
    logged = "\n".join(each.getMessage() for each in ours)
    seen = "\n".join(
        [
            everything_in(archive),
            everything_in(tmp_path / "shared"),
            *(raw.decode() for raw in office.raw),
            str(chat.posted),
            logged,
            printed.out,
            printed.err,
            repr(done),
            *map(str, done),
            repr(config),
            str(config.model_dump(mode="json")),
        ]
    )
    assert [form for form in FORMS if form in seen] == []


def test_a_fault_of_ours_shows_no_secret_in_its_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import traceback

    def breaks(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("growthml.deliver.channels.smtp._quoted", breaks)
    run = quick_story()
    with post_office.opened(Office()) as office:
        config = config_of(f"smtp://127.0.0.1:{office.port}")
        with pytest.raises(RuntimeError) as raised:
            deliver(run, folder_of(run, tmp_path), config, archive=tmp_path, period=PERIOD)
    assert not [form for form in FORMS if form in "".join(traceback.format_exception(raised.value))]
