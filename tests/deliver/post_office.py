"""A mail server for tests, run by aiosmtpd: it can refuse, defer, hang and hang up."""

from __future__ import annotations

import asyncio
import email
import email.policy
import logging
import socket
import ssl
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword


@dataclass
class Office:
    """What the server does, and what it took.

    refused: reader to the answer they get. answers: to the text of the next mails, 250 after these.
    hold: the text's answer waits for it. cut: the connection ends where the answer should come.
    drops: how many connections end before the text is asked for.
    """

    port: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    answers: list[str] = field(default_factory=list)
    hold: threading.Event | None = None
    cut: bool = False
    drops: int = 0
    user: str = ""
    password: str = ""
    login_answer: str = ""
    taken: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    seen_text: threading.Event = field(default_factory=threading.Event)
    connections: int = 0

    # What aiosmtpd calls.

    async def handle_EHLO(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.drops:
            self.drops -= 1
            server.transport.abort()
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.seen_text.set()
        while self.hold is not None and not self.hold.is_set():
            await asyncio.sleep(0.01)
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer.startswith("250"):
            self.raw.append(envelope.original_content)
            self.encrypted.append(bool(server.transport.get_extra_info("ssl_object")))
            self.taken.append(
                email.message_from_bytes(envelope.content, policy=email.policy.default)
            )
        if self.cut:
            server.transport.abort()
        return answer

    def __call__(
        self, server: Any, session: Any, envelope: Any, mechanism: str, auth_data: Any
    ) -> AuthResult:
        assert isinstance(auth_data, LoginPassword)
        self.logins.append(mechanism)
        good = (auth_data.login.decode(), auth_data.password.decode()) == (self.user, self.password)
        answer = self.login_answer.format(password=auth_data.password.decode())
        return AuthResult(success=good, handled=False, message=None if good else answer or None)

    def readers(self) -> list[str]:
        """To whom mails were taken, in order."""
        return [str(message["To"]) for message in self.taken]


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def opened(
    office: Office,
    *,
    tls: ssl.SSLContext | None = None,
    starttls: ssl.SSLContext | None = None,
    clear_login: bool = False,
) -> Iterator[Office]:
    """The office at work. tls: from the first byte; starttls: offered."""
    office.port = office.port or free_port()
    more: dict[str, Any] = {}
    if office.user:
        more = {
            "authenticator": office,
            "auth_required": True,
            "auth_require_tls": not (clear_login or tls),
        }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # It warns of log-ins in clear at each use.
        yield from _run(office, tls, starttls, more)


def _run(
    office: Office,
    tls: ssl.SSLContext | None,
    starttls: ssl.SSLContext | None,
    more: dict[str, Any],
) -> Iterator[Office]:
    controller = Controller(
        office,
        hostname="127.0.0.1",
        port=office.port,
        ssl_context=tls,
        tls_context=starttls,
        require_starttls=starttls is not None,
        **more,
    )
    # What the server says of itself, passwords included, is no part of what we say.
    log = logging.getLogger("mail")
    told_above, log.propagate = log.propagate, False
    controller.start()
    try:
        yield office
    finally:
        controller.stop()
        log.propagate = told_above


class Authority:
    """Somebody whose certificates the tests trust."""

    def __init__(self) -> None:
        self._authority = trustme.CA()

    def server(self, *names: str) -> ssl.SSLContext:
        """The context of a server that may call itself so."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(*(names or ("localhost", "127.0.0.1"))).configure_cert(context)
        return context

    def client(self) -> ssl.SSLContext:
        """The context of a client that trusts this authority alone."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._authority.configure_trust(context)
        return context

    def write(self, path: Any) -> str:
        """Its certificate as a file, for SSL_CERT_FILE."""
        self._authority.cert_pem.write_to_path(str(path))
        return str(path)
