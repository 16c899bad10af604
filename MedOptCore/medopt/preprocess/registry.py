"""All preprocessing steps, and the part of a recipe that lists them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from medopt.preprocess.clahe_step import Clahe
from medopt.preprocess.crop_step import CropForeground
from medopt.preprocess.equalize_step import Equalize
from medopt.preprocess.gaussian_step import Gaussian
from medopt.preprocess.median_step import Median
from medopt.preprocess.normalize_step import Normalize
from medopt.preprocess.resample_step import Resample
from medopt.preprocess.resize_step import Resize
from medopt.preprocess.window_step import Window
from medopt.settings import Settings

AnyStep = Annotated[
    Resample | Resize | CropForeground | Window | Median | Gaussian | Equalize | Clahe | Normalize,
    Field(discriminator="step"),
]
"""Every step that a recipe may name; a new one is a file with a ``Step`` and a name in this list."""


class PreprocessSettings(Settings):
    """The preprocessing part of a recipe: steps, in the order in which they run.

    The default is the one for MR, whose intensities have no unit: clip to the percentiles 0.5 and 99.5, then z-score.
    """

    steps: tuple[AnyStep, ...] = Field(default=(Normalize(),), description="steps, first to last")
