from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medopt.errors import MedOptError
from medopt.image import Box, Image
from medopt.scene import (
    Chart,
    Series,
    box_from_roi,
    columns_from_table,
    headless_scene,
    image_from_volume,
    label_from_labelmap,
    label_from_segmentation,
    load_bundle,
    marked_nodes,
    plot_from_chart,
    roi_from_box,
    save_bundle,
    show_case,
    table_from_columns,
)
from medopt.scene.nodes import subject_hierarchy

ROWS = {"case": ["case_1", "case_2"], "Dice": [0.5, 0.875], "HD95": [1.25, None], "slices": [3, 4]}


@pytest.fixture
def filled(scene, oblique, label, classes, rng):
    """A scene with everything that MedOpt puts into one, and what it holds."""
    image = Image(rng.normal(size=(1, *oblique.shape)).astype(np.float32), oblique)
    show_case(scene, image, classes, "case_1", reference=label, prediction=label)
    table_from_columns(scene, ROWS, "Scores", units={"HD95": "mm"})
    series = Series("Training", [0, 10, 25], [1.5, 1.0, 0.5])
    plot_from_chart(scene, Chart("Loss", "Training steps", "Loss", (series,), (0.0, 2.0)))
    roi_from_box(scene, Box((1.0, 2.0, 3.0), (4.0, 5.0, 6.0), 1, oblique.direction), name="Lesion", color="#ff0000")
    return image


def check_contents(scene, image, label, classes):
    def first(name):
        node = scene.GetFirstNodeByName(name)
        assert node is not None, name
        return node

    volume = image_from_volume(first("case_1"))
    np.testing.assert_array_equal(volume.array, image.array)
    assert volume.geometry.is_close(image.geometry, 1e-4)
    for name in ("case_1 reference", "case_1 prediction"):
        found = label_from_segmentation(first(name), image.geometry, classes)
        np.testing.assert_array_equal(found.array, label.array)
        segment = first(name).GetSegmentation().GetNthSegment(0)
        assert (segment.GetName(), segment.GetLabelValue()) == ("Anterior", 7)
        np.testing.assert_allclose(segment.GetColor(), np.array([0xE0, 0x40, 0x30]) / 255, atol=1e-4)
        assert first(name).GetNodeReference("referenceImageGeometryRef") is first("case_1")
    assert not first("case_1 prediction").GetDisplayNode().GetVisibility2DFill()
    assert label_from_labelmap(first("case_1 errors")).values() == []
    assert columns_from_table(first("Scores")) == ROWS
    assert first("Scores").GetColumnTitle("HD95") == "HD95 (mm)"
    chart = first("Loss")
    assert (chart.GetXAxisTitle(), chart.GetYAxisRange()) == ("Training steps", (0.0, 2.0))
    table = chart.GetNthPlotSeriesNode(0).GetTableNode()
    assert columns_from_table(table) == {"Training steps": [0, 10, 25], "Training": [1.5, 1.0, 0.5]}
    box = box_from_roi(first("Lesion"), 1)
    np.testing.assert_allclose([*box.center, *box.size], [1, 2, 3, 4, 5, 6], atol=1e-4)
    hierarchy = subject_hierarchy(scene)
    parent = hierarchy.GetItemParent(hierarchy.GetItemByDataNode(first("case_1")))
    assert hierarchy.GetItemName(parent) == "case_1"
    assert len(marked_nodes(scene, case="case_1", view="case")) == 5


def test_everything_survives_a_bundle(scene, filled, label, classes, tmp_path):
    save_bundle(scene, tmp_path / "scene.mrb")
    with headless_scene() as other:
        load_bundle(other.scene, tmp_path / "scene.mrb")
        check_contents(other.scene, filled, label, classes)


def test_everything_survives_a_scene_file(scene, filled, label, classes, tmp_path):
    """Saved as Slicer's save dialogue does: each node to a file of its own, then the scene."""
    path = tmp_path / "scene.mrml"
    scene.SetURL(str(path))
    scene.SetRootDirectory(str(tmp_path))
    nodes = [scene.GetNthNode(index) for index in range(scene.GetNumberOfNodes())]
    for node in nodes:
        if node.IsA("vtkMRMLStorableNode") and node.GetSaveWithScene() and not node.IsA("vtkMRMLColorNode"):
            node.AddDefaultStorageNode()
            storage = node.GetStorageNode()
            if storage is not None:
                name = f"{node.GetID()}.{storage.GetDefaultWriteFileExtension()}"
                storage.SetFileName(str(tmp_path / name))
                assert storage.WriteData(node), name
    assert scene.Commit(str(path))
    with headless_scene() as other:
        other.scene.SetURL(str(path))
        assert other.scene.Import()
        check_contents(other.scene, filled, label, classes)


def test_loading_adds_to_the_scene(scene, tmp_path):
    table_from_columns(scene, ROWS, "Scores")
    save_bundle(scene, tmp_path / "scene.mrb")
    mine = scene.AddNewNodeByClass("vtkMRMLTextNode", "mine")
    load_bundle(scene, tmp_path / "scene.mrb")
    assert scene.IsNodePresent(mine)
    assert scene.GetNumberOfNodesByClass("vtkMRMLTableNode") == 2


def test_saving_again_replaces_the_file(scene, tmp_path):
    table_from_columns(scene, ROWS, "Scores")
    save_bundle(scene, tmp_path / "scene.mrb")
    first = (tmp_path / "scene.mrb").stat().st_size
    table_from_columns(scene, {"n": list(range(5000))}, "More")
    save_bundle(scene, tmp_path / "scene.mrb")
    assert (tmp_path / "scene.mrb").stat().st_size > first
    assert [path.name for path in tmp_path.iterdir()] == ["scene.mrb"]


def test_what_is_no_bundle_is_refused(scene, tmp_path):
    with pytest.raises(MedOptError, match=r"expected a name that ends in \.mrb, found \.txt"):
        save_bundle(scene, tmp_path / "scene.txt")
    with pytest.raises(MedOptError, match="the scene file is missing"):
        load_bundle(scene, tmp_path / "none.mrb")
    (tmp_path / "broken.mrb").write_bytes(b"no archive")
    folder = Path.cwd()
    with pytest.raises(MedOptError, match=r"broken\.mrb: the scene file cannot be read"):
        load_bundle(scene, tmp_path / "broken.mrb")
    assert Path.cwd() == folder
    with pytest.raises(MedOptError, match="the file cannot be written"):
        save_bundle(scene, tmp_path / "broken.mrb" / "scene.mrb")
