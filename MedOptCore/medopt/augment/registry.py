"""All augmentation techniques, and the part of a recipe that lists them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from medopt.augment.bias_field import BiasField
from medopt.augment.blur import GaussianBlur
from medopt.augment.brightness import Brightness
from medopt.augment.contrast import Contrast
from medopt.augment.cutout import Cutout
from medopt.augment.elastic import Elastic
from medopt.augment.flip import Flip
from medopt.augment.gamma import Gamma
from medopt.augment.low_resolution import LowResolution
from medopt.augment.noise import GaussianNoise
from medopt.augment.rician_noise import RicianNoise
from medopt.augment.rotation import Rotation
from medopt.augment.scaling import Scaling
from medopt.augment.sharpening import Sharpening
from medopt.augment.shear import Shear
from medopt.augment.technique import Technique
from medopt.augment.translation import Translation
from medopt.settings import Settings

TECHNIQUES: tuple[type[Technique], ...] = (
    Flip,
    Scaling,
    Shear,
    Rotation,
    Translation,
    Elastic,
    BiasField,
    Brightness,
    Contrast,
    Gamma,
    GaussianBlur,
    Sharpening,
    LowResolution,
    GaussianNoise,
    RicianNoise,
    Cutout,
)
"""Every technique, in the order in which they act on a patch: where it lies, how it was lit, how it was scanned."""

AnyTechnique = Annotated[
    Flip
    | Scaling
    | Shear
    | Rotation
    | Translation
    | Elastic
    | BiasField
    | Brightness
    | Contrast
    | Gamma
    | GaussianBlur
    | Sharpening
    | LowResolution
    | GaussianNoise
    | RicianNoise
    | Cutout,
    Field(discriminator="technique"),
]
"""Any one technique, told by its field ``technique``."""

Border = Literal["zeros", "edge"]
"""What lies outside a volume: 0 and background, or the values of its outermost voxels (images and labels alike)."""

PresetName = Literal["none", "light", "standard", "strong", "mehta_arbel", "isensee", "rahman", "yang"]
"""Four strengths, and four published settings."""


class AugmentSettings(Settings):
    """The augmentation part of a recipe.

    In a recipe the name of a preset, ``augment: standard`` or ``augment: {preset: standard}``, stands for its list;
    once read, the settings hold the list itself, so that a saved recipe is the whole truth.
    """

    techniques: tuple[AnyTechnique, ...] = Field(
        default=(), description="techniques, each at most once; they act in a fixed order whatever the order here"
    )
    border: Border = Field(
        default="zeros", description="outside a volume: 'zeros' (and background), or its 'edge' values and labels"
    )

    @model_validator(mode="before")
    @classmethod
    def _expand(cls, value: Any) -> Any:
        from medopt.augment.presets import preset_techniques

        if isinstance(value, str):
            value = {"preset": value}
        if not isinstance(value, dict) or "preset" not in value:
            return value
        if "techniques" in value:
            raise ValueError("give either 'preset' or 'techniques', not both")
        rest = {key: item for key, item in value.items() if key != "preset"}
        return {**rest, "techniques": preset_techniques(value["preset"])}

    @field_validator("techniques")
    @classmethod
    def _once(cls, value: tuple[AnyTechnique, ...]) -> tuple[AnyTechnique, ...]:
        names = [t.technique for t in value]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"named more than once: {', '.join(twice)}")
        return value

    @classmethod
    def preset(cls, name: PresetName, *, voxel: float = 1.0) -> AugmentSettings:
        """The settings of a preset; ``voxel`` is the finest spacing of the data in mm, by which lengths are scaled."""
        from medopt.augment.presets import preset_techniques

        return cls(techniques=preset_techniques(name, voxel))


def technique_class(name: str) -> type[Technique]:
    """The class of a technique by its name."""
    return {t.model_fields["technique"].default: t for t in TECHNIQUES}[name]


def ordered_techniques(techniques: tuple[AnyTechnique, ...]) -> list[AnyTechnique]:
    """The techniques in the order in which they act."""
    return sorted(techniques, key=lambda t: TECHNIQUES.index(type(t)))
