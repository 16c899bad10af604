"""Blank out boxes of a patch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
from pydantic import AfterValidator, Field

from medopt.augment.arrays import Array, mean, minimum
from medopt.augment.technique import (
    FactorRange,
    Frame,
    IntensityTechnique,
    Parameters,
    Planes,
    Triple,
    ordered,
    uniform,
)

Count = Annotated[int, Field(ge=1, le=100)]


class Cutout(IntensityTechnique):
    """Fill boxes with one value, so that the model learns to use what surrounds them (DeVries and Taylor, 2017).

    The labels stay as they are: what was there is still asked for.
    """

    technique: Literal["cutout"] = "cutout"
    boxes: Annotated[tuple[Count, Count], AfterValidator(ordered)] = Field(
        default=(1, 3), description="smallest and largest number of boxes"
    )
    size: FactorRange = Field(default=(8.0, 24.0), description="smallest and largest edge, in mm, drawn for each axis")
    fill: Literal["mean", "minimum", "zero"] = Field(default="mean", description="value of the boxes, by channel")

    def parameters(self, rng: np.random.Generator, frame: Frame) -> Parameters:
        """``boxes``: first voxel and the voxel after the last, along (k, j, i); and ``fill``.

        Centres are even over the patch, and what would leave it is cut off. In patches of one slice boxes are flat.
        """
        boxes = []
        for _ in range(int(rng.integers(self.boxes[0], self.boxes[1] + 1))):
            low, high = [], []
            for n, spacing in zip(frame.shape, frame.spacing, strict=True):
                voxels = max(1, round(uniform(rng, self.size) / spacing))
                first = int(rng.integers(n)) - voxels // 2
                low.append(max(first, 0))
                high.append(min(first + voxels, n))
            boxes.append([low, high])
        return {"boxes": boxes, "fill": self.fill}

    @staticmethod
    def apply(
        images: Array, parameters: Sequence[Parameters], spacings: Sequence[Triple], planes: Planes | None = None
    ) -> Array:
        """Fills the boxes, in place; mean and minimum are those of the patch before."""
        start = 0 if planes is None else planes.first
        for n, p in enumerate(parameters):
            one = images[n : n + 1]
            value = {"mean": mean, "minimum": minimum, "zero": _nothing}[p["fill"]](one)
            for (k0, j0, i0), (k1, j1, i1) in p["boxes"]:
                first, last = max(k0 - start, 0), min(k1 - start, one.shape[2])
                if last > first:
                    one[:, :, first:last, j0:j1, i0:i1] = value
        return images


def _nothing(images: Array) -> float:
    return 0.0
