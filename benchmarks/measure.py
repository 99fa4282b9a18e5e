"""CPU seconds, wall seconds and peak memory of a command, medians over repeats."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
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
    """CPU seconds of this process since it was made."""

    def __init__(self) -> None:
        self._cpu, self._wall = _own_cpu(), time.perf_counter()

    @property
    def cpu(self) -> float:
        """CPU seconds so far."""
        return _own_cpu() - self._cpu

    @property
    def wall(self) -> float:
        """Wall seconds so far."""
        return time.perf_counter() - self._wall


def _own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
