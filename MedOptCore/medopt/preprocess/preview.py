"""One image under a recipe that is being edited: only what follows a changed step is worked out anew."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medopt.image import Geometry, Image
from medopt.preprocess.registry import PreprocessSettings
from medopt.preprocess.source import ArraySource, Source, collect
from medopt.preprocess.step import Step


class Preview:
    """Prepared slices of one image; the same code that training and inference run.

    Parameters
    ----------
    image : as it was read
    settings : steps to begin with; none when left out

    Raises MedOptError as `Pipeline.image` does.
    """

    def __init__(self, image: Image, settings: PreprocessSettings | None = None) -> None:
        self.image = image
        self._chain: list[tuple[Step, Source]] = []
        self._start: Source = ArraySource(image)
        if settings is not None:
            self.change(settings)

    def change(self, settings: PreprocessSettings) -> None:
        """Take other steps. Steps before the first one that differs keep what they had worked out.

        Raises MedOptError for what a step refuses; the steps before it are then in force.
        """
        same = 0
        for (old, _), new in zip(self._chain, settings.steps, strict=False):
            if old != new:
                break
            same += 1
        del self._chain[same:]
        for step in settings.steps[same:]:
            self._chain.append((step, step.apply(self._source)))

    @property
    def _source(self) -> Source:
        return self._chain[-1][1] if self._chain else self._start

    @property
    def geometry(self) -> Geometry:
        """The prepared grid."""
        return self._source.geometry

    def slices(self, start: int, stop: int, channel: int = 0) -> NDArray[np.float32]:
        """Slices ``start`` to ``stop`` of the prepared grid, (k, j, i) float32."""
        return self._source.slab(channel, start, stop)

    def whole(self) -> Image:
        """The prepared image, float32."""
        return collect(self._source)
