"""Ways a report leaves this machine, one file each; a mail's is chosen by its URL's scheme."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from growthml.config.url import Url

if TYPE_CHECKING:
    from growthml.deliver.channels.outcome import Outcome
    from growthml.deliver.message import Mail


class Post(Protocol):
    """Takes mails, one at a time."""

    def send(self, mail: Mail) -> Outcome:
        """Hand over one mail; what became of it, never an exception."""
        ...


def post_of(url: Url, sleep: Callable[[float], None]) -> Post:
    """What takes the mails for an address: a mail server or a folder."""
    from growthml.deliver.channels.folder import Outbox, path_of
    from growthml.deliver.channels.smtp import Server

    if url.reveal().lower().startswith("file:"):
        return Outbox(path_of(url))
    return Server(url, sleep=sleep)
