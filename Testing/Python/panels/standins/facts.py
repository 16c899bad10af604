"""What is known of a class: properties, signals, slots and other callable names, the inherited ones included."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

FACTS_FILE = Path(__file__).with_name("api_facts.json")
NO_WIDGETS = {
    "qt.QObject",
    "qt.QTimer",
    "qt.QSettings",
    "qt.QFormLayout",
    "qt.QVBoxLayout",
    "qt.QHBoxLayout",
    "slicer.app",
    "scriptedEffect (qSlicerSegmentEditorScriptedEffect)",
}


@dataclass(frozen=True)
class ClassFacts:
    """Facts of one class. ``properties`` maps a name to (type, read only); ``slots`` a name to argument counts."""

    name: str
    properties: dict[str, tuple[str, bool]]
    signals: frozenset[str]
    slots: dict[str, frozenset[int]]
    callables: frozenset[str]


@lru_cache(maxsize=1)
def all_facts() -> dict[str, Any]:
    """The whole of api_facts.json."""
    return json.loads(FACTS_FILE.read_text(encoding="utf-8"))


@cache
def class_facts(name: str) -> ClassFacts:
    """Facts of "qt.QLabel" and the like, with those of QWidget and QObject; KeyError for an unknown class."""
    classes = all_facts()["classes"]
    parents = ["qt.QObject"] if name in NO_WIDGETS else ["qt.QObject", "qt.QWidget"]
    properties: dict[str, tuple[str, bool]] = {}
    signals: set[str] = set()
    slots: dict[str, set[int]] = {}
    callables: set[str] = set()
    for source in [*parents, name]:
        raw = classes[source]
        for prop, kind in raw["properties"].items():
            properties[prop] = (kind.replace(" (read only)", ""), kind.endswith("(read only)"))
        signals.update(raw["signals"])
        for slot in raw["slots_and_invokables"]:
            slots.setdefault(slot.split("(")[0], set()).add(argument_count(slot))
        callables.update(raw["other_python_names"])
    counts = {slot: frozenset(found) for slot, found in slots.items() if slot not in callables}
    return ClassFacts(name, properties, frozenset(signals), counts, frozenset(callables | set(slots)))


def argument_count(signature: str) -> int:
    """Number of arguments in "name(type,type)"."""
    inside = signature[signature.index("(") + 1 : signature.rindex(")")]
    depth, count = 0, 1 if inside else 0
    for character in inside:
        depth += {"<": 1, ">": -1}.get(character, 0)
        count += character == "," and depth == 0
    return count


def class_name(short: str) -> str:
    """ "qt.QLabel" of "QLabel"; KeyError when none of qt, ctk and slicer has facts of it."""
    for space in ("qt", "ctk", "slicer"):
        if f"{space}.{short}" in all_facts()["classes"]:
            return f"{space}.{short}"
    raise KeyError(f"no facts of {short}: add it to CLASSES in copy_api_facts.py")
