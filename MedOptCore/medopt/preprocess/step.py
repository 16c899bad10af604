"""What every preprocessing step is: strict settings that know how to change an image."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from medopt.errors import MedOptError
from medopt.image import Geometry, Image
from medopt.settings import Settings


class Step(Settings):
    """One step of a recipe; subclasses set ``step`` to their name and write ``apply``.

    A new step is one file with a subclass and one line in ``registry.py``.
    """

    step: str

    @abstractmethod
    def apply(self, image: Image) -> Image:
        """The image after this step.

        ``image.array`` is float32 (channel, k, j, i) without NaN or infinity, and it is handed over: the step may
        write into it. The outcome carries its own grid, from which the way back is worked out.
        """


class IntensityStep(Step):
    """A step that changes values and leaves the grid; it works on each channel by itself.

    Raises MedOptError when ``channels`` names a channel that the image does not have.
    """

    channels: tuple[int, ...] | None = Field(
        default=None, description="channels that this step changes, counted from 0; all when left out"
    )

    @abstractmethod
    def apply_channel(self, values: NDArray[np.float32], grid: Geometry) -> NDArray[np.float32]:
        """New values of one channel, float32 (k, j, i); may write into ``values`` and return it."""

    def apply(self, image: Image) -> Image:
        """The image with the chosen channels changed."""
        chosen = range(image.channels) if self.channels is None else self.channels
        missing = [c for c in chosen if not 0 <= c < image.channels]
        if missing:
            raise MedOptError(
                f"the step '{self.step}' names a channel that the image does not have",
                expected=f"channels from 0 to {image.channels - 1}",
                found=", ".join(map(str, missing)),
                remedy="Correct 'channels' in the recipe",
            )
        for channel in chosen:
            image.array[channel] = self.apply_channel(image.array[channel], image.geometry)
        return image
