"""Surface distances against brute force, MONAI, analytic spheres, ellipsoids and boxes."""

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from monai.metrics import compute_surface_dice
from scipy.spatial import cKDTree

from medopt import MedOptError
from medopt.metrics import SurfaceDistances, assd, hausdorff, measure_surfaces, nsd
from medopt.metrics.elements import patch_table

SPACINGS = [(1.0, 1.0, 1.0), (2.5, 0.8, 0.8), (0.7, 3.0, 1.1)]


def ellipsoid(shape, spacing, center, radii):
    grid = np.meshgrid(*[np.arange(n) * s for n, s in zip(shape, spacing, strict=True)], indexing="ij", sparse=True)
    return sum(((x - c) / r) ** 2 for x, c, r in zip(grid, center, radii, strict=True)) <= 1


def smooth_pair(rng, spacing):
    shape = [round(60 / s) for s in spacing]
    center = np.array([30.0, 30.0, 30.0]) + rng.uniform(-1, 1, 3)
    return (
        ellipsoid(shape, spacing, center, (14, 18, 11)),
        ellipsoid(shape, spacing, center + rng.uniform(-2, 2, 3), (13, 18, 12)),
    )


def exact_ellipsoids(one, other, radii, n=60_000):
    """Distances between two equal ellipsoids by dense, area-weighted points on both: the analytic answer."""
    steps = np.arange(n) + 0.5
    polar, turn = np.arccos(1 - 2 * steps / n), np.pi * (1 + 5**0.5) * steps
    unit = np.stack([np.cos(polar), np.sin(polar) * np.sin(turn), np.sin(polar) * np.cos(turn)], axis=1)
    measure = np.prod(radii) * np.linalg.norm(unit / radii, axis=1)
    a, b = unit * radii + one, unit * radii + other
    parts = []
    for points, others in ((a, b), (b, a)):
        distance = cKDTree(others).query(points)[0]
        order = np.argsort(distance)
        parts += [distance[order], measure[order]]
    return SurfaceDistances(*parts, diagonal=0.0)


def monai_mask(mask):
    return torch.tensor(np.stack([~mask, mask])[None])


# ---- the surface model ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spacing", SPACINGS)
def test_shifted_ellipsoids_agree_with_the_analytic_surfaces(spacing):
    radii, center, shift = np.array([15.0, 20.0, 25.0]), np.array([40.0, 40.0, 40.0]), np.array([2.0, 1.6, 2.4])
    shape = [round(80 / s) for s in spacing]
    measured = measure_surfaces(
        ellipsoid(shape, spacing, center, radii), ellipsoid(shape, spacing, center + shift, radii), spacing
    )
    exact = exact_ellipsoids(center, center + shift, radii)
    assert assd(measured) == pytest.approx(assd(exact), abs=0.12)
    assert hausdorff(measured) == pytest.approx(hausdorff(exact), abs=0.25)
    for tolerance in (1.0, 2.0, 3.0):
        assert nsd(measured, tolerance) == pytest.approx(nsd(exact, tolerance), abs=0.07)


@pytest.mark.parametrize(("gap", "within"), [(0.5, 0.05), (1.0, 0.05), (2.0, 0.08), (5.0, 0.15)])
def test_concentric_spheres_lie_their_difference_of_radii_apart(gap, within):
    shape, center = (64, 64, 64), (31.3, 32.1, 31.7)
    inner = ellipsoid(shape, (1, 1, 1), center, (20, 20, 20))
    outer = ellipsoid(shape, (1, 1, 1), center, (20 + gap,) * 3)
    assert assd(measure_surfaces(inner, outer, (1, 1, 1))) == pytest.approx(gap, abs=within)
    published = assd(measure_surfaces(inner, outer, (1, 1, 1), points="corner"))
    assert abs(published - gap) > abs(assd(measure_surfaces(inner, outer, (1, 1, 1))) - gap)


@pytest.mark.parametrize("spacing", SPACINGS)
def test_boxes_are_exact(spacing):
    k, j, i = spacing
    inner, outer = np.zeros((20, 24, 28), bool), np.zeros((20, 24, 28), bool)
    inner[6:14, 7:17, 8:20] = True
    outer[6:14, 7:17, 8:23] = True  # one face three voxels further out
    measured = measure_surfaces(inner, outer, spacing)
    assert hausdorff(measured, 100) == pytest.approx(3 * i)
    faces = 2 * (8 * k * 10 * j + 8 * k * 12 * i + 10 * j * 12 * i)
    assert measured.reference_measure.sum() == pytest.approx(faces, rel=0.13)
    assert measured.reference_measure.sum() < faces  # edges and corners are bevelled
    shifted = np.roll(inner, 2, axis=0)
    assert hausdorff(measure_surfaces(inner, shifted, spacing), 100) == pytest.approx(2 * k)


def test_faces_of_a_grown_box_lie_exactly_one_voxel_out():
    inner = np.zeros((16, 18, 20), bool)
    inner[4:12, 5:13, 4:16] = True
    outer = np.zeros_like(inner)
    outer[3:13, 4:14, 3:17] = True
    measured = measure_surfaces(inner, outer, (0.7, 0.7, 0.7))
    faces = 2 * (7 * 7 + 7 * 11 + 7 * 11) * 0.49  # without their bevelled rims
    straight = np.isclose(measured.from_reference, 0.7, atol=1e-9)
    assert measured.reference_measure[straight].sum() == pytest.approx(faces)
    assert hausdorff(measured, 100) == pytest.approx(0.7 * 3**0.5)  # from corner to corner


@pytest.mark.parametrize("spacing", SPACINGS)
def test_voxel_corners_are_what_monai_calls_subvoxels(spacing, rng):
    reference, prediction = smooth_pair(rng, spacing)
    for tolerance in (0.5, 1.0, 2.0):
        theirs = compute_surface_dice(
            monai_mask(prediction), monai_mask(reference), [tolerance], spacing=list(spacing), use_subvoxels=True
        )
        ours = nsd(measure_surfaces(reference, prediction, spacing, points="corner"), tolerance)
        assert ours == pytest.approx(float(theirs), abs=0.003)  # the areas of a few saddle-shaped cells differ


# ---- distances by brute force -----------------------------------------------------------------------------------


def brute_force(mask, spacing, points):
    """Patches of a mask, cell by cell, straight from the table."""
    flat = mask.shape[0] == 1
    table = patch_table(tuple(spacing[1:] if flat else spacing))
    padded = np.pad(mask, [(0, 0) if flat else (1, 1), (1, 1), (1, 1)])
    found, measure = [], []
    last = [0 if flat else padded.shape[0] - 2, padded.shape[1] - 2, padded.shape[2] - 2]
    for k, j, i in np.ndindex(*(n + 1 for n in last)):
        cell = padded[k : k + (1 if flat else 2), j : j + 2, i : i + 2]
        code = sum(int(inside) << bit for bit, inside in enumerate(cell.reshape(-1)))
        for number in range(table.count[code]):
            offset = table.center[code, number] if points == "patch" else 0
            found.append(np.array([k, j, i]) * spacing + offset)
            measure.append(table.measure[code, number])
    return np.array(found), np.array(measure)


@pytest.mark.parametrize("points", ["patch", "corner"])
@pytest.mark.parametrize("shape", [(4, 5, 6), (1, 9, 8)])
def test_random_masks_against_brute_force(points, shape, rng):
    for density in (0.03, 0.3, 0.8):
        spacing = rng.uniform(0.5, 3.0, 3)
        reference, prediction = rng.random(shape) < density, rng.random(shape) < density
        reference[0, 0, 0] = prediction[0, -1, -1] = True
        a, a_measure = brute_force(reference, spacing, points)
        b, b_measure = brute_force(prediction, spacing, points)
        between = np.linalg.norm(a[:, None] - b[None], axis=2)
        measured = measure_surfaces(reference, prediction, spacing, points=points)
        assert measured.from_reference == pytest.approx(np.sort(between.min(1)), abs=1e-9)
        assert measured.from_prediction == pytest.approx(np.sort(between.min(0)), abs=1e-9)
        assert measured.reference_measure.sum() == pytest.approx(a_measure.sum())
        expected = (between.min(1) @ a_measure + between.min(0) @ b_measure) / (a_measure.sum() + b_measure.sum())
        assert assd(measured) == pytest.approx(expected)
        for tolerance in (0.4, 1.3):
            within = a_measure[between.min(1) <= tolerance].sum() + b_measure[between.min(0) <= tolerance].sum()
            assert nsd(measured, tolerance) == pytest.approx(within / (a_measure.sum() + b_measure.sum()))


# ---- properties -------------------------------------------------------------------------------------------------

masks = st.integers(0, 2**32 - 1).map(lambda seed: np.random.default_rng(seed))


@settings(max_examples=40, deadline=None)
@given(rng=masks, two_d=st.booleans(), density=st.sampled_from([0.0, 0.02, 0.3, 0.9]))
@example(rng=np.random.default_rng(25525), two_d=False, density=0.02)  # patches more than eight voxels away
def test_properties(rng, two_d, density):
    shape = (1 if two_d else 4, 6, 5)
    spacing = rng.uniform(0.5, 4.0, 3)
    reference, prediction = rng.random(shape) < density, rng.random(shape) < 0.3
    measured = measure_surfaces(reference, prediction, spacing)
    numbers = [nsd(measured, 1.0), hausdorff(measured), hausdorff(measured, 100), assd(measured)]
    assert 0 <= numbers[0] <= 1
    if numbers[1] is not None:
        assert 0 <= numbers[1] <= numbers[2] <= measured.diagonal
        assert 0 <= numbers[3] <= numbers[2]
    if reference.any() and prediction.any():
        # the surfaces are equal only if the masks are
        assert (nsd(measured, 0.0) == 1) == (numbers[2] == 0) == np.array_equal(reference, prediction)

    def again(one, other, by):
        m = measure_surfaces(one, other, by)
        return [nsd(m, 1.0), hausdorff(m), hausdorff(m, 100), assd(m)]

    def same(found):
        return found == [None if n is None else pytest.approx(n, abs=1e-6) for n in numbers]

    assert same(again(prediction, reference, spacing))
    assert same(again(reference[:, ::-1], prediction[:, ::-1], spacing))
    assert same(again(reference[::-1, :, ::-1], prediction[::-1, :, ::-1], spacing))
    axes = (0, 2, 1) if two_d else (2, 0, 1)
    assert same(again(reference.transpose(axes), prediction.transpose(axes), spacing[list(axes)]))
    wider = [np.pad(m, [(0, 0) if two_d else (2, 1), (1, 3), (0, 2)]) for m in (reference, prediction)]
    if not measured.one_empty:
        assert same(again(*wider, spacing))


def test_a_whole_image_and_a_single_voxel_have_surfaces():
    full, one = np.ones((3, 4, 5), bool), np.zeros((3, 4, 5), bool)
    one[1, 1, 1] = True
    measured = measure_surfaces(full, full, (2, 1, 1))
    assert measured.reference_measure.sum() > 0
    assert hausdorff(measured, 100) == 0
    assert hausdorff(measure_surfaces(full, one, (2, 1, 1)), 100) > 2


def test_one_slice_of_a_3d_image_is_no_contour():
    mask = np.zeros((5, 8, 8), bool)
    mask[2, 2:6, 2:6] = True
    spacing = (5.0, 1.0, 1.0)
    solid = measure_surfaces(mask, mask, spacing)
    assert solid.reference_measure.sum() > 2 * 9  # top and bottom in mm², and walls of 5 mm
    cropped = measure_surfaces(mask[2:3], mask[2:3], spacing, two_d=False)
    assert cropped.reference_measure.sum() == pytest.approx(solid.reference_measure.sum())
    contour = measure_surfaces(mask[2:3], mask[2:3], spacing)
    assert contour.reference_measure.sum() == pytest.approx(4 * 3 + 4 * np.sqrt(0.5))  # mm
    assert hausdorff(measure_surfaces(mask, np.roll(mask, 1, axis=0), spacing)) == pytest.approx(5.0)


def test_a_shift_of_exactly_the_tolerance_is_within_it():
    mask = np.zeros((1, 40, 12), bool)
    mask[0, 3:30, 2:9] = True
    for step in (0.1, 0.7, 0.8, 1.1):
        measured = measure_surfaces(mask, np.roll(mask, 3, axis=1), (1, step, step))
        assert nsd(measured, 3 * step) == 1.0
        assert nsd(measured, 3 * step - 1e-3) < 1.0


# ---- empty masks and wrong input --------------------------------------------------------------------------------


def test_empty_masks():
    empty, full = np.zeros((2, 4, 5), bool), np.ones((2, 4, 5), bool)
    both = measure_surfaces(empty, empty, (3, 1, 1))
    assert both.both_empty
    assert not both.one_empty
    assert nsd(both, 1.0) == 1.0
    assert hausdorff(both) is None
    assert assd(both) is None
    for pair in ((empty, full), (full, empty)):
        one = measure_surfaces(*pair, (3, 1, 1))
        assert one.one_empty
        assert not one.both_empty
        assert nsd(one, 1000.0) == 0.0
        diagonal = np.sqrt((2 * 3) ** 2 + 4**2 + 5**2)
        assert hausdorff(one) == hausdorff(one, 100) == assd(one) == pytest.approx(diagonal)
    assert assd(measure_surfaces(empty, full, (3, 1, 1), diagonal=77.0)) == 77.0


@pytest.mark.parametrize(
    ("shapes", "spacing", "points", "message"),
    [
        (((2, 3, 4), (2, 3, 5)), (1, 1, 1), "patch", r"do not fit together: .*\(2, 3, 4\) and \(2, 3, 5\)"),
        (((3, 4), (3, 4)), (1, 1, 1), "patch", "expected two arrays of one shape"),
        (((2, 3, 4), (2, 3, 4)), (1, 0, 1), "patch", "wrong spacing: expected three numbers above 0 mm"),
        (((2, 3, 4), (2, 3, 4)), (1, 1), "patch", "wrong spacing"),
        (((2, 3, 4), (2, 3, 4)), (1, 1, 1), "vertex", "unknown surface points: expected patch or corner, found vertex"),
    ],
)
def test_wrong_input(shapes, spacing, points, message):
    with pytest.raises(MedOptError, match=message):
        measure_surfaces(np.zeros(shapes[0], bool), np.zeros(shapes[1], bool), spacing, points=points)
