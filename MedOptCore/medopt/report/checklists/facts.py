"""What a recipe says, in the words of a methods section."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from medopt.report.record import Record
from medopt.report.text import plain


def recipe_of(record: Record) -> Mapping[str, Any]:
    """The recipe as plain data; empty when it is missing or unreadable."""
    try:
        values = yaml.safe_load(record.recipe or "")
    except yaml.YAMLError:
        return {}
    return values if isinstance(values, dict) else {}


def part(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A part of plain data as a mapping; empty when it is none."""
    found = values.get(name)
    return found if isinstance(found, dict) else {}


def step_names(recipe: Mapping[str, Any]) -> list[str]:
    """Names of the preprocessing steps in order."""
    return [plain(one.get("step")).replace("_", " ") for one in _named(part(recipe, "preprocess").get("steps"))]


def technique_names(recipe: Mapping[str, Any]) -> list[str]:
    """Names of the augmentations."""
    return [plain(one.get("technique")).replace("_", " ") for one in _named(part(recipe, "augment").get("techniques"))]


def _named(values: Any) -> list[Mapping[str, Any]]:
    return [one for one in values if isinstance(one, dict)] if isinstance(values, list) else []
