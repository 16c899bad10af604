"""Strict settings: YAML files whose every wrong field is named, with the allowed values and the nearest match."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from medopt.errors import MedOptError
from medopt.files import write_text

S = TypeVar("S", bound="Settings")


class Settings(BaseModel):
    """Base of everything a user may write in YAML: frozen, unknown fields are errors, no silent conversions of text."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)

    @classmethod
    def parse(cls: type[S], value: Any, where: str | Path) -> S:
        """Build from plain data; raises one MedOptError that names every wrong field of ``where``."""
        if not isinstance(value, dict):
            raise MedOptError("no settings", where=where, expected="fields and values", found=type(value).__name__)
        try:
            return cls.model_validate(value)
        except ValidationError as error:
            raise MedOptError(
                _describe(cls, error), where=where, remedy="Correct the file and repeat the command"
            ) from None

    @classmethod
    def load(cls: type[S], path: str | Path) -> S:
        """Read from a YAML file."""
        return cls.parse(read_yaml(path), path)

    def save(self, path: str | Path) -> None:
        """Write all fields, defaults included, to a YAML file, atomically."""
        write_text(path, self.to_yaml())

    def to_yaml(self) -> str:
        """All fields as YAML text, in the order of the class."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=100)


def read_yaml(path: str | Path) -> Any:
    """Plain data from a YAML file; missing and damaged files are MedOptErrors that name file and line."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MedOptError(
            "the file cannot be read", where=path, found=str(getattr(error, "strerror", None) or error)
        ) from error
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"{path}, line {mark.line + 1}" if mark else str(path)
        raise MedOptError("not readable as YAML", where=line, found=str(getattr(error, "problem", error))) from error


def _describe(model: type[BaseModel], error: ValidationError) -> str:
    lines = []
    for item in error.errors():
        field = ".".join(str(part) for part in item["loc"])
        if item["type"] == "extra_forbidden":
            known = _siblings(model, item["loc"])
            near = difflib.get_close_matches(str(item["loc"][-1]), known, n=1, cutoff=0.5)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            lines.append(f"unknown field '{field}' (known: {', '.join(known)}){hint}")
        elif item["type"] == "missing":
            lines.append(f"field '{field}' is missing")
        else:
            given = item.get("input")
            found = "" if isinstance(given, (dict, list)) else f", found {given!r}"[:200]
            lines.append(f"field '{field}': {item['msg'].removeprefix('Value error, ')}{found}")
            context = item.get("ctx", {})
            if item["type"] in ("literal_error", "union_tag_invalid"):
                choices = str(context.get("expected", context.get("expected_tags", "")))
                allowed = [part.strip(" '") for part in choices.replace(" or ", ", ").split(",")]
                near = difflib.get_close_matches(str(context.get("tag", given)), allowed, n=1, cutoff=0.5)
                lines[-1] += f"; did you mean '{near[0]}'?" if near else ""
    return "; ".join(lines)


def _siblings(model: type[BaseModel], location: tuple[Any, ...]) -> list[str]:
    """Names of the fields that stand beside the last part of ``location``."""
    current: list[type[BaseModel]] = [model]
    for part in location[:-1]:
        if not isinstance(part, str):  # a place in a list says nothing about the fields
            continue
        inner = [m for owner in current if part in owner.model_fields for m in _models_of(owner, part)]
        tagged = [m for m in current if any(f.default == part for f in m.model_fields.values())]
        current = inner or tagged or current
    return list(dict.fromkeys(name for m in current for name in m.model_fields))


def _models_of(owner: type[BaseModel], field: str) -> list[type[BaseModel]]:
    return list(_models_in(owner.model_fields[field].annotation))


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
