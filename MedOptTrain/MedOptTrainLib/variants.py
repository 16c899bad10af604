"""One augmented patch in pieces short enough to be worked out between two events of the application."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib.i18n import _

MOST_VOXELS = 1 << 28
"""Voxels of all variants together, 1 GB of float32: more would fill the memory of the application."""
AT_ONCE = 1 << 19
"""Voxels of a patch that are worked out whole; larger ones are sampled so many at a time."""


def variantPieces(
    volume: Any, label: Any, center: Sequence[float], drawn: Any, spacing: Sequence[float]
) -> Iterator[tuple[Any, Any] | None]:
    """What ``medopt.augment.sample_patch`` gives for the same arguments: None after each piece, at last the outcome."""
    import numpy as np

    from medopt.augment import TECHNIQUES, sample_patch
    from medopt.augment.registry import technique_class
    from medopt.augment.technique import SpatialTechnique

    shape = drawn.shape
    if np.prod(shape) <= AT_ONCE:
        yield sample_patch(volume, label, center, drawn, spacing)
        return
    kinds = [(technique_class(action.technique), action) for action in drawn.actions]
    moved = replace(drawn, actions=tuple(a for kind, a in kinds if issubclass(kind, SpatialTechnique)))
    changes = [(kind, a.parameters) for kind, a in kinds if not issubclass(kind, SpatialTechnique)]
    image = np.empty((volume.shape[0], *shape), np.float32)
    truth = None if label is None else np.empty(shape, label.dtype)
    step = max(1, AT_ONCE // (shape[1] * shape[2]))
    for start in range(0, shape[0], step):
        stop = min(start + step, shape[0])
        image[:, start:stop], part = sample_patch(volume, label, center, moved, spacing, planes=(start, stop))
        if truth is not None:
            truth[start:stop] = part
        yield None
    batch = image[None]
    for kind, parameters in sorted(changes, key=lambda change: TECHNIQUES.index(change[0])):
        batch = kind.apply(batch, [parameters], [tuple(float(s) for s in spacing)])  # type: ignore[attr-defined]
        yield None
    yield np.ascontiguousarray(batch[0]), truth


def patchCenter(label: Any, shape: Sequence[int], patch: Sequence[int]) -> tuple[int, int, int]:
    """(k, j, i) of the middle of the labels, or of the image; moved so that the patch lies inside where it fits."""
    import numpy as np

    size, side = np.asarray(shape), np.asarray(patch)
    middle = size // 2
    if label is not None and label.array.any():
        lines = [label.array.any(axis=axes) for axes in ((1, 2), (0, 2), (0, 1))]
        middle = np.array([np.flatnonzero(line).mean().round() for line in lines])
    room = size - side
    lowest = np.minimum(0, room // 2) + side // 2  # the voxel in the middle of a patch is side // 2
    highest = np.where(room < 0, lowest, room + side // 2)
    k, j, i = (int(n) for n in np.clip(middle, lowest, highest))
    return k, j, i


def checkSize(shape: Sequence[int]) -> None:
    """MedOptError when the variants side by side have more voxels than can be shown."""
    voxels = shape[0] * shape[1] * shape[2]
    if voxels > MOST_VOXELS:
        raise MedOptError(
            _("the variants are too large to be shown together"),
            expected=_("at most {n} million voxels").format(n=MOST_VOXELS >> 20),
            found=str(voxels >> 20),
            remedy=_("Show fewer variants, or choose a smaller training.patch"),
        )
