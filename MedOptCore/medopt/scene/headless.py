"""A real MRML scene without Slicer's application: for tests, batch scripts and workers (package ``slicer-core``)."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from medopt.errors import MedOptError
from medopt.scene.nodes import Scene, subject_hierarchy

LOGICS = (
    "vtkSlicerUnitsLogic",
    "vtkSlicerSubjectHierarchyModuleLogic",
    "vtkSlicerVolumesLogic",
    "vtkSlicerSegmentationsModuleLogic",
    "vtkSlicerTablesLogic",
    "vtkSlicerPlotsLogic",
    "vtkSlicerMarkupsLogic",
    "vtkSlicerTextsLogic",
)
"""Module logics by class, in the order in which they get the scene. Each registers its nodes; the segmentations' one
also the default converters, without which a segmentation cannot become voxels. Terminologies are left out: their
logic reads files that only the application has."""


@dataclass(frozen=True, eq=False)
class HeadlessScene:
    """A scene and what keeps it working; close it, or use it in a ``with`` block.

    Parameters
    ----------
    scene : the ``vtkMRMLScene`` to hand to the functions of `medopt.scene`
    application : the ``vtkSlicerApplicationLogic``
    logics : module logics by class name, such as ``"vtkSlicerMarkupsLogic"``
    """

    scene: Scene
    application: Any
    logics: dict[str, Any]
    _io: tuple[Any, ...]
    _cache: tempfile.TemporaryDirectory[str]

    def clear(self) -> None:
        """Remove every node except singletons; colours and units stay, the subject hierarchy is emptied."""
        self.scene.Clear(False)
        subject_hierarchy(self.scene).RemoveAllItems()

    def close(self) -> None:
        """Empty the scene and delete its cache folder; the scene must not be used afterwards."""
        self.scene.Clear(True)
        self._io[0].RemoveDataIOFromScene()
        self._cache.cleanup()

    def __enter__(self) -> HeadlessScene:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def headless_scene() -> HeadlessScene:
    """Start a scene as Slicer does, without a window: about 3 s for the first import, then a few ms.

    Gives scalar, vector, label map, segmentation, table, plot and markups nodes, subject hierarchy, colours, and
    reading and writing of ``.mrml`` and ``.mrb``. It sets neither ``slicer.mrmlScene`` nor ``slicer.modules``.

    Raises MedOptError when the package ``slicer-core`` is absent, and under PythonSlicer, whose libraries are not
    complete without the application. Inside Slicer use ``slicer.mrmlScene`` instead.
    """
    try:
        import slicer
    except ImportError as error:
        raise MedOptError(
            "a scene needs Slicer's core libraries",
            expected="the package slicer-core",
            remedy="Run `python -m pip install slicer-core`, or use the scene of a running Slicer",
        ) from error
    missing = [name for name in LOGICS if not hasattr(slicer, name)]
    if missing:
        raise MedOptError(
            "this interpreter has no complete scene",
            expected="Slicer's core libraries with module logics",
            found=f"none of {missing[0]}" if len(missing) == 1 else f"{len(missing)} of {len(LOGICS)} logics missing",
            remedy="Run the script by `Slicer --no-main-window --python-script`, or by python with slicer-core",
        )

    cache = tempfile.TemporaryDirectory(prefix="medopt-scene-")
    scene = slicer.vtkMRMLScene()
    scene.RegisterNodeClass(slicer.vtkMRMLColorLegendDisplayNode())  # in Slicer the Colors module does
    application = slicer.vtkSlicerApplicationLogic()
    application.SetTemporaryPath(cache.name)
    application.SetMRMLScene(scene)
    colors = application.GetColorLogic()
    colors.SetMRMLScene(scene)
    colors.AddDefaultColorNodes()
    io = _remote_io(application, scene, cache.name)
    logics = {name: getattr(slicer, name)() for name in LOGICS}
    for name, logic in logics.items():
        logic.SetMRMLApplicationLogic(application)
        logic.SetMRMLScene(scene)
        application.SetModuleLogic(_module_name(name), logic)
    return HeadlessScene(scene, application, logics, io, cache)


def _remote_io(application: Any, scene: Scene, folder: str) -> tuple[Any, ...]:
    """What a scene needs to unpack bundles: a cache folder and the manager that knows it; nothing is downloaded."""
    import slicer

    remote = slicer.vtkMRMLRemoteIOLogic()
    remote.GetCacheManager().SetRemoteCacheDirectory(folder)
    remote.SetMRMLApplicationLogic(application)
    remote.SetMRMLScene(scene)
    manager = slicer.vtkDataIOManagerLogic()
    manager.SetMRMLApplicationLogic(application)
    manager.SetAndObserveDataIOManager(remote.GetDataIOManager())
    manager.SetMRMLScene(scene)
    remote.AddDataIOToScene()
    return remote, manager


def _module_name(class_name: str) -> str:
    """Slicer's module name of a logic class: "vtkSlicerSegmentationsModuleLogic" belongs to "Segmentations"."""
    return class_name.removeprefix("vtkSlicer").removesuffix("Logic").removesuffix("Module")
