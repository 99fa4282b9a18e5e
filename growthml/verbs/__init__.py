"""Families of command-line verbs, each with its own arguments; `growthml.cli` gathers them."""
