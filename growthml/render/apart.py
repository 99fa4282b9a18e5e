"""Work done in a process of its own, which may be stopped: too long, or too large.

The child is a fork, so that nothing is imported or copied twice. Where there is no fork, or it is
not safe (macOS, Windows), the work is done here and without limits.
"""

from __future__ import annotations

import multiprocessing
import sys
import warnings
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Generic, TypeVar

from growthml.errors import GrowthError

T = TypeVar("T")

CAN_FORK = sys.platform == "linux"


class Apart(Generic[T]):
    """Work that has begun; `result` waits for it.

    seconds: how long it may take. megabytes: how much memory it may take beyond what this process
    has. what: what it does, for the error ("setting the PDF"); help_: what to do then.
    """

    def __init__(
        self, work: Callable[[], T], *, seconds: float, megabytes: float, what: str, help_: str
    ) -> None:
        self._work = work
        self._seconds = seconds
        self._megabytes = megabytes
        self._what = what
        self._help = help_
        if CAN_FORK:
            self._start()

    def result(self) -> T:
        """What the work gave; raises the GrowthError it raised, or one that says it was stopped."""
        if not CAN_FORK:
            return self._work()
        try:
            if not self._ours.poll(self._seconds):
                raise self._stopped(f"took longer than {self._seconds:g} s")
            kind, found = self._ours.recv()
        except EOFError:
            raise self._stopped(f"took more than {self._megabytes:g} MB, or was killed") from None
        finally:
            self._child.kill()
            self._child.join()
            self._ours.close()
        if kind == "done":
            done: T = found
            return done
        if kind == "memory":
            raise self._stopped(f"took more than {self._megabytes:g} MB")
        raise GrowthError(found) if kind == "error" else RuntimeError(found)

    def _start(self) -> None:
        context = multiprocessing.get_context("fork")
        self._ours, theirs = context.Pipe(duplex=False)
        self._child = context.Process(target=self._do, args=(theirs,), daemon=True)
        with warnings.catch_warnings():
            # Threads of engines do not live on in the child, which asks nothing of them.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._child.start()
        theirs.close()

    def _do(self, theirs: Connection) -> None:
        """What the child does."""
        _limit(self._megabytes)
        try:
            theirs.send(("done", self._work()))
        except MemoryError:
            theirs.send(("memory", ""))
        except GrowthError as error:
            theirs.send(("error", str(error)))
        except Exception as error:
            theirs.send(("fault", f"{type(error).__name__}: {error}"))

    def _stopped(self, why: str) -> GrowthError:
        return GrowthError(f"{self._what} {why} and was stopped; {self._help}")


def _limit(megabytes: float) -> None:
    """Let this process have so much memory more than it has now."""
    import resource

    with open("/proc/self/statm", encoding="ascii") as file:
        has = int(file.read().split()[0]) * resource.getpagesize()
    most = has + int(megabytes * 1024 * 1024)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
