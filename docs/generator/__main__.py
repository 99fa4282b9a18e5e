"""`python -m docs.generator`: writes every page of the reference anew."""

from __future__ import annotations

from docs.generator.reference import FOLDER, pages

for name, text in pages().items():
    (FOLDER / name).write_text(text, encoding="utf-8")
    print(FOLDER / name)
