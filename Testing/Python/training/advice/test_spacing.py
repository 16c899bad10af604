"""The spacing follows nnU-Net's rules, worked out here by hand."""

from __future__ import annotations

import numpy as np
import pytest

from medopt.training.advice.spacing import choose_spacing, coarser_for_boxes

FIELD = "preprocess.steps.0"


def test_alike_voxels_are_not_resampled() -> None:
    chosen = choose_spacing([(1, 1, 1), (1.04, 1, 1), (1, 0.96, 1)], [(30, 40, 40)] * 3, FIELD)
    assert not chosen.resample
    assert (chosen.spacing, chosen.shape) == ((1, 1, 1), (30, 40, 40))
    assert (chosen.reason.field, chosen.reason.rule) == ("preprocess.steps", "spacing.same")


def test_the_median_spacing_and_the_median_size_at_it() -> None:
    spacings = [(2, 1, 1), (3, 1, 1), (2.5, 1.2, 1)]
    chosen = choose_spacing(spacings, [(30, 50, 60)] * 3, FIELD)
    assert chosen.resample
    assert chosen.spacing == (2.5, 1, 1)
    assert chosen.shape == (30, 50, 60)  # extents of 60, 90 and 75 mm along k
    assert (chosen.reason.field, chosen.reason.value) == (FIELD + ".spacing", [2.5, 1, 1])
    assert chosen.reason.rule == "spacing.median"
    assert chosen.reason.figures["median_mm"] == "2.5 × 1 × 1"


def test_a_coarse_axis_gets_its_tenth_percentile() -> None:
    along = np.array([4.0, 5, 5, 6, 6, 6, 7, 8, 8, 10])
    spacings = [(s, 0.8, 0.8) for s in along]
    chosen = choose_spacing(spacings, [(20, 256, 256)] * 10, FIELD)
    assert chosen.spacing == (pytest.approx(np.percentile(along, 10)), 0.8, 0.8)
    assert chosen.reason.rule == "spacing.anisotropic"
    assert chosen.reason.figures["anisotropy"] == 7.5
    assert "7.5 times" in chosen.reason.why
    assert "4.9 mm" in chosen.reason.why


def test_a_coarse_axis_never_gets_finer_than_the_others() -> None:
    spacings = [(0.5, 1, 1), (4, 1, 1), (4, 1, 1), (5, 1, 1)]
    assert choose_spacing(spacings, [(10, 200, 200)] * 4, FIELD).spacing == (pytest.approx(1.55), 1, 1)
    spacings = [(0.5, 1, 1)] * 2 + [(4, 1, 1)] * 6
    assert choose_spacing(spacings, [(10, 200, 200)] * 8, FIELD).spacing == (1, 1, 1)


def test_many_coarse_voxels_are_no_reason_to_make_them_finer() -> None:
    spacings = [(4, 1, 1), (6, 1, 1), (5, 1, 1)]
    chosen = choose_spacing(spacings, [(90, 200, 200)] * 3, FIELD)
    assert (chosen.spacing, chosen.reason.rule) == ((5, 1, 1), "spacing.median")


def test_single_slices_have_no_coarse_axis() -> None:
    chosen = choose_spacing([(8, 0.5, 0.5), (8, 0.6, 0.6), (8, 0.7, 0.7)], [(1, 300, 300)] * 3, FIELD)
    assert (chosen.spacing, chosen.reason.rule) == ((8, 0.6, 0.6), "spacing.median")
    assert chosen.shape == (1, 300, 300)


@pytest.mark.parametrize(("side", "factor"), [(31.0, 1), (32.0, 2), (43.0, 2), (49.0, 3)])
def test_large_boxes_allow_coarser_voxels_in_the_plane(side: float, factor: int) -> None:
    flat = choose_spacing([[1.0, 0.5, 0.5]], [[1, 480, 640]], "s")
    found = coarser_for_boxes(flat, np.full((40, 3), 0.5 * side), "preprocess.steps.0")
    assert found.spacing == (1.0, 0.5 * factor, 0.5 * factor)
    assert found.shape == (1, 480 // factor, round(640 / factor))
    assert found.resample == (factor > 1)
    if factor > 1:
        assert (found.reason.field, found.reason.rule) == ("preprocess.steps.0.spacing", "spacing.boxes")
        assert found.reason.figures["factor"] == factor


def test_in_3d_the_shortest_side_of_the_boxes_decides() -> None:
    volume = choose_spacing([[2.0, 1.0, 1.0]], [[100, 200, 200]], "s")
    boxes = np.tile([70.0, 100.0, 100.0], (9, 1))  # 35 voxels along k
    assert coarser_for_boxes(volume, boxes, "s").spacing == (4.0, 2.0, 2.0)
    assert coarser_for_boxes(volume, boxes[:0], "s") is volume
