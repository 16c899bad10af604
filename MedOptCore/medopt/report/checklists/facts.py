"""What a record and its recipe say, in the words of a methods section."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from medopt.report.record import Record
from medopt.report.text import count, interval, listing, metric_digits, metric_title, metric_value, network_title, plain
from medopt.validation import MEAN, ClassResults


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


def network_of(record: Record) -> str:
    """The network and its size."""
    size = f" with {record.parameters:,} parameters" if record.parameters else ""
    return f"{network_title(dict(record.network).get('name', 'a network'))}{size}"


def classes_of(record: Record) -> str:
    """The classes by name."""
    return listing([info.name for info in record.structures]) or record.items


def output_of(record: Record) -> str:
    """What the model puts out."""
    if record.task == "classification":
        chosen = record.results.exclusive if isinstance(record.results, ClassResults) else True
        rule = "the most probable one is taken" if chosen else "those of at least one half are taken"
        return f"the probability of each class ({classes_of(record)}); {rule}"
    if record.task == "detection":
        return f"boxes in the patient, each with its class ({classes_of(record)}) and a score"
    return f"one class a voxel ({classes_of(record)}), the most probable one"


def parts_of(record: Record) -> str:
    """Subjects and cases of each part."""
    parts = [name for name in record.cases if name in record.subjects]
    told = [f"{name}: {count(record.subjects[name], 'subject')}, {count(record.cases[name], 'case')}" for name in parts]
    return "; ".join(told) or "parts are not recorded"


def estimate_of(record: Record) -> str:
    """The main figure with interval and n."""
    results = record.results
    if results is None or not results.summary:
        return "Nothing was measured"
    row = results.row(MEAN, results.main_metric)
    digits = metric_digits(row.metric)
    ends = interval(row.low, row.high, digits)
    value = f"{metric_value(row.metric, row.estimate)} {ends}".strip()
    return f"Mean {metric_title(row.metric)} {value}, n = {row.n_subjects}"
