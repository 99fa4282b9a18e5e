"""The page of the config: every key there is, from `growthml/config/schema.py` on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from docs.generator.markdown import code, flat, link, page, table
from docs.generator.types import default, hints, models_in, takes
from growthml.config.choice import SectionChoice, SectionPolicy
from growthml.config.manual import descriptions
from growthml.config.schema import Config

_HEADS = ("Key", "Takes", "Left out", "Means")
_INTRO = """\
Every key of a report's YAML file. Only `sources` and, unless every section reads a log, `campaigns`
are needed. An unknown key, a wrong type or a variable that is not set is an error that names file,
line and key.

`${NAME}` and `${NAME:-default}` come from the environment, anywhere in a value; `$${` stands for
`${` itself. Relative paths start in the folder the command runs in. `growthml schema` prints the
same as JSON Schema, with which editors complete and check the file, and
`growthml run CONFIG --set KEY=VALUE` changes one key, dotted, for one run."""
_SECTIONS = """\
Each entry of `sections` is a name, or a name with its options. The options of each stand in
[Sections](sections.md); besides them, any section takes:"""


def config_page() -> str:
    """Key, type, default and meaning, a table for every mapping of the file."""
    seen: dict[type[BaseModel], str] = {}
    blocks = _model(Config, "", seen)
    policy = f"## One section\n\n{_SECTIONS}\n\n{_keys(SectionPolicy, '', {})}"
    return page("Config", _INTRO, *blocks, policy)


def _model(model: type[BaseModel], path: str, seen: dict[type[BaseModel], str]) -> list[str]:
    """The tables of a mapping and of those below it, each but once."""
    heading = code(path) if path else "The whole"
    seen[model] = heading
    below = [
        (found, f"{path}.{key}".lstrip("."), hint)
        for key, hint in _named(model)
        for found in models_in(hint)
        if found is not SectionChoice
    ]
    for found, key, hint in below:
        seen.setdefault(found, code(_place(key, hint)))
    blocks = [f"## {heading}\n\n{flat(model.__doc__ or '')}\n\n{_keys(model, path, seen)}"]
    for found, key, hint in below:
        if seen[found] == code(_place(key, hint)):
            blocks += _model(found, _place(key, hint), seen)
    return blocks


def _named(model: type[BaseModel]) -> list[tuple[str, Any]]:
    """The keys as they are typed, with their types."""
    found = hints(model)
    return [(field.alias or name, found[name]) for name, field in model.model_fields.items()]


def _place(key: str, hint: Any) -> str:
    """Where the mapping stands: below a name of the user's choice, in a list, or at the key."""
    kinds = {get_origin(each) for each in (hint, *get_args(hint))}
    if Mapping in kinds:
        return f"{key}.NAME"
    return f"{key}[]" if tuple in kinds else key


def _keys(model: type[BaseModel], path: str, seen: Mapping[type[BaseModel], str]) -> str:
    rows = []
    manual = descriptions(model)
    for (key, hint), (name, field) in zip(_named(model), model.model_fields.items(), strict=True):
        below = [seen[found] for found in models_in(hint) if found in seen]
        words = f"list of {link('sections', 'One section')}" if key == "sections" else takes(hint)
        if below:
            words += f" {link('→', below[0])}"
        rows.append((code(key), words, default(field), manual.get(name, "")))
    return table(_HEADS, rows)
