"""The reference says what the code says; `make docs` writes it anew where they have drifted."""

from __future__ import annotations

import json

import pytest

from docs.generator.columns import MEANINGS, SPECIAL, meaning
from docs.generator.reference import FOLDER, pages
from growthml.config.model import Model
from growthml.metrics import STANDARD
from growthml.sections import all_sections
from tests.docs.markdown import broken_links

PAGES = pages()
SCHEMA = FOLDER.parents[1] / "growthml" / "config" / "schema.json"


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_is_what_the_code_says(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == PAGES[name], "run `make docs`"


def test_there_are_no_other_pages() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(PAGES)


def _below(model: type[Model]) -> list[type[Model]]:
    found = model.__subclasses__()
    return [*found, *(each for one in found for each in _below(one))]


def test_every_key_of_the_config_stands_in_the_reference() -> None:
    written = json.loads(SCHEMA.read_text(encoding="utf-8"))
    ours = {each.__name__ for each in _below(Model)}
    models = [each for each in written["$defs"] if each in ours]
    keys = set(written["properties"])
    keys.update(key for model in models for key in written["$defs"][model].get("properties", {}))
    assert {"sources", "signed_up_at", "pdf_timeout", "to_each"} <= keys
    assert [key for key in sorted(keys) if f"| `{key}` |" not in PAGES["config.md"]] == []


def test_every_column_has_a_meaning_and_every_meaning_a_column() -> None:
    columns = [
        (section.id, table, column)
        for section in all_sections().values()
        for table, names in section.tables.items()
        for column in names
    ]
    assert all(meaning(*each) for each in columns)
    assert set(MEANINGS) == {column for _, _, column in columns}
    assert set(SPECIAL) <= {".".join(each) for each in columns}


def test_every_section_metric_and_option_stands_in_the_reference() -> None:
    for section in all_sections().values():
        assert f"\n## {section.id}\n" in PAGES["sections.md"]
        for option in section.options.model_fields:
            assert f"| `{option}` |" in PAGES["sections.md"]
    for metric in STANDARD:
        assert f"| `{metric.id}` |" in PAGES["metrics.md"]


def test_links_between_the_pages_lead_somewhere() -> None:
    assert [fault for name in PAGES for fault in broken_links(FOLDER / name)] == []
