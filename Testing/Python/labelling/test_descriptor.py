"""Descriptors of images: what makes no difference to them, and what does."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from medopt.image import Geometry, Image
from medopt.labelling.descriptor import OF_CHANNEL, block_means, describe, groups_of


@pytest.fixture
def image(rng) -> Image:
    values = ndimage.gaussian_filter(rng.normal(0, 1, (20, 24, 28)), 2)
    return Image(values[None].astype(np.float32), Geometry(values.shape, (2.0, 1.0, 0.5)))


def test_scale_and_offset_of_the_intensities_make_no_difference(image):
    scaled = Image((image.array.astype(np.float64) * 37000 + 1e6), image.geometry)
    np.testing.assert_allclose(describe(scaled), describe(image), atol=1e-3)  # a voxel may change its bin


def test_the_same_image_gives_the_same_bits(image):
    assert describe(image).tobytes() == describe(Image(image.array.copy(), image.geometry)).tobytes()


def test_a_turned_and_mirrored_array_of_one_body_gives_the_same_numbers(image):
    turned = np.ascontiguousarray(np.transpose(image.array, (0, 3, 1, 2))[:, ::-1])
    k, j, i = np.asarray(image.geometry.direction).T
    geometry = Geometry(turned.shape[1:], (0.5, 2.0, 1.0), (0, 0, 0), tuple(zip(-i, k, j, strict=True)))
    np.testing.assert_allclose(describe(Image(turned, geometry)), describe(image), atol=1e-5)


def test_another_picture_differs_more_than_noise(image, rng):
    noisy = Image(image.array + rng.normal(0, 0.01, image.array.shape), image.geometry)
    other = Image(image.array[:, ::-1], image.geometry)
    near = np.abs(describe(noisy) - describe(image)).mean()
    assert near * 3 < np.abs(describe(other) - describe(image)).mean()


@pytest.mark.parametrize("shape", [(1, 1, 5, 7), (1, 1, 256, 200), (3, 1, 40, 30), (2, 3, 2, 90), (4, 200, 9, 9)])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float64])
def test_any_size_dtype_and_number_of_channels(rng, shape, dtype):
    values = describe(Image(rng.integers(0, 100, shape).astype(dtype), Geometry(shape[1:])))
    assert values.shape == (sum(g.size for g in groups_of(shape[0])),)
    assert values.dtype == np.float32
    assert np.isfinite(values).all()


def test_constant_and_missing_voxels(image):
    flat = describe(Image(np.full((1, 4, 4, 4), 7, np.int16), Geometry((4, 4, 4))))
    assert not flat[7:].any()
    holes = image.array.copy()
    holes[0, 3, :4, :4] = [np.nan, np.inf, -np.inf, np.nan]
    assert np.abs(describe(Image(holes, image.geometry)) - describe(image)).max() < 0.2
    empty = describe(Image(np.full((1, 4, 4, 4), np.nan, np.float32), Geometry((4, 4, 4))))
    assert np.isfinite(empty).all()


def test_block_means_of_whole_blocks_and_of_too_few_voxels(rng):
    values = rng.random((4, 12, 6)).astype(np.float32)
    expected = values.reshape(2, 2, 4, 3, 3, 2).mean(axis=(1, 3, 5))
    np.testing.assert_allclose(block_means(values, (2, 4, 3)), expected, rtol=1e-6)
    one = np.arange(3, dtype=np.float32).reshape(1, 1, 3)
    np.testing.assert_array_equal(block_means(one, (1, 1, 6)), [[[0, 0, 1, 1, 2, 2]]])


def test_pictures_have_one_size_in_2d_and_3d():
    from medopt.labelling.descriptor import PICTURE_2D, PICTURE_3D

    picture = next(group for group in OF_CHANNEL if group.name == "picture")
    assert np.prod(PICTURE_2D) == np.prod(PICTURE_3D) == picture.size
