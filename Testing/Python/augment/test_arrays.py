"""The same outcome from tensors and from arrays."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from medopt.augment import arrays

VALUES = np.random.default_rng(0).normal(size=(2, 3, 4, 5, 6)).astype(np.float32)


@pytest.mark.parametrize("function", [arrays.mean, arrays.deviation, arrays.minimum, arrays.maximum])
def test_statistics_are_by_channel(function: Callable) -> None:
    name = {"mean": "mean", "deviation": "std", "minimum": "min", "maximum": "max"}[function.__name__]
    expected = getattr(VALUES.astype(np.float64).reshape(2, 3, -1), name)(axis=2).reshape(2, 3, 1, 1, 1)
    assert np.allclose(function(VALUES), expected, atol=1e-6)
    assert np.allclose(function(torch.from_numpy(VALUES)).numpy(), expected, atol=1e-6)


def test_new_arrays_are_of_the_same_kind() -> None:
    for images in (VALUES, torch.from_numpy(VALUES)):
        assert arrays.empty_like(images).shape == images.shape
        assert arrays.like(images, [1, 2]).dtype == images.dtype
        assert arrays.column(images, [1.0, 2.0]).shape == (2, 1, 1, 1, 1)
        assert isinstance(arrays.like(images, 3.0), type(images))


def test_steps_in_place_and_choices() -> None:
    for images in (VALUES.copy(), torch.from_numpy(VALUES.copy())):
        chosen = arrays.choose(images > 0, images, images * 0)
        assert np.array_equal(np.asarray(chosen), np.where(VALUES > 0, VALUES, 0))
        assert arrays.at_least(images, 0.5) is images
        assert np.array_equal(np.asarray(images), np.maximum(VALUES, 0.5))
        assert arrays.exponential(images) is images
        assert np.allclose(np.asarray(images), np.exp(np.maximum(VALUES, 0.5)), rtol=1e-6)
