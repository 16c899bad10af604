"""Normal numbers."""

import numpy as np
import pytest
import torch
from scipy import stats

from medopt.augment.normal import normal_like
from medopt.augment.technique import Planes


def numbers(shape: tuple[int, ...], *seeds: int) -> np.ndarray:
    return normal_like(np.empty((len(seeds), *shape), np.float32), seeds)


def test_follows_the_normal_distribution() -> None:
    values = numbers((1, 100, 100, 100), 3).ravel()
    assert stats.kstest(values, "norm").pvalue > 1e-3
    assert abs(values.mean()) < 4e-3
    assert values.std() == pytest.approx(1, abs=3e-3)
    assert stats.skew(values) == pytest.approx(0, abs=0.01)
    assert stats.kurtosis(values) == pytest.approx(0, abs=0.03)
    assert 4 < np.abs(values).max() < 4.5


def test_neighbours_channels_and_seeds_are_independent() -> None:
    values = numbers((2, 16, 64, 64), 3, 4)
    flat = values.reshape(4, -1)
    assert np.abs(np.corrcoef(flat) - np.eye(4)).max() < 0.02
    for lag in range(1, 9):
        assert abs(np.corrcoef(flat[0, lag:], flat[0, :-lag])[0, 1]) < 0.02
        assert abs(np.corrcoef(flat[0, lag:] ** 2, flat[0, :-lag] ** 2)[0, 1]) < 0.02


@pytest.mark.parametrize("shape", [(2, 5, 6, 7), (1, 1, 1, 1), (3, 2, 3, 3)])
def test_tensors_get_the_same_to_the_bit(shape: tuple[int, ...]) -> None:
    tensors = normal_like(torch.empty((2, *shape)), [7, 8])
    assert np.array_equal(tensors.numpy(), numbers(shape, 7, 8))


@pytest.mark.parametrize("plane", [(4, 4), (3, 5), (1, 1)])
def test_planes_get_their_numbers_of_the_whole(plane: tuple[int, int]) -> None:
    whole = numbers((2, 7, *plane), 5)
    for first in range(7):
        for last in range(first + 1, 8):
            part = normal_like(np.empty((1, 2, last - first, *plane), np.float32), [5], Planes(first, 7))
            assert np.array_equal(part, whole[:, :, first:last])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_draws_there_and_repeats() -> None:
    images = torch.empty((2, 1, 20, 50, 50), device="cuda")
    first, again = normal_like(images, [1, 2]), normal_like(images, [1, 2])
    assert torch.equal(first, again)
    assert first.std().item() == pytest.approx(1, abs=0.02)
