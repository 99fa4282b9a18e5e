"""Sections from outside the package: Python files a config names, and installed packages.

Either brings a `SECTION`, as one of our own files does; the facts it needs and we do not have lie
in the section's `own_facts`. A package names it by an entry point of the group `growthml.sections`.
"""

from __future__ import annotations

import importlib.util
import logging
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from hashlib import sha256
from importlib.metadata import EntryPoint, entry_points
from inspect import getsourcefile
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from growthml.config.problems import did_you_mean
from growthml.errors import UsageError, line_in
from growthml.parts import Options, Section

if TYPE_CHECKING:
    from growthml.facts import Fact

GROUP = "growthml.sections"

_NAME = re.compile(r"[a-z][a-z0-9_]*")

log = logging.getLogger(__name__)


def from_file(path: Path) -> Section:
    """The section of a Python file.

    Raises UsageError where the file cannot be read or run, naming its line, or brings none.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror};"
            " relative paths start in the folder the command runs in"
        ) from None
    return _section_of(path.resolve(), sha256(content).hexdigest()[:12])


@cache
def _section_of(path: Path, digest: str) -> Section:
    """digest: of the content, so that a file that changed is run again."""
    name = f"growthml_section_{path.stem}_{sha256(str(path).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path.name} is no Python file; its name ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise UsageError(_told(error, path)) from error
    return _checked(module, path.name, f"sha256:{digest}")


def _told(error: BaseException, path: Path) -> str:
    line, said = line_in(error, str(path)), str(error)
    if isinstance(error, SyntaxError):
        line, said = error.lineno, error.msg
    return f"{path.name}:{line or 1}: {type(error).__name__}: {said}"


def with_extra(ours: Mapping[str, Section], files: Sequence[str] = ()) -> dict[str, Section]:
    """Every section there is: ours, those of installed packages, those of Python files.

    Raises UsageError for a file without a section, or an id that is taken.
    """
    known = dict(ours)
    for section in [*installed().values(), *map(from_file, map(Path, files))]:
        add(known, section)
    return known


def installed() -> dict[str, Section]:
    """The sections of installed packages by id; one that is broken is left out, with a warning."""
    found: dict[str, Section] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda each: each.name):
        try:
            section = _installed(point)
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            log.warning("the installed section %s (%s) is left out: %s", point.name, point, reason)
            continue
        add(found, section)
    return found


def _installed(point: EntryPoint) -> Section:
    module = importlib.import_module(point.module)
    holder = point.load() if point.attr else module
    name, version = (point.dist.name, point.dist.version) if point.dist else (point.module, "")
    source = getsourcefile(module)
    content = sha256(Path(source).read_bytes()).hexdigest()[:12] if source else ""
    return _checked(holder, name, f"{version} sha256:{content}")


def add(known: dict[str, Section], section: Section) -> None:
    """Add a section to those known; raises UsageError where its id is taken."""
    taken = known.get(section.id)
    if taken is not None:
        whose = f"that of {taken.origin}" if taken.origin else "one of growthml's own"
        raise UsageError(
            f"{section.origin} defines the section '{section.id}', which is {whose} already;"
            " give it another id"
        )
    known[section.id] = section


# -- what is brought must be whole -------------------------------------------------------------


def _checked(holder: Any, origin: str, version: str) -> Section:
    """The section a module (or an entry point) brings, marked with where it comes from."""
    section = getattr(holder, "SECTION", None) if isinstance(holder, ModuleType) else holder
    if not isinstance(section, Section):
        raise UsageError(f"{origin} defines no section; write SECTION = Section(id=..., ...)")
    for problem in _problems(section):
        raise UsageError(f"{origin}: {problem}")
    return replace(section, origin=origin, version=version)


def _problems(section: Section) -> Iterator[str]:
    """What is wrong with a section, as sentences."""
    if not _NAME.fullmatch(section.id):
        yield f"the id {section.id!r} names files; use lower-case letters, digits and _"
    if not (section.title and section.question):
        yield f"the section '{section.id}' needs a title and a question"
    if not (isinstance(section.options, type) and issubclass(section.options, Options)):
        yield f"the options of '{section.id}' must be a class derived from growthml.parts.Options"
    yield from _fact_problems(section.id, section.facts, section.own_facts)


def _fact_problems(name: str, facts: Sequence[str], own: Sequence[Any]) -> Iterator[str]:
    from growthml.facts import FACTS, Fact

    known = set(FACTS)
    for fact in own:
        if not isinstance(fact, Fact):
            yield f"own_facts of '{name}' holds a {type(fact).__name__} instead of a Fact"
            return
        if fact.name in known:
            yield f"the fact '{fact.name}' is there already; give it another name"
        known.add(fact.name)
    for asked in facts:
        base = asked.removesuffix("?").partition(":")[0]
        if base not in known:
            yield f"'{name}' asks for a fact '{base}' that is not there{did_you_mean(base, known)}"


def facts_of(sections: Sequence[Section]) -> Mapping[str, Fact]:
    """The facts that sections bring, by name; raises UsageError where two bring the same."""
    found: dict[str, tuple[Fact, Section]] = {}
    for section in sections:
        for fact in section.own_facts:
            if fact.name in found and found[fact.name][1] is not section:
                other = found[fact.name][1].origin
                raise UsageError(
                    f"{section.origin} and {other} both bring a fact '{fact.name}'; rename one"
                )
            found[fact.name] = (fact, section)
    return {name: fact for name, (fact, _) in found.items()}
