"""The JSON Schema that ships is the one the config's models and the sections' options say.

After a change of either: GROWTHML_WRITE_SCHEMA=1 python -m pytest tests/config/test_schema_file.py
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from growthml.config.json_schema import json_schema
from growthml.sections import all_sections

SHIPPED = Path(__file__).parents[2] / "growthml" / "config" / "schema.json"


def test_the_shipped_schema_is_the_models_own() -> None:
    options = {name: section.options for name, section in all_sections().items()}
    current = json.dumps(json_schema(options), indent=2, ensure_ascii=False) + "\n"
    if os.environ.get("GROWTHML_WRITE_SCHEMA"):
        SHIPPED.write_text(current, encoding="utf-8")
    assert SHIPPED.read_text(encoding="utf-8") == current
