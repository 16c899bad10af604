"""PNG, JPEG and TIFF pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK
from numpy.testing import assert_array_equal

from medopt.errors import MedOptError
from medopt.image import Geometry
from medopt.io import read_geometry, read_image


def save(path: Path, array: np.ndarray, vector: bool = False) -> Path:
    image = SimpleITK.GetImageFromArray(array, isVector=vector)
    image.SetSpacing([0.3] * image.GetDimension())
    SimpleITK.WriteImage(image, str(path))
    return path


@pytest.mark.parametrize("suffix", [".png", ".tif", ".TIFF"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_grey_is_exact(tmp_path: Path, rng, suffix: str, dtype: type) -> None:
    array = rng.integers(0, np.iinfo(dtype).max, (5, 7)).astype(dtype)
    image = read_image(save(tmp_path / f"a{suffix}", array))
    assert image.array.dtype == dtype
    assert_array_equal(image.array, array[None, None])
    assert image.geometry == Geometry((1, 5, 7))
    assert read_geometry(tmp_path / f"a{suffix}") == image.geometry


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("channels", [3, 4])
def test_colour_becomes_three_channels_and_alpha_is_dropped(tmp_path: Path, rng, suffix: str, channels: int) -> None:
    array = rng.integers(0, 255, (5, 7, channels)).astype(np.uint8)
    image = read_image(save(tmp_path / f"a{suffix}", array, vector=True))
    assert_array_equal(image.array, np.moveaxis(array[..., :3], -1, 0)[:, None])
    assert image.array.flags.c_contiguous


def test_grey_with_alpha_says_what_to_do(tmp_path: Path, rng) -> None:
    array = rng.integers(0, 255, (5, 7, 2)).astype(np.uint8)
    with pytest.raises(MedOptError, match=r"a\.png: grey with transparency.*without transparency"):
        read_image(save(tmp_path / "a.png", array, vector=True))
    assert_array_equal(read_image(save(tmp_path / "a.tif", array, vector=True)).array, array[None, None, ..., 0])


def test_jpeg_is_close(tmp_path: Path) -> None:
    ramp = np.tile(np.arange(0, 200, 5, dtype=np.uint8), (30, 1))
    image = read_image(save(tmp_path / "a.jpg", ramp))
    assert image.array.shape == (1, 1, 30, 40)
    assert np.abs(image.array[0, 0].astype(int) - ramp).max() <= 3


def test_pages_of_a_tiff_become_slices(tmp_path: Path, rng) -> None:
    array = rng.integers(0, 255, (3, 5, 7)).astype(np.uint8)
    assert_array_equal(read_image(save(tmp_path / "a.tif", array)).array[0], array)


def test_a_wrong_suffix_does_not_mislead(tmp_path: Path, rng) -> None:
    array = rng.integers(0, 255, (5, 7)).astype(np.uint8)
    save(tmp_path / "a.png", array).rename(tmp_path / "b.jpg")
    assert_array_equal(read_image(tmp_path / "b.jpg").array[0, 0], array)


def test_other_data_is_no_picture(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("not a picture, though it is long enough to be one")
    with pytest.raises(MedOptError, match=r"a\.png: .*a PNG, JPEG or TIFF picture"):
        read_image(tmp_path / "a.png")


def test_real_pictures(real_data: Path) -> None:
    """Grey stored as colour, and photographs: shapes as SimpleITK sees them."""
    for path in [
        *sorted((real_data / "lv_cine" / "Train" / "Images").rglob("*.png"))[:3],
        *sorted((real_data / "bccd" / "JPEGImages").iterdir())[:3],
    ]:
        image = read_image(path)
        expected = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path)))
        assert_array_equal(image.array[:, 0], np.moveaxis(np.atleast_3d(expected), -1, 0))
