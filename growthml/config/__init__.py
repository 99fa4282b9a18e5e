"""The report's config: `schema` is its manual, `load` reads a YAML file into it."""
