"""Named sets of techniques with ranges that keep medical images plausible."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, get_args

from medopt.augment.bias_field import BiasField
from medopt.augment.blur import GaussianBlur
from medopt.augment.brightness import Brightness
from medopt.augment.contrast import Contrast
from medopt.augment.elastic import Elastic
from medopt.augment.flip import Flip
from medopt.augment.gamma import Gamma
from medopt.augment.low_resolution import LowResolution
from medopt.augment.noise import GaussianNoise
from medopt.augment.rotation import Rotation
from medopt.augment.scaling import Scaling
from medopt.augment.shear import Shear
from medopt.augment.translation import Translation

if TYPE_CHECKING:
    from medopt.augment.registry import AnyTechnique


def preset_techniques(name: str, voxel: float = 1.0) -> tuple[AnyTechnique, ...]:
    """The techniques of a preset; ``voxel`` is the finest spacing in mm, by which lengths in mm are scaled.

    Raises ValueError, which settings turn into a message, for a name that is none.
    """
    from medopt.augment.registry import PresetName

    presets = {"none": _none, "light": _light, "standard": _standard, "strong": _strong}
    if name not in presets:
        near = difflib.get_close_matches(str(name), presets, n=1, cutoff=0.5)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise ValueError(f"unknown preset '{name}' (known: {', '.join(get_args(PresetName))}){hint}")
    return presets[name](voxel)


def _none(voxel: float) -> tuple[AnyTechnique, ...]:
    return ()


def _light(voxel: float) -> tuple[AnyTechnique, ...]:
    """For short trainings and data that are alike: small moves, small changes of contrast, no flips."""
    return (
        Rotation(probability=0.3, degrees=(10, 10, 10)),
        Scaling(probability=0.3, factor=(0.9, 1.11)),
        Brightness(probability=0.15, shift=0.2),
        Contrast(probability=0.15, factor=(0.85, 1.18)),
        GaussianNoise(probability=0.1, level=(0, 0.15)),
    )


def _standard(voxel: float) -> tuple[AnyTechnique, ...]:
    """The standard techniques of the review's Table 3, with the probabilities that nnU-Net made common."""
    return (
        Flip(probability=0.5),
        Rotation(probability=0.3, degrees=(15, 15, 15)),
        Scaling(probability=0.3, factor=(0.8, 1.25)),
        Shear(probability=0.1, degrees=5),
        Translation(probability=0.1, distance=(4 * voxel, 4 * voxel, 4 * voxel)),
        Elastic(probability=0.1, spacing=24 * voxel, magnitude=4 * voxel),
        Brightness(probability=0.15, shift=0.3),
        Contrast(probability=0.15, factor=(0.75, 1.33)),
        Gamma(probability=0.3, gamma=(0.7, 1.5), inverted=0.25),
        GaussianBlur(probability=0.1, sigma=(0.4 * voxel, 1.0 * voxel)),
        LowResolution(probability=0.15, factor=(1, 2)),
        GaussianNoise(probability=0.1, level=(0, 0.25)),
    )


def _strong(voxel: float) -> tuple[AnyTechnique, ...]:
    """For few cases or scanners that differ much, with time to train."""
    return (
        Flip(probability=0.5),
        Rotation(probability=0.5, degrees=(30, 30, 30)),
        Scaling(probability=0.5, factor=(0.7, 1.43), isotropic=False),
        Shear(probability=0.2, degrees=10),
        Translation(probability=0.2, distance=(8 * voxel, 8 * voxel, 8 * voxel)),
        Elastic(probability=0.3, spacing=20 * voxel, magnitude=6 * voxel),
        BiasField(probability=0.2, strength=0.4),
        Brightness(probability=0.3, shift=0.5),
        Contrast(probability=0.3, factor=(0.6, 1.67)),
        Gamma(probability=0.4, gamma=(0.6, 1.8), inverted=0.25),
        GaussianBlur(probability=0.2, sigma=(0.4 * voxel, 1.3 * voxel)),
        LowResolution(probability=0.25, factor=(1, 2.5)),
        GaussianNoise(probability=0.2, level=(0, 0.4)),
    )
