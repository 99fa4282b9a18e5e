"""Progress on stderr: a bar with what is running on a terminal, plain lines elsewhere."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TextIO

_WIDTH = 24


class Progress:
    """Says what is being done, and how far it is; as a context manager it takes its bar away.

    quiet: says nothing at all. stream: standard error if None.
    """

    def __init__(self, *, quiet: bool = False, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._quiet = quiet
        self._bar = not quiet and self._stream.isatty()
        self._started = time.monotonic()
        self._steps = 1
        self._begun = 0

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self._clear()

    def expect(self, steps: int) -> None:
        """How many steps there will be, for the bar."""
        self._steps = max(steps, 1)

    def step(self, what: str) -> None:
        """The next step begins."""
        if self._quiet:
            return
        if self._bar:
            self._draw(what)
        else:
            print(what, file=self._stream, flush=True)
        self._begun += 1

    def within(self, what: str) -> None:
        """How far the running step is; shown where there is a bar; lines would be too many."""
        if self._bar:
            self._draw(what)

    def say(self, line: str) -> None:
        """A line that stays, above the bar."""
        if self._quiet:
            return
        self._clear()
        print(line, file=self._stream, flush=True)

    def _draw(self, what: str) -> None:
        filled = min(_WIDTH, _WIDTH * self._begun // self._steps)
        seconds = time.monotonic() - self._started
        text = f"[{'█' * filled}{'·' * (_WIDTH - filled)}] {seconds:4.0f} s  {what}"
        self._clear()
        columns = shutil.get_terminal_size().columns
        print(text[: columns - 1], end="", file=self._stream, flush=True)

    def _clear(self) -> None:
        if self._bar:
            print("\r\x1b[2K", end="", file=self._stream, flush=True)
