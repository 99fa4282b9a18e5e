"""Everything that can go wrong, as one family; each error says what, where, and what to do.

GrowthError
├── UsageError           bad options, an unknown section, a bad date         exit 2
│   └── ConfigError      problems in the YAML, all of them at once           exit 2
│   └── MissingFields    tables or columns the schema names are not there    exit 2
├── SourceError          a source could not be reached or read               exit 3
├── DeliveryError        the report was made but not delivered               exit 4
├── FactError            one fact could not be counted; its sections fail    (section)
└── NotEnoughData        a section has nothing to say, and says why          (section)
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from traceback import extract_tb
from typing import ClassVar


class GrowthError(Exception):
    """Base of all errors meant for a person; `str(error)` is the whole message."""

    exit_code: ClassVar[int] = 1


class UsageError(GrowthError):
    """The command or its input is wrong; nothing was run."""

    exit_code = 2


class ConfigError(UsageError):
    """Every problem found in a config, each a line `file:line:column: path: what`."""

    def __init__(self, problems: Sequence[object]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


class MissingFields(UsageError):
    """Tables or columns named in the schema that the source does not have."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


class SourceError(GrowthError):
    """A source could not be opened, reached or read."""

    exit_code = 3


class DeliveryError(GrowthError):
    """The report lies in the archive but did not reach its readers."""

    exit_code = 4


class FactError(GrowthError):
    """One fact could not be counted; sections that need it fail with this reason."""


class NotEnoughData(GrowthError):
    """A section cannot answer with the data there are; the message is its reason.

    `missing` names a schema role the section needs and the config does not map, if that is why.
    `unasked`: nobody who did not ask for the section by name wants to read that.
    """

    def __init__(self, reason: str, missing: str = "", *, unasked: bool = False) -> None:
        self.missing = missing
        self.unasked = unasked or bool(missing)
        super().__init__(reason)


def line_in(error: BaseException, file: str) -> int | None:
    """The line of a file on which an error came up last; None where it never passed through it."""
    lines = [frame.lineno for frame in extract_tb(error.__traceback__) if frame.filename == file]
    return lines[-1] if lines else None


def place_in(error: BaseException, function: object) -> str:
    """`weekend.py:31`: the same for the file a function is written in; empty where not known."""
    code = getattr(function, "__code__", None)
    file = code.co_filename if code else ""
    line = line_in(error, file)
    return f"{PurePath(file).name}:{line}" if line else ""
