"""Targets, loss and scores of segmentation."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from monai.losses import DiceLoss

from medopt.errors import MedOptError
from medopt.image import Geometry, LabelMap
from medopt.project import ClassInfo
from medopt.tasks import SegmentationTask, build_task
from medopt.tasks.segmentation import IGNORED

CLASSES = [
    ClassInfo(value=3, name="Left", color="#ff0000"),
    ClassInfo(value=300, name="Right", color="#00ff00"),
]
GRID = Geometry((2, 3, 4))


@pytest.fixture
def task() -> SegmentationTask:
    return SegmentationTask(CLASSES)


def test_values_become_indices_and_back(task: SegmentationTask, rng: np.random.Generator) -> None:
    array = rng.choice([0, 3, 300], GRID.shape).astype(np.int16)
    indices = task.encode(LabelMap(array, GRID), GRID)
    assert indices.dtype == np.uint8
    assert set(np.unique(indices)) == {0, 1, 2}
    scores = np.eye(3, dtype=np.float32)[indices].transpose(3, 0, 1, 2)
    np.testing.assert_array_equal(task.decode(scores, GRID, GRID).array, array)


def test_a_value_that_no_class_has_is_named(task: SegmentationTask) -> None:
    array = np.full(GRID.shape, 7, np.uint8)
    with pytest.raises(MedOptError, match=r"outside the classes: expected 0 or 3 \(Left\), 300 \(Right\), found \[7\]"):
        task.encode(LabelMap(array, GRID), GRID)


def test_the_loss_is_cross_entropy_plus_batch_dice(task: SegmentationTask) -> None:
    torch.manual_seed(0)
    logits = torch.randn(2, 3, 4, 5, 6)
    target = torch.randint(0, 3, (2, 4, 5, 6))
    oracle = torch.nn.functional.cross_entropy(logits, target)
    oracle += DiceLoss(
        include_background=False, softmax=True, to_onehot_y=True, batch=True, smooth_nr=1e-5, smooth_dr=1e-5
    )(logits, target[:, None])
    assert float(task.loss(logits, {"classes": target})) == pytest.approx(float(oracle), rel=1e-5)


def test_a_perfect_output_costs_almost_nothing(task: SegmentationTask) -> None:
    target = torch.randint(0, 3, (1, 4, 5, 6))
    logits = 30 * torch.nn.functional.one_hot(target, 3).movedim(-1, 1).float()
    assert float(task.loss([logits, logits[..., ::1]], {"classes": target})) < 1e-4


def test_coarse_outputs_are_compared_at_their_size_and_count_half(task: SegmentationTask) -> None:
    torch.manual_seed(1)
    fine, coarse = torch.randn(1, 3, 4, 4, 4), torch.randn(1, 3, 2, 2, 2)
    target = torch.randint(0, 3, (1, 4, 4, 4))
    at_coarse = target[:, 1::2, 1::2, 1::2]
    expected = (task.loss(fine, {"classes": target}) + 0.5 * task.loss(coarse, {"classes": at_coarse})) / 1.5
    assert float(task.loss([fine, coarse], {"classes": target})) == pytest.approx(float(expected), rel=1e-5)


def test_voxels_that_nobody_annotated_count_in_no_loss_and_no_score(task: SegmentationTask) -> None:
    torch.manual_seed(2)
    logits = torch.randn(1, 3, 4, 4, 4, requires_grad=True)
    target = torch.randint(0, 3, (1, 4, 4, 4))
    target[:, :2] = IGNORED
    task.loss(logits, {"classes": target}).backward()
    assert logits.grad is not None
    assert float(logits.grad[:, :, :2].abs().sum()) == 0
    assert float(logits.grad[:, :, 2:].abs().sum()) > 0
    scores = np.zeros((3, 2, 2, 2), np.float32)
    scores[1] = 1
    seen = np.full((2, 2, 2), IGNORED, np.uint8)
    seen[0] = 1
    both = np.array([True, True])
    assert task.judge(scores, seen, both) == {"Left": 1.0, "Right": 1.0}
    assert task.judge(scores, seen, np.array([True, False])) == {"Left": 1.0}


def test_a_structure_counts_in_the_cases_in_which_it_was_judged(task: SegmentationTask) -> None:
    assert task.summarize([{"Left": 0.5, "Right": 0.2}, {"Left": 1.0}]) == {"Left": 0.75, "Right": 0.2}
    assert task.summarize([{"Left": 0.5}]) == {"Left": 0.5}


def test_the_label_value_of_what_nobody_annotated_is_ignored() -> None:
    task = SegmentationTask(CLASSES, ignored=255)
    array = np.array([0, 3, 255, 300], np.int16).reshape(1, 1, 4)
    grid = Geometry((1, 1, 4))
    assert task.encode(LabelMap(array, grid), grid).ravel().tolist() == [0, 1, IGNORED, 2]
    assert task.judged(LabelMap(array, grid, unjudged=(300,))).tolist() == [True, False]


def test_a_task_that_cannot_be_trained_is_refused() -> None:
    with pytest.raises(
        MedOptError,
        match="this task cannot be trained: expected segmentation or classification or detection, found cooking",
    ):
        build_task("cooking", CLASSES)
