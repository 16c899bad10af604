"""Nearest patches: exact near by, within a small part of a voxel where a distance transform takes over."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from medopt.metrics import measure_surfaces, nearest


def ball(center, radius, spacing):
    grid = np.meshgrid(*[np.arange(n) * s for n, s in zip((44, 46, 48), spacing, strict=True)], indexing="ij")
    return sum((x - c) ** 2 for x, c in zip(grid, center, strict=True)) <= radius**2


@pytest.mark.parametrize("points", ["patch", "corner"])
@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (2.5, 0.8, 0.8)])
def test_far_patches_by_a_distance_transform(spacing, points, monkeypatch):
    middle = np.array([22, 23, 24]) * spacing
    inner, outer = ball(middle, 3, spacing), ball(middle, 17, spacing)
    outer[2, 2, 2] = True  # a speck far away

    def distances():
        found = measure_surfaces(inner, outer, spacing, points=points)
        return np.concatenate([found.from_reference, found.from_prediction])

    monkeypatch.setattr(nearest, "FEW", 10**9)
    exact = distances()
    monkeypatch.setattr(nearest, "FEW", 0)
    monkeypatch.setattr(nearest, "VOXELS_PER_QUERY", 10**9)
    monkeypatch.setattr(nearest, "BLOCK", 100)
    quick = distances()
    assert exact.max() > 20
    near = exact <= nearest.NEAR * np.prod(spacing) ** (1 / 3)
    assert quick[near] == pytest.approx(exact[near], abs=1e-9)
    if points == "corner":
        assert quick == pytest.approx(exact, abs=1e-9)
    assert (quick - exact).min() > -1e-9
    assert (quick - exact).mean() < 0.05 * np.prod(spacing) ** (1 / 3)
    assert (quick - exact).max() < np.linalg.norm(spacing)


def test_exact_within_reach(rng):
    spacing = np.array([2.0, 1.0, 0.5])
    shape = (7, 9, 11)
    cells = [np.sort(rng.choice(np.prod(shape), size, replace=False)) for size in (40, 60)]
    points = [np.stack(np.unravel_index(c, shape), axis=1) * spacing + rng.uniform(-0.2, 0.2, 3) for c in cells]
    one, other = (
        nearest.Patches(p, np.ones(len(p)), c, shape, tuple(spacing)) for p, c in zip(points, cells, strict=True)
    )
    chosen = np.array([3, 1, 17])
    found = nearest.nearest_distances(chosen, one, other)
    assert found == pytest.approx(cdist(points[0][chosen], points[1]).min(1))
