"""A mail server: TLS always but on this machine, certificates checked, one mail at a time.

`smtps://` speaks TLS from the first byte, `smtp://` turns to it by STARTTLS. A mail is tried again
only while the server surely has not taken it; from the server's go-ahead to send the text until its
reply nobody can know, and a connection lost in between is `unclear`.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from growthml.config.url import Url
from growthml.deliver.channels.outcome import Outcome, is_loopback, said, tried
from growthml.errors import UsageError
from growthml.secrets import remember

if TYPE_CHECKING:
    from growthml.deliver.message import Mail

CONNECT_SECONDS = 20.0
REPLY_SECONDS = 120.0
TLS_PORT = 465
SUBMISSION_PORT = 587
_GO_AHEAD = 354


class Server:
    """A mail server as a URL names it: `smtps://user:password@host:port`, both percent-encoded.

    trust: the certificates to trust, the system's (or those of SSL_CERT_FILE) if None. Raises
    UsageError for a URL that names no host.
    """

    def __init__(
        self, url: Url, *, sleep: Callable[[float], None], trust: ssl.SSLContext | None = None
    ) -> None:
        try:
            parts = urlsplit(url.reveal())
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
        if not host:
            raise UsageError(
                "delivery.email.smtp names no host; write smtps://user:password@host, a password"
                " with @ / : # ? or % in it percent-encoded"
            )
        self._tls = parts.scheme.lower() == "smtps"
        self._host = host
        self._port = port or (TLS_PORT if self._tls else SUBMISSION_PORT)
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")
        self._trust = trust
        self._sleep = sleep
        self._gone: Outcome | None = None
        self._remember_password()

    def send(self, mail: Mail) -> Outcome:
        """Hand over one mail to one reader; once the server is known to be out of reach, the mails
        after it are not tried."""
        if self._gone is not None:
            return Outcome(state="refused", reason=self._gone.reason, attempts=0, everyone=True)
        outcome = tried(lambda: self._attempt(mail), self._sleep)
        if outcome.everyone:
            self._gone = outcome
        return outcome

    def _attempt(self, mail: Mail) -> Outcome:
        try:
            with self._session(mail) as server:
                for code, reply in self._envelope(server, mail):
                    if code >= 400:
                        return _refusal(code, reply)
                code, reply = server.docmd("DATA")
                if code != _GO_AHEAD:
                    return _refusal(code, reply)
                return self._hand_over(server, mail.content)
        except smtplib.SMTPAuthenticationError as error:
            why = said("the log-in was refused:", error.smtp_code, error.smtp_error)
            return self._failure(why, again=error.smtp_code < 500)
        except smtplib.SMTPResponseException as error:
            return self._failure(said(error.smtp_code, error.smtp_error), again=_passes(error))
        except smtplib.SMTPServerDisconnected as error:
            return self._failure(said("the connection was lost:", error), again=True)
        except smtplib.SMTPException as error:
            return self._failure(said(error), again=False)
        except ssl.SSLCertVerificationError as error:
            why = said("its certificate cannot be trusted:", error.verify_message)
            return self._failure(why, again=False)
        except OSError as error:
            return self._failure(said(error.strerror or error), again=True)
        except _UnsafeError as error:
            return self._failure(str(error), again=False)

    def _failure(self, why: str, *, again: bool) -> Outcome:
        """What went wrong before the server was told to take the mail: it would for any mail."""
        reason = f"{self._host}:{self._port}: {why}"
        return Outcome(state="refused", reason=reason, again=again, everyone=True)

    @contextmanager
    def _session(self, mail: Mail) -> Iterator[smtplib.SMTP]:
        """A connection, safe and logged in; its end is no concern of the mail's."""
        server = self._connected(mail.sender.rpartition("@")[2])
        try:
            server.ehlo_or_helo_if_needed()
            if not self._tls:
                self._start_tls(server)
            if self._user or self._password:
                server.login(self._user, self._password)
            yield server
            with suppress(OSError, smtplib.SMTPException):
                server.quit()
        finally:
            server.close()

    def _connected(self, name: str) -> smtplib.SMTP:
        # The sender's domain greets: asking for this machine's own name can take long and tells it.
        if self._tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                local_hostname=name, timeout=CONNECT_SECONDS, context=self._context()
            )
        else:
            server = smtplib.SMTP(local_hostname=name, timeout=CONNECT_SECONDS)
        server._host = self._host  # type: ignore[attr-defined]  # Whose certificate it must be.
        try:
            code, reply = server.connect(self._host, self._port)
            if code != 220:
                raise smtplib.SMTPConnectError(code, reply)
            if server.sock is not None:
                server.sock.settimeout(REPLY_SECONDS)
        except BaseException:
            server.close()
            raise
        return server

    def _start_tls(self, server: smtplib.SMTP) -> None:
        if server.has_extn("starttls"):
            server.starttls(context=self._context())
            server.ehlo()
        elif not is_loopback(self._host):
            raise _UnsafeError(
                "it offers no STARTTLS, and mail goes in clear to this machine only; use smtps://"
            )

    def _envelope(self, server: smtplib.SMTP, mail: Mail) -> Iterator[tuple[int, bytes]]:
        yield server.mail(mail.sender)
        yield server.rcpt(mail.recipient)

    def _hand_over(self, server: smtplib.SMTP, content: bytes) -> Outcome:
        """The text and the server's reply; from here on a lost connection says nothing."""
        try:
            server.send(_quoted(content))
            code, reply = server.getreply()
        except (OSError, smtplib.SMTPException) as error:
            why = error.strerror if isinstance(error, OSError) else None
            told = said(f"{self._host}:{self._port}: the connection was lost while the mail was")
            return Outcome(state="unclear", reason=f"{told} handed over ({said(why or error)})")
        if 200 <= code < 300:
            return Outcome(state="sent", reason=said(code, reply))
        return _refusal(code, reply)

    def _context(self) -> ssl.SSLContext:
        return self._trust or ssl.create_default_context()

    def _remember_password(self) -> None:
        """A server may repeat what it was told, in the forms it was told it."""
        if self._password:
            plain = f"\0{self._user}\0{self._password}"
            remember(self._password)
            remember(b64encode(self._password.encode()).decode())
            remember(b64encode(plain.encode()).decode())


class _UnsafeError(Exception):
    """Going on would send the mail or the password in clear over a network."""


def _refusal(code: int, reply: bytes) -> Outcome:
    """The server's no; a 4xx is one for now."""
    return Outcome(state="refused", reason=said(code, reply), again=400 <= code < 500)


def _passes(error: smtplib.SMTPResponseException) -> bool:
    return 400 <= error.smtp_code < 500 or isinstance(error, smtplib.SMTPConnectError)


def _quoted(content: bytes) -> bytes:
    """The mail as DATA takes it: lines end in CR LF, leading dots are doubled, a dot ends it."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", content)
    dotted = re.sub(rb"(?m)^\.", b"..", lines)
    return (dotted if dotted.endswith(b"\r\n") else dotted + b"\r\n") + b".\r\n"
