"""Files that are there whole or not at all, and outlive a power cut."""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

from growthml.archive.store import sync, write


def write_once(path: Path, content: bytes) -> bool:
    """Write a file that must never change; False where one of that name is there already.

    It is flushed to the disk under another name first. Raises OSError.
    """
    building = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        write(building, content)
        os.link(building, path)  # Unlike a rename, a link never replaces what is there.
    except FileExistsError:
        return False
    finally:
        with suppress(FileNotFoundError):
            building.unlink()
    sync(path.parent)
    return True


def safe_name(text: str) -> str:
    """The text as a file's name: letters, digits, `.`, `_`, `-` and `@` stay.

    >>> safe_name("<ab12@example.com>")
    'ab12@example.com'
    """
    return re.sub(r"[^A-Za-z0-9._@-]+", "-", text.strip("<>")).lstrip(".-")[:150] or "mail"
