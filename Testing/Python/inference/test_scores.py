"""Scores of whole images: of places at the stride of the output, and of the image as a whole."""

from __future__ import annotations

import numpy as np
import pytest

from medopt.inference import image_scores
from medopt.inference.scores import scores_of_images
from medopt.project import ClassInfo
from medopt.tasks import ClassificationTask, DetectionTask

CLASSES = [ClassInfo(value=v, name=str(v), color="#000000") for v in (1, 2)]


def means(windows: np.ndarray) -> np.ndarray:
    """A network for whole images: logits 0 and the mean of the window."""
    mean = windows.mean(axis=(1, 2, 3, 4))
    return np.stack([np.zeros_like(mean), mean], axis=1).astype(np.float32)


def test_an_image_no_larger_than_the_patch_lies_in_the_middle_of_one_window() -> None:
    seen = []

    def runtime(windows: np.ndarray) -> np.ndarray:
        seen.append(windows.copy())
        return means(windows)

    volume = np.ones((1, 1, 4, 6), np.float32)
    with image_scores(volume, runtime, ClassificationTask(CLASSES), patch=(1, 8, 8), divisor=(1, 2, 2)) as scores:
        assert scores.shape == (2,)
        assert scores[1] == pytest.approx(1 / (1 + np.exp(-24 / 64)))
    (window,) = seen
    assert window.shape == (1, 1, 1, 8, 8)
    assert window[0, 0, 0, 2:6, 1:7].all()
    assert window.sum() == 24


def test_a_larger_image_is_the_mean_of_its_windows() -> None:
    volume = np.zeros((1, 1, 8, 16), np.float32)
    volume[..., 8:] = 2
    with image_scores(
        volume, means, ClassificationTask(CLASSES), patch=(1, 8, 8), divisor=(1, 1, 1), overlap=0.0
    ) as scores:
        expected = (0.5 + 1 / (1 + np.exp(-2))) / 2
        assert scores[1] == pytest.approx(expected)


@pytest.mark.parametrize("shape", [(16, 24, 20), (15, 22, 37), (3, 5, 4)])
def test_a_coarse_output_covers_the_image_with_cells(shape: tuple[int, int, int], rng: np.random.Generator) -> None:
    """A network that averages each cell gives the same in windows as over the whole padded volume."""
    stride = (1, 2, 4)
    task = DetectionTask(CLASSES, dims=3, stride=stride)
    volume = rng.normal(size=(1, *shape)).astype(np.float32)

    def cells(values: np.ndarray) -> np.ndarray:
        k, j, i = values.shape
        return values.reshape(k, j // 2, 2, i // 4, 4).mean(axis=(2, 4))

    def runtime(windows: np.ndarray) -> np.ndarray:
        return np.stack([np.stack([cells(w[0])] * task.outputs) for w in windows]).astype(np.float32)

    with image_scores(volume, runtime, task, patch=(8, 8, 8), divisor=(2, 2, 4), overlap=0.25) as scores:
        padded = np.zeros([-(-n // s) * s for n, s in zip(shape, stride, strict=True)], np.float32)
        padded[tuple(slice(n) for n in shape)] = volume[0]
        expected = cells(padded)
        assert scores.shape == (task.outputs, *expected.shape)
        np.testing.assert_allclose(scores[-1], expected, atol=1e-5)
        np.testing.assert_allclose(scores[0], 1 / (1 + np.exp(-expected)), atol=1e-5)


@pytest.mark.parametrize("together", [1, 3, 100])
@pytest.mark.parametrize("mirror", [(), ("i",), ("k", "j", "i")])
def test_many_images_at_once_score_as_each_alone(
    together: int, mirror: tuple[str, ...], rng: np.random.Generator
) -> None:
    task, sizes = ClassificationTask(CLASSES), [(8, 8), (8, 20), (3, 5), (17, 9), (8, 8)]
    volumes = [rng.normal(size=(1, 1, *size)).astype(np.float32) for size in sizes]
    slope = np.linspace(-1, 1, 8, dtype=np.float32)

    def runtime(windows: np.ndarray) -> np.ndarray:
        mean = (windows[:, 0, 0] * slope).mean(axis=(1, 2))
        return np.stack([np.zeros_like(mean), mean], axis=1)

    many = list(scores_of_images(volumes, runtime, task, patch=(1, 8, 8), mirror=mirror, together=together))
    assert len(many) == len(volumes)
    for volume, scores in zip(volumes, many, strict=True):
        with image_scores(volume, runtime, task, patch=(1, 8, 8), divisor=(1, 1, 1), mirror=mirror) as alone:
            np.testing.assert_allclose(scores, alone, rtol=1e-5)
