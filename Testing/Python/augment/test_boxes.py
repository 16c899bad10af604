"""Boxes move with their patch."""

from collections.abc import Callable

import numpy as np
import pytest

from medopt.augment import Drawn, sample_patches, transform_boxes

SHAPE = (24, 30, 36)
SPACING = (2.0, 1.0, 0.8)
CENTER = (30, 40, 45)
BOXES = np.array([[[27.5, 35.5, 39.5], [32.5, 41.5, 44.5]], [[24.5, 38.5, 46.5], [29.5, 45.5, 51.5]]])


def extent_of_marked_voxels(box: np.ndarray, drawn: Drawn) -> np.ndarray:
    """Brute force: mark the voxels of the box, move the label, look where they are."""
    label = np.zeros((60, 80, 90), np.uint8)
    low, high = (box + 0.5).astype(int)
    label[low[0] : high[0], low[1] : high[1], low[2] : high[2]] = 1
    _, moved = sample_patches([label[None]], [label], [CENTER], [drawn], SHAPE, [SPACING])
    assert moved is not None
    found = np.argwhere(moved[0].numpy())
    return np.stack([found.min(axis=0) - 0.5, found.max(axis=0) + 0.5])


@pytest.mark.parametrize("flip", [False, True])
def test_copies_and_flips_are_exact(drawn_of: Callable[..., Drawn], flip: bool) -> None:
    drawn = drawn_of(*([{"technique": "flip"}] if flip else []), shape=SHAPE, spacing=SPACING)
    ours = transform_boxes(BOXES, drawn, CENTER, SPACING)
    for box, moved in zip(BOXES, ours, strict=True):
        assert np.array_equal(moved, extent_of_marked_voxels(box, drawn))


@pytest.mark.parametrize("elastic", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_hold_what_they_held(drawn_of: Callable[..., Drawn], seed: int, elastic: bool) -> None:
    steps = [
        {"technique": "flip", "probability": 0.5},
        {"technique": "rotation", "degrees": [25, 25, 25]},
        {"technique": "scaling", "isotropic": False},
        {"technique": "translation"},
    ]
    if elastic:
        steps.append({"technique": "elastic", "spacing": 16, "magnitude": 4})
    drawn = drawn_of(*steps, shape=SHAPE, spacing=SPACING, seed=seed)
    for box, moved in zip(BOXES, transform_boxes(BOXES, drawn, CENTER, SPACING), strict=True):
        truth = extent_of_marked_voxels(box, drawn)
        assert np.abs(moved - truth).max() < 1.6  # the corners of a box are cut off by rounding to voxels
        assert (moved[1] > moved[0]).all()


def test_no_boxes_give_no_boxes(drawn_of: Callable[..., Drawn]) -> None:
    assert transform_boxes(np.zeros((0, 2, 3)), drawn_of(), CENTER, SPACING).shape == (0, 2, 3)
