"""A chat room's incoming webhook, as Slack, Teams and Mattermost have them: one POST of a text.

Its address is a secret: who knows it may post. No message, error or file of ours repeats it.
"""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    Request,
    build_opener,
)

from growthml.config.url import Webhook
from growthml.deliver.channels.outcome import Outcome, is_loopback, said, tried
from growthml.secrets import remember

if TYPE_CHECKING:
    from growthml.deliver.letter import Letter

SECONDS = 20.0
_NOT_NOW = (429, 503)
"""Answers that say the message was not taken and may be tried again."""


def post(
    url: Webhook,
    text: str,
    *,
    sleep: Callable[[float], None],
    trust: ssl.SSLContext | None = None,
) -> Outcome:
    """Post a text to a room; what became of it, never an exception."""
    address = urlsplit(url.reveal())
    remember(url.secret)
    local = address.scheme == "http" and is_loopback(address.hostname or "")
    if address.scheme != "https" and not local:
        return Outcome(state="refused", reason="a webhook must be https; the message was not sent")
    return tried(lambda: _attempt(url, text, trust), sleep)


def room_text(letter: Letter, status: str) -> str:
    """What a chat room reads: warnings, verdict, lede, how it ended, and where the report is."""
    front = letter.front
    lines = [
        f"{letter.report}, {letter.as_of}" + ("" if status == "ok" else f" ({status})"),
        *(f"▲ {warning}" for warning in letter.warnings),
        front.verdict,
        front.lede,
        letter.link,
    ]
    return "\n".join(line for line in lines if line)


def _attempt(url: Webhook, text: str, trust: ssl.SSLContext | None) -> Outcome:
    met: list[str] = []
    request = Request(
        url.reveal(),
        data=json.dumps({"text": text}).encode(),
        headers={"Content-Type": "application/json", "User-Agent": "growthml"},
        method="POST",
    )
    opener = build_opener(_NoRedirects, _Http(met), _Https(met, trust))
    try:
        with opener.open(request, timeout=SECONDS) as answer:
            return Outcome(state="sent", reason=f"{answer.status}")
    except HTTPError as error:
        with error:
            return _answered(error.code)
    except (URLError, OSError, http.client.HTTPException, ValueError) as error:
        cause = error.reason if isinstance(error, URLError) else error
        # The cause alone: an error of urllib or http.client may repeat the address.
        why = said(f"{url.stored()}:", getattr(cause, "strerror", None) or type(cause).__name__)
        if met:
            return Outcome(state="unclear", reason=f"{why}, after the message was sent")
        again = not isinstance(cause, ssl.SSLError | ValueError)
        return Outcome(state="refused", reason=why, again=again)


def _answered(code: int) -> Outcome:
    """An answer that is not a success. A 5xx may come after the message was shown."""
    if code in _NOT_NOW or code < 500:
        return Outcome(state="refused", reason=f"it answered {code}", again=code in _NOT_NOW)
    return Outcome(state="unclear", reason=f"it answered {code}")


class _NoRedirects(HTTPRedirectHandler):
    """A webhook does not move; what it answers with another address gets neither text nor key."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class _Http(HTTPHandler):
    """Notes when a connection stands: before that, surely nothing was taken."""

    def __init__(self, met: list[str]) -> None:
        super().__init__()
        self._met = met

    def http_open(self, req: Request) -> Any:
        met = self._met

        class Noted(http.client.HTTPConnection):
            def connect(self) -> None:
                super().connect()
                met.append("connected")

        return self.do_open(Noted, req)


class _Https(HTTPSHandler):
    """The same over TLS, certificate and host name checked."""

    def __init__(self, met: list[str], trust: ssl.SSLContext | None) -> None:
        self._trust = trust or ssl.create_default_context()
        super().__init__(context=self._trust)
        self._met = met

    def https_open(self, req: Request) -> Any:
        met = self._met

        class Noted(http.client.HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                met.append("connected")

        return self.do_open(Noted, req, context=self._trust)
