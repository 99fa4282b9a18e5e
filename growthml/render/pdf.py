"""The report as PDF/A-3a: tagged, dated by its data, its tables and SQL attached;
and its front page alone.

WeasyPrint is imported on first use, so that commands without a PDF start fast and run without
Pango.
"""

from __future__ import annotations

import logging
import re
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from ctypes import CDLL
from ctypes.util import find_library
from datetime import UTC, datetime, time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from growthml.errors import GrowthError
from growthml.render.assets import FONT_SCHEME, print_font
from growthml.render.dress import printed_as
from growthml.render.flow import flowed
from growthml.render.front import FITS, Fit
from growthml.render.page import Page, page
from growthml.render.queries import FILE, queries
from growthml.render.templates import environment, fill
from growthml.theme import Paper
from growthml.words import _

if TYPE_CHECKING:
    from jinja2 import Environment

    from growthml.parts import Run
    from growthml.render.drawings import Drawings

MOST_ROWS = 25
VARIANT = "pdf/a-3a"
_PANGO = (
    "PDF needs the Pango library, which this machine does not have. On Debian or Ubuntu: "
    "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0; "
    "on macOS: brew install pango. Without it, choose --format html"
)
_FAULTY_WARNINGS = ("Font-face",)
_EMBEDDED = re.compile(r"data:[^\s\"']+")


class Press:
    """Sets a run's PDFs; its front page, which both begin with, is laid out once.

    templates: a folder whose files win over ours. paper: left out, the theme's. The same run gives
    the same bytes. Both methods raise GrowthError for anything a reader would trip over: a missing
    alt text, a link to nowhere, a failed load.
    """

    def __init__(
        self,
        run: Run,
        drawings: Drawings,
        templates: Path | None = None,
        paper: Paper | None = None,
    ) -> None:
        self._run = run
        self._paper: Paper = paper or run.theme.paper
        with printed_as(run):
            self._environment = environment(templates)
            self._view = page(run, drawings, MOST_ROWS)

    def report(self, csv: Mapping[str, bytes]) -> bytes:
        """The whole report. csv: file name (`profitability.by_channel.csv`) to bytes, attached, as
        are the statements."""
        with _watched(), printed_as(self._run):
            fit, _ = self._front
            document = self._flowed(fit)
            files = {**csv, FILE: queries(self._view.appendix)}
            attached = [_attachment(each, files, self._run) for each in sorted(files)]
            return _written(document, attached)

    def summary(self) -> bytes:
        """The front page alone, on exactly one page."""
        with _watched(), printed_as(self._run):
            return _written(self._front[1], [])

    def _flowed(self, fit: Fit) -> Any:
        """The report laid out; once more where blocks in another order fill its pages."""

        def laid_out(view: Page) -> Any:
            return _laid_out("report.html.j2", view, fit, self._environment, self._paper)

        document = laid_out(self._view)
        view = flowed(self._view, document)
        return document if view is self._view else laid_out(view)

    @cached_property
    def _front(self) -> tuple[Fit, Any]:
        return _fitted(self._view, self._environment, self._paper)


def need_pango() -> None:
    """Raise GrowthError where the PDF could not be set; takes no time, so that it comes first."""
    for name in ("libpango-1.0.so.0", "libpango-1.0.dylib", "libpango-1.0-0.dll"):
        with suppress(OSError):
            CDLL(find_library("pango-1.0") or name)
            return
    raise GrowthError(_PANGO)


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
    """A fetcher of our own typefaces and of `data:` URIs; anything else stops the build."""
    urls = _weasyprint().urls

    class OurOwn(urls.URLFetcher):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__(allowed_protocols={"data"}, allow_redirects=False, fail_on_errors=True)

        def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> Any:
            scheme, _, name = url.partition(":")
            if scheme == FONT_SCHEME:
                font = print_font(name)
                return urls.URLFetcherResponse(url, font, {"Content-Type": "font/ttf"})
            return super().fetch(url, headers)

    return OurOwn()


def _attachment(name: str, files: Mapping[str, bytes], run: Run) -> Any:
    moment = datetime.combine(run.context.as_of, time(), UTC)
    return _weasyprint().Attachment(
        string=files[name],
        name=name,
        description=_("The SQL of this report")
        if name == FILE
        else _("Table {table}", table=name.removesuffix(".csv")),
        created=moment,
        modified=moment,
        relationship="Source" if name == FILE else "Data",
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
