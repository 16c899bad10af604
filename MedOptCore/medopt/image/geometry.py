"""Where voxels lie in the patient: the one statement of axis order and frame that every room uses.

Array axes are ``(k, j, i)``, slowest first, as numpy sees a Slicer volume. Shape, spacing and the columns of
the direction matrix all follow that order. Physical points are LPS (left, posterior, superior), in mm, as in
ITK and DICOM. The index of a voxel names its centre. A 2D image has ``k = 1``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medopt.errors import MedOptError

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
"""4×4 matrix between LPS and RAS points; it is its own inverse."""

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Geometry:
    """The grid of an image: its shape and where its voxel centres lie.

    Parameters
    ----------
    shape : voxels along (k, j, i), each at least 1
    spacing : mm between voxel centres along (k, j, i), each above 0
    origin : LPS mm of the centre of voxel (0, 0, 0)
    direction : 3×3, row-major; column ``a`` is the unit LPS vector along array axis ``a`` of (k, j, i).
        Oblique and left-handed directions are allowed; columns must be orthonormal within 1e-3, which
        leaves out sheared grids (resample those on import).

    Raises MedOptError when a value does not describe a grid.
    """

    shape: tuple[int, int, int]
    spacing: Triple = (1.0, 1.0, 1.0)
    origin: Triple = (0.0, 0.0, 0.0)
    direction: tuple[Triple, Triple, Triple] = ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0))

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "shape", tuple(int(n) for n in self.shape))
        set_(self, "spacing", tuple(float(s) for s in self.spacing))
        set_(self, "origin", tuple(float(x) for x in self.origin))
        set_(self, "direction", tuple(tuple(float(x) for x in row) for row in self.direction))
        if len(self.shape) != 3 or min(self.shape) < 1:
            raise MedOptError("not a grid", expected="three sizes (k, j, i) of at least 1", found=str(self.shape))
        if len(self.spacing) != 3 or not all(math.isfinite(s) and s > 0 for s in self.spacing):
            raise MedOptError("not a grid", expected="three spacings above 0 mm", found=str(self.spacing))
        if len(self.origin) != 3 or not all(math.isfinite(x) for x in self.origin):
            raise MedOptError("not a grid", expected="an origin of three finite numbers in mm", found=str(self.origin))
        if not _is_orthonormal(self.direction):
            raise MedOptError(
                "not a grid", expected="a direction of three orthogonal unit vectors", found=str(self.direction)
            )

    # ---- conversions between index and patient -------------------------------------------------------------

    @cached_property
    def matrix(self) -> NDArray:
        """4×4 matrix from a homogeneous index (k, j, i, 1) to a homogeneous LPS point in mm."""
        result = np.eye(4)
        result[:3, :3] = np.asarray(self.direction) * np.asarray(self.spacing)
        result[:3, 3] = self.origin
        return result

    @cached_property
    def inverse_matrix(self) -> NDArray:
        """4×4 matrix from a homogeneous LPS point in mm to a homogeneous index (k, j, i, 1)."""
        return np.linalg.inv(self.matrix)

    def index_to_lps(self, index: ArrayLike) -> NDArray:
        """LPS mm of (…, 3) indices in (k, j, i) order; fractions lie between voxel centres."""
        return np.asarray(index, float) @ self.matrix[:3, :3].T + self.matrix[:3, 3]

    def lps_to_index(self, points: ArrayLike) -> NDArray:
        """Fractional (k, j, i) index of (…, 3) LPS points in mm; not rounded, not clipped."""
        return np.asarray(points, float) @ self.inverse_matrix[:3, :3].T + self.inverse_matrix[:3, 3]

    # ---- the same grid in the conventions of others ----------------------------------------------------------

    @classmethod
    def from_itk(
        cls, size: Sequence[int], spacing: Sequence[float], origin: Sequence[float], direction: Sequence[float]
    ) -> Geometry:
        """From ITK's values: everything in (i, j, k) order, direction as nine numbers, row-major, LPS."""
        columns = np.asarray(direction, float).reshape(3, 3)[:, ::-1]
        rows = tuple((float(a), float(b), float(c)) for a, b, c in columns)
        k, j, i = (int(n) for n in reversed(tuple(size)))
        sk, sj, si = (float(s) for s in reversed(tuple(spacing)))
        x, y, z = (float(v) for v in origin)
        return cls((k, j, i), (sk, sj, si), (x, y, z), (rows[0], rows[1], rows[2]))

    def to_itk(self) -> tuple[tuple[int, ...], Triple, Triple, tuple[float, ...]]:
        """(size, spacing, origin, direction) in ITK's (i, j, k) order, direction as nine numbers, row-major, LPS."""
        direction = np.asarray(self.direction)[:, ::-1].reshape(-1)
        k, j, i = self.spacing
        return tuple(reversed(self.shape)), (i, j, k), self.origin, tuple(float(x) for x in direction)

    @classmethod
    def from_ijk_to_ras(cls, shape: Sequence[int], matrix: ArrayLike) -> Geometry:
        """From MRML's 4×4 IJK-to-RAS matrix (mm) and an array shape in (k, j, i) order."""
        lps = LPS_TO_RAS @ np.asarray(matrix, float)
        columns = lps[:3, 2::-1]
        spacing = np.linalg.norm(columns, axis=0)
        if not np.all(spacing > 0):
            raise MedOptError("not a grid", expected="an IJK-to-RAS matrix that can be inverted", found=str(matrix))
        unit = columns / spacing
        rows = tuple((float(a), float(b), float(c)) for a, b, c in unit)
        k, j, i = (int(n) for n in shape)
        return cls((k, j, i), tuple(spacing), tuple(lps[:3, 3]), (rows[0], rows[1], rows[2]))

    def to_ijk_to_ras(self) -> NDArray:
        """MRML's 4×4 IJK-to-RAS matrix, in mm."""
        columns = self.matrix[:, [2, 1, 0, 3]]
        return LPS_TO_RAS @ columns

    # ---- properties and derived grids ------------------------------------------------------------------------

    @property
    def voxel_volume(self) -> float:
        """mm³ of one voxel."""
        return float(np.prod(self.spacing))

    @property
    def extent(self) -> Triple:
        """mm covered along (k, j, i), voxel edges included."""
        k, j, i = (n * s for n, s in zip(self.shape, self.spacing, strict=True))
        return k, j, i

    @property
    def diagonal(self) -> float:
        """mm between opposite corners of the image, voxel edges included."""
        return float(np.linalg.norm(self.extent))

    @property
    def is_2d(self) -> bool:
        """True for a single slice (k = 1)."""
        return self.shape[0] == 1

    def is_close(self, other: Geometry, tolerance: float = 0.01) -> bool:
        """True when the shapes agree and every corner voxel lies within ``tolerance`` voxels of the other's."""
        if self.shape != other.shape:
            return False
        corners = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)]) * (np.asarray(self.shape) - 1)
        apart = np.abs(other.lps_to_index(self.index_to_lps(corners)) - corners)
        single = np.abs(np.log(np.asarray(self.spacing) / np.asarray(other.spacing)))
        return bool(apart.max() <= tolerance and single.max() <= max(tolerance, 1e-6))

    def is_same_block(self, other: Geometry, tolerance: float = 0.01) -> bool:
        """True when both grids hold the same voxels, be it in another order of axes or mirrored.

        The corner voxels of the other must be corner voxels of this one, within ``tolerance`` voxels.
        """
        if sorted(self.shape) != sorted(other.shape):
            return False
        corners = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)])
        index = self.lps_to_index(other.index_to_lps(corners * (np.asarray(other.shape) - 1)))
        last = np.asarray(self.shape) - 1
        apart = np.minimum(np.abs(index), np.abs(index - last))
        return bool(apart.max() <= tolerance) and len({tuple(row) for row in np.rint(index)}) == len(
            {tuple(row) for row in corners * last}
        )

    def cropped(self, start: Sequence[int], shape: Sequence[int]) -> Geometry:
        """The grid of ``array[start : start + shape]``; a negative start means padding before the first voxel."""
        origin = self.index_to_lps(np.asarray(start, float))
        k, j, i = (int(n) for n in shape)
        return Geometry((k, j, i), self.spacing, tuple(origin), self.direction)

    def resampled(self, spacing: Sequence[float]) -> Geometry:
        """The grid that covers the same extent, edge to edge, with about ``spacing`` mm along (k, j, i).

        The number of voxels is rounded (at least 1) and the spacing then set so that the outer edges of the
        image stay exactly where they were.
        """
        wanted = np.asarray(spacing, float)
        if wanted.shape != (3,) or not np.all(np.isfinite(wanted) & (wanted > 0)):
            raise MedOptError("wrong spacing", expected="three numbers above 0 mm", found=str(tuple(spacing)))
        return self.resized(np.maximum(1, np.rint(np.asarray(self.extent) / wanted)).astype(int).tolist())

    def resized(self, shape: Sequence[int]) -> Geometry:
        """The grid that covers the same extent, edge to edge, with ``shape`` voxels along (k, j, i)."""
        k, j, i = (int(n) for n in shape)
        new_spacing = np.asarray(self.extent) / np.asarray([k, j, i])
        first = (new_spacing / np.asarray(self.spacing) - 1.0) / 2.0
        origin = self.index_to_lps(first)
        return Geometry((k, j, i), tuple(new_spacing), tuple(origin), self.direction)

    def to_json(self) -> dict[str, list]:
        """Plain lists under the field names, for JSON files; ``Geometry(**value)`` reads them back."""
        return {
            "shape": list(self.shape),
            "spacing": list(self.spacing),
            "origin": list(self.origin),
            "direction": [list(row) for row in self.direction],
        }


def _is_orthonormal(rows: Sequence[Sequence[float]], tolerance: float = 1e-3) -> bool:
    """True for a 3×3 matrix of orthogonal unit columns; plain Python, since a catalogue makes thousands of grids."""
    if len(rows) != 3 or any(len(row) != 3 for row in rows):
        return False
    columns = list(zip(*rows, strict=True))
    for a in range(3):
        for b in range(a, 3):
            product = sum(x * y for x, y in zip(columns[a], columns[b], strict=True))
            if not abs(product - (a == b)) <= tolerance:  # also false for NaN
                return False
    return True
