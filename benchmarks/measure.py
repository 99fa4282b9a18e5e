"""CPU seconds, wall seconds and peak memory of a command, medians over repeats."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Cost:
    """cpu, wall: seconds; megabytes: peak resident memory."""

    cpu: float
    wall: float
    megabytes: float


def command(
    arguments: Sequence[str], *, folder: Path, repeats: int = 5, python: str = sys.executable
) -> Cost:
    """The median cost of a Python command; raises CalledProcessError when it fails.

    `{fresh}` among the arguments is another folder each time.
    """
    costs = []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as fresh:
            filled = [fresh if each == "{fresh}" else each for each in arguments]
            costs.append(_once([python, *filled], folder))
    return Cost(
        cpu=median(cost.cpu for cost in costs),
        wall=median(cost.wall for cost in costs),
        megabytes=median(cost.megabytes for cost in costs),
    )


def _once(words: Sequence[str], folder: Path) -> Cost:
    probe = (
        "import resource, subprocess, sys, time\n"
        "started = time.perf_counter()\n"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL,"
        " stderr=subprocess.DEVNULL)\n"
        "wall = time.perf_counter() - started\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024)\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", probe, *words],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    cpu, wall, megabytes = map(float, told.stdout.split())
    return Cost(cpu, wall, megabytes)


class Stopwatch:
    """CPU and wall seconds since it was made, of this process and of servers.

    servers: their process ids; their own children count too.
    """

    def __init__(self, *servers: int) -> None:
        self._servers = servers
        if servers:
            time.sleep(0.2)  # a process that is ending just now may be counted by nobody
        self._cpu, self._wall = self._used(), time.perf_counter()

    @property
    def cpu(self) -> float:
        """CPU seconds so far."""
        return self._used() - self._cpu

    @property
    def wall(self) -> float:
        """Wall seconds so far."""
        return time.perf_counter() - self._wall

    def _used(self) -> float:
        spent = [
            resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        ]
        own = sum(used.ru_utime + used.ru_stime for used in spent)
        return own + sum(map(_of, self._servers))


def _of(process: int) -> float:
    """CPU seconds of a process, of its children that ended and of those that run."""
    # It may have ended just now, and its parent counts it.
    with suppress(FileNotFoundError, ProcessLookupError):
        return _ticks(process) / os.sysconf("SC_CLK_TCK") + sum(map(_of, _children(process)))
    return 0.0


def _ticks(process: int) -> int:
    """See proc(5): utime, stime, cutime, cstime."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15]))


def _children(process: int) -> list[int]:
    """Whichever of its threads started them."""
    threads = Path(f"/proc/{process}/task").glob("*/children")
    return [int(each) for thread in threads for each in thread.read_text().split()]
