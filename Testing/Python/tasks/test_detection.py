"""Boxes to targets and back, through the patches that training draws."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from medopt.augment import AugmentSettings, draw
from medopt.errors import MedOptError
from medopt.image import Box, Boxes, Geometry
from medopt.project import ClassInfo
from medopt.tasks import DetectionTask, Sample

CLASSES = [ClassInfo(value=v, name=n, color="#808080") for v, n in ((2, "Cell"), (5, "Platelet"))]
GRID = Geometry((16, 24, 32), (2.0, 1.0, 0.5), (5.0, -3.0, 40.0))


def boxes() -> Boxes:
    corners = [[[1.5, 2.5, 3.5], [7.5, 12.5, 9.5]], [[8.0, 10.0, 16.0], [13.0, 19.0, 27.0]]]
    return Boxes.from_index(corners, [2, 5], GRID)


def perfect(task: DetectionTask, targets: dict[str, torch.Tensor]) -> np.ndarray:
    """Scores of a network that says just what it should."""
    return torch.cat([(targets["heat"] == 1).float(), targets["sizes"], targets["offsets"]], dim=1).numpy()


def sample(task: DetectionTask, preset: str, patch: tuple[int, int, int], center: list[float]) -> Sample:
    target = task.encode(boxes(), GRID)
    drawn = draw(AugmentSettings.preset(preset), (3, 1, 4), patch, GRID.spacing)
    return Sample(target, np.ones(2, bool), drawn, np.array(center, float), GRID.spacing)


def test_targets_are_boxes_in_the_prepared_grid() -> None:
    target = DetectionTask(CLASSES).encode(boxes(), GRID)
    np.testing.assert_allclose(target[0], [0, 1.5, 2.5, 3.5, 7.5, 12.5, 9.5], atol=1e-5)
    np.testing.assert_allclose(target[1], [1, 8, 10, 16, 13, 19, 27], atol=1e-5)
    assert DetectionTask(CLASSES).encode(Boxes(), GRID).shape == (0, 7)


def test_a_box_whose_centre_was_cropped_away_is_left_out() -> None:
    near = Geometry((16, 24, 10), GRID.spacing, GRID.origin)
    assert DetectionTask(CLASSES).encode(boxes(), near)[:, 0].tolist() == [0]


def test_a_box_of_an_unknown_class_is_named() -> None:
    with pytest.raises(MedOptError, match=r"expected 2 \(Cell\), 5 \(Platelet\), found \[9\]"):
        DetectionTask(CLASSES).encode(Boxes((Box((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), 9),)), GRID)


@pytest.mark.parametrize("stride", [(1, 1, 1), (1, 2, 2), (2, 4, 4)])
def test_what_a_perfect_network_says_becomes_the_boxes_in_the_patient(stride: tuple[int, int, int]) -> None:
    task = DetectionTask(CLASSES, stride=stride)
    middle = [8.0, 12.0, 16.0]
    targets = task.targets([sample(task, "none", GRID.shape, middle)], None, GRID.shape, 3)
    found = task.decode(perfect(task, targets)[0], GRID, GRID)
    assert [box.value for box in found.boxes] in ([2, 5], [5, 2])
    for box in found.boxes:
        (truth,) = [b for b in boxes().boxes if b.value == box.value]
        np.testing.assert_allclose(box.center, truth.center, atol=1e-3)
        np.testing.assert_allclose(box.size, truth.size, atol=1e-3)
        assert box.score == pytest.approx(1)


def test_boxes_move_with_an_augmented_patch() -> None:
    """Voxels inside a box, cut like the image, have the bounds that its target says."""
    from medopt.augment import sample_patches

    task, patch = DetectionTask(CLASSES), (16, 24, 32)
    one = sample(task, "strong", patch, [8.0, 12.0, 16.0])
    volume = np.zeros((1, *GRID.shape), np.float32)
    volume[0, 8:14, 10:20, 16:28] = 1  # the second box, to the voxel
    one.target[1, 1:] = [7.5, 9.5, 15.5, 13.5, 19.5, 27.5]
    bare = draw(AugmentSettings.preset("strong"), (3, 1, 4), patch, GRID.spacing)
    _, label = sample_patches([volume], [volume[0].astype(np.int32)], [one.center], [bare], patch, [GRID.spacing])
    assert label is not None
    where = np.argwhere(label[0].numpy() == 1)
    targets = task.targets([one], None, patch, 3)
    seen = perfect(task, targets)[0]
    corners, classes, _ = task._boxes(seen)
    (box,) = corners[classes == 1]
    np.testing.assert_allclose(where.min(axis=0) - 0.5, np.maximum(box[0], -0.5), atol=2.5)
    np.testing.assert_allclose(where.max(axis=0) + 0.5, np.minimum(box[1], np.array(patch) - 0.5), atol=2.5)


def test_perfect_answers_score_one_and_misses_cost() -> None:
    task = DetectionTask(CLASSES)
    one = sample(task, "none", GRID.shape, [8.0, 12.0, 16.0])
    scores = perfect(task, task.targets([one], None, GRID.shape, 3))[0]
    both = np.ones(2, bool)
    assert task.summarize([task.judge(scores, one.target, both)]) == {
        "Cell": pytest.approx(1),
        "Platelet": pytest.approx(1),
    }
    nothing = task.judge(np.zeros_like(scores), one.target, both)
    assert task.summarize([task.judge(scores, one.target, both), nothing])["Cell"] == pytest.approx(0.5)
    assert task.summarize([task.judge(scores, one.target[:0], both)]) == {}
    assert task.summarize([]) == {}


def test_the_loss_of_a_perfect_answer_is_small_and_of_a_wrong_one_is_not() -> None:
    task = DetectionTask(CLASSES)
    targets = task.targets([sample(task, "none", GRID.shape, [8.0, 12.0, 16.0])], None, GRID.shape, 3)
    right = torch.from_numpy(perfect(task, targets))
    heat = torch.where(right[:, :2] == 1, 12.0, -12.0)
    assert float(task.loss(torch.cat([heat, right[:, 2:]], 1), targets)) < 1e-2
    assert float(task.loss(torch.cat([-heat, right[:, 2:]], 1), targets)) > 5


def test_in_2d_boxes_lie_in_their_slice() -> None:
    task = DetectionTask(CLASSES, dims=2, stride=(1, 2, 2))
    grid = Geometry((1, 16, 24))
    label = Boxes.from_index([[[-0.5, 3.5, 4.5], [0.5, 9.5, 14.5]]], [5], grid)
    target = task.encode(label, grid)
    drawn = draw(AugmentSettings.preset("none"), (1, 1, 1), (1, 16, 24), (1.0, 1.0, 1.0))
    one = Sample(target, np.ones(2, bool), drawn, np.array([0.0, 8.0, 12.0]), (1.0, 1.0, 1.0))
    targets = task.targets([one], None, (1, 16, 24), 2)
    scores = perfect(task, targets)
    assert scores.shape == (1, 6, 8, 12)
    found = task.decode(scores[0][:, None], grid, grid)  # inference has a slice axis, also in 2D
    (box,) = found.boxes
    np.testing.assert_allclose(Boxes((box,)).to_index(grid), label.to_index(grid), atol=1e-3)


def test_patches_are_centred_on_boxes() -> None:
    task = DetectionTask(CLASSES)
    points = task.points(task.encode(boxes(), GRID), GRID.shape)
    assert points[0].tolist() == [[4, 8, 6]]
    assert len(points[1]) == 1
