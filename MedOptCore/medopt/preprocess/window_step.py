"""Intensity window, as radiologists set it: width and level."""

from __future__ import annotations

import difflib
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator, model_validator

from medopt.errors import MedOptError
from medopt.image import DisplayWindow
from medopt.preprocess.cohort import CohortStep
from medopt.preprocess.distribution import distribution
from medopt.preprocess.normalize_step import Percent
from medopt.preprocess.source import Rule, Source

PRESETS: dict[str, tuple[float, float]] = {
    "abdomen": (40, 400),
    "angio": (300, 600),
    "bone": (400, 1800),
    "brain": (40, 80),
    "liver": (60, 160),
    "lung": (-600, 1500),
    "mediastinum": (50, 350),
    "pelvis": (40, 400),
    "soft_tissue": (50, 400),
    "spine": (50, 250),
    "stroke": (32, 8),
    "subdural": (75, 215),
    "temporal_bone": (600, 2800),
}
"""(level, width) in HU as radiology departments commonly set them for CT."""


class Window(CohortStep):
    """Clip to ``level ± width / 2`` and take that range to 0..1, to the 256 levels of 8 bit, or leave it at its depth.

    Level and width are numbers (HU for CT), those of a ``preset``, those of the image's DICOM header, or percentiles
    of the image or of the training cases. In a recipe ``preset: lung`` stands for its two numbers; once read, the
    settings hold the numbers.
    """

    step: Literal["window"] = "window"
    source: Literal["values", "header", "image", "cohort"] = Field(
        default="values",
        description="where the window comes from: 'values' of level and width, the DICOM 'header', or percentiles "
        "of the 'image' or of the training cases ('cohort')",
    )
    level: float | None = Field(
        default=None, description="centre of the window, in the unit of the image (HU for CT); for 'header' the one "
        "to use where an image has none"
    )  # fmt: skip
    width: float | None = Field(default=None, gt=0, description="width of the window, in the same unit")
    function: Literal["linear_exact", "linear", "sigmoid"] = Field(
        default="linear_exact",
        description="DICOM's function between the ends: exact limits, one stored value less, or a sigmoid",
    )
    index: int = Field(default=0, ge=0, description="which window of the header, counted from 0")
    percentiles: tuple[Percent, Percent] = Field(
        default=(0.5, 99.5), description="lower and upper end in %, for 'image' and 'cohort'"
    )
    output: Literal["0..1", "8bit", "keep"] = Field(
        default="0..1",
        description="'0..1' at full depth, whole numbers from 0 to 255 ('8bit'), or 'keep' the unit and only cut off",
    )

    @model_validator(mode="before")
    @classmethod
    def _expand(cls, value: Any) -> Any:
        if not isinstance(value, dict) or "preset" not in value:
            return value
        name = value["preset"]
        if name not in PRESETS:
            near = difflib.get_close_matches(str(name), PRESETS, n=1, cutoff=0.5)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            raise ValueError(f"unknown preset '{name}' (known: {', '.join(PRESETS)}){hint}")
        if "level" in value or "width" in value:
            raise ValueError("give either 'preset' or 'level' and 'width', not both")
        level, width = PRESETS[name]
        return {**{key: item for key, item in value.items() if key != "preset"}, "level": level, "width": width}

    @field_validator("percentiles")
    @classmethod
    def _ordered(cls, value: tuple[float, float]) -> tuple[float, float]:
        if value[0] >= value[1]:
            raise ValueError("the lower percentile must lie below the upper one")
        return value

    @model_validator(mode="after")
    def _complete(self) -> Window:
        if (self.level is None) != (self.width is None):
            raise ValueError("'level' and 'width' belong together: give both")
        if self.source == "values" and self.level is None:
            raise ValueError("'level' and 'width' are missing; or name a 'preset', or another 'source'")
        if self.function == "linear" and self.width is not None and self.width < 1:
            raise ValueError("'linear' needs a width of at least 1; 'linear_exact' takes any above 0")
        if self.output == "keep" and self.function == "sigmoid":
            raise ValueError("'keep' only cuts off: it has no 'sigmoid'")
        return self

    @property
    def looks_at_all(self) -> bool:
        return self.source == "image"

    @property
    def keeps_scale(self) -> bool:
        return self.output == "keep"

    @property
    def pointwise(self) -> bool:
        return True

    @property
    def by_cohort(self) -> bool:
        return self.source == "cohort"

    @property
    def cohort_percentiles(self) -> tuple[float, float]:
        return self.percentiles

    def outcome(self, source: Source) -> tuple[int, int] | None:
        return (0, 255) if self.output == "8bit" else None

    def limits(self, source: Source, channel: int) -> tuple[float, float]:
        """The values beyond which everything looks alike."""
        return self.window(source, channel).limits

    def window(self, source: Source, channel: int) -> DisplayWindow:
        """The window of a channel; MedOptError when the image's header has none and no level and width are given."""
        if self.source == "values":
            return self._own()
        if self.source == "header":
            return self._of_header(source, channel)
        if self.source == "image":
            low, high = distribution(source, channel).percentiles(self.percentiles)
        else:
            numbers = self.of_cohort(channel)
            low, high = numbers.low, numbers.high
        width = max(high - low, 1e-30, 1e-6 * abs(low))  # a constant image has no width
        return DisplayWindow((low + high) / 2, width, self._dicom_function(width))

    def rule(self, source: Source, channel: int) -> Rule:
        window = self.window(source, channel)
        window.check()
        low, high = window.limits

        def rule(values: NDArray[np.float32], _start: int) -> NDArray[np.float32]:
            if self.output == "keep":
                return np.clip(values, np.float32(low), np.float32(high), out=values)
            window.apply(values)
            if self.output == "8bit":
                values *= 255
                np.rint(values, out=values)
            return values

        return rule

    def _own(self) -> DisplayWindow:
        if self.level is None or self.width is None:
            raise MedOptError("the window is not known", expected="level and width")
        return DisplayWindow(self.level, self.width, self._dicom_function(self.width))

    def _of_header(self, source: Source, channel: int) -> DisplayWindow:
        own = [w for w in source.windows if w.channel in (None, channel)]
        if self.index < len(own):
            return own[self.index]
        if self.level is not None:
            return self._own()
        raise MedOptError(
            "the image's header has no such window",
            expected=f"window {self.index}, counted from 0",
            found=f"{len(own)} windows",
            remedy="Give the step 'level' and 'width' for images without one, or another 'source'; cases that an older "
            "MedOpt imported have none until they are imported into a new project",
        )

    def _dicom_function(self, width: float) -> Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"]:
        if self.function == "sigmoid":
            return "SIGMOID"
        return "LINEAR" if self.function == "linear" and width >= 1 else "LINEAR_EXACT"
