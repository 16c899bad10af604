"""Resample to a spacing."""

import numpy as np
import pytest

from medopt import MedOptError
from medopt.image import Geometry, Image
from medopt.preprocess import Pipeline, PreprocessSettings, Resample


def test_the_field_of_view_stays_and_the_spacing_is_the_nearest(oblique: Geometry) -> None:
    out = Pipeline([Resample(spacing=(1.0, 1.0, 1.0))]).image(Image(np.ones((2, *oblique.shape), np.float32), oblique))
    assert out.geometry.shape == (15, 6, 7)
    assert np.allclose(out.geometry.extent, oblique.extent)
    assert np.allclose(out.array, 1, atol=1e-6)


def test_one_slice_stays_one_slice() -> None:
    image = Image(np.ones((1, 1, 10, 10), np.float32), Geometry((1, 10, 10), (5, 1, 1)))
    assert Pipeline([Resample(spacing=(1, 0.5, 0.5))]).image(image).geometry.shape == (1, 20, 20)


@pytest.mark.parametrize("spacing", [[0, 1, 1], [1, -1, 1], [1, 1], "fine", [float("nan"), 1, 1]])
def test_an_impossible_spacing_names_the_field(spacing: object) -> None:
    with pytest.raises(MedOptError, match=r"recipe.yaml: field 'steps.0.resample.spacing"):
        PreprocessSettings.parse({"steps": [{"step": "resample", "spacing": spacing}]}, "recipe.yaml")
