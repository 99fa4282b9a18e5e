"""What became of a delivery, and the back-off between tries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Literal

from growthml.secrets import redact

WAITS = (5.0, 30.0)
"""Seconds before the second and the third try."""
_LONGEST_REASON = 300


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """sent; refused: surely nothing was accepted; unclear: nobody can know.

    again: whether another try at once may help. everyone: whether the next reader would fare alike.
    """

    state: Literal["sent", "refused", "unclear"]
    reason: str = ""
    attempts: int = 1
    again: bool = False
    everyone: bool = False


def tried(attempt: Callable[[], Outcome], sleep: Callable[[float], None]) -> Outcome:
    """The outcome of an attempt, repeated while it may help and surely nothing was accepted."""
    outcome = attempt()
    for number, wait in enumerate(WAITS, start=2):
        if outcome.state != "refused" or not outcome.again:
            break
        sleep(wait)
        outcome = replace(attempt(), attempts=number)
    return outcome


def said(*parts: object) -> str:
    """A reason on one line: printable, without secrets, not too long."""
    texts = [each.decode("utf-8", "replace") if isinstance(each, bytes) else each for each in parts]
    line = " ".join(" ".join(str(each) for each in texts).split())
    printable = "".join(c if c.isprintable() else "?" for c in redact(line))
    return printable[:_LONGEST_REASON]


def is_loopback(host: str) -> bool:
    """Whether a host is this machine: what is sent there crosses no network."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"
