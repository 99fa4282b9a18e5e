"""A runner in a process of its own, to be killed: `python -m tests.deliver.runner ARCHIVE SMTP`.

A third argument says where it kills itself: `claimed` (the intent is on disk, no socket is open),
`kept` (the mail is on disk as well), `accepted` (the server has it, the ledger does not know).
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from growthml.deliver.ledger import Ledger
from tests.deliver.mailed import READERS, config_of, delivered


def dies_in(method: str, *, first: bool) -> Callable[..., Any]:
    """The ledger's method, ending the process before or after it does its work."""
    original = getattr(Ledger, method)

    def ends(*arguments: Any, **options: Any) -> Any:
        if not first:
            original(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)

    return ends


def main(archive: str, smtp: str, moment: str = "") -> None:
    """Deliver to one reader and say what became of it."""
    if moment == "claimed":
        Ledger.claim = dies_in("claim", first=False)  # type: ignore[method-assign]
    if moment == "kept":
        Ledger.keep = dies_in("keep", first=False)  # type: ignore[method-assign]
    if moment == "accepted":
        Ledger.settle = dies_in("settle", first=True)  # type: ignore[method-assign]
    for each in delivered(Path(archive), config_of(smtp, {"to": [READERS[0]]})):
        print(each, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
