from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medopt.errors import MedOptError
from medopt.image import Geometry
from medopt.labelling.assist.patch import Box3
from MedOptCoreLib import assist_region
from MedOptCoreLib.assist_region import is_cut_off, region_around, region_in_slice


@given(
    seed=st.integers(0, 10**6),
    shape=st.tuples(*[st.integers(1, 400)] * 3),
    spacing=st.tuples(*[st.floats(0.3, 6)] * 3),
    factor=st.floats(0.5, 16),
)
def test_a_region_holds_the_stroke_lies_in_the_image_and_is_no_larger_than_allowed(seed, shape, spacing, factor):
    rng = np.random.default_rng(seed)
    voxels = rng.integers(0, shape, (3, 3)) // 4 + np.asarray(shape) // 4
    voxels = np.minimum(voxels, np.asarray(shape) - 1)
    box = region_around(voxels, Geometry(shape, spacing), factor)
    assert (voxels >= box.start).all()
    assert (voxels < box.stop).all()
    box.check_within(shape)
    assert np.prod(box.shape) <= assist_region.MOST_VOXELS
    larger = region_around(voxels, Geometry(shape, spacing), 2 * factor)
    assert np.prod(larger.shape) >= min(np.prod(box.shape), np.prod(larger.shape))


def test_it_reaches_equally_far_in_mm():
    box = region_around(np.array([[100, 200, 200]]), Geometry((200, 400, 400), (4.0, 1.0, 0.5)))
    assert box == Box3((96, 184, 168), (105, 217, 233))


def test_a_large_region_is_made_as_large_as_allowed():
    box = region_around(np.array([[300, 300, 300]]), Geometry((600, 600, 600)), 100.0)
    assert 0.9 * assist_region.MOST_VOXELS < np.prod(box.shape) <= assist_region.MOST_VOXELS


def test_a_stroke_across_a_huge_image_is_refused():
    voxels = np.array([[0, 0, 0], [500, 500, 500]])
    with pytest.raises(MedOptError, match="spans too much"):
        region_around(voxels, Geometry((600, 600, 600)))


def test_what_is_cut_off_by_a_region():
    box, whole = Box3((0, 5, 5), (10, 15, 20)), (30, 30, 20)
    assert not is_cut_off((0, 6, 6), (9, 5, 14), box, whole), "borders of the image cut nothing off"
    assert is_cut_off((0, 6, 6), (10, 5, 5), box, whole)
    assert is_cut_off((2, 5, 6), (2, 2, 2), box, whole)
    assert is_cut_off((2, 6, 5), (2, 2, 2), box, whole)
    assert not is_cut_off((0, 0, 0), (0, 0, 0), box, whole)


def test_the_slice_of_a_line():
    voxels = np.array([[3, 4, 5], [3, 6, 7]])
    assert region_in_slice(voxels, 0, (9, 8, 10)) == Box3((3, 0, 0), (4, 8, 10))
    with pytest.raises(MedOptError, match="not parallel to the voxels"):
        region_in_slice(voxels, 1, (9, 8, 10))
