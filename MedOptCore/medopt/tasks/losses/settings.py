"""What a recipe says of its loss."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from medopt.settings import Settings

LossName = Literal["auto", "dice_ce", "dice_focal", "cross_entropy", "weighted_ce", "focal", "tversky", "tversky_ce"]
Weight = Annotated[float, Field(gt=0, le=1e6)]
OF_SEGMENTATION = ("dice_ce", "dice_focal", "cross_entropy", "weighted_ce", "focal", "tversky", "tversky_ce")
"""Losses of segmentation; ``auto`` is the first."""
OF_CLASSIFICATION = ("cross_entropy", "weighted_ce", "focal")
"""Losses of classification; ``auto`` is the first."""


class LossSettings(Settings):
    """A loss and its parameters; those that a loss does not use are ignored.

    ``auto`` is Dice and cross-entropy for segmentation (Isensee et al., nnU-Net, Nat Methods 2021), cross-entropy for
    classification, and the loss of centre heat maps for detection, which is the only one there. ``dice_`` and
    ``tversky_`` are sums of two parts of equal weight.
    """

    name: LossName = "auto"
    """Which loss."""
    gamma: Annotated[float, Field(ge=0, le=5)] = 2.0
    """focal: how little what is already right counts; 0 is cross-entropy (Lin et al., ICCV 2017)."""
    alpha: Annotated[float, Field(ge=0.01, le=1)] = 0.3
    """tversky: weight of voxels found where nothing is (Salehi et al., MLMI 2017)."""
    beta: Annotated[float, Field(ge=0.01, le=1)] = 0.7
    """tversky: weight of voxels missed; above ``alpha`` it favours small structures."""
    class_weights: Literal["balanced"] | dict[str, Weight] | None = None
    """Weights by class name in cross-entropy and focal parts, 1 for those not named; segmentation also has a
    ``background``. ``balanced`` follows from how often each class occurs; ``weighted_ce`` takes it by itself."""
    balance_power: Annotated[float, Field(ge=0, le=1)] = 0.5
    """How far ``balanced`` goes: 0 not at all, 1 until all classes count as much in sum."""
    label_smoothing: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    """Classification by cross-entropy: share of the certainty that is spread over all classes (Szegedy et al. 2016)."""
    size_weight: Annotated[float, Field(ge=0, le=100)] = 1.0
    """Detection: weight of the error of the sizes' logarithms."""
    offset_weight: Annotated[float, Field(ge=0, le=100)] = 1.0
    """Detection: weight of the error of the centres' offsets, in cells."""

    @model_validator(mode="after")
    def _smoothing_has_a_meaning(self) -> LossSettings:
        if self.label_smoothing and self.name in ("focal", "dice_focal"):
            raise ValueError("label_smoothing has no meaning in a focal loss; use gamma alone")
        return self

    @property
    def weighted(self) -> bool:
        """Whether the loss needs weights of the classes."""
        return self.class_weights is not None or self.name == "weighted_ce"
