"""What the docstring below each field of a model says, read from its source.

Pydantic would do so for every model each time a command starts (`use_attribute_docstrings`), which
took a seventh of `growthml check`; it is wanted only where the manual is told.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import textwrap
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core.core_schema import ModelSchema


def descriptions(model: type[BaseModel]) -> Mapping[str, str]:
    """Field name to docstring, inherited fields too; a field without one is left out."""
    found: dict[str, str] = {}
    for each in reversed(model.__mro__):
        if issubclass(each, BaseModel) and each is not BaseModel:
            found |= _below_fields(each)
    return {name: found[name] for name in model.model_fields if name in found}


class DescribedSchema(GenerateJsonSchema):
    """JSON Schema in which every property carries its field's docstring."""

    def model_schema(self, schema: ModelSchema) -> dict[str, Any]:
        """The schema of one model."""
        written = super().model_schema(schema)
        model = schema["cls"]
        for name, text in descriptions(model).items():
            key = model.model_fields[name].alias or name
            written["properties"][key].setdefault("description", text)
        return written


def _below_fields(model: type[BaseModel]) -> dict[str, str]:
    """Of a class's own fields; none where its source cannot be had."""
    try:
        source = inspect.getsource(model)
    except (OSError, TypeError):
        return {}
    body = ast.parse(textwrap.dedent(source)).body[0].body  # type: ignore[attr-defined]
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in itertools.pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }
