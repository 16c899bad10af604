"""Boxes in the patient: what detection learns from and gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medopt.errors import MedOptError
from medopt.image.geometry import Geometry, Triple

_ALONG_LPS: tuple[Triple, Triple, Triple] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


@dataclass(frozen=True)
class Box:
    """A box in the patient.

    Parameters
    ----------
    center : LPS mm
    size : mm between opposite faces along the box's own axes, each above 0
    value : the class's value, as in project.yaml
    axes : 3×3, row-major; column ``a`` is the unit LPS vector of the box's axis ``a``; by default along L, P, S.
        For a box along the axes (k, j, i) of a Geometry, its ``direction``
    score : how sure a model is, 0 to 1; None for a person's box

    Raises MedOptError when the numbers are no box.
    """

    center: Triple
    size: Triple
    value: int
    axes: tuple[Triple, Triple, Triple] = _ALONG_LPS
    score: float | None = None

    def __post_init__(self) -> None:
        numbers = np.concatenate([np.asarray(self.center, float).ravel(), np.asarray(self.size, float).ravel()])
        if numbers.shape != (6,) or not np.isfinite(numbers).all() or min(self.size) <= 0:
            raise MedOptError(
                "not a box", expected="a centre and three sizes above 0 mm", found=f"{self.center}, {self.size}"
            )
        matrix = np.asarray(self.axes, float)
        if matrix.shape != (3, 3) or not np.allclose(matrix.T @ matrix, np.eye(3), atol=1e-3):
            raise MedOptError("not a box", expected="three perpendicular unit axes", found=str(self.axes))

    @property
    def corners(self) -> NDArray[np.float64]:
        """(8, 3) LPS mm."""
        signs = np.array(list(product((-0.5, 0.5), repeat=3)))
        return np.asarray(self.center) + (signs * np.asarray(self.size)) @ np.asarray(self.axes, float).T


@dataclass(frozen=True)
class Boxes:
    """All boxes of an image.

    Parameters
    ----------
    boxes : in any order; empty says that there is nothing of any class that was looked for
    unjudged : values of classes that nobody looked for
    """

    boxes: tuple[Box, ...] = ()
    unjudged: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        both = sorted({box.value for box in self.boxes} & set(self.unjudged))
        if both:
            raise MedOptError("a class that nobody looked for has boxes", found=", ".join(map(str, both)))

    def __len__(self) -> int:
        return len(self.boxes)

    def values(self) -> list[int]:
        """The class values that occur, ascending."""
        return sorted({box.value for box in self.boxes})

    def to_index(self, geometry: Geometry) -> NDArray[np.float64]:
        """(n, 2, 3) lower and upper corner (k, j, i) of the smallest box along the grid's axes around each box.

        Indices name voxel centres: a box around the voxels a to b has the corners a - 0.5 and b + 0.5.
        """
        if not self.boxes:
            return np.zeros((0, 2, 3))
        corners = geometry.lps_to_index(np.stack([box.corners for box in self.boxes]))
        return np.stack([corners.min(axis=1), corners.max(axis=1)], axis=1)

    @classmethod
    def from_index(
        cls,
        corners: ArrayLike,
        values: Sequence[int],
        geometry: Geometry,
        *,
        scores: Sequence[float] | None = None,
        unjudged: Sequence[int] = (),
    ) -> Boxes:
        """The boxes of ``corners`` (n, 2, 3) in the grid's indices, along its axes; the inverse of ``to_index``.

        Raises MedOptError when an upper corner is not above the lower one.
        """
        ends = np.asarray(corners, float).reshape(-1, 2, 3)
        centers = geometry.index_to_lps(ends.mean(axis=1))
        sizes = (ends[:, 1] - ends[:, 0]) * np.asarray(geometry.spacing)
        given: Sequence[float | None] = [None] * len(values) if scores is None else scores
        boxes = tuple(
            Box(_triple(center), _triple(size), int(value), geometry.direction, score)
            for center, size, value, score in zip(centers, sizes, values, given, strict=True)
        )
        return cls(boxes, tuple(unjudged))


def _triple(values: NDArray) -> Triple:
    a, b, c = (float(v) for v in values)
    return a, b, c
