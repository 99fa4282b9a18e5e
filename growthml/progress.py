"""Progress on stderr: a bar with what is running on a terminal, plain lines elsewhere."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TextIO


class Progress:
    """Says what is being done, and how far it is. `quiet` says nothing at all."""

    def __init__(self, *, quiet: bool = False, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._quiet = quiet
        self._bar = not quiet and self._stream.isatty()
        self._started = time.monotonic()
        self._total = 1
        self._done = 0

    def expect(self, steps: int) -> None:
        """How many steps there will be, for the bar."""
        self._total = max(steps, self._done + 1)

    def step(self, what: str) -> None:
        """The next step begins."""
        if self._quiet:
            return
        self._done += 1
        if self._bar:
            self._draw(what)
        else:
            print(what, file=self._stream, flush=True)

    def say(self, line: str) -> None:
        """A line that stays, above the bar."""
        if self._quiet:
            return
        self._clear()
        print(line, file=self._stream, flush=True)

    def finish(self) -> None:
        """Take the bar away."""
        self._clear()

    def _draw(self, what: str) -> None:
        width = 24
        filled = min(width, width * self._done // max(self._total, 1))
        seconds = time.monotonic() - self._started
        text = f"[{'█' * filled}{'·' * (width - filled)}] {seconds:4.0f} s  {what}"
        columns = shutil.get_terminal_size().columns
        self._clear()
        print(text[: columns - 1], end="", file=self._stream, flush=True)

    def _clear(self) -> None:
        if self._bar:
            print("\r\x1b[2K", end="", file=self._stream, flush=True)
