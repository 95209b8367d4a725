"""YAML to frozen models: every refusal has its file, line and column. A leaf that imports nothing heavy."""

from qopt.config.code import resolve_code
from qopt.config.models import RunConfig
from qopt.config.reader import ConfigError, Loaded, parse_config, read_config
from qopt.config.resolved import dump, recipe_of
from qopt.config.wording import json_schema

__all__ = ["ConfigError", "Loaded", "RunConfig", "dump", "json_schema", "parse_config", "read_config", "recipe_of", "resolve_code"]
