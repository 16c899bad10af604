"""Crop away the empty surroundings of an image."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from medopt.preprocess.regrid import regridded
from medopt.preprocess.source import Source
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

    def apply(self, source: Source) -> Source:
        """The cropped volume; it is read once to find the box."""
        source = source.settled()
        box = self._box(source)
        if box is None:
            return source
        start = [low for low, _ in box]
        return regridded(source, source.geometry.cropped(start, [high - low for low, high in box]))

    def _box(self, source: Source) -> list[tuple[int, int]] | None:
        """(first, one past the last) voxel to keep along each axis; None when there is none."""
        hit = [np.zeros(n, bool) for n in source.geometry.shape]
        for channel in range(source.channels):
            for start, values in source.slabs(channel):
                mask = values > self.threshold
                hit[0][start : start + len(values)] |= mask.any(axis=(1, 2))
                hit[1] |= mask.any(axis=(0, 2))
                hit[2] |= mask.any(axis=(0, 1))
        found = [np.flatnonzero(h) for h in hit]
        if any(f.size == 0 for f in found):
            return None
        box = []
        for places, spacing, size in zip(found, source.geometry.spacing, source.geometry.shape, strict=True):
            margin = int(np.ceil(self.margin / spacing - 1e-6))
            box.append((max(0, int(places[0]) - margin), min(size, int(places[-1]) + 1 + margin)))
        return box
