"""Steps, techniques and what was drawn in a few words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from MedOptCoreLib.i18n import _

HIDDEN = ("step", "technique", "channels", "cohort", "probability", "interpolation", "anti_alias", "function", "index")
"""Fields that a summary leaves out."""
UNITS = {
    "rotation": "°",
    "shear": "°",
    "translation": " mm",
    "elastic": " mm",
    "gaussian_blur": " mm",
}
"""Units of drawn numbers by technique."""


def title(kind: str) -> str:
    """The name of a step or technique for people: "crop foreground"."""
    return kind.replace("_", " ")


def presetOf(values: Mapping[str, Any]) -> str:
    """The window preset that has level and width of ``values``; empty for none."""
    from medopt.preprocess import PRESETS

    if values.get("source", "values") != "values":
        return ""
    pair = (values.get("level"), values.get("width"))
    return next((name for name, preset in PRESETS.items() if preset == pair), "")


def summary(values: Mapping[str, Any]) -> str:
    """A step or technique in one line: what differs from "nothing to say"."""
    if values.get("step") == "window":
        return _window(values)
    parts = []
    for name, value in values.items():
        if name in HIDDEN or value is None or value is False:
            continue
        if value is True:
            parts.append(title(name))
        elif isinstance(value, str):
            parts.append(f"{title(name)} {title(value)}" if value in ("image", "cohort") else title(value))
        else:
            parts.append(f"{title(name)} {_numbers(value, separator=' … ' if _isRange(value) else ' × ')}")
    return ", ".join(parts)


def drawnCaption(drawn: Any) -> str:
    """ "seed 7 · rotation 12° · gamma 0.8" of a ``medopt.augment.Drawn``."""
    parts = [_("seed {n}").format(n=" ".join(map(str, drawn.seed)))]
    parts += [_action(action.technique, action.parameters) for action in drawn.actions]
    if not drawn.actions:
        parts.append(_("nothing drawn"))
    return " · ".join(parts)


def _window(values: Mapping[str, Any]) -> str:
    source = values.get("source", "values")
    if source in ("image", "cohort"):
        ends = _numbers(values.get("percentiles", ()), separator=" … ")
        of = _("of the image") if source == "image" else _("of the training cases")
        text = _("percentiles {ends} {of}").format(ends=ends, of=of)
    elif source == "header":
        text = _("window {n} of the header").format(n=values.get("index", 0))
    else:
        name = presetOf(values)
        level, width = (_number(values.get(key)) for key in ("level", "width"))
        text = _("level {level}, width {width}").format(level=level, width=width)
        text = f"{title(name)}: {text}" if name else text
    return f"{text} → {values.get('output', '0..1')}"


def _action(technique: str, parameters: Mapping[str, Any]) -> str:
    words = [title(technique)]
    for name, value in parameters.items():
        if name in ("seed", "seeds", "field", "boxes", "corners", "coefficients") or value is False:
            continue
        if value is True:
            words.append(title(name))
        elif isinstance(value, str):
            words.append(value)
        elif isinstance(value, (int, float)) or (isinstance(value, list) and len(value) <= 3):
            words.append(_numbers(value, separator=" ", unit=UNITS.get(technique, "")))
    return " ".join(words)


def _numbers(value: Any, *, separator: str, unit: str = "") -> str:
    items = value if isinstance(value, (list, tuple)) else [value]
    if len(items) > 1 and all(isinstance(i, (int, float)) for i in items) and len({float(i) for i in items}) == 1:
        items = items[:1] if separator == " " else items
    return separator.join(_number(item) + (unit if isinstance(item, (int, float)) else "") for item in items)


def _number(value: Any) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _isRange(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and len(value) == 2
