"""A YAML file into a Config, or every problem in it at once, each with its place."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ValidationError

from growthml.config import overrides as set_option
from growthml.config.checks import check
from growthml.config.json_schema import json_schema
from growthml.config.problems import Fault, Place, Problem, dotted_sections, faults_of, shown
from growthml.config.schema import Config
from growthml.config.sections import read_sections
from growthml.config.tree import Tree, dotted, parse
from growthml.config.types import file_name
from growthml.errors import ConfigError
from growthml.secrets import redact, remember

__all__ = ["extra_sections", "json_schema", "load"]
