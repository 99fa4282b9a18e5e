"""The JSON Schema that editors check the YAML with."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from pydantic import BaseModel

from growthml.config.load import json_schema


@pytest.fixture
def schema(sections: dict[str, type[BaseModel]]) -> dict[str, Any]:
    return json_schema(sections)


def _nodes(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, list):
        return [found for part in node for found in _nodes(part)]
    if not isinstance(node, dict):
        return []
    return [node, *(found for part in node.values() for found in _nodes(part))]


def test_it_is_json_of_the_2020_dialect(schema: dict[str, Any]) -> None:
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert json.loads(json.dumps(schema)) == schema


def test_only_sources_must_be_given(schema: dict[str, Any]) -> None:
    assert schema["required"] == ["sources"]
    assert schema["additionalProperties"] is False


def test_keys_are_as_they_are_written_in_yaml(schema: dict[str, Any]) -> None:
    assert {"schema", "campaigns", "for_each", "max_age"} <= set(schema["properties"])
    assert {"from", "to"} == set(schema["$defs"]["CampaignWindow"]["properties"])
    assert "from" in schema["$defs"]["EmailConfig"]["properties"]


def test_every_key_is_described(schema: dict[str, Any]) -> None:
    keys = schema["properties"] | schema["$defs"]["CampaignConfig"]["properties"]
    assert keys["population"]["description"].startswith("Who belongs to a window")
    told = [key for key, what in keys.items() if what.get("description") or "$ref" in what]
    assert sorted(told) == sorted(keys)


def test_sections_are_names_or_names_with_options(schema: dict[str, Any]) -> None:
    name, with_options = schema["properties"]["sections"]["items"]["anyOf"]
    assert name["anyOf"][0] == {"enum": ["summary", "churn", "sql", "traffic"]}
    churn = with_options["properties"]["churn"]
    assert churn["description"] == "Who has left."
    assert set(churn["properties"]) == {
        "inactive_days",
        "eligible",
        "horizon",
        "required",
        "on_failure",
    }
    assert with_options["properties"]["sql"]["required"] == ["id", "title", "query"]


def test_a_variable_may_stand_where_a_number_is_expected(schema: dict[str, Any]) -> None:
    threads = schema["$defs"]["SourceConfig"]["properties"]["threads"]
    assert {"$ref": "#/$defs/Variable"} in threads["anyOf"][0]["anyOf"]
    pattern = schema["$defs"]["Variable"]["pattern"]
    assert re.search(pattern, "${THREADS:-2}")
    assert not re.search(pattern, "two")


def test_every_reference_leads_somewhere(schema: dict[str, Any]) -> None:
    used = {node["$ref"] for node in _nodes(schema) if isinstance(node.get("$ref"), str)}
    assert used == {f"#/$defs/{name}" for name in schema["$defs"]}
