from __future__ import annotations

import numpy as np
import pytest
from assist_cases import ball

from medopt.errors import MedOptError
from medopt.labelling.assist import Piece, magic_cut

SHAPE = (30, 40, 60)
LARGE = ball(SHAPE, (15, 20, 18), 11, (1, 1, 1))
SMALL = ball(SHAPE, (15, 20, 44), 7, (1, 1, 1))
BRIDGE = np.zeros(SHAPE, bool)
BRIDGE[13:18, 18:23, 20:45] = True
BOTH = LARGE | SMALL | BRIDGE
LINE = np.array([(15, row, 33) for row in range(12, 29)])


def piece(current, allowed=None):
    return Piece(np.zeros((1, *current.shape), np.float32), (1.0, 1.0, 1.0), current, allowed=allowed)


def test_the_smaller_side_goes_and_the_larger_stays():
    after = magic_cut(piece(BOTH), LINE, 0).applied(BOTH)
    assert not (after & ~BOTH).any()
    assert after[LARGE].all()
    assert not after[SMALL].any()
    columns = np.flatnonzero((after & BRIDGE).any(axis=(0, 1)))
    assert columns.max() in (31, 32, 33)


def test_what_lies_behind_the_bridge_stays_whole():
    behind = np.zeros(SHAPE, bool)
    behind[24:28, 5:35, 2:58] = True
    after = magic_cut(piece(BOTH | behind), LINE, 0).applied(BOTH | behind)
    assert after[behind].all()
    assert not after[SMALL & ~behind].any()


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_any_view_cuts(axis):
    turned = np.moveaxis(BOTH, 0, axis)
    line = np.array([np.insert(voxel[1:], axis, voxel[0]) for voxel in LINE])
    after = magic_cut(piece(turned), line, axis).applied(turned)
    assert after[np.moveaxis(LARGE, 0, axis)].all()
    assert not after[np.moveaxis(SMALL, 0, axis)].any()


def test_a_slice_is_cut_as_well_and_what_may_not_change_stays():
    flat = BOTH[15:16]
    line = LINE - np.array((15, 0, 0))
    assert not magic_cut(piece(flat), line, 0).applied(flat)[SMALL[15:16]].any()
    allowed = np.zeros_like(flat)
    allowed[:, :, :46] = True
    after = magic_cut(piece(flat, allowed), line, 0).applied(flat)
    np.testing.assert_array_equal(after[:, :, 46:], flat[:, :, 46:])
    assert not after[0, 20, 42]


def test_lines_that_part_nothing_are_told():
    with pytest.raises(MedOptError, match="the line parts nothing"):
        magic_cut(piece(BOTH), LINE[:8], 0)
    with pytest.raises(MedOptError, match="crosses no part of the segment"):
        magic_cut(piece(BOTH), LINE[:3] - np.array((0, 9, 0)), 0)
    with pytest.raises(MedOptError, match="leave the image"):
        magic_cut(piece(BOTH), LINE + np.array((0, 30, 0)), 0)
