"""Where the surface runs between voxel centres: small patches, their areas and their centres.

Eight neighbouring voxel centres span a cell; which of them lie inside the mask is the cell's code, bit ``4k + 2j + i``
for the corner at offset (k, j, i). The surface crosses each cell edge between an inside and an outside corner at its
midpoint. On each face of the cell the crossings are joined around the inside corners, so that inside corners which
touch only across a face diagonal stay apart; the joined crossings close to one loop or several, and each loop is
spanned by triangles from its mean point. That is the idea of marching cubes (Lorensen & Cline 1987), made symmetric:
flipping the image or exchanging its axes changes neither areas nor centres. In 2D four pixel centres span the cell,
the code is ``2j + i``, and the patches are line segments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

Corner = tuple[int, ...]
Crossing = frozenset[Corner]


@dataclass(frozen=True, eq=False)
class PatchTable:
    """The surface patches of every cell code, for one spacing.

    Parameters
    ----------
    count : (codes,) patches of each code, 0 for cells all inside or all outside
    measure : (codes, most patches) area of each patch in mm² (3D) or length in mm (2D), 0 where there is none
    center : (codes, most patches, 3) from the middle of the cell to the patch's centroid, (k, j, i) in mm
    """

    count: NDArray[np.int64]
    measure: NDArray[np.float64]
    center: NDArray[np.float64]


@lru_cache(maxsize=64)
def patch_table(spacing: tuple[float, ...]) -> PatchTable:
    """The patches of all 256 codes for three spacings (k, j, i) in mm, or of all 16 codes for two (j, i)."""
    dimensions = len(spacing)
    corners = list(product((0, 1), repeat=dimensions))
    most = 4 if dimensions == 3 else 2
    codes = 1 << len(corners)
    count = np.zeros(codes, np.int64)
    measure = np.zeros((codes, most))
    center = np.zeros((codes, most, 3))
    for code in range(codes):
        inside = {corner: bool(code >> bit & 1) for bit, corner in enumerate(corners)}
        for number, loop in enumerate(_loops(inside)):
            middle = [np.mean(sorted(crossing), axis=0) - 0.5 for crossing in loop]
            size, centroid = _span(np.asarray(middle) * np.asarray(spacing))
            count[code] = number + 1
            measure[code, number] = size
            center[code, number, 3 - dimensions :] = centroid
    return PatchTable(count, measure, center)


def _loops(inside: dict[Corner, bool]) -> list[list[Crossing]]:
    """The closed loops of crossings of one cube, or the pairs of crossings of one square."""
    if len(inside) == 4:
        return [list(pair) for pair in _joined(((0, 0), (0, 1), (1, 1), (1, 0)), inside)]
    neighbours: dict[Crossing, list[Crossing]] = {}
    for face in _faces():
        for one, other in _joined(face, inside):
            neighbours.setdefault(one, []).append(other)
            neighbours.setdefault(other, []).append(one)
    loops = []
    left = dict.fromkeys(neighbours)
    while left:
        current: Crossing | None = next(iter(left))
        loop: list[Crossing] = []
        while current is not None:
            del left[current]
            loop.append(current)
            current = next((n for n in neighbours[current] if n in left), None)
        loops.append(loop)
    return loops


def _faces() -> Iterator[tuple[Corner, ...]]:
    """The six faces of the cube, each as its corners in order around it."""
    for axis, side in product(range(3), (0, 1)):
        yield tuple((*square[:axis], side, *square[axis:]) for square in ((0, 0), (0, 1), (1, 1), (1, 0)))


def _joined(square: Sequence[Corner], inside: dict[Corner, bool]) -> Iterator[tuple[Crossing, Crossing]]:
    """The pairs of crossings of a square that the surface joins, each pair around a run of inside corners."""
    crossings = [
        (n, frozenset((square[n - 1], square[n]))) for n in range(4) if inside[square[n - 1]] != inside[square[n]]
    ]
    if len(crossings) == 2:
        yield crossings[0][1], crossings[1][1]
    elif len(crossings) == 4:
        for n, crossing in crossings:
            if inside[square[n]]:
                yield crossing, frozenset((square[n], square[(n + 1) % 4]))


def _span(points: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Area (or length) and centroid of a closed loop (or of a segment) of points, (n, 3) or (2, 2)."""
    middle = points.mean(axis=0)
    if points.shape[1] == 2:
        return float(np.linalg.norm(points[1] - points[0])), middle
    following = np.roll(points, -1, axis=0)
    areas = 0.5 * np.linalg.norm(np.cross(points - middle, following - middle), axis=1)
    centroids = (points + following + middle) / 3.0
    return float(areas.sum()), areas @ centroids / areas.sum()
