"""Folders: an outbox of `.eml` files, and copies of finished runs where readers can see them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from growthml.archive.store import files_of, keep
from growthml.config.url import Url
from growthml.deliver.channels.outcome import Outcome, said
from growthml.deliver.files import safe_name, write_once
from growthml.errors import GrowthError

if TYPE_CHECKING:
    from growthml.deliver.message import Mail


class Outbox:
    """Takes mails as files, one each, for somebody else to send or to look at."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, mail: Mail) -> Outcome:
        """Write one mail; the same mail twice is one file."""
        path = self._folder / f"{safe_name(mail.message_id)}.eml"
        try:
            if write_once(path, mail.content) or path.read_bytes() == mail.content:
                return Outcome(state="sent", reason=f"written as {path.name}")
        except OSError as error:
            return Outcome(state="refused", reason=said(path, error.strerror), everyone=True)
        return Outcome(state="refused", reason=f"{path} holds another mail already")


def path_of(url: Url) -> Path:
    """The folder of `file:outbox`, `file://outbox` (relative), `file:///var/outbox` (absolute)."""
    parts = urlsplit(url.reveal())
    return Path(unquote(f"{parts.netloc}{parts.path}" or "."))


def copy(folder: Path, shared: Path) -> Outcome:
    """Copy a finished run to `<shared>/<report>/<run id>`, whole or not at all."""
    target = shared / folder.parent.name / folder.name
    try:
        files = {name: (folder / name).read_bytes() for name in files_of(folder)}
        keep(target, files)
    except OSError as error:
        return Outcome(state="refused", reason=said(target, error.strerror))
    except GrowthError as error:
        return Outcome(state="refused", reason=said(error))
    return Outcome(state="sent", reason=f"copied to {target}")
