"""The matrix convention, against brute force."""

from collections.abc import Callable

import numpy as np
import pytest

from medopt.augment import Drawn, content_matrix, sample_patches
from medopt.augment.flip import Flip
from medopt.augment.placement import place, volume_index
from medopt.augment.rotation import Rotation
from medopt.augment.scaling import Scaling
from medopt.augment.shear import Shear
from medopt.augment.translation import Translation

SPATIAL = (
    {"technique": "flip", "probability": 0.6},
    {"technique": "scaling", "isotropic": False},
    {"technique": "shear", "degrees": 10},
    {"technique": "rotation", "degrees": [40, 40, 40]},
    {"technique": "translation"},
)


@pytest.mark.parametrize("seed", range(12))
def test_a_bright_blob_ends_where_the_matrix_says(drawn_of: Callable[..., Drawn], seed: int) -> None:
    spacing = (2.0, 1.0, 0.8)
    drawn = drawn_of(*SPATIAL, seed=seed, shape=(21, 41, 51), spacing=spacing)
    center = np.array([30, 40, 45])
    index = np.stack(np.meshgrid(*map(np.arange, (60, 80, 90)), indexing="ij"), -1)
    middle = center - np.array(drawn.shape) // 2 + (np.array(drawn.shape) - 1) / 2
    offset = np.array([[5, -4, 6], [-6, 3, -2], [2, 7, -5]][seed % 3], float)  # mm from the patch centre
    place_mm = (index - middle) * spacing
    blob = np.exp(-((place_mm - offset) ** 2).sum(-1) / (2 * 2.5**2)).astype(np.float32)
    images, _ = sample_patches([blob[None]], None, [center], [drawn], drawn.shape, [spacing])
    found = np.unravel_index(int(images.argmax()), drawn.shape)
    expected = (content_matrix(drawn) @ [*offset, 1])[:3] / spacing + (np.array(drawn.shape) - 1) / 2
    assert np.abs(found - expected).max() < 1


def test_a_turn_keeps_distances_in_mm_on_anisotropic_voxels(drawn_of: Callable[..., Drawn]) -> None:
    spacing = (3.0, 1.0, 0.7)
    for seed in range(5):
        drawn = drawn_of({"technique": "rotation", "degrees": [90, 90, 90]}, seed=seed, spacing=spacing)
        placement = place(drawn, (20, 20, 20), spacing)
        corners = np.array([[a, b, c] for a in (0, 9) for b in (0, 15) for c in (0, 13)], float)
        there = volume_index(drawn, placement, corners, spacing)

        def apart(points: np.ndarray) -> np.ndarray:
            mm = points * spacing
            return np.linalg.norm(mm[:, None] - mm, axis=-1)

        assert np.allclose(apart(there), apart(corners))
        assert not np.allclose(there, corners + placement.start)


def test_nothing_spatial_is_a_plain_crop(drawn_of: Callable[..., Drawn]) -> None:
    placement = place(drawn_of({"technique": "gamma"}), (20.4, 19.6, 20), (1, 1, 1))
    assert placement.matrix is None
    assert placement.start == (15, 12, 13)


def test_flips_alone_need_no_matrix_and_say_where_voxels_come_from(drawn_of: Callable[..., Drawn]) -> None:
    drawn = drawn_of({"technique": "flip"})
    placement = place(drawn, (20, 20, 20), (1, 1, 1))
    assert placement.matrix is None
    assert placement.flips == (0, 1, 2)
    assert volume_index(drawn, placement, np.zeros((1, 3)), (1, 1, 1)).tolist() == [[24, 27, 26]]


def test_content_is_flipped_scaled_sheared_turned_and_shifted_in_this_order(drawn_of: Callable[..., Drawn]) -> None:
    drawn = drawn_of(*reversed([{**technique, "probability": 1.0} for technique in SPATIAL]))
    parameters = {a.technique: a.parameters for a in drawn.actions}
    expected = (
        Translation.matrix(parameters["translation"])
        @ Rotation.matrix(parameters["rotation"])
        @ Shear.matrix(parameters["shear"])
        @ Scaling.matrix(parameters["scaling"])
        @ Flip.matrix(parameters["flip"])
    )
    assert np.allclose(content_matrix(drawn), expected)
    assert not np.allclose(content_matrix(drawn), expected.T)


@pytest.mark.parametrize("seed", range(8))
def test_every_point_of_a_patch_is_read_from_where_brute_force_finds_it(
    drawn_of: Callable[..., Drawn], seed: int
) -> None:
    """Voxel by voxel, from the words of the convention: content at x mm appears at ``matrix @ x``."""
    spacing, shape, center = (2.0, 1.0, 0.8), (5, 8, 7), np.array([30, 40, 45])
    drawn = drawn_of(*SPATIAL, seed=seed, shape=shape, spacing=spacing)
    back = np.linalg.inv(content_matrix(drawn))
    middle = (np.array(shape) - 1) / 2
    index = np.array(list(np.ndindex(shape)), float)
    found = volume_index(drawn, place(drawn, center, spacing), index, spacing)
    for n, at in enumerate(index):
        x = back @ [*((at - middle) * spacing), 1]
        expected = x[:3] / spacing + middle + center - np.array(shape) // 2
        assert np.allclose(found[n], expected, atol=1e-9)
