"""`--set KEY=VALUE`: one value of the config replaced from the command line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from growthml.config.problems import Path, Place, Problem, did_you_mean, shown
from growthml.config.tree import Tree, dotted, parse
from growthml.secrets import redact

_STEP = re.compile(r'"([^"]*)"|([^."]+)')
_KEY = re.compile(rf"(?:{_STEP.pattern})(?:\.(?:{_STEP.pattern}))*")


def apply(tree: Tree, override: str, environ: Mapping[str, str]) -> None:
    """Put the override's value, read as YAML, at its key; a problem is noted in the tree.

    Keys are dotted; a key with dots in it stands in double quotes. A list takes the number of an
    entry (from 0), the list of sections also a section's name.
    """
    key, equals, text = override.partition("=")
    place = Place(f"--set {redact(key)}")
    if not equals or not _KEY.fullmatch(key):
        tree.problems.append(
            ((), Problem(place, "", "expected KEY=VALUE, such as period=last_week"))
        )
        return
    part = parse(text, place.origin, environ, numbered=False)
    steps = [quoted or plain for quoted, plain in _STEP.findall(key)]
    try:
        path = _prepare(tree, steps, place)
    except LookupError as error:
        tree.problems.append(((), Problem(place, "", str(error.args[0]))))
        return
    tree.graft(path, part)
    tree.keys[path] = place


def _prepare(tree: Tree, steps: list[str], place: Place) -> Path:
    """The path the steps lead to, with the mappings on the way made where they are not there."""
    path: Path = ()
    for at, step in enumerate(steps):
        here = tree.find(*path)
        if isinstance(here, list):
            index = _index(here, step, path)
            path = (*path, index)
            if not step.isdigit():
                _give_options(tree, path, step, place)
                path = (*path, step)
        elif isinstance(here, dict):
            path = (*path, step)
        else:
            raise LookupError(f"'{dotted(path)}' is {shown(here)}, which has no keys")
        if at < len(steps) - 1 and tree.find(*path) is None:
            tree.graft(path, Tree(data={}, values={(): place}))
            tree.keys[path] = place
    return path


def _index(here: list[Any], step: str, path: Path) -> int:
    if step.isdigit():
        if int(step) < len(here):
            return int(step)
        raise LookupError(f"'{dotted(path)}' has {len(here)} entries, counted from 0")
    if path != ("sections",):
        raise LookupError(f"the entries of '{dotted(path)}' go by number, from 0")
    names = [next(iter(one), "") if isinstance(one, dict) else str(one) for one in here]
    if step in names:
        return names.index(step)
    hint = did_you_mean(step, names) or f"; it has {', '.join(names) or 'none'}"
    raise LookupError(f"no entry '{step}' in '{dotted(path)}'{hint}")


def _give_options(tree: Tree, path: Path, name: str, place: Place) -> None:
    """A bare name in a list becomes a name with options, still none."""
    if tree.find(*path) == name:
        tree.graft(path, Tree(data={name: None}, values={(): place}))
