from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from growthml.config.url import Url
from growthml.deliver.channels import smtp
from growthml.deliver.channels.outcome import WAITS, Outcome
from growthml.deliver.channels.smtp import Server
from growthml.deliver.message import Mail
from growthml.errors import UsageError
from tests.deliver.post_office import Authority, Office, free_port, opened

CANARY = "canary/p@ss:w0rd%"
ENCODED = "canary%2Fp%40ss%3Aw0rd%25"
TEXT = b"From: growth@example.com\r\nTo: ann@example.com\r\nSubject: x\r\n\r\n.dot\r\nend\r\n"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def mail(content: bytes = TEXT) -> Mail:
    return Mail(
        sender="growth@example.com",
        recipient="ann@example.com",
        message_id="<1@example.com>",
        content=content,
    )


def sent(
    url: str,
    trust: ssl.SSLContext | None = None,
    sleep: Callable[[float], None] = lambda _: None,
    content: bytes = TEXT,
) -> Outcome:
    return Server(Url(url), sleep=sleep, trust=trust).send(mail(content))


def test_a_mail_arrives_over_tls_with_a_login(authority: Authority) -> None:
    with opened(Office(user="me@x", password=CANARY), tls=authority.server()) as office:
        outcome = sent(f"smtps://me%40x:{ENCODED}@localhost:{office.port}", authority.client())
    assert (outcome.state, outcome.attempts) == ("sent", 1)
    assert office.raw == [TEXT]
    assert office.encrypted == [True]
    assert len(office.logins) == 1


def test_a_mail_arrives_by_starttls_and_logs_in_after_it(authority: Authority) -> None:
    with opened(Office(user="me", password=CANARY), starttls=authority.server()) as office:
        outcome = sent(f"smtp://me:{ENCODED}@127.0.0.1:{office.port}", authority.client())
    assert outcome.state == "sent"
    assert office.raw == [TEXT]
    assert office.encrypted == [True]


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_an_unknown_certificate_is_refused(authority: Authority, scheme: str) -> None:
    other = Authority().client()
    contexts = {"tls" if scheme == "smtps" else "starttls": authority.server()}
    with opened(Office(user="me", password=CANARY), **contexts) as office:
        outcome = sent(f"{scheme}://me:{ENCODED}@localhost:{office.port}", other)
    assert (outcome.state, outcome.attempts) == ("refused", 1)
    assert "certificate cannot be trusted" in outcome.reason
    assert office.raw == office.logins == []


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_certificate_for_another_host_is_refused(authority: Authority, scheme: str) -> None:
    contexts = {"tls" if scheme == "smtps" else "starttls": authority.server("mail.example.com")}
    with opened(Office(), **contexts) as office:
        outcome = sent(f"{scheme}://localhost:{office.port}", authority.client())
    assert outcome.state == "refused"
    assert "localhost" in outcome.reason
    assert office.raw == []


def test_this_machine_may_take_mail_in_clear() -> None:
    with opened(Office()) as office:
        assert sent(f"smtp://127.0.0.1:{office.port}").state == "sent"
    assert office.encrypted == [False]


def test_no_other_machine_gets_mail_or_password_in_clear(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(smtp, "is_loopback", lambda host: False)
    with opened(Office(user="me", password=CANARY), clear_login=True) as office:
        outcome = sent(f"smtp://me:{ENCODED}@127.0.0.1:{office.port}")
    assert (outcome.state, outcome.attempts) == ("refused", 1)
    assert "STARTTLS" in outcome.reason
    assert office.raw == office.logins == []


def test_a_server_that_comes_up_gets_the_mail() -> None:
    office, waits = Office(port=free_port()), []
    with ExitStack() as stack:

        def sleep(seconds: float) -> None:
            waits.append(seconds)
            stack.enter_context(opened(office))

        outcome = sent(f"smtp://127.0.0.1:{office.port}", sleep=sleep)
    assert (outcome.state, outcome.attempts) == ("sent", 2)
    assert waits == [WAITS[0]]
    assert len(office.raw) == 1


def test_a_server_that_stays_down_is_tried_three_times_and_then_no_more() -> None:
    waits: list[float] = []
    server = Server(Url(f"smtp://127.0.0.1:{free_port()}"), sleep=waits.append)
    first, second = server.send(mail()), server.send(mail())
    assert (first.state, first.attempts) == ("refused", 3)
    assert "refused" in first.reason.lower()
    assert (second.state, second.attempts, second.reason) == ("refused", 0, first.reason)
    assert waits == list(WAITS)


@pytest.mark.parametrize("answer", ["451 later", "421 busy"])
def test_a_no_for_now_is_asked_again(answer: str) -> None:
    with opened(Office(answers=[answer])) as office:
        outcome = sent(f"smtp://127.0.0.1:{office.port}")
    assert (outcome.state, outcome.attempts) == ("sent", 2)
    assert len(office.raw) == 1


def test_a_no_is_a_no() -> None:
    with opened(Office(answers=["554 no such thing"])) as office:
        outcome = sent(f"smtp://127.0.0.1:{office.port}")
    assert (outcome.state, outcome.attempts) == ("refused", 1)
    assert outcome.reason == "554 no such thing"
    assert not outcome.everyone


def test_a_reader_who_is_refused_is_no_fault_of_the_server() -> None:
    with opened(Office(refused={"ann@example.com": "550 unknown"})) as office:
        outcome = sent(f"smtp://127.0.0.1:{office.port}")
    assert (outcome.state, outcome.reason, outcome.everyone) == ("refused", "550 unknown", False)


def test_a_connection_cut_while_the_text_is_taken_is_unclear_and_not_tried_again() -> None:
    with opened(Office(cut=True)) as office:
        outcome = sent(f"smtp://127.0.0.1:{office.port}")
    assert (outcome.state, outcome.attempts) == ("unclear", 1)
    assert len(office.raw) == 1


def test_a_connection_lost_before_the_text_is_asked_for_is_tried_again() -> None:
    with opened(Office(drops=1)) as office:
        outcome = sent(f"smtp://127.0.0.1:{office.port}")
    assert (outcome.state, outcome.attempts) == ("sent", 2)
    assert len(office.raw) == 1


def test_a_server_that_never_answers_the_text_leaves_it_unclear(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(smtp, "REPLY_SECONDS", 0.3)
    with opened(Office(hold=threading.Event())) as office:
        outcome = sent(f"smtp://127.0.0.1:{office.port}")
        assert office.hold is not None
        office.hold.set()
    assert (outcome.state, outcome.attempts) == ("unclear", 1)
    assert "timed out" in outcome.reason


def test_lines_are_sent_as_the_protocol_wants_them() -> None:
    with opened(Office()) as office:
        assert (
            sent(f"smtp://127.0.0.1:{office.port}", content=b"A: b\n\n.\n..x\nend").state == "sent"
        )
    assert office.raw == [b"A: b\r\n\r\n.\r\n..x\r\nend\r\n"]


def test_a_password_the_server_repeats_is_masked(authority: Authority) -> None:
    office = Office(user="me", password="other", login_answer="535 wrong password {password}")
    with opened(office, tls=authority.server()):
        outcome = sent(f"smtps://me:{ENCODED}@localhost:{office.port}", authority.client())
    assert outcome.state == "refused"
    assert "wrong password ***" in outcome.reason
    assert "canary" not in outcome.reason


def test_a_url_without_a_host_is_a_mistake_in_the_config() -> None:
    with pytest.raises(UsageError, match="names no host") as raised:
        Server(Url(f"smtps://me:{CANARY}x@:notaport"), sleep=lambda _: None)
    assert "canary" not in str(raised.value)


def test_the_system_trusts_what_ssl_cert_file_says(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", authority.write(tmp_path / "ca.pem"))
    with opened(Office(), tls=authority.server()) as office:
        assert sent(f"smtps://localhost:{office.port}").state == "sent"
