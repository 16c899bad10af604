"""Surface patches of a cell: closed forms, symmetry, and which codes have any."""

from itertools import permutations, product

import numpy as np
import pytest

from medopt.metrics.elements import patch_table

CORNERS = list(product((0, 1), repeat=3))


def code_of(inside) -> int:
    return sum(1 << CORNERS.index(corner) for corner in inside)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (5.0, 0.8, 0.7)])
def test_closed_forms(spacing):
    table = patch_table(spacing)
    k, j, i = spacing
    flat = code_of([(0, b, c) for b in (0, 1) for c in (0, 1)])
    assert table.count[flat] == 1
    assert table.measure[flat, 0] == pytest.approx(j * i)
    assert table.center[flat, 0] == pytest.approx([0, 0, 0])
    corner = code_of([(0, 0, 0)])
    triangle = np.array([[k / 2, 0, 0], [0, j / 2, 0], [0, 0, i / 2]])
    area = 0.5 * np.linalg.norm(np.cross(triangle[1] - triangle[0], triangle[2] - triangle[0]))
    assert table.measure[corner, 0] == pytest.approx(area)
    assert table.center[corner, 0] == pytest.approx(triangle.mean(0) - np.array(spacing) / 2)
    edge = code_of([(0, 0, 0), (0, 0, 1)])
    assert table.measure[edge, 0] == pytest.approx(np.hypot(k / 2, j / 2) * i)


def test_only_mixed_cells_have_patches():
    table = patch_table((2.0, 1.0, 1.0))
    assert table.count[0] == table.count[255] == 0
    assert (table.count[1:255] >= 1).all()
    opposite = code_of([(0, 0, 0), (1, 1, 1)])
    assert table.count[opposite] == 2
    diagonal = code_of([(0, 0, 0), (0, 1, 1)])  # inside corners across a face stay apart
    assert table.count[diagonal] == 2
    scattered = code_of([c for c in CORNERS if sum(c) % 2 == 0])
    assert table.count[scattered] == 4
    assert (table.measure[np.arange(4)[None] >= table.count[:, None]] == 0).all()
    inside_cell = np.abs(table.center) <= np.array([1.0, 0.5, 0.5]) + 1e-12
    assert inside_cell.all()


def test_flips_and_exchanged_axes_change_nothing():
    spacing = (3.0, 1.0, 0.5)
    table = patch_table(spacing)
    for code in range(256):
        inside = [corner for bit, corner in enumerate(CORNERS) if code >> bit & 1]
        for axes in permutations(range(3)):
            for flips in product((0, 1), repeat=3):
                moved = code_of([tuple(c[a] ^ f for a, f in zip(axes, flips, strict=True)) for c in inside])
                other = patch_table(tuple(spacing[a] for a in axes))
                assert np.sort(other.measure[moved]) == pytest.approx(np.sort(table.measure[code]))
                sign = 1 - 2 * np.array(flips)
                weighted = (table.measure[code][:, None] * table.center[code]).sum(0)[list(axes)] * sign
                assert (other.measure[moved][:, None] * other.center[moved]).sum(0) == pytest.approx(weighted)


def test_contours_in_the_plane():
    table = patch_table((2.0, 1.0))
    assert len(table.count) == 16
    assert table.measure[0b0001, 0] == pytest.approx(np.hypot(1.0, 0.5))
    assert table.center[0b0001, 0] == pytest.approx([0, -0.5, -0.25])
    assert table.measure[0b0011, 0] == pytest.approx(1.0)  # both corners of the first row: along i
    assert table.measure[0b0101, 0] == pytest.approx(2.0)
    assert table.count[0b1001] == 2
    assert table.count[0b0110] == 2
    assert table.count[0b0000] == table.count[0b1111] == 0
