"""The subject of a mail, from the template in the config."""

from __future__ import annotations

from typing import TYPE_CHECKING

from growthml.deliver.words import shorten
from growthml.errors import UsageError

if TYPE_CHECKING:
    from growthml.deliver.letter import Letter

MOST_VERDICT = 60
MOST_SUBJECT = 150


def subject_of(template: str, letter: Letter, status: str, slice: str | None = None) -> str:
    """The subject as one line. Raises UsageError for a template that does not work."""
    return _filled(
        template,
        verdict=shorten(letter.front.verdict.rstrip("."), MOST_VERDICT),
        report=letter.report,
        date=letter.as_of,
        status=status,
        slice=slice or "",
    )


def check_subject(template: str) -> None:
    """Raises UsageError for a template that does not work, before anything is run."""
    names = ("verdict", "report", "date", "status", "slice")
    _filled(template, **dict.fromkeys(names, "x"))


def _filled(template: str, **values: str) -> str:
    from jinja2 import StrictUndefined, TemplateError
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(undefined=StrictUndefined)
    try:
        written = environment.from_string(template).render(**values)
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise UsageError(
            f"delivery.email.subject: {error}; it may name verdict, report, date, status and slice"
        ) from None
    printable = "".join(c if c.isprintable() else " " for c in written)
    return shorten(printable, MOST_SUBJECT)
