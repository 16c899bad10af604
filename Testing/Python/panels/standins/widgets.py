"""The widgets that the panels use, with the behaviour that their code relies on."""

from __future__ import annotations

import weakref
from typing import Any, ClassVar

from standins.objects import StandIn
from standins.pictures import Icon


class Widget(StandIn):
    """A QWidget: shown and enabled until told otherwise."""

    CLASS = "qt.QWidget"

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._values.update(enabled=True, visible=True)
        self.__dict__["_layout"] = None

    def layout(self) -> Any:
        """The layout, None without one."""
        return self._layout

    def setLayout(self, layout: Any) -> None:
        """Take a layout."""
        self.__dict__["_layout"] = layout

    def show(self) -> None:
        """Become visible."""
        self.visible = True

    def hide(self) -> None:
        """Become hidden."""
        self.visible = False


class Layout(StandIn):
    """A box or form layout; keeps the widgets added."""

    CLASS = "qt.QVBoxLayout"

    def addWidget(self, widget: Any, *_rest: Any) -> None:
        """Add a widget."""
        if not isinstance(widget, StandIn):
            raise TypeError(f"{widget!r} is no widget")
        self.children_.append(widget)

    def removeWidget(self, widget: Any) -> None:
        """Take a widget out; it stays visible until it is hidden or deleted."""
        self.children_.remove(widget)


class FormLayout(Layout):
    CLASS = "qt.QFormLayout"


class HBoxLayout(Layout):
    CLASS = "qt.QHBoxLayout"


class PushButton(Widget):
    """Clicks reach its listeners only while it is enabled, as in Qt."""

    CLASS = "qt.QPushButton"

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        if arguments and isinstance(arguments[0], str):
            self._values["text"] = arguments[0]

    def click(self) -> None:
        """What a click of the mouse does."""
        if not self.enabled:
            return
        if self.checkable:
            self.checked = not self.checked
        self.emit("clicked()")
        self.emit("clicked(bool)", self.checked)

    def on_property(self, name: str, value: Any) -> None:
        if name == "checked":
            self.emit("toggled(bool)", value)


class CollapsibleButton(Widget):
    CLASS = "ctk.ctkCollapsibleButton"

    def on_property(self, name: str, value: Any) -> None:
        if name == "collapsed":
            self.emit("contentsCollapsed(bool)", value)


class Label(Widget):
    CLASS = "qt.QLabel"


class Frame(Widget):
    CLASS = "qt.QFrame"


class LineEdit(Widget):
    CLASS = "qt.QLineEdit"

    def on_property(self, name: str, value: Any) -> None:
        if name == "text":
            self.emit("textChanged(QString)", value)

    def type_text(self, text: str) -> None:
        """What typing and Return do."""
        self.text = text
        self.emit("textEdited(QString)", text)
        self.emit("editingFinished()")


class SearchBox(LineEdit):
    CLASS = "ctk.ctkSearchBox"


class PathLineEdit(Widget):
    CLASS = "ctk.ctkPathLineEdit"

    def on_property(self, name: str, value: Any) -> None:
        if name == "currentPath":
            self.emit("currentPathChanged(QString)", value)


class DoubleSpinBox(Widget):
    """Values are held within minimum and maximum, as in Qt."""

    CLASS = "qt.QDoubleSpinBox"

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._values.update(maximum=99.99)

    def set_value(self, name: str, value: Any) -> None:
        if name == "value":
            value = min(max(value, self.minimum), self.maximum)
        super().set_value(name, value)

    def on_property(self, name: str, value: Any) -> None:
        if name == "value":
            self.emit("valueChanged(double)", value)


class SliderWidget(DoubleSpinBox):
    """A slider with a spin box; its range is Qt's until the file or the code sets another."""

    CLASS = "ctk.ctkSliderWidget"

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._values.update(maximum=99.0, singleStep=1.0)

    def set_value(self, name: str, value: Any) -> None:
        super().set_value(name, value)
        if name in ("minimum", "maximum"):
            self.value = self.value  # held within the new range

    def slide(self, value: float) -> None:
        """What dragging the handle does."""
        if not self.enabled or not self.visible:
            raise PermissionError(f"{self.objectName} cannot be moved")
        self.value = value


class CheckBox(Widget):
    CLASS = "qt.QCheckBox"

    def on_property(self, name: str, value: Any) -> None:
        if name == "checked":
            self.emit("toggled(bool)", value)

    def click(self) -> None:
        """What a click of the mouse does."""
        if self.enabled and self.visible:
            self.checked = not self.checked
            self.emit("clicked()")
            self.emit("clicked(bool)", self.checked)


class ComboBox(Widget):
    """Items with data; the index follows the items."""

    CLASS = "qt.QComboBox"

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.__dict__["_items"] = []
        self._values["currentIndex"] = -1

    @property
    def count(self) -> int:
        """Number of items."""
        return len(self._items)

    @property
    def currentText(self) -> str:
        """Text of the chosen item."""
        return self.itemText(self.currentIndex)

    @property
    def currentData(self) -> Any:
        """Data of the chosen item."""
        return self.itemData(self.currentIndex)

    def addItem(self, text: str, data: Any = None) -> None:
        """Add an item; the first one becomes the chosen one."""
        if not isinstance(text, str):
            raise TypeError(f"{text!r} is no text")
        self._items.append((text, data))
        if self.currentIndex < 0:
            self.currentIndex = 0

    def itemText(self, index: int) -> str:
        """Text of an item, empty outside the list."""
        return self._items[index][0] if 0 <= index < self.count else ""

    def itemData(self, index: int) -> Any:
        """Data of an item, None outside the list."""
        return self._items[index][1] if 0 <= index < self.count else None

    def findData(self, data: Any) -> int:
        """Index of the first item with ``data``, -1 when there is none."""
        return next((i for i, item in enumerate(self._items) if item[1] == data), -1)

    def clear(self) -> None:
        """Remove all items."""
        self._items.clear()
        self.currentIndex = -1

    def on_property(self, name: str, value: Any) -> None:
        if name == "currentIndex":
            self.emit("currentIndexChanged(int)", value)

    def choose(self, index: int) -> None:
        """What a user's choice does."""
        self.currentIndex = index
        self.emit("activated(int)", index)


class ProgressBar(Widget):
    CLASS = "qt.QProgressBar"

    def setRange(self, minimum: int, maximum: int) -> None:
        """Set both ends."""
        self.minimum, self.maximum = minimum, maximum


class ScrollBar:
    """Of a text pane."""

    maximum = 0

    def setValue(self, value: int) -> None:
        """Scroll."""
        if not isinstance(value, int):
            raise TypeError(f"{value!r} is no position")


class PlainTextEdit(Widget):
    CLASS = "qt.QPlainTextEdit"

    def setPlainText(self, text: str) -> None:
        """Replace the text."""
        self.plainText = text

    def verticalScrollBar(self) -> ScrollBar:
        """Its scroll bar."""
        return ScrollBar()


class TableItem:
    """A QTableWidgetItem; no QObject, so its values are methods."""

    def __init__(self, text: str = "") -> None:
        if not isinstance(text, str):
            raise TypeError(f"{text!r} is no text")
        self._text, self._tip, self._flags, self._table = text, "", 63, None

    def text(self) -> str:
        """Its text."""
        return self._text

    def setText(self, text: str) -> None:
        """Replace the text."""
        self._text = text

    def setToolTip(self, tip: str) -> None:
        """Set the tool tip."""
        self._tip = tip

    def toolTip(self) -> str:
        """Its tool tip."""
        return self._tip

    def setIcon(self, icon: Any) -> None:
        """Set the icon."""
        if not isinstance(icon, Icon):
            raise TypeError(f"{icon!r} is no QIcon")
        self._icon = icon

    def flags(self) -> int:
        """What can be done with it."""
        return self._flags

    def setFlags(self, flags: int) -> None:
        """Set what can be done with it."""
        self._flags = flags


class TableWidget(Widget):
    """Cells, a selected row, edits by the user."""

    CLASS = "qt.QTableWidget"

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.__dict__["_cells"] = {}
        self.__dict__["_selected"] = None

    def setItem(self, row: int, column: int, item: TableItem) -> None:
        """Put an item into a cell."""
        if not (0 <= row < self.rowCount and 0 <= column < self.columnCount):
            raise IndexError(f"no cell {row}, {column} in {self.rowCount} x {self.columnCount}")
        self._cells[row, column] = item

    def item(self, row: int, column: int) -> TableItem | None:
        """The item of a cell."""
        return self._cells.get((row, column))

    def on_property(self, name: str, value: Any) -> None:
        if name == "rowCount":
            self.__dict__["_cells"] = {key: item for key, item in self._cells.items() if key[0] < value}
            if self._selected is not None and self._selected >= value:
                self.__dict__["_selected"] = None

    def resizeColumnsToContents(self) -> None:
        """Not modelled."""

    def currentRow(self) -> int:
        """The selected row, -1 when there is none."""
        return -1 if self._selected is None else self._selected

    def selectedItems(self) -> list[TableItem]:
        """Items of the selected row."""
        return [item for (row, _column), item in sorted(self._cells.items()) if row == self._selected]

    def selectRow(self, row: int) -> None:
        """Select a row."""
        if row != self._selected:
            self.__dict__["_selected"] = row
            self.emit("itemSelectionChanged()")

    def clearSelection(self) -> None:
        """Select nothing."""
        if self._selected is not None:
            self.__dict__["_selected"] = None
            self.emit("itemSelectionChanged()")

    def double_click(self, row: int, column: int = 0) -> None:
        """What two clicks of the mouse do."""
        self.selectRow(row)
        self.emit("cellClicked(int,int)", row, column)
        self.emit("cellDoubleClicked(int,int)", row, column)

    def click(self, row: int, column: int = 0) -> None:
        """What a click of the mouse does."""
        self.selectRow(row)
        self.emit("cellClicked(int,int)", row, column)

    def edit_cell(self, row: int, column: int, text: str) -> None:
        """What typing into a cell does; refused where the flags do not allow it."""
        item = self._cells[row, column]
        if not item.flags() & 2:
            raise PermissionError(f"cell {row}, {column} cannot be edited")
        item.setText(text)
        self.emit("cellChanged(int,int)", row, column)

    def texts(self) -> list[list[str]]:
        """What is shown."""
        return [
            [self._cells[r, c].text() if (r, c) in self._cells else "" for c in range(self.columnCount)]
            for r in range(self.rowCount)
        ]


class Timer(StandIn):
    """A QTimer; ``alive`` holds all of them, so that the application can let their intervals pass."""

    CLASS = "qt.QTimer"
    alive: ClassVar[weakref.WeakSet[Timer]] = weakref.WeakSet()

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        Timer.alive.add(self)

    def start(self, milliseconds: int | None = None) -> None:
        """Run."""
        if milliseconds is not None:
            self.interval = milliseconds
        self._values["active"] = True

    def stop(self) -> None:
        """Run no more."""
        self._values["active"] = False

    def tick(self) -> None:
        """For tests: let the interval pass."""
        if self.active:
            self.emit("timeout()")


class Settings(StandIn):
    CLASS = "qt.QSettings"

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.__dict__["stored"] = {}

    def value(self, key: str, default: Any = None) -> Any:
        """What is stored."""
        return self.stored.get(key, default)

    def setValue(self, key: str, value: Any) -> None:
        """Store."""
        self.stored[key] = value

    def contains(self, key: str) -> bool:
        """Whether something is stored."""
        return key in self.stored


class MRMLWidget(Widget):
    CLASS = "slicer.qMRMLWidget"

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.__dict__["_scene"] = None

    def mrmlScene(self) -> Any:
        """Its scene."""
        return self._scene

    def setMRMLScene(self, scene: Any) -> None:
        """Take a scene; those that the .ui file connects get it too."""
        self.__dict__["_scene"] = scene
        if "mrmlSceneChanged(vtkMRMLScene*)" in self._facts.signals:
            self.emit("mrmlSceneChanged(vtkMRMLScene*)", scene)


class NodeComboBox(MRMLWidget):
    CLASS = "slicer.qMRMLNodeComboBox"

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.__dict__["_node"] = None

    def currentNode(self) -> Any:
        """The chosen node."""
        return self._node

    def setCurrentNode(self, node: Any) -> None:
        """Choose a node of the right type that is in the scene."""
        if node is not None and (self._scene is None or not self._scene.IsNodePresent(node)):
            raise ValueError("the node is not in the widget's scene")
        if node is not None and node.GetClassName() not in self.nodeTypes:
            raise ValueError(f"{node.GetClassName()} is none of {self.nodeTypes}")
        if node is not self._node:
            self.__dict__["_node"] = node
            self.emit("currentNodeChanged(vtkMRMLNode*)", node)


class SegmentEditorWidget(MRMLWidget):
    """Keeps the nodes it edits; an effect is only a name."""

    CLASS = "slicer.qMRMLSegmentEditorWidget"

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.__dict__.update(_editor=None, _segmentation=None, _volume=None, shortcuts=False, views=False)
        self.__dict__["_order"] = ["Threshold", "Paint", "Draw", "Erase"]

    def effectNameOrder(self) -> list[str]:
        """Names of effects in the order of their buttons."""
        return list(self._order)

    def setEffectNameOrder(self, names: list[str]) -> None:
        """Set the order; effects that are not named come after."""
        if not all(isinstance(name, str) for name in names):
            raise TypeError(names)
        self.__dict__["_order"] = list(names)

    def mrmlSegmentEditorNode(self) -> Any:
        """Its parameter node."""
        return self._editor

    def setMRMLSegmentEditorNode(self, node: Any) -> None:
        """Take a parameter node; needs the scene first."""
        if self._scene is None:
            raise RuntimeError("setMRMLScene comes first")
        self.__dict__["_editor"] = node

    def segmentationNode(self) -> Any:
        """What is edited."""
        return self._segmentation

    def setSegmentationNode(self, node: Any) -> None:
        """Edit ``node``; needs a parameter node."""
        if node is not None and self._editor is None:
            raise RuntimeError("setMRMLSegmentEditorNode comes first")
        if self._segmentation is not None and self._segmentation.GetScene() is None:
            raise RuntimeError("the segmentation was deleted under the editor")
        self.__dict__["_segmentation"] = node
        if self._editor is not None:
            self._editor.SetAndObserveSegmentationNode(node)

    def sourceVolumeNode(self) -> Any:
        """The image under the segmentation."""
        return self._volume

    def setSourceVolumeNode(self, node: Any) -> None:
        """Take the image; needs the segmentation first."""
        if node is not None and self._segmentation is None:
            raise RuntimeError("setSegmentationNode comes first")
        self.__dict__["_volume"] = node
        if self._editor is not None:
            self._editor.SetAndObserveSourceVolumeNode(node)

    def setActiveEffect(self, effect: Any) -> None:
        """Only "no effect" is modelled."""
        if effect is not None:
            raise NotImplementedError
        if self._editor is not None:
            self._editor.SetActiveEffectName("")

    def setActiveEffectByName(self, name: str) -> None:
        """Take a tool; needs a segmentation."""
        if self._segmentation is None:
            raise RuntimeError("an effect needs a segmentation")
        self._editor.SetActiveEffectName(name)

    def currentSegmentID(self) -> str:
        """The selected segment."""
        return "" if self._editor is None else self._editor.GetSelectedSegmentID() or ""

    def setCurrentSegmentID(self, segment_id: str) -> None:
        """Select a segment of the segmentation."""
        if self._segmentation is None or self._segmentation.GetSegmentation().GetSegment(segment_id) is None:
            raise ValueError(segment_id)
        self._editor.SetSelectedSegmentID(segment_id)

    def installKeyboardShortcuts(self, *_parent: Any) -> None:
        """Take the keys."""
        self.__dict__["shortcuts"] = True

    def uninstallKeyboardShortcuts(self) -> None:
        """Give the keys back."""
        self.__dict__["shortcuts"] = False

    def setupViewObservations(self) -> None:
        """Listen to the views."""
        self.__dict__["views"] = True

    def removeViewObservations(self) -> None:
        """Listen no more."""
        self.__dict__["views"] = False


WIDGETS: dict[str, type[StandIn]] = {
    cls.CLASS.split(".")[-1]: cls
    for cls in (
        Widget, Layout, FormLayout, HBoxLayout, PushButton, CollapsibleButton, Label, Frame, LineEdit, SearchBox,
        PathLineEdit, DoubleSpinBox, SliderWidget, CheckBox, ComboBox, ProgressBar, PlainTextEdit, TableWidget, Timer,
        Settings, MRMLWidget, NodeComboBox, SegmentEditorWidget,
    )
}  # fmt: skip
"""Stand-in by class name without module."""
