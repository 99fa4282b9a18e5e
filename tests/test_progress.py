from __future__ import annotations

import io
from shutil import get_terminal_size

from growthml.progress import Progress


class Terminal(io.StringIO):
    """A stream that takes itself for a terminal."""

    def isatty(self) -> bool:
        return True


def test_plain_lines_where_there_is_no_terminal() -> None:
    stream = io.StringIO()
    with Progress(stream=stream) as progress:
        progress.expect(2)
        progress.step("Counting")
        progress.say("Acquisition failed")
        progress.step("Drawing")
    assert stream.getvalue() == "Counting\nAcquisition failed\nDrawing\n"


def test_quiet_says_nothing() -> None:
    for stream in (io.StringIO(), Terminal()):
        with Progress(quiet=True, stream=stream) as progress:
            progress.step("Counting")
            progress.say("Acquisition failed")
        assert stream.getvalue() == ""


def test_a_bar_that_fills_and_goes_away() -> None:
    stream = Terminal()
    with Progress(stream=stream) as progress:
        progress.expect(4)
        for what in ("one", "two", "three", "four"):
            progress.step(what)
    shown = stream.getvalue().split("\r\x1b[2K")
    assert [(line.count("█"), line.count("·"), line[-3:].strip()) for line in shown if line] == [
        (0, 24, "one"),
        (6, 18, "two"),
        (12, 12, "ree"),
        (18, 6, "our"),
    ]
    assert shown[-1] == ""


def test_a_bar_does_not_overflow_when_there_are_more_steps_than_expected() -> None:
    stream = Terminal()
    progress = Progress(stream=stream)
    progress.expect(1)
    for _ in range(5):
        progress.step("x")
    assert stream.getvalue().split("\r\x1b[2K")[-1].count("█") == 24


def test_a_bar_stays_on_one_line() -> None:
    stream = Terminal()
    progress = Progress(stream=stream)
    progress.step("x" * 500)
    assert len(stream.getvalue().removeprefix("\r\x1b[2K")) < get_terminal_size().columns


def test_how_far_a_step_is_only_shows_in_a_bar() -> None:
    terminal, log = Terminal(), io.StringIO()
    for stream in (terminal, log):
        with Progress(stream=stream) as progress:
            progress.within("Reading access.log: 16 of 2,000 MB")
    assert "16 of 2,000 MB" in terminal.getvalue()
    assert log.getvalue() == ""
