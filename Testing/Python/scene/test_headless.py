from __future__ import annotations

import subprocess
import sys
import types
from pathlib import Path

import pytest

from medopt.errors import MedOptError
from medopt.scene import headless_scene


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_import_loads_neither_slicer_nor_heavy_packages():
    code = (
        "import sys, medopt.scene\n"
        "heavy = {'slicer', 'vtk', 'vtkmodules', 'torch', 'monai', 'onnxruntime', 'matplotlib', 'qt', 'ctk'}\n"
        "sys.exit(','.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = run_python(code)
    assert done.returncode == 0, done.stderr


def test_missing_libraries_are_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "slicer", None)
    with pytest.raises(
        MedOptError, match=r"expected the package slicer-core\. Run `python -m pip install slicer-core`"
    ):
        headless_scene()


def test_incomplete_libraries_are_told(monkeypatch):
    """PythonSlicer can import slicer, but finds no module logics in it."""
    monkeypatch.setitem(sys.modules, "slicer", types.ModuleType("slicer"))
    with pytest.raises(MedOptError, match=r"no complete scene.*8 of 8 logics missing.*Slicer --no-main-window"):
        headless_scene()


def test_start_use_and_end_leave_no_message_and_no_folder():
    """In a process of its own, since the messages of VTK go to the process's own output."""
    code = (
        "from pathlib import Path\n"
        "from medopt.scene import headless_scene\n"
        "with headless_scene() as headless:\n"
        "    node = headless.scene.AddNewNodeByClass('vtkMRMLScalarVolumeNode', 'one')\n"
        "    node.CreateDefaultDisplayNodes()\n"
        "    folder = Path(headless.application.GetTemporaryPath())\n"
        "    was = folder.is_dir()\n"
        "raise SystemExit(0 if was and not folder.exists() else 3)"
    )
    done = run_python(code)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    "class_name",
    [
        "vtkMRMLScalarVolumeNode",
        "vtkMRMLVectorVolumeNode",
        "vtkMRMLLabelMapVolumeNode",
        "vtkMRMLSegmentationNode",
        "vtkMRMLTableNode",
        "vtkMRMLPlotSeriesNode",
        "vtkMRMLPlotChartNode",
        "vtkMRMLMarkupsROINode",
        "vtkMRMLLinearTransformNode",
        "vtkMRMLColorTableNode",
        "vtkMRMLTextNode",
    ],
)
def test_the_scene_knows_the_nodes_of_medopt(scene, class_name):
    assert scene.AddNewNodeByClass(class_name, "known").GetClassName() == class_name


def test_volumes_show_in_grey_and_labels_in_colours(scene):
    volume = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "grey")
    volume.CreateDefaultDisplayNodes()
    assert volume.GetDisplayNode().GetColorNode().GetName() == "Grey"


def test_clearing_leaves_colours_and_nothing_else(headless):
    headless.clear()
    before = headless.scene.GetNumberOfNodes()
    node = headless.scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "gone")
    node.CreateDefaultDisplayNodes()
    headless.clear()
    assert headless.scene.GetNumberOfNodes() == before
    assert headless.scene.GetNodeByID("vtkMRMLColorTableNodeGrey") is not None


def test_two_scenes_do_not_know_each_other(headless):
    with headless_scene() as other:
        other.scene.AddNewNodeByClass("vtkMRMLTableNode", "only here")
        assert headless.scene.GetFirstNodeByName("only here") is None


def test_the_application_finds_the_logics(headless):
    logic = headless.application.GetModuleLogic("Segmentations")
    assert logic is headless.logics["vtkSlicerSegmentationsModuleLogic"]
    assert Path(headless.application.GetTemporaryPath()).is_dir()
