"""What a key takes and what it is left out for, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import yaml
from pydantic import BaseModel, Discriminator
from pydantic.fields import FieldInfo

from docs.generator.markdown import code, either
from growthml.config import types
from growthml.config.url import Url, Webhook

_BY_NAME = {
    "Address": "mail address",
    "Amount": "number, at least 0",
    "Colour": 'colour, `"#0f5bb5"`',
    "Condition": "value, list of values, or range `{min: 1, max: 5}`",
    "Currency": "three-letter code",
    "Day": "day, `2025-04-21`",
    "Domain": "domain",
    "Duration": "length of time, `90m`, `36h`, `2d`",
    "HttpsUrl": "`https://` address",
    "Language": "language with a catalogue",
    "Locale": "locale, `de_DE`",
    "Memory": "amount of memory, `2GB`",
    "MetricName": "[metric](metrics.md)",
    "Number": "number",
    "Path": "path",
    "PeriodName": "period",
    "ReportName": "name of a folder",
    "Share": "fraction between 0 and 1",
    "SmtpUrl": "`smtps://`, `smtp://` or `file:` address",
    "Text": "text",
    "Token": "what is coloured",
    "WhereKey": "role or column",
    "WholeNumber": "whole number",
    "Worth": "`price`, `event` or a number",
    "Zone": "time zone, `Europe/Berlin`",
}
_ALIASES = [(getattr(types, name), words) for name, words in _BY_NAME.items()]
_CLASSES: Mapping[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "`true` or `false`",
    Url: "URL or path",
    Webhook: "`https://` address",
}


def hints(model: type[BaseModel]) -> dict[str, Any]:
    """The types of a model's keys, with what narrows them."""
    return get_type_hints(model, include_extras=True)


def takes(hint: Any) -> str:
    """What fits a type, in words; raises LookupError for one there are no words for."""
    for alias, words in _ALIASES:
        if hint == alias:
            return words
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _annotated(arguments[0], arguments[1:])
    if origin in (Union, UnionType):
        return either([takes(each) for each in arguments if each is not NoneType])
    if origin is Literal:
        return either([code(str(each)) for each in arguments])
    if origin is tuple:
        return f"list of {takes(arguments[0])}"
    if origin in (dict, Mapping):
        return f"mapping of {takes(arguments[0])} to {takes(arguments[1])}"
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return "mapping"
    return _CLASSES[hint]


def _annotated(base: Any, narrowed: tuple[Any, ...]) -> str:
    for each in narrowed:
        if isinstance(each, Discriminator) and each.custom_error_message:
            return each.custom_error_message
    facts = [fact for each in narrowed for fact in _facts(each)]
    return ", ".join([takes(base), *facts])


def limits(field: FieldInfo) -> str:
    """The bounds of a number, in words that follow what the key takes."""
    return "".join(f", {fact}" for each in field.metadata for fact in _facts(each))


def _facts(narrowed: Any) -> list[str]:
    if isinstance(narrowed, FieldInfo):
        return [fact for each in narrowed.metadata for fact in _facts(each)]
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    return [
        f"{said} {getattr(narrowed, name):g}"
        for name, said in words.items()
        if isinstance(getattr(narrowed, name, None), int | float)
    ]


def models_in(hint: Any) -> list[type[BaseModel]]:
    """The mappings that a type is made of."""
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return [hint]
    return [model for each in get_args(hint) for model in models_in(each)]


def default(field: FieldInfo) -> str:
    """What a key left out is; a dash where its meaning says so, or nothing."""
    if field.is_required():
        return "**needed**"
    value = field.get_default(call_default_factory=True)
    if value is None or value in ((), {}, "") or isinstance(value, BaseModel):
        return "–"
    if isinstance(value, timedelta):
        return code(f"{value.total_seconds() / 60:g}m")
    if isinstance(value, tuple):
        value = list(value)
    return code(yaml.safe_dump(value, default_flow_style=True).removesuffix("\n...\n").strip())
