"""Really reads a .ui file: every widget of its declared class, with its name, properties and connections checked."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

from standins.objects import StandIn
from standins.widgets import WIDGETS

SIMPLE = {"string": str, "number": int, "double": float, "enum": str, "set": str}
ENUM = re.compile(r"^\w+::\w+(\|\w+::\w+)*$")
ATTRIBUTES = {"horizontalHeaderStretchLastSection", "verticalHeaderVisible", "verticalHeaderDefaultSectionSize"}
MARGINS = {"leftMargin", "topMargin", "rightMargin", "bottomMargin"}
SLOT_OF_SCENE = ("mrmlSceneChanged(vtkMRMLScene*)", "setMRMLScene(vtkMRMLScene*)")


class UiError(Exception):
    """The .ui file says something that Qt would not accept or would silently ignore."""


def load_ui(path: str | Path) -> StandIn:
    """The top widget of the file; UiError for unknown classes, properties, values, names twice, wrong connections."""
    root = ElementTree.parse(path).getroot()
    top = root.find("widget")
    if root.tag != "ui" or top is None:
        raise UiError(f"{path}: no widget")
    custom = {node.findtext("class") for node in root.iterfind("customwidgets/customwidget")}
    named: dict[str, StandIn] = {}
    widget = _widget(top, named, {str(name) for name in custom}, str(path))
    for connection in root.iterfind("connections/connection"):
        _connect(connection, named, str(path))
    widget.__dict__["named"] = named
    return widget


def children(widget: Any) -> Any:
    """What slicer.util.childWidgetVariables gives: an object with each named child as an attribute."""
    ui = type("", (), {})()
    for name, child in widget.named.items():
        setattr(ui, name, child)
    return ui


def _widget(node: Any, named: dict[str, StandIn], custom: set[str], path: str) -> StandIn:
    cls, name = node.get("class"), node.get("name")
    if cls not in WIDGETS:
        raise UiError(f"{path}: no stand-in of {cls}")
    if not cls.startswith("Q") and cls not in custom:
        raise UiError(f"{path}: {cls} is missing from customwidgets")
    if name in named:
        raise UiError(f"{path}: two widgets are called {name}")
    widget = WIDGETS[cls]()
    named[name] = widget
    widget._values["objectName"] = name
    for entry in node.findall("property"):
        _set(widget, entry, f"{path}: {name}")
    for entry in node.findall("attribute"):
        if entry.get("name") not in ATTRIBUTES:
            raise UiError(f"{path}: {name} has no attribute {entry.get('name')}")
    columns = node.findall("column")
    if columns:
        widget.columnCount = len(columns)
        widget.__dict__["headers"] = [c.findtext("property/string") for c in columns]
    for layout in node.findall("layout"):
        widget.setLayout(_layout(layout, named, custom, path))
    if node.findall("widget"):
        raise UiError(f"{path}: {name} has children without a layout")
    return widget


def _layout(node: Any, named: dict[str, StandIn], custom: set[str], path: str) -> StandIn:
    layout = WIDGETS[node.get("class")]()
    for entry in node.findall("property"):
        if entry.get("name") not in MARGINS and entry.get("name") not in layout._facts.properties:
            raise UiError(f"{path}: {node.get('name')} has no property {entry.get('name')}")
    for item in node.findall("item"):
        for child in item:
            if child.tag == "widget":
                layout.addWidget(_widget(child, named, custom, path))
            elif child.tag == "layout":
                _layout(child, named, custom, path)
            elif child.tag != "spacer":
                raise UiError(f"{path}: {child.tag} in {node.get('name')}")
    return layout


def _set(widget: StandIn, entry: Any, where: str) -> None:
    name, value = entry.get("name"), entry[0]
    if entry.get("stdset") == "0":
        widget._dynamic[name] = value.text
        return
    if name not in widget._facts.properties:
        raise UiError(f"{where} ({widget._facts.name}) has no property {name}")
    if value.tag in ("size", "sizepolicy"):
        return
    if value.tag in ("enum", "set"):
        if not ENUM.match(value.text or ""):
            raise UiError(f"{where}: {name} is {value.text!r}")
        widget._values[name] = value.text
        return
    if value.tag == "stringlist":
        content: Any = tuple(text.text for text in value)
    elif value.tag == "bool":
        content = {"true": True, "false": False}[value.text]
    else:
        content = SIMPLE[value.tag](value.text or "")
    try:
        setattr(widget, name, content)
    except (AttributeError, TypeError) as error:
        raise UiError(f"{where}: {error}") from error


def _connect(node: Any, named: dict[str, StandIn], path: str) -> None:
    part = {tag: node.findtext(tag) for tag in ("sender", "signal", "receiver", "slot")}
    for role in ("sender", "receiver"):
        if part[role] not in named:
            raise UiError(f"{path}: the connection's {role} {part[role]} does not exist")
    if (part["signal"], part["slot"]) != SLOT_OF_SCENE:
        raise UiError(f"{path}: only scenes are connected in .ui files here, not {part['signal']}")
    named[part["sender"]].connect(part["signal"], named[part["receiver"]].setMRMLScene)
