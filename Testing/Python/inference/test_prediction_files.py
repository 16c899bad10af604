"""What a model says comes back from its file as it was, for each task."""

from __future__ import annotations

import json

import numpy as np
import pytest

from medopt import MedOptError
from medopt.image import Box, Boxes, ClassScores, Geometry, LabelMap
from medopt.inference import InferenceSettings, ModelDescription, kind_of
from medopt.preprocess import PreprocessSettings
from medopt.project import ClassInfo

CLASSES = (ClassInfo(value=1, name="well", color="#e69f00"), ClassInfo(value=4, name="ill", color="#56b4e9"))


def description(task: str) -> ModelDescription:
    return ModelDescription(
        task=task,
        name="net",
        dims=3,
        channels=("MR",),
        classes=CLASSES,
        preprocess=PreprocessSettings(),
        patch=(8, 8, 8),
        divisor=(1, 1, 1),
        inference=InferenceSettings(),
    )


def oblique() -> Geometry:
    turn = np.deg2rad(20)
    direction = ((0.0, -np.sin(turn), np.cos(turn)), (0.0, np.cos(turn), np.sin(turn)), (1.0, 0.0, 0.0))
    return Geometry((6, 8, 9), (2.0, 1.0, 1.5), (5.0, -8.0, 20.0), direction)


def test_label_maps(tmp_path) -> None:
    label = LabelMap(np.random.default_rng(1).choice([0, 1, 4], (6, 8, 9)).astype(np.uint8), oblique())
    kind, path = kind_of(description("segmentation")), tmp_path / "a.seg.nrrd"
    kind.write(label, description("segmentation"), path)
    again = kind.read(path, description("segmentation"))
    np.testing.assert_array_equal(again.array, label.array)
    assert again.geometry.is_close(label.geometry)


def test_class_scores(tmp_path) -> None:
    scores = ClassScores((1, 4), (0.3, 0.7))
    kind, path = kind_of(description("classification")), tmp_path / "a.class.json"
    kind.write(scores, description("classification"), path)
    assert kind.read(path, description("classification")) == scores
    assert json.loads(path.read_text())["classes"] == ["ill"]
    path.write_text('{"probabilities": {"well": 1}}')
    with pytest.raises(MedOptError, match=r"a.class.json: not a file of class scores"):
        kind.read(path, description("classification"))


def test_boxes(tmp_path) -> None:
    corners = np.array([[[0, 1, 2], [3, 4, 5]], [[-0.5, 2.25, 3], [1, 7.5, 8.5]]], float)
    boxes = Boxes.from_index(corners, [4, 1], oblique(), scores=[0.123456789, 1.0])
    kind, path = kind_of(description("detection")), tmp_path / f"a{kind_of(description('detection')).suffix}"
    assert path.name == "a.mrk.json"
    kind.write(boxes, description("detection"), path)
    again = kind.read(path, description("detection"))
    np.testing.assert_allclose(again.to_index(oblique()), corners, atol=1e-9)
    assert [(box.value, box.score) for box in again.boxes] == [(4, 0.123456789), (1, 1.0)]
    kind.write(Boxes(), description("detection"), path)
    assert kind.read(path, description("detection")) == Boxes()


def test_boxes_of_an_unknown_class(tmp_path) -> None:
    kind, path = kind_of(description("detection")), tmp_path / "a.mrk.json"
    kind.write(Boxes((Box((0, 0, 0), (1, 1, 1), 1, score=0.5),)), description("detection"), path)
    path.write_text(path.read_text().replace("well", "odd"))
    with pytest.raises(MedOptError, match="box of an unknown class: expected well, ill, found odd"):
        kind.read(path, description("detection"))
