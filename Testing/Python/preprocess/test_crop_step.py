"""Crop to the foreground."""

import numpy as np

from medopt.image import Geometry, Image
from medopt.preprocess import CropForeground, Pipeline


def test_crops_to_the_box_of_all_channels_plus_the_margin_in_mm(oblique: Geometry) -> None:
    array = np.zeros((2, *oblique.shape), np.float32)
    array[0, 2, 3, 4] = 1
    array[1, 3, 5, 4] = 1
    out = Pipeline([CropForeground(margin=1.0)]).image(Image(array, oblique))
    # 1 mm is one voxel along k (2.5 mm), two along j (0.8 mm) and two along i (0.7 mm)
    assert np.array_equal(out.array, array[:, 1:5, 1:8, 2:7])
    assert np.allclose(out.geometry.origin, oblique.index_to_lps((1, 1, 2)))


def test_an_image_without_foreground_is_left(oblique: Geometry) -> None:
    image = Image(np.zeros((1, *oblique.shape), np.float32), oblique)
    assert Pipeline([CropForeground()]).image(image).geometry == oblique


def test_the_threshold_counts(oblique: Geometry) -> None:
    array = np.full((1, *oblique.shape), -1000, np.float32)
    array[0, 1:3, 1:3, 1:3] = -100
    assert Pipeline([CropForeground(threshold=-500)]).image(Image(array, oblique)).geometry.shape == (2, 2, 2)
