"""Run an exported model on a volume of the scene; the result is a segmentation on exactly the volume's grid."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib.i18n import _
from MedOptCoreLib.job_line import JobLine
from MedOptCoreLib.presenter import ButtonState, Presenter
from MedOptCoreLib.signal import Signal
from MedOptValidateLib.result_scene import ResultScene

INPUT_NAME = "volume"
"""Name of the temporary file: that of the node may be a patient's."""


class ModelRunner(Presenter):
    """Hands a volume to the worker through a temporary folder and takes the labels back.

    ``segmented`` is emitted with the new node: a segmentation, a table of classes, or a box (None without one).

    Parameters
    ----------
    jobs : the worker line
    scene : where the result appears
    mrmlScene : the ``vtkMRMLScene`` in which the volume is looked up again when the job has ended
    missingPackages : names of what the worker lacks to run a model
    """

    def __init__(self, jobs: JobLine, scene: ResultScene, mrmlScene: Any, missingPackages: Any = list) -> None:
        super().__init__()
        self._jobs, self._scene, self._mrmlScene, self._missingPackages = jobs, scene, mrmlScene, missingPackages
        self._project: Any = None
        self._waiting: tuple[str, str, str, Path] | None = None
        self.models: list[tuple[str, str]] = []
        self.model: str | None = None
        self.volumeId: str | None = None
        self.segmented = Signal()
        jobs.finished.connect(self._onFinished)

    def setProject(self, project: Any) -> None:
        """Offer the models of ``project``."""
        self._project = project
        self.reload()

    def reload(self) -> None:
        """Read the list of models again."""
        folder = None if self._project is None else Path(self._project.folder) / "models"
        found = [] if folder is None else sorted(folder.glob("*/metadata.json"), key=_age, reverse=True)
        self.models = [(str(path.parent), path.parent.name) for path in found]
        if self.model not in [folder for folder, _name in self.models]:
            self.model = self.models[0][0] if self.models else None
        self.changed.emit()

    def chooseModel(self, folder: str | None) -> None:
        """Another model."""
        self.model = folder
        self.changed.emit()

    def chooseVolume(self, node: Any) -> None:
        """Another volume, or none."""
        self.volumeId = None if node is None else node.GetID()
        self.changed.emit()

    def run(self) -> None:
        """Write the volume to a temporary file and start the job."""
        from medopt.io import write_image
        from medopt.scene import image_from_volume, node_by_id

        volume = node_by_id(self._mrmlScene, self.volumeId or "", "vtkMRMLVolumeNode")
        folder = Path(tempfile.mkdtemp(prefix="medopt-"))
        try:
            file = folder / f"{INPUT_NAME}.nrrd"
            write_image(image_from_volume(volume), file)
            job = self._jobs.start(["predict", str(self.model), str(file), "--output", str(folder / "out")])
        except MedOptError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self._waiting = (job.id, str(self.volumeId), Path(str(self.model)).name, folder)
        self.changed.emit()

    def _onFinished(self, job: Any, status: Any) -> None:
        if status.command in ("export", "compress"):
            self.reload()
        if self._waiting is None or self._waiting[0] != job.id:
            return
        _id, volumeId, model, folder = self._waiting
        self._waiting = None
        try:
            if status.state == "done":
                self._take(folder / "out", volumeId, model)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            self.changed.emit()

    def _take(self, folder: Path, volumeId: str, model: str) -> None:
        from medopt.scene import node_by_id

        volume = node_by_id(self._mrmlScene, volumeId, "vtkMRMLVolumeNode")
        name = _("{volume} by {model}").format(volume=volume.GetName(), model=model)
        self.segmented.emit(self._scene.answerOnVolume(folder, INPUT_NAME, volume, name))

    def buttons(self) -> dict[str, ButtonState]:
        """How the button looks."""
        missing = "" if self.models else _("Export a model first.")
        missing = missing or ("" if self.volumeId is not None else _("Choose a volume first."))
        packages = self._missingPackages()
        if not missing and packages:
            missing = _("Install the missing packages first: {names}").format(names=", ".join(packages))
        missing = missing or (_("Wait for the end of the job under way.") if self._jobs.busy else "")
        return {"applyButton": ButtonState(missing, _("Segment the volume with the model, in a worker process."))}


def _age(path: Path) -> float:
    return path.stat().st_mtime
