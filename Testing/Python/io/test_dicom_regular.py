"""Uneven and tilted slices on an even, straight grid, against scipy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from medopt.io.dicom_frames import Frame
from medopt.io.dicom_regular import regular
from medopt.io.dicom_stack import Stack, stack


def tilted(lean: tuple[float, float], count: int = 5) -> Stack:
    """Slices 2 mm apart, each moved by ``lean`` pixels along (j, i)."""
    frames = [
        Frame(k, 0, k, (0.7 * lean[1] * k, 0.8 * lean[0] * k, 2.0 * k), (1, 0, 0, 0, 1, 0), (0.8, 0.7), None, 1, 0)
        for k in range(count)
    ]
    return stack(frames, (8, 10), Path("series"), allow_uneven=True)


def test_an_even_volume_is_returned_as_it_is() -> None:
    arranged = tilted((0, 0))
    volume = np.zeros((1, 5, 8, 10))
    result, geometry = regular(volume, arranged)
    assert result is volume
    assert geometry is arranged.geometry


@pytest.mark.parametrize("lean", [(0.3, 0.0), (-0.3, 0.7), (1.0, -2.0), (0.5, 0.5)])
def test_straightened_slices_agree_with_scipy(rng: np.random.Generator, lean: tuple[float, float]) -> None:
    volume = rng.random((2, 5, 8, 10)) + 1.0
    volume[0, 0, 0, 0] = 0.0
    result, geometry = regular(volume, tilted(lean))
    assert result.shape == (2, *geometry.shape)
    corner = np.rint(geometry.index_to_lps((0, 0, 0)) / [0.7, 0.8, 2.0])[[1, 0]]
    for k in range(5):
        for channel in range(2):
            canvas = np.zeros(geometry.shape[1:])
            canvas[:8, :10] = volume[channel, k]
            expected = ndimage.shift(canvas, np.array(lean) * k - corner, order=1, mode="grid-constant", cval=0.0)
            np.testing.assert_allclose(result[channel, k], expected, atol=1e-9)


def test_integers_are_rounded_and_keep_their_type(rng: np.random.Generator) -> None:
    volume = rng.integers(0, 100, (1, 5, 8, 10)).astype(np.int16)
    result, _ = regular(volume, tilted((0.5, 0.0)))
    assert result.dtype == np.int16
    real, _ = regular(volume.astype(float), tilted((0.5, 0.0)))
    np.testing.assert_array_equal(result, np.rint(real))


def test_uneven_slices_are_interpolated_along_the_normal(rng: np.random.Generator) -> None:
    depths = [0.0, 1.0, 2.0, 4.5, 5.5, 6.5]
    frames = [
        Frame(k, 0, k, (0.0, 0.0, depth), (1, 0, 0, 0, 1, 0), (1, 1), None, 1, 0) for k, depth in enumerate(depths)
    ]
    arranged = stack(frames, (3, 4), Path("series"), allow_uneven=True)
    volume = rng.random((2, 6, 3, 4))
    result, geometry = regular(volume, arranged)
    wanted = np.arange(geometry.shape[0]) * geometry.spacing[0]
    for channel, j, i in ((0, 0, 0), (1, 2, 3)):
        np.testing.assert_allclose(result[channel, :, j, i], np.interp(wanted, depths, volume[channel, :, j, i]))
