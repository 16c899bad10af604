"""Image and LabelMap: what fits together and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from medopt.errors import MedOptError
from medopt.image import Geometry, Image, LabelMap


def test_image_keeps_its_array(oblique: Geometry) -> None:
    array = np.zeros((2, *oblique.shape), np.int16)
    image = Image(array, oblique)
    assert image.array is array
    assert image.channels == 2


@pytest.mark.parametrize("shape", [(6, 8, 10), (1, 6, 8, 9), (1, 1, 6, 8, 10)])
def test_image_of_another_shape_is_refused(oblique: Geometry, shape: tuple) -> None:
    with pytest.raises(MedOptError, match="do not fit"):
        Image(np.zeros(shape), oblique)


@pytest.mark.parametrize("dtype", ["complex64", "U1", "O"])
def test_image_of_other_values_is_refused(oblique: Geometry, dtype: str) -> None:
    with pytest.raises(MedOptError, match="real numbers"):
        Image(np.zeros((1, *oblique.shape), dtype), oblique)


def test_label_values_leave_out_background(oblique: Geometry) -> None:
    array = np.zeros(oblique.shape, np.uint8)
    assert LabelMap(array, oblique).values() == []
    array[0, 0, :3] = [7, 2, 7]
    assert LabelMap(array, oblique).values() == [2, 7]


def test_label_of_real_numbers_is_refused(oblique: Geometry) -> None:
    with pytest.raises(MedOptError, match="expected integers"):
        LabelMap(np.zeros(oblique.shape), oblique)


def test_label_of_another_shape_is_refused(oblique: Geometry) -> None:
    with pytest.raises(MedOptError, match="do not fit"):
        LabelMap(np.zeros((1, *oblique.shape), int), oblique)
