"""What a run is known by: its id, and the versions of what made it."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from growthml import __version__
from growthml.config.schema import Config
from growthml.parts import SectionRun
from growthml.render.sources import template_bytes

_LIBRARIES = ("pandas", "numpy", "scipy", "SQLAlchemy", "duckdb", "matplotlib", "weasyprint")


def run_id(
    as_of: date,
    config: Config,
    sections: Sequence[SectionRun],
    tables: Mapping[str, bytes],
    templates: Path | None = None,
    about: Sequence[str] = (),
) -> str:
    """`<as-of date>-<12 hex digits>`, the digits a SHA-256 over all that was computed.

    That is the product's version, the config but for output, delivery, secrets and absolute paths,
    the templates, how each section ended, every table, and what else tells the run apart (`about`:
    the part of a report, a postmortem). Clocks and machines have no part in it.
    """
    digest = hashlib.sha256()
    for part in _parts(config, sections, tables, templates, about):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return f"{as_of.isoformat()}-{digest.hexdigest()[:12]}"


def _parts(
    config: Config,
    sections: Sequence[SectionRun],
    tables: Mapping[str, bytes],
    templates: Path | None,
    about: Sequence[str],
) -> Iterator[bytes]:
    yield __version__.encode()
    yield json.dumps(config.fingerprint(), sort_keys=True).encode()
    yield from _named(template_bytes(templates))
    for each in sections:
        yield f"{each.section.id} {each.status}".encode()
    yield from _named(tables)
    yield from (each.encode() for each in about)


def _named(files: Mapping[str, bytes]) -> Iterable[bytes]:
    for name, content in sorted(files.items()):
        yield name.encode()
        yield content


def versions() -> dict[str, str]:
    """growthml, Python and the libraries that numbers and pages depend on."""
    found = {"growthml": __version__, "python": ".".join(map(str, sys.version_info[:3]))}
    for name in _LIBRARIES:
        try:
            found[name.lower()] = version(name)
        except PackageNotFoundError:
            continue
    return found
