"""The case that previews are made of: chosen, read once, with the scale of a few training cases where a step asks."""

from __future__ import annotations

from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib.i18n import _
from MedOptCoreLib.presenter import Presenter
from MedOptTrainLib.trainer import splitOf

COHORT_CASES = 5
"""Training cases that stand for all in a preview; a training takes all of them."""
COHORT_VOXELS = 1 << 19
"""Voxels of each of them that are looked at."""


class PreviewCase(Presenter):
    """Offers every case except those of test subjects; ``changed`` tells of another case.

    Parameters
    ----------
    scene : a ``vtkMRMLScene``, in which the case in view is looked for
    """

    def __init__(self, scene: Any) -> None:
        super().__init__()
        self._scene = scene
        self._project: Any = None
        self._chosen: str | None = None
        self._forget()

    def _forget(self) -> None:
        self.problem = ""
        self._offered: list[str] | None = None
        self._trainingCases: list[str] | None = None
        self._grids: dict[str, Any] = {}
        self._read: tuple[str, Any, Any] | None = None
        self._stamp: int | None = None
        self._thinned: dict[str, Any] = {}
        self.cohortCases: tuple[str, ...] = ()

    def setProject(self, project: Any) -> None:
        """Another project, or None."""
        self._project, self._chosen = project, None
        self._forget()
        self.changed.emit()

    # ---- which case ----------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Cases may have come or gone, a label or a split may have been made: look again."""
        before, self._offered, self._trainingCases = self._offered, None, None
        if self._read is not None and self._stamp != self._labelStamp(self._read[0]):
            self._read = None
        if before is not None and before != self.offered():
            self.changed.emit()

    def offered(self) -> list[str]:
        """Case ids, training cases first; never one of a test subject."""
        if self._offered is None:  # asked for at every move of a slider
            self._offered = self._look()
        return self._offered

    def _look(self) -> list[str]:
        self.problem = ""
        if self._project is None:
            return []
        try:
            split = splitOf(self._project)
        except MedOptError as error:  # nobody can tell which subjects are sealed
            self.problem = str(error)
            return []
        sealed = set() if split is None else set(split.subjects["test"])
        first = () if split is None else split.train
        cases = [case for case in self._project.cases() if case.subject not in sealed]
        return sorted((case.id for case in cases), key=lambda name: (name not in first, name))

    @property
    def caseId(self) -> str | None:
        """The chosen case, else the one in view, else the first training case; None when there is none."""
        names = self.offered()
        if self._chosen in names:
            return self._chosen
        seen = self._inView()
        return seen if seen in names else next(iter(names), None)

    def choose(self, caseId: str | None) -> None:
        """Make previews of another case."""
        if caseId != self._chosen:
            self._chosen = caseId
            self.changed.emit()

    def _inView(self) -> str | None:
        from medopt.scene.nodes import CASE, ROLE

        for number in range(self._scene.GetNumberOfNodesByClass("vtkMRMLSliceCompositeNode")):
            composite = self._scene.GetNthNodeByClass(number, "vtkMRMLSliceCompositeNode")
            node = self._scene.GetNodeByID(composite.GetBackgroundVolumeID() or "")
            if node is not None and node.GetAttribute(ROLE) and node.GetAttribute(CASE):
                return str(node.GetAttribute(CASE))
        return None

    # ---- what it holds -------------------------------------------------------------------------------------

    @property
    def classes(self) -> Any:
        """Classes of the project."""
        return () if self._project is None else self._project.settings.classes

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels."""
        return () if self._project is None else tuple(self._project.settings.channels)

    def read(self) -> tuple[str, Any, Any]:
        """(case id, image, label or None), read once; MedOptError when there is no case or it cannot be read."""
        caseId = self.caseId
        if caseId is None:
            raise MedOptError(_("there is no case to preview"), remedy=_("Import cases in MedOpt Label"))
        if self._read is None or self._read[0] != caseId:
            self._read = None  # the old case is let go first
            image = self._project.read_image(caseId)
            self._stamp = self._labelStamp(caseId)
            self._read = (caseId, image, self._label(caseId))
        return self._read

    @property
    def known(self) -> Any:
        """The image if it was read already, else None."""
        return None if self._read is None or self._read[0] != self.caseId else self._read[1]

    @property
    def geometry(self) -> Any:
        """The grid of the case as the catalogue knows it, without reading the image; None without a case."""
        caseId = self.caseId
        if caseId is None:
            return None
        if caseId not in self._grids:
            self._grids[caseId] = self._project.case(caseId).geometry
        return self._grids[caseId]

    def _label(self, caseId: str) -> Any:
        return self._project.read_label(caseId) if self._project.case(caseId).labelled else None

    def _labelStamp(self, caseId: str) -> int | None:
        """When the label of a case was written; None without one, and when the case is gone."""
        try:
            path = self._project.label_path(caseId)
            return None if path is None else path.stat().st_mtime_ns
        except (MedOptError, OSError):
            return None

    # ---- the scale of the cohort -----------------------------------------------------------------------------

    def fitted(self, settings: Any) -> Any:
        """The settings with statistics of a few training cases where a step asks for them; see ``cohortCases``."""
        from medopt.preprocess import fit_cohort, needs_cohort

        self.cohortCases = ()
        if not needs_cohort(settings):
            return settings
        names = self.training()[:COHORT_CASES]
        fitted = fit_cohort(settings, [lambda name=name: self._few(name) for name in names])
        self.cohortCases = tuple(names)
        return fitted

    def training(self) -> list[str]:
        """Labelled cases that a training learns from: the split's training part; all where there is no split yet."""
        if self._project is None or (not self.offered() and self.problem):
            return []
        if self._trainingCases is None:
            split = splitOf(self._project)
            named = [case.id for case in self._project.cases() if case.labelled] if split is None else split.train
            self._trainingCases = sorted(named)
        return self._trainingCases

    def valuesOf(self, caseId: str) -> tuple[int, ...]:
        """Class values in the label of a case, as the catalogue knows them; empty without a label."""
        versions = self._project.labels.history(caseId)
        return tuple(versions[-1].values) if versions else ()

    def _few(self, caseId: str) -> tuple[Any, Any]:
        """Every n-th voxel of a case and its label, kept: a change of a step asks for them again and again."""
        if caseId not in self._thinned:
            image, label = self._project.read_image(caseId), self._label(caseId)
            self._thinned[caseId] = thinned(image, label, COHORT_VOXELS)
        return self._thinned[caseId]


def thinned(image: Any, label: Any, most: int) -> tuple[Any, Any]:
    """Image and label with every n-th voxel along each axis, so that about ``most`` are left; all of fewer."""
    import numpy as np

    from medopt.image import Geometry, Image, LabelMap

    grid = image.geometry
    step = max(1, int(np.ceil((np.prod(grid.shape) / most) ** (1 / 3) - 1e-9)))
    if step == 1:
        return image, label
    part = (slice(None, None, step),) * 3
    values = np.ascontiguousarray(image.array[(slice(None), *part)])
    spacing = tuple(s * step for s in grid.spacing)
    coarse = Geometry(values.shape[1:], spacing, grid.origin, grid.direction)
    kept = None if label is None else LabelMap(np.ascontiguousarray(label.array[part]), coarse)
    return Image(values, coarse, image.windows), kept
