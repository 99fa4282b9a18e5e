"""The report as PDF/A-3a: tagged, dated by its data, its tables attached; and its front page alone.

WeasyPrint is imported on first use, so that commands without a PDF start fast and run without
Pango.
"""

from __future__ import annotations

import logging
import re
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from growthml.errors import GrowthError
from growthml.render.front import FITS, Fit
from growthml.render.page import Page, page
from growthml.render.templates import environment, fill

if TYPE_CHECKING:
    from jinja2 import Environment

    from growthml.parts import Run
    from growthml.render.drawings import Drawings

Paper = Literal["A4", "Letter"]

MOST_ROWS = 25
VARIANT = "pdf/a-3a"
_PANGO = (
    "PDF needs the Pango library, which this machine does not have. On Debian or Ubuntu: "
    "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0; "
    "on macOS: brew install pango. Without it, choose --format html"
)
_FAULTY_WARNINGS = ("Font-face",)
_EMBEDDED = re.compile(r"data:[^\s\"']+")


def pdf(
    run: Run,
    drawings: Drawings,
    csv: Mapping[str, bytes],
    templates: Path | None = None,
    paper: Paper = "A4",
) -> bytes:
    """The whole report. csv: file name (`profitability.by_channel.csv`) to bytes, attached.

    The front page takes exactly one page. The same run gives the same bytes. Raises GrowthError
    for anything a reader would trip over: a missing alt text, a link to nowhere, a failed load.
    """
    with _watched():
        view, found = page(run, drawings, MOST_ROWS), environment(templates)
        fit, _ = _fitted(view, found, paper)
        document = _laid_out("report.html.j2", view, fit, found, paper)
        return _written(document, [_attachment(name, csv[name], run) for name in sorted(csv)])


def summary_pdf(
    run: Run, drawings: Drawings, templates: Path | None = None, paper: Paper = "A4"
) -> bytes:
    """The front page alone, on one page. Raises GrowthError as `pdf` does."""
    with _watched():
        view, found = page(run, drawings, MOST_ROWS), environment(templates)
        _, document = _fitted(view, found, paper)
        return _written(document, [])


def _fitted(view: Page, found: Environment, paper: Paper) -> tuple[Fit, Any]:
    """The most that fits one page, and the front page laid out with it."""
    for fit in FITS:
        document = _laid_out("summary.html.j2", view, fit, found, paper)
        if len(document.pages) == 1:
            return fit, document
    raise GrowthError(
        f"the front page of {view.report!r} does not fit one {paper} page even without its "
        "figure, KPIs and callouts: shorten the report's title or the campaigns' labels"
    )


def _laid_out(template: str, view: Page, fit: Fit, found: Environment, paper: Paper) -> Any:
    weasyprint = _weasyprint()
    text = fill(found, template, page=view, front=view.front.fitted(fit), paper=paper, screen=False)
    try:
        return weasyprint.HTML(string=text, url_fetcher=_fetcher()).render(pdf_variant=VARIANT)
    except weasyprint.urls.FatalURLFetchingError as error:
        raise GrowthError(f"the PDF may load nothing from outside: {error}") from error


def _written(document: Any, attachments: list[Any]) -> bytes:
    with warnings.catch_warnings():
        # WeasyPrint leaves its own colour profile open.
        warnings.simplefilter("ignore", ResourceWarning)
        return bytes(document.write_pdf(pdf_variant=VARIANT, attachments=attachments))


def _weasyprint() -> Any:
    try:
        import weasyprint
    except OSError as error:
        raise GrowthError(_PANGO) from error
    return weasyprint


def _fetcher() -> Any:
    """A fetcher that opens `data:` URIs and nothing else, and stops the build otherwise."""
    urls = _weasyprint().urls

    class DataOnly(urls.URLFetcher):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__(allowed_protocols={"data"}, allow_redirects=False, fail_on_errors=True)

    return DataOnly()


def _attachment(name: str, content: bytes, run: Run) -> Any:
    moment = datetime.combine(run.context.as_of, time(), UTC)
    return _weasyprint().Attachment(
        string=content,
        name=name,
        description=f"Table {name.removesuffix('.csv')}",
        created=moment,
        modified=moment,
        relationship="Data",
    )


@contextmanager
def _watched() -> Iterator[None]:
    """Turns what WeasyPrint only logs into an error; harmless notes on CSS stay notes."""
    ears = _Ears()
    logger = logging.getLogger("weasyprint")
    level, told_above = logger.level, logger.propagate
    logger.addHandler(ears)
    # A command that keeps libraries quiet must not stop their warnings from being heard here.
    logger.setLevel(logging.WARNING)
    logger.propagate = logging.getLogger().isEnabledFor(logging.WARNING)
    try:
        yield
    finally:
        logger.removeHandler(ears)
        logger.setLevel(level)
        logger.propagate = told_above
    if ears.faults:
        raise GrowthError("the PDF has faults: " + "; ".join(dict.fromkeys(ears.faults)))


class _Ears(logging.Handler):
    """Collects the faults WeasyPrint reports from this thread."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.thread = threading.get_ident()
        self.faults: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        said = record.getMessage()
        grave = record.levelno >= logging.ERROR or said.startswith(_FAULTY_WARNINGS)
        if grave and record.thread == self.thread:
            self.faults.append(_EMBEDDED.sub("data:…", said))
