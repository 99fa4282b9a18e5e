"""The `sections` list of a config: each entry a name, or a name with options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from growthml.config.choice import SectionChoice, SectionPolicy
from growthml.config.problems import Fault, Path, faults_of, shown, suggestion

REPEATABLE = "sql"
"""The one section that may stand in a report several times, each with an `id` of its own."""

Options = Mapping[str, type[BaseModel]]


def read_sections(
    entries: Any, options: Options, *, by_default: bool
) -> tuple[list[SectionChoice], list[Fault]]:
    """The sections of a report, and what is wrong with them.

    options: the options model of every section there is, by name. by_default: the entries are not
    the config's own; a section that cannot do without options is then passed over.
    """
    if not isinstance(entries, list):
        return [], [Fault(("sections",), expected="a list of sections")]
    if not entries and not by_default:
        return [], [Fault(("sections",), "names no section; leave the key out for all of them")]
    choices: list[SectionChoice] = []
    faults: list[Fault] = []
    seen: set[tuple[str, str]] = set()
    for index, entry in enumerate(entries):
        path: Path = ("sections", index)
        name, given, wrong = _entry(entry, path, options)
        if wrong:
            faults.append(wrong)
            continue
        at = (*path, name)
        identity = (name, _id(given) if name == REPEATABLE else "")
        if identity in seen:
            faults.append(_twice(identity, at))
        seen.add(identity)
        if name == REPEATABLE and isinstance(given, Mapping) and given.get("id") in options:
            message = f"there is a section {identity[1]} already; give the query another id"
            faults.append(Fault((*at, "id"), message))
        choice, problems = _choice(name, given, at, options[name], by_default)
        if choice is not None:
            choices.append(choice)
        elif given or not by_default:
            faults += problems
    return choices, faults


def _entry(entry: Any, path: Path, options: Options) -> tuple[str, Any, Fault | None]:
    """The entry's name and options; the name is a section there is, unless there is a fault."""
    expected = "a section's name, or a name with options such as churn: {inactive_days: 90}"
    if isinstance(entry, str):
        entry, at = {entry: None}, path
    elif isinstance(entry, Mapping) and entry:
        at = (*path, next(iter(entry)))
    else:
        return "", None, Fault(path, expected=expected)
    name, given = next(iter(entry.items()))
    if len(entry) > 1:
        stray = list(entry)[1]
        message = f"'{stray}' stands beside '{name}'; indent the options of '{name}' below it"
        return name, given, Fault((*path, stray), message, on_key=True)
    if name not in options:
        hint = suggestion(name, sorted(options)) or "; `growthml sections` lists them"
        return name, given, Fault(at, f"unknown section '{name}'{hint}", on_key=True)
    return name, {} if given is None else given, None


def _id(given: Any) -> str:
    return shown(given.get("id")) if isinstance(given, Mapping) else ""


def _choice(
    name: str, given: Any, path: Path, model: type[BaseModel], by_default: bool
) -> tuple[SectionChoice | None, list[Fault]]:
    if not isinstance(given, Mapping):
        return None, [Fault(path, expected=f"the options of '{name}' as a mapping (key: value)")]
    faults: list[Fault] = []
    policy_keys = list(SectionPolicy.model_fields)
    of_any = {key: value for key, value in given.items() if key in policy_keys}
    of_its_own = {key: value for key, value in given.items() if key not in policy_keys}
    policy = _checked(SectionPolicy, of_any, path, faults)
    options = _checked(model, of_its_own, path, faults, also=policy_keys)
    if policy is None or options is None:
        return None, faults
    rules = policy.model_dump()
    return SectionChoice(name=name, options=options, by_default=by_default, **rules), faults


def _checked(
    model: type[BaseModel],
    data: dict[str, Any],
    path: Path,
    faults: list[Fault],
    also: Sequence[str] = (),
) -> BaseModel | None:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        faults += [fault.below(path) for fault in faults_of(error, model, data, also)]
        return None


def _twice(identity: tuple[str, str], path: Path) -> Fault:
    name, sql_id = identity
    if name == REPEATABLE:
        message = f"a second '{name}' section with the id {sql_id}; give each its own id"
    else:
        message = f"section '{name}' is in the list twice; only '{REPEATABLE}' may be repeated"
    return Fault(path, message, on_key=True)
