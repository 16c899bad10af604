"""What the drawing tools work on: a piece of an image with the segment in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.labelling.assist.patch import Box3, Patch


@dataclass(frozen=True, eq=False)
class Piece:
    """All arrays cover the same voxels; a slice has one voxel along the axis that the view looks along.

    Parameters
    ----------
    image : float32 (channel, k, j, i)
    spacing : mm along (k, j, i)
    current : bool (k, j, i), the segment now
    probability : float32 (k, j, i), 0 to 1, what a model says about the structure; None without one
    allowed : bool (k, j, i), where the segment may change; None for everywhere

    Raises MedOptError when they lie on different grids.
    """

    image: NDArray[np.float32]
    spacing: tuple[float, float, float]
    current: NDArray[np.bool_]
    probability: NDArray[np.float32] | None = None
    allowed: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        shape = self.current.shape
        others = (self.image[0] if self.image.ndim == 4 else self.image, self.probability, self.allowed)
        wrong = [one.shape for one in others if one is not None and one.shape != shape]
        if wrong or self.image.ndim != 4:
            raise MedOptError(
                "image and segment lie on different grids", expected=f"shape {shape}", found=str((wrong or [()])[0])
            )

    @property
    def finest(self) -> float:
        """Smallest spacing in mm among the axes with more than one voxel."""
        return min((mm for mm, n in zip(self.spacing, self.current.shape, strict=True) if n > 1), default=1.0)

    def part(self, box: Box3) -> Piece:
        """What lies in a box."""
        return Piece(
            self.image[(slice(None), *box.slices)],
            self.spacing,
            self.current[box.slices],
            None if self.probability is None else self.probability[box.slices],
            None if self.allowed is None else self.allowed[box.slices],
        )

    def changed(self, found: NDArray[np.bool_], belongs: bool) -> Patch:
        """The patch that adds ``found`` to the segment, or takes it away, where that is allowed."""
        if self.allowed is not None:
            found = found & self.allowed
        return Patch.between(self.current, self.current | found if belongs else self.current & ~found)
