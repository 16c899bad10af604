"""The fields of any settings class as sliders, choices and checks: what a form shows, and what a change of it means."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

from MedOptCoreLib.i18n import _

Values = dict[str, Any]
"""Plain data of one settings object."""
Path = tuple[str | int, ...]
"""Name of a field, then the place in its list, or the item of a list of names."""
Span = tuple[float, float]

SPANS: dict[str, Span] = {
    "level": (-1000.0, 3000.0),
    "width": (1.0, 4000.0),
    "spacing": (0.2, 10.0),
    "shape": (1, 512),
    "margin": (0.0, 50.0),
    "index": (0, 9),
    "degrees": (0.0, 90.0),
    "rotation.degrees": (0.0, 180.0),
    "distance": (0.0, 50.0),
    "factor": (0.2, 5.0),
    "elastic.spacing": (2.0, 100.0),
    "gamma.gamma": (0.2, 5.0),
    "probability": (0.0, 1.0),
}
"""Ends of sliders by "kind.field" or field, where the limits of the field are wider than anyone needs."""

RELEVANT: dict[str, tuple[str, tuple[Any, ...]]] = {
    "window.level": ("source", ("values", "header")),
    "window.width": ("source", ("values", "header")),
    "window.index": ("source", ("header",)),
    "window.percentiles": ("source", ("image", "cohort")),
    "normalize.region": ("statistics", ("image",)),
}
"""Fields that count only while another field has one of these values."""

HIDDEN = ("cohort", "channels")
"""Fields that are filled in by a training, or that few need: the table of the recipe holds them."""

ENDS = {2: (_("lower"), _("upper")), 3: ("k", "j", "i")}
UNIT = re.compile(r"(?:in |^|, )(degrees|mm|%|(?<=in )voxels|voxels(?= along))(?=$|[ ,;])")


@dataclass(frozen=True)
class Slider:
    """A number; ``automatic`` is None where it must be given, else whether it is left out."""

    path: Path
    label: str
    value: float
    minimum: float
    maximum: float
    step: float
    decimals: int
    unit: str
    tip: str
    whole: bool
    automatic: bool | None = None


@dataclass(frozen=True)
class Choice:
    """One of several values, each with its text."""

    path: Path
    label: str
    value: str
    options: tuple[tuple[str, str], ...]
    tip: str


@dataclass(frozen=True)
class Check:
    """Yes or no."""

    path: Path
    label: str
    value: bool
    tip: str


Control: TypeAlias = Slider | Choice | Check


def controls(model: Any, values: Mapping[str, Any], spans: Mapping[str, Span] | None = None) -> tuple[Control, ...]:
    """What to show for each field of ``model``, in their order; fields of other types are left out.

    Parameters
    ----------
    model : a subclass of ``medopt.settings.Settings``
    values : plain data of one such object; it need not be valid
    spans : ends of sliders by field that come from the data, such as the values of an image
    """
    kind = kindOf(model)
    found: list[Control] = []
    for name, info in model.model_fields.items():
        rule = RELEVANT.get(f"{kind}.{name}")
        if name in HIDDEN or (rule is not None and values.get(rule[0], _default(model, rule[0])) not in rule[1]):
            continue
        field = _Field(kind, name, info, values.get(name, _default(model, name)), dict(spans or {}))
        found += field.controls()
    return tuple(found)


def edited(model: Any, values: Mapping[str, Any], path: Path, value: Any) -> Values:
    """A copy of ``values`` with another value of the control at ``path``; it may be invalid."""
    name = str(path[0])
    if len(path) == 1:
        return {**values, name: value}
    present = values.get(name, _default(model, name))
    if isinstance(path[1], str):  # an item of a list of names
        kept = [item for item in _names(model.model_fields[name]) if (value if item == path[1] else item in present)]
        return {**values, name: kept}
    items = list(present if present is not None else _start(model.model_fields[name]))
    items[path[1]] = value
    return {**values, name: items}


def automated(model: Any, values: Mapping[str, Any], name: str, automatic: bool, start: float | None = None) -> Values:
    """A copy with the field left out (None), or given again: by its default, ``start``, or its smallest value."""
    if automatic:
        return {**values, name: None}
    info = model.model_fields[name]
    first = _plain(info.default) if info.default is not None and not info.is_required() else None
    return {**values, name: first if first is not None else start if start is not None else _start(info)}


def kindOf(model: Any) -> str:
    """The name by which a recipe calls the class: the default of its field ``step`` or ``technique``."""
    for name in ("step", "technique"):
        if name in model.model_fields:
            return str(model.model_fields[name].default)
    return str(model.__name__)


@dataclass(frozen=True)
class _Field:
    kind: str
    name: str
    info: Any
    value: Any
    spans: dict[str, Span]

    @property
    def title(self) -> str:
        return self.name.replace("_", " ")

    @property
    def tip(self) -> str:
        return self.info.description or ""

    def controls(self) -> Iterator[Control]:
        inner, limits, optional = _unwrapped(self.info.annotation, self.info.metadata)
        if get_origin(inner) is Literal:
            options = get_args(inner)
            if len(options) > 1:
                yield Choice((self.name,), self.title, str(self.value), tuple((o, str(o)) for o in options), self.tip)
        elif inner is bool:
            yield Check((self.name,), self.title, bool(self.value), self.tip)
        elif inner in (int, float):
            yield self._slider((self.name,), self.title, self.value, inner, limits, optional)
        elif get_origin(inner) is tuple:
            yield from self._several(get_args(inner), optional)

    def _several(self, parts: tuple[Any, ...], optional: bool) -> Iterator[Control]:
        if len(parts) == 2 and parts[1] is ...:
            for item in _names(self.info):
                given = self.value or ()
                yield Check((self.name, item), f"{self.title} {item}", item in given, self.tip)
            return
        names = ENDS.get(len(parts), tuple(str(n + 1) for n in range(len(parts))))
        for place, (part, end) in enumerate(zip(parts, names, strict=True)):
            inner, limits, _optional = _unwrapped(part, ())
            if inner not in (int, float):
                return
            value = self.value[place] if isinstance(self.value, (list, tuple)) and place < len(self.value) else None
            yield self._slider((self.name, place), f"{self.title} {end}", value, inner, limits, optional)

    def _slider(self, path: Path, label: str, value: Any, kind: type, limits: Span, optional: bool) -> Slider:
        number = float(value) if isinstance(value, (int, float)) else None
        low, high = self._span(limits, number)
        step = 1.0 if kind is int else _even((high - low) / 200)
        decimals = 0 if kind is int else max(0, -math.floor(math.log10(step) + 1e-9))
        if limits[0] > -math.inf and low < limits[0] + step and self._open_below(path):
            low = step  # 0 itself is not allowed
        shown = low if number is None else number
        automatic = (self.value is None) if optional else None
        unit = UNIT.search(self.tip)
        suffix = "" if unit is None else {"degrees": "°"}.get(unit[1], f" {unit[1]}")
        return Slider(path, label, shown, low, high, step, decimals, suffix, self.tip, kind is int, automatic)

    def _span(self, limits: Span, number: float | None) -> Span:
        wished = self.spans.get(self.name) or SPANS.get(f"{self.kind}.{self.name}") or SPANS.get(self.name)
        if wished is None:
            first = self.info.default if isinstance(self.info.default, (int, float)) else 1.0
            if isinstance(self.info.default, (list, tuple)) and self.info.default:
                first = max(abs(float(v)) for v in self.info.default)
            wished = (-4 * max(abs(first), 1.0) if limits[0] == -math.inf else limits[0], 4 * max(abs(first), 0.25))
            wished = (wished[0], limits[1]) if limits[1] < 1e3 else wished
        low, high = max(wished[0], limits[0]), min(wished[1], limits[1])
        if number is not None:  # what the recipe says can always be shown
            low, high = min(low, number), max(high, number)
        return (low, high) if high > low else (low, low + 1.0)

    def _open_below(self, path: Path) -> bool:
        annotation = self.info.annotation
        if len(path) == 2:
            annotation = get_args(_unwrapped(annotation, ())[0])[int(path[1])]
        return any(getattr(item, "gt", None) is not None for item in _metadata(annotation, self.info.metadata))


def _unwrapped(annotation: Any, metadata: Sequence[Any]) -> tuple[Any, Span, bool]:
    """(type without None and Annotated, its limits, whether None is allowed)."""
    found = _metadata(annotation, metadata)
    optional = False
    while get_origin(annotation) in (Annotated, Union, UnionType):
        parts = get_args(annotation)
        if get_origin(annotation) is Annotated:
            annotation = parts[0]
            continue
        optional = optional or NoneType in parts
        rest = [part for part in parts if part is not NoneType]
        if len(rest) != 1:
            return None, (-math.inf, math.inf), optional
        annotation = rest[0]
    lows = [v for item in found for v in (getattr(item, "ge", None), getattr(item, "gt", None)) if v is not None]
    highs = [v for item in found for v in (getattr(item, "le", None), getattr(item, "lt", None)) if v is not None]
    return annotation, (max(lows, default=-math.inf), min(highs, default=math.inf)), optional


def _metadata(annotation: Any, given: Sequence[Any]) -> list[Any]:
    """Limits noted at the type and at the field; those inside ``Field(…)`` too."""
    found = list(given)
    while get_origin(annotation) in (Annotated, Union, UnionType):
        parts = get_args(annotation)
        if get_origin(annotation) is Annotated:
            found += parts[1:]
            annotation = parts[0]
        else:
            rest = [part for part in parts if part is not NoneType]
            annotation = rest[0] if len(rest) == 1 else None
    return [inner for item in found for inner in (item, *getattr(item, "metadata", ()))]


def _names(info: Any) -> tuple[Any, ...]:
    """Names that a list of names may hold; empty for other lists."""
    inner = _unwrapped(info.annotation, ())[0]
    items = get_args(inner)
    return get_args(items[0]) if items and get_origin(items[0]) is Literal else ()


def _default(model: Any, name: str) -> Any:
    info = model.model_fields[name]
    return None if info.is_required() else _plain(info.default)


def _start(info: Any) -> Any:
    """A first value for a field without one: the smallest that its limits allow, else 0."""
    inner, limits, _optional = _unwrapped(info.annotation, info.metadata)
    if get_origin(inner) is tuple:
        return [_smallest(_unwrapped(part, ())[1]) for part in get_args(inner) if part is not ...]
    return _smallest(limits)


def _smallest(limits: Span) -> float:
    return max(1.0, limits[0]) if limits[0] > -math.inf else 0.0


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _even(step: float) -> float:
    """The nearest of 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step))
    return min((factor * power for factor in (1, 2, 5, 10)), key=lambda even: abs(even - step))
