"""A step of one's own."""

from typing import Literal

import numpy as np

from medopt.image import Geometry, Image
from medopt.preprocess import IntensityStep, Pipeline
from medopt.preprocess.source import Rule, Source


class Twice(IntensityStep):
    """Doubles."""

    step: Literal["twice"] = "twice"

    def rule(self, source: Source, channel: int) -> Rule:
        """Twice the values."""
        return lambda values, start: values * 2


def test_an_intensity_step_needs_one_method_only(oblique: Geometry) -> None:
    image = Image(np.ones((2, *oblique.shape), np.float32), oblique)
    assert (Pipeline([Twice(), Twice(channels=(1,))]).image(image).array[:, 0, 0, 0] == [2, 4]).all()
