"""Intensity window, as radiologists set it: width and level."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from medopt.image import Geometry
from medopt.preprocess.step import IntensityStep


class Window(IntensityStep):
    """Clip to ``level ± width / 2`` and take that range to 0..1, or to the 256 levels of 8 bit.

    The limits are exact (DICOM's LINEAR_EXACT, PS3.3 C.11.2.1.3.2); for CT both numbers are HU.
    """

    step: Literal["window"] = "window"
    level: float = Field(description="centre of the window, in the unit of the image (HU for CT)")
    width: float = Field(gt=0, description="width of the window, in the same unit")
    output: Literal["0..1", "8bit"] = Field(
        default="0..1", description="'0..1' at full depth, or whole numbers from 0 to 255 ('8bit')"
    )

    def apply_channel(self, values: NDArray[np.float32], grid: Geometry) -> NDArray[np.float32]:
        """Windowed values of one channel, in place."""
        values -= np.float32(self.level - self.width / 2)
        values /= np.float32(self.width)
        np.clip(values, 0, 1, out=values)
        if self.output == "8bit":
            values *= 255
            np.rint(values, out=values)
        return values
