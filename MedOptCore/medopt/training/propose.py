"""A sound recipe from the project's data: spacing, patch, network and schedule, each by a stated rule."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from medopt.augment import AugmentSettings
from medopt.augment.flip import Flip
from medopt.errors import MedOptError
from medopt.image import Geometry
from medopt.inference.settings import InferenceSettings
from medopt.networks import UNet
from medopt.networks.strides import propose_strides
from medopt.preprocess import AnyStep, Normalize, PreprocessSettings, Resample
from medopt.project import ClassInfo, Project
from medopt.training.device import choose_device
from medopt.training.recipe import Recipe, TrainingSettings

SAME_SPACING = 0.05
"""Relative difference of spacings up to which images are not resampled."""
PATCH_VOXELS = {2: 256 * 256, 3: 96 * 96 * 96}
"""Largest patch proposed."""
SIDES = frozenset({"left", "right", "l", "r", "lt", "rt", "sinister", "dexter"})
"""Words in a class's name that say which side it is on."""
FEATURES = {"cpu": (16, 32, 64, 128, 192, 256), "cuda": (32, 64, 128, 256, 320, 320)}
"""Feature maps of the stages: nnU-Net's on a GPU; half as many on a CPU, where four times the steps in the same time
are worth more."""


def propose_recipe(
    project: Project, *, minutes: float | None = None, steps: int | None = None, seed: int = 1
) -> Recipe:
    """A recipe for ``project`` that trains for ``minutes`` (10 when neither it nor ``steps`` is given).

    The spacing is the median of the cases, the patch the median size (at most PATCH_VOXELS), the strides halve an axis
    as long as its voxels are no coarser than twice the finest axis. Raises MedOptError when there is no labelled case.
    """
    cases = [case for case in project.cases() if case.labelled]
    if not cases:
        raise MedOptError(
            "there is nothing to learn from", where=project.folder, expected="labelled cases", remedy="Label some cases"
        )
    spacings = np.array([case.geometry.spacing for case in cases])
    extents = np.array([case.geometry.extent for case in cases])
    target = np.median(spacings, axis=0)
    same = np.abs(spacings / target - 1).max() <= SAME_SPACING
    spacing = tuple(round(float(s), 4) for s in target)
    normalise: list[AnyStep] = [Normalize()]
    preprocess: list[AnyStep] = normalise if same else [Resample(spacing=spacing), *normalise]  # type: ignore[arg-type]
    shape = np.maximum(1, np.rint(np.median(extents, axis=0) / target)).astype(int).tolist()
    dims = 2 if shape[0] == 1 else 3
    strides = propose_strides(shape, spacing)
    network = UNet(features=FEATURES[choose_device().kind][: len(strides)], strides=strides)
    patch = propose_patch(shape, network.divisor, PATCH_VOXELS[dims])
    if minutes is None and steps is None:
        minutes = 10.0
    return Recipe(
        seed=seed,
        preprocess=PreprocessSettings(steps=tuple(preprocess)),
        augment=propose_augmentation([case.geometry for case in cases], project.settings.classes, float(target.min())),
        network=network,
        training=TrainingSettings(patch=patch, minutes=minutes if steps is None else None, steps=steps),
        inference=InferenceSettings(),
    )


def propose_augmentation(grids: Sequence[Geometry], classes: Sequence[ClassInfo], finest: float) -> AugmentSettings:
    """The standard preset, mirrored only from left to right, and not at all where a class names its side.

    Up and down, front and back look different in a patient; left and right mostly do not. A mirrored axis is an array
    axis, so it is taken only when the same one runs from left to right in every image. ``finest`` is the finest voxel
    side in mm.
    """
    settings = AugmentSettings.preset("standard", voxel=finest)
    sided = any(word in SIDES for info in classes for word in re.split(r"[^a-z]+", info.name.lower()))
    across = {int(np.abs(np.asarray(grid.direction)[0]).argmax()) for grid in grids}
    axes = () if sided or len(across) != 1 else ("kji"[across.pop()],)
    rest = tuple(t for t in settings.techniques if not isinstance(t, Flip))
    flips = tuple(t.model_copy(update={"axes": axes}) for t in settings.techniques if isinstance(t, Flip) and axes)
    return settings.model_copy(update={"techniques": (*flips, *rest)})


def propose_patch(shape: Sequence[int], divisor: Sequence[int], voxels: int) -> tuple[int, int, int]:
    """The shape rounded up to multiples of ``divisor``, its longest sides cut until at most ``voxels`` are left."""
    patch = [math.ceil(n / d) * d for n, d in zip(shape, divisor, strict=True)]
    while math.prod(patch) > voxels:
        axis = max((a for a in range(3) if patch[a] > divisor[a]), key=lambda a: patch[a], default=None)
        if axis is None:
            break
        patch[axis] -= divisor[axis]
    return patch[0], patch[1], patch[2]
