"""Voxels counted slice by slice, beside scikit-learn on all of them at once."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from medopt.validation.voxel_counts import VoxelBins, VoxelCounts, added, block_sides

STRUCTURES = ((1, 1), (3, 2))
"""Label values 1 and 3 are outputs 1 and 2."""
SIZES = [((23, 31, 28), (1.0, 1.0, 1.0)), ((1, 40, 50), (9.0, 1.0, 1.5)), ((11, 30, 33), (3.0, 1.0, 0.9))]


def made(shape: tuple[int, ...], seed: int = 0) -> tuple[NDArray, NDArray[np.float32]]:
    """Two structures that touch, and probabilities that are mostly right."""
    random = np.random.default_rng(seed)
    label = np.zeros(shape, np.uint8)
    label[shape[0] // 3 : shape[0] // 2 + 1, 3:9, 2:8] = 3
    label[shape[0] // 2 :, 8:14, 5:9] = 1
    logits = random.normal(0, 1.5, (3, *shape)).astype(np.float32)
    logits[0] += 4
    for value, output in STRUCTURES:
        logits[output][label == value] += 6
    scores = np.exp(logits) / np.exp(logits).sum(axis=0)
    return label, scores.astype(np.float32)


def counted(
    label: NDArray, scores: NDArray[np.float32], spacing: tuple[float, ...], thick: int = 4, ignored: int | None = None
) -> list[VoxelBins | None]:
    counts = VoxelCounts(label, spacing, STRUCTURES, ignored=ignored)
    for first in range(0, len(label), thick):
        counts.add(first, scores[:, first : first + thick])
    return counts.found()


def near(member: NDArray[np.bool_], spacing: tuple[float, ...]) -> NDArray[np.bool_]:
    """Voxels in blocks with a member, and in the blocks around."""
    place = np.meshgrid(
        *(np.arange(n) // side for n, side in zip(member.shape, block_sides(member.shape, spacing), strict=True)),
        indexing="ij",
    )
    blocks = np.zeros([int(axis.max()) + 1 for axis in place], bool)
    blocks[tuple(axis[member] for axis in place)] = True
    return binary_dilation(blocks, np.ones((3, 3, 3)))[tuple(place)]


@pytest.mark.parametrize(("shape", "spacing"), SIZES)
@pytest.mark.parametrize("thick", [1, 3, 64])
def test_the_bins_are_those_of_scikit_learn(shape, spacing, thick) -> None:
    label, scores = made(shape)
    label[:, -4:] = 255  # nobody annotated these
    seen, said = label != 255, scores.argmax(axis=0)
    masks = [(label == value, (said == output) & seen, scores[output]) for value, output in STRUCTURES]
    masks.append((masks[0][0] | masks[1][0], masks[0][1] | masks[1][1], np.minimum(masks[0][2] + masks[1][2], 1)))
    for found, (truth, predicted, sure) in zip(counted(label, scores, spacing, thick, 255), masks, strict=True):
        here = near(truth | predicted, spacing) & seen
        shares, means = calibration_curve(truth[here], sure[here].astype(float), n_bins=10)
        assert found is not None
        number, given, true = (np.array(part) for part in (found.number, found.given, found.true))
        filled = number > 0
        np.testing.assert_allclose(true[filled] / number[filled], shares)
        np.testing.assert_allclose(given[filled] / number[filled], means, rtol=1e-5)
        assert number.sum() == here.sum()
        assert found.squared / here.sum() == pytest.approx(brier_score_loss(truth[here], sure[here]), rel=1e-5)


def test_what_is_far_from_a_structure_does_not_count() -> None:
    label, scores = made((23, 31, 28))
    scores[:, :, :, 20:] = np.array([0.99, 0.005, 0.005], np.float32)[:, None, None, None]
    scores[:, :, 20:] = np.array([0.99, 0.005, 0.005], np.float32)[:, None, None, None]
    # the border of the image is where a block ends, so that padding adds whole blocks
    label, scores = label[:, :30, :25], scores[:, :, :30, :25]
    before = counted(label, scores, (1, 1, 1))
    wide = np.pad(label, ((0, 0), (0, 40), (0, 60)))
    background = np.pad(scores, ((0, 0), (0, 0), (0, 40), (0, 60)))
    background[0][background.sum(axis=0) == 0] = 1
    near_background = counted(wide, background, (1, 1, 1))
    for one, other in zip(before, near_background, strict=True):
        assert one is not None
        assert other is not None
        assert sum(other.number) <= 1.6 * sum(one.number)
    farther = np.pad(wide, ((0, 0), (0, 99), (0, 99))), np.pad(background, ((0, 0), (0, 0), (0, 99), (0, 99)))
    assert counted(*farther, (1, 1, 1)) == near_background


def test_a_structure_that_is_nowhere_has_no_bins() -> None:
    label = np.zeros((6, 12, 12), np.uint8)
    scores = np.zeros((3, *label.shape), np.float32)
    scores[0] = 1
    assert counted(label, scores, (1, 1, 1)) == [None, None, None]
    label[2, 3, 4] = 1
    first, second, overall = counted(label, scores, (1, 1, 1))
    assert first is not None
    assert second is None
    assert first == overall
    assert (first.number[0], first.true[0], first.squared) == (6 * 10 * 10, 1, 1.0)


def test_a_mask_of_the_whole_image_and_probabilities_a_little_above_one() -> None:
    label = np.ones((3, 10, 10), np.uint8)
    scores = np.zeros((3, *label.shape), np.float32)
    scores[1] = np.nextafter(np.float32(1), np.float32(2))
    found = counted(label, scores, (1, 1, 1))[0]
    assert found is not None
    assert (found.number[-1], found.given[-1], found.squared) == (300, 300.0, 0.0)


def test_blocks_are_as_long_along_every_axis() -> None:
    assert block_sides((30, 30, 30), (1, 1, 1)) == (5, 5, 5)
    assert block_sides((30, 30, 30), (5, 0.8, 0.8)) == (1, 5, 5)
    assert block_sides((1, 512, 512), (0.1, 1, 1)) == (50, 5, 5)


def test_voxels_of_several_are_added() -> None:
    label, scores = made((11, 30, 33))
    one = counted(label, scores, (1, 1, 1))[0]
    assert one is not None
    both = added([one, one])
    assert both.number == tuple(2 * n for n in one.number)
    assert both.squared == pytest.approx(2 * one.squared)
