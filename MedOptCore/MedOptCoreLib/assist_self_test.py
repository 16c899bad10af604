"""MedOpt Assist in a running Slicer: the effect in an editor, strokes without a mouse, undo."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer

from medopt.image import LabelMap
from medopt.scene import segmentation_from_label, volume_from_image
from medopt.scene.frames import points_to_ras
from medopt.scene.segment_voxels import segment_part
from MedOptCoreLib.effect_registration import NAME, putFirst, registerEffect
from MedOptCoreLib.self_testing import makeImage, makeLabel


class _Class:
    """A class of a segmentation, without a project."""

    color, terminology = "#e69f00", ""

    def __init__(self, value: int, name: str) -> None:
        self.value, self.name = value, name


def clickAndUndo() -> None:
    """A stroke in the brighter block brings the part of it that was missing; undo and redo follow; then the rest."""
    slicer.mrmlScene.Clear(False)
    assert registerEffect(), "the effect can be loaded"
    assert registerEffect(), "a second time does no harm"
    image, label = makeImage(0), makeLabel(0)
    half = (label.array == 2) & (np.arange(label.array.shape[0]) < 6)[:, None, None]
    volume = volume_from_image(slicer.mrmlScene, image, "image")
    start = LabelMap(half.astype(np.uint8), label.geometry)
    node = segmentation_from_label(slicer.mrmlScene, start, [_Class(1, "Posterior")], "label", volume)
    parameters = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentEditorNode")
    editor = slicer.qMRMLSegmentEditorWidget()
    try:
        editor.setMRMLScene(slicer.mrmlScene)
        editor.setMRMLSegmentEditorNode(parameters)
        editor.setSegmentationNode(node)
        editor.setSourceVolumeNode(volume)
        editor.setCurrentSegmentID("Segment_1")
        putFirst(editor)
        assert NAME in list(editor.availableEffectNames())
        assert next(iter(editor.effectNameOrder())) == NAME
        editor.setActiveEffectByName(NAME)
        _useIt(editor, node, label, half)
        editor.setActiveEffect(None)
    finally:
        editor.setSegmentationNode(None)
        editor.deleteLater()
    slicer.mrmlScene.Clear(False)


def _useIt(editor: Any, node: Any, label: Any, half: Any) -> None:
    host = editor.activeEffect()
    effect, presenter = host.self(), host.self().presenter
    while next(effect.steps, StopIteration) is not StopIteration:
        pass  # what the timer does while the user looks for the place to begin
    assert presenter.status == "", presenter.status
    geometry = label.geometry
    wanted, reference = label.array == 2, host.referenceGeometryImage()

    def segment() -> Any:
        return segment_part(node, "Segment_1", reference, (0, 0, 0), geometry.shape)

    np.testing.assert_array_equal(segment(), half)
    place = np.argwhere(wanted & ~half).mean(axis=0).round()
    axes = points_to_ras(np.asarray(geometry.direction).T)[[2, 1, 0]]
    presenter.press(points_to_ras(geometry.index_to_lps(place)), axes)
    assert presenter.release(effect.target()), presenter.status
    after = segment()
    assert after[tuple(place.astype(int))], "what was clicked belongs to the structure"
    assert " s · " in presenter.status
    editor.undo()
    np.testing.assert_array_equal(segment(), half)
    editor.redo()
    np.testing.assert_array_equal(segment(), after)
    inside = np.argwhere(half)[0]
    presenter.press(points_to_ras(geometry.index_to_lps(inside)), axes, other=True)
    presenter.release(effect.target())
    assert not segment()[tuple(inside)], "what was clicked away is gone"
    assert segment()[tuple(place.astype(int))], "the first stroke still counts"
    _askNobody(effect, presenter, segment)
    for button in effect.modes.values():
        button.click()
        assert button.checked


def _askNobody(effect: Any, presenter: Any, segment: Any) -> None:
    """The server is off; where it does not answer, that is told and nothing changes. The user's choice stays."""
    server, ui = effect.server, effect.ui
    used, address = server.used, server.address
    try:
        server.setUsed(False)
        assert not server.active
        ui.serverCheckBox.click()
        assert ui.serverLabel.text
        server.setAddress("no address")
        assert not server.active
        assert "not the address of a server" in ui.serverLabel.text
        server.setAddress("http://127.0.0.1:9")
        assert server.active
        before = segment()
        geometry = effect.target().geometry()
        presenter.press(points_to_ras(geometry.index_to_lps(np.zeros(3))), np.eye(3))
        assert not presenter.release(effect.target())
        assert "the nnInteractive server does not answer" in ui.statusLabel.text
        np.testing.assert_array_equal(segment(), before)
    finally:
        server.setAddress(address)
        server.setUsed(used)
