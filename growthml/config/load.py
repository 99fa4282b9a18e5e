"""A YAML file into a Config, or every problem in it at once, each with its place."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ValidationError

from growthml.config.checks import check
from growthml.config.environment import has_variable, written_secrets
from growthml.config.json_schema import json_schema as json_schema
from growthml.config.overrides import apply
from growthml.config.problems import Fault, Place, Problem, faults_of, shown
from growthml.config.schema import Config
from growthml.config.sections import read_sections
from growthml.config.tree import Tree, dotted, parse
from growthml.config.types import file_name
from growthml.errors import ConfigError
from growthml.secrets import redact, remember


def load(
    path: Path,
    *,
    options: Mapping[str, type[BaseModel]],
    overrides: Sequence[str] = (),
    environ: Mapping[str, str] | None = None,
    default_sections: Sequence[str] = (),
) -> Config:
    """Read a config.

    options: the options model of every section there is, by name. overrides: `KEY=VALUE`, dotted
    keys, values as YAML; the last wins. environ: where `${NAME}` is looked up, the process's own
    environment if None. default_sections: what stands in for `sections` where it is left out.

    Passwords met on the way are remembered for `growthml.secrets.redact`. Raises ConfigError with
    all problems at once, in the order of the file, those of overrides last.
    """
    variables = os.environ if environ is None else environ
    tree = _read(path, variables)
    stand_in = list(default_sections)
    if tree.find("sections") is None:
        tree.data["sections"] = stand_in
    for override in overrides:
        apply(tree, override, variables)
    _remember_written_secrets(tree)
    _leave_out_empty_keys(tree)
    _name_after_file(tree, path)
    entries = tree.data.get("sections", [])
    sections, faults = read_sections(entries, options, by_default=entries is stand_in)
    data = {**tree.data, "sections": tuple(sections)}
    config = None
    try:
        config = Config.model_validate(data)
    except ValidationError as error:
        faults += faults_of(error, Config, data)
    faults += check(tree, sections)
    problems = [problem for _, problem in tree.problems] + _placed(faults, tree)
    if problems or config is None:
        raise ConfigError(_in_order(problems))
    if config.delivery.webhook is not None:
        remember(config.delivery.webhook.url.secret)
    return config


def extra_sections(
    path: Path, *, overrides: Sequence[str] = (), environ: Mapping[str, str] | None = None
) -> list[str]:
    """The paths under `extra_sections`, read before all else, since `load` must know the sections.

    Raises ConfigError where the file cannot be read; entries that are no text are left to `load`.
    """
    variables = os.environ if environ is None else environ
    tree = _read(path, variables)
    for override in overrides:
        apply(tree, override, variables)
    found = tree.find("extra_sections")
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def located(path: Path, faults: Iterable[Fault], overrides: Sequence[str] = ()) -> ConfigError:
    """Faults that came up once the config was read, with their places in its file."""
    tree = _read(path, os.environ)
    for override in overrides:
        apply(tree, override, os.environ)
    return ConfigError(_in_order(_placed(faults, tree)))


def _read(path: Path, environ: Mapping[str, str]) -> Tree:
    """The file's tree, surely a mapping."""
    text = _text(path)
    tree = parse(text, str(path), environ)
    if tree.problems and tree.data is None:
        raise ConfigError([problem for _, problem in tree.problems])
    if tree.data is None:
        message = "the file is empty; the shortest config names its sources and campaigns"
        raise ConfigError([Problem(Place(str(path), 1, 1), "", message)])
    if not isinstance(tree.data, dict):
        message = f"expected keys such as 'sources:' and 'campaigns:', got {shown(tree.data)}"
        raise ConfigError([Problem(tree.place(()), "", message)])
    return tree


def _text(path: Path) -> str:
    place = Place(str(path))
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        message = "there is no such file; `growthml init` writes one"
        raise ConfigError([Problem(place, "", message)]) from None
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        raise ConfigError([Problem(place, "", message)]) from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        message = "not UTF-8 text; save the file in the encoding UTF-8"
        raise ConfigError([Problem(Place(str(path), line, column), "", message)]) from None


def _remember_written_secrets(tree: Tree) -> None:
    """A password in the file is refused; no message, not even that one, may repeat it."""
    for text in tree.written.values():
        for secret in written_secrets(text):
            remember(secret)


def _leave_out_empty_keys(tree: Tree) -> None:
    """A key with nothing after it, all of its lines commented out, counts as left out."""
    for key in [key for key, value in tree.data.items() if value is None]:
        if not _is_unfilled((key,), tree):
            del tree.data[key]


def _name_after_file(tree: Tree, path: Path) -> None:
    report = tree.data.setdefault("report", {})
    if isinstance(report, dict):
        report.setdefault("name", file_name(path.stem))


def _placed(faults: Iterable[Fault], tree: Tree) -> list[Problem]:
    return [_problem(fault, tree) for fault in faults if not _is_unfilled(fault.path, tree)]


def _is_unfilled(path: tuple[str | int, ...], tree: Tree) -> bool:
    """Whether the value could not be read, which is a problem already."""
    return tree.find(*path) is None and any(at == path for at, _ in tree.problems)


def _problem(fault: Fault, tree: Tree) -> Problem:
    written = tree.written.get(fault.path, "")
    got = _got(tree.find(*fault.path), written)
    at = (*fault.path, fault.unknown) if fault.unknown else fault.path
    on_key = bool(fault.on_key or fault.unknown or fault.missing)
    place = tree.place(at, on_key=on_key)
    return Problem(place, dotted(fault.path), redact(fault.sentence(got)))


def _got(value: object, written: str) -> str:
    """What stands in a key's place; never what came from the environment."""
    if not has_variable(written):
        return shown(value)
    is_quoted = isinstance(value, str) and value.replace(".", "", 1).isdigit()
    hint = " as text; take it out of the quotes, onto a line of its own" if is_quoted else ""
    return f"the value of {written}{hint}"


def _in_order(problems: Iterable[Problem]) -> list[Problem]:
    """By line and column, overrides last, nothing twice."""
    unique = dict.fromkeys(problems)
    return sorted(unique, key=lambda one: (not one.place.line, one.place.line, one.place.column))
