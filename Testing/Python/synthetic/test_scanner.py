"""The scanner: grids in the patient, averages over thick slices, noise that is Rician."""

from __future__ import annotations

import numpy as np
import pytest

from medopt.image import Geometry
from medopt.synthetic.scanner import Scan, average_slices, draw_scan, record, slice_points


def test_the_grid_lies_about_the_centre_and_is_within_the_stated_ranges() -> None:
    for seed in range(20):
        geometry = draw_scan(np.random.default_rng(seed), np.array([10.0, -20.0, 30.0])).geometry
        middle = geometry.index_to_lps((np.array(geometry.shape) - 1) / 2)
        assert np.linalg.norm(middle - (10, -20, 30)) < 10
        assert 1.5 <= geometry.spacing[0] <= 2.2
        assert 0.95 <= geometry.spacing[1] <= 1.25


def test_averages_of_slice_points_are_the_voxel_centres(oblique: Geometry) -> None:
    points = slice_points(oblique)
    centres = np.stack([average_slices(points[:, axis], oblique) for axis in range(3)], axis=-1)
    expected = oblique.index_to_lps(np.moveaxis(np.indices(oblique.shape), 0, -1))
    assert np.allclose(centres, expected, atol=1e-9)


def test_slice_points_stay_within_the_thickness(oblique: Geometry) -> None:
    index = oblique.lps_to_index(slice_points(oblique)).reshape(-1, *oblique.shape, 3)
    away = index - np.moveaxis(np.indices(oblique.shape), 0, -1)
    assert np.abs(away[..., 0]).max() == pytest.approx(1 / 3)
    assert np.abs(away[..., 1:]).max() < 1e-9


def test_noise_is_rician() -> None:
    geometry = Geometry((40, 40, 40))
    scan = Scan(geometry, bias=0.0, noise=0.05, scale=10_000.0)
    background = record(np.zeros(geometry.shape), scan, np.random.default_rng(1)) / scan.scale
    # without signal the magnitude of two normal channels follows a Rayleigh distribution
    assert background.mean() == pytest.approx(0.05 * np.sqrt(np.pi / 2), rel=0.01)
    tissue = record(np.full(geometry.shape, 0.8), scan, np.random.default_rng(2)) / scan.scale
    assert tissue.mean() == pytest.approx(0.8 + 0.05**2 / (2 * 0.8), rel=0.002)
    assert tissue.std() == pytest.approx(0.05, rel=0.02)


def test_shading_is_slow_and_of_the_stated_strength() -> None:
    geometry = Geometry((40, 60, 50))
    scan = Scan(geometry, bias=0.1, noise=0.0, scale=20_000.0)
    shaded = np.log(record(np.ones(geometry.shape), scan, np.random.default_rng(3)) / scan.scale)
    assert 0.01 < shaded.std() < 0.25
    assert np.abs(np.diff(shaded, axis=1)).max() < 0.03
