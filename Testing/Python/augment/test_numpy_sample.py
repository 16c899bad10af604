"""Patches by numpy, against those that training gets."""

from collections.abc import Callable
from typing import get_args

import numpy as np
import pytest
from scipy import ndimage

from medopt.augment import Action, AugmentSettings, Drawn, draw, sample_patch, sample_patches
from medopt.augment.placement import place, volume_index
from medopt.augment.registry import TECHNIQUES, PresetName

Cohort = tuple[np.ndarray, np.ndarray]
SHAPE = (10, 16, 14)
SPACING = (3.0, 1.0, 0.8)
CENTERS = [(12, 20, 18), (1, 37, 5), (23, 2, 35), (-30, 5, 5)]
NEAREST_TIE = 5e-5
"""Voxels: how far from halfway between two voxels a point may lie for rounding to decide its label."""


def both(volume: np.ndarray, label: np.ndarray, center: tuple, drawn: Drawn) -> tuple:
    images, labels = sample_patches([volume], [label], [center], [drawn], drawn.shape, [drawn.spacing])
    assert labels is not None
    return (images[0].numpy(), labels[0].numpy()), sample_patch(volume, label, center, drawn, drawn.spacing)


def assert_equal(volume: np.ndarray, label: np.ndarray, center: tuple, drawn: Drawn) -> None:
    (image, truth), (ours, moved) = both(volume, label, center, drawn)
    assert ours.dtype == np.float32
    assert moved.dtype == label.dtype
    assert np.abs(ours - image).max() <= 1e-4 * max(image.std(), 1e-6)
    wrong = np.argwhere(moved != truth)
    there = volume_index(drawn, place(drawn, center, drawn.spacing), wrong, drawn.spacing)
    assert (np.abs(there - np.floor(there) - 0.5).min(axis=1, initial=1) < NEAREST_TIE).all()
    assert len(wrong) <= 0.001 * moved.size


def every(probability: float = 1.0) -> AugmentSettings:
    names = [kind.model_fields["technique"].default for kind in TECHNIQUES]
    return AugmentSettings.parse({"techniques": [{"technique": n, "probability": probability} for n in names]}, "test")


@pytest.mark.parametrize("border", ["zeros", "edge"])
@pytest.mark.parametrize("preset", get_args(PresetName))
def test_equals_training_for_every_preset(cohort: Cohort, preset: str, border: str) -> None:
    settings = AugmentSettings.preset(preset).model_copy(update={"border": border})
    for seed in range(12):
        assert_equal(*cohort, CENTERS[seed % 4], draw(settings, (1, seed), SHAPE, SPACING))


@pytest.mark.parametrize("shape", [SHAPE, (1, 16, 14), (24, 40, 36)])
def test_equals_training_with_every_technique_at_once(cohort: Cohort, shape: tuple[int, int, int]) -> None:
    for seed in range(6):
        assert_equal(*cohort, CENTERS[seed % 3], draw(every(), seed, shape, SPACING))


def test_without_an_elastic_displacement_labels_are_the_same_to_the_voxel(
    cohort: Cohort, drawn_of: Callable[..., Drawn]
) -> None:
    steps = [{"technique": "rotation", "degrees": [90, 40, 40]}, {"technique": "scaling"}, {"technique": "translation"}]
    for seed in range(12):
        (image, truth), (ours, moved) = both(*cohort, CENTERS[seed % 4], drawn_of(*steps, seed=seed))
        assert np.array_equal(moved, truth)
        assert np.allclose(ours, image, atol=1e-5)


@pytest.mark.parametrize("shift", [(0.5, 0.5, 0.5), (-1.5, 0.5, 2.5)])
def test_ties_fall_the_same_way(cohort: Cohort, shift: tuple[float, float, float]) -> None:
    actions = (Action("translation", {"shift": list(shift)}),)
    for center in CENTERS:
        (image, truth), (ours, moved) = both(*cohort, center, Drawn((1,), SHAPE, (1.0, 1.0, 1.0), actions))
        assert np.array_equal(moved, truth)
        assert np.allclose(ours, image, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.float64])
def test_volumes_of_any_type_and_order(rng: np.random.Generator, dtype: type) -> None:
    values = ndimage.gaussian_filter(rng.normal(size=(36, 40, 24)), 2)
    volume = ((values - values.min()) * 200).astype(dtype).T[None]
    label = (volume[0] > np.median(volume)).astype(np.uint16)
    for seed in range(3):
        assert_equal(volume, label, (2, 20, 18), draw(every(), seed, SHAPE, SPACING))
        assert_equal(np.ascontiguousarray(volume), label, (2, 20, 18), draw(every(), seed, SHAPE, SPACING))


@pytest.mark.parametrize("planes", [(0, 1), (4, 6), (9, 10)])
def test_planes_come_from_the_same_places(cohort: Cohort, drawn_of: Callable[..., Drawn], planes: tuple) -> None:
    """No statistics: every voxel must be what it is in the whole patch."""
    names = ["flip", "scaling", "rotation", "elastic", "gaussian_blur", "sharpening", "low_resolution"]
    for seed in range(6):
        for chosen in (names, names[:1], [], ["gaussian_blur"]):
            drawn = drawn_of(*[{"technique": n} for n in chosen], seed=seed)
            whole = sample_patch(*cohort, CENTERS[seed % 3], drawn, SPACING)
            part = sample_patch(*cohort, CENTERS[seed % 3], drawn, SPACING, planes=planes)
            assert part[0].shape == (2, planes[1] - planes[0], *SHAPE[1:])
            assert np.allclose(part[0], whole[0][:, planes[0] : planes[1]], atol=1e-4)
            assert part[1] is not None
            assert (part[1] != whole[1][planes[0] : planes[1]]).mean() < 0.005


def test_planes_of_a_strong_draw_look_like_the_whole(cohort: Cohort) -> None:
    for seed in range(8):
        drawn = draw(AugmentSettings.preset("strong"), seed, SHAPE, SPACING)
        whole, _ = sample_patch(*cohort, (12, 20, 18), drawn, SPACING)
        part, _ = sample_patch(*cohort, (12, 20, 18), drawn, SPACING, planes=(5, 6))
        assert np.corrcoef(part.ravel(), whole[:, 5:6].ravel())[0, 1] > 0.98


def test_the_volume_is_never_written_to_and_draws_repeat(cohort: Cohort) -> None:
    before = cohort[0].copy(), cohort[1].copy()
    for seed in range(4):
        drawn = draw(every(), seed, SHAPE, SPACING)
        first, again = (sample_patch(*cohort, (12, 20, 18), drawn, SPACING) for _ in range(2))
        assert np.array_equal(first[0], again[0])
        plain = sample_patch(cohort[0], None, (12, 20, 18), drawn, SPACING)
        assert plain[1] is None
        assert np.array_equal(plain[0], first[0])
    assert np.array_equal(cohort[0], before[0])
    assert np.array_equal(cohort[1], before[1])


def test_arguments_that_do_not_fit_are_bugs(cohort: Cohort, drawn_of: Callable[..., Drawn]) -> None:
    volume, label = cohort
    with pytest.raises(ValueError, match=r"expected a \(channel, k, j, i\) array"):
        sample_patch(volume[0], label, (5, 5, 5), drawn_of(), SPACING)
    with pytest.raises(ValueError, match="the label has shape"):
        sample_patch(volume, label[1:], (5, 5, 5), drawn_of(), SPACING)
    for planes in ((3, 3), (-1, 2), (5, 11)):
        with pytest.raises(ValueError, match="expected planes from 0 to 10"):
            sample_patch(volume, label, (5, 5, 5), drawn_of(), SPACING, planes=planes)
