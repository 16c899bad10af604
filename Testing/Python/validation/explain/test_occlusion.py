"""Occlusion against brute force, block by block, and on a network that looks at one place."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from nets import Dense, PooledLinear, Region, network, windows  # noqa: E402

from medopt.validation.explain.occlusion import block_places, block_steps, occlusion_map  # noqa: E402
from medopt.validation.explain.targets import Target  # noqa: E402


def brute_force(score, volume, steps):
    fall, seen = np.zeros(volume.shape[1:]), np.zeros(volume.shape[1:])
    base = score(volume)
    ranges = [[0] if n == 1 else range(-s, n, s) for n, s in zip(volume.shape[1:], steps, strict=True)]
    for first in product(*ranges):
        block = tuple(slice(max(a, 0), max(a, 0) + 2 * s + min(a, 0)) for a, s in zip(first, steps, strict=True))
        hidden = volume.copy()
        for channel in range(len(volume)):
            hidden[channel][block] = volume[channel].mean()
        fall[block] += base - score(hidden)
        seen[block] += 1
    return np.maximum(fall / seen, 0)


@pytest.mark.parametrize(("shape", "channels"), [((1, 9, 12), 1), ((6, 7, 8), 2)])
def test_a_classifier_against_brute_force(shape, channels, rng):
    dims = 2 if shape[0] == 1 else 3
    module, volume = PooledLinear(dims, channels), rng.normal(size=(channels, *shape)).astype(np.float32)
    spacing = (2.0, 1.0, 1.0)

    def score(values):
        given = torch.from_numpy(values)[None]
        with torch.no_grad():
            return float(module(given[:, :, 0] if dims == 2 else given)[0, 1])

    steps = block_steps(shape, spacing, 4)
    expected = brute_force(score, volume, steps)
    found = occlusion_map(network(module, dims), windows(volume), Target(1), spacing, blocks=4)
    assert expected.max() > 0
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_structure_in_many_windows_against_brute_force(rng):
    module, volume = Dense(3), rng.normal(size=(1, 4, 24, 4)).astype(np.float32)
    mask = np.zeros(volume.shape[1:], np.float32)
    mask[1:3, 6:16] = 1
    many = windows(volume, (4, 10, 4), task="segmentation", overlap=0.5)
    assert len(many.corners) > 2

    def score(values):
        moved = type(many)(values, many.size, many.corners, many.stride)
        total = 0.0
        for corner in many.corners:
            with torch.no_grad():
                logits = module(torch.from_numpy(moved.cut(corner)))[0, 1].numpy()
            total += float((logits * many.share(corner, mask)).sum())
        return total

    steps = block_steps(volume.shape[1:], (1.0, 1.0, 1.0), 6)
    found = occlusion_map(network(module, 3), many, Target(1, mask), (1.0, 1.0, 1.0), blocks=6)
    np.testing.assert_allclose(found, brute_force(score, volume, steps), atol=1e-4)


def test_it_points_at_what_the_network_looks_at():
    volume = np.zeros((1, 1, 32, 24), np.float32)
    volume[0, 0, 8:12, 8:12] = volume[0, 0, 20:28, 12:20] = 1
    module = Region(2, (32, 24), (10, 10))
    found = occlusion_map(network(module, 2), windows(volume), Target(0), (1.0, 1.0, 1.0))
    assert np.hypot(*(np.array(np.unravel_index(found.argmax(), found.shape))[1:] - 10)) <= 3
    assert found[0, 20:28, 12:20].max() == 0


def test_blocks_are_as_long_in_mm_along_every_axis_and_cover_each_voxel_alike():
    steps = block_steps((20, 100, 50), (5.0, 1.0, 2.0), 10)
    assert steps == (2, 10, 5)
    count = np.zeros((20, 100, 50), int)
    for place in block_places(count.shape, steps):
        count[tuple(slice(max(a, 0), a + 2 * s) for a, s in zip(place, steps, strict=True))] += 1
    assert set(np.unique(count)) == {8}
    assert block_places((1, 4, 4), (1, 2, 2))[0] == (0, -2, -2)
