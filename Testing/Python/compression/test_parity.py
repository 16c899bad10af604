"""Parity of classification and detection: what differs between two engines is measured and counted."""

from __future__ import annotations

import numpy as np
import pytest

from medopt.compression.parity import TOLERANCE, changed_boxes, prove_parity
from medopt.image import Box, Boxes, Geometry, Image
from medopt.inference import InferenceSettings, Model, ModelDescription
from medopt.preprocess import PreprocessSettings
from medopt.project import ClassInfo

GRID = Geometry((4, 16, 16), (2.0, 1.0, 1.0))
CLASSES = tuple(ClassInfo(value=v, name=f"class {v}", color="#e69f00") for v in (1, 4))


def image(case: str) -> Image:
    return Image(np.random.default_rng(int(case)).normal(size=(1, *GRID.shape)).astype(np.float32), GRID)


def model(task: str, add: np.ndarray | float) -> Model:
    """A stand-in for a network: its outputs plus ``add``."""
    description = ModelDescription(
        task=task,
        name="net",
        dims=3,
        channels=("MR",),
        classes=CLASSES,
        stride=(1, 4, 4) if task == "detection" else (1, 1, 1),
        preprocess=PreprocessSettings(),
        patch=(4, 16, 16),
        divisor=(1, 4, 4),
        inference=InferenceSettings(overlap=0),
    )

    class Runtime:
        name = f"adds {np.max(add)}"

        def __call__(self, windows: np.ndarray) -> np.ndarray:
            if task == "classification":
                return (np.tile([1.0, -1.0], (len(windows), 1)) + add).astype(np.float32)
            coarse = windows.reshape(len(windows), 1, 4, 4, 4, 4, 4).mean(axis=(4, 6))
            heat = np.concatenate([coarse, -coarse], 1) * 4
            rest = np.concatenate([np.full_like(coarse, np.log(3.0))] * 3 + [0.1 * coarse] * 3, 1)
            return (np.concatenate([heat, rest], 1) + add).astype(np.float32)

    return Model(description, Runtime())


@pytest.mark.parametrize("task", ["classification", "detection"])
def test_equal_engines_agree_to_the_last_bit(task: str) -> None:
    proof = prove_parity(model(task, 0.0), model(task, 0.0), ["1", "2"], image, lambda case: None)
    assert proof.passed
    assert (proof.largest_difference, proof.changed_cases, proof.largest_dice_difference) == (0, 0, None)


def test_a_class_that_changes_is_named() -> None:
    other = np.array([0.0, 3.0])
    proof = prove_parity(model("classification", 0.0), model("classification", other), ["1"], image, lambda case: None)
    before, after = 1 / (1 + np.exp(-2.0)), 1 / (1 + np.exp(1.0))
    assert proof.largest_difference == pytest.approx(before - after, abs=1e-6)
    assert not proof.passed
    assert proof.cases[0].changed_classes == (1, 4)
    assert proof.changed_cases == 1


def test_boxes_that_change_are_counted() -> None:
    grown = np.zeros((1, 8, 1, 1, 1))
    grown[:, 2:5] = 0.4
    first = model("detection", 0.0)
    proof = prove_parity(first, model("detection", grown), ["3"], image, lambda case: None)
    assert not proof.passed
    assert proof.largest_difference == pytest.approx(0.4, abs=1e-6)
    assert proof.cases[0].changed_boxes > 0
    assert proof.changed_cases == 1
    slight = np.zeros((1, 8, 1, 1, 1))
    slight[:, 2:5] = TOLERANCE / 2
    proof = prove_parity(first, model("detection", slight), ["3"], image, lambda case: None)
    assert (proof.passed, proof.cases[0].changed_boxes) == (True, 0)


def test_outputs_that_are_no_numbers_fail() -> None:
    proof = prove_parity(model("detection", 0.0), model("detection", np.nan), ["3"], image, lambda case: None)
    assert proof.largest_difference == float("inf")
    assert not proof.passed


def test_a_box_has_a_counterpart_of_its_class() -> None:
    box = Box((5.0, 5.0, 4.0), (4.0, 4.0, 4.0), 1, score=0.5)
    moved = Box((5.05, 5.0, 4.0), (4.0, 4.0, 4.0), 1, score=0.5)
    other = Box((5.0, 5.0, 4.0), (4.0, 4.0, 4.0), 4, score=0.5)
    faint = Box((9.0, 9.0, 4.0), (4.0, 4.0, 4.0), 4, score=0.01)
    assert changed_boxes(Boxes((box,)), Boxes((moved, faint)), GRID) == 0
    assert changed_boxes(Boxes((box,)), Boxes((other,)), GRID) == 2
    assert changed_boxes(Boxes(), Boxes((other,)), GRID) == 1
    assert changed_boxes(Boxes(), Boxes(), GRID) == 0
