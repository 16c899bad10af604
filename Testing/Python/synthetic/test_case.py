"""Made-up scans: plausible, the same again, and beyond the reach of a threshold."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from medopt.synthetic import make_case
from medopt.synthetic.scanner import draw_scan

SEEDS = (3, 14, 15, 92)


@pytest.fixture(scope="module")
def cases():
    return {seed: make_case(seed) for seed in SEEDS}


def test_the_same_arguments_give_the_same_voxels(cases) -> None:
    image, label = make_case(3)
    assert np.array_equal(image.array, cases[3][0].array)
    assert np.array_equal(label.array, cases[3][1].array)
    assert image.geometry == cases[3][0].geometry == label.geometry


def test_size_spacing_and_types_are_those_of_a_small_mr(cases) -> None:
    for image, label in cases.values():
        assert image.array.dtype == np.int16
        assert label.array.dtype == np.uint8
        assert image.array.min() >= 0
        k, j, i = image.geometry.shape
        assert 30 <= k <= 46
        assert 46 <= j <= 60
        assert 36 <= i <= 44
        thick, row, column = image.geometry.spacing
        assert row == column
        assert thick > 1.15 * row
        assert label.values() == [1, 2]


def test_grids_are_oblique_and_some_are_left_handed() -> None:
    signs = set()
    for seed in range(12):
        direction = np.array(draw_scan(np.random.default_rng(seed), np.zeros(3)).geometry.direction)
        assert np.abs(np.abs(direction).max(axis=0) - 1).max() > 1e-3
        signs.add(np.sign(np.linalg.det(direction)))
    assert signs == {-1.0, 1.0}


def test_structures_have_plausible_volumes_are_whole_and_touch(cases) -> None:
    for image, label in cases.values():
        for value in (1, 2):
            volume = (label.array == value).sum() * image.geometry.voxel_volume
            assert 800 < volume < 5000
            parts, _ = ndimage.label(label.array == value, np.ones((3, 3, 3)))
            largest = np.bincount(parts.ravel())[1:].max()
            assert largest > 0.97 * (label.array == value).sum()
        touching = ndimage.binary_dilation(label.array == 1) & (label.array == 2)
        assert touching.sum() > 10


def test_anterior_lies_in_front_of_posterior_in_the_patient(cases) -> None:
    for _, label in cases.values():
        front, back = (label.geometry.index_to_lps(np.argwhere(label.array == value)).mean(axis=0) for value in (1, 2))
        assert back[1] - front[1] > 8.0  # mm towards posterior
        assert back[2] > front[2]  # the tail rises


def test_two_scans_of_a_subject_show_the_same_anatomy_on_different_grids() -> None:
    (first, label_1), (second, label_2) = make_case(7, scan=1), make_case(7, scan=2)
    assert not first.geometry.is_close(second.geometry)
    points = label_1.geometry.index_to_lps(np.argwhere(label_1.array > 0))
    index = np.rint(label_2.geometry.lps_to_index(points)).astype(int)
    within = ((index >= 0) & (index < label_2.array.shape)).all(axis=1)
    hit = label_2.array[tuple(index[within].T)] > 0
    assert hit.mean() > 0.8


def test_no_threshold_solves_it(cases) -> None:
    for image, label in cases.values():
        values, truth = image.array[0], label.array > 0
        levels = np.percentile(values, np.linspace(0, 100, 33))
        best = 0.0
        for low in range(32):
            for high in range(low + 1, 33):
                band = (values >= levels[low]) & (values <= levels[high])
                best = max(best, 2 * (band & truth).sum() / (band.sum() + truth.sum()))
        assert best < 0.6


def test_the_brightness_scale_differs_between_scans() -> None:
    tops = [np.percentile(make_case(seed)[0].array, 99) for seed in range(6)]
    assert max(tops) > 2 * min(tops)
