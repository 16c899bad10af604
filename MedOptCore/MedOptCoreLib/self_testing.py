"""What the self tests of the panels share; they run inside Slicer, on a small project in a temporary folder."""

from __future__ import annotations

import logging
import shutil
import tempfile
import time
import unittest
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from MedOptCoreLib import settings_store
from MedOptCoreLib.packages import PackageGroup

KEYS = (
    settings_store.CURRENT_PROJECT,
    settings_store.RECENT_PROJECTS,
    settings_store.ANNOTATOR,
    settings_store.STRATEGY,
)
CLASS_NAMES = ("Anterior", "Posterior")


def runTests(test: Any, methods: Sequence[Callable[[], None]]) -> None:
    """Run the methods of a test class one after another; a skipped one is told with its reason and no failure."""
    for method in methods:
        try:
            method()
        except unittest.SkipTest as reason:
            logging.getLogger(__name__).warning("%s skipped: %s", method.__name__, reason)
            test.delayDisplay(f"{method.__name__} skipped: {reason}")


def requirePackages(group: PackageGroup) -> None:
    """Skip the test where packages are missing."""
    missing = ", ".join(str(requirement) for requirement in group.missing())
    if missing:
        raise unittest.SkipTest(f"Python packages are missing: {missing}")


def grid() -> Any:
    """A small oblique, anisotropic grid, 12 × 20 × 24 voxels along (k, j, i)."""
    from medopt.image import Geometry

    turn = np.array([[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    rows = tuple(tuple(float(x) for x in row) for row in turn)
    return Geometry((12, 20, 24), (2.0, 1.0, 1.0), (-12.0, 20.0, 7.5), rows)  # type: ignore[arg-type]


def makeLabel(seed: int) -> Any:
    """Two adjoining blocks, 1 and 2, whose place depends on ``seed``."""
    from medopt.image import LabelMap

    array = np.zeros(grid().shape, np.uint8)
    j = 4 + seed % 4
    array[3:9, j : j + 8, 4:11] = 1
    array[3:9, j : j + 8, 11:19] = 2
    return LabelMap(array, grid())


def makeImage(seed: int) -> Any:
    """An int16 image in which the two blocks of ``makeLabel`` are brighter than the rest."""
    from medopt.image import Image

    label = makeLabel(seed).array
    noise = np.random.default_rng(seed).normal(0, 20, label.shape)
    return Image((100 + 150 * (label > 0) + 150 * (label == 2) + noise).astype(np.int16)[np.newaxis], grid())


@contextmanager
def temporaryProject(
    widget: Any, cases: int = 3, labelled: int = 0, task: str = "segmentation", *, multiLabel: bool = False
) -> Iterator[Any]:
    """Create a project through the fields of the panel's head and import made-up cases; all is gone afterwards.

    Projects of other tasks, which the head does not make, are made and opened. What the user's settings remember is
    put back, too.
    """
    from medopt.io import write_image, write_label_map
    from medopt.project import import_folder

    panel = widget.panel
    kept = {key: panel.store.value(key) for key in KEYS}
    folder = Path(tempfile.mkdtemp(prefix="medopt-self-test-"))
    panel.store.setValue(settings_store.STRATEGY, "in_order")
    try:
        if task == "segmentation":
            ui = panel.headWidget.ui
            ui.newFolderPath.currentPath = str(folder / "project")
            ui.newNameEdit.text = "Self test"
            ui.newClassesEdit.text = ", ".join(CLASS_NAMES)
            ui.createButton.click()
        else:
            _makeProject(folder / "project", task, multiLabel)
            panel.head.open(folder / "project")
        project = panel.head.project
        for number in range(cases):
            write_image(makeImage(number), folder / "images" / f"case-{number}.nrrd")
            if number < labelled:
                write_label_map(makeLabel(number), folder / "labels" / f"case-{number}.nrrd")
        import_folder(project, folder / "images", folder / "labels" if labelled else None)
        panel.head.projectChanged.emit(project)
        yield project
    finally:
        panel.head.close()
        for key, value in kept.items():
            panel.store.setValue(key, "" if value is None else value)
        shutil.rmtree(folder, ignore_errors=True)


def _makeProject(folder: Path, task: Any, multiLabel: bool) -> None:
    from medopt.project import ClassInfo, Project
    from MedOptCoreLib.library import COLOURS

    classes = [ClassInfo(value=n, name=name, color=COLOURS[n]) for n, name in enumerate(CLASS_NAMES, 1)]
    Project.create(folder, name="Self test", classes=classes, task=task, multi_label=multiLabel)


def paint(segmentationNode: Any, volumeNode: Any, label: Any) -> None:
    """Put the voxels of ``label`` into the segments, as an effect of the Segment Editor does."""
    import slicer

    from medopt.scene.frames import vtk_matrix
    from medopt.scene.volumes import image_data_from_array, volume_geometry

    logic = slicer.vtkSlicerSegmentationsModuleLogic
    segmentation = segmentationNode.GetSegmentation()
    for index, name in enumerate(CLASS_NAMES, start=1):
        modifier = slicer.vtkOrientedImageData()
        image_data_from_array((label.array == index).astype(np.uint8)[np.newaxis], modifier)
        modifier.SetGeometryFromImageToWorldMatrix(vtk_matrix(volume_geometry(volumeNode).to_ijk_to_ras()))
        segmentId = segmentation.GetSegmentIdBySegmentName(name)
        logic.SetBinaryLabelmapToSegment(
            modifier, segmentationNode, segmentId, logic.MODE_REPLACE, modifier.GetExtent()
        )


def waitFor(done: Callable[[], bool], seconds: float) -> bool:
    """Let the application work until ``done``; False when that took longer than ``seconds``."""
    import slicer

    until = time.monotonic() + seconds
    while not done():
        if time.monotonic() > until:
            return False
        slicer.app.processEvents()
        time.sleep(0.02)
    return True
