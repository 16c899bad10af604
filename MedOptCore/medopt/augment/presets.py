"""Named sets of techniques: four strengths with ranges that keep medical images plausible, and published settings."""

from __future__ import annotations

import difflib
import math
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
from medopt.augment.sharpening import Sharpening
from medopt.augment.shear import Shear
from medopt.augment.translation import Translation

if TYPE_CHECKING:
    from medopt.augment.registry import AnyTechnique


def preset_techniques(name: str, voxel: float = 1.0) -> tuple[AnyTechnique, ...]:
    """The techniques of a preset; ``voxel`` is the finest spacing in mm, by which lengths in mm are scaled.

    Raises ValueError, which settings turn into a message, for a name that is none and a voxel that is not above 0.
    """
    from medopt.augment.registry import PresetName

    presets = {
        "none": _none,
        "light": _light,
        "standard": _standard,
        "strong": _strong,
        "mehta_arbel": _mehta_arbel,
        "isensee": _isensee,
        "rahman": _rahman,
        "yang": _yang,
    }
    if name not in presets:
        near = difflib.get_close_matches(str(name), presets, n=1, cutoff=0.5)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise ValueError(f"unknown preset '{name}' (known: {', '.join(get_args(PresetName))}){hint}")
    if not 0 < voxel < math.inf:
        raise ValueError(f"the voxel must be a length above 0 mm, found {voxel}")
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
        Sharpening(probability=0.1, amount=(0.3, 1.0), sigma=(0.5 * voxel, 1.0 * voxel)),
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
        Sharpening(probability=0.2, amount=(0.3, 1.5), sigma=(0.5 * voxel, 1.3 * voxel)),
        LowResolution(probability=0.25, factor=(1, 2.5)),
        GaussianNoise(probability=0.2, level=(0, 0.4)),
    )


def _mehta_arbel(voxel: float) -> tuple[AnyTechnique, ...]:
    """After R. Mehta and T. Arbel, "3D U-Net for Brain Tumour Segmentation", BrainLes (MICCAI BraTS 2018).

    Random affine changes and flips of whole brains of 1 mm voxels. Neither the exact list nor the figures of the paper
    could be checked: the ranges here are MedOpt's own choice.
    """
    return (
        Flip(probability=0.5),
        Rotation(probability=0.5, degrees=(10, 10, 10)),
        Translation(probability=0.5, distance=(3 * voxel, 3 * voxel, 3 * voxel)),
        Scaling(probability=0.5, factor=(0.9, 1.11)),
        Shear(probability=0.5, degrees=5),
    )


def _isensee(voxel: float) -> tuple[AnyTechnique, ...]:
    """F. Isensee and others, "No New-Net", BrainLes (MICCAI BraTS 2018): rotation, scaling, elastic, gamma, mirroring.

    Ranges and probabilities are those of the authors' published nnU-Net code (version 1, defaults for 3D): 0.2 for
    rotation to 15 degrees, scaling 0.85 to 1.25 and elastic deformation, 0.3 for gamma 0.7 to 1.5, mirroring of all
    axes. Their elastic deformation smooths noise (sigma 9 to 13 voxels, strength 0 to 900); the one here has control
    points 24 voxels apart that move by up to 7 voxels, which gives displacements of about the same root mean square,
    1.3 voxels.
    """
    return (
        Flip(probability=0.5),
        Rotation(probability=0.2, degrees=(15, 15, 15)),
        Scaling(probability=0.2, factor=(0.85, 1.25)),
        Elastic(probability=0.2, spacing=24 * voxel, magnitude=7 * voxel),
        Gamma(probability=0.3, gamma=(0.7, 1.5), inverted=0),
    )


def _rahman(voxel: float) -> tuple[AnyTechnique, ...]:
    """After T. Rahman and others, "Transfer Learning with Deep Convolutional Neural Network (CNN) for Pneumonia
    Detection Using Chest X-ray", Applied Sciences 10(9):3233, 2020: rotation, scaling and translation.

    The figures of the paper could not be checked; the ranges here, 15 degrees, 10 % and 10 % of 224 pixels, are
    MedOpt's own choice.
    """
    shift = 22 * voxel
    return (
        Rotation(probability=0.5, degrees=(15, 15, 15)),
        Scaling(probability=0.5, factor=(0.9, 1.11)),
        Translation(probability=0.5, distance=(shift, shift, shift)),
    )


def _yang(voxel: float) -> tuple[AnyTechnique, ...]:
    """After S. Yang and others, "Deep learning segmentation of major vessels in X-ray coronary angiography",
    Scientific Reports 9:16897, 2019: rotation to 20 degrees, shift by up to 10 % of the image and zoom by up to 10 %.

    The figures are as other software quotes them from the paper; the share of images and 512 pixels as the size of an
    image, of which a shift is 10 %, are MedOpt's choice, and so is the reading that the review means this work.
    """
    shift = 51 * voxel
    return (
        Rotation(probability=0.5, degrees=(20, 20, 20)),
        Scaling(probability=0.5, factor=(1.0, 1.1)),
        Translation(probability=0.5, distance=(shift, shift, shift)),
    )
