"""The case that is being labelled, in the MRML scene."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from medopt.image import LabelMap
from MedOptCoreLib.signal import Signal

VIEW = "label"
"""Mark of the nodes of this panel, so that another panel's case stays when this one changes."""


class CaseScene:
    """Shows a case as volume and segmentation and reads back what was painted; ``edited`` tells of changes.

    Parameters
    ----------
    scene : a ``vtkMRMLScene``
    application : its ``vtkMRMLApplicationLogic``, which brings the volume into the slice views; None without views
    """

    def __init__(self, scene: Any, application: Any = None) -> None:
        self._scene, self._application = scene, application
        self._ids: tuple[str, str] | None = None
        self._observed: Any = None
        self._tags: list[int] = []
        self._classes: Any = ()
        self._geometry: Any = None
        self.edited = Signal()

    def show(self, project: Any, case: Any) -> tuple[LabelMap, str]:
        """Show ``case`` in place of the one before; returns the label it starts from, and where that comes from.

        The label is the saved one ("label"), else the proposal of a model ("proposal"), else empty ("new").
        """
        from medopt.scene import node_by_id
        from medopt.scene.case_view import show_case, show_in_slices

        image = project.read_image(case.id)
        label, source = _start_label(project, case, image.geometry)
        shown = show_case(self._scene, image, project.settings.classes, case.id, reference=label, view=VIEW)
        self._unobserve()
        self._ids = (shown.volumes[0], str(shown.reference))
        self._classes, self._geometry = project.settings.classes, image.geometry
        segmentation = node_by_id(self._scene, self._ids[1], "vtkMRMLSegmentationNode")
        segmentation.SetName(f"{case.id} label")
        if self._application is not None:
            show_in_slices(self._application, self.volumeNode)
        self._observe(segmentation)
        return label, source

    def read(self, overlap: Literal["refuse", "later"] = "refuse") -> LabelMap:
        """What is painted now, on the case's own grid; MedOptError for overlaps (when refused) and foreign segments."""
        from medopt.scene import label_from_segmentation, node_by_id

        node = node_by_id(self._scene, "" if self._ids is None else self._ids[1], "vtkMRMLSegmentationNode")
        return label_from_segmentation(node, self._geometry, self._classes, overlap=overlap)

    def writeCopy(self, folders: Sequence[Path], name: str) -> Path | None:
        """Write the segmentation as it is into the first of ``folders`` that takes it: the file, None if none does."""
        import slicer

        node = self.segmentationNode
        for folder in folders:
            path = folder / f"{name}.seg.nrrd"
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError:
                continue
            storage = slicer.vtkMRMLSegmentationStorageNode()
            storage.SetFileName(str(path))
            if node is not None and storage.WriteData(node) and path.is_file():
                return path
        return None

    def close(self) -> None:
        """Take the case out of the scene; what was painted and not saved is lost."""
        from medopt.scene.case_view import remove_view

        self.forget()
        remove_view(self._scene, VIEW)

    def forget(self) -> None:
        """The scene is being closed: let go of the nodes without touching them."""
        self._unobserve()
        self._ids = None

    @property
    def volumeNode(self) -> Any:
        """First channel of the case, None when it is not (or no longer) in the scene."""
        return None if self._ids is None else self._scene.GetNodeByID(self._ids[0])

    @property
    def segmentationNode(self) -> Any:
        """What is painted, None when it is not (or no longer) in the scene."""
        return None if self._ids is None else self._scene.GetNodeByID(self._ids[1])

    def _observe(self, node: Any) -> None:
        import slicer

        kinds = slicer.vtkSegmentation
        self._observed = node.GetSegmentation()
        for event in (kinds.SourceRepresentationModified, kinds.SegmentAdded, kinds.SegmentRemoved):
            self._tags.append(self._observed.AddObserver(event, self._onEdited))

    def _unobserve(self) -> None:
        for tag in self._tags:
            self._observed.RemoveObserver(tag)
        self._tags, self._observed = [], None

    def _onEdited(self, _caller: Any, _event: str) -> None:
        self.edited.emit()


def _start_label(project: Any, case: Any, geometry: Any) -> tuple[LabelMap, str]:
    if case.labelled:
        return project.read_label(case.id), "label"
    proposal = project.read_proposal(case.id)
    if proposal is not None:
        return proposal, "proposal"
    return LabelMap(np.zeros(geometry.shape, np.uint8), geometry), "new"
