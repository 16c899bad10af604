"""Add the noise of magnetic resonance magnitude images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from pydantic import Field

from medopt.augment.arrays import Array, column, deviation, minimum
from medopt.augment.normal import normal_like
from medopt.augment.technique import Frame, IntensityTechnique, Parameters, Planes, Range, Triple, uniform


class RicianNoise(IntensityTechnique):
    """Magnitude of a complex signal with normal noise in both parts (Gudbjartsson and Patz, 1995).

    The signal is what lies above the patch's minimum, so that normalized images, whose 0 is not the absence of signal,
    are treated as they were scanned. Dark places get brighter by about 1.25 times the level.
    """

    technique: Literal["rician_noise"] = "rician_noise"
    level: Range = Field(
        default=(0.0, 0.25),
        description="standard deviation of the noise in each part, in standard deviations of the patch",
    )

    def parameters(self, rng: np.random.Generator, frame: Frame) -> Parameters:
        """``level``, and the ``seeds`` of the noise in the real and the imaginary part."""
        return {"level": uniform(rng, self.level), "seeds": [int(rng.integers(1 << 53)) for _ in range(2)]}

    @staticmethod
    def apply(
        images: Array, parameters: Sequence[Parameters], spacings: Sequence[Triple], planes: Planes | None = None
    ) -> Array:
        """``minimum + |value - minimum + noise + i noise|``, in place."""
        low = minimum(images)
        level = deviation(images) * column(images, [p["level"] for p in parameters])
        real = normal_like(images, [p["seeds"][0] for p in parameters], planes)
        real *= level
        images -= low
        images += real
        imaginary = normal_like(images, [p["seeds"][1] for p in parameters], planes)
        imaginary *= level
        images *= images
        imaginary *= imaginary
        images += imaginary
        images **= 0.5
        images += low
        return images
