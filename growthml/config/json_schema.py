"""The config's JSON Schema, with which editors complete and check the YAML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from growthml.config.choice import SectionPolicy
from growthml.config.manual import DescribedSchema
from growthml.config.schema import Config

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_VARIABLE = {
    "type": "string",
    "pattern": r"\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^{}]*)?\}",
    "description": "Taken from the environment: ${NAME} or ${NAME:-default}.",
}
_REFERENCE = {"$ref": "#/$defs/Variable"}
_NARROW_TYPES = ("integer", "number", "boolean")
_NARROW_KEYS = {"enum", "const", "pattern", "format"}


def json_schema(options: Mapping[str, type[BaseModel]]) -> dict[str, Any]:
    """JSON Schema 2020-12 of the whole config.

    options: the options model of every section there is, by name; a section is described by its
    model's docstring. Where only some values fit, a `${NAME}` is allowed too.
    """
    models: list[type[BaseModel]] = [Config, SectionPolicy, *options.values()]
    references, written = models_json_schema(
        [(model, "validation") for model in models], schema_generator=DescribedSchema
    )
    definitions: dict[str, Any] = written["$defs"]

    def definition(model: type[BaseModel]) -> dict[str, Any]:
        name = references[model, "validation"]["$ref"].rpartition("/")[2]
        found: dict[str, Any] = definitions[name]
        return found

    policy = definition(SectionPolicy)["properties"]
    sections = {
        name: {
            **definition(model),
            "type": ["object", "null"],
            "properties": {**definition(model).get("properties", {}), **policy},
        }
        for name, model in options.items()
    }
    whole = definition(Config)
    whole["properties"]["sections"] |= {"items": _entry(sections)}
    kept = _definitions_in_use(whole, definitions)
    return {
        "$schema": _DIALECT,
        **_with_variables(whole),
        "$defs": {**_with_variables(kept), "Variable": _VARIABLE},
    }


def _entry(sections: Mapping[str, Any]) -> dict[str, Any]:
    """One entry of the list of sections: a name, or a mapping of one name to its options."""
    with_options = {
        "type": "object",
        "properties": dict(sections),
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }
    return {"anyOf": [{"enum": list(sections)}, with_options]}


def _definitions_in_use(node: Any, definitions: Mapping[str, Any]) -> dict[str, Any]:
    """The definitions that a schema refers to, itself or through others."""
    found: dict[str, Any] = {}
    waiting = [node]
    while waiting:
        for name in _references(waiting.pop()):
            if name not in found:
                found[name] = definitions[name]
                waiting.append(definitions[name])
    return dict(sorted(found.items()))


def _references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [name for part in node for name in _references(part)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"].rpartition("/")[2]] if isinstance(node.get("$ref"), str) else []
    return own + _references(list(node.values()))


def _with_variables(node: Any) -> Any:
    """The schema without machine-made titles, and with `${NAME}` allowed in narrow places."""
    if isinstance(node, list):
        return [_with_variables(part) for part in node]
    if not isinstance(node, dict):
        return node
    kept = {
        key: _with_variables(part)
        for key, part in node.items()
        if not (key == "title" and isinstance(part, str))
    }
    if kept.get("type") not in _NARROW_TYPES and not (_NARROW_KEYS & set(kept)):
        return kept
    outside = {key: kept.pop(key) for key in ("description", "default") if key in kept}
    return {**outside, "anyOf": [kept, _REFERENCE]}
