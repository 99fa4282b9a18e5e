from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from growthml.errors import GrowthError
from growthml.render.apart import CAN_FORK, Apart

pytestmark = pytest.mark.skipif(not CAN_FORK, reason="there is no fork here")


def apart(work: Callable[[], Any], seconds: float = 30.0, megabytes: float = 512.0) -> Any:
    return Apart(
        work, seconds=seconds, megabytes=megabytes, what="setting the PDF", help_="leave it out"
    ).result()


def test_work_is_done_in_another_process() -> None:
    assert apart(os.getpid) != os.getpid()


def test_a_large_result_comes_whole() -> None:
    assert len(apart(lambda: bytes(20_000_000))) == 20_000_000


def test_work_that_takes_too_long_is_stopped() -> None:
    started = time.monotonic()
    with pytest.raises(GrowthError) as caught:
        apart(lambda: time.sleep(60), seconds=0.2)
    assert str(caught.value) == (
        "setting the PDF took longer than 0.2 s and was stopped; leave it out"
    )
    assert time.monotonic() - started < 30


def test_work_that_takes_too_much_memory_is_stopped() -> None:
    # 16 GB: a process may hold memory it has freed, and that is its own to use again.
    with pytest.raises(GrowthError, match="took more than 64 MB and was stopped"):
        apart(lambda: len([bytearray(2**28) for _ in range(64)]), megabytes=64)


def test_a_child_that_is_killed_is_said_to_be() -> None:
    with pytest.raises(GrowthError, match="or was killed and was stopped"):
        apart(lambda: os.kill(os.getpid(), signal.SIGKILL))


def test_what_the_work_says_is_wrong_is_said_here() -> None:
    def fails() -> None:
        raise GrowthError("the front page does not fit")

    with pytest.raises(GrowthError, match=r"^the front page does not fit$"):
        apart(fails)


def test_a_fault_keeps_its_name() -> None:
    with pytest.raises(RuntimeError, match=r"ZeroDivisionError: .*by zero"):
        apart(lambda: 1 // 0)
