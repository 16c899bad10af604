"""Detection: one ROI node a box, added by a click in a slice, moved and resized by its handles."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from medopt.errors import MedOptError
from medopt.image import Box, Boxes
from MedOptCoreLib.i18n import _
from MedOptCoreLib.timer import Timer
from MedOptLabelLib.box_nodes import BoxNodes
from MedOptLabelLib.box_placer import BoxPlacer
from MedOptLabelLib.task_editor import VIEW, CaseToEdit, Overlap, TaskEditor, firstFolder

FIRST_SHARE = 0.15
"""Edge of the first box of a class, as a share of the image's second-longest edge, but at least two voxels; later ones
are as large as the last."""

TOGETHER_SECONDS = 0.7
"""Moves that follow each other faster are one drag."""


@dataclass(frozen=True)
class BoxRow:
    """A box in the list. ``size`` is mm along the image's axes (i, j, k), without the last for one slice."""

    name: str
    color: str
    size: str
    value: int

    def cells(self) -> list[str]:
        """What the table shows."""
        return [self.name, self.size]


class BoxEditor(TaskEditor[Boxes]):
    """The boxes of a case and the one that is selected, which gets the class that is chosen."""

    page = "boxPage"

    def __init__(
        self,
        scene: Any,
        application: Any = None,
        timer: Timer | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(scene, application)
        self._placer = BoxPlacer(scene, application, self.addAt, timer)
        self._placer.changed.connect(self.changed.emit)
        self._nodes = BoxNodes(scene, lambda: self._changedBy(moved=True), self._onRemoved)
        self._sizes: dict[int, tuple[float, float, float]] = {}
        self._states: list[Boxes] = []
        self._unjudged: tuple[int, ...] = ()
        self._clock, self._moved = clock, float("-inf")
        self._undone = 0
        self.selected: int | None = None
        self.value = 0

    # ---- what there is ---------------------------------------------------------------------------------------

    def rows(self) -> list[BoxRow]:
        """The boxes in the order in which they were made."""
        if self.case is None:
            return []
        infos = {info.value: info for info in self.case.settings.classes}
        flat = self.case.image.geometry.is_2d
        rows = []
        for box in self._nodes.boxes():
            size = " × ".join(f"{edge:.1f}" for edge in (box.size[:0:-1] if flat else box.size[::-1]))
            rows.append(BoxRow(infos[box.value].name, infos[box.value].color, f"{size} mm", box.value))
        return rows

    @property
    def placing(self) -> bool:
        """Whether the next click in a slice makes a box."""
        return self._placer.placing

    @property
    def undos(self) -> int | None:
        """Changes that were taken back."""
        return self._undone

    @property
    def canUndo(self) -> bool:
        """Whether there is a change to take back."""
        return len(self._states) > 1

    @property
    def text(self) -> str:
        """How many boxes there are and what to do, as a sentence."""
        if self.case is None:
            return ""
        if self.placing:
            return _("Click the middle of the object in a slice view. Esc ends.")
        n = len(self._nodes)
        return _("No box: accepting says that there is nothing to find.") if n == 0 else _("{n} boxes").format(n=n)

    def read(self, overlap: Overlap = "refuse") -> Boxes:
        """The boxes as they stand, cut to the image; one that lies outside is left for the project to refuse.

        With ``overlap`` "later" a box that cannot be read is left out.
        """
        if self.case is None:
            raise MedOptError(_("the case is no longer in the scene"), remedy=_("Show the case again"))
        boxes = self._nodes.boxes(strict=overlap == "refuse")
        values = {box.value for box in boxes}
        return Boxes(tuple(boxes), tuple(value for value in self._unjudged if value not in values))

    # ---- what the annotator does -----------------------------------------------------------------------------

    def place(self) -> None:
        """The next click in a slice view makes a box of the chosen class; again gives it up."""
        if self.placing:
            self._placer.stop()
        elif self.case is not None:
            self._placer.start()

    def addAt(self, point: Sequence[float]) -> None:
        """A box of the chosen class around ``point``, LPS mm, as large as the last one of its class."""
        if self.case is None:
            return
        geometry = self.case.image.geometry
        middle = geometry.lps_to_index(np.asarray(point, float))
        if ((middle < -0.5) | (middle > np.asarray(geometry.shape) - 0.5)).any():
            raise MedOptError(_("the click lies outside the image"), remedy=_("Click into the image"))
        size = self._sizes.get(self.value) or self._firstSize()
        center = geometry.index_to_lps(middle)
        box = Box(tuple(float(x) for x in center), size, self.value, geometry.direction)  # type: ignore[arg-type]
        self._nodes.add(self._nodes.cut(box))
        self.selected = len(self._nodes) - 1
        self._changedBy()

    def choose(self, value: int) -> None:
        """The class of the selected box and of those that follow."""
        from medopt.scene.editable_boxes import set_roi_class

        if self.case is None or value not in {info.value for info in self.case.settings.classes}:
            return
        self.value = value
        node = self._nodes.node(self.selected)
        if node is not None:
            self._nodes.quietly(lambda: set_roi_class(node, value, self.case.settings.classes))  # type: ignore[union-attr]
            self._changedBy()
        self.changed.emit()

    def chooseKey(self, number: int) -> None:
        """The key of the ``number``-th class, from 1, was pressed."""
        classes = [] if self.case is None else self.case.settings.classes
        if 1 <= number <= len(classes):
            self.choose(classes[number - 1].value)

    def deselect(self) -> None:
        """No box is selected: a class that is chosen is for the boxes that follow."""
        self.selected = None
        self.changed.emit()

    def select(self, row: int | None, *, jump: bool = True) -> None:
        """Select a box, and let the slice views look at its middle."""
        from medopt.scene.slice_jump import jump_slices

        node = self._nodes.node(row)
        self.selected = None if node is None else row
        if node is not None:
            from medopt.scene.editable_boxes import read_editable_roi

            box = read_editable_roi(node)
            self.value = box.value
            if jump:
                jump_slices(self._scene, box.center)
        self.changed.emit()

    def next(self) -> None:
        """Select the box after the selected one, from the first again at the end."""
        if len(self._nodes):
            self.select(0 if self.selected is None else (self.selected + 1) % len(self._nodes))

    def delete(self) -> None:
        """Delete the selected box."""
        node = self._nodes.node(self.selected)
        if node is not None:
            self._scene.RemoveNode(node)  # what listens to the scene does the rest

    def undo(self) -> None:
        """Take the last change back."""
        if self.canUndo:
            self._states.pop()
            self._rebuild(self._states[-1])
            self._undone += 1
            self.edited.emit()
            self.changed.emit()

    def writeCopy(self, folders: Sequence[Path], name: str) -> Path | None:
        """Write the boxes that can be read, those outside the image included."""
        from medopt.io.markups import SUFFIX, NamedBox, write_markup_boxes

        if self.case is None:
            return None
        infos = {info.value: info for info in self.case.settings.classes}
        boxes = [
            NamedBox.of(box, infos[box.value].name, infos[box.value].color) for box in self._nodes.boxes(strict=False)
        ]
        for folder in firstFolder(folders):
            try:
                write_markup_boxes(boxes, folder / f"{name}{SUFFIX}")
            except MedOptError:
                continue
            return folder / f"{name}{SUFFIX}"
        return None

    # ---- nodes ---------------------------------------------------------------------------------------------------

    def _showNodes(self, case: CaseToEdit, label: Boxes) -> str:
        from medopt.scene import show_case

        shown = show_case(self._scene, case.image, case.settings.classes, case.id, view=VIEW)
        self._end()
        return shown.volumes[0]

    def _begin(self, label: Boxes) -> None:
        assert self.case is not None
        values = [info.value for info in self.case.settings.classes]
        self.value = self.value if self.value in values else values[0]
        self._undone, self._unjudged = 0, label.unjudged
        self._nodes.begin(self.case)
        self._rebuild(label)
        self._states = [self._read()]

    def _end(self) -> None:
        self._placer.stop()
        self._nodes.end()
        self._states, self.selected = [], None

    def _replace(self, label: Boxes) -> None:
        self._unjudged = label.unjudged
        self._rebuild(label)
        self._states.append(self._read())

    def _rebuild(self, label: Boxes) -> None:
        self._nodes.exchange(label.boxes)
        self.selected = None if self.selected is None or self.selected >= len(self._nodes) else self.selected

    def _firstSize(self) -> tuple[float, float, float]:
        assert self.case is not None
        geometry = self.case.image.geometry
        extents = np.asarray(geometry.shape) * np.asarray(geometry.spacing)
        edge = FIRST_SHARE * sorted(extents)[1]
        least = 2 * np.asarray(geometry.spacing)
        k, j, i = (float(n) for n in np.minimum(np.maximum(edge, least), extents))
        return k, j, i

    def _read(self) -> Boxes:
        return self.read("later")

    def _changedBy(self, *, moved: bool = False) -> None:
        """Note a change, if it is one, as a step to take back; a drag comes as many moves and is one step."""
        boxes, at = self._read(), self._clock()
        if self._states and boxes == self._states[-1]:
            return
        if moved and at - self._moved < TOGETHER_SECONDS and self.canUndo:
            self._states[-1] = boxes
        else:
            self._states.append(boxes)
        self._moved = at if moved else float("-inf")
        self._sizes.update({box.value: box.size for box in boxes.boxes})
        self.edited.emit()
        self.changed.emit()

    def _onRemoved(self) -> None:
        self.selected = None
        self._changedBy()
