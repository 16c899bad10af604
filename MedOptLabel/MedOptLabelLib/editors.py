"""The editor of each task."""

from __future__ import annotations

from typing import Any

from medopt.image import ClassLabel
from MedOptLabelLib.box_editor import BoxEditor
from MedOptLabelLib.class_editor import ClassEditor
from MedOptLabelLib.task_editor import TaskEditor
from MedOptLabelLib.voxel_editor import VoxelEditor

EDITORS: dict[str, type[TaskEditor[Any]]] = {
    "segmentation": VoxelEditor,
    "classification": ClassEditor,
    "detection": BoxEditor,
}


def emptyLabel(settings: Any, geometry: Any) -> Any:
    """What a case without label and proposal starts from: nothing painted, no box, no class judged."""
    import numpy as np

    from medopt.image import Boxes, LabelMap

    if settings.task == "segmentation":
        return LabelMap(np.zeros(geometry.shape, np.uint8), geometry)
    if settings.task == "detection":
        return Boxes()
    return ClassLabel((), tuple(info.value for info in settings.classes))


class Editors:
    """Makes the editors of a scene, one a task, when they are first needed.

    Parameters
    ----------
    scene : a ``vtkMRMLScene``
    application : its ``vtkMRMLApplicationLogic``; None without views
    timer : lets a click end before what it placed is taken over; None does so at once
    """

    def __init__(self, scene: Any, application: Any = None, timer: Any = None) -> None:
        self._scene, self._application, self._timer = scene, application, timer
        self._made: dict[str, TaskEditor[Any]] = {}

    def of(self, task: str) -> TaskEditor[Any]:
        """The editor of "segmentation", "classification" or "detection"; the same one each time."""
        if task not in self._made:
            if task == "detection":
                self._made[task] = BoxEditor(self._scene, self._application, self._timer)
            else:
                self._made[task] = EDITORS[task](self._scene, self._application)
        return self._made[task]
