"""Cut one augmented patch out of a volume with numpy alone, for previews inside Slicer.

Placement, interpolation, borders and every intensity technique are those of ``sample_patches``, so that what a panel
shows is what training sees.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medopt.augment.drawn import Drawn
from medopt.augment.numpy_gather import Source, gather
from medopt.augment.placement import Placement, place
from medopt.augment.region import needed, read
from medopt.augment.registry import TECHNIQUES, technique_class
from medopt.augment.technique import IntensityTechnique, Parameters, Planes, Triple


def sample_patch(
    volume: NDArray,
    label: NDArray | None,
    center: Sequence[float],
    drawn: Drawn,
    spacing: Sequence[float],
    *,
    planes: tuple[int, int] | None = None,
) -> tuple[NDArray[np.float32], NDArray | None]:
    """The patch that ``sample_patches`` cuts with the same arguments, without torch.

    Parameters
    ----------
    volume : (channel, k, j, i) of any real dtype
    label : (k, j, i) integers on the same voxels, or None
    center : volume index (k, j, i) of voxel ``drawn.shape // 2`` of a patch that is not moved; the patch may leave the
        volume
    drawn : what happens to the patch, and its shape
    spacing : mm along (k, j, i)
    planes : first plane of the patch that is wanted, along k, and the one after the last; None for all

    Returns the image (channel, k, j, i) float32, and the label (k, j, i) in its own dtype or None. They differ from
    ``sample_patches`` on a CPU by rounding alone. With ``planes`` only these are sampled, as a fast first look: each
    voxel comes from the same place and gets the same noise, field and box as in the whole patch, but means, deviations
    and extremes are those of the planes (and of the few beside them that a blur reaches into). Raises ValueError when
    the arguments do not fit each other.
    """
    triple = _triple(spacing)
    depth = drawn.shape[0]
    wanted = (0, depth) if planes is None else planes
    _check(volume, label, wanted, depth)
    steps = _intensity_steps(drawn)
    reach = sum(kind.reach(parameters, triple) for kind, parameters in steps)
    first, last = max(wanted[0] - reach, 0), min(wanted[1] + reach, depth)
    image, truth = _spatial(volume, label, center, drawn, triple, (first, last))
    part = None if (first, last) == (0, depth) else Planes(first, depth)
    batch = image[None]
    for kind, parameters in steps:
        batch = kind.apply(batch, [parameters], [triple], part)
    inner = slice(wanted[0] - first, wanted[1] - first)
    return np.ascontiguousarray(batch[0, :, inner]), None if truth is None else truth[inner]


def _spatial(
    volume: NDArray,
    label: NDArray | None,
    center: Sequence[float],
    drawn: Drawn,
    spacing: Triple,
    wanted: tuple[int, int],
) -> tuple[NDArray[np.float32], NDArray | None]:
    placement = place(drawn, center, spacing)
    start, size = needed(placement, drawn.shape)
    if placement.matrix is None:
        return _copied(volume, label, placement, drawn, wanted)
    matrix = placement.matrix.copy()
    matrix[:, 3] -= start
    if volume.flags.c_contiguous and (label is None or label.flags.c_contiguous):
        source = Source(volume, label, start, drawn.border)
    else:
        truth = None if label is None else read(label, start, size, drawn.border, label.dtype)
        source = Source(read(volume, start, size, drawn.border, np.float32), truth, (0, 0, 0), drawn.border)
    shape = (wanted[1] - wanted[0], *drawn.shape[1:])
    image = np.empty((volume.shape[0], *shape), np.float32)
    moved = None if label is None else np.empty(shape, label.dtype)
    gather(source, matrix, placement.displacement, wanted, image, moved)
    return image, moved


def _copied(
    volume: NDArray, label: NDArray | None, placement: Placement, drawn: Drawn, wanted: tuple[int, int]
) -> tuple[NDArray[np.float32], NDArray | None]:
    """Patches that are mirrored at most."""
    depth, rows, columns = drawn.shape
    first = depth - wanted[1] if 0 in placement.flips else wanted[0]
    start = (placement.start[0] + first, *placement.start[1:])
    size = (wanted[1] - wanted[0], rows, columns)
    axes = tuple(a - 3 for a in placement.flips)
    image = np.ascontiguousarray(np.flip(read(volume, start, size, drawn.border, np.float32), axes))
    if label is None:
        return image, None
    return image, np.ascontiguousarray(np.flip(read(label, start, size, drawn.border, label.dtype), axes))


def _intensity_steps(drawn: Drawn) -> list[tuple[type[IntensityTechnique], Parameters]]:
    """Intensity techniques and their parameters in the fixed order of the techniques."""
    actions = [(technique_class(a.technique), a.parameters) for a in drawn.actions]
    steps = [(kind, parameters) for kind, parameters in actions if issubclass(kind, IntensityTechnique)]
    return sorted(steps, key=lambda step: TECHNIQUES.index(step[0]))


def _triple(values: Sequence[float]) -> Triple:
    k, j, i = (float(v) for v in values)
    return k, j, i


def _check(volume: NDArray, label: NDArray | None, planes: tuple[int, int], depth: int) -> None:
    if volume.ndim != 4:
        raise ValueError(f"expected a (channel, k, j, i) array, found shape {volume.shape}")
    if label is not None and label.shape != volume.shape[1:]:
        raise ValueError(f"the label has shape {label.shape}, the volume {volume.shape[1:]}")
    if not 0 <= planes[0] < planes[1] <= depth:
        raise ValueError(f"expected planes from 0 to {depth}, found {planes[0]} to {planes[1]}")
