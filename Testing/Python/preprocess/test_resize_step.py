"""Resize to an exact shape."""

import numpy as np
import pytest

from medopt import MedOptError
from medopt.image import Geometry, Image
from medopt.preprocess import Pipeline, PreprocessSettings, Resize


def picture(height: int, width: int) -> Image:
    return Image(np.ones((1, 1, height, width), np.float32), Geometry((1, height, width)))


def test_fit_is_the_default_and_pads_the_short_side_evenly() -> None:
    out = Pipeline([Resize(shape=(1, 32, 32))]).image(picture(64, 32))
    assert out.array.shape == (1, 1, 32, 32)
    assert out.geometry.spacing == (1, 2, 2)
    assert (out.array[0, 0, :, :8] == 0).all()
    assert np.allclose(out.array[0, 0, :, 8:24], 1)
    assert (out.array[0, 0, :, 24:] == 0).all()


def test_crop_fills_the_short_side_and_cuts_the_long_one_evenly() -> None:
    image = picture(64, 32)
    image.array[0, 0, :16] = 5
    image.array[0, 0, -16:] = 5
    out = Pipeline([Resize(shape=(1, 32, 32), mode="crop", anti_alias=False)]).image(image)
    assert out.geometry.spacing == (1, 1, 1)
    assert np.array_equal(out.array[0, 0], np.ones((32, 32)))


def test_stretch_ignores_the_aspect_ratio() -> None:
    out = Pipeline([Resize(shape=(1, 32, 32), mode="stretch")]).image(picture(64, 16))
    assert out.geometry.spacing == (1, 2, 0.5)
    assert np.allclose(out.array, 1)


@pytest.mark.parametrize("mode", ["fit", "crop"])
def test_anisotropic_volumes_keep_their_physical_proportions(oblique: Geometry, mode: str) -> None:
    grid = Resize(shape=(20, 20, 20), mode=mode).grid(oblique)
    assert np.allclose(np.asarray(grid.spacing) / oblique.spacing, grid.spacing[0] / oblique.spacing[0])
    middle = (np.asarray(grid.shape) - 1) / 2
    assert np.allclose(grid.index_to_lps(middle), oblique.index_to_lps((np.asarray(oblique.shape) - 1) / 2))


def test_padding_takes_the_stated_value() -> None:
    assert Pipeline([Resize(shape=(1, 8, 8), fill=-1000)]).image(picture(8, 4)).array.min() == -1000


def test_a_missing_shape_and_an_unknown_mode_are_named() -> None:
    with pytest.raises(
        MedOptError, match=r"'steps.0.resize.shape' is missing.*'steps.0.resize.mode'.*did you mean 'fit'"
    ):
        PreprocessSettings.parse({"steps": [{"step": "resize", "mode": "fitt"}]}, "recipe.yaml")
