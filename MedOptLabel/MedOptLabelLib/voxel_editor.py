"""Segmentation: the case as volume and segmentation, which Slicer's Segment Editor paints on."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Any

from medopt.image import LabelMap
from MedOptLabelLib.task_editor import VIEW, CaseToEdit, Overlap, TaskEditor, firstFolder
from MedOptLabelLib.undo_counter import UndoCounter

MOST_VOXELS = 2**26
"""In larger images undos are not counted: looking at every voxel after each stroke would be felt."""


class VoxelEditor(TaskEditor[LabelMap]):
    """Reads back what was painted, whichever effect painted it."""

    page = "voxelPage"

    def __init__(self, scene: Any, application: Any = None, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__(scene, application)
        self._nodeId: str | None = None
        self._observed: Any = None
        self._tags: list[tuple[Any, int]] = []
        self._undos = UndoCounter(now)
        self._quiet = False

    @property
    def segmentationNode(self) -> Any:
        """What is painted, None when it is not (or no longer) in the scene."""
        return None if self._nodeId is None else self._scene.GetNodeByID(self._nodeId)

    @property
    def present(self) -> bool:
        """Whether the segmentation is (still) in the scene."""
        return self.segmentationNode is not None

    @property
    def undos(self) -> int | None:
        """Changes that were taken back; None in images that are too large to look at after each stroke."""
        return self._undos.count if self._counted else None

    def read(self, overlap: Overlap = "refuse") -> LabelMap:
        """What is painted now, on the case's own grid; MedOptError for overlaps (when refused) and foreign segments."""
        from medopt.scene import label_from_segmentation, node_by_id

        node = node_by_id(self._scene, self._nodeId or "", "vtkMRMLSegmentationNode")
        assert self.case is not None
        return label_from_segmentation(node, self.case.image.geometry, self.case.settings.classes, overlap=overlap)

    def writeCopy(self, folders: Sequence[Path], name: str) -> Path | None:
        """Write the segmentation as it is, overlaps, foreign segments and all."""
        import slicer

        node = self.segmentationNode
        for folder in firstFolder(folders):
            path = folder / f"{name}.seg.nrrd"
            storage = slicer.vtkMRMLSegmentationStorageNode()
            storage.SetFileName(str(path))
            if node is not None and storage.WriteData(node) and path.is_file():
                return path
        return None

    def _showNodes(self, case: CaseToEdit, label: LabelMap) -> str:
        from medopt.scene import node_by_id, show_case

        shown = show_case(self._scene, case.image, case.settings.classes, case.id, reference=label, view=VIEW)
        self._end()
        self._nodeId = str(shown.reference)
        node_by_id(self._scene, self._nodeId, "vtkMRMLSegmentationNode").SetName(f"{case.id} label")
        return shown.volumes[0]

    def _replace(self, label: LabelMap) -> None:
        from medopt.scene import node_by_id, update_segmentation

        node = node_by_id(self._scene, self._nodeId or "", "vtkMRMLSegmentationNode")
        assert self.case is not None
        self._quiet = True
        try:
            update_segmentation(node, label, self.case.settings.classes)
        finally:
            self._quiet = False
        self._undos.restart(self._state() if self._counted else None)

    def _begin(self, label: LabelMap) -> None:
        import slicer

        kinds = slicer.vtkSegmentation
        self._observed = self.segmentationNode.GetSegmentation()
        for event in (kinds.SourceRepresentationModified, kinds.SegmentAdded, kinds.SegmentRemoved):
            self._tags.append((self._observed, self._observed.AddObserver(event, self._onEdited)))
        node = self.segmentationNode  # undo and redo tell of themselves only here, once for all segments
        self._tags.append((node, node.AddObserver(kinds.SegmentModified, self._onSegment)))
        self._undos.start(self._state() if self._counted else None)

    def _end(self) -> None:
        for caller, tag in self._tags:
            caller.RemoveObserver(tag)
        self._tags, self._observed, self._nodeId = [], None, None

    def _onEdited(self, _caller: Any, _event: str) -> None:
        if self._quiet:
            return
        if self._counted:
            self._undos.note(self._state())
        self.edited.emit()

    def _onSegment(self, caller: Any, event: str) -> None:
        """A segment has another name, colour or voxels; only voxels are a change of the label."""
        if not self._counted or self._state() != self._undos.state:
            self._onEdited(caller, event)

    @property
    def _counted(self) -> bool:
        import math

        return self.case is not None and math.prod(self.case.image.geometry.shape) <= MOST_VOXELS

    def _state(self) -> Hashable:
        """A fingerprint of every layer: where it lies and what its voxels hold."""
        from vtk.util.numpy_support import vtk_to_numpy

        segmentation = self._observed
        found = []
        for layer in range(segmentation.GetNumberOfLayers()):
            image = segmentation.GetLayerDataObject(layer)
            scalars = image.GetPointData().GetScalars()
            content = b"" if scalars is None else vtk_to_numpy(scalars).data
            found.append((tuple(image.GetExtent()), zlib.adler32(content)))
        return tuple(found)
