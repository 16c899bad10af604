"""Crop away the empty surroundings of an image."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from medopt.image import Image
from medopt.preprocess.step import Step


class CropForeground(Step):
    """Crop to the smallest box around the voxels above ``threshold`` in any channel, plus a margin.

    Whole voxels are cut, nothing is interpolated, and the way back is an exact copy with background outside.
    An image without such voxels is left as it is.
    """

    step: Literal["crop_foreground"] = "crop_foreground"
    threshold: float = Field(
        default=0.0, description="voxels above this value count, in the unit of the image at this step"
    )
    margin: float = Field(default=0.0, ge=0, description="mm kept around the box, as far as the image reaches")

    def apply(self, image: Image) -> Image:
        """The cropped image; a view of the same values."""
        start, stop = [], []
        mask = image.array[0] > self.threshold
        for channel in image.array[1:]:
            mask |= channel > self.threshold
        for axis, spacing in enumerate(image.geometry.spacing):
            hit = np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis)))
            if hit.size == 0:
                return image
            margin = int(np.ceil(self.margin / spacing - 1e-6))
            start.append(max(0, int(hit[0]) - margin))
            stop.append(min(mask.shape[axis], int(hit[-1]) + 1 + margin))
        shape = [b - a for a, b in zip(start, stop, strict=True)]
        box = tuple(slice(a, b) for a, b in zip(start, stop, strict=True))
        return Image(image.array[(slice(None), *box)], image.geometry.cropped(start, shape))
