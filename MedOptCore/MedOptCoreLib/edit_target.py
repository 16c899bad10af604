"""The segment that is edited: the effect in Slicer's window and a Segment Editor logic by script, behind one face."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from MedOptCoreLib.i18n import _

Index = tuple[int, int, int]


class EditTarget(ABC):
    """One segment of a segmentation on its grid; places are (k, j, i) of that grid.

    Parameters
    ----------
    parameters : the ``vtkMRMLSegmentEditorNode``: segmentation, selected segment, source volume, masking
    """

    def __init__(self, parameters: Any) -> None:
        self._parameters = parameters

    @property
    def node(self) -> Any:
        """The segmentation node; MedOptError when none is chosen."""
        found = None if self._parameters is None else self._parameters.GetSegmentationNode()
        if found is None:
            raise MedOptError(_("there is nothing to edit"), expected=_("a segmentation"))
        return found

    @property
    def segmentId(self) -> str:
        """Id of the selected segment; MedOptError when none is."""
        found = self._parameters.GetSelectedSegmentID()
        if not found or self.node.GetSegmentation().GetSegment(found) is None:
            raise MedOptError(_("no segment is selected"), remedy=_("Select a segment in the list above"))
        return str(found)

    @property
    def volume(self) -> Any:
        """The source volume; MedOptError when none is chosen."""
        found = self._parameters.GetSourceVolumeNode()
        if found is None:
            raise MedOptError(_("there is no image to go by"), remedy=_("Choose a source volume"))
        return found

    @property
    def key(self) -> tuple[str, str]:
        """What tells segments of different segmentations apart."""
        return str(self.node.GetID()), self.segmentId

    def geometry(self) -> Any:
        """The grid that is edited, in the patient; MedOptError where there is none."""
        from medopt.scene.segment_voxels import edit_geometry

        return edit_geometry(self._reference(), self.node)

    def segment(self, corner: Index, shape: tuple[int, ...]) -> NDArray[np.bool_]:
        """The selected segment on a part of the grid."""
        from medopt.scene.segment_voxels import segment_part

        return segment_part(self.node, self.segmentId, self._reference(), corner, _stop(corner, shape))

    def image(self, corner: Index, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """The source volume on a part of the grid, resampled by the Segment Editor where it lies on another one."""
        from medopt.scene.segment_voxels import image_on_lattice, image_part

        reference = self._reference()
        source = image_on_lattice(self.volume, self.node, reference) or self._sourceImage()
        if source is None:
            raise MedOptError(_("there is no image to go by"), remedy=_("Choose a source volume"))
        return image_part(source, reference, corner, _stop(corner, shape)).astype(np.float32)

    def allowed(self, corner: Index, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
        """Where the masking of the Segment Editor lets the segment change; None when that is everywhere."""
        import slicer

        from medopt.scene.segment_voxels import image_part

        result: NDArray[np.bool_] | None = None
        if self._parameters.GetMaskMode() != slicer.vtkMRMLSegmentationNode.EditAllowedEverywhere:
            result = image_part(self._maskImage(), self._reference(), corner, _stop(corner, shape)) == 0
        if self._parameters.GetSourceVolumeIntensityMask():
            low, high = self._parameters.GetSourceVolumeIntensityMaskRange()
            values = self.image(corner, shape)
            within = (values >= low) & (values <= high)
            result = within if result is None else result & within
        return result

    def write(self, corner: Index, before: NDArray[np.bool_], after: NDArray[np.bool_]) -> None:
        """Turn ``before`` into ``after``, two states of the segment from ``corner`` on, as one step of undo.

        Voxels are added and taken away as by Slicer's own effects, so that masking and the treatment of other segments
        hold. ModificationModeSet is not used: it would clear the segment outside of the part.
        """
        from medopt.scene.segment_voxels import image_on_part

        reference = self._reference()
        self._saveState()
        for changed, add in ((before & ~after, False), (after & ~before, True)):
            if changed.any():
                self._modify(image_on_part(reference, corner, changed), add)

    @abstractmethod
    def _reference(self) -> Any:
        """The grid that is edited."""

    @abstractmethod
    def _sourceImage(self) -> Any:
        """The source volume on that grid."""

    @abstractmethod
    def _maskImage(self) -> Any:
        """Not 0 where nothing may be changed."""

    @abstractmethod
    def _saveState(self) -> None:
        """Begin a step of undo."""

    @abstractmethod
    def _modify(self, image: Any, add: bool) -> None:
        """Add the voxels of ``image`` to the selected segment, or take them away."""


class EffectTarget(EditTarget):
    """What a scripted effect of the Segment Editor edits; ``effect`` is its ``scriptedEffect``."""

    def __init__(self, effect: Any) -> None:
        super().__init__(effect.parameterSetNode())
        self._effect = effect

    def _reference(self) -> Any:
        return self._effect.referenceGeometryImage()

    def _sourceImage(self) -> Any:
        return self._effect.sourceVolumeImageData()

    def _maskImage(self) -> Any:
        return self._effect.maskLabelmap()

    def _saveState(self) -> None:
        self._effect.saveStateForUndo()

    def _modify(self, image: Any, add: bool) -> None:
        import slicer

        kinds = slicer.qSlicerSegmentEditorAbstractEffect
        mode = kinds.ModificationModeAdd if add else kinds.ModificationModeRemove
        self._effect.modifySelectedSegmentByLabelmap(image, mode)


class LogicTarget(EditTarget):
    """What a ``vtkSlicerSegmentEditorLogic`` edits: for scripts, with no window."""

    def __init__(self, logic: Any) -> None:
        super().__init__(logic.GetSegmentEditorNode())
        self._logic = logic

    def _reference(self) -> Any:
        return self._logic.GetReferenceGeometryImage() if self._logic.UpdateReferenceGeometryImage() else _nothing()

    def _sourceImage(self) -> Any:
        return self._logic.GetAlignedSourceVolume() if self._logic.UpdateAlignedSourceVolume() else None

    def _maskImage(self) -> Any:
        self._logic.UpdateMaskLabelmap()
        return self._logic.GetMaskLabelmap()

    def _saveState(self) -> None:
        self._logic.SaveStateForUndo()

    def _modify(self, image: Any, add: bool) -> None:
        mode = self._logic.ModificationModeAdd if add else self._logic.ModificationModeRemove
        self._logic.ModifySegmentByLabelmap(self.node, self.segmentId, image, mode, True, False)


def _stop(corner: Index, shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(a + n for a, n in zip(corner, shape, strict=True))


def _nothing() -> Any:
    import slicer

    empty = slicer.vtkOrientedImageData()
    empty.SetExtent(0, -1, 0, -1, 0, -1)
    return empty
