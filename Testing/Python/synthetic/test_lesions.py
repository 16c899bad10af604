"""Made-up lesions: boxes that touch them exactly, on every grid, and that no threshold finds."""

from __future__ import annotations

import numpy as np
import pytest

from medopt.image import Boxes
from medopt.synthetic import make_lesions
from medopt.synthetic.lesions import FINDINGS, LESIONS, NODULE, RING

SEEDS = range(1, 9)


@pytest.fixture(scope="module", params=[False, True], ids=["volume", "slice"])
def cases(request: pytest.FixtureRequest) -> list:
    return [make_lesions(seed, flat=request.param) for seed in SEEDS]


def distances(case, lesion) -> np.ndarray:
    grid = case.image.geometry
    points = grid.index_to_lps(np.moveaxis(np.indices(grid.shape), 0, -1))
    return np.linalg.norm(points - np.asarray(lesion.center), axis=-1)


def test_the_same_arguments_give_the_same_voxels(cases: list) -> None:
    again = make_lesions(1, flat=cases[0].image.geometry.is_2d)
    np.testing.assert_array_equal(again.image.array, cases[0].image.array)
    assert again.boxes == cases[0].boxes


def test_boxes_hold_exactly_the_voxels_of_their_balls(cases: list) -> None:
    count = 0
    for case in cases:
        corners = case.boxes.to_index(case.image.geometry)
        shape = np.asarray(case.image.geometry.shape)
        assert (corners[:, 0] >= -0.5 - 1e-9).all()
        assert (corners[:, 1] <= shape - 0.5 + 1e-9).all()
        for lesion, (low, high) in zip(case.lesions, corners, strict=True):
            inside = np.argwhere(distances(case, lesion) < lesion.radius)
            assert (inside >= low).all()
            assert (inside <= high).all()
            axes = [axis for axis in range(3) if shape[axis] > 1]
            # the outermost voxel lies less than a voxel and the ball's curvature from the face
            assert (inside.min(axis=0) - low)[axes].max() < 1.5
            assert (high - inside.max(axis=0))[axes].max() < 1.5
            count += 1
    assert count > len(SEEDS)


def test_lesions_do_not_touch(cases: list) -> None:
    for case in cases:
        for n, one in enumerate(case.lesions):
            for other in case.lesions[:n]:
                assert np.linalg.norm(np.subtract(one.center, other.center)) > one.radius + other.radius


def test_nodules_are_solid_and_rings_hollow(cases: list) -> None:
    ratio: dict[int, list[float]] = {NODULE: [], RING: []}
    for case in cases:
        values = case.image.array[0].astype(float)
        for lesion in case.lesions:
            far = distances(case, lesion) / lesion.radius
            core, wall = values[far < 0.35], values[(far > 0.65) & (far < 0.9)]
            if core.size > 2:
                ratio[lesion.kind].append(core.mean() / wall.mean())
    assert min(ratio[NODULE]) > 0.85
    assert np.median(ratio[RING]) < 0.75
    assert len(ratio[RING]) > 3


def test_no_threshold_finds_them(cases: list) -> None:
    """Vessels are as bright: of the brightest voxels many lie outside all boxes."""
    shares = []
    for case in cases:
        values = case.image.array[0].astype(float)
        inside = np.zeros(values.shape, bool)
        for low, high in case.boxes.to_index(case.image.geometry):
            inside[tuple(slice(max(0, int(np.ceil(a))), int(b) + 1) for a, b in zip(low, high, strict=True))] = True
        shares.append(1 - inside[values > np.quantile(values, 0.98)].mean())
    assert np.mean(shares) > 0.3


def test_another_scan_shows_the_same_lesions_on_another_grid() -> None:
    first, second = (make_lesions(3, scan=scan) for scan in (1, 2))
    assert first.lesions == second.lesions
    assert not first.image.geometry.is_close(second.image.geometry)
    assert [box.value for box in first.boxes.boxes] == [box.value for box in second.boxes.boxes]


def test_classes_follow_from_the_lesions() -> None:
    none = make_lesions(5, flat=True, kinds=())
    assert (none.boxes, none.classes.present, none.finding.present) == (Boxes(), (), (1,))
    for seed in SEEDS:
        one = make_lesions(seed, flat=True, kinds=(RING,))
        assert one.finding.present == ((3,) if one.lesions else (1,))
        assert one.classes.present == ((RING,) if one.lesions else ())
    assert [one.name for one in FINDINGS[1:]] == [one.name for one in LESIONS]
